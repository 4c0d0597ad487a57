import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDecrypter, createEncrypter, createSigner, generateKey, importKey, publicKey } from 'countersign'
import { decryptJwe, encryptJwe } from 'countersign/jwe'
import { idToken } from 'countersign/profile'
import { oneTime } from 'countersign/revocation'
import { fails, NOW, now } from '../support/forge.ts'
import { isHere, jwkFor, verifyingKey } from '../support/keys.ts'
import examples from './examples.json' with { type: 'json' }
import { CLIENT, checking, ISSUER, KEYS, newStore, signing } from './kinds.ts'

const signer = idToken.createSigner({ ...signing, expiresIn: 60 })
const verifier = idToken.createVerifier(checking)
const forge = (claims: Readonly<Record<string, unknown>>): Promise<string> =>
  createSigner({ ...signing, expiresIn: 60 }).sign({ sub: 'alice', ...claims })

// What comes along: OpenID Connect Core §3.1.3.7, §3.2.2.9, §3.3.2.10.

test('a token with a nonce is refused where none is given, and one without where one is (OIDC Core §3.1.3.7)', async () => {
  const token = await signer.sign({ sub: 'alice' }, { nonce: 'n-0S6' })
  const error = await fails(() => verifier.verify(token), 'CS_CLAIM_VALUE')
  assert.match(`${error.message} ${error.hint}`, /none was given.*session of its user/)
  await fails(() => verifier.verify(token, { nonce: undefined }), 'CS_CLAIM_VALUE')
  // The session has lost it: no token is that of this login.
  await fails(async () => verifier.verify(await signer.sign({ sub: 'alice' }), { nonce: undefined }), 'CS_CLAIM_VALUE')
  for (const nonce of ['n-0S7', 'n-0S', 'n-0S66', 'N-0S6', ' n-0S6'])
    await fails(() => verifier.verify(token, { nonce }), 'CS_CLAIM_VALUE')
  await fails(async () => verifier.verify(await signer.sign({ sub: 'alice' }), { nonce: 'n-0S6' }), 'CS_CLAIM_MISSING')
  // Surrogates without their other half are one and the same in UTF-8.
  await fails(async () => verifier.verify(await forge({ nonce: '\ud800' }), { nonce: '\ud801' }), 'CS_CLAIM_VALUE')
  for (const nonce of [7, null, ['n-0S6'], { toString: 'n-0S6' }])
    await fails(async () => verifier.verify(await forge({ nonce }), { nonce: 'n-0S6' }), 'CS_CLAIM_TYPE')
  assert.equal((await verifier.verify(token, { nonce: 'n-0S6' })).claims.nonce, 'n-0S6')
})

for (const [claim, what] of [
  ['at_hash', 'accessToken'],
  ['c_hash', 'code'],
] as const) {
  test(`${claim} is demanded where ${what} is given, and is that of another otherwise (OIDC Core §3.3.2.11)`, async () => {
    const bare = await signer.sign({ sub: 'alice' })
    await fails(() => verifier.verify(bare, { [what]: 'abc' }), 'CS_CLAIM_MISSING')
    const token = await signer.sign({ sub: 'alice' }, { [what]: 'abc' })
    for (const other of ['abd', 'ab', 'abcd', 'ABC']) {
      const error = await fails(() => verifier.verify(token, { [what]: other }), 'CS_CLAIM_VALUE')
      assert.equal(error.issues[0]?.path, claim)
      assert.ok(!error.message.includes(other))
    }
    const { claims } = await verifier.verify(token, { [what]: 'abc' })
    assert.equal(claims[claim], 'ungWv48Bz-pBQUDeXa4iIw')
    for (const wrong of ['', 'ungWv48Bz-pBQUDeXa4iIw==', 'ungWv48Bz-pBQUDeXa4iI', `${claims[claim]}A`])
      await fails(async () => verifier.verify(await forge({ [claim]: wrong }), { [what]: 'abc' }), 'CS_CLAIM_VALUE')
    for (const wrong of [7, null, ['ungWv48Bz-pBQUDeXa4iIw']])
      await fails(async () => verifier.verify(await forge({ [claim]: wrong }), { [what]: 'abc' }), 'CS_CLAIM_TYPE')
  })
}

