import assert from 'node:assert/strict'
import * as crypto from 'node:crypto'
import test from 'node:test'
import {
  capabilities,
  createSigner,
  createVerifier,
  exportJwk,
  exportPem,
  generateKey,
  importKey,
  JoseError,
  type Jwk,
  type Key,
  keySet,
  publicJwks,
  publicKey,
  type RemoteKeyOptions,
  type RemoteRequest,
  type RemoteSign,
  remoteKey,
  thumbprint,
} from 'countersign'
import { signJws, verifyJws } from 'countersign/jws'
import * as sync from 'countersign/sync'
import { DOORS, HAS_SYNC } from '../support/doors.ts'
import { CLAIMS, fails, now, POLICY } from '../support/forge.ts'
import { der, resultOf, TAG } from '../support/keys.ts'

interface Pair {
  readonly publicKey: crypto.KeyObject
  readonly privateKey: crypto.KeyObject
}

/** What an algorithm is in the words of node:crypto, written down here and not taken from the library. */
interface Row {
  readonly pair: () => Pair
  readonly hash: string | null
  readonly how?: Omit<crypto.SignKeyObjectInput, 'key'> | undefined
}

const ec = (namedCurve: string) => (): Pair => crypto.generateKeyPairSync('ec', { namedCurve })
const rsa = (): Pair => crypto.generateKeyPairSync('rsa', { modulusLength: 2048 })
const ed25519 = (): Pair => crypto.generateKeyPairSync('ed25519')
const ed448 = (): Pair => crypto.generateKeyPairSync('ed448')
const mldsa = (type: 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87') => (): Pair => crypto.generateKeyPairSync(type)
const pss = (saltLength: number): Row['how'] => ({ padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength })
const raw = { dsaEncoding: 'ieee-p1363' } as const

const ROWS: Readonly<Record<string, Row>> = {
  RS256: { pair: rsa, hash: 'sha256' },
  RS384: { pair: rsa, hash: 'sha384' },
  RS512: { pair: rsa, hash: 'sha512' },
  PS256: { pair: rsa, hash: 'sha256', how: pss(32) },
  PS384: { pair: rsa, hash: 'sha384', how: pss(48) },
  PS512: { pair: rsa, hash: 'sha512', how: pss(64) },
  ES256: { pair: ec('P-256'), hash: 'sha256', how: raw },
  ES384: { pair: ec('P-384'), hash: 'sha384', how: raw },
  ES512: { pair: ec('P-521'), hash: 'sha512', how: raw },
  ES256K: { pair: ec('secp256k1'), hash: 'sha256', how: raw },
  EdDSA: { pair: ed25519, hash: null },
  Ed25519: { pair: ed25519, hash: null },
  Ed448: { pair: ed448, hash: null },
  'ML-DSA-44': { pair: mldsa('ml-dsa-44'), hash: null },
  'ML-DSA-65': { pair: mldsa('ml-dsa-65'), hash: null },
  'ML-DSA-87': { pair: mldsa('ml-dsa-87'), hash: null },
}
// Some runtimes have ML-DSA, and a node:crypto that has not and so signs nothing here.
const signsHere = (alg: string): boolean =>
  !alg.startsWith('ML-DSA') || !(resultOf(() => ROWS[alg]?.pair()) instanceof Error)
const ALGS = capabilities().signature.filter((alg) => !alg.startsWith('HS') && signsHere(alg))
const ECDSA = ALGS.filter((alg) => /^ES/.test(alg))

const rowOf = (alg: string): Row => ROWS[alg] ?? assert.fail(`no ${alg} here`)
const made = new Map<unknown, Pair>()

/** The keys of the place that signs, one pair for each kind and a stranger, made when they are first asked for. */
function pairOf(alg: string, which: 'its own' | 'a stranger' = 'its own'): Pair {
  const { pair } = rowOf(alg)
  if (which === 'a stranger') return pair()
  const known = made.get(pair) ?? pair()
  made.set(pair, known)
  return known
}

const openJwk = (alg: string): Jwk => pairOf(alg).publicKey.export({ format: 'jwk' }) as unknown as Jwk
const openKey = (alg: string): Key => importKey(openJwk(alg))

/** Signs as a service does that has the key and speaks of signatures as JOSE does. */
function signWith(alg: string, input: Uint8Array, { privateKey: key }: Pair = pairOf(alg)): Uint8Array {
  const { hash, how } = rowOf(alg)
  return crypto.sign(hash, input, { key, ...how })
}

/** The same, with ECDSA signatures in DER. */
const signDer = (alg: string, input: Uint8Array): Uint8Array =>
  crypto.sign(rowOf(alg).hash, input, pairOf(alg).privateKey)

function verifies(alg: string, input: Uint8Array | string, signature: Uint8Array | string): boolean {
  const { hash, how } = rowOf(alg)
  const octets = typeof signature === 'string' ? Buffer.from(signature, 'base64url') : signature
  return crypto.verify(hash, Buffer.from(input), { key: pairOf(alg).publicKey, ...how }, octets)
}

/** Holds by node:crypto that a compact JWS is signed with the key of its algorithm. */
function assertSigned(alg: string, token: string): void {
  const [header, payload, signature = ''] = token.split('.')
  assert.ok(verifies(alg, `${header}.${payload}`, signature), `${alg}: node:crypto refuses the signature`)
}

type Options = Partial<Omit<RemoteKeyOptions, 'alg'>>

/** A remote key for one algorithm, which signs by node:crypto unless it is told otherwise. */
const remoteFor = (alg: string, options: Options = {}): Key =>
  remoteKey({ jwk: openKey(alg), sign: (input) => signWith(alg, input), ...options, alg })

/** Answers for one signer after the other: what is said of the first signature need not hold of the second. */
function inTurn(...turns: readonly RemoteSign[]): RemoteSign {
  let count = 0
  return (input, request) => (turns[count++] ?? turns.at(-1) ?? assert.fail('no turn'))(input, request)
}

const compact = (key: Key): Promise<string> => signJws('payload', { key })
/** A signature with the key of the algorithm, for signers in turn. */
const well =
  (alg: string): RemoteSign =>
  (input) =>
    signWith(alg, input)
/** Answers with whatever a program without types may hand over. */
const answer =
  (value: unknown): RemoteSign =>
  () =>
    value as Uint8Array

test('every asymmetric algorithm of this runtime is tried here', () => {
  assert.deepEqual(
    ALGS.filter((alg) => ROWS[alg] === undefined),
    [],
  )
  assert.ok(ALGS.length >= 10)
})

test('remoteKey refuses options that are not what they should be', async () => {
  const jwk = openJwk('ES256')
  const sign = well('ES256')
  for (const options of [
    undefined,
    null,
    'jwk',
    { jwk },
    { jwk, sign: undefined },
    { jwk, sign: 'https://kms.example/sign' },
    { jwk, sign: Promise.resolve(sign) },
    { jwk, sign, encoding: 'DER' },
    { jwk, sign, encoding: 'p1363' },
    { jwk, sign, encoding: null },
    { jwk, sign, kid: '' },
    { jwk, sign, kid: 1 },
    { jwk, sign, kid: null },
    { jwk, sign, alg: 'ES999' },
    { jwk, sign, alg: 256 },
    { jwk, sign, algorithm: 'ES256' },
    { jwk, sign, verify: sign },
  ]) {
    assert.throws(() => remoteKey(options as never), TypeError, JSON.stringify(options))
  }
  await fails(() => remoteKey({ sign } as never), 'CS_KEY_INVALID')
  await fails(() => remoteKey({ jwk: {} as Jwk, sign }), 'CS_KEY_INVALID')
})

test('remoteKey refuses a private key, a secret and a remote key as its public key', async () => {
  const sign = well('ES256')
  const { privateKey } = pairOf('ES256')
  const secret = crypto.randomBytes(32).toString('base64url')
  const refused: readonly (Jwk | Key)[] = [
    privateKey.export({ format: 'jwk' }) as Jwk,
    importKey(privateKey.export({ format: 'jwk' }) as Jwk),
    await generateKey('RS256'),
    { kty: 'oct', k: secret },
    await generateKey('HS256'),
    remoteFor('ES256'),
  ]
  for (const jwk of refused) {
    const error = await fails(() => remoteKey({ jwk, sign }), 'CS_KEY_TYPE')
    assert.match(error.hint, /public/)
    assert.ok(!JSON.stringify(error).includes(secret))
  }
})

test('remoteKey refuses an alg that contradicts its public key', async () => {
  const sign = well('RS256')
  const jwk = openJwk('RS256')
  await fails(() => remoteKey({ jwk: { ...jwk, alg: 'PS256' }, sign, alg: 'RS256' }), 'CS_KEY_TYPE')
  assert.throws(() => remoteKey({ jwk: importKey(jwk, { alg: 'PS256' }), sign, alg: 'RS256' }), TypeError)
  for (const alg of ['ES256', 'HS256', 'Ed25519'])
    await fails(() => remoteKey({ jwk: openJwk('RS256'), sign, alg }), 'CS_KEY_TYPE')
})

test('remoteKey checks alg beside a Key as it does beside a JWK', {}, async () => {
  const jwk = openKey('ES256')
  const sign = well('ES256')
  for (const alg of ['ES999', '', 256, null]) {
    assert.throws(() => remoteKey({ jwk, sign, alg: alg as string }), TypeError, `alg ${alg}`)
  }
  for (const alg of ['ES384', 'RS256', 'HS256']) await fails(() => remoteKey({ jwk, sign, alg }), 'CS_KEY_TYPE')
})

test('a key for several algorithms has to be told which one signs', async () => {
  for (const [id, served] of [
    ['RS256', /RS256, .*PS512/],
    ['Ed25519', /EdDSA, Ed25519/],
  ] as const) {
    const key = remoteKey({ jwk: openKey(id), sign: well(id) })
    assert.throws(() => createSigner({ key, expiresIn: '5m' }), served)
    await assert.rejects(() => compact(key), TypeError)
    assertSigned(id, await createSigner({ key, alg: id, expiresIn: '5m' }).sign({}))
    assertSigned(id, await signJws('payload', { key, alg: id }))
  }
})

test('a key for encryption does not sign, whoever holds its private half (RFC 7517 §4.2)', async () => {
  const key = remoteKey({ jwk: { ...openJwk('ES256'), use: 'enc' }, sign: well('ES256') })
  assert.deepEqual(key.algorithms, [])
  await fails(() => createSigner({ key, expiresIn: '5m' }), 'CS_KEY_TYPE')
})

test('key_ops of the public key go on counting (RFC 7517 §4.3)', {}, async () => {
  const remote = (key_ops: string[]): Key => remoteKey({ jwk: { ...openJwk('ES256'), key_ops }, sign: well('ES256') })
  for (const key_ops of [[], ['encrypt'], ['deriveBits', 'deriveKey']]) {
    await fails(() => createSigner({ key: remote(key_ops), expiresIn: '5m' }), 'CS_KEY_TYPE')
  }
  // A service says of the pair what it may do, and not of its public half.
  for (const key_ops of [['verify'], ['sign'], ['sign', 'verify']]) {
    const key = remote(key_ops)
    assert.deepEqual(key.key_ops, ['sign'])
    assert.deepEqual((await publicKey(key)).key_ops, ['verify'])
    assertSigned('ES256', await compact(key))
  }
})

test('countersign/sync refuses to make a signer of a remote key', () => {
  for (const alg of ALGS) {
    const key = remoteFor(alg)
    assert.throws(() => sync.createSigner({ key, expiresIn: '5m' }), { name: 'TypeError', message: /remoteKey/ })
  }
})

test('a remote key does not verify, and its public key does', async () => {
  const key = remoteFor('ES256')
  const token = await createSigner({ key, expiresIn: '10m', now }).sign({ ...CLAIMS })
  await fails(() => createVerifier({ keys: key, ...POLICY }), 'CS_KEY_TYPE')
  await fails(() => createVerifier({ keys: () => key, ...POLICY }).verify(token), 'CS_KEY_TYPE')
  await fails(() => createVerifier({ keys: [key], ...POLICY }).verify(token), 'CS_KEY_TYPE', 'CS_NO_KEY')
  await fails(() => verifyJws(token, { keys: key }), 'CS_KEY_TYPE')
  for (const { door } of DOORS) {
    const verifier = door.createVerifier({ keys: await door.publicKey(key), ...POLICY })
    assert.equal((await verifier.verify(token)).claims.sub, CLAIMS.sub)
  }
})

test('a remote key is not exported, for its private half is not here', async () => {
  for (const alg of ALGS) {
    const key = remoteFor(alg)
    assert.deepEqual([key.kind, key.extractable], ['private', false])
    for (const { door } of DOORS) {
      await fails(() => door.exportJwk(key), 'CS_KEY_TYPE')
      await fails(() => door.exportPem(key), 'CS_KEY_TYPE')
    }
  }
})

test('the refusal to export a remote key says that its private half is elsewhere', {}, async () => {
  const key = remoteFor('ES256')
  for (const act of [() => exportJwk(key), () => exportPem(key)]) {
    const { message, hint } = await fails(act, 'CS_KEY_TYPE')
    assert.doesNotMatch(message, /imported/)
    assert.match(hint, /publicKey/)
  }
})

test('a payload in pieces is refused, for the signer takes it whole', async () => {
  const payload = (async function* () {
    yield new Uint8Array(1)
  })()
  await fails(() => signJws(payload, { key: remoteFor('ES256'), detached: true }), 'CS_UNSUPPORTED')
})

for (const alg of ALGS) {
  test(`${alg}: a signature of another length is refused, the first and every later one`, async () => {
    const changes: readonly (readonly [what: string, change: (good: Uint8Array) => Uint8Array])[] = [
      ['empty', () => new Uint8Array()],
      ['without its last octet', (good) => good.subarray(0, -1)],
      ['without its first octet', (good) => good.subarray(1)],
      ['with an octet behind it', (good) => Buffer.concat([good, Buffer.of(0)])],
      ['with an octet before it', (good) => Buffer.concat([Buffer.of(0), good])],
      ['twice', (good) => Buffer.concat([good, good])],
    ]
    for (const [what, change] of changes) {
      const wrong: RemoteSign = (input) => change(signWith(alg, input))
      const key = remoteFor(alg, { sign: inTurn(wrong, well(alg), wrong, well(alg)) })
      const first = await fails(() => compact(key), 'CS_SIGNATURE')
      assert.match(first.message, new RegExp(`octets, ${alg} takes`), what)
      assertSigned(alg, await compact(key))
      await fails(() => compact(key), 'CS_SIGNATURE')
      assertSigned(alg, await compact(key))
    }
  })

  test(`${alg}: a signer with another private key is refused until a signature verifies`, async () => {
    const stranger = pairOf(alg, 'a stranger')
    const wrong: RemoteSign = (input) => signWith(alg, input, stranger)
    const key = remoteFor(alg, { sign: inTurn(wrong, wrong, wrong, well(alg)) })
    for (let times = 0; times < 3; times++) {
      const error = await fails(() => compact(key), 'CS_SIGNATURE')
      assert.match(error.hint, /jwk of remoteKey/)
      assert.equal(error.unavailable, false)
    }
    assertSigned(alg, await compact(key))
  })

  test(`${alg}: a signer that signs other octets than it was given is refused`, async () => {
    const digest = (input: Uint8Array): Uint8Array =>
      crypto
        .createHash(rowOf(alg).hash ?? 'sha512')
        .update(input)
        .digest()
    for (const other of [digest, (input: Uint8Array) => Buffer.from(Buffer.from(input).toString('base64url'))]) {
      const error = await fails(
        () => compact(remoteFor(alg, { sign: (input) => signWith(alg, other(input)) })),
        'CS_SIGNATURE',
      )
      assert.match(error.hint, /hash twice/)
    }
  })
}

test('the first signature with each algorithm is verified, and no later one', async () => {
  const key = remoteKey({
    jwk: openKey('RS256'),
    sign: inTurn(
      (input) => signWith('RS256', input),
      () => new Uint8Array(256),
      () => new Uint8Array(256),
      (input) => signWith('PS256', input),
      () => new Uint8Array(256),
    ),
  })
  const sign = (alg: string): Promise<string> => signJws('payload', { key, alg })
  assertSigned('RS256', await sign('RS256'))
  const unseen = await sign('RS256')
  await fails(() => sign('PS256'), 'CS_SIGNATURE')
  assertSigned('PS256', await sign('PS256'))
  for (const token of [unseen, await sign('PS256')])
    await fails(() => verifyJws(token, { keys: openKey('RS256') }), 'CS_SIGNATURE')
})

test('each remote key shows for itself that its signer is right', async () => {
  assertSigned('ES256', await compact(remoteFor('ES256')))
  await fails(() => compact(remoteFor('ES256', { sign: () => new Uint8Array(64).fill(1) })), 'CS_SIGNATURE')
})

test('a public key that cannot be shown is refused, for no signature could be verified with it', async () => {
  const spki = pairOf('ES256').publicKey.export({ format: 'der', type: 'spki' })
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const jwk = importKey(await globalThis.crypto.subtle.importKey('spki', spki, algorithm, false, ['verify']))
  await fails(() => remoteKey({ jwk, sign: () => new Uint8Array(64) }), 'CS_KEY_TYPE')
})

test('what is no Uint8Array is no signature', async () => {
  const text = Buffer.from(new Uint8Array(64)).toString('base64')
  for (const encoding of ['raw', 'der'] as const) {
    for (const value of [
      undefined,
      null,
      text,
      64,
      true,
      {},
      { signature: new Uint8Array(64) },
      Array.from({ length: 64 }, () => 1),
      new ArrayBuffer(64),
      new DataView(new ArrayBuffer(64)),
      new Uint16Array(32),
    ]) {
      for (const given of [value, Promise.resolve(value)]) {
        const key = remoteFor('ES256', { encoding, sign: inTurn(answer(given), well('ES256')) })
        await fails(() => compact(key), 'CS_SIGNATURE')
      }
    }
  }
})

test('what a signer did wrong is told with advice about the signer and not about a token', {}, async () => {
  const wrong: readonly (readonly [options: Options, told: RegExp])[] = [
    [{ sign: () => new Uint8Array(63) }, /signer/],
    [{ sign: answer('text') }, /Uint8Array/],
    [{ sign: answer(new ArrayBuffer(64)) }, /Uint8Array/],
    [{ sign: well('ES256'), encoding: 'der' }, /encoding/],
  ]
  for (const [options, told] of wrong) {
    const { hint } = await fails(() => compact(remoteFor('ES256', options)), 'CS_SIGNATURE')
    assert.match(hint, told)
    assert.doesNotMatch(hint, /token was changed/)
  }
})

/** ECDSA signatures in DER (RFC 3279 §2.2.3) that are none, out of r and s without their leading zeros. */
const JUNK: readonly (readonly [what: string, make: (r: Uint8Array, s: Uint8Array, octets: number) => Uint8Array])[] = [
  ['nothing at all', () => new Uint8Array()],
  ['cut short by one octet', (r, s) => sequence(positive(r), positive(s)).subarray(0, -1)],
  ['cut short after its length', (r, s) => sequence(positive(r), positive(s)).subarray(0, 2)],
  ['with an octet behind it', (r, s) => Buffer.concat([sequence(positive(r), positive(s)), Buffer.of(0)])],
  ['with an octet behind s', (r, s) => sequence(positive(r), positive(s), Uint8Array.of(0))],
  ['with a third integer', (r, s) => sequence(positive(r), positive(s), integer(1))],
  ['without s', (r) => sequence(positive(r))],
  ['without r and s', () => sequence()],
  ['with a negative r', (r, s) => sequence(integer(0x80, ...r.subarray(1)), positive(s))],
  ['with a negative s', (r, s) => sequence(positive(r), integer(0x80, ...s.subarray(1)))],
  ['with an r of no octets', (_, s) => sequence(integer(), positive(s))],
  ['with an s of no octets', (r) => sequence(positive(r), integer())],
  ['with an r that begins with a zero too many', (r, s) => sequence(integer(0, 0, ...r), positive(s))],
  ['with an s that begins with a zero too many', (r, s) => sequence(positive(r), integer(0, 0, ...s))],
  ['with an r of an octet too many', (_, s, octets) => sequence(integer(...filled(octets + 1)), positive(s))],
  ['with an r of twice its octets', (_, s, octets) => sequence(integer(...filled(2 * octets)), positive(s))],
  [
    'with an s of more than twice its octets',
    (r, _, octets) => sequence(positive(r), integer(...filled(2 * octets + 1))),
  ],
  ['with r as a string of bits', (r, s) => sequence(der(TAG.bits, r), positive(s))],
  ['in a set', (r, s) => der(0x31, positive(r), positive(s))],
  ['inside another sequence', (r, s) => sequence(sequence(positive(r), positive(s)))],
  ['of indefinite length', (r, s) => Buffer.from([0x30, 0x80, ...positive(r), ...positive(s), 0, 0])],
  ['with a length that is not minimal', (r, s) => longer(sequence(positive(r), positive(s)))],
  ['as r || s', (r, s, octets) => Buffer.concat([r, s, new Uint8Array(octets)]).subarray(0, 2 * octets)],
]

const sequence = (...parts: readonly Uint8Array[]): Uint8Array => der(TAG.sequence, ...parts)
const integer = (...octets: readonly number[]): Uint8Array => der(TAG.integer, octets)
/** An integer with the sign octet that it needs. */
const positive = (value: Uint8Array): Uint8Array => integer(...((value[0] ?? 0) >= 0x80 ? [0] : []), ...value)
const filled = (octets: number): Uint8Array => new Uint8Array(octets).fill(0x11)
const withoutZeros = (value: Uint8Array): Uint8Array => value.subarray(value.findIndex((octet) => octet !== 0))

/** The outer length with one octet more than it needs. */
function longer(signature: Uint8Array): Uint8Array {
  const [tag = 0, first = 0] = signature
  return first < 0x80
    ? Uint8Array.from([tag, 0x81, ...signature.subarray(1)])
    : Uint8Array.from([tag, 0x82, 0, ...signature.subarray(2)])
}

/** r and s of a good signature, without leading zeros, and the octets of each as JOSE writes them. */
function halvesOf(alg: string, input: Uint8Array): [r: Uint8Array, s: Uint8Array, octets: number] {
  const signature = signWith(alg, input)
  const octets = signature.length / 2
  return [withoutZeros(signature.subarray(0, octets)), withoutZeros(signature.subarray(octets)), octets]
}

for (const alg of ECDSA) {
  test(`${alg}: junk in place of DER is refused, the first and every later time (RFC 3279 §2.2.3)`, async () => {
    for (const [what, make] of JUNK) {
      const wrong: RemoteSign = (input) => make(...halvesOf(alg, input))
      const good: RemoteSign = (input) => signDer(alg, input)
      const key = remoteFor(alg, { encoding: 'der', sign: inTurn(wrong, good, wrong, good) })
      for (const turn of ['first', 'later']) {
        const error = await fails(() => compact(key), 'CS_SIGNATURE')
        assert.match(error.message, /DER/, `${what}, the ${turn} time`)
        assertSigned(alg, await compact(key))
      }
    }
  })

  test(`${alg}: DER whose s has octets too many is refused each time`, {}, async () => {
    for (const extra of [1, 2, 8]) {
      const wrong: RemoteSign = (input) => {
        const [r, s, octets] = halvesOf(alg, input)
        return sequence(
          positive(r),
          integer(...new Uint8Array(extra).fill(1), ...new Uint8Array(octets - s.length), ...s),
        )
      }
      const key = remoteFor(alg, { encoding: 'der', sign: inTurn((input) => signDer(alg, input), wrong) })
      assertSigned(alg, await compact(key))
      const error = await fails(() => compact(key), 'CS_SIGNATURE')
      assert.match(error.message, /DER/)
    }
  })

  test(`${alg}: DER under encoding 'raw' is refused with a hint that says so`, async () => {
    for (const options of [{}, { encoding: 'raw' }] as const) {
      const der = (input: Uint8Array): Uint8Array => signDer(alg, input)
      const key = remoteFor(alg, { ...options, sign: inTurn(der, well(alg), der) })
      assert.match((await fails(() => compact(key), 'CS_SIGNATURE')).hint, /encoding: 'der'/)
      assertSigned(alg, await compact(key))
      assert.match((await fails(() => compact(key), 'CS_SIGNATURE')).hint, /encoding: 'der'/)
    }
  })

  test(`${alg}: DER becomes r || s of fixed length, however short r and s are (RFC 7518 §3.4)`, async () => {
    const { length } = signWith(alg, new Uint8Array())
    const octets = length / 2
    const halves = [
      Uint8Array.of(1),
      Uint8Array.of(0x7f),
      Uint8Array.of(0x80),
      Uint8Array.of(1, 0),
      filled(octets - 1),
      filled(octets),
      new Uint8Array(octets - 1).fill(0xff),
      ...(alg === 'ES512' ? [] : [new Uint8Array(octets).fill(0xee)]),
    ]
    for (const [r, s] of halves.flatMap((r) => halves.map((s) => [r, s] as const))) {
      const sign = inTurn(
        (input) => signDer(alg, input),
        () => sequence(positive(r), positive(s)),
      )
      const key = remoteFor(alg, { encoding: 'der', sign })
      await compact(key)
      const expected = Buffer.alloc(length)
      expected.set(r, octets - r.length)
      expected.set(s, length - s.length)
      assert.equal((await compact(key)).split('.')[2], expected.toString('base64url'))
    }
  })

  test(`${alg}: a signer that gives DER makes tokens that verify`, async () => {
    const key = remoteFor(alg, { encoding: 'der', sign: async (input) => signDer(alg, input) })
    const signer = createSigner({ key, expiresIn: '10m', now })
    const verifier = createVerifier({ keys: await publicKey(key), ...POLICY })
    for (let times = 0; times < 50; times++) {
      const token = await signer.sign({ ...CLAIMS, times })
      assertSigned(alg, token)
      assert.equal((await verifier.verify(token)).claims['times'], times)
    }
  })
}

test("encoding 'der' changes nothing for signatures that are not ECDSA", async () => {
  for (const alg of ALGS.filter((id) => !ECDSA.includes(id)))
    assertSigned(alg, await compact(remoteFor(alg, { encoding: 'der' })))
})

const SECRET = 'Bearer 5up3r-53cr3t'
const FAILURES: readonly unknown[] = [
  new Error(`503 for ${SECRET}`),
  new TypeError('fetch failed'),
  new DOMException('timeout', 'TimeoutError'),
  `refused ${SECRET}`,
  { status: 500, authorization: SECRET },
  0,
  null,
  undefined,
]

/** The ways in which a signer may fail, the last two by promises of somebody else's making. */
const WAYS: readonly ((failure: unknown) => RemoteSign)[] = [
  (failure) => () => {
    throw failure
  },
  (failure) => () => Promise.reject(failure),
  (failure) => () => thenable((_, reject) => reject(failure)),
  (failure) => () =>
    thenable(() => {
      throw failure
    }),
]

function thenable(then: (resolve: unknown, reject: (reason: unknown) => void) => void): PromiseLike<Uint8Array> {
  return { then } as PromiseLike<Uint8Array>
}

for (const encoding of ['raw', 'der'] as const) {
  test(`encoding '${encoding}': a signer that fails makes signatures unavailable, with its error as the cause`, async () => {
    const good: RemoteSign = (input) => (encoding === 'der' ? signDer : signWith)('ES256', input)
    for (const failure of FAILURES) {
      for (const way of WAYS) {
        const bad = way(failure)
        const key = remoteFor('ES256', { encoding, sign: inTurn(bad, good, bad, bad, good) })
        const signer = createSigner({ key, expiresIn: '5m' })
        const errors = [await fails(() => compact(key))]
        assertSigned('ES256', await compact(key))
        errors.push(await fails(() => compact(key)), await fails(() => signer.sign({})))
        assertSigned('ES256', await signer.sign({}))
        for (const error of errors) {
          assert.deepEqual([error.code, error.unavailable, error.cause], ['CS_UNAVAILABLE', true, failure])
          assert.ok(!`${error.message} ${error.hint} ${JSON.stringify(error)}`.includes(SECRET))
        }
      }
    }
  })
}

test('a signer that fails with an error of countersign makes signatures unavailable, too', {}, async () => {
  // A program that gets its access to the service by a token may well verify that token first.
  for (const failure of [
    new JoseError('CS_EXPIRED', 'the token has expired'),
    new JoseError('CS_SIGNATURE', 'the signature does not verify'),
    new JoseError('CS_UNAVAILABLE', 'the keys cannot be fetched', { unavailable: true }),
  ]) {
    for (const way of WAYS) {
      const error = await fails(() => compact(remoteFor('ES256', { sign: way(failure) })))
      assert.deepEqual([error.code, error.unavailable, error.cause], ['CS_UNAVAILABLE', true, failure])
    }
  }
})

test('what a signer does to its octets later does not change the token', async () => {
  const held: Uint8Array[] = []
  const sign: RemoteSign = async (input) => {
    const octets = signWith('ES256', input)
    held.push(octets)
    return octets
  }
  const key = remoteFor('ES256', { sign })
  const pending = Array.from({ length: 3 }, () => signJws('payload', { key, serialization: 'flattened' }))
  const tokens = await Promise.all(pending)
  const before = JSON.stringify(tokens)
  for (const octets of held) octets.fill(0)
  assert.equal(JSON.stringify(tokens), before)
  for (const token of tokens) await verifyJws(token, { keys: openKey('ES256') })
})

test('a signer that writes all its signatures to one place makes tokens that verify', {}, async () => {
  for (const encoding of ['raw', 'der'] as const) {
    const place = new Uint8Array(72)
    const sign: RemoteSign = (input) => {
      const signature = (encoding === 'der' ? signDer : signWith)('ES256', input)
      place.set(signature)
      return place.subarray(0, signature.length)
    }
    const key = remoteFor('ES256', { encoding, sign })
    const tokens = await Promise.all(Array.from({ length: 8 }, (_, index) => signJws(`payload ${index}`, { key })))
    for (const token of tokens) assertSigned('ES256', token)
  }
})

test('a signer that changes the octets it was given spoils no token and no check', {}, async () => {
  const wiping = remoteFor('ES256', {
    sign(input) {
      const signature = signWith('ES256', input)
      input.fill(0)
      return signature
    },
  })
  assertSigned('ES256', await compact(wiping))
  const forging = remoteFor('ES256', { sign: (input) => signWith('ES256', input.fill(0)) })
  await fails(() => compact(forging), 'CS_SIGNATURE')
})

/** A remote key that writes down what its signer is given. */
/** What the signer is told to hash with: EdDSA and ML-DSA take the message itself. */
function hashOf(alg: string): RemoteRequest['hash'] {
  const [bits] = /256|384|512/.exec(alg.startsWith('ML-DSA') ? '' : alg) ?? []
  return bits === undefined ? undefined : (`SHA-${bits}` as RemoteRequest['hash'])
}

function recorded(alg: string, options: Options = {}): { key: Key; seen: { input: string; request: RemoteRequest }[] } {
  const seen: { input: string; request: RemoteRequest }[] = []
  const sign: RemoteSign = (input, request) => {
    assert.equal(Object.prototype.toString.call(input), '[object Uint8Array]')
    seen.push({ input: Buffer.from(input).toString('latin1'), request })
    return signWith(alg, input)
  }
  return { key: remoteFor(alg, { ...options, sign }), seen }
}

for (const alg of ALGS) {
  test(`${alg}: the signer is given the signing input, the algorithm and the kid (RFC 7515 §5.1)`, async () => {
    const { key, seen } = recorded(alg, { kid: 'key 1' })
    const request = { alg, hash: hashOf(alg), kid: 'key 1' }
    const token = await createSigner({ key, expiresIn: '5m' }).sign({ sub: 'Jörg 🔑' })
    assert.deepEqual(seen.pop(), { input: token.slice(0, token.lastIndexOf('.')), request })

    const payload = Uint8Array.from({ length: 256 }, (_, index) => index)
    const encoded = Buffer.from(payload).toString('base64url')
    const whole = await signJws(payload, { key, serialization: 'flattened' })
    assert.deepEqual(seen.pop(), { input: `${whole.protected}.${encoded}`, request })
    const detached = await signJws(payload, { key, serialization: 'flattened', detached: true })
    assert.deepEqual(seen.pop(), { input: `${detached.protected}.${encoded}`, request })
    const plain = await signJws(payload, { key, serialization: 'flattened', detached: true, b64: false })
    const octets = Buffer.from(payload).toString('latin1')
    assert.deepEqual(seen.pop(), { input: `${plain.protected}.${octets}`, request }, 'RFC 7797 §3')
    const empty = await signJws('', { key })
    assert.deepEqual(seen.pop(), { input: empty.slice(0, empty.lastIndexOf('.')), request })
    assert.equal(seen.length, 0)
  })

  test(`${alg}: tokens of a remote key verify with its public key, in each door and by node:crypto`, async () => {
    for (const jwk of [openJwk(alg), openKey(alg)]) {
      const key = remoteKey({ jwk, alg, sign: (input) => signWith(alg, input) })
      assert.deepEqual([key.kind, key.algorithms], ['private', [alg]])
      const token = await createSigner({ key, expiresIn: '10m', now }).sign({ ...CLAIMS })
      assertSigned(alg, token)
      for (const keys of [await publicKey(key), keySet(await publicJwks([key])), openKey(alg)]) {
        for (const { door } of DOORS) {
          const { claims } = await door.createVerifier({ keys, ...POLICY }).verify(token)
          assert.deepEqual({ ...claims }, { ...CLAIMS })
        }
      }
    }
  })

  test(`${alg}: a remote key signs in every serialization, alone and beside a key at hand`, async () => {
    const key = remoteFor(alg)
    const keys = await publicKey(key)
    const payload = new TextEncoder().encode('a contract')
    for (const detached of [false, true]) {
      for (const b64 of [true, false]) {
        const way = { detached, b64 }
        const detachedPayload = detached ? { detachedPayload: payload } : {}
        for (const serialization of ['compact', 'flattened', 'general'] as const) {
          // Without base64url a compact JWS has room for a payload of another kind than this (RFC 7797 §5.2).
          const jws = await signJws(serialization === 'compact' ? 'a-contract' : payload, {
            key,
            ...way,
            serialization,
          })
          const told = serialization === 'compact' ? new TextEncoder().encode('a-contract') : payload
          const verified = await verifyJws(jws, { keys, ...(detached && { detachedPayload: told }) })
          assert.deepEqual([verified.header.alg, [...verified.payload]], [alg, [...told]])
        }
        const local = await generateKey('ES256')
        const both = await signJws(payload, { signers: [{ key: local }, { key }, { key }], ...way })
        assert.equal(both.signatures.length, 3)
        for (const verifying of [keys, await publicKey(local)]) {
          const verified = await verifyJws(both, { keys: verifying, ...detachedPayload })
          assert.deepEqual([...verified.payload], [...payload])
        }
      }
    }
  })
}

test('one signer of several that fails makes the whole JWS unavailable', async () => {
  const failing = remoteFor('ES256', { sign: () => Promise.reject(new Error('down')) })
  const signers = [{ key: await generateKey('ES256') }, { key: remoteFor('RS256') }, { key: failing }]
  assert.equal((await fails(() => signJws('payload', { signers }), 'CS_UNAVAILABLE')).unavailable, true)
})

test('the public key of a remote key is the one that was given, and is published like any other', async () => {
  for (const alg of ALGS) {
    const jwk = { ...openJwk(alg), alg, use: 'sig' }
    const key = remoteKey({ jwk, sign: well(alg) })
    const own = await publicKey(key)
    assert.deepEqual([own.kind, own.extractable], ['public', true])
    assert.deepEqual(await exportJwk(own), jwk)
    assert.equal(await exportPem(own), pairOf(alg).publicKey.export({ format: 'pem', type: 'spki' }).toString())
    assert.equal(await thumbprint(key), await thumbprint(own))
    assert.deepEqual(await publicJwks([key]), { keys: [{ ...jwk, kid: await thumbprint(own) }] })
    for (const { door } of DOORS) {
      assert.deepEqual(await door.publicJwks([key]), await publicJwks([own]))
      assert.equal(await door.thumbprint(key), await thumbprint(own))
    }
  }
})

test('the kid is the one of the options, else that of the public key, else its thumbprint in the header', async () => {
  const bare = openJwk('ES256')
  const named = { ...bare, kid: 'of the jwk' }
  const print = await thumbprint(importKey(bare))
  for (const [jwk, kid, own, written] of [
    [bare, undefined, undefined, print],
    [bare, 'of the options', 'of the options', 'of the options'],
    [named, undefined, 'of the jwk', 'of the jwk'],
    [named, 'of the options', 'of the options', 'of the options'],
    [importKey(named), undefined, 'of the jwk', 'of the jwk'],
    [importKey(named), 'of the options', 'of the options', 'of the options'],
    [importKey(bare, { kid: 'of the import' }), undefined, 'of the import', 'of the import'],
  ] as const) {
    const requests: RemoteRequest[] = []
    const sign: RemoteSign = (input, request) => {
      requests.push(request)
      return signWith('ES256', input)
    }
    const key = remoteKey({ jwk, sign, ...(kid !== undefined && { kid }) })
    assert.equal(key.kid, own)
    for (const token of [await compact(key), await createSigner({ key, expiresIn: '5m' }).sign({})]) {
      const header = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())
      assert.equal(header.kid, written)
      await verifyJws(token, { keys: keySet(await publicJwks([key])) })
    }
    assert.deepEqual(requests, [
      { alg: 'ES256', hash: 'SHA-256', kid: own },
      { alg: 'ES256', hash: 'SHA-256', kid: own },
    ])
  }
})

