import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importKey, type Jwk, publicKey, remoteKey, secretKey, thumbprint } from 'countersign'
import { createKeyRing, memoryStore } from 'countersign/keyring'
import { dpopProof, type ProofDemands } from 'countersign/profile'
import { expiringStore } from 'countersign/revocation'
import { b64, fails, input, NOW, now, signed } from '../support/forge.ts'
import { ASYMMETRIC, jwkFor, nodePair, publicMembers, STRONG } from '../support/keys.ts'
import examples from './examples.json' with { type: 'json' }
import { JWK, KEY, newStore, REQUEST } from './kinds.ts'

const signer = dpopProof.createSigner({ key: KEY, now })
const newVerifier = (): ReturnType<typeof dpopProof.createVerifier> =>
  dpopProof.createVerifier({ replay: newStore(), now })
/** Fresh proofs alone: every attempt has a store of its own. */
const refused = async (proof: unknown, code: string, demands: ProofDemands = REQUEST): Promise<string> => {
  const { message, hint } = await fails(() => newVerifier().verify(proof as string, demands), code)
  return `${message} ${hint}`
}
const accepted = (proof: string, demands: ProofDemands = REQUEST): Promise<unknown> =>
  newVerifier().verify(proof, demands)

const CLAIMS = { jti: 'one', htm: REQUEST.method, htu: REQUEST.url, iat: NOW }
const HEADER = { typ: 'dpop+jwt', alg: 'ES256', jwk: publicMembers(JWK) }
const { privateKey } = nodePair(JWK)
const forge = (claims: object, header: object = HEADER): string =>
  signed(header, claims, 'sha256', { key: privateKey, dsaEncoding: 'ieee-p1363' } as never)

// The key in the header (RFC 9449 §4.3, items 5 to 7; attack 10).

for (const [why, jwk, code] of [
  ['is not there', undefined, 'CS_HEADER'],
  ['is no object', 'key', 'CS_HEADER'],
  ['is null', null, 'CS_HEADER'],
  ['is an array', [publicMembers(JWK)], 'CS_HEADER'],
  ['is private', JWK, 'CS_KEY_TYPE'],
  ['is a secret', { kty: 'oct', k: b64(STRONG) }, 'CS_KEY_TYPE'],
  ['is another key', publicMembers(jwkFor('ES256', 1)), 'CS_SIGNATURE'],
  ['is of another kind', publicMembers(jwkFor('Ed25519')), 'CS_KEY_TYPE'],
  ['is on another curve', publicMembers(jwkFor('ES384')), 'CS_KEY_TYPE'],
  ['has another alg', { ...publicMembers(JWK), alg: 'ES384' }, 'CS_KEY_TYPE'],
  ['is for encryption', { ...publicMembers(JWK), use: 'enc' }, 'CS_KEY_TYPE'],
  ['may not verify', { ...publicMembers(JWK), key_ops: ['sign'] }, 'CS_KEY_TYPE'],
  ['is off the curve', { ...publicMembers(JWK), y: publicMembers(JWK)['x'] }, 'CS_KEY_INVALID'],
  ['is a JWK Set', { keys: [publicMembers(JWK)] }, 'CS_KEY_INVALID'],
  ['has an unknown kty', { kty: 'PQ' }, 'CS_UNSUPPORTED'],
] as const) {
  test(`the jwk of a proof ${why}: ${code} (RFC 9449 §4.3)`, async () => {
    await refused(forge(CLAIMS, { ...HEADER, jwk }), code)
  })
}

for (const [why, header, code] of [
  ['none', { ...HEADER, alg: 'none' }, 'CS_UNSIGNED'],
  ['an HMAC', { ...HEADER, alg: 'HS256' }, 'CS_ALG'],
  ['an HMAC with its secret in the header', { ...HEADER, alg: 'HS256', jwk: { kty: 'oct', k: b64(STRONG) } }, 'CS_ALG'],
  ['unknown', { ...HEADER, alg: 'ES257' }, 'CS_ALG'],
  ['missing', { typ: 'dpop+jwt', jwk: HEADER.jwk }, 'CS_HEADER'],
] as const) {
  test(`the alg of a proof is ${why}: ${code} (RFC 9449 §4.3)`, async () => {
    await refused(forge(CLAIMS, header), code)
  })
}

