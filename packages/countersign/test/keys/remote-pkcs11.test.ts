import assert from 'node:assert/strict'
import * as crypto from 'node:crypto'
import test from 'node:test'
import { inspect } from 'node:util'
import {
  createSigner,
  createVerifier,
  importKey,
  type Key,
  keySet,
  publicJwks,
  publicKey,
  type RemoteKeyOptions,
  remoteKey,
} from 'countersign'
import { signJws, verifyJws } from 'countersign/jws'
import { CLAIMS, fails, now, POLICY } from '../support/forge.ts'
import { type KeyType, MISSING, PIN, Token } from '../support/pkcs11.ts'

/** How a token is asked for an algorithm of JOSE: what the tool is told, and what it is given. */
interface Way {
  readonly what: string
  readonly type: KeyType
  readonly alg: string
  readonly mechanism: readonly string[]
  /** The hash that is made outside; left out where the token hashes, or none is made. */
  readonly digest?: string
  readonly encoding?: RemoteKeyOptions['encoding']
  /** What node:crypto has to be told of the algorithm. */
  readonly node: readonly [hash: string | null, how?: Omit<crypto.VerifyKeyObjectInput, 'key'>]
}

const RAW = { dsaEncoding: 'ieee-p1363' } as const
const PSS = { padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } as const
const MASK = ['--mgf', 'MGF1-SHA256', '--salt-len', '32'] as const

const WAYS: readonly Way[] = [
  {
    what: 'ECDSA over a digest, r || s back',
    type: 'EC:prime256v1',
    alg: 'ES256',
    mechanism: ['ECDSA', '--signature-format', 'rs'],
    digest: 'sha256',
    node: ['sha256', RAW],
  },
  {
    what: 'ECDSA over a digest, DER back',
    type: 'EC:prime256v1',
    alg: 'ES256',
    mechanism: ['ECDSA', '--signature-format', 'sequence'],
    digest: 'sha256',
    encoding: 'der',
    node: ['sha256', RAW],
  },
  {
    what: 'ECDSA over a digest, r || s back',
    type: 'EC:secp384r1',
    alg: 'ES384',
    mechanism: ['ECDSA', '--signature-format', 'rs'],
    digest: 'sha384',
    node: ['sha384', RAW],
  },
  {
    what: 'ECDSA over a digest, DER back',
    type: 'EC:secp521r1',
    alg: 'ES512',
    mechanism: ['ECDSA', '--signature-format', 'sequence'],
    digest: 'sha512',
    encoding: 'der',
    node: ['sha512', RAW],
  },
  {
    what: 'SHA256-RSA-PKCS',
    type: 'rsa:2048',
    alg: 'RS256',
    mechanism: ['SHA256-RSA-PKCS'],
    node: ['sha256'],
  },
  {
    what: 'RSA-PKCS-PSS over a digest',
    type: 'rsa:2048',
    alg: 'PS256',
    mechanism: ['RSA-PKCS-PSS', '--hash-algorithm', 'SHA256', ...MASK],
    digest: 'sha256',
    node: ['sha256', PSS],
  },
  {
    what: 'SHA256-RSA-PKCS-PSS',
    type: 'rsa:2048',
    alg: 'PS256',
    mechanism: ['SHA256-RSA-PKCS-PSS', ...MASK],
    node: ['sha256', PSS],
  },
  { what: 'EDDSA', type: 'EC:edwards25519', alg: 'Ed25519', mechanism: ['EDDSA'], node: [null] },
]

const wayOf = (name: string): Way => WAYS.find(({ alg }) => alg === name) ?? assert.fail(`no way to ${name}`)

/** The key 01 of a token for a way; other parts of it may be told otherwise. */
async function tokenKey(token: Token, way: Omit<Way, 'node' | 'what'>, { id = '01', pin = PIN } = {}): Promise<Key> {
  const { alg, mechanism, digest, encoding = 'raw' } = way
  return remoteKey({
    jwk: importKey(await token.publicKey('01')),
    alg,
    encoding,
    sign: (input) => token.sign(id, mechanism, digest ? crypto.createHash(digest).update(input).digest() : input, pin),
  })
}

