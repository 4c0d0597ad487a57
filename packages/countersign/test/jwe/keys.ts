import { capabilities, importKey, type Key, publicKey } from 'countersign'
import { jwkFor } from '../support/keys.ts'

const { management, content, curves } = capabilities()

/** A key management algorithm of this runtime, with the curve beside it where it works on several. */
export interface Row {
  readonly name: string
  readonly alg: string
  readonly crv?: string
  /** What `jwkFor` calls the key; nothing for dir, whose key is as long as the content encryption wants it. */
  readonly jwk: string | undefined
}

/** The content encryption algorithms of this runtime. */
export const CONTENT: readonly string[] = content

/** The curves of ECDH-ES, and what `jwkFor` calls their keys (RFC 7518 §4.6, RFC 8037 §3.2). */
const AGREEING = [
  ['P-256', 'ES256'],
  ['P-384', 'ES384'],
  ['P-521', 'ES512'],
  ['X25519', 'X25519'],
  ['X448', 'X448'],
] as const

/** What `jwkFor` calls a secret of so many bits. */
const SECRETS: Readonly<Record<string, string>> = {
  128: 'A128KW',
  192: 'A192KW',
  256: 'HS256',
  384: 'HS384',
  512: 'HS512',
}

/** Every key management algorithm of this runtime, on every curve. */
export const ROWS: readonly Row[] = management.flatMap((alg): readonly Row[] => {
  if (alg === 'dir') return [{ name: alg, alg, jwk: undefined }]
  if (alg.startsWith('RSA')) return [{ name: alg, alg, jwk: 'RS256' }]
  // A password may have any length.
  if (alg.startsWith('PBES2')) return [{ name: alg, alg, jwk: 'HS256' }]
  if (!alg.startsWith('ECDH')) return [{ name: alg, alg, jwk: SECRETS[alg.slice(1, 4)] }]
  const here = AGREEING.filter(([crv]) => curves.includes(crv))
  return here.map(([crv, jwk]) => ({ name: `${alg} on ${crv}`, alg, crv, jwk }))
})

/** Whether there is no encrypted key, so that there may be but one recipient (RFC 7516 §5.1). */
export const isDirect = ({ alg }: Pick<Row, 'alg'>): boolean => alg === 'dir' || alg === 'ECDH-ES'

/** The size of the key of a content (RFC 7518 §5.1): AES-CBC-HMAC takes two in one. */
const bitsOf = (enc: string): string => /\d{3}$/.exec(enc)?.[0] ?? enc.slice(1, 4)

/** Both halves of a key; a secret is both. */
export interface Pair {
  readonly encrypting: Key
  readonly decrypting: Key
}

/**
 * The key of a row.
 *
 * @param which - 1 for a stranger: another key of the same kind
 */
export async function pairOf({ alg, jwk }: Row, enc: string, which: 0 | 1 = 0): Promise<Pair> {
  const decrypting = importKey(jwkFor(jwk ?? SECRETS[bitsOf(enc)] ?? '', which), { alg: alg === 'dir' ? enc : alg })
  return { decrypting, encrypting: decrypting.kind === 'secret' ? decrypting : await publicKey(decrypting) }
}

/** What has to be said to encrypt for a row: as few iterations as there may be, since nobody guesses these passwords. */
export function choiceOf({ alg }: Pick<Row, 'alg'>): { readonly alg: string; readonly p2c?: number } {
  return alg.startsWith('PBES2') ? { alg, p2c: 1000 } : { alg }
}

/** base64url of text or octets. */
const b64 = (value: string | Uint8Array): string => Buffer.from(value).toString('base64url')

/** The octets of the secret that `sealed` seals with. */
export const OCTETS: Uint8Array = Uint8Array.from({ length: 32 }, (_, index) => 7 * index + 1)

/** The members of a JWE, in either serialization of one recipient. */
export interface Texts {
  readonly protected: string
  readonly encrypted_key: string
  readonly iv: string
  readonly ciphertext: string
  readonly tag: string
}

/**
 * A content under `OCTETS` with AES-256-GCM, by the platform and whatever its protected header says: for what
 * `encryptJwe` never makes (RFC 7516 §5.1).
 *
 * @param header - JSON, or its text
 */
export async function sealed(header: unknown, plaintext: string | Uint8Array, further = ''): Promise<Texts> {
  const guarded = b64(typeof header === 'string' ? header : JSON.stringify(header))
  const key = await crypto.subtle.importKey('raw', Uint8Array.from(OCTETS), 'AES-GCM', false, ['encrypt'])
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const how = { name: 'AES-GCM', iv, additionalData: Uint8Array.from(Buffer.from(guarded + further)) }
  const octets = new Uint8Array(await crypto.subtle.encrypt(how, key, Uint8Array.from(Buffer.from(plaintext))))
  const [ciphertext, tag] = [octets.slice(0, -16), octets.slice(-16)].map(b64)
  return { protected: guarded, encrypted_key: '', iv: b64(iv), ciphertext: ciphertext ?? '', tag: tag ?? '' }
}

/** The compact serialization of five texts (RFC 7516 §7.1). */
export const toCompact = ({ protected: guarded, encrypted_key, iv, ciphertext, tag }: Texts): string =>
  [guarded, encrypted_key, iv, ciphertext, tag].join('.')

/** The flattened serialization of five texts, which has no empty ones (RFC 7516 §7.2.2). */
export const toFlattened = ({ encrypted_key, ...texts }: Texts): object =>
  encrypted_key === '' ? texts : { ...texts, encrypted_key }

/** The five texts of a compact JWE. */
export function fromCompact(token: string): Texts {
  const [guarded = '', encrypted_key = '', iv = '', ciphertext = '', tag = ''] = token.split('.')
  return { protected: guarded, encrypted_key, iv, ciphertext, tag }
}

/** A header out of its base64url text. */
export const headerOf = (encoded = ''): Record<string, unknown> =>
  JSON.parse(Buffer.from(encoded, 'base64url').toString())