test('no other key than that of the jwk counts: jku, x5u, x5c and kid say nothing (attacks 10 and 11)', async () => {
  const header = { ...HEADER, jku: 'https://127.0.0.1:1/jwks', x5u: 'https://127.0.0.1:1/x', kid: 'a', x5c: ['MAA='] }
  const { jwk: _, ...without } = header
  await refused(forge(CLAIMS, without), 'CS_HEADER')
  await accepted(forge(CLAIMS, header))
})

test('a proof is a compact JWS and no more: nothing else is looked at (RFC 9449 §4.3)', async () => {
  const proof = forge(CLAIMS)
  for (const [text, code] of [
    ['', 'CS_MALFORMED'],
    [`${proof}, ${proof}`, 'CS_ENCRYPTED'],
    [`${proof}.`, 'CS_MALFORMED'],
    [`${input(HEADER, CLAIMS)}.`, 'CS_MALFORMED'],
    [`${proof.slice(0, -4)}AAAA`, 'CS_SIGNATURE'],
    [`${proof}${'A'.repeat(20_000)}`, 'CS_TOO_LARGE'],
    [undefined, 'CS_MALFORMED'],
    [['a', 'b'], 'CS_MALFORMED'],
  ] as const)
    await refused(text, code)
  await refused(forge(CLAIMS, { ...HEADER, crit: ['b64'], b64: false }), 'CS_CRIT')
})

for (const typ of [undefined, 'JWT', 'dpop', 'at+jwt', 'jwt+dpop', 'dpop+jwt ']) {
  test(`a proof of type ${JSON.stringify(typ)} is none (RFC 9449 §4.3)`, async () => {
    await refused(forge(CLAIMS, { ...HEADER, typ }), 'CS_TYP')
  })
}

// The claims (RFC 9449 §4.2, §4.3).

for (const name of ['jti', 'htm', 'htu', 'iat'] as const) {
  test(`a proof without ${name}, or with one of a wrong type, is refused (RFC 9449 §4.2)`, async () => {
    const { [name]: _, ...rest } = CLAIMS
    await refused(forge(rest), 'CS_CLAIM_MISSING')
    for (const value of [null, true, [CLAIMS[name]], { [name]: CLAIMS[name] }, name === 'iat' ? String(NOW) : 7])
      await refused(forge({ ...rest, [name]: value }), 'CS_CLAIM_TYPE')
  })
}

test('ath and nonce are text wherever they are there', async () => {
  for (const name of ['ath', 'nonce']) await refused(forge({ ...CLAIMS, [name]: 7 }), 'CS_CLAIM_TYPE')
})

test('htm is the method, letter for letter (RFC 9449 §4.3)', async () => {
  for (const htm of ['get', 'Get', 'GE', 'GET ', 'POST', '']) await refused(forge({ ...CLAIMS, htm }), 'CS_CLAIM_VALUE')
})

for (const htu of [
  '',
  'orders',
  '/orders',
  '//api.example/orders',
  'https:///',
  'http://api.example/orders',
  'https://api.example',
  'https://api.example/',
  'https://api.example/Orders',
  'https://api.example/orders/',
  'https://api.example/orders/1',
  'https://api.example/order',
  'https://api.example:444/orders',
  'https://api.example./orders',
  'https://api.example.evil.example/orders',
  'https://evil.example/https://api.example/orders',
  'https://api.example@evil.example/orders',
  'https://api.example/%6Frders/..',
  'https://api.example/orders%2F',
  'https://api.example/a%2Forders',
  'ftp://api.example/orders',
  'urn:orders',
]) {
  test(`htu ${JSON.stringify(htu)} is not https://api.example/orders (RFC 9449 §4.3)`, async () => {
    await refused(forge({ ...CLAIMS, htu }), 'CS_CLAIM_VALUE')
  })
}

