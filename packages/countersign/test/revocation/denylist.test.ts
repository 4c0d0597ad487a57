import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDenylist, expiringStore } from 'countersign/revocation'
import { CLAIMS, fails, NOW, now, refuses } from '../support/forge.ts'
import { asking, clock, Database, DOWN, ISSUER, token, unavailable } from './rig.ts'

test('createDenylist refuses options that are not what they should be', () => {
  for (const options of [
    { clockTolerance: -1 },
    { clockTolerance: 'soon' },
    { now: 5 },
    { store: {} },
    { store: null },
    { store: new Map() },
    { store: { raise: () => {} } },
    { stores: expiringStore() },
  ])
    assert.throws(() => createDenylist(options as never), TypeError, JSON.stringify(options))
})

test('a token without jti is refused, for nobody could revoke it', async () => {
  const { revoked } = createDenylist({ now })
  const error = await refuses(asking(revoked), token(), 'CS_CLAIM_MISSING')
  assert.deepEqual(
    error.issues.map(({ path }) => path),
    ['jti'],
  )
  assert.equal(error.unavailable, false)
})

test('revoke says what it cannot revoke', async () => {
  const store = new Database()
  const { revoke } = createDenylist({ store, now })
  await fails(() => revoke({ iss: ISSUER } as never), 'CS_CLAIM_MISSING')
  await fails(() => revoke(Object.create({ jti: 'a' })), 'CS_CLAIM_MISSING')
  for (const jti of [1, null, {}, ['a']]) await fails(() => revoke({ jti } as never), 'CS_CLAIM_TYPE')
  await fails(() => revoke({ jti: 'a', iss: 1 } as never), 'CS_CLAIM_TYPE')
  for (const exp of ['1', Number.NaN, Number.POSITIVE_INFINITY, null])
    await fails(() => revoke({ jti: 'a', exp } as never), 'CS_CLAIM_TYPE')
  for (const claims of [undefined, null, 'a', ['a']]) await assert.rejects(() => revoke(claims as never), TypeError)
  assert.equal(store.rows.size, 0)
})

test('a token that was revoked is refused, and no other one', async () => {
  const { revoke, revoked } = createDenylist({ now })
  const verifier = asking(revoked)
  await verifier.verify(token({ jti: 'a' }))
  await revoke({ iss: ISSUER, jti: 'a', exp: CLAIMS.exp })
  await refuses(verifier, token({ jti: 'a' }), 'CS_REVOKED')
  // It is known by its id and not by its text.
  await refuses(verifier, token({ jti: 'a', sub: 'somebody else' }), 'CS_REVOKED')
  for (const other of [{ jti: 'b' }, { jti: 'A' }, { jti: '' }, { jti: 'a', iss: 'https://other.example' }])
    await verifier.verify(token(other))
})

test('a token that has expired is refused where its mark may be gone, however patient the verifier is', async () => {
  for (const patience of [{ clockTolerance: '10m' }, { ignoreExp: true }] as const) {
    const time = clock()
    const { revoke, revoked } = createDenylist({ now: time.now })
    const verifier = asking(revoked, { now: time.now, ...patience })
    await revoke({ iss: ISSUER, jti: 'a', exp: CLAIMS.exp })
    time.time = CLAIMS.exp + 29
    await refuses(verifier, token({ jti: 'a' }), 'CS_REVOKED')
    await verifier.verify(token({ jti: 'b' }))
    for (const late of [30, 60, 61, 599]) {
      time.time = CLAIMS.exp + late
      await refuses(verifier, token({ jti: 'a' }), 'CS_EXPIRED')
    }
  }
})

test('all the claims of a token revoke it', async () => {
  const { revoke, revoked } = createDenylist({ now })
  const verifier = asking(revoked)
  await revoke((await verifier.verify(token({ jti: 'a' }))).claimsSet)
  await refuses(verifier, token({ jti: 'a' }), 'CS_REVOKED')
})

test('an id that is revoked without an issuer is revoked whoever issued it: nothing is revoked in vain', async () => {
  const { revoke, revoked } = createDenylist({ now })
  await revoke({ jti: 'a' })
  for (const iss of [ISSUER, 'https://other.example', undefined])
    await refuses(asking(revoked), token({ jti: 'a', iss }), 'CS_REVOKED')
  await asking(revoked).verify(token({ jti: 'b' }))
})