const jwt = (key: Key, claims: object = {}): Promise<string> =>
  createSigner({ key, expiresIn: '10m', now }).sign({ ...CLAIMS, ...claims })

/** Holds that a JWT verifies with the published key and, by node:crypto, with what the token gave out. */
async function assertVerifies(token: string, key: Key, [hash, how]: Way['node']): Promise<void> {
  const { keys } = await publicJwks([key])
  assert.equal((await createVerifier({ keys: keySet({ keys }), ...POLICY }).verify(token)).claims.sub, CLAIMS.sub)
  const open = crypto.createPublicKey({ key: keys[0] as crypto.JsonWebKey, format: 'jwk' })
  const dot = token.lastIndexOf('.')
  const signature = Buffer.from(token.slice(dot + 1), 'base64url')
  assert.ok(crypto.verify(hash, Buffer.from(token.slice(0, dot)), { key: open, ...how }, signature))
}

const skip = MISSING

test('a wrong PIN makes signatures unavailable, and no error shows a PIN', { skip }, async (t) => {
  const token = Token.make(t)
  const way = wayOf('ES256')
  await token.generate(way.type, '01', 'issuer')
  const pin = '314159-let-me-in'
  const wrong = await tokenKey(token, way, { pin })
  for (const act of [() => jwt(wrong), () => signJws('payload', { key: wrong, detached: true })]) {
    const error = await fails(act, 'CS_UNAVAILABLE')
    assert.equal(error.unavailable, true)
    assert.match((error.cause as Error).message, /CKR_PIN_INCORRECT/)
    for (const secret of [pin, PIN]) assert.ok(!inspect(error, { depth: 9, showHidden: true }).includes(secret))
  }
  const right = await tokenKey(token, way)
  await assertVerifies(await jwt(right), right, way.node)
})

test('a key that is not in the token makes signatures unavailable', { skip }, async (t) => {
  const token = Token.make(t)
  const way = wayOf('ES256')
  await token.generate(way.type, '01', 'issuer')
  const key = await tokenKey(token, way, { id: '7f' })
  assert.match(((await fails(() => jwt(key), 'CS_UNAVAILABLE')).cause as Error).message, /not found/)
})

for (const alg of ['ES256', 'RS256', 'PS256']) {
  test(`${alg}: another key of the token is refused at the first signature`, { skip }, async (t) => {
    const token = Token.make(t)
    const way = wayOf(alg)
    await token.generate(way.type, '01', 'issuer')
    await token.generate(way.type, '02', 'somebody else')
    const key = await tokenKey(token, way, { id: '02' })
    for (let times = 0; times < 2; times++)
      assert.match((await fails(() => jwt(key), 'CS_SIGNATURE')).hint, /jwk of remoteKey/)
    const right = await tokenKey(token, way)
    await assertVerifies(await jwt(right), right, way.node)
  })
}