for (const htu of [
  'HTTPS://API.Example/orders',
  'https://api.example:443/orders',
  'https://api.example/orders?page=2',
  'https://api.example/orders#top',
  'https://api.example/./orders',
  'https://api.example/a/../orders',
  'https://api.example/%6f%72ders',
  'https://api.example/%6Frders',
]) {
  test(`htu ${htu} is https://api.example/orders (RFC 9449 §4.3, RFC 3986 §6.2)`, async () => {
    await accepted(forge({ ...CLAIMS, htu }))
  })
}

test('the URL of the request may be spelt in another way, too', async () => {
  await accepted(forge(CLAIMS), { method: 'GET', url: 'https://API.example:443/./%6frders?page=2#top' })
  const encoded = 'https://api.example/a%2fb%c3%a9'
  await accepted(forge({ ...CLAIMS, htu: 'https://api.example/a%2Fb%C3%A9' }), { method: 'GET', url: encoded })
  await refused(forge({ ...CLAIMS, htu: 'https://api.example/a/b%C3%A9' }), 'CS_CLAIM_VALUE', {
    method: 'GET',
    url: encoded,
  })
})

test('a proof is as old as maxAge at most, and clocks may differ (RFC 9449 §11.1)', async () => {
  await refused(forge({ ...CLAIMS, iat: NOW - 91 }), 'CS_TOO_OLD')
  await refused(forge({ ...CLAIMS, iat: NOW + 31 }), 'CS_NOT_YET_VALID')
  await refused(forge({ ...CLAIMS, exp: NOW - 30 }), 'CS_EXPIRED')
  await refused(forge({ ...CLAIMS, nbf: NOW + 31 }), 'CS_NOT_YET_VALID')
  await accepted(forge({ ...CLAIMS, iat: NOW - 90 }))
  await accepted(forge({ ...CLAIMS, iat: NOW + 30 }))
  const strict = dpopProof.createVerifier({ replay: newStore(), maxAge: 5, clockTolerance: 0, now })
  await fails(() => strict.verify(forge({ ...CLAIMS, iat: NOW - 6 }), REQUEST), 'CS_TOO_OLD')
  await strict.verify(forge({ ...CLAIMS, iat: NOW - 5 }), REQUEST)
})

// What goes along (RFC 9449 §4.3, items 10 and 12).

const own = async (): Promise<string> => thumbprint(KEY)

test('ath is the hash of the access token that goes along (RFC 9449 §4.3)', async () => {
  const demands = { ...REQUEST, accessToken: 'secret-token', thumbprint: await own() }
  await refused(await signer.sign(REQUEST), 'CS_CLAIM_MISSING', demands)
  await refused(await signer.sign({ ...REQUEST, accessToken: 'secret-other' }), 'CS_CLAIM_VALUE', demands)
  for (const ath of ['', 'secret-token', `${await sha256('secret-token')}=`])
    assert.doesNotMatch(await refused(forge({ ...CLAIMS, ath }), 'CS_CLAIM_VALUE', demands), /secret/)
  await accepted(await signer.sign({ ...REQUEST, accessToken: 'secret-token' }), demands)
  // Without an access token ath says nothing that could be wrong.
  await accepted(await signer.sign({ ...REQUEST, accessToken: 'secret-token' }))
})

async function sha256(text: string): Promise<string> {
  return b64(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))))
}

