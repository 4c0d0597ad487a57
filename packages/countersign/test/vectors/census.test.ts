import assert from 'node:assert/strict'
import test from 'node:test'
import { VECTORS } from '../support/vectors.ts'
import { SUITES } from './suites.ts'
import { WAITING, WAITING_COUNT } from './waiting.ts'

const known = new Set(VECTORS.map(({ id }) => id))
const exercised = new Set(Object.values(SUITES).flatMap((suite) => suite.map(({ id }) => id)))

test('no vector waits that is not there, or that is run already', () => {
  const waiting = [...WAITING.keys()]
  assert.deepEqual(
    waiting.filter((id) => !known.has(id)),
    [],
    'these ids are in no file of /vectors',
  )
  assert.deepEqual(
    waiting.filter((id) => exercised.has(id)),
    [],
    'these vectors are run: take them off the list',
  )
})

test('no vector is missing: each is run by a suite or waits by name', () => {
  assert.deepEqual(
    VECTORS.map(({ id }) => id).filter((id) => !exercised.has(id) && !WAITING.has(id)),
    [],
  )
  assert.equal(known.size, VECTORS.length, 'two vectors have one id')
})

test('the waiting list only shrinks', (t) => {
  t.diagnostic(`${VECTORS.length} vectors: ${exercised.size} are run, ${WAITING.size} wait`)
  const byReason = Map.groupBy(WAITING.values(), (reason) => reason)
  for (const [reason, { length }] of byReason) t.diagnostic(`${length} wait: ${reason}`)
  assert.equal(WAITING.size, WAITING_COUNT, 'the list may not grow; where it has shrunk, lower WAITING_COUNT')
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
