// 36 to 42: what encrypted tokens mean, cost and tell.
import { deflateRawSync } from 'node:zlib'
import type { Jwk } from 'countersign'
import * as f from '../../../packages/countersign/test/support/forge-jwe.ts'
import { jwkFor, publicMembers } from '../../../packages/countersign/test/support/keys.ts'
import type { Case, DecryptAsk } from '../case.ts'
import * as m from '../material.ts'
import { agree, ask, changed, dir, dirKey, forged, gcmkw, good, oaep, pbes, zeros } from './jwe-made.ts'

const { b64, CLAIMS } = m

// 36
const unsigned = `${m.input({ alg: 'none' }, CLAIMS)}.`
const jwtControl = ask(
  f.compact(await f.forge({ ...dir, plaintext: JSON.stringify(CLAIMS) })),
  'dir',
  'A128GCM',
  dirKey,
  { claims: true },
)
const anybody = async (what: string, plaintext: string, header: object = {}): Promise<Case> => {
  const token = f.compact(
    await f.forge({ ...oaep, key: publicMembers(oaep.key) as Jwk, plaintext, header: { ...header } }),
  )
  return {
    attack: 36,
    what,
    ask: ask(token, 'RSA-OAEP', 'A128GCM', oaep.key, { claims: true }),
    control: jwtControl,
    // Ours wants to be told who signs, before there is any token.
    misuse: true,
    duty: { jose: 'decrypts what was encrypted to a key, and does not say that it knows by whom' },
  }
}
const asSigned = f.compact(await f.forge({ ...dir, plaintext: JSON.stringify(CLAIMS) }))
const MEANING: readonly Case[] = [
  await anybody('claims that anybody encrypted to the public key', JSON.stringify(CLAIMS)),
  await anybody('an unsecured JWT that anybody encrypted to the public key', unsigned, { cty: 'JWT' }),
  {
    attack: 36,
    what: 'a JWE where a signed JWT is meant',
    ask: m.verify(asSigned, { secret: Buffer.alloc(32, 3) }),
    control: m.GOOD.HS256,
  },
  {
    attack: 36,
    what: 'a signed JWT where a JWE is meant',
    ask: ask(m.GOOD.HS256.token, 'dir', 'A128GCM', dirKey, { claims: true }),
    control: jwtControl,
  },
]

// 37
const zip = (plaintext: Uint8Array): Promise<f.Forged> => f.forge({ ...dir, plaintext, header: { zip: 'DEF' } })
const deflated = (octets: number): Uint8Array => deflateRawSync(Buffer.alloc(octets))
const zipControl = ask(f.compact(await zip(deflateRawSync(Buffer.from(f.BARE_CLAIMS)))), 'dir', 'A128GCM', dirKey)
const bomb = async (what: string, plaintext: Uint8Array): Promise<Case> => ({
  attack: 37,
  what,
  ask: ask(f.compact(await zip(plaintext)), 'dir', 'A128GCM', dirKey),
  control: zipControl,
})
const COMPRESSED: readonly Case[] = [
  await bomb('200 MB of zeros in 200 kB', deflated(2e8)),
  await bomb('1 MB of zeros in 1 kB', deflated(1e6)),
  await bomb(
    'text behind the end of the compressed one',
    Buffer.concat([deflateRawSync(Buffer.from(f.BARE_CLAIMS)), Buffer.from('more')]),
  ),
  await bomb(
    'a compressed text without its end',
    deflateRawSync(Buffer.from(f.BARE_CLAIMS.repeat(20))).subarray(0, -3),
  ),
  await forged(37, 'zip in the unprotected header', { ...dir, plaintext: deflated(100), unprotected: { zip: 'DEF' } }),
  await forged(37, 'a zip that nobody knows', { ...dir, header: { zip: 'LZ' } }),
]

// 38
const password = async (what: string, header: object): Promise<Case> =>
  forged(38, what, { ...pbes, header: { ...header } })
const salt = b64(f.SALT)
const PASSWORDS: readonly Case[] = await Promise.all([
  ...[2 ** 31, 2 ** 31 - 1, 2 ** 53, 1e9, 0, -1, 1.5, '1000', null, 1].map((p2c) =>
    password(`p2c ${JSON.stringify(p2c)}`, { p2c, p2s: salt }),
  ),
  password('a salt of 1 octet', { p2c: 1000, p2s: 'AA' }),
  password('a salt of 1 MB', { p2c: 1000, p2s: 'A'.repeat(1e6) }),
  password('no salt', { p2c: 1000, p2s: undefined }),
])

// 39
const P256 = { kty: 'EC', crv: 'P-256' }
const epk = async (what: string, value: unknown): Promise<Case> =>
  forged(39, what, { ...agree, header: { epk: value } })
