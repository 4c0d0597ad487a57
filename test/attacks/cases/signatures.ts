// 1 to 9: what stands in the place of a signature.
import type { Case, VerifyAsk } from '../case.ts'
import * as m from '../material.ts'

const { GOOD, CLAIMS, HS, SECRET, rsa, ec, ec384, ed, verify } = m
const rs256 = { jwk: rsa.open }

/** Where the attacked program holds a secret, and where it holds a public key. */
const none = (what: string, header: unknown, signature: string): readonly Case[] => {
  const token = `${m.input(header, CLAIMS)}.${signature}`
  return [
    { attack: 1, what: `${what}, against a secret`, ask: verify(token), control: GOOD.HS256 },
    { attack: 1, what: `${what}, against a public key`, ask: verify(token, rs256, ['RS256']), control: GOOD.RS256 },
  ]
}
const macBehind = (alg: unknown): string => m.mac({ alg }, CLAIMS, SECRET).split('.')[2] ?? ''

const ALG_NONE: readonly Case[] = [
  ...['none', 'None', 'NONE', 'nOnE', 'none '].flatMap((alg) =>
    none(`alg ${JSON.stringify(alg)}, no signature`, { alg }, ''),
  ),
  ...none('alg none, a stray signature', { alg: 'none' }, 'c3RyYXk'),
  ...none('alg none behind a good MAC', { alg: 'none' }, macBehind('none')),
  ...([undefined, null, ['HS256'], {}, '', 'constructor', '__proto__', 'hs256'] as const).map(
    (alg): Case => ({
      attack: 1,
      what: `alg ${alg === undefined ? 'missing' : JSON.stringify(alg)} behind a good MAC`,
      ask: verify(m.mac({ alg }, CLAIMS, SECRET)),
      control: GOOD.HS256,
    }),
  ),
  {
    attack: 1,
    what: 'alg none, no signature, and an empty secret where the key should be',
    ask: verify(`${m.input({ alg: 'none' }, CLAIMS)}.`, { secret: new Uint8Array() }),
    control: GOOD.HS256,
  },
]

const pem = m.pemOf(rsa)
const modulus = String(rsa.open['n'])
const FORMS: readonly (readonly [what: string, octets: string | Uint8Array])[] = [
  ['PEM', pem],
  ['PEM without its last line break', pem.trim()],
  ['PKCS#1 PEM', rsa.publicKey.export({ format: 'pem', type: 'pkcs1' }).toString()],
  ['DER', rsa.publicKey.export({ format: 'der', type: 'spki' })],
  ['JWK', JSON.stringify(rsa.open)],
  ['JWK Set', JSON.stringify({ keys: [rsa.open] })],
]
const PREFIXES = [' ', '\n', '\ufeff', '\u200b', '\0', '# ']

const CONFUSION: readonly Case[] = [
  ...FORMS.map(
    ([what, octets]): Case => ({
      attack: 2,
      what: `HS256 with the public key as its secret: ${what}`,
      ask: verify(m.mac(HS, CLAIMS, octets), { pem }, ['RS256']),
      control: GOOD.RS256_PEM,
    }),
  ),
  ...PREFIXES.map(
    (prefix): Case => ({
      attack: 2,
      what: `HS256 with the public key as its secret, which the program has with ${JSON.stringify(prefix)} before it`,
      ask: verify(m.mac(HS, CLAIMS, prefix + pem), { pem: prefix + pem }, ['RS256']),
      control: GOOD.RS256_PEM,
      // A PEM that is none is a mistake of the program.
      misuse: true,
    }),
  ),
  {
    attack: 2,
    what: 'HS256 with the public key as its secret, and both kinds of algorithm allowed',
    ask: verify(m.mac(HS, CLAIMS, pem), { pem }, ['HS256', 'RS256']),
    control: GOOD.RS256_PEM,
    byOptions: true,
    misuse: true,
  },
  {
    attack: 2,
    what: 'a secret that is the PEM of a public key',
    ask: verify(m.mac(HS, CLAIMS, pem), { secret: Buffer.from(pem) }),
    control: GOOD.HS256,
  },
  ...(
    [
      ['an empty secret', ''],
      ['the text of n', modulus],
      ['the octets of n', Buffer.from(modulus, 'base64url')],
    ] as const
  ).flatMap(([what, octets]): readonly Case[] => [
    {
      attack: 3,
      what: `HS256 by ${what}, against an RSA JWK without alg`,
      ask: verify(m.mac(HS, CLAIMS, octets), rs256, ['RS256']),
      control: GOOD.RS256,
    },
    {
      attack: 3,
      what: `HS256 by ${what}, against a JWK Set without alg`,
      ask: verify(m.mac({ ...HS, kid: 'r' }, CLAIMS, octets), m.setOf({ ...rsa.open, kid: 'r' }), ['RS256']),
      control: GOOD.RSA_SET,
    },
  ]),
]

