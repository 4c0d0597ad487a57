import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
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

test('vitest runs the tests of the example, one for each hostile token among them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'testing-vitest-'))
  try {
    const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
    const outputFile = join(folder, 'report.json')
    const args = [vitest, 'run', '--reporter=json', `--outputFile=${outputFile}`]
    const { status, stderr, stdout } = spawnSync(process.execPath, args, { cwd: home, encoding: 'utf8' })
    assert.equal(status, 0, `${stdout}\n${stderr}`)
    const report = JSON.parse(readFileSync(outputFile, 'utf8')) as Report
    const titles = report.testResults.flatMap(({ assertionResults }) => assertionResults.map(({ title }) => title))
    assert.deepEqual([report.numFailedTests, report.numPassedTests], [0, titles.length])
    for (const { name, code } of hostileKinds()) assert.ok(titles.includes(`${name} is refused with ${code}`), name)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
