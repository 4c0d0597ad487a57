import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNotBefore, expiringStore, type NotBefore } from 'countersign/revocation'
import fc from 'fast-check'
import { CLAIMS, fails, NOW, now, refuses } from '../support/forge.ts'
import { asking, clock, Database, DOWN, ISSUER, token, unavailable } from './rig.ts'

const LIFETIME = CLAIMS.exp - CLAIMS.iat
const made = (options: object = {}): NotBefore => createNotBefore({ tokenLifetime: LIFETIME, now, ...options })
const SUBJECT = { iss: ISSUER, sub: CLAIMS.sub }
const SESSION = { iss: ISSUER, sid: 's1' }

test('createNotBefore refuses options that are not what they should be', () => {
  for (const options of [
    { tokenLifetime: undefined },
    { tokenLifetime: 'never' },
    { tokenLifetime: -1 },
    { tokenLifetime: Number.POSITIVE_INFINITY },
    { clockTolerance: Number.NaN },
    { store: {} },
    { store: null },
    { now: 'now' },
    { lifetime: 5 },
  ])
    assert.throws(() => made(options), TypeError, JSON.stringify(options))
})

test('a mark is no later than now: milliseconds would lock a user out for good', async () => {
  const notBefore = made()
  for (const at of [NOW * 1000, NOW + 31, Number.NaN, Number.POSITIVE_INFINITY, '2027-01-15'])
    await assert.rejects(notBefore.revokeSubject(SUBJECT, { at: at as number }), TypeError, String(at))
  await asking(notBefore.revoked).verify(token({}))
  await notBefore.revokeSubject(SUBJECT, { at: NOW + 30 })
  await refuses(asking(notBefore.revoked), token({}), 'CS_REVOKED')
})

test('what cannot be revoked is refused: a token without iat, or with neither subject nor session', async () => {
  const verifier = asking(made().revoked)
  const pathsOf = async (claims: object): Promise<unknown> =>
    (await refuses(verifier, token({ ...claims }), 'CS_CLAIM_MISSING')).issues.map(({ path }) => path)
  assert.deepEqual(await pathsOf({ iat: undefined }), ['iat'])
  assert.deepEqual(await pathsOf({ sub: undefined }), ['sub'])
  for (const sid of [1, null, ['s1'], {}]) await refuses(verifier, token({ sid }), 'CS_CLAIM_TYPE')
  await verifier.verify(token({ sub: undefined, sid: 's1' }))
})

test('a token that is older than marks are kept is refused', async () => {
  const time = clock()
  const verifier = asking(made({ now: time.now }).revoked, { now: time.now })
  const long = token({ exp: NOW + 10 * LIFETIME })
  time.time = NOW + LIFETIME + 30
  await verifier.verify(long)
  time.time = NOW + LIFETIME + 32
  await refuses(verifier, long, 'CS_TOO_OLD')
})

test('a token that was issued in the future is refused: it would count as later than every mark', async () => {
  const { revoked } = made()
  const verifier = asking(revoked)
  await verifier.verify(token({ iat: NOW + 30 }))
  for (const iat of [NOW + 31, NOW + 3600, NOW * 1000]) await refuses(verifier, token({ iat }), 'CS_NOT_YET_VALID')
})

test('the methods say what they cannot revoke', async () => {
  const { revokeSubject, revokeSession } = made()
  await fails(() => revokeSubject({ iss: ISSUER } as never), 'CS_CLAIM_MISSING')
  await fails(() => revokeSession({ iss: ISSUER, sub: 'alice' } as never), 'CS_CLAIM_MISSING')
  await fails(() => revokeSubject({ sub: 5 } as never), 'CS_CLAIM_TYPE')
  await fails(() => revokeSession({ sid: 's1', iss: null } as never), 'CS_CLAIM_TYPE')
  for (const at of [Number.NaN, Number.POSITIVE_INFINITY, '5', null, new Date()])
    await assert.rejects(() => revokeSubject(SUBJECT, { at } as never), TypeError)
  await assert.rejects(() => revokeSubject(SUBJECT, { when: 5 } as never), TypeError)
  await assert.rejects(() => revokeSubject(undefined as never), TypeError)
})

test('all tokens of a subject until then are refused, in the same second too, and later ones accepted', async () => {
  const { revokeSubject, revoked } = made()
  const verifier = asking(revoked)
  await revokeSubject(SUBJECT)
  for (const iat of [NOW, NOW - 1, NOW - 500, NOW + 0.5]) await refuses(verifier, token({ iat }), 'CS_REVOKED')
  for (const other of [{ iat: NOW + 1 }, { sub: 'bob' }, { iss: 'https://other.example' }])
    await verifier.verify(token(other))
})

