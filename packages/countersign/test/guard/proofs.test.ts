import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as door from 'countersign'
import { createGuard, type GuardOptions } from 'countersign/guard'
import { createGuard as createNodeGuard } from 'countersign/guard/node'
import { accessToken, dpopProof } from 'countersign/profile'
import { expiringStore, oneTime } from 'countersign/revocation'
import { DOORS } from '../support/doors.ts'
import { mac, NOW, now, POLICY, signed } from '../support/forge.ts'
import { jwkFor, nodePair, publicMembers } from '../support/keys.ts'
import {
  admittedBy,
  bearer,
  challengesOf,
  type Fields,
  KEY,
  newClient,
  nodeRequestOf,
  ORIGIN,
  proofs,
  refusedBy,
  requestOf,
  type Sent,
  tokenOf,
  URL_HERE,
  verifier,
} from './rig.ts'

const [client, stranger] = [await newClient(), await newClient()]

/** A guard with a store of its own, so that no test meets another's proofs. */
function guarded(options: object = {}) {
  const guard = createGuard({ verifier, dpop: { ...proofs(), ...options } })
  return (fields: Fields, sent?: Sent) => guard.check(requestOf(fields, sent))
}
const under = (token: string, proof: string | readonly string[]): Fields => ({
  authorization: `DPoP ${token}`,
  dpop: proof,
})

test('a token comes in with the proof of its key (RFC 9449 §7.1)', async () => {
  const check = guarded()
  const jwt = admittedBy(await check(under(client.token, await client.prove())))
  assert.equal(jwt.claims.sub, '1234567890')
  for (const scheme of ['dpop', 'DPOP', 'dPoP'])
    admittedBy(await check({ authorization: `${scheme} ${client.token}`, dpop: await client.prove() }))
})
test('what dpopProof of countersign/profile makes comes in', async () => {
  const key = await door.generateKey('Ed25519')
  const token = tokenOf({ cnf: { jkt: await door.thumbprint(key) } })
  const signer = dpopProof.createSigner({ key, now: () => NOW })
  const proof = await signer.sign({ method: 'POST', url: `${URL_HERE}?page=2#top`, accessToken: token })
  admittedBy(await guarded()(under(token, proof), { method: 'POST', url: `${URL_HERE}?page=2` }))
})

// A token that is bound to a key is no bearer token (RFC 9449 §7.2).

