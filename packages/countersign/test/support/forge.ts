import assert from 'node:assert/strict'
import { createHmac, type KeyObject, sign as signBytes } from 'node:crypto'
import { JoseError } from 'countersign'

/** base64url of a text or of octets, by Node. */
export const b64 = (value: string | Uint8Array): string => Buffer.from(value).toString('base64url')

/** The signing input of two JSON values; a string stands for itself, so that broken JSON can be written. */
export function input(header: unknown, payload: unknown): string {
  const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
  return `${b64(text(header))}.${b64(text(payload))}`
}

/** A token with an HMAC made by hand, whatever its header says. */
export function mac(header: unknown, payload: unknown, secret: string | Uint8Array, hash = 'sha256'): string {
  return macInput(input(header, payload), secret, hash)
}

/** As `mac`, over a signing input that was written by hand. */
export function macInput(text: string, secret: string | Uint8Array, hash = 'sha256'): string {
  return `${text}.${createHmac(hash, secret).update(text).digest('base64url')}`
}

/** A token signed by hand with node:crypto. */
export function signed(header: unknown, payload: unknown, hash: string | null, key: SignKey): string {
  const text = input(header, payload)
  return `${text}.${signBytes(hash, Buffer.from(text), key).toString('base64url')}`
}

type SignKey =
  | KeyObject
  | (object & { readonly key: KeyObject; readonly dsaEncoding?: 'der' | 'ieee-p1363'; readonly saltLength?: number })

/** Any verifier of either door. */
export interface AnyVerifier {
  verify(token: string): unknown
}

/** Holds that a token is refused with a code, by `JoseError` alone. */
export async function refuses(verifier: AnyVerifier, token: unknown, ...codes: string[]): Promise<JoseError> {
  try {
    await verifier.verify(token as string)
  } catch (error) {
    assert.ok(error instanceof JoseError, `not a JoseError: ${String(error)}`)
    if (codes.length > 0)
      assert.ok(codes.includes(error.code), `${error.code} (${error.message}) is none of ${codes.join(', ')}`)
    return error
  }
  return assert.fail('the token was accepted')
}

/** Holds that something throws a `JoseError` with a code. */
export async function fails(act: () => unknown, ...codes: string[]): Promise<JoseError> {
  return refuses({ verify: act }, '', ...codes)
}

/** A moment that all tests share: no test reads the real clock. */
export const NOW = 1_790_000_000
export const now = (): number => NOW

/** Claims that every verifier below accepts. */
export const CLAIMS = {
  iss: 'https://issuer.example',
  aud: 'api',
  sub: '1234567890',
  iat: NOW,
  exp: NOW + 600,
} as const

/** Verifier options that accept `CLAIMS`. */
export const POLICY = { issuer: CLAIMS.iss, audience: CLAIMS.aud, now } as const
