import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVerifier, decodeUnverified, JoseError, remoteKeySet } from 'countersign'
import { createTestIssuer, hostileKinds } from 'countersign/testing'
import { refuses } from '../support/forge.ts'
import { isHere } from '../support/keys.ts'

/** One of each family, and each size of a signature that is made otherwise. */
const ALGORITHMS = ['ES256', 'ES512', 'RS256', 'PS256', 'Ed25519', 'ML-DSA-44', 'HS256', 'HS512'].filter(isHere)

for (const alg of ALGORITHMS) {
  test(`${alg}: every hostile token is refused with exactly its code, and the valid ones are accepted`, async () => {
    const { mint, verifierOptions } = await createTestIssuer({ alg })
    const verifier = createVerifier(verifierOptions)
    const tokens = await mint.hostile()
    assert.deepEqual(
      tokens.map(({ name, code }) => ({ name, code })),
      hostileKinds(),
    )
    for (const { name, token, code } of tokens) {
      const error = await refuses(verifier, token)
      assert.equal(error.code, code, `${name}: ${error.message}`)
      assert.equal(error.unavailable, false, name)
    }
    const { claims, header } = await verifier.verify(await mint.valid())
    assert.deepEqual([header.alg, header.typ, claims.iss, claims.aud], [alg, 'JWT', 'https://issuer.test', 'api'])
  })
}

test('the codes are the same where the keys come from the JWK Set that the issuer publishes', async () => {
  const { mint, verifierOptions, fetch, jwksUri, clock } = await createTestIssuer()
  const verifier = createVerifier({ ...verifierOptions, keys: remoteKeySet(jwksUri, { fetch, now: clock.now }) })
  for (const { name, token, code } of await mint.hostile()) {
    assert.equal((await refuses(verifier, token)).code, code, name)
  }
  await verifier.verify(await mint.valid())
})

test('every kind is a function of mint, which makes a token of its own each time', async () => {
  const { mint, verifierOptions } = await createTestIssuer()
  const verifier = createVerifier(verifierOptions)
  for (const { name, code } of hostileKinds()) {
    const [first, second] = [await mint[name](), await mint[name]()]
    await refuses(verifier, first, code)
    if (name !== 'garbage') assert.notEqual(first, second, name)
  }
})

/** Those whose fault is in the claims or in the typ, where a verifier tells all faults. */
const BY_CLAIMS = ['CS_EXPIRED', 'CS_NOT_YET_VALID', 'CS_CLAIM_TYPE', 'CS_CLAIM_MISSING', 'CS_AUD', 'CS_ISS', 'CS_TYP']
/** Those without claims that could be read. */
const CLOSED = ['garbage', 'encrypted']

test('a hostile token is good in all but one way, its given claims included', async () => {
  const options = { typ: 'at+jwt', claims: { client_id: 'app', scope: 'read' }, audience: 'books' } as const
  const { mint, verifierOptions } = await createTestIssuer(options)
  const verifier = createVerifier({ ...verifierOptions, typ: 'at+jwt', requiredClaims: ['client_id', 'scope', 'role'] })
  for (const { name, token, code } of await mint.hostile({ role: 'admin' })) {
    const error = await refuses(verifier, token, code)
    assert.equal(error.issues.length, BY_CLAIMS.includes(code) ? 1 : 0, `${name}: ${error.message}`)
    if (BY_CLAIMS.includes(code) || CLOSED.includes(name)) continue
    const [, payload = ''] = token.split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
    await verifier.verify(await mint.valid(claims))
  }
})

test('hostile tokens are text that the Bearer scheme takes (RFC 6750 §2.1)', async () => {
  const { mint } = await createTestIssuer()
  for (const { name, token } of await mint.hostile()) assert.match(token, /^[\w.~+/-]+=*$/, name)
})