const SHAPES = [
  { jkt: client.thumbprint },
  { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' },
  { jwk: { kty: 'EC' } },
  { kid: 'x' },
  {},
  null,
  '',
  'jkt',
  0,
  false,
  true,
  [],
  [{ jkt: client.thumbprint }],
]
for (const cnf of SHAPES) {
  test(`a token with cnf ${JSON.stringify(cnf)} is refused under Bearer, by every guard (RFC 9449 §7.2)`, async () => {
    const token = tokenOf({ cnf })
    const dpop = proofs()
    for (const options of [
      {},
      { dpop },
      { optional: true },
      { dpop, optional: true },
      { dpop: { ...dpop, required: true } },
    ] as const) {
      const guard = createGuard({ verifier, ...options })
      for (const fields of [bearer(token), { ...bearer(token), dpop: await client.prove() }]) {
        const refusal = refusedBy(await guard.check(requestOf(fields)))
        assert.equal(refusal.reason, 'invalid_token')
        assert.equal(refusal.status, 401)
      }
      assert.equal(refusedBy(await guard.token(token)).reason, 'invalid_token')
    }
  })
}
for (const cnf of [
  undefined,
  ...SHAPES.slice(1),
  { jkt: '' },
  { jkt: 7 },
  { jkt: [client.thumbprint] },
  { jkt: client.thumbprint, 'x5t#S256': 'x' },
  { jkt: `${client.thumbprint}=` },
  { jkt: client.thumbprint.toLowerCase() },
  { jkt: stranger.thumbprint },
  { JKT: client.thumbprint },
  { constructor: client.thumbprint },
]) {
  test(`a token with cnf ${JSON.stringify(cnf)?.replaceAll(/[\w-]{43}/g, '…') ?? 'left out'} is refused with a proof of another key, or with none to compare (RFC 9449 §6.1)`, async () => {
    const bound = await newClient({ cnf })
    const refusal = refusedBy(await guarded()(under(bound.token, await bound.prove())))
    assert.equal(refusal.status, 401)
    assert.ok(['invalid_token', 'invalid_dpop_proof'].includes(refusal.reason))
  })
}

test('every kind of verifier lets the guard look for cnf: with a cache, of a profile, of the other door', async () => {
  const common = { keys: KEY, ...POLICY }
  const kinds: readonly (readonly [verifier: GuardOptions<unknown, false, object>['verifier'], typ: string])[] = [
    [door.createVerifier({ ...common, cache: true }), 'JWT'],
    [door.createVerifier({ ...common, revoked: () => false }), 'JWT'],
    [accessToken.createVerifier(common), 'at+jwt'],
    ...DOORS.map((each) => [each.door.createVerifier(common), 'JWT'] as const),
  ]
  for (const [each, typ] of kinds) {
    const guard = createGuard({ verifier: each })
    const claims = { client_id: 'c', jti: 'j' }
    for (let turn = 0; turn < 2; turn += 1) {
      admittedBy(await guard.check(requestOf(bearer(tokenOf(claims, { typ })))))
      const bound = tokenOf({ ...claims, cnf: { jkt: client.thumbprint } }, { typ })
      assert.equal(refusedBy(await guard.check(requestOf(bearer(bound)))).reason, 'invalid_token')
      assert.equal(refusedBy(await guard.token(bound)).reason, 'invalid_token')
    }
  }
})
test('a token that may be used once is not used up by whoever cannot prove to have its key', async () => {
  const once = oneTime({ store: expiringStore({ now }), now })
  const guard = createGuard({ verifier: door.createVerifier({ keys: KEY, ...POLICY, revoked: once }), dpop: proofs() })
  const owner = await newClient({ jti: 'used-once' })
  refusedBy(await guard.check(requestOf(bearer(owner.token))))
  refusedBy(await guard.token(owner.token))
  refusedBy(await guard.check(requestOf({ authorization: `DPoP ${owner.token}` })))
  refusedBy(await guard.check(requestOf(under(owner.token, await stranger.prove()))))
  refusedBy(await guard.check(requestOf(under(owner.token, await owner.prove({ htm: 'POST' })))))
  admittedBy(await guard.check(requestOf(under(owner.token, await owner.prove()))))
  assert.equal(
    refusedBy(await guard.check(requestOf(under(owner.token, await owner.prove())))).error?.code,
    'CS_REPLAY',
  )
})

// What a proof has to be (RFC 9449 §4.3).

const REFUSED: readonly (readonly [why: string, claims: object, header?: object])[] = [
  ['for another method', { htm: 'POST' }],
  ['for the method in small letters', { htm: 'get' }],
  ['for no method', { htm: undefined }],
  ['for a method that is no text', { htm: ['GET'] }],
  ['for another path', { htu: `${ORIGIN}/orders/1` }],
  ['for the path in capitals', { htu: `${ORIGIN}/Orders` }],
  ['for the path and a slash', { htu: `${URL_HERE}/` }],
  ['for another host', { htu: 'https://evil.example/orders' }],
  ['for another port', { htu: 'https://api.example:8443/orders' }],
  ['for http', { htu: 'http://api.example/orders' }],
  ['for a host that begins the same', { htu: 'https://api.example.evil.example/orders' }],
  ['for a user of the host', { htu: 'https://api.example@evil.example/orders' }],
  ['for a path without a host', { htu: '/orders' }],
  ['for no URL', { htu: undefined }],
  ['for a URL that is no text', { htu: { url: URL_HERE } }],
  ['that has expired', { iat: NOW - 91 }],
  ['from the future', { iat: NOW + 31 }],
  ['without iat', { iat: undefined }],
  ['with iat as text', { iat: String(NOW) }],
  ['without jti', { jti: undefined }],
  ['with jti as a number', { jti: 7 }],
  ['for another token', { ath: 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo' }],
  ['for no token', { ath: undefined }],
  ['for a token, padded', { ath: `${'A'.repeat(43)}=` }],
  ['with ath that is no text', { ath: 7 }],
  ['of another typ', {}, { typ: 'JWT' }],
  ['without typ', {}, { typ: undefined }],
  ['without a key', {}, { jwk: undefined }],
  ['with a key that is text', {}, { jwk: 'key' }],
  ['with a key that is null', {}, { jwk: null }],
  ['with a kid for a key', {}, { jwk: undefined, kid: 'a' }],
]
for (const [why, claims, header] of REFUSED) {
  test(`a proof ${why} is refused (RFC 9449 §4.3)`, async () => {
    const refusal = refusedBy(await guarded()(under(client.token, await client.prove(claims, header))))
    assert.equal(refusal.reason, 'invalid_dpop_proof')
    assert.equal(refusal.status, 401)
    const [, challenge] = challengesOf(refusal)
    assert.equal(challenge?.['scheme'], 'DPoP')
    assert.equal(challenge?.['error'], 'invalid_dpop_proof')
    assert.equal(challengesOf(refusal)[0]?.['error'], undefined)
  })
}

test('a proof by another key is refused, also where that key has signed it truly (RFC 9449 §4.3)', async () => {
  const { ath } = (await door.decodeUnverified(await client.prove()).claims) as { ath: string }
  const check = guarded()
  assert.equal(refusedBy(await check(under(client.token, await stranger.prove({ ath })))).reason, 'invalid_dpop_proof')
  const { header } = door.decodeUnverified(await client.prove())
  const lying = await stranger.prove({ ath }, { jwk: header['jwk'] })
  assert.equal(refusedBy(await check(under(client.token, lying))).error?.code, 'CS_SIGNATURE')
})
test('a proof with a MAC, or with a private key in it, is refused (RFC 9449 §4.3)', async () => {
  const secret = new Uint8Array(32).fill(9)
  const oct = { kty: 'oct', k: Buffer.from(secret).toString('base64url') }
  const { claims } = door.decodeUnverified(await client.prove())
  const symmetric = mac({ alg: 'HS256', typ: 'dpop+jwt', jwk: oct }, claims, secret)
  const jwk = jwkFor('ES256')
  const key = door.importKey(jwk)
  const token = tokenOf({ cnf: { jkt: await door.thumbprint(key) } })
  const octets = await globalThis.crypto.subtle.digest('SHA-256', new TextEncoder().encode(token))
  const payload = { ...claims, ath: Buffer.from(octets).toString('base64url') }
  const by = { key: nodePair(jwk).privateKey, dsaEncoding: 'ieee-p1363' } as const
  const proofWith = (shown: door.Jwk): string =>
    signed({ alg: 'ES256', typ: 'dpop+jwt', jwk: shown }, payload, 'sha256', by)
  const check = guarded()
  assert.equal(refusedBy(await check(under(client.token, symmetric))).reason, 'invalid_dpop_proof')
  const refusal = refusedBy(await check(under(token, proofWith(jwk))))
  assert.equal(refusal.error?.code, 'CS_KEY_TYPE')
  assert.equal(JSON.stringify(refusal).includes(jwk.d ?? ''), false)
  admittedBy(await check(under(token, proofWith(publicMembers(jwk)))))
})
test('a proof comes once, also of many at once (RFC 9449 §11.1, attack 34)', async () => {
  const check = guarded()
  const proof = await client.prove()
  const results = await Promise.all(Array.from({ length: 20 }, () => check(under(client.token, proof))))
  assert.equal(results.filter(({ ok }) => ok).length, 1)
  assert.equal(refusedBy(await check(under(client.token, proof))).error?.code, 'CS_REPLAY')
  admittedBy(await check(under(client.token, await client.prove())))
})
test('a proof that is refused is not used up', async () => {
  const check = guarded()
  const proof = await client.prove()
  refusedBy(await check(under(client.token, proof), { method: 'POST' }))
  refusedBy(await check(under(stranger.token, proof)))
  admittedBy(await check(under(client.token, proof)))
})
test('without a proof, and with two, a request is refused (RFC 9449 §4.3)', async () => {
  const [one, two] = [await client.prove(), await client.prove()]
  const check = guarded()
  const node = createNodeGuard({ verifier, dpop: proofs() })
  for (const proof of [[], [one, two], [one, one], `${one},${two}`, `${one}, ${two}`, '', ' ', 'x', '...', [one, '']]) {
    const refusal = refusedBy(await check(under(client.token, proof)))
    assert.equal(refusal.reason, 'invalid_dpop_proof')
    assert.equal(refusedBy(await node.check(nodeRequestOf(under(client.token, proof)))).reason, 'invalid_dpop_proof')
  }
  admittedBy(await check(under(client.token, one)))
  admittedBy(await node.check(nodeRequestOf(under(client.token, two))))
})
test('a token that is refused is refused whatever its proof is', async () => {
  const late = await newClient({ exp: 1 })
  const refusal = refusedBy(await guarded()(under(late.token, await late.prove())))
  assert.equal(refusal.reason, 'invalid_token')
  assert.equal(challengesOf(refusal)[1]?.['error'], 'invalid_token')
})
test('a token that may not do that is told so under its own scheme', async () => {
  const guard = createGuard({ verifier, dpop: { ...proofs(), algorithms: ['ES256'] }, scope: 'a' })
  const refusal = refusedBy(await guard.check(requestOf(under(client.token, await client.prove()))))
  assert.equal(refusal.status, 403)
  const [first, second] = challengesOf(refusal)
  assert.deepEqual(first, { scheme: 'Bearer' })
  assert.equal(second?.['error'], 'insufficient_scope')
  assert.equal(second?.['scope'], 'a')
  assert.equal(second?.['algs'], 'ES256')
})
test('algorithms narrows those of proofs', async () => {
  const refusal = refusedBy(await guarded({ algorithms: ['Ed25519'] })(under(client.token, await client.prove())))
  assert.equal(refusal.error?.code, 'CS_ALG')
})
test('required refuses tokens that are bound to nothing, and nothing else', async () => {
  const check = guarded({ required: true })
  assert.equal(refusedBy(await check(bearer(tokenOf()))).reason, 'invalid_token')
  admittedBy(await check(under(client.token, await client.prove())))
  admittedBy(await guarded()(bearer(tokenOf())))
})
test('a store that fails, or does not say, is 503, and lets nobody in (attack 34)', async () => {
  for (const add of [
    () => {
      throw new Error('down')
    },
    () => Promise.reject(new Error('down')),
    () => undefined as never,
    () => 'OK' as never,
    () => 1 as never,
  ]) {
    const replay = { add, raise() {}, get: () => undefined }
    const refusal = refusedBy(await guarded({ replay })(under(client.token, await client.prove())))
    assert.equal(refusal.status, 503)
    assert.equal(refusal.headers['retry-after'], '5')
  }
})

// The URL that a proof is for.

const PATHS: readonly (readonly [sent: string, htu: string])[] = [
  ['/orders', '/orders'],
  ['/orders?a=b', '/orders'],
  ['/orders?a=b', '/orders?c=d#e'],
  ['/', ''],
  ['/', '/'],
  ['//evil.example/x', '//evil.example/x'],
  ['//', '//'],
  ['///x', '///x'],
  ['/http://evil.example/x', '/http://evil.example/x'],
  ['/a//b', '/a//b'],
  ['/%7Euser', '/~user'],
  ['/caf%c3%a9', '/caf%C3%A9'],
  ['/a%2Fb', '/a%2fb'],
  ['/@x', '/@x'],
  ['/a:b', '/a:b'],
]
for (const [sent, htu] of PATHS) {
  test(`a request for ${sent} is proven for ${ORIGIN}${htu} (RFC 9449 §4.3)`, async () => {
    const proof = () => client.prove({ htu: `${ORIGIN}${htu}` })
    admittedBy(await guarded()(under(client.token, await proof()), { url: `${ORIGIN}${sent}` }))
    const node = createNodeGuard({ verifier, dpop: proofs() })
    admittedBy(await node.check({ ...nodeRequestOf(under(client.token, await proof())), url: sent }))
    const other = { ...nodeRequestOf(under(client.token, await proof())), url: '/elsewhere' }
    assert.equal(refusedBy(await node.check(other)).reason, 'invalid_dpop_proof')
  })
}
test('a path that looks like another host is a path: no proof for that host counts', async () => {
  const node = createNodeGuard({ verifier, dpop: proofs() })
  for (const [url, htu] of [
    ['//evil.example/x', 'https://evil.example/x'],
    ['//evil.example', 'https://evil.example/'],
    ['https://evil.example/x', 'https://evil.example/x'],
    ['@evil.example/x', 'https://evil.example/x'],
    [':pw@evil.example/x', 'https://evil.example/x'],
    ['.evil.example/x', 'https://api.example.evil.example/x'],
    [':8443/x', 'https://api.example:8443/x'],
    ['\\\\evil.example/x', 'https://evil.example/x'],
  ] as const) {
    const request = { ...nodeRequestOf(under(client.token, await client.prove({ htu }))), url }
    assert.equal(refusedBy(await node.check(request)).reason, 'invalid_dpop_proof', url)
  }
})
test('a path with dot segments is proven by nothing: a router takes it elsewhere than a URL parser does', async () => {
  const node = createNodeGuard({ verifier, dpop: proofs() })
  for (const url of [
    '/admin/../orders',
    '/admin/%2e%2e/orders',
    '/admin/.%2E/orders?a=b',
    '/./orders',
    '/orders/x/..',
    '/admin\\..\\orders',
  ]) {
    for (const htu of [`${ORIGIN}/orders`, ORIGIN + url]) {
      const request = { ...nodeRequestOf(under(client.token, await client.prove({ htu }))), url }
      assert.equal(refusedBy(await node.check(request)).reason, 'invalid_dpop_proof', url)
    }
  }
  for (const url of ['/a..b', '/...', '/.well-known/x']) {
    const proof = await client.prove({ htu: ORIGIN + url })
    admittedBy(await node.check({ ...nodeRequestOf(under(client.token, proof)), url }))
  }
})
test('behind a proxy, the origin of the option counts and no Host does', async () => {
  const inside = 'http://10.0.0.7:3000/orders'
  const check = guarded()
  const host = { host: '10.0.0.7:3000', 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' }
  admittedBy(await check({ ...under(client.token, await client.prove()), ...host }, { url: inside }))
  for (const htu of [inside, 'https://evil.example/orders'])
    assert.equal(
      refusedBy(await check({ ...under(client.token, await client.prove({ htu })), ...host }, { url: inside })).reason,
      'invalid_dpop_proof',
    )
})
test('where a framework has cut the path for a router, the whole path counts (originalUrl)', async () => {
  const node = createNodeGuard({ verifier, dpop: proofs() })
  const htu = `${ORIGIN}/api/v1/orders`
  const mounted = async () => ({ ...nodeRequestOf(under(client.token, await client.prove({ htu }))), url: '/orders' })
  assert.equal(refusedBy(await node.check(await mounted())).reason, 'invalid_dpop_proof')
  admittedBy(await node.check({ ...(await mounted()), originalUrl: '/api/v1/orders?x=y' }))
})
test('a request whose URL cannot be read needs no URL where no proof is checked', async () => {
  const guard = createGuard({ verifier })
  admittedBy(await guard.check(requestOf(bearer(tokenOf()), { url: '/orders' })))
})
