import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEncrypter, generateKey, importKey, type Key, publicKey, secretKey } from 'countersign'
import { encryptJwe } from 'countersign/jwe'
import { CONTENT, JWKS_SECONDS, KEY_SECONDS, MANAGEMENT, TOKEN_SECONDS, TYP } from '../src/format.ts'
import { newKey } from '../src/pharmacy.ts'
import { open, PHARMACY, post, published, signed, type World } from './support.ts'

const headerOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())

/** The public key of the pharmacy, which everybody can fetch. */
async function publishedKey(world: World): Promise<Key> {
  const [jwk = { kty: '' }] = (await published(world.pharmacy)).keys
  return importKey(jwk)
}

/** Puts something into an envelope that only the pharmacy opens; anybody can. */
async function enveloped(world: World, inner: string, members: object = { cty: 'JWT' }): Promise<string> {
  return encryptJwe(inner, { key: await publishedKey(world), enc: CONTENT, protected: { ...members } })
}

const FORGERIES: readonly {
  readonly why: string
  readonly code: string
  make(world: World): Promise<string>
}[] = [
  {
    why: 'claims that were encrypted alone, with the public key that everybody has',
    code: 'CS_NESTED',
    async make(world) {
      const { clinic, clock } = world
      const encrypter = createEncrypter({
        ...{ key: await publishedKey(world), issuer: clinic.origin, audience: PHARMACY },
        ...{ expiresIn: '10m', typ: TYP, now: () => clock.seconds },
      })
      return encrypter.encrypt({ sub: 'alice', medicine: 'morphine 30 mg' })
    },
  },
  {
    why: 'such claims that say that they are signed',
    code: 'CS_NESTED',
    make: (world) => enveloped(world, JSON.stringify({ iss: world.clinic.origin, medicine: 'morphine 30 mg' })),
  },
  {
    why: 'a signed token whose envelope does not say so',
    code: 'CS_NESTED',
    make: async (world) => enveloped(world, await signed(world), {}),
  },
  { why: 'a token that is signed and not encrypted', code: 'CS_MALFORMED', make: (world) => signed(world) },
  { why: 'no token', code: 'CS_MALFORMED', make: async () => '' },
  {
    why: 'a token that somebody else signed',
    code: 'CS_NO_KEY',
    make: async (world) => enveloped(world, await signed(world, { key: await generateKey('ES256') })),
  },
  {
    why: "a token that somebody else signed in the name of the clinic's key",
    code: 'CS_SIGNATURE',
    async make(world) {
      const { kid = '' } = world.clinicKey
      return enveloped(world, await signed(world, { key: await generateKey('ES256', { kid }) }))
    },
  },
  {
    why: 'a token that was signed for another pharmacy and encrypted to this one',
    code: 'CS_AUD',
    make: async (world) => enveloped(world, await signed(world, { audience: 'night-pharmacy' })),
  },
  {
    why: 'a token of another issuer',
    code: 'CS_ISS',
    make: async (world) => enveloped(world, await signed(world, { issuer: 'https://issuer.example' })),
  },
  {
    why: 'a token that the clinic signed for another purpose',
    code: 'CS_TYP',
    make: async (world) => enveloped(world, await signed(world, { typ: 'at+jwt' })),
  },
  {
    why: 'a token that has expired',
    code: 'CS_EXPIRED',
    async make(world) {
      const { text } = await world.prescribe()
      world.clock.seconds += TOKEN_SECONDS + 30 // as far as clocks may differ
      return text
    },
  },
  {
    why: 'a token that is encrypted to another key',
    code: 'CS_NO_KEY',
    make: async (world) =>
      encryptJwe(await signed(world), { key: await publicKey(await newKey()), protected: { cty: 'JWT' } }),
  },
  {
    why: 'a token that is encrypted to another key under the name of the right one',
    code: 'CS_DECRYPTION',
    async make(world) {
      const { kid } = await publishedKey(world)
      return encryptJwe(await signed(world), { key: await publicKey(await newKey()), protected: { cty: 'JWT', kid } })
    },
  },
  {
    why: 'a token that is encrypted in another way than was agreed',
    code: 'CS_ALG',
    async make(world) {
      const key = secretKey({ text: 'a password' })
      return encryptJwe(await signed(world), { key, alg: 'PBES2-HS256+A128KW', p2c: 1000 })
    },
  },
]

for (const { why, code, make } of FORGERIES) {
  test(`the pharmacy refuses ${why} with ${code}`, async (t) => {
    const world = await open(t)
    const { status, json } = await world.dispense(await make(world))
    assert.deepEqual({ status, code: json['code'] }, { status: 403, code }, String(json['message']))
    assert.deepEqual(Object.keys(json), ['code', 'message', 'hint'])
  })
}

test('a change in any part of a token is refused, and the answers say no more than that', async (t) => {
  const world = await open(t)
  const { text } = await world.prescribe()
  const parts = text.split('.')
  for (const part of [1, 2, 3, 4]) {
    const changed = parts.map((value, index) =>
      index === part ? `${value[0] === 'A' ? 'B' : 'A'}${value.slice(1)}` : value,
    )
    const { json } = await world.dispense(changed.join('.'))
    assert.deepEqual([json['code'], json['message']], ['CS_DECRYPTION', 'the JWE cannot be decrypted'], `part ${part}`)
  }
})

