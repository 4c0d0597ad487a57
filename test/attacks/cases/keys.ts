// 19 to 21 and 35: keys that are not what they should be, and signing with them.
import { createPrivateKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import type { Case, SignAsk, VerifyAsk } from '../case.ts'
import * as m from '../material.ts'

const { GOOD, CLAIMS, HS, rsa, ec, ed, verify } = m

const text = m.input({ alg: 'RS256' }, CLAIMS)
const rsaKey = (what: string, ask: VerifyAsk, control = GOOD.RS256): Case => ({
  attack: 19,
  what,
  ask,
  control,
  misuse: true,
})

/** Keys with which somebody truly signed: only what the key is speaks against them. */
const small = (bits: number): VerifyAsk => {
  const pair = generateKeyPairSync('rsa', { modulusLength: bits })
  return verify(m.signedBy(pair, { alg: 'RS256' }), { jwk: pair.publicKey.export({ format: 'jwk' }) }, ['RS256'])
}

/** M of the broken generator: the product of the first 126 primes. Its primes are k·M + (65537^a mod M). */
function rocaKey(): JsonWebKey {
  const primes: bigint[] = []
  for (let n = 2n; primes.length < 126; n++) if (primes.every((prime) => n % prime !== 0n)) primes.push(n)
  const product = primes.reduce((all, prime) => all * prime, 1n)
  const power = (base: bigint, exponent: bigint, modulus: bigint): bigint => {
    let result = 1n
    for (let square = base % modulus, rest = exponent; rest > 0n; rest >>= 1n, square = (square * square) % modulus)
      if (rest & 1n) result = (result * square) % modulus
    return result
  }
  /** The inverse modulo a number that has no factor in common with it, by Euclid. */
  const inverse = (value: bigint, modulus: bigint): bigint => {
    let [a, b, x, y] = [value % modulus, modulus, 1n, 0n]
    while (b > 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y]
    return ((x % modulus) + modulus) % modulus
  }
  const p = ((1n << 53n) + 36n) * product + power(65537n, 1234n, product)
  const q = ((1n << 53n) + 99999n + 69n) * product + power(65537n, 4321n, product)
  const d = inverse(65537n, (p - 1n) * (q - 1n))
  const numbers = { n: p * q, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) }
  const members = Object.entries(numbers).map(([name, value]) => [name, m.b64(m.octetsOf(value))])
  return { kty: 'RSA', e: 'AQAB', ...Object.fromEntries(members) }
}
const roca = rocaKey()
const rocaPair = { privateKey: createPrivateKey({ key: roca, format: 'jwk' }) }

/** With e = 1 the signature is the padded digest itself. */
const withoutExponent = `${text}.${m.b64(m.padded(text, 256))}`
const huge = m.b64(Buffer.concat([Buffer.of(0xc3), Buffer.alloc(2046, 0x5a), Buffer.of(1)]))

const RSA_KEYS: readonly Case[] = [
  rsaKey('a key of 1024 bits', small(1024)),
  rsaKey('a key of 1536 bits', small(1536)),
  rsaKey('a key of 512 bits', small(512)),
  rsaKey('e = 1, with which anybody signs', verify(withoutExponent, { jwk: { ...rsa.open, e: 'AQ' } }, ['RS256'])),
  rsaKey(
    'a key with the ROCA fingerprint',
    verify(m.signedBy(rocaPair, { alg: 'RS256' }), { jwk: { kty: 'RSA', n: String(roca.n), e: 'AQAB' } }, ['RS256']),
  ),
  rsaKey(
    'a modulus of 16384 bits and an exponent of 64',
    verify(`${text}.${m.b64(Buffer.alloc(2048, 1))}`, { jwk: { kty: 'RSA', n: huge, e: '__________8' } }, ['RS256']),
  ),
  rsaKey('an even exponent', verify(String(GOOD.RS256.token), { jwk: { ...rsa.open, e: 'AQAC' } }, ['RS256'])),
]