test('the key is the one that the access token is bound to, and it is bound to one (RFC 9449 §4.3, §7.1)', async () => {
  const proof = await signer.sign({ ...REQUEST, accessToken: 'a' })
  const unbound = await fails(() => newVerifier().verify(proof, { ...REQUEST, accessToken: 'a' }), 'CS_CLAIM_MISSING')
  assert.equal(unbound.issues[0]?.path, 'cnf.jkt')
  for (const thumbprint of ['x', await sha256('x'), `${await own()}x`, (await own()).toLowerCase()]) {
    await refused(proof, 'CS_CLAIM_VALUE', { ...REQUEST, accessToken: 'a', thumbprint })
    // Without an access token: a refresh token may be bound as well.
    await refused(await signer.sign(REQUEST), 'CS_CLAIM_VALUE', { ...REQUEST, thumbprint })
  }
  const result = await newVerifier().verify(proof, { ...REQUEST, accessToken: 'a', thumbprint: await own() })
  assert.equal(result.thumbprint, await own())
  assert.equal(result.key.kind, 'public')
})

test('a stranger’s proof for a stolen token is refused', async () => {
  const stranger = dpopProof.createSigner({ key: importKey(jwkFor('ES256', 1)), now })
  const proof = await stranger.sign({ ...REQUEST, accessToken: 'stolen' })
  await refused(proof, 'CS_CLAIM_VALUE', { ...REQUEST, accessToken: 'stolen', thumbprint: await own() })
})

test('nonce is the one that the server asked for (RFC 9449 §8, §9)', async () => {
  const demands = { ...REQUEST, nonce: 'eyJ7S' }
  await refused(await signer.sign(REQUEST), 'CS_CLAIM_MISSING', demands)
  for (const nonce of ['eyJ7', 'eyJ7s', 'eyJ7S '])
    await refused(await signer.sign({ ...REQUEST, nonce }), 'CS_CLAIM_VALUE', demands)
  await accepted(await signer.sign({ ...REQUEST, nonce: 'eyJ7S' }), demands)
  await accepted(await signer.sign({ ...REQUEST, nonce: 'of an earlier request' }))
})

test('all that is wrong is told at once, and with no value of the request', async () => {
  const proof = await signer.sign({
    method: 'PUT',
    url: 'https://secret.example/secret',
    accessToken: 's',
    nonce: 'secret',
  })
  const demands = { ...REQUEST, accessToken: 't', nonce: 'hidden', thumbprint: 'hidden' }
  const error = await fails(() => newVerifier().verify(proof, demands), 'CS_CLAIM_VALUE')
  assert.deepEqual(
    error.issues.map(({ path }) => path),
    ['htm', 'htu', 'ath', 'nonce', 'cnf.jkt'],
  )
  assert.doesNotMatch(JSON.stringify(error) + error.stack, /secret|hidden|api\.example/)
})

// Attack 34: a proof is used once.

test('attack 34: of 50 requests with one proof at once exactly one is let in', async () => {
  const marks = new Set<string>()
  const replay = {
    async add(key: string) {
      await undefined
      return !marks.has(key) && marks.add(key).size > 0
    },
  }
  const verifier = dpopProof.createVerifier({ replay, now })
  const proof = await signer.sign(REQUEST)
  const results = await Promise.all(Array.from({ length: 50 }, () => verifier.safeVerify(proof, REQUEST)))
  assert.equal(results.filter(({ ok }) => ok).length, 1)
  for (const result of results) assert.ok(result.ok || result.error.code === 'CS_REPLAY')
})

test('attack 34: a jti is used once per key, whatever else the proofs say', async () => {
  const verifier = newVerifier()
  await verifier.verify(forge(CLAIMS), REQUEST)
  await fails(() => verifier.verify(forge(CLAIMS), REQUEST), 'CS_REPLAY')
  await fails(() => verifier.verify(forge({ ...CLAIMS, iat: NOW + 1 }), REQUEST), 'CS_REPLAY')
  await fails(() => verifier.verify(forge(CLAIMS, { ...HEADER, kid: 'other' }), REQUEST), 'CS_REPLAY')
  await verifier.verify(forge({ ...CLAIMS, jti: 'two' }), REQUEST)
  const other = jwkFor('ES256', 1)
  const header = { ...HEADER, jwk: publicMembers(other) }
  const key = { key: nodePair(other).privateKey, dsaEncoding: 'ieee-p1363' } as never
  await verifier.verify(signed(header, CLAIMS, 'sha256', key), REQUEST)
})

