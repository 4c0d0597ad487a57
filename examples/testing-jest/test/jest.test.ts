import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { hostileKinds } from 'countersign/testing'

const home = fileURLToPath(new URL('..', import.meta.url))

interface Report {
  readonly numFailedTests: number
  readonly numPassedTests: number
  readonly testResults: readonly { readonly assertionResults: readonly { readonly title: string }[] }[]
}

test('jest runs the tests of the example, one for each hostile token among them', () => {
  const jest = join(dirname(createRequire(import.meta.url).resolve('jest/package.json')), 'bin/jest.js')
  const args = ['--experimental-vm-modules', jest, '--ci', '--json']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: home, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  const report = JSON.parse(stdout) as Report
  const titles = report.testResults.flatMap(({ assertionResults }) => assertionResults.map(({ title }) => title))
  assert.deepEqual([report.numFailedTests, report.numPassedTests], [0, titles.length])
  for (const { name } of hostileKinds()) assert.ok(titles.includes(`${name} is refused, and counts for nothing`), name)
  // Whatever goes on after the tests makes jest wait, or say so.
  assert.doesNotMatch(stderr, /did not exit|open handle/)
})