const misfit = (what: string, ask: VerifyAsk, control: VerifyAsk): Case => ({ attack: 4, what, ask, control })
const MISFITS: readonly Case[] = [
  misfit(
    'alg PS256 over an RS256 signature',
    verify(m.signedBy(rsa, { alg: 'PS256' }), rs256, ['RS256', 'PS256']),
    GOOD.RS256,
  ),
  misfit(
    'alg RS512 over an RS256 signature',
    verify(m.signedBy(rsa, { alg: 'RS512' }), rs256, ['RS256', 'RS512']),
    GOOD.RS256,
  ),
  misfit(
    'alg RS256 over a PS256 signature',
    verify(m.pssToken(32, { alg: 'RS256' }), rs256, ['RS256', 'PS256']),
    GOOD.PS256,
  ),
  misfit(
    'ES256 by a key on P-384',
    verify(m.signedBy(ec384, { alg: 'ES256' }), { jwk: ec384.open }, ['ES256']),
    GOOD.ES256,
  ),
  misfit('ES384 by a key on P-256', verify(m.signedBy(ec, { alg: 'ES384' }), { jwk: ec.open }, ['ES384']), GOOD.ES256),
  misfit('ES256 by an RSA key', verify(m.signedBy(rsa, { alg: 'ES256' }), rs256, ['ES256']), GOOD.RS256),
  misfit('EdDSA by a key on P-256', verify(m.signedBy(ec, { alg: 'EdDSA' }), { jwk: ec.open }, ['EdDSA']), GOOD.ES256),
  {
    ...misfit(
      'RS256 by a JWK whose alg is PS256',
      verify(GOOD.RS256.token, { jwk: { ...rsa.open, alg: 'PS256' } }, ['RS256']),
      GOOD.RS256,
    ),
    lacks: { jsonwebtoken: 'takes PEM, which has no alg', 'fast-jwt': 'takes PEM, which has no alg' },
  },
  misfit(
    'RS256 by a member of a JWK Set whose alg is PS256',
    verify(GOOD.RSA_SET.token, m.setOf({ ...rsa.open, kid: 'r', alg: 'PS256' }), ['RS256']),
    GOOD.RSA_SET,
  ),
  misfit('an algorithm that the allow-list leaves out', verify(GOOD.RS256.token, rs256, ['PS256']), GOOD.RS256),
  misfit('an empty allow-list', verify(GOOD.HS256.token, m.secretKey, []), GOOD.HS256),
  misfit(
    'an allow-list that is a text with the name in it',
    verify(GOOD.HS256.token, m.secretKey, 'xHS256x'),
    GOOD.HS256,
  ),
].map((one) => (/allow-list/.test(one.what) ? { ...one, byOptions: true, misuse: true } : one))

const [head = '', body = '', signature = ''] = String(GOOD.HS256.token).split('.')
const macOctets = Buffer.from(signature, 'base64url')
const cut = (what: string, token: string): Case => ({ attack: 5, what, ask: verify(token), control: GOOD.HS256 })
const CUTS: readonly Case[] = [
  cut('no signature and no dot', `${head}.${body}`),
  cut('an empty signature', `${head}.${body}.`),
  ...[1, 8, 16, 31].map((length) =>
    cut(`the first ${length} octets of the MAC`, `${head}.${body}.${m.b64(macOctets.subarray(0, length))}`),
  ),
  cut('the MAC and a zero', `${head}.${body}.${m.b64(Buffer.concat([macOctets, Buffer.alloc(1)]))}`),
  cut('the MAC twice', `${head}.${body}.${m.b64(Buffer.concat([macOctets, macOctets]))}`),
]

