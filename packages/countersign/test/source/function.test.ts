import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as door from 'countersign'
import * as sync from 'countersign/sync'
import { POLICY, refuses } from '../support/forge.ts'
import { issue } from '../support/remote.ts'

const { jwk, token } = await issue('a')
const key = door.importKey(jwk)

test('countersign/sync refuses what only a promise could answer', async () => {
  assert.throws(() => sync.createVerifier({ keys: async () => key, ...POLICY }), TypeError)
  assert.throws(() => sync.createVerifier({ issuers: async () => undefined }), TypeError)
  const later = sync.createVerifier({ keys: () => Promise.resolve(key), ...POLICY })
  assert.throws(() => later.verify(token), TypeError)
  assert.throws(() => later.safeVerify(token), TypeError)
  const failing = sync.createVerifier({ keys: () => Promise.reject(new Error('down')), ...POLICY })
  assert.throws(() => failing.verify(token), TypeError)
})

for (const [name, verify] of [
  ['countersign', door.createVerifier],
  ['countersign/sync', sync.createVerifier],
] as const) {
  test(`${name}: a key function that throws makes the token unavailable, whatever it throws`, async () => {
    for (const thrown of [new Error('down'), new TypeError('undefined is not an object'), 'text', undefined]) {
      const find = (): never => {
        throw thrown
      }
      for (const verifier of [verify({ keys: find, ...POLICY }), verify({ issuers: find })]) {
        const error = await refuses(verifier, token, 'CS_UNAVAILABLE')
        assert.equal(error.unavailable, true)
        assert.equal(error.cause, thrown)
      }
    }
  })
}
