// Tokens that are valid where they are tried, and what they are tried with.
import { createHmac, sign } from 'node:crypto'
import { sync } from '../../../packages/countersign/src/crypto/node.ts'
import { importKey } from '../../../packages/countersign/src/key/import.ts'
import type { Key } from '../../../packages/countersign/src/key/key.ts'
import { publicKey } from '../../../packages/countersign/src/key/ops.ts'
import { runSync } from '../../../packages/countersign/src/op.ts'
import { Secrets } from '../oracle.ts'
import { jwkOf } from '../seeds.ts'

export const NOW = 1_790_000_000
export const ISSUER = 'https://issuer.example'
export const AUDIENCE = 'api'

export const CLAIMS = {
  iss: ISSUER,
  sub: '1234567890',
  aud: AUDIENCE,
  iat: NOW - 60,
  nbf: NOW - 60,
  exp: NOW + 600,
  jti: 'a1b2',
  admin: true,
}

const HMAC = jwkOf('HS256')
const [EC, ED] = [jwkOf('ES256'), jwkOf('Ed25519')]

/** A key that verifies what the key of that algorithm signed. */
export function verifies(alg: 'HS256' | 'ES256' | 'Ed25519'): Key {
  const kid = alg
  if (alg === 'HS256') return importKey({ ...HMAC, alg, kid }, {}, sync)
  return runSync(publicKey(importKey({ ...jwkOf(alg), alg, kid }, {}, sync)), sync)
}

/** Signs a header and a payload as they are, with the secret. */
export function macOf(header: string | Uint8Array, payload: string | Uint8Array): string {
  const input = `${Buffer.from(header).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`
  return `${input}.${createHmac('sha256', SECRET).update(input).digest('base64url')}`
}

const SECRET = Buffer.from(HMAC['k'] ?? '', 'base64url')

/** The same with a private key, and a header that names it. */
export function signatureOf(alg: 'ES256' | 'Ed25519', payload: object): string {
  const parts = [{ alg, typ: 'JWT', kid: alg }, payload].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  )
  const key = { key: alg === 'ES256' ? EC : ED, format: 'jwk', dsaEncoding: 'ieee-p1363' } as const
  const signature = sign(alg === 'ES256' ? 'sha256' : null, Buffer.from(parts.join('.')), key)
  return `${parts.join('.')}.${signature.toString('base64url')}`
}

/** The secrets behind all of it, as they might be written. */
export const SECRETS: Secrets = new Secrets([
  ...[HMAC['k'] ?? '', EC['d'] ?? '', ED['d'] ?? ''].flatMap((text) => {
    const octets = Buffer.from(text, 'base64url')
    return [text, octets.toString('base64'), octets.toString('hex'), octets.toString('latin1')]
  }),
])