test('two keys of a service are told apart by their kids in one set', async () => {
  const stranger = pairOf('ES256', 'a stranger')
  const current = remoteFor('ES256', { kid: 'current' })
  const next = remoteKey({
    jwk: stranger.publicKey.export({ format: 'jwk' }) as unknown as Jwk,
    kid: 'next',
    sign: (input) => signWith('ES256', input, stranger),
  })
  const keys = keySet(await publicJwks([current, next]))
  for (const key of [current, next]) assert.equal((await verifyJws(await compact(key), { keys })).key.kid, key.kid)
  await fails(() => publicJwks([current, remoteFor('ES256', { kid: 'current' })]), 'CS_AMBIGUOUS_KEY')
})

test('the public key may be a Key made of a PEM, a DER, a KeyObject or a CryptoKey', async () => {
  for (const alg of ECDSA.concat('RS256', 'Ed25519')) {
    const { publicKey: open } = pairOf(alg)
    const inputs = [
      open.export({ format: 'pem', type: 'spki' }) as string,
      Uint8Array.from(open.export({ format: 'der', type: 'spki' })),
      ...(HAS_SYNC ? [open] : []),
    ]
    const prints = new Set<string>()
    for (const input of inputs) {
      const key = remoteFor(alg, { jwk: importKey(input) })
      assertSigned(alg, await compact(key))
      prints.add(await thumbprint(key))
    }
    assert.equal(prints.size, 1)
  }
  const spki = pairOf('ES256').publicKey.export({ format: 'der', type: 'spki' })
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const jwk = importKey(await globalThis.crypto.subtle.importKey('spki', spki, algorithm, true, ['verify']))
  // By WebCrypto what it is made of takes a promise, which remoteKey is too early for.
  if (!HAS_SYNC) await fails(() => remoteKey({ jwk, sign: well('ES256') }), 'CS_KEY_TYPE')
  const known = HAS_SYNC ? jwk : await exportJwk(jwk)
  assertSigned('ES256', await compact(remoteKey({ jwk: known, sign: well('ES256') })))
})

