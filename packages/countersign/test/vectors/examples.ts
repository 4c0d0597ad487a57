import assert from 'node:assert/strict'
import type { Jwk, JwkSet } from 'countersign'
import type { FlattenedJws, GeneralJws, JwsPart } from 'countersign/jws'
import { SIGNATURE } from '../../src/alg/signature.ts'
import type { CookbookSigning, RfcCase, VectorOf } from '../support/vectors.ts'

/** A JWS in any serialization. */
export type AnyJws = string | FlattenedJws | GeneralJws

/** The members of a header. */
export type Members = Readonly<Record<string, unknown>>

/** A JWS of the vectors in one shape, wherever it is from. Node alone has read it. */
export interface JwsExample {
  readonly token: AnyJws
  readonly payload: Uint8Array
  /** Whether the payload travels by itself. */
  readonly detached: boolean
  /** Whether some alg stands in an unprotected header alone. */
  readonly openAlg: boolean
  readonly signatures: readonly SignatureExample[]
}

/** One signature of it, with its own key. */
export interface SignatureExample {
  readonly jwk: Jwk
  readonly alg: string
  /** The protected header, as octets that were text; nothing where there is none. */
  readonly text: string | undefined
  readonly protectedHeader: Members
  readonly unprotectedHeader: Members | undefined
  readonly signature: string
}

/** The `sig` that is that of another header and payload; only `output` of this file is right. */
const WRONG_SIG = 'rfc7520/rfc7797/hmac-sha2_b64_false.json'

/** A vector as an example; that the vector does not contradict itself is looked at here. */
export function exampleOf(vector: VectorOf<'rfc'> | VectorOf<'cookbook'>): JwsExample {
  return vector.from === 'rfc' ? fromRfc(vector.value) : fromCookbook(vector)
}

function fromRfc(value: RfcCase): JwsExample {
  const token = the(value.jws, 'jws')
  const payload =
    value.payload_b64u === undefined
      ? Buffer.from(the(value.payload_utf8, 'payload_utf8'))
      : Buffer.from(value.payload_b64u, 'base64url')
  if (value.payload_utf8 !== undefined) assert.equal(payload.toString(), value.payload_utf8)
  const key = the(value.key, 'key')
  const example = toExample(token, payload, isJwkSet(key) ? key.keys : [key], toArray(the(value.alg, 'alg')))
  for (const { text } of example.signatures) assert.equal(text, value.protected_header_utf8 ?? text)
  return example
}

function fromCookbook({ id, form, entry }: VectorOf<'cookbook'>): JwsExample {
  const token = entry.output[form] as AnyJws
  const payload = Buffer.from(the(entry.input?.payload, 'input.payload'))
  const example = toExample(token, payload, toArray(the(entry.input?.key, 'input.key')), algorithmsOf(entry.input?.alg))
  const signings: readonly CookbookSigning[] = toArray(the(entry.signing, 'signing'))
  for (const [index, part] of example.signatures.entries()) {
    const signing = the(signings[index], `signing of signature ${index}`)
    assert.deepEqual(part.protectedHeader, signing.protected ?? {})
    assert.deepEqual(part.unprotectedHeader, signing.unprotected)
    assert.equal(part.signature === signing.sig, !id.startsWith(WRONG_SIG), 'sig of the vector')
  }
  return example
}

const algorithmsOf = (alg: string | readonly string[] | undefined): readonly string[] => toArray(the(alg, 'input.alg'))

function toExample(token: AnyJws, payload: Buffer, keys: readonly Jwk[], algorithms: readonly string[]): JwsExample {
  const parts = partsOf(token)
  assert.ok(parts.length === keys.length && parts.length === algorithms.length, 'a key and an alg for each signature')
  const signatures = parts.map((part, index): SignatureExample => {
    const text = part.protected === undefined ? undefined : Buffer.from(part.protected, 'base64url').toString()
    const protectedHeader = JSON.parse(text ?? '{}') as Members
    const alg = the(algorithms[index], 'alg')
    assert.equal(protectedHeader['alg'] ?? part.header?.['alg'], alg)
    return {
      jwk: the(keys[index], 'key'),
      alg,
      text,
      protectedHeader,
      unprotectedHeader: part.header,
      signature: part.signature,
    }
  })
  return {
    token,
    payload: Uint8Array.from(payload),
    detached: !payloadOf(token),
    openAlg: signatures.some(({ protectedHeader }) => protectedHeader['alg'] === undefined),
    signatures,
  }
}

function partsOf(token: AnyJws): readonly JwsPart[] {
  if (typeof token !== 'string') return 'signatures' in token ? token.signatures : [token]
  const [header = '', , signature = ''] = token.split('.')
  return [{ protected: header, signature }]
}

const payloadOf = (token: AnyJws): string | undefined =>
  typeof token === 'string' ? token.split('.')[1] : token.payload

/** Whether an algorithm signs the same octets to the same signature each time. */
export const isDeterministic = (alg: string): boolean =>
  ['hmac', 'rsa', 'eddsa'].includes(SIGNATURE.get(alg)?.family ?? '')

/** Whether `signJws` writes a protected header to this very text: no white space, and `alg` first. */
export function isOurText({ text, protectedHeader }: SignatureExample): boolean {
  const { alg, ...others } = protectedHeader
  return text === undefined || text === JSON.stringify({ alg, ...others })
}

/** A JWS with the lowest bit of one octet of its signature changed, the first where there are several. */
export function withChangedSignature<Token extends AnyJws>(token: Token, index?: number): Token
export function withChangedSignature(token: AnyJws, index = 0): AnyJws {
  if (typeof token === 'string') {
    const [header = '', payload = '', signature = ''] = token.split('.')
    return `${header}.${payload}.${flipped(signature)}`
  }
  if (!('signatures' in token)) return { ...token, signature: flipped(token.signature) }
  const signatures = token.signatures.map((part, at) =>
    at === index ? { ...part, signature: flipped(part.signature) } : part,
  )
  return { ...token, signatures }
}

function flipped(signature: string): string {
  const octets = Buffer.from(signature, 'base64url')
  octets[octets.length - 1] = (octets.at(-1) ?? 0) ^ 1
  return octets.toString('base64url')
}

/** A JWS without its payload, which then travels by itself (RFC 7515 Appendix F). */
export function withoutPayload(token: AnyJws): AnyJws {
  if (typeof token === 'string') {
    const [header = '', , signature = ''] = token.split('.')
    return `${header}..${signature}`
  }
  const { payload: _, ...others } = token
  return others
}

/** A member that a vector of this kind always has. */
export function the<T>(value: T | null | undefined, what: string): T {
  assert.ok(value !== undefined && value !== null, `the vector has no ${what}`)
  return value
}

/** The key of a vector that has no more than one. */
export function oneKey(key: Jwk | JwkSet | readonly Jwk[] | null | undefined): Jwk {
  const jwk = the(key, 'key')
  assert.ok(!isArray(jwk) && !isJwkSet(jwk), 'the vector has several keys')
  return jwk
}

export const isJwkSet = (key: Jwk | JwkSet): key is JwkSet => 'keys' in key

const isArray = <T>(value: T | readonly T[]): value is readonly T[] => Array.isArray(value)

/** One or several as several. */
export const toArray = <T>(value: T | readonly T[]): readonly T[] => (isArray(value) ? value : [value])