/** The order of P-256 (FIPS 186-5). */
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const ecText = m.input({ alg: 'ES256' }, CLAIMS)
const ecdsa = (attack: number, what: string, octets: Uint8Array, control = GOOD.ES256): Case => ({
  attack,
  what,
  ask: verify(`${ecText}.${m.b64(octets)}`, { jwk: ec.open }, ['ES256']),
  control,
})
const pairOf = (r: bigint, s: bigint): Buffer => Buffer.concat([m.octetsOf(r, 32), m.octetsOf(s, 32)])
const EDGES: readonly (readonly [string, bigint])[] = [
  ['0', 0n],
  ['1', 1n],
  ['n', N],
  ['2^256 - 1', 2n ** 256n - 1n],
]
/** A signature whose r begins with a zero, which a writer of numbers leaves out. */
function shortR(): Buffer {
  for (;;) {
    const raw = m.rawSignature(ec.privateKey, ecText)
    if (raw[0] === 0) return raw.subarray(1)
  }
}
const good = m.rawSignature(ec.privateKey, ecText)
const half = (raw: Buffer, at: 0 | 1): bigint => BigInt(`0x${raw.subarray(32 * at, 32 * at + 32).toString('hex')}`)
const derOctets = (r: bigint, s: bigint): Buffer => {
  const integer = (value: bigint): Buffer => {
    const octets = m.octetsOf(value)
    const signed = (octets[0] ?? 0) > 127 ? Buffer.concat([Buffer.alloc(1), octets]) : octets
    return Buffer.concat([Buffer.of(2, signed.length), signed])
  }
  const both = Buffer.concat([integer(r), integer(s)])
  return Buffer.concat([Buffer.of(0x30, both.length), both])
}
const ECDSA: readonly Case[] = [
  ...EDGES.flatMap(([r, rValue]) =>
    EDGES.map(([s, sValue]) => ecdsa(6, `ES256 with r = ${r} and s = ${s}`, pairOf(rValue, sValue))),
  ),
  ecdsa(7, 'ES256 with a DER signature', derOctets(half(good, 0), half(good, 1))),
  ecdsa(7, 'ES256 with 63 octets, a leading zero left out', shortR()),
  ecdsa(7, 'ES256 with 65 octets', Buffer.concat([good, Buffer.alloc(1)])),
  ecdsa(
    7,
    'ES256 with 66 octets, a zero before each half',
    Buffer.concat([Buffer.alloc(1), good.subarray(0, 32), Buffer.alloc(1), good.subarray(32)]),
  ),
  ecdsa(7, 'ES256 with 4096 octets', Buffer.alloc(4096, 1)),
  ecdsa(7, 'ES256 with one octet', Buffer.of(1)),
]

/** The order of Ed25519's base point (RFC 8032 §5.1). */
const L = 2n ** 252n + 27742317777372353535851937790883648493n
const edTaken = m.taken(String(GOOD.EdDSA.token))
const little = (octets: Buffer): bigint => BigInt(`0x${Buffer.from(octets).reverse().toString('hex')}`)
const plusL = Buffer.concat([
  edTaken.raw.subarray(0, 32),
  m.octetsOf(little(edTaken.raw.subarray(32)) + L, 32).reverse(),
])
const point = (first: number): object => ({
  kty: 'OKP',
  crv: 'Ed25519',
  x: m.b64(Buffer.from([first, ...Array(31).fill(0)])),
})
/** R = A = the neutral point and S = 0: true for every text. */
const anyText = Buffer.concat([Buffer.of(1), Buffer.alloc(63)])
const EDDSA: readonly Case[] = [
  {
    attack: 8,
    what: 'Ed25519 with S + L',
    ask: verify(`${edTaken.text}.${m.b64(plusL)}`, { jwk: ed.open }, ['EdDSA']),
    control: GOOD.EdDSA,
  },
  {
    attack: 8,
    what: 'Ed25519 by a key of small order, which signs everything',
    ask: verify(`${m.input({ alg: 'EdDSA' }, CLAIMS)}.${m.b64(anyText)}`, { jwk: point(1) }, ['EdDSA']),
    control: GOOD.EdDSA,
  },
]

const rsaCase = (what: string, token: string, alg = 'RS256', control: VerifyAsk = GOOD.RS256): Case => ({
  attack: 9,
  what,
  ask: verify(token, rs256, [alg]),
  control,
})
const bare = Buffer.from('302f300b0609608648016503040201', 'hex')
const RSA_LAX: readonly Case[] = [
  rsaCase(
    'RS256 with garbage behind the digest and short padding',
    m.rawRsaToken({ ff: 8, tail: Buffer.alloc(100, 7) }),
  ),
  rsaCase('RS256 with a DigestInfo without its NULL', m.rawRsaToken({ info: Buffer.concat([bare, Buffer.of(4, 32)]) })),
  rsaCase('RS256 with the digest alone', m.rawRsaToken({ info: Buffer.alloc(0) })),
  rsaCase(
    'RS256 with a zero before the signature',
    m.rawRsaToken({}, (raw) => Buffer.concat([Buffer.alloc(1), raw])),
  ),
  rsaCase(
    'RS256 with a zero behind the signature',
    m.rawRsaToken({}, (raw) => Buffer.concat([raw, Buffer.alloc(1)])),
  ),
  rsaCase(
    'RS256 with the signature plus n',
    m.rawRsaToken({}, (raw) => m.octetsOf(m.numberOf(m.b64(raw)) + m.numberOf(modulus), 257)),
  ),
  rsaCase('PS256 with a salt of 0 octets', m.pssToken(0), 'PS256', GOOD.PS256),
  rsaCase('PS256 with the longest salt', m.pssToken(222), 'PS256', GOOD.PS256),
]

export const SIGNATURES: readonly Case[] = [
  ...ALG_NONE,
  ...CONFUSION,
  ...MISFITS,
  ...CUTS,
  ...ECDSA,
  ...EDDSA,
  ...RSA_LAX,
]