test('a signer may answer at once, by a promise, or by whatever has a then', async () => {
  const signature = (input: Uint8Array): Uint8Array => signWith('ES256', input)
  const ways: readonly RemoteSign[] = [
    signature,
    async (input) => signature(input),
    (input) => thenable((resolve) => (resolve as (value: Uint8Array) => void)(signature(input))),
    (input) => Buffer.from(signature(input)),
    (input) => Buffer.concat([Buffer.alloc(7), signature(input), Buffer.alloc(7)]).subarray(7, 71),
  ]
  for (const sign of ways) {
    const key = remoteFor('ES256', { sign })
    for (let times = 0; times < 2; times++) assertSigned('ES256', await compact(key))
  }
})

/** A signer that answers when it is told to, in any order. */
function held(alg: string): { sign: RemoteSign; asked: (() => void)[]; all: (count: number) => Promise<void> } {
  const asked: (() => void)[] = []
  let reached: () => void = () => {}
  let wanted = 0
  return {
    asked,
    all: (count) =>
      new Promise((resolve) => {
        wanted = count
        reached = resolve
        if (asked.length >= wanted) resolve()
      }),
    sign: (input) =>
      new Promise((resolve) => {
        asked.push(() => resolve(signWith(alg, input)))
        if (asked.length >= wanted) reached()
      }),
  }
}

