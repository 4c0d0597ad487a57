import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TIME_CLAIMS } from '../../src/diagnosis/odd-times.ts'
import { CLAIMS, CLAIMS_SOURCE } from '../../src/explain/registry/claims.ts'
import { CLAIMS_OF_CALLS } from '../../src/explain/registry/claims-of-calls.ts'
import { CLAIMS_OF_DEVICES } from '../../src/explain/registry/claims-of-devices.ts'
import { CLAIMS_OF_FEDERATIONS } from '../../src/explain/registry/claims-of-federations.ts'
import { CLAIMS_OF_PEOPLE } from '../../src/explain/registry/claims-of-people.ts'
import { CLAIMS_OF_TOKENS } from '../../src/explain/registry/claims-of-tokens.ts'
import { CONFIRMATION_SOURCE, CONFIRMATIONS } from '../../src/explain/registry/confirmations.ts'
import { HEADER_MEMBERS, HEADER_SOURCE } from '../../src/explain/registry/header-members.ts'
import { JWK_MEMBERS, JWK_SOURCE } from '../../src/explain/registry/jwk-members.ts'
import type { Registry } from '../../src/explain/registry/row.ts'
import { TYPES } from '../../src/explain/registry/types.ts'
import { UNREGISTERED } from '../../src/explain/registry/unregistered-claims.ts'
import { PUBLIC_MEMBERS } from '../../src/key/jwk.ts'
import { ACCESS_TOKEN } from '../../src/profile/access-token.ts'
import { DPOP_PROOF } from '../../src/profile/dpop-proof.ts'
import { ID_TOKEN } from '../../src/profile/id-token.ts'
import { LOGOUT_TOKEN } from '../../src/profile/logout-token.ts'
import { LIST_TYPE } from '../../src/revocation/statuses.ts'
import { PRIVATE_MEMBERS } from '../support/keys.ts'

const TABLES = [CLAIMS_OF_TOKENS, CLAIMS_OF_PEOPLE, CLAIMS_OF_CALLS, CLAIMS_OF_DEVICES, CLAIMS_OF_FEDERATIONS]
const REGISTRIES: Readonly<Record<string, Registry>> = {
  claims: CLAIMS,
  unregistered: UNREGISTERED,
  header: HEADER_MEMBERS,
  jwk: JWK_MEMBERS,
  cnf: CONFIRMATIONS,
  types: TYPES,
}
const SOURCES = [CLAIMS_SOURCE, HEADER_SOURCE, JWK_SOURCE, CONFIRMATION_SOURCE]

test('no name has two rows, and no claim stands in two tables', () => {
  const names = TABLES.flatMap((table) => table.map(([name]) => name))
  assert.deepEqual(
    names.filter((name, index) => names.indexOf(name) < index),
    [],
  )
  assert.equal(CLAIMS.size, names.length)
  for (const name of UNREGISTERED.keys()) assert.ok(!CLAIMS.has(name), `${name} is registered`)
})

test('each table is in the order of its names', () => {
  const orders = [
    ...TABLES.map((table) => table.map(([name]) => name)),
    ...Object.values(REGISTRIES)
      .slice(1)
      .map((registry) => [...registry.keys()]),
  ]
  for (const names of orders) assert.deepEqual(names, [...names].sort())
})

for (const [what, registry] of Object.entries(REGISTRIES)) {
  test(`${what}: each row says what stands there, what it means and where that is written`, () => {
    for (const [key, { name, type, meaning, spec, purpose = 'It.', watch = [] }] of registry) {
      assert.equal(name, key)
      assert.match(type, /^(?:string|number|boolean|array|object|value)\b/, name)
      assert.match(meaning, /^[^\s.].*[^\s.]$/, name)
      assert.doesNotMatch(meaning, /^(?!JWT|DEF)[A-Z][a-z]/, `${name} begins with a capital`)
      assert.ok(meaning.length <= 120, `${name}: ${meaning.length} characters`)
      assert.match(spec, what === 'unregistered' ? /\S/ : /\d/, name)
      for (const sentence of [purpose, ...watch]) assert.match(sentence, /^[A-Za-z].*[.)]$/, name)
    }
  })
}

test('each source has its name, its address and its date', () => {
  for (const { name, url, date } of SOURCES) {
    assert.match(name, /^IANA, /)
    assert.match(url, /^https:\/\/www\.iana\.org\/assignments\//)
    assert.match(date, /^20\d\d-[01]\d-[0-3]\d$/)
  }
  assert.ok(CLAIMS.size > 160)
})

test('every claim and every type that this library reads or writes is there', () => {
  const kinds = [ACCESS_TOKEN, DPOP_PROOF, ID_TOKEN, LOGOUT_TOKEN]
  const own = [
    'act',
    'cnf',
    'may_act',
    'scope',
    'status',
    'status_list',
    'sub_id',
    'toe',
    'token_introspection',
    'ttl',
    'txn',
  ]
  const names = [
    ...TIME_CLAIMS,
    ...kinds.flatMap(({ required, types }) => [...required, ...Object.keys(types)]),
    ...own,
  ]
  assert.deepEqual(
    [...new Set(names)].filter((name) => !CLAIMS.has(name)),
    [],
  )
  const types = [...kinds.map(({ typ }) => typ.toLowerCase()), LIST_TYPE, 'secevent+jwt', 'token-introspection+jwt']
  assert.deepEqual(
    types.filter((typ) => !TYPES.has(typ)),
    [],
  )
})

test('every member of a key and of a header that this library reads is there', () => {
  const members = [
    ...Object.values(PUBLIC_MEMBERS).flat(),
    ...PRIVATE_MEMBERS,
    'kty',
    'crv',
    'kid',
    'use',
    'key_ops',
    'ext',
    'x5c',
  ]
  assert.deepEqual(
    members.filter((name) => !JWK_MEMBERS.has(name)),
    [],
  )
  const header = [
    'alg',
    'enc',
    'zip',
    'jku',
    'jwk',
    'kid',
    'x5u',
    'x5c',
    'x5t',
    'x5t#S256',
    'typ',
    'cty',
    'crit',
    'b64',
  ]
  const managed = ['epk', 'apu', 'apv', 'iv', 'tag', 'p2s', 'p2c', 'iss', 'sub', 'aud']
  assert.deepEqual(
    [...header, ...managed].filter((name) => !HEADER_MEMBERS.has(name)),
    [],
  )
})

test('a name that objects have is no claim', () => {
  for (const registry of Object.values(REGISTRIES))
    for (const name of ['__proto__', 'constructor', 'toString', '']) assert.equal(registry.get(name), undefined)
})