/** The left half of the hash of "abc" (FIPS 180-4), in hexadecimal digits as there. */
const HALVES = {
  256: 'ba7816bf8f01cfea414140de5dae2223',
  384: 'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163',
  512: 'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a',
} as const
const half = (bits: keyof typeof HALVES): string => Buffer.from(HALVES[bits], 'hex').toString('base64url')

for (const [alg, bits] of [
  ['HS256', 256],
  ['RS384', 384],
  ['PS512', 512],
  ['ES384', 384],
  ['ES512', 512],
  ['EdDSA', 512],
  ['Ed25519', 512],
] as const) {
  test(`${alg}: at_hash is the left half of SHA-${bits} (OIDC Core §3.1.3.6)`, async () => {
    const key = await generateKey(alg, alg === 'EdDSA' ? { crv: 'Ed25519' } : {})
    const keys = key.kind === 'secret' ? key : await publicKey(key)
    const token = await idToken
      .createSigner({ ...signing, key, expiresIn: 60 })
      .sign({ sub: 'a' }, { accessToken: 'abc' })
    const { claims } = await idToken.createVerifier({ ...checking, keys }).verify(token, { accessToken: 'abc' })
    assert.equal(claims.at_hash, half(bits))
  })
}

for (const alg of ['Ed448', 'ML-DSA-44'].filter(isHere)) {
  test(`${alg}: no hash belongs to it, so nothing can be compared (CS_UNSUPPORTED)`, async () => {
    const jwk = { ...jwkFor(alg), alg }
    const options = { ...signing, key: importKey(jwk), expiresIn: 60 } as const
    await fails(() => idToken.createSigner(options).sign({ sub: 'a' }, { accessToken: 'abc' }), 'CS_UNSUPPORTED')
    const token = await idToken.createSigner(options).sign({ sub: 'a', at_hash: half(512) })
    const other = idToken.createVerifier({ ...checking, keys: verifyingKey(jwk) })
    await fails(() => other.verify(token, { accessToken: 'abc' }), 'CS_UNSUPPORTED')
    assert.equal((await other.verify(token)).claims.sub, 'a')
  })
}

test('maxAge demands auth_time, and the login to be no older (OIDC Core §3.1.3.7)', async () => {
  await fails(async () => verifier.verify(await forge({}), { maxAge: '1h' }), 'CS_CLAIM_MISSING')
  const at = (auth_time: number): Promise<string> => forge({ auth_time })
  await fails(async () => verifier.verify(await at(NOW - 3631), { maxAge: '1h' }), 'CS_TOO_OLD')
  await fails(async () => verifier.verify(await at(NOW + 31), { maxAge: '1h' }), 'CS_NOT_YET_VALID')
  await fails(async () => verifier.verify(await at(NOW - 31), { maxAge: 0 }), 'CS_TOO_OLD')
  await verifier.verify(await at(NOW - 3630), { maxAge: '1h' })
  await verifier.verify(await at(NOW + 30), { maxAge: 0 })
  await verifier.verify(await at(NOW - 100_000))
})

test('acr is one of those that were asked for (OIDC Core §3.1.3.7)', async () => {
  await fails(async () => verifier.verify(await forge({}), { acr: 'gold' }), 'CS_CLAIM_MISSING')
  await fails(async () => verifier.verify(await forge({ acr: 'gol' }), { acr: 'gold' }), 'CS_CLAIM_VALUE')
  await fails(async () => verifier.verify(await forge({ acr: 'tin' }), { acr: ['gold', 'silver'] }), 'CS_CLAIM_VALUE')
  await verifier.verify(await forge({ acr: 'silver' }), { acr: ['gold', 'silver'] })
})

test('every fault is told at once, and with no value of what came along', async () => {
  const token = await signer.sign({ sub: 'alice' }, { nonce: 'secret-nonce', accessToken: 'secret-token' })
  const demands = { nonce: 'other-nonce', accessToken: 'other-token', code: 'other-code', maxAge: 60, acr: 'gold' }
  const error = await fails(() => verifier.verify(token, demands), 'CS_CLAIM_VALUE')
  assert.deepEqual(
    error.issues.map(({ path }) => path),
    ['nonce', 'at_hash', 'c_hash', 'auth_time', 'acr'],
  )
  assert.doesNotMatch(JSON.stringify(error) + error.stack, /secret|other-|gold/)
})

