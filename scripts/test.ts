// Runs all tests, or the files that are named. By itself Node runs one file less at a time than there are cores, and so one on
// two of them, where most files wait half of the time: for a server, a browser, a database.
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

const ALL = ['packages/*/test/**/*.test.ts', 'examples/*/test/**/*.test.ts', 'test/**/*.test.ts']

const given = process.argv.slice(2)
const flags = given.filter((word) => word.startsWith('-'))
const files = given.filter((word) => !word.startsWith('-'))
const atOnce = Math.max(2, availableParallelism() - 1)
const args = ['--test', `--test-concurrency=${atOnce}`, ...flags, ...(files.length > 0 ? files : ALL)]
const { status, error } = spawnSync(process.execPath, args, { stdio: 'inherit' })
if (error) throw error
process.exitCode = status ?? 1
