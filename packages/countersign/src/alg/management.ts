import type { Hash, KeySpec, OaepScheme } from '../crypto/backend.ts'
import { CONTENT, DIRECT } from './content.ts'
import { type Needs, type Table, table } from './needs.ts'

interface Row extends Needs {
  /** What `generateKey` makes for it; nothing where a key is made otherwise. */
  readonly generate?: KeySpec
}

/** A key management algorithm (RFC 7518 §4.1, RFC 8037 §3.2). The families differ in what they ask of a key. */
export type ManagementAlg =
  | (Row & { readonly family: 'direct' })
  | (Row & { readonly family: 'wrap' | 'gcm-wrap'; readonly kekBits: number })
  | (Row & OaepScheme & { readonly family: 'oaep' })
  /** Without `kekBits` the secret that is agreed upon becomes the key of the content (RFC 7518 §4.6). */
  | (Row & { readonly family: 'agreement'; readonly kekBits?: number })
  /** `iterations`: how many are allowed (RFC 7518 §4.8.1.2). */
  | (Row & { readonly family: 'password'; readonly hash: Hash; readonly kekBits: number; readonly iterations: number })

const use = 'enc' as const
const wrapping = { encrypt: ['wrapKey', 'encrypt'], decrypt: ['unwrapKey', 'decrypt'] } as const
const secret = { use, kty: ['oct'] } as const
const wrap = { ...secret, family: 'wrap', ops: wrapping, work: { encrypt: 'wrap', decrypt: 'unwrap' } } as const
const gcmWrap = { ...wrap, family: 'gcm-wrap', work: { encrypt: 'seal', decrypt: 'open' } } as const
const oaep = {
  use,
  family: 'oaep',
  kty: ['RSA'],
  minBits: 2048,
  ops: wrapping,
  work: { encrypt: 'encryptKey', decrypt: 'decryptKey' },
  generate: { kty: 'RSA', bits: 2048 },
} as const
const derives = ['deriveKey', 'deriveBits'] as const
const agreement = {
  use,
  family: 'agreement',
  kty: ['EC', 'OKP'],
  crv: ['P-256', 'P-384', 'P-521', 'X25519', 'X448'],
  // The public half does nothing that key_ops has a name for (Web Cryptography §24.4); some name what the other does.
  ops: { encrypt: derives, decrypt: derives },
  idle: 'encrypt',
  work: { decrypt: 'agree' },
  generate: { kty: 'EC', crv: 'P-256' },
} as const
const password = {
  ...secret,
  family: 'password',
  ops: { encrypt: derives, decrypt: derives },
  work: { encrypt: 'octets', decrypt: 'octets' },
} as const

const kek = (bits: number): { kekBits: number; sizes: readonly number[]; generate: KeySpec } => ({
  kekBits: bits,
  sizes: [bits],
  generate: { kty: 'oct', bits },
})

/** Every key management algorithm. */
export const MANAGEMENT: Table<ManagementAlg> = table<ManagementRow>({
  [DIRECT]: {
    ...secret,
    family: 'direct',
    work: gcmWrap.work,
    sizes: [...CONTENT.values()].map(({ cekBits }) => cekBits),
  },
  A128KW: { ...wrap, ...kek(128) },
  A192KW: { ...wrap, ...kek(192) },
  A256KW: { ...wrap, ...kek(256) },
  A128GCMKW: { ...gcmWrap, ...kek(128) },
  A192GCMKW: { ...gcmWrap, ...kek(192) },
  A256GCMKW: { ...gcmWrap, ...kek(256) },
  'RSA-OAEP': { ...oaep, hash: 1 },
  'RSA-OAEP-256': { ...oaep, hash: 256 },
  'RSA-OAEP-384': { ...oaep, hash: 384 },
  'RSA-OAEP-512': { ...oaep, hash: 512 },
  'ECDH-ES': { ...agreement },
  'ECDH-ES+A128KW': { ...agreement, kekBits: 128 },
  'ECDH-ES+A192KW': { ...agreement, kekBits: 192 },
  'ECDH-ES+A256KW': { ...agreement, kekBits: 256 },
  'PBES2-HS256+A128KW': { ...password, hash: 256, kekBits: 128, iterations: 600_000 },
  'PBES2-HS384+A192KW': { ...password, hash: 384, kekBits: 192, iterations: 210_000 },
  'PBES2-HS512+A256KW': { ...password, hash: 512, kekBits: 256, iterations: 210_000 },
})

type ManagementRow = ManagementAlg extends infer Alg ? (Alg extends unknown ? Omit<Alg, 'id'> : never) : never

/**
 * What to encrypt with where a key serves several and nobody says which, the best first. A shared key wraps one that is new
 * for each token where it can, so that no nonce is ever used twice with it; and a password comes last.
 */
export const PREFERRED: readonly string[] = [
  'RSA-OAEP-256',
  'ECDH-ES',
  'A256KW',
  'A192KW',
  'A128KW',
  DIRECT,
  'PBES2-HS512+A256KW',
]

/** What the standards have and this library leaves out on purpose, and why. */
export const LEFT_OUT: ReadonlyMap<string, string> = new Map([
  [
    'RSA1_5',
    'its padding lets whoever can send tokens decrypt others (Bleichenbacher); RSA-OAEP-256 is what to use instead',
  ],
])

/** How keys are encrypted where they are kept: under a key of 256 bits or a passphrase, and always with this content. */
export const AT_REST: { readonly kek: string; readonly passphrase: string; readonly enc: string } = {
  kek: 'A256GCMKW',
  passphrase: 'PBES2-HS512+A256KW',
  enc: 'A256GCM',
}