test('attack 34: a proof that is refused is not used up', async () => {
  const replay = newStore()
  const verifier = dpopProof.createVerifier({ replay, now })
  const proof = forge(CLAIMS)
  await fails(() => verifier.verify(proof, { ...REQUEST, method: 'POST' }), 'CS_CLAIM_VALUE')
  await fails(() => verifier.verify(`${proof.slice(0, -4)}AAAA`, REQUEST), 'CS_SIGNATURE')
  assert.equal(replay.size, 0)
  await verifier.verify(proof, REQUEST)
})

test('attack 34: a proof is remembered for as long as it would be taken, to the last moment', async () => {
  const clock = { time: NOW }
  const replay = expiringStore({ now: () => clock.time })
  const verifier = dpopProof.createVerifier({ replay, now: () => clock.time })
  const proof = forge({ ...CLAIMS, iat: NOW + 30 })
  await verifier.verify(proof, REQUEST)
  for (const time of [NOW, NOW + 60, NOW + 119, NOW + 120]) {
    clock.time = time
    await fails(() => verifier.verify(proof, REQUEST), 'CS_REPLAY')
  }
  clock.time = NOW + 121
  await fails(() => verifier.verify(proof, REQUEST), 'CS_TOO_OLD')
})

for (const [why, add] of [
  ['throws', () => assert.fail('the store is down')],
  ['rejects', () => Promise.reject(new Error('the store is down'))],
  ['says nothing', () => undefined],
  ['says "OK"', () => 'OK'],
  ['says 1', () => 1],
  ['says null', async () => null],
] as const) {
  test(`attack 34: a store that ${why} lets nobody in (unavailable)`, async () => {
    const verifier = dpopProof.createVerifier({ replay: { add: add as never }, now })
    const error = await fails(async () => verifier.verify(await signer.sign(REQUEST), REQUEST), 'CS_UNAVAILABLE')
    assert.equal(error.unavailable, true)
  })
}

// Options.

test('a signer takes one private key, and says what else it gets', async () => {
  const { createSigner: create } = dpopProof
  assert.throws(() => create({ key: secretKey(STRONG, 'HS256') }), { code: 'CS_KEY_TYPE' })
  assert.throws(() => create({ key: importKey(publicMembers(JWK)) }), { code: 'CS_KEY_TYPE' })
  const ring = await createKeyRing({ alg: 'ES256', store: memoryStore() })
  for (const options of [
    {},
    { key: JWK },
    { key: ring },
    { key: KEY, jti: false },
    { key: KEY, now: 7 },
    { key: KEY, alg: 'x' },
  ])
    assert.throws(() => create(options as never), TypeError)
})

test('a verifier names what it needs, and no HMAC', () => {
  const { createVerifier: create } = dpopProof
  const replay = newStore()
  for (const options of [
    {},
    { replay: {} },
    { replay: true },
    { replay, keys: KEY },
    { replay, algorithms: [] },
    { replay, algorithms: ['HS256'] },
    { replay, algorithms: ['ES256', 'HS256'] },
    { replay, algorithms: ['none'] },
    { replay, maxAge: -1 },
    { replay, clockTolerance: Number.NaN },
    { replay, now: NOW },
  ])
    assert.throws(() => create(options as never), TypeError, JSON.stringify(options))
})

test('algorithms narrows what is taken', async () => {
  const verifier = dpopProof.createVerifier({ replay: newStore(), algorithms: ['Ed25519'], now })
  await fails(async () => verifier.verify(await signer.sign(REQUEST), REQUEST), 'CS_ALG')
})

