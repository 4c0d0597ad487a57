// Keys and tokens that the attacks are made of; the tokens by hand, so that nothing here is a library's opinion.
import { constants, createHash, privateEncrypt, sign as signBytes } from 'node:crypto'
import type { Jwk } from 'countersign'
import { b64, input, mac, NOW, CLAIMS as USUAL } from '../../packages/countersign/test/support/forge.ts'
import { jwkFor, nodePair, publicMembers } from '../../packages/countersign/test/support/keys.ts'
import type { Demands, KeyGiven, VerifyAsk } from './case.ts'

export { macInput } from '../../packages/countersign/test/support/forge.ts'
export { b64, input, mac, NOW }

/** The usual claims, and such as no error may tell. */
export const CLAIMS = {
  ...USUAL,
  jti: 'z7c1f0a93d8b24e6fz',
  name: 'z52e8d4b6a90c17f3z',
  email: 'z91d36c0e5af82b47z@z0d6e92c1z',
  nonce: 'z0b6e2f78c4d915a3z',
} as const

export const SECRET: Uint8Array = Buffer.from('z4d7a19c2e8f35b60e1a97c0b82d6f3z')
export const HS = { alg: 'HS256', typ: 'JWT' } as const
export const secretKey: KeyGiven = { secret: SECRET }

export const [rsa, ec, ec384, ed] = (['RS256', 'ES256', 'ES384', 'Ed25519'] as const).map((alg) => {
  const jwk = jwkFor(alg)
  return { jwk, open: publicMembers(jwk), ...nodePair(jwk) }
}) as unknown as readonly [Pair, Pair, Pair, Pair]

interface Pair extends ReturnType<typeof nodePair> {
  readonly jwk: Jwk
  readonly open: Jwk
}

/** A pair of somebody else. */
export const [strangerRsa, strangerEc] = (['RS256', 'ES256'] as const).map((alg) => {
  const jwk = jwkFor(alg, 1)
  return { jwk, open: publicMembers(jwk), ...nodePair(jwk) }
}) as unknown as readonly [Pair, Pair]

/** The PEM of a public key. */
export const pemOf = ({ publicKey }: Pair): string => publicKey.export({ format: 'pem', type: 'spki' }).toString()

/** A JWK Set of one key with a name. */
export const setOf = (...keys: readonly object[]): KeyGiven => ({ set: { keys } })

/** A token with a true signature of a pair, whatever its header says. */
export function signedBy({ privateKey }: Pick<Pair, 'privateKey'>, header: unknown, payload: unknown = CLAIMS): string {
  const text = input(header, payload)
  return `${text}.${b64(rawSignature(privateKey, text))}`
}

/** The signature of RS256, ES256, ES384 or Ed25519, as the key has it. */
export function rawSignature(key: Pair['privateKey'], text: string): Buffer {
  const hashes: Readonly<Record<string, string | null>> = { rsa: 'sha256', ec: 'sha256', ed25519: null }
  const { namedCurve } = key.asymmetricKeyDetails ?? {}
  const hash = namedCurve === 'secp384r1' ? 'sha384' : (hashes[String(key.asymmetricKeyType)] ?? null)
  return signBytes(hash, Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' })
}

/** A token signed with RSASSA-PSS and any length of salt. */
export function pssToken(saltLength: number, header: object = { alg: 'PS256' }): string {
  const text = input(header, CLAIMS)
  const key = { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }
  return `${text}.${b64(signBytes('sha256', Buffer.from(text), key))}`
}

/** The DigestInfo of SHA-256 (RFC 8017 §9.2). */
const DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex')
export const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest()

/** EMSA-PKCS1-v1_5 of a text, padded as it should be or as it should not. */
export function padded(
  text: string,
  octets: number,
  { info = DIGEST_INFO, tail = Buffer.alloc(0), ff = -1 } = {},
): Buffer {
  const end = Buffer.concat([Buffer.of(0), info, digestOf(text), tail])
  const fill = ff < 0 ? octets - 2 - end.length : ff
  const head = Buffer.concat([Buffer.of(0, 1), Buffer.alloc(fill, 0xff), end])
  return Buffer.concat([head, Buffer.alloc(octets - head.length)])
}

/** A token whose signature is this padding, raised to the private exponent. */
export function rawRsaToken(how: Parameters<typeof padded>[2], change = (raw: Buffer): Buffer => raw): string {
  const text = input({ alg: 'RS256' }, CLAIMS)
  const raw = privateEncrypt({ key: rsa.privateKey, padding: constants.RSA_NO_PADDING }, padded(text, 256, how))
  return `${text}.${b64(change(raw))}`
}

export const numberOf = (text: string): bigint => BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`)
/** A number as octets, in so many as it takes. */
export function octetsOf(value: bigint, length = 0): Buffer {
  const hex = value.toString(16)
  return Buffer.from(hex.padStart(Math.max(2 * length, hex.length + (hex.length % 2)), '0'), 'hex')
}

/** The signing input and the signature of a token. */
export function taken(token: string): { readonly text: string; readonly raw: Buffer } {
  const text = token.slice(0, token.lastIndexOf('.'))
  return { text, raw: Buffer.from(token.slice(text.length + 1), 'base64url') }
}

/** A verification as most attacks need it: HS256 unless told otherwise. */
export const verify = (
  token: unknown,
  key: KeyGiven = secretKey,
  algorithms: unknown = ['HS256'],
  demands: Demands = {},
  more: Partial<VerifyAsk> = {},
): VerifyAsk => ({ do: 'verify', token, key, algorithms, demands, ...more })

/** The tokens that attacks start from, each against its key. */
export const GOOD = {
  HS256: verify(mac(HS, CLAIMS, SECRET)),
  RS256: verify(signedBy(rsa, { alg: 'RS256' }), { jwk: rsa.open }, ['RS256']),
  RS256_PEM: verify(signedBy(rsa, { alg: 'RS256' }), { pem: pemOf(rsa) }, ['RS256']),
  PS256: verify(pssToken(32), { jwk: rsa.open }, ['PS256']),
  ES256: verify(signedBy(ec, { alg: 'ES256' }), { jwk: ec.open }, ['ES256']),
  EdDSA: verify(signedBy(ed, { alg: 'EdDSA' }), { jwk: ed.open }, ['EdDSA']),
  SET: verify(signedBy(ec, { alg: 'ES256', kid: 'k' }), setOf({ ...ec.open, kid: 'k' }), ['ES256']),
  RSA_SET: verify(signedBy(rsa, { alg: 'RS256', kid: 'r' }), setOf({ ...rsa.open, kid: 'r' }), ['RS256']),
} as const

/** Claims that are the usual ones but for what is said. */
export const claimsWith = (changed: object): object => ({ ...CLAIMS, ...changed })
/** A token whose claims are the usual ones but for what is said. */
export const withClaims = (changed: object, header: object = HS): string => mac(header, claimsWith(changed), SECRET)
/** A token whose claims are this text. */
export const withText = (text: string, header: unknown = HS): string => mac(header, text, SECRET)
/** The JSON of the claims with more members, as text. */
export const textWith = (more: string): string => `${JSON.stringify(CLAIMS).slice(0, -1)},${more}}`
