import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { hostileKinds } from 'countersign/testing'

test('docs/testing.md lists every hostile token with its code, and no other', () => {
  const page = readFileSync(new URL('../../../../docs/testing.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `(\w+)` \| .+ \| `(CS_\w+)` \|$/gm)].map(([, name, code]) => ({ name, code }))
  assert.deepEqual(rows, hostileKinds())
})
