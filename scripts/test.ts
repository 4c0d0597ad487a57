// Runs all tests, or the files that are named. By itself Node runs one file less at a time than there are cores, and so one on
// two of them, where most files wait half of the time: for a server, a browser, a database.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ALL = ['packages/*/test/**/*.test.ts', 'examples/*/test/**/*.test.ts', 'test/**/*.test.ts']
/** Each file is a process, and many start more: what Node has compiled once, types stripped, it need not compile again. */
const COMPILED = fileURLToPath(new URL('../node_modules/.cache/countersign-tests', import.meta.url))

const given = process.argv.slice(2)
const flags = given.filter((word) => word.startsWith('-'))
const files = given.filter((word) => !word.startsWith('-'))
const atOnce = Math.max(2, availableParallelism() - 1)
const args = ['--test', `--test-concurrency=${atOnce}`, ...flags, ...(files.length > 0 ? files : ALL)]
// What one file has made and others can use: see packages/authority/test/support/postgres.ts.
const shared = mkdtempSync(join(tmpdir(), 'countersign-tests-'))
chmodSync(shared, 0o755)
// An interrupt from the terminal is for the tests too, which end; then it is removed.
process.on('SIGINT', () => undefined)
try {
  const env = { NODE_COMPILE_CACHE: COMPILED, ...process.env, COUNTERSIGN_TESTS_SHARED: shared }
  const { status, error } = spawnSync(process.execPath, args, { stdio: 'inherit', env })
  if (error) throw error
  process.exitCode = status ?? 1
} finally {
  rmSync(shared, { recursive: true, force: true })
}
