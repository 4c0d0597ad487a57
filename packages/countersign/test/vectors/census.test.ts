import assert from 'node:assert/strict'
import test from 'node:test'
import { VECTORS } from '../support/vectors.ts'
import { SUITES } from './suites.ts'

const known = new Set(VECTORS.map(({ id }) => id))
const exercised = new Set(Object.values(SUITES).flatMap((suite) => suite.map(({ id }) => id)))

test('no vector is missing: each is run by a suite', () => {
  assert.deepEqual(
    VECTORS.map(({ id }) => id).filter((id) => !exercised.has(id)),
    [],
  )
  assert.equal(known.size, VECTORS.length, 'two vectors have one id')
})

test('the files hold as many cases as they say, so none was lost on the way', () => {
  const count = (prefix: string): number => VECTORS.filter(({ id }) => id.startsWith(prefix)).length
  assert.deepEqual(
    {
      rfc: count('rfc/'),
      cookbook: count('rfc7520/'),
      signature: count('wycheproof/json_web_s'),
      key: count('wycheproof/json_web_k'),
    },
    // The cookbook: 65 serializations of 25 entries, 6 keys, and the 4 of the nested example.
    { rfc: 48, cookbook: 65 + 6 + 4, signature: 401, key: 26 },
  )
})