// For whom: OpenID Connect Core §3.1.3.7, items 3 to 5.

test('a token for several is refused unless the others are named, and azp says who asked for it', async () => {
  const trusting = idToken.createVerifier({ ...checking, otherAudiences: ['api'] })
  const several = { aud: [CLIENT, 'api'] }
  const error = await fails(async () => verifier.verify(await forge({ ...several, azp: CLIENT })), 'CS_AUD')
  assert.match(error.hint, /otherAudiences/)
  await fails(async () => trusting.verify(await forge(several)), 'CS_CLAIM_MISSING')
  await fails(async () => trusting.verify(await forge({ ...several, azp: 'api' })), 'CS_CLAIM_VALUE')
  await fails(async () => trusting.verify(await forge({ aud: [CLIENT, 'spy'], azp: CLIENT })), 'CS_AUD')
  await fails(async () => trusting.verify(await forge({ aud: ['api'], azp: 'api' })), 'CS_AUD')
  await trusting.verify(await forge({ ...several, azp: CLIENT }))
  await trusting.verify(await forge({ aud: [CLIENT, CLIENT] }))
  await idToken.createVerifier({ ...checking, otherAudiences: 'any' }).verify(await forge({ ...several, azp: CLIENT }))
})

test('azp is this client wherever it is there', async () => {
  for (const azp of ['other', `${CLIENT}x`, '']) {
    await fails(async () => verifier.verify(await forge({ azp })), 'CS_CLAIM_VALUE')
    await fails(async () => verifier.verify(await forge({ aud: [CLIENT], azp })), 'CS_CLAIM_VALUE')
  }
  await verifier.verify(await forge({ azp: CLIENT }))
})

// Options.

test('one client and one provider: audience is one id, and issuers are not for ID tokens', () => {
  const rules = { keys: KEYS, audience: CLIENT }
  for (const options of [
    { ...checking, audience: 'any' },
    { ...checking, audience: [CLIENT] },
    { ...checking, audience: '' },
    { ...checking, otherAudiences: [] },
    { ...checking, otherAudiences: /api/ },
    { issuers: { [ISSUER]: rules } },
    { ...checking, typ: 'any' },
    { ...checking, requireExp: false },
    { ...checking, nonce: 'n' },
  ])
    assert.throws(() => idToken.createVerifier(options as never), TypeError, JSON.stringify(options))
})

test('demands that are misspelt or no text are the programmer’s fault', async () => {
  const token = await signer.sign({ sub: 'alice' })
  for (const demands of [
    { Nonce: 'n' },
    { nonce: '' },
    { nonce: 7 },
    { accessToken: null },
    { code: [] },
    { acr: [] },
    'n',
    null,
  ])
    await assert.rejects(verifier.verify(token, demands as never), TypeError, JSON.stringify(demands))
  await assert.rejects(verifier.verify(token, { maxAge: -1 }), TypeError)
  await assert.rejects(verifier.safeVerify(token, { Nonce: 'n' } as never), TypeError)
  for (const call of [{ nonce: '' }, { maxAge: 1 }, { accessToken: 7 }])
    await assert.rejects(signer.sign({ sub: 'alice' }, call as never), TypeError, JSON.stringify(call))
})

// Accepted.

test('the signer writes hashes and nonce over what the claims say, and takes what every signer takes', async () => {
  const claims = { sub: 'alice', at_hash: 'old', nonce: 'old' }
  const token = await signer.sign(claims, { nonce: 'n', accessToken: 'abc', code: 'abc', expiresIn: 30, jti: 'j' })
  assert.deepEqual((await verifier.verify(token, { nonce: 'n', accessToken: 'abc', code: 'abc' })).claims, {
    iss: ISSUER,
    sub: 'alice',
    aud: CLIENT,
    at_hash: half(256),
    nonce: 'n',
    c_hash: half(256),
    jti: 'j',
    iat: NOW,
    exp: NOW + 30,
  })
  assert.deepEqual(claims, { sub: 'alice', at_hash: 'old', nonce: 'old' })
})