test('signatures that are made at the same time may come back in any order, the first ones as well', async () => {
  for (const alg of ['ES256', 'RS256', 'Ed25519']) {
    const service = held(alg)
    const key = remoteFor(alg, { sign: service.sign })
    const signer = createSigner({ key, expiresIn: '10m', now })
    for (let round = 0; round < 2; round++) {
      const tokens = Promise.all(Array.from({ length: 16 }, (_, index) => signer.sign({ ...CLAIMS, index })))
      await service.all(16)
      for (const release of service.asked.splice(0).reverse()) release()
      const verifier = createVerifier({ keys: await publicKey(key), ...POLICY })
      for (const [index, token] of (await tokens).entries())
        assert.equal((await verifier.verify(token)).claims['index'], index)
    }
  }
})

test('wrong signatures that come back before any good one are each refused, and spoil no other', async () => {
  const wrong = new Set([0, 1, 2])
  let count = 0
  const sign: RemoteSign = async (input) =>
    signWith('ES256', wrong.has(count++) ? Buffer.concat([input, Buffer.of(0)]) : input)
  const key = remoteFor('ES256', { sign })
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => compact(key)))
  // In which order the signer is asked is the platform's affair: a header may take a thumbprint first.
  for (const result of results) {
    if (result.status === 'fulfilled') assertSigned('ES256', result.value)
    else assert.equal((result.reason as JoseError).code, 'CS_SIGNATURE')
  }
  assert.equal(results.filter(({ status }) => status === 'rejected').length, wrong.size)
})

test('a signer is asked once for each signature, and not before one is needed', async () => {
  const { key, seen } = recorded('ES256')
  const signer = createSigner({ key, expiresIn: '5m' })
  await publicKey(key)
  await publicJwks([key])
  assert.equal(seen.length, 0)
  for (let times = 1; times <= 3; times++) {
    await signer.sign({})
    assert.equal(seen.length, times)
  }
  await fails(() => signer.sign({ iat: 'now' } as never), 'CS_CLAIM_TYPE')
  assert.equal(seen.length, 3)
  await signJws('payload', { signers: [{ key }, { key }] })
  assert.equal(seen.length, 5)
})