test('keys that cannot be had are no fault of the token: the answer is 503', async (t) => {
  const world = await open(t)
  const token = (await world.prescribe()).text
  await world.clinic.close()
  const refused = await world.dispense(token)
  assert.deepEqual([refused.status, refused.json['code']], [503, 'CS_JWKS_FETCH'])
  assert.equal(refused.headers.get('Retry-After'), '5')

  const other = await open(t)
  await other.pharmacy.close()
  const { status, json } = await other.prescribe()
  assert.deepEqual([status, json['code']], [503, 'CS_JWKS_FETCH'])
})

test('a set with nothing but a key to sign with is none to encrypt to', async (t) => {
  const world = await open(t)
  const [jwk] = (await published(world.clinic)).keys
  world.pharmacy.serve({ 'GET /.well-known/jwks.json': async () => ({ status: 200, body: { keys: [jwk] } }) })
  const { status, json } = await world.prescribe()
  assert.deepEqual([status, json['code']], [503, 'CS_NO_KEY'])
})

test('unknown patients, pharmacies and routes are not found, and a long body is not read to its end', async (t) => {
  const { clinic, pharmacy, prescribe, dispense } = await open(t)
  const answers = [
    await prescribe('mallory'),
    await post(`${clinic.origin}/prescriptions?patient=alice&pharmacy=__proto__`),
    await post(`${clinic.origin}/prescriptions`),
    await post(`${pharmacy.origin}/constructor`),
  ]
  assert.deepEqual(
    answers.map(({ status }) => status),
    [404, 404, 404, 404],
  )
  assert.equal((await dispense('a'.repeat(70_000))).status, 413)
})

test('a prescription is dispensed, and who carries it reads nothing but how it is encrypted', async (t) => {
  const world = await open(t)
  const { status, headers, text } = await world.prescribe('bob')
  assert.equal(status, 201)
  assert.equal(headers.get('Content-Type'), 'application/jwt')
  assert.equal(headers.get('Cache-Control'), 'no-store')
  const { epk, kid, ...header } = headerOf(text)
  assert.deepEqual(header, { alg: MANAGEMENT, enc: CONTENT, cty: 'JWT', typ: 'JWT' })
  assert.deepEqual(Object.keys(epk as object), ['kty', 'crv', 'x'])
  assert.notEqual((await world.prescribe('bob')).text, text)

  const { status: dispensed, json } = await world.dispense(`${text}\n`)
  assert.equal(dispensed, 200)
  assert.deepEqual(json, { patient: 'bob', dispensed: 'sertraline 50 mg', openedWith: kid })
})

test('each publishes its public key alone, with what it is for', async (t) => {
  const world = await open(t)
  const [clinic, pharmacy] = [await published(world.clinic), await published(world.pharmacy)]
  const members = ({ keys }: typeof clinic): unknown => keys.map(({ kid, x, y, ...jwk }) => jwk)
  assert.deepEqual(members(clinic), [{ kty: 'EC', crv: 'P-256', alg: 'ES256' }])
  assert.deepEqual(members(pharmacy), [{ kty: 'OKP', crv: 'X25519', alg: MANAGEMENT, use: 'enc' }])
  for (const { headers } of [clinic, pharmacy]) {
    assert.equal(headers.get('Content-Type'), 'application/jwk-set+json')
    assert.equal(headers.get('Cache-Control'), 'public, max-age=300')
  }
})

test('a change of the key breaks no token under way, and new ones are encrypted to the new key', async (t) => {
  const world = await open(t)
  const { clock, prescribe, dispense, pharmacy } = world
  const kidOf = async (): Promise<unknown> => (await published(pharmacy)).keys.map(({ kid }) => kid).join()
  const first = await kidOf()
  clock.seconds += KEY_SECONDS - 1
  const underWay = (await prescribe()).text
  clock.seconds += 1

  // The first to ask at the same time all meet the same new key.
  const [second, ...others] = await Promise.all([kidOf(), kidOf(), kidOf()])
  assert.notEqual(second, first)
  assert.deepEqual(others, [second, second])
  assert.equal((await dispense(underWay)).json['openedWith'], first)

  const cached = (await prescribe()).text // the clinic does not know of it yet
  assert.equal(headerOf(cached)['kid'], first)
  assert.equal((await dispense(cached)).json['openedWith'], first)

  clock.seconds += JWKS_SECONDS
  const next = (await prescribe()).text
  assert.equal(headerOf(next)['kid'], second)
  assert.equal((await dispense(next)).json['openedWith'], second)
})

test('a key is gone after the one that follows it', async (t) => {
  const world = await open(t)
  const token = await enveloped(world, await signed(world, { expiresIn: '7d' }))
  for (const status of [200, 200, 403]) {
    const { json, ...answer } = await world.dispense(token)
    assert.equal(answer.status, status)
    if (status === 403) assert.equal(json['code'], 'CS_NO_KEY')
    world.clock.seconds += KEY_SECONDS
  }
})
