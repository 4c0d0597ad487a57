import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRecord, parseFlags } from '../../bench/src/flags.ts'

for (const args of [['--fast'], ['quick'], ['--node', '22'], ['--node'], ['--only'], ['--quick=yes'], ['-q']]) {
  test(`npm run bench -- ${args.join(' ')} is refused`, () => {
    assert.throws(() => parseFlags(args), TypeError)
  })
}

test('only a whole run writes a record', () => {
  assert.ok(isRecord(parseFlags([])))
  assert.ok(isRecord(parseFlags(['--check'])))
  for (const args of [['--quick'], ['--only', 'ES256'], ['--node', '26']]) assert.ok(!isRecord(parseFlags(args)))
})