test('the tokens of one session are refused, and not those of another one of the same subject', async () => {
  const { revokeSession, revoked } = made()
  const verifier = asking(revoked)
  await revokeSession(SESSION)
  await refuses(verifier, token({ sid: 's1' }), 'CS_REVOKED')
  await refuses(verifier, token({ sid: 's1', sub: undefined }), 'CS_REVOKED')
  await verifier.verify(token({ sid: 's2' }))
  await verifier.verify(token())
  await verifier.verify(token({ sid: 's1', iss: 'https://other.example' }))
})

test('a subject and a session of one name are two', async () => {
  const { revokeSubject, revoked } = made()
  await revokeSubject({ iss: ISSUER, sub: 'one' })
  await asking(revoked).verify(token({ sub: 'other', sid: 'one' }))
  await refuses(asking(revoked), token({ sub: 'one', sid: 'other' }), 'CS_REVOKED')
})

test('without an issuer the subject is meant whoever issued the token: nothing is revoked in vain', async () => {
  const { revokeSubject, revoked } = made()
  await revokeSubject({ sub: CLAIMS.sub })
  for (const iss of [ISSUER, 'https://other.example', undefined])
    await refuses(asking(revoked), token({ iss }), 'CS_REVOKED')
})

test('all the claims of a token name its subject and its session', async () => {
  const { revokeSession, revoked } = made()
  const verifier = asking(revoked)
  const { claimsSet } = await verifier.verify(token({ sid: 's1' }))
  await revokeSession(claimsSet)
  await refuses(verifier, token({ sid: 's1' }), 'CS_REVOKED')
  await verifier.verify(token({ sid: 's2' }))
})

test('a later mark is never replaced by an earlier one', async () => {
  for (const store of [undefined, new Database()]) {
    const { revokeSubject, revoked } = made({ ...(store && { store }) })
    await Promise.all([NOW - 10, NOW - 1.5, NOW - 100].map((at) => revokeSubject(SUBJECT, { at })))
    await refuses(asking(revoked), token({ iat: NOW - 2 }), 'CS_REVOKED')
    await asking(revoked).verify(token({ iat: NOW - 1 }))
  }
})

test('whatever marks are made, and in whatever order, the latest one counts', async () => {
  const moments = fc.array(fc.double({ min: NOW - 500, max: NOW + 30, noNaN: true }), { minLength: 1, maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(moments, fc.integer({ min: NOW - 500, max: NOW + 30 }), async (all, iat) => {
      const { revokeSubject, revoked } = made({ store: new Database() })
      await Promise.all(all.map((at) => revokeSubject(SUBJECT, { at })))
      const { ok } = await asking(revoked).safeVerify(token({ iat, exp: NOW + 1 }))
      assert.equal(ok, iat > Math.floor(Math.max(...all)))
    }),
  )
})

test('a mark lives as long as the tokens it is about, and no longer than that asks for', async () => {
  const time = clock()
  const store = expiringStore({ max: 1, now: time.now })
  const { revokeSubject, revoked } = made({ store, now: time.now })
  await revokeSubject(SUBJECT)
  const verifier = asking(revoked, { now: time.now })
  time.time = CLAIMS.exp + 29
  await refuses(verifier, token(), 'CS_REVOKED')
  await fails(() => revokeSubject({ sub: 'bob' }), 'CS_UNAVAILABLE')
  time.time = CLAIMS.exp + 61
  await revokeSubject({ sub: 'bob' })
})

for (const [what, trouble] of DOWN) {
  test(`while a store ${what}, tokens are refused as unavailable and nothing is revoked in silence`, async () => {
    const store = new Database()
    const { revokeSubject, revokeSession, revoked } = made({ store })
    store.trouble = trouble
    await unavailable(asking(revoked), token({ sid: 's1' }))
    await unavailable({ verify: () => revokeSubject(SUBJECT) }, '')
    await unavailable({ verify: () => revokeSession(SESSION) }, '')
    store.trouble = undefined
    await asking(revoked).verify(token())
  })
}

test('where one of several marks cannot be read, the token is refused', async () => {
  for (let failing = 0; failing < 4; failing++) {
    const store = new Database()
    const { revoked } = made({ store })
    let reads = 0
    store.trouble = () => (reads++ === failing ? Promise.reject(new Error('canary')) : undefined)
    await unavailable(asking(revoked), token({ sid: 's1' }))
  }
})

for (const answer of [true, '1790000000', {}, Number.NaN]) {
  test(`an answer of ${String(answer)} is none, and the token is refused`, async () => {
    const store = new Database()
    store.trouble = () => answer
    await unavailable(asking(made({ store }).revoked), token())
  })
}