const MISTAKES: readonly (readonly [what: string, way: Omit<Way, 'node' | 'what'>, told: RegExp])[] = [
  [
    'another digest',
    { type: 'EC:prime256v1', alg: 'ES256', mechanism: ['ECDSA', '--signature-format', 'rs'], digest: 'sha512' },
    /hash twice/,
  ],
  [
    'no digest',
    { type: 'EC:prime256v1', alg: 'ES256', mechanism: ['ECDSA', '--signature-format', 'rs'] },
    /hash twice/,
  ],
  [
    'DER as r || s',
    { type: 'EC:prime256v1', alg: 'ES256', mechanism: ['ECDSA', '--signature-format', 'sequence'], digest: 'sha256' },
    /encoding: 'der'/,
  ],
  [
    'r || s as DER',
    {
      type: 'EC:prime256v1',
      alg: 'ES256',
      mechanism: ['ECDSA', '--signature-format', 'rs'],
      digest: 'sha256',
      encoding: 'der',
    },
    /./,
  ],
  ['another hash', { type: 'rsa:2048', alg: 'RS256', mechanism: ['SHA512-RSA-PKCS'] }, /jwk of remoteKey/],
  [
    'a digest of a digest',
    { type: 'rsa:2048', alg: 'RS256', mechanism: ['SHA256-RSA-PKCS'], digest: 'sha256' },
    /hash twice/,
  ],
  ['the padding of RS256', { type: 'rsa:2048', alg: 'PS256', mechanism: ['SHA256-RSA-PKCS'] }, /jwk of remoteKey/],
  [
    'a salt that is too short',
    {
      type: 'rsa:2048',
      alg: 'PS256',
      mechanism: ['SHA256-RSA-PKCS-PSS', '--mgf', 'MGF1-SHA256', '--salt-len', '20'],
    },
    /jwk of remoteKey/,
  ],
]
for (const [what, way, told] of MISTAKES) {
  test(`${way.alg} from a token with ${what} is refused at the first signature`, { skip }, async (t) => {
    const token = Token.make(t)
    await token.generate(way.type, '01', 'issuer')
    const key = await tokenKey(token, way)
    for (let times = 0; times < 2; times++) assert.match((await fails(() => jwt(key), 'CS_SIGNATURE')).hint, told)
  })
}

for (const way of WAYS) {
  test(`${way.alg} from a token, ${way.what}: JWTs and detached JWS verify`, { skip }, async (t) => {
    const token = Token.make(t)
    let told: string
    try {
      told = await token.generate(way.type, '01', 'issuer')
    } catch (error) {
      if (way.type !== 'EC:edwards25519') throw error
      return t.skip(`this pkcs11-tool or this module makes no key on Ed25519: ${(error as Error).message}`)
    }
    assert.match(told, /never extractable/)
    const shown = await token.tool(['--read-object', '--type', 'privkey', '--id', '01']).catch(() => '')
    assert.equal(shown.length, 0, 'the tool reads out a private key')

    const key = await tokenKey(token, way)
    for (let times = 0; times < 3; times++) await assertVerifies(await jwt(key, { times }), key, way.node)
    // The tool hands on 1024 octets at a time, and Ed25519 takes its message whole.
    const payload = crypto.randomBytes(500)
    for (const b64 of [true, false]) {
      const jws = await signJws(payload, { key, serialization: 'flattened', detached: true, b64 })
      const keys = await publicKey(key)
      await verifyJws(jws, { keys, detachedPayload: payload })
      await fails(() => verifyJws(jws, { keys, detachedPayload: payload.subarray(1) }), 'CS_SIGNATURE')
    }
    const tokens = await Promise.all(Array.from({ length: 8 }, (_, index) => jwt(key, { index })))
    for (const made of tokens) await assertVerifies(made, key, way.node)
  })
}

test('a public key is the same read out as a whole and put together from its point', { skip }, async (t) => {
  const token = Token.make(t)
  for (const [index, type] of (['EC:prime256v1', 'EC:secp384r1', 'EC:secp521r1'] as const).entries()) {
    const id = `0${index + 1}`
    await token.generate(type, id, type)
    const [read, built] = [await token.publicKey(id), await token.publicPoint(id)].map((input) => importKey(input))
    assert.deepEqual(await publicJwks([read as Key]), await publicJwks([built as Key]))
  }
})

test('keys of two tokens sign one JWS', { skip }, async (t) => {
  const keys: Key[] = []
  for (const way of [wayOf('ES256'), wayOf('PS256')]) {
    const token = Token.make(t)
    await token.generate(way.type, '01', 'issuer')
    keys.push(await tokenKey(token, way))
  }
  const jws = await signJws('a contract', { signers: keys.map((key) => ({ key })) })
  for (const key of keys) {
    const { payload } = await verifyJws(jws, { keys: await publicKey(key) })
    assert.equal(new TextDecoder().decode(payload), 'a contract')
  }
})
