import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVerifier, discover, remoteKeySet, type Verifier } from 'countersign'
import { createTestIssuer, type TestIssuer, testClock } from 'countersign/testing'
import { DOORS } from '../support/doors.ts'
import { NOW, refuses } from '../support/forge.ts'
import { isHere, PRIVATE_MEMBERS } from '../support/keys.ts'

const MISUSED: readonly (readonly [why: string, options: unknown])[] = [
  ['a misspelt option', { audiance: 'api' }],
  ['no object', null],
  ['an empty issuer', { issuer: '' }],
  ['several audiences', { audience: ['a', 'b'] }],
  ['an unknown alg', { alg: 'ES257' }],
  ['an alg that encrypts', { alg: 'ECDH-ES' }],
  ['alg none', { alg: 'none' }],
  ['an empty typ', { typ: '' }],
  ['claims that are none', { claims: 'sub' }],
  ['a function for a clock', { clock: () => NOW }],
  ['half a clock', { clock: { now: () => NOW } }],
  ['a life that is none', { tokenLifetime: 'long' }],
  ['http that is no boolean', { http: 'yes' }],
]

for (const [why, options] of MISUSED) {
  test(`createTestIssuer refuses ${why}`, async () => {
    await assert.rejects(createTestIssuer(options as never), TypeError)
  })
}

test('rotate and outage refuse what they do not know', async () => {
  const issuer = await createTestIssuer()
  await assert.rejects(issuer.rotate({ drop: true } as never), TypeError)
  await assert.rejects(issuer.rotate({ keep: 'no' } as never), TypeError)
  for (const what of [undefined, 'down', 200, 404.5, 600]) assert.throws(() => issuer.outage(what as never), TypeError)
})

/** A verifier that knows an issuer by its documents alone, with the set that it asks. */
async function byDocuments({ issuer, audience, fetch, clock }: TestIssuer): Promise<Verifier> {
  const { keys } = await discover(issuer, { fetch, now: clock.now })
  return createVerifier({ keys, issuer, audience, now: clock.now })
}

test('two issuers refuse the tokens of one another, whatever name they have', async () => {
  const [one, other] = [await createTestIssuer(), await createTestIssuer()]
  for (const [own, strange] of [
    [one, other],
    [other, one],
  ] as const) {
    for (const verifier of [createVerifier(own.verifierOptions), await byDocuments(own)]) {
      await refuses(verifier, await strange.mint.valid(), 'CS_NO_KEY')
      await verifier.verify(await own.mint.valid())
    }
  }
})

for (const [why, what] of [
  ['nobody answers', true],
  ['every answer is 503', 503],
  ['every answer is 404', 404],
] as const) {
  test(`where ${why}, tokens are refused as unavailable, and accepted again afterwards`, async () => {
    const issuer = await createTestIssuer()
    const { mint, fetch, clock, jwksUri } = issuer
    const verifier = createVerifier({
      ...issuer.verifierOptions,
      keys: remoteKeySet(jwksUri, { fetch, now: clock.now }),
    })
    issuer.outage(what)
    const error = await refuses(verifier, await mint.valid(), 'CS_JWKS_FETCH')
    assert.equal(error.unavailable, true)
    assert.deepEqual(issuer.requests, [jwksUri])
    issuer.outage(false)
    clock.advance('1m')
    await verifier.verify(await mint.valid())
    assert.equal(issuer.requests.length, 2)
  })
}

test('discovery during an outage is unavailable', async () => {
  const issuer = await createTestIssuer()
  issuer.outage(true)
  await assert.rejects(byDocuments(issuer), { name: 'JoseError', code: 'CS_DISCOVERY', unavailable: true })
})

test('keys that are known outlive an outage', async () => {
  const issuer = await createTestIssuer()
  const verifier = await byDocuments(issuer)
  await verifier.verify(await issuer.mint.valid())
  issuer.outage(true)
  issuer.clock.advance('11m')
  await verifier.verify(await issuer.mint.valid())
})

test('a new key signs at once, and the old one is published beside it', async () => {
  const issuer = await createTestIssuer()
  const { mint, verifierOptions, clock } = issuer
  const verifiers = [createVerifier(verifierOptions), await byDocuments(issuer)]
  const before = await mint.valid()
  for (const verifier of verifiers) await verifier.verify(before)

  const kid = await issuer.rotate()
  clock.advance('6s') // a remote set asks no more often than every 5 s
  const after = await mint.valid()
  assert.deepEqual(
    (await issuer.jwks()).keys.map((jwk) => jwk.kid === kid),
    [true, false],
  )
  for (const verifier of verifiers) {
    assert.equal((await verifier.verify(after)).header.kid, kid)
    await verifier.verify(before)
    for (const { name, token, code } of await mint.hostile()) {
      assert.equal((await refuses(verifier, token)).code, code, name)
    }
  }
})