test('safeVerify gives what verify gives, and the refusal as a value', async () => {
  const token = await signer.sign({ sub: 'alice' }, { nonce: 'n' })
  const good = await verifier.safeVerify(token, { nonce: 'n' })
  assert.ok(good.ok && good.claims.sub === 'alice' && good.header.typ === 'JWT')
  const bad = await verifier.safeVerify(token)
  assert.ok(!bad.ok && bad.error.code === 'CS_CLAIM_VALUE')
})

test('a token that is refused for what came along is not used up', async () => {
  const once = idToken.createVerifier({ ...checking, revoked: oneTime({ store: newStore(), now }) })
  const token = await signer.sign({ sub: 'alice' }, { nonce: 'n', accessToken: 'abc' })
  await fails(() => once.verify(token, { nonce: 'm' }), 'CS_CLAIM_VALUE')
  await fails(() => once.verify(token, { nonce: 'n', accessToken: 'abd' }), 'CS_CLAIM_VALUE')
  await fails(() => once.verify(token, { nonce: 'n', maxAge: 60 }), 'CS_CLAIM_MISSING')
  await once.verify(token, { nonce: 'n', accessToken: 'abc' })
  await fails(() => once.verify(token, { nonce: 'n', accessToken: 'abc' }), 'CS_REPLAY')
})

test('a cached token is compared with each login anew', async () => {
  const cached = idToken.createVerifier({ ...checking, cache: true })
  const token = await signer.sign({ sub: 'alice' }, { nonce: 'n' })
  await cached.verify(token, { nonce: 'n' })
  await fails(() => cached.verify(token, { nonce: 'm' }), 'CS_CLAIM_VALUE')
  await fails(() => cached.verify(token), 'CS_CLAIM_VALUE')
  await cached.verify(token, { nonce: 'n' })
})

test('an ID token is signed and then encrypted, and a decrypter opens it with its verifier (OIDC Core §2)', async () => {
  const sealing = await generateKey('ECDH-ES')
  const encrypter = createEncrypter({ key: await publicKey(sealing), enc: 'A128GCM' })
  // biome-ignore lint/suspicious/noThenProperty: the option has that name.
  const decrypter = createDecrypter({ keys: sealing, then: verifier })
  const asked = await encrypter.encrypt({ sub: 'alice', nonce: 'n' }, { sign: signer })
  // A decrypter knows nothing of this login: decrypt with decryptJwe, and verify what is inside.
  await fails(() => decrypter.decrypt(asked), 'CS_CLAIM_VALUE')
  const { plaintext } = await decryptJwe(asked, { keys: sealing })
  await verifier.verify(new TextDecoder().decode(plaintext), { nonce: 'n' })
  const inside = await signer.sign({ sub: 'alice' })
  const protectedHeader = { cty: 'JWT', sub: 'mallory' }
  const lying = await encryptJwe(inside, { key: await publicKey(sealing), enc: 'A128GCM', protected: protectedHeader })
  await fails(() => decrypter.decrypt(lying), 'CS_SUB')
  const token = await encrypter.encrypt({ sub: 'alice' }, { sign: signer })
  assert.equal((await decrypter.decrypt(token)).claims.sub, 'alice')
})

// The examples of the standard.

const { issuer, audience, nonce, key, accessToken, code, alone, withAccessToken, withCode, ...times } =
  examples.idTokens
const standard = idToken.createVerifier({ keys: importKey(key), issuer, audience, now: () => times.now })

test('OpenID Connect Core A.2: an ID token alone', async () => {
  await fails(() => standard.verify(alone, { nonce, accessToken }), 'CS_CLAIM_MISSING')
  assert.equal((await standard.verify(alone, { nonce })).claims['name'], 'Jane Doe')
})

test('OpenID Connect Core A.3: an ID token with an access token', async () => {
  await fails(() => standard.verify(withAccessToken, { nonce, accessToken: code }), 'CS_CLAIM_VALUE')
  assert.equal(
    (await standard.verify(withAccessToken, { nonce, accessToken })).claims.at_hash,
    '77QmUPtjPfzWtF2AnpK9RQ',
  )
})

test('OpenID Connect Core A.4: an ID token with a code', async () => {
  await fails(() => standard.verify(withCode, { nonce, code: accessToken }), 'CS_CLAIM_VALUE')
  assert.equal((await standard.verify(withCode, { nonce, code })).claims.c_hash, 'LDktKdoQak3Pk0cnXxCltA')
})