test('issuer and id are kept apart, however they are spelt', async () => {
  const names = [
    { iss: 'a', jti: 'b.c' },
    { iss: 'a.b', jti: 'c' },
    { iss: 'a","b', jti: 'c' },
    { iss: 'a', jti: 'b","c' },
    { iss: '', jti: 'ab' },
    { iss: 'ab', jti: '' },
    { iss: 'null', jti: 'c' },
    { iss: 'undefined', jti: 'c' },
    { iss: '\u0000', jti: 'c' },
    { iss: '\ud800', jti: 'c' },
    { iss: '\ufffd', jti: 'c' },
    { iss: 'é', jti: 'c' },
    { iss: 'e\u0301', jti: 'c' },
  ]
  for (const revokedOne of names) {
    const { revoke, revoked } = createDenylist({ now })
    await revoke(revokedOne)
    for (const name of names) {
      const verifying = asking(revoked).safeVerify(token(name))
      assert.equal((await verifying).ok, name !== revokedOne, JSON.stringify([revokedOne, name]))
    }
  }
})

test('a mark lives as long as its token, however tolerant the clocks are, and no longer than that asks for', async () => {
  const time = clock()
  const store = expiringStore({ max: 1, now: time.now })
  const { revoke, revoked } = createDenylist({ store, clockTolerance: 60, now: time.now })
  await revoke({ iss: ISSUER, jti: 'a', exp: CLAIMS.exp })
  const verifier = asking(revoked, { clockTolerance: 60, now: time.now })
  time.time = CLAIMS.exp + 59
  await refuses(verifier, token({ jti: 'a' }), 'CS_REVOKED')
  time.time = CLAIMS.exp + 60
  await refuses(verifier, token({ jti: 'a' }), 'CS_EXPIRED')
  await fails(() => revoke({ jti: 'b' }), 'CS_UNAVAILABLE')
  time.time = CLAIMS.exp + 120
  await revoke({ jti: 'b' })
})

test('a mark without exp is there for ever, and a shorter one does not shorten it', async () => {
  const time = clock()
  const { revoke, revoked } = createDenylist({ now: time.now })
  await revoke({ iss: ISSUER, jti: 'a' })
  await revoke({ iss: ISSUER, jti: 'a', exp: NOW + 1 })
  time.time = NOW + 1e9
  const later = { jti: 'a', exp: NOW + 2e9 }
  await refuses(asking(revoked, { now: time.now }), token(later), 'CS_REVOKED')
})

test('a denylist that is full says so, and forgets nobody', async () => {
  const { revoke, revoked } = createDenylist({ store: expiringStore({ max: 2, now }), now })
  for (const jti of ['a', 'b']) await revoke({ jti })
  const error = await fails(() => revoke({ jti: 'c' }), 'CS_UNAVAILABLE')
  assert.equal(error.unavailable, true)
  for (const jti of ['a', 'b']) await refuses(asking(revoked), token({ jti }), 'CS_REVOKED')
})

test('a store tells nothing about the tokens to whoever reads it', async () => {
  const store = new Database()
  await createDenylist({ store, now }).revoke({ iss: ISSUER, jti: 'canary', exp: CLAIMS.exp })
  const [key = ''] = store.rows.keys()
  assert.match(key, /^[\x21-\x7e]{1,100}$/)
  assert.ok(!key.includes('canary') && !key.includes('issuer'))
})

for (const [what, trouble] of DOWN) {
  test(`while a store ${what}, tokens are refused as unavailable and nothing is revoked in silence`, async () => {
    const store = new Database()
    const { revoke, revoked } = createDenylist({ store, now })
    store.trouble = trouble
    await unavailable(asking(revoked), token({ jti: 'a' }))
    await unavailable({ verify: () => revoke({ jti: 'a' }) }, '')
    store.trouble = undefined
    await asking(revoked).verify(token({ jti: 'a' }))
  })
}

for (const answer of [true, false, '1', 'OK', {}, [], Number.NaN, Symbol('canary'), () => 1]) {
  test(`an answer of ${String(answer) || '[]'} is none, and the token is refused`, async () => {
    const store = new Database()
    store.trouble = () => answer
    await unavailable(asking(createDenylist({ store, now }).revoked), token({ jti: 'a' }))
  })
}

for (const answer of [0, 1, -1, Number.POSITIVE_INFINITY]) {
  test(`a mark of ${answer} is a mark`, async () => {
    const store = new Database()
    store.trouble = () => answer
    await refuses(asking(createDenylist({ store, now }).revoked), token({ jti: 'a' }), 'CS_REVOKED')
  })
}

test('what the cache of a verifier knows is asked for all the same', async () => {
  const { revoke, revoked } = createDenylist({ now })
  const verifier = asking(revoked, { cache: true })
  await verifier.verify(token({ jti: 'a' }))
  await verifier.verify(token({ jti: 'a' }))
  await revoke({ jti: 'a' })
  await refuses(verifier, token({ jti: 'a' }), 'CS_REVOKED')
})