test('a key that is not kept is published no more, and its tokens are refused', async () => {
  const issuer = await createTestIssuer()
  const verifier = createVerifier({ ...issuer.verifierOptions, cache: true })
  const before = await issuer.mint.valid()
  await verifier.verify(before)
  await issuer.rotate({ keep: false })
  assert.equal((await issuer.jwks()).keys.length, 1)
  await refuses(verifier, before, 'CS_NO_KEY')
  await verifier.verify(await issuer.mint.valid())
})

test('attack 55 and 56: nothing private is published, and no secret', async () => {
  for (const alg of ['ES256', 'RS256', 'Ed25519', 'HS256'].filter(isHere)) {
    const { jwks, fetch, jwksUri } = await createTestIssuer({ alg })
    const published = await jwks()
    assert.equal(published.keys.length, alg === 'HS256' ? 0 : 1)
    for (const jwk of published.keys) for (const name of PRIVATE_MEMBERS) assert.ok(!(name in jwk), `${alg} ${name}`)
    assert.deepEqual(await (await fetch(jwksUri)).json(), JSON.parse(JSON.stringify(published)))
  }
})

const PLACES = [
  {
    issuer: 'https://issuer.test',
    found: ['/.well-known/jwks.json', '/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'],
  },
  {
    issuer: 'https://issuer.example/tenant/',
    found: [
      '/tenant/.well-known/jwks.json',
      '/tenant/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server/tenant',
    ],
  },
]

for (const { issuer: name, found } of PLACES) {
  test(`${name} is found by OpenID Connect Discovery §4 and by RFC 8414 §3.1`, async () => {
    const issuer = await createTestIssuer({ issuer: name })
    const { origin } = new URL(name)
    assert.equal((await issuer.fetch(new URL('/elsewhere', origin))).status, 404)
    assert.equal((await issuer.fetch(`https://elsewhere.example${found[0]}`)).status, 404)
    for (const path of found) assert.equal((await issuer.fetch({ url: `${origin}${path}?x=1` })).status, 200)
    assert.equal(issuer.jwksUri, `${origin}${found[0]}`)
    assert.equal(issuer.requests.length, 5)
    const { metadata } = await discover(name, { fetch: issuer.fetch })
    assert.deepEqual(metadata['id_token_signing_alg_values_supported'], ['ES256'])
    // A server that has the one kind of metadata alone.
    const oauth = (url: string): ReturnType<typeof issuer.fetch> =>
      url.includes('openid') ? Promise.resolve(new Response(null, { status: 404 })) : issuer.fetch(url)
    assert.equal((await discover(name, { fetch: oauth })).jwksUri, issuer.jwksUri)
    await (await byDocuments(issuer)).verify(await issuer.mint.valid())
  })
}

test('an issuer whose name is no URL has its JWK Set where the usual one has', async () => {
  const { jwksUri, fetch, mint, verifierOptions } = await createTestIssuer({ issuer: 'my-app' })
  assert.equal(jwksUri, 'https://issuer.test/.well-known/jwks.json')
  const verifier = createVerifier({ ...verifierOptions, keys: remoteKeySet(jwksUri, { fetch }) })
  assert.equal((await verifier.verify(await mint.valid())).claims.iss, 'my-app')
})

for (const { name, door } of DOORS) {
  test(`${name}: keys of a test issuer are the keys of a verifier`, async () => {
    const { verifierOptions, mint, rotate } = await createTestIssuer()
    const verifier = door.createVerifier(verifierOptions)
    await refuses(verifier, await mint.wrongKey(), 'CS_SIGNATURE')
    await verifier.verify(await mint.valid())
    await rotate()
    await verifier.verify(await mint.valid())
  })
}

test('an issuer with a clock of its own goes by it', async () => {
  const clock = testClock(NOW)
  const { mint, verifierOptions } = await createTestIssuer({ clock })
  const verifier = createVerifier(verifierOptions)
  const token = await mint.valid()
  assert.equal((await verifier.verify(token)).claims.iat, NOW)
  clock.advance('16m')
  await refuses(verifier, token, 'CS_EXPIRED')
})

test('left alone, the clock is so near the time of the machine that a program with its own takes the tokens', async () => {
  const { mint, keys, issuer, audience } = await createTestIssuer()
  const verifier = createVerifier({ keys, issuer, audience })
  await verifier.verify(await mint.valid())
  await refuses(verifier, await mint.expired(), 'CS_EXPIRED')
  await refuses(verifier, await mint.notYetValid(), 'CS_NOT_YET_VALID')
})

test('without http there is nothing to close', async () => {
  const issuer = await createTestIssuer()
  await issuer.close()
  await createVerifier(issuer.verifierOptions).verify(await issuer.mint.valid())
})