const short = (what: string, octets: string | Uint8Array, header: object = HS, hash = 'sha256'): Case => ({
  attack: 20,
  what,
  ask: verify(m.mac(header, CLAIMS, octets, hash), { secret: Buffer.from(octets) }, ['HS256', 'HS512']),
  control: GOOD.HS256,
  misuse: true,
})
const SECRETS: readonly Case[] = [
  short('an empty secret', ''),
  short('the secret "secret"', 'secret'),
  short('a secret of three spaces', '   '),
  short('a secret of one octet', 'x'),
  short('a secret of 31 octets', Buffer.alloc(31, 9)),
  short('a secret of 32 zeros', Buffer.alloc(32)),
  short('a secret of 63 octets for HS512', Buffer.alloc(63, 9), { alg: 'HS512' }, 'sha512'),
  {
    attack: 20,
    what: 'a JWK with an empty k',
    ask: verify(m.mac(HS, CLAIMS, ''), { jwk: { kty: 'oct', k: '' } }),
    control: verify(GOOD.HS256.token, { jwk: { kty: 'oct', k: m.b64(m.SECRET) } }),
    misuse: true,
  },
  {
    attack: 20,
    what: 'a member of a JWK Set with an empty k',
    ask: verify(m.mac({ ...HS, kid: 'k' }, CLAIMS, ''), m.setOf({ kty: 'oct', k: '', kid: 'k' })),
    control: verify(
      m.mac({ ...HS, kid: 'k' }, CLAIMS, m.SECRET),
      m.setOf({ kty: 'oct', k: m.b64(m.SECRET), kid: 'k' }),
    ),
  },
]

const y = Buffer.from(String(ec.open['y']), 'base64url')
const flippedY = Buffer.from(y)
flippedY[31] = (flippedY[31] ?? 0) ^ 1
const point = (what: string, members: object, control: VerifyAsk = GOOD.ES256): Case => {
  const base = control === GOOD.ES256 ? ec.open : ed.open
  return {
    attack: 21,
    what,
    ask: {
      ...verify(control.token, { jwk: { ...base, ...members } }, control.algorithms as string[]),
      harm: () => 'the key was taken',
    },
    control,
    misuse: true,
  }
}
const POINTS: readonly Case[] = [
  point('a point off the curve', { y: m.b64(flippedY) }),
  point('the point (0, 0)', { x: m.b64(Buffer.alloc(32)), y: m.b64(Buffer.alloc(32)) }),
  point('a coordinate with a zero before it', {
    x: m.b64(Buffer.concat([Buffer.alloc(1), Buffer.from(String(ec.open['x']), 'base64url')])),
  }),
  point('a coordinate without its last octet', {
    x: m.b64(Buffer.from(String(ec.open['x']), 'base64url').subarray(1)),
  }),
  point('coordinates of P-256 said to be of P-384', { crv: 'P-384' }),
  point('a curve that nobody has', { crv: 'P-257' }),
  point('a coordinate that is a number', { x: 1 }),
  point('no y', { y: undefined }),
  point('an Ed25519 key of 31 octets', { x: m.b64(Buffer.alloc(31, 1)) }, GOOD.EdDSA),
  point('an Ed25519 key said to be X25519', { crv: 'X25519' }, GOOD.EdDSA),
]

const goodSign: SignAsk = { do: 'sign', claims: { sub: 'a' }, key: m.secretKey, alg: 'HS256' }
const goodRsa: SignAsk = { do: 'sign', claims: { sub: 'a' }, key: { jwk: rsa.jwk }, alg: 'RS256' }
const sign = (what: string, changed: Partial<SignAsk>, control = goodSign): Case => ({
  attack: 35,
  what,
  ask: { ...control, ...changed },
  control,
  misuse: true,
})
const HEADER_ALONE = { lacks: { jose: 'takes alg from that header alone' } } as const
const SIGNING: readonly Case[] = [
  sign('signing with a public key', { key: { jwk: rsa.open } }, goodRsa),
  sign('HS256 with the JWK of a key pair', { alg: 'HS256' }, goodRsa),
  sign('HS256 with the PEM of a public key as secret', { key: { secret: Buffer.from(m.pemOf(rsa)) } }),
  sign('HS256 with a secret of 6 octets', { key: { secret: Buffer.from('secret') } }),
  sign('HS256 with an empty secret', { key: { secret: new Uint8Array() } }),
  {
    ...sign('alg none', { alg: 'none' }),
    duty: { jsonwebtoken: 'has none among its algorithms, for who asks for it' },
  },
  { ...sign('a header that says alg none', { header: { alg: 'none' } }), ...HEADER_ALONE },
  { ...sign('a header that says another alg', { header: { alg: 'HS512' } }), ...HEADER_ALONE },
  sign('a header with a critical extension that nobody implements', { header: { crit: ['urn:x'], 'urn:x': 1 } }),
  sign('claims that are a list', { claims: [1] }),
  sign('claims that are null', { claims: null }),
  sign('aud that is an object', { claims: { aud: { 0: 'api' } } }),
  sign('sub that is a number', { claims: { sub: 7 } }),
  sign('iss that is a list', { claims: { iss: ['https://issuer.example'] } }),
  sign('jti that is an object', { claims: { jti: {} } }),
  sign('nbf that is a text', { claims: { nbf: 'now' } }),
  sign('nbf that is NaN', { claims: { nbf: Number.NaN } }),
]

export const KEYS: readonly Case[] = [...RSA_KEYS, ...SECRETS, ...POINTS, ...SIGNING]
