import { type Bytes, fromBase64, fromBase64url, utf8 } from '../bytes.ts'
import type { Material } from '../crypto/backend.ts'
import { JoseError, kindOf } from '../errors.ts'
import { isObject, own } from '../json.ts'
import { isJwkSet } from './jwk.ts'
import type { Checked } from './material.ts'
import { isDerKey } from './outline.ts'
import { looksLikePem } from './pem.ts'

/**
 * A secret for {@link secretKey}, in the spelling it is kept in; which one it is has to be said, since one text fits
 * several.
 */
export type SecretInput =
  | Bytes
  | { readonly text: string }
  | { readonly base64: string }
  | { readonly base64url: string }
  | { readonly hex: string }

const SPELLINGS = ['text', 'base64', 'base64url', 'hex'] as const

/** The octets of a secret, in memory of their own. @throws {JoseError} `CS_KEY_INVALID` */
export function parseSecret(input: unknown): Bytes {
  if (input instanceof Uint8Array) return Uint8Array.from(input)
  const named = isObject(input) ? SPELLINGS.filter((name) => Object.hasOwn(input, name)) : []
  const [spelling] = named
  if (!isObject(input) || spelling === undefined || named.length > 1) {
    throw new JoseError('CS_KEY_INVALID', `${kindOf(input)} is not a secret`, {
      hint: 'Give octets, or say how the text is meant: { text }, { base64 }, { base64url } or { hex }.',
    })
  }
  const value = own(input, spelling)
  if (typeof value !== 'string') throw new JoseError('CS_KEY_INVALID', `${spelling} of the secret is ${kindOf(value)}`)
  if (spelling === 'text') return utf8(value)
  if (spelling === 'hex') return fromHex(value)
  if (spelling === 'base64') return fromBase64(value, 'the secret', 'CS_KEY_INVALID')
  return fromBase64url(value, 'the secret', 'CS_KEY_INVALID')
}

function fromHex(text: string): Bytes {
  if (text.length % 2 !== 0 || /[^0-9a-f]/i.test(text)) throw new JoseError('CS_KEY_INVALID', 'the secret is not hex')
  return Uint8Array.from({ length: text.length / 2 }, (_, index) =>
    Number.parseInt(text.slice(2 * index, 2 * index + 2), 16),
  )
}

/**
 * A secret with the findings about it. Octets that are an asymmetric key in any spelling are refused outright: whoever
 * has the public key could sign with them (attack 2).
 *
 * @returns the stuff, its bits, and why it makes no HMAC key where it does not (attack 20)
 * @throws {JoseError} `CS_WEAK_SECRET`
 */
export function secretMaterial(secret: Bytes): Checked & { readonly weakness: string | undefined } {
  if (secret.length === 0) throw new JoseError('CS_WEAK_SECRET', 'the secret is empty')
  const found = asymmetricKeyIn(secret)
  if (found) {
    throw new JoseError('CS_WEAK_SECRET', `the secret holds ${found}: that is not a secret`, {
      hint: 'Use importKey for a PEM, a DER or a JWK. A secret is random octets that nobody else knows.',
    })
  }
  return { material: rawSecret(secret), bits: secret.length * 8, weakness: weaknessOf(secret) }
}

const NO_MEMBERS: Material['members'] = Object.freeze({})

/** Octets as the stuff of a key, unchecked: those that the library has made itself. */
export function rawSecret(secret: Bytes): Material {
  return { kty: 'oct', kind: 'secret', members: NO_MEMBERS, secret }
}

function weaknessOf(secret: Bytes): string | undefined {
  if (secret.every((byte) => byte === 0)) return 'the secret consists of zeros'
  if (secret.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d))) return 'the secret is blank'
  return undefined
}

function asymmetricKeyIn(secret: Bytes): string | undefined {
  const text = String.fromCharCode(...secret.subarray(0, 16_384))
  if (looksLikePem(text)) return 'a PEM'
  if (text.includes('{') && isAsymmetricJson(text.slice(text.indexOf('{')))) return 'a JWK'
  if (isDerKey(secret)) return 'a DER key'
  return isDerKey(bareBody(text)) ? 'the body of a PEM' : undefined
}

/** What a text stands for that may be a PEM without its first and last line; no octets where it is not base64. */
function bareBody(text: string): Bytes {
  const body = text.replace(/\s+/g, '').replaceAll('-', '+').replaceAll('_', '/')
  try {
    return body.startsWith('M') ? fromBase64(body, 'the body') : new Uint8Array()
  } catch {
    return new Uint8Array()
  }
}

function isAsymmetricJson(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text.slice(0, text.lastIndexOf('}') + 1))
    if (isJwkSet(value)) return true
    return isObject(value) && typeof own(value, 'kty') === 'string' && own(value, 'kty') !== 'oct'
  } catch {
    return false
  }
}
