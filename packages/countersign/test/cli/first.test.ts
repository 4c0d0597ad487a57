import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command } from './support/memory-host.ts'
import { run } from './support/process.ts'

test('a command that is misspelt is guessed at', async () => {
  const { code, err } = await command(['deocde'])
  assert.equal(code, 2)
  assert.match(err, /did you mean decode\?/)
})

test('the command runs as a process', async () => {
  const { code, out } = await run(['--version'])
  assert.equal(code, 0)
  assert.match(out, /^countersign \d+\.\d+\.\d+ \(Node\.js 24/)
})
