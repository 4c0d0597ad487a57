// The built library, as it is published, on each runtime that reads files.
import assert from 'node:assert/strict'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './bundle.ts'
import type { Runtime } from './runtimes.ts'
import { binaryOf, runProgram } from './start.ts'

const DIST = join(ROOT, 'packages/countersign/dist')
const CHECK = join(ROOT, 'scripts/test-package/runtime-check.mjs')

/**
 * Runs scripts/test-package/runtime-check.mjs where the library is installed, so that the runtime goes in by the doors of the
 * manifest. It prints what it has found, and nothing else: a warning is a fault.
 *
 * @returns what is wrong, in words
 */
export async function checkBuilt(runtime: Runtime): Promise<readonly string[]> {
  if (!existsSync(join(DIST, 'package.json'))) return ['the library is not built: npm run build']
  const { expected, flags = [] } = runtime
  const folder = mkdtempSync(join(tmpdir(), 'countersign-built-'))
  try {
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(DIST, join(folder, 'node_modules/countersign'), 'junction')
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n')
    copyFileSync(CHECK, join(folder, 'check.mjs'))
    const { stdout, stderr } = await runProgram(binaryOf(runtime), [...flags, join(folder, 'check.mjs')])
    assert.deepEqual(JSON.parse(stdout), expected)
    // Node calls parts of its WebCrypto experimental; what it has of node:crypto is not.
    if (expected.backend === 'node:crypto') assert.equal(stderr, '', 'a warning was printed')
    return []
  } catch (error) {
    return [`the built library: ${(error as Error).message}`]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