test('attack 27 and 28: wrong names begin as the right ones do', async () => {
  const { mint, issuer, audience } = await createTestIssuer({ issuer: 'https://issuer.example', audience: 'api' })
  const [iss, aud] = [decodeUnverified(await mint.wrongIssuer()), decodeUnverified(await mint.wrongAudience())]
  assert.ok(String(iss.claims.iss).startsWith(issuer) && iss.claims.iss !== issuer)
  assert.ok(String(aud.claims.aud).startsWith(audience) && aud.claims.aud !== audience)
})

test('attack 10 and 11: a stranger names the key of the issuer, and brings another one', async () => {
  const { mint, jwks, requests } = await createTestIssuer()
  const [published] = (await jwks()).keys
  const [embedded, linked] = [decodeUnverified(await mint.embeddedKey()), decodeUnverified(await mint.linkedKey())]
  const jwk = embedded.header['jwk'] as Record<string, unknown>
  assert.deepEqual([jwk['kty'], jwk['d'], jwk['x'] === published?.x], ['EC', undefined, false])
  assert.match(String(linked.header['jku']), /^https:/)
  assert.deepEqual([embedded.header.kid, linked.header.kid], [published?.kid, published?.kid])
  assert.equal(requests.length, 0)
})

test('a wrong type is wrong for whichever type the issuer has', async () => {
  for (const typ of ['JWT', 'at+jwt', 'logout+jwt']) {
    const { mint, verifierOptions } = await createTestIssuer({ typ })
    const verifier = createVerifier({ ...verifierOptions, typ })
    await refuses(verifier, await mint.wrongType(), 'CS_TYP')
    await verifier.verify(await mint.valid())
  }
})

test('mint refuses options that it does not know, and values that are none', async () => {
  const { mint } = await createTestIssuer()
  for (const options of [{ expires: '1m' }, { expiresIn: 'soon' }, { expiresIn: -1 }, { typ: '' }, null]) {
    await assert.rejects(mint.valid({}, options as never), TypeError, JSON.stringify(options))
  }
  await assert.rejects(mint.accessToken({}, { typ: 'JWT' } as never), TypeError)
})

test('valid tokens have the claims, the life and the header that are asked for', async () => {
  const { mint, clock, verifierOptions } = await createTestIssuer({ tokenLifetime: '5m' })
  const verifier = createVerifier(verifierOptions)
  const now = clock.now()
  const usual = await verifier.verify(await mint.valid())
  assert.deepEqual([usual.claims.sub, usual.claims.iat, usual.claims.exp], ['alice', now, now + 300])
  const own = await verifier.verify(await mint.valid({ sub: 'bob', roles: ['admin'] }, { expiresIn: '1h' }))
  assert.deepEqual([own.claims.sub, own.claims['roles'], own.claims.exp], ['bob', ['admin'], now + 3600])
  const at = await mint.valid({ jti: undefined }, { expiresIn: 'never', typ: 'x', header: { cty: 'y' } })
  const { claims, header } = decodeUnverified(at)
  assert.deepEqual([claims.exp, claims.jti, header.typ, header.cty], [undefined, undefined, 'x', 'y'])
})

test('every token has a jti of its own', async () => {
  const { mint } = await createTestIssuer()
  const ids = await Promise.all(
    [mint.valid(), mint.valid()].map(async (token) => decodeUnverified(await token).claims.jti),
  )
  assert.equal(new Set(ids).size, 2)
})

test('an access token has typ at+jwt and a client (RFC 9068 §2)', async () => {
  const { mint, verifierOptions } = await createTestIssuer()
  const token = await mint.accessToken({ scope: 'read' })
  await refuses(createVerifier(verifierOptions), token, 'CS_TYP')
  const { claims } = await createVerifier({ ...verifierOptions, typ: 'at+jwt' }).verify(token)
  assert.deepEqual([claims['client_id'], claims['scope']], ['client', 'read'])
})

test('the door gives the error class of the library', async () => {
  assert.equal((await import('countersign/testing')).JoseError, JoseError)
})