test('a request that is none is the programmer’s fault', async () => {
  for (const request of [
    undefined,
    {},
    { method: 'GET' },
    { url: REQUEST.url },
    { ...REQUEST, url: '/orders' },
    { ...REQUEST, url: 'urn:orders' },
    { ...REQUEST, url: new URL(REQUEST.url) },
    { ...REQUEST, method: '' },
    { ...REQUEST, accessToken: '' },
    { ...REQUEST, nonce: 7 },
    { ...REQUEST, htm: 'GET' },
  ]) {
    await assert.rejects(newVerifier().verify(forge(CLAIMS), request as never), TypeError, JSON.stringify(request))
    await assert.rejects(async () => signer.sign(request as never), TypeError, JSON.stringify(request))
  }
  await assert.rejects(signer.sign({ ...REQUEST, thumbprint: 'x' } as never), TypeError)
})

// Accepted.

for (const alg of ASYMMETRIC) {
  test(`${alg}: what is signed is taken, and shows the public key alone (RFC 9449 §4.2)`, async () => {
    const key = importKey({ ...jwkFor(alg), alg, kid: 'name', use: 'sig' })
    const proof = await dpopProof.createSigner({ key, now }).sign({ ...REQUEST, accessToken: 'a', nonce: 'n' })
    const demands = { ...REQUEST, accessToken: 'a', nonce: 'n', thumbprint: await thumbprint(key) }
    const { claims, header } = await newVerifier().verify(proof, demands)
    const { jti, ...rest } = claims
    assert.match(jti, /^[0-9a-f-]{36}$/)
    assert.deepEqual(rest, { iat: NOW, htm: 'GET', htu: REQUEST.url, ath: await sha256('a'), nonce: 'n' })
    const jwk = publicMembers(jwkFor(alg))
    assert.deepEqual(header, { alg, typ: 'dpop+jwt', jwk: alg.startsWith('ML') ? { ...jwk, alg } : jwk })
  })
}

test('a key that stays where it is signs, too (remoteKey)', async () => {
  const { subtle } = crypto
  const pair = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
  const key = remoteKey({
    jwk: (await subtle.exportKey('jwk', pair.publicKey)) as Jwk,
    sign: async (octets) =>
      new Uint8Array(
        await subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, octets as Uint8Array<ArrayBuffer>),
      ),
  })
  const proof = await dpopProof.createSigner({ key, alg: 'ES256', now }).sign(REQUEST)
  const { thumbprint: print } = await newVerifier().verify(proof, REQUEST)
  assert.equal(print, await thumbprint(await publicKey(key)))
})

test('what is signed leaves query and fragment out, and spells the URL in one way', async () => {
  const proof = await signer.sign({ method: 'GET', url: 'https://API.example:443/a/../orders?q=1#f' })
  const { claims } = await newVerifier().verify(proof, REQUEST)
  assert.equal(claims.htu, REQUEST.url)
})

test('safeVerify gives what verify gives, and the refusal as a value', async () => {
  const verifier = newVerifier()
  const proof = await signer.sign(REQUEST)
  const good = await verifier.safeVerify(proof, REQUEST)
  assert.ok(good.ok && good.claims.htm === 'GET')
  const bad = await verifier.safeVerify(proof, REQUEST)
  assert.ok(!bad.ok && bad.error.code === 'CS_REPLAY')
})

for (const { section, proof, method, url, iat, accessToken } of examples.proofs) {
  test(`${section}: the proof of the standard`, async () => {
    const clock = (): number => iat
    const verifier = dpopProof.createVerifier({ replay: expiringStore({ now: clock }), now: clock })
    const { thumbprint: bound } = examples
    const token = accessToken === undefined ? {} : { accessToken }
    await fails(
      () => verifier.verify(proof, { method, url: `${url}/x`, ...token, thumbprint: bound }),
      'CS_CLAIM_VALUE',
    )
    if (accessToken !== undefined)
      await fails(() => verifier.verify(proof, { method, url, accessToken: 'x', thumbprint: bound }), 'CS_CLAIM_VALUE')
    const result = await verifier.verify(proof, { method, url, ...token, thumbprint: bound })
    assert.equal(result.thumbprint, bound)
  })
}