const x25519 = jwkFor('X25519')
/** A JWE to X25519 whose epk has small order: the agreed secret is zero, whatever the private key. */
async function lowOrder(name: string, x: Uint8Array): Promise<Case> {
  const control = ask(
    f.compact(await f.forge({ alg: 'ECDH-ES', enc: 'A128GCM', key: x25519 })),
    'ECDH-ES',
    'A128GCM',
    x25519,
  )
  const { createHash } = await import('node:crypto')
  const uint32 = (value: number): Buffer => Buffer.from([value >> 24, value >> 16, value >> 8, value])
  const info = Buffer.concat([uint32(7), Buffer.from('A128GCM'), uint32(0), uint32(0), uint32(128)])
  const cek = createHash('sha256')
    .update(Buffer.concat([uint32(1), Buffer.alloc(32), info]))
    .digest()
    .subarray(0, 16)
  const header = { epk: { kty: 'OKP', crv: 'X25519', x: b64(x) } }
  const token = f.compact(await f.forge({ alg: 'ECDH-ES', enc: 'A128GCM', key: x25519, header, sealedWith: cek }))
  return {
    attack: 39,
    what: `X25519 with ${name}: a secret of zeros`,
    ask: ask(token, 'ECDH-ES', 'A128GCM', x25519),
    control,
  }
}
const AGREEMENTS: readonly Case[] = [
  await epk('an epk off the curve', { ...P256, x: b64(Buffer.alloc(32, 1)), y: b64(Buffer.alloc(32, 2)) }),
  await epk('an epk of (0, 0)', { ...P256, x: b64(zeros(32)), y: b64(zeros(32)) }),
  await epk('an epk on another curve', publicMembers(jwkFor('ES384'))),
  await epk('an epk of another type of key', publicMembers(jwkFor('RS256'))),
  await epk('an epk that is a private key', jwkFor('ES256', 1)),
  await epk('an epk that is null', null),
  await epk('an epk that is a text', 'epk'),
  await epk('no epk', undefined),
  await lowOrder('u = 0', zeros(32)),
  await lowOrder(
    'u = 1',
    Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? 1 : 0)),
  ),
  await lowOrder(
    'u of order 8',
    Buffer.from('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800', 'hex'),
  ),
]

// 40 and 41: what differs in how it fails
const { forged: sealed, control: oaepControl } = await good('RSA-OAEP')
const oracle = (attack: number, what: string, control: DecryptAsk, ...tokens: readonly string[]): Case => ({
  attack,
  what,
  ask: { do: 'oracle', asks: tokens.map((token) => ({ ...control, token })) },
  control,
})
const wrongSize = await f.forge({ ...oaep, cek: f.random(32), sealedWith: f.random(16) })
const cbc = (await good('dir', 'A128CBC-HS256')).forged
const cbcControl = (await good('dir', 'A128CBC-HS256')).control
const CBC = 'A128CBC-HS256'
const ORACLES: readonly Case[] = [
  oracle(
    40,
    'bad padding, a CEK of the wrong size and a bad tag, told apart (RSA-OAEP)',
    oaepControl,
    f.compact({ ...sealed, encryptedKey: f.flipped(sealed.encryptedKey) }),
    f.compact(wrongSize),
    f.compact({ ...sealed, tag: f.flipped(sealed.tag) }),
  ),
  {
    attack: 40,
    what: 'RSA1_5, which nobody allowed',
    ask: { ...oaepControl, token: f.compact({ ...sealed, encoded: b64('{"alg":"RSA1_5","enc":"A128GCM"}') }) },
    control: oaepControl,
  },
  oracle(
    41,
    'a bad tag, a bad last octet and a bad vector, told apart (AES-CBC)',
    cbcControl,
    f.compact({ ...cbc, tag: f.flipped(cbc.tag) }),
    f.compact({ ...cbc, ciphertext: f.flipped(cbc.ciphertext) }),
    f.compact({ ...cbc, iv: f.flipped(cbc.iv) }),
  ),
]
const LENGTHS: readonly Case[] = await Promise.all([
  ...[0, 1, 8, 15].map((length) =>
    changed(41, `a tag of ${length} octets`, 'dir', CBC, ({ tag }) => ({ tag: tag.slice(0, length) })),
  ),
  changed(41, 'a tag of the whole MAC', 'dir', CBC, ({ tag }) => ({ tag: Uint8Array.from([...tag, ...tag]) })),
  changed(41, 'a vector of 8 octets', 'dir', CBC, ({ iv }) => ({ iv: iv.slice(0, 8) })),
  changed(41, 'a ciphertext that is no whole number of blocks', 'dir', CBC, ({ ciphertext }) => ({
    ciphertext: ciphertext.slice(1),
  })),
  ...[0, 1, 4, 8, 12, 15].map((length) =>
    changed(42, `a tag of ${length} octets`, 'dir', 'A128GCM', ({ tag }) => ({ tag: tag.slice(0, length) })),
  ),
  ...[0, 8, 11, 13, 16].map((length) =>
    changed(42, `a vector of ${length} octets`, 'dir', 'A128GCM', () => ({ iv: zeros(length) })),
  ),
])
/** With a good tag, which a short one is a part of. */
const shortVector = await (async () => {
  const encoded = b64('{"alg":"dir","enc":"A128GCM"}')
  const content = await f.gcm(
    Buffer.from(String(dirKey['k']), 'base64url'),
    Buffer.from(f.BARE_CLAIMS),
    encoded,
    f.random(16),
  )
  return f.compact({ ...content, encoded, encryptedKey: zeros(0), cek: zeros(0) })
})()
const GCM: readonly Case[] = [
  {
    attack: 42,
    what: 'a vector of 16 octets under a good tag',
    ask: ask(shortVector, 'dir'),
    control: (await good('dir')).control,
  },
  await forged(42, 'A128GCMKW with a tag of 4 octets', { ...gcmkw, header: { tag: 'AAAAAA' } }),
  await forged(42, 'A128GCMKW without a tag', { ...gcmkw, header: { tag: undefined } }),
  await forged(42, 'A128GCMKW with a vector of 8 octets', { ...gcmkw, header: { iv: b64(zeros(8)) } }),
  await forged(42, 'A128GCMKW with a vector that is a number', { ...gcmkw, header: { iv: 1 } }),
]

export const JWE: readonly Case[] = [
  ...MEANING,
  ...COMPRESSED,
  ...PASSWORDS,
  ...AGREEMENTS,
  ...ORACLES,
  ...LENGTHS,
  ...GCM,
]
