// The built library, as it is published, on each runtime that reads files.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './bundle.ts'
import type { Runtime } from './runtimes.ts'
import { binaryOf, runProgram } from './start.ts'

const DIST = join(ROOT, 'packages/countersign/dist')
const CHECK = join(ROOT, 'scripts/runtime-check.mjs')

/**
 * Runs scripts/runtime-check.mjs, which prints what it has found, and nothing else: a warning is a fault.
 *
 * @returns what is wrong, in words
 */
export async function checkBuilt(runtime: Runtime): Promise<readonly string[]> {
  if (!existsSync(join(DIST, 'package.json'))) return ['the library is not built: npm run build']
  const { expected, flags = [] } = runtime
  try {
    const { stdout, stderr } = await runProgram(binaryOf(runtime), [...flags, CHECK, DIST])
    assert.deepEqual(JSON.parse(stdout), expected)
    // Node calls parts of its WebCrypto experimental; what it has of node:crypto is not.
    if (expected.backend === 'node:crypto') assert.equal(stderr, '', 'a warning was printed')
    return []
  } catch (error) {
    return [`the built library: ${(error as Error).message}`]
  }
}
