import { createSecretKey, generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from 'node:crypto'
import { toEcdsaDer } from './der.ts'

export const ISSUER = 'https://issuer.example'
export const AUDIENCE = 'api'
export const KID = '2026-11'
export const LIFE_SECONDS = 900

/** The keys of one algorithm; for a secret both are the same. */
export interface Keys {
  readonly sign: KeyObject
  readonly verify: KeyObject
}

/** One algorithm that is measured. */
export interface Scheme {
  readonly name: string
  /** Its name in a header. Ed25519 has the older of its two names, which is the one that every peer knows. */
  readonly alg: string
  /** What node:crypto calls the hash; Ed25519 brings its own. */
  readonly hash: string | null
  generate(): Keys
}

const rsa = (): Keys => fromPair(generateKeyPairSync('rsa', { modulusLength: 2048 }))

export const SCHEMES: readonly Scheme[] = [
  { name: 'HS256', alg: 'HS256', hash: 'sha256', generate: secret },
  { name: 'RS256', alg: 'RS256', hash: 'sha256', generate: rsa },
  { name: 'PS256', alg: 'PS256', hash: 'sha256', generate: rsa },
  {
    name: 'ES256',
    alg: 'ES256',
    hash: 'sha256',
    generate: () => fromPair(generateKeyPairSync('ec', { namedCurve: 'P-256' })),
  },
  { name: 'Ed25519', alg: 'EdDSA', hash: null, generate: () => fromPair(generateKeyPairSync('ed25519')) },
]

function secret(): Keys {
  const key = createSecretKey(randomBytes(32))
  return { sign: key, verify: key }
}

const fromPair = ({ privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject }): Keys => ({
  sign: privateKey,
  verify: publicKey,
})

/** What the caller of `sign` brings; each signer adds iss, aud, iat and exp, and kid in the header. */
export interface Claims {
  readonly sub: string
  readonly name: string
  readonly admin: boolean
  readonly jti: string
}

export function newClaims(index: number): Claims {
  return { sub: String(1_234_567_890 + index), name: 'John Doe', admin: true, jti: randomUUID() }
}

/** One token in the forms that contenders take: text for a library, octets for a primitive. */
export interface Sample {
  readonly claims: Claims
  readonly token: string
  /** The octets of the signing input. */
  readonly input: Buffer
  /** The octets of the signature; for ES256 they are r || s. */
  readonly signature: Buffer
  /** An ES256 signature as OpenSSL has it; for other algorithms the same as `signature`. */
  readonly der: Buffer
}

/** @param token - a compact JWS of these claims */
export function toSample(scheme: Scheme, claims: Claims, token: string): Sample {
  const cut = token.lastIndexOf('.')
  const signature = Buffer.from(token.slice(cut + 1), 'base64url')
  const der = scheme.name === 'ES256' ? toEcdsaDer(signature) : signature
  return { claims, token, input: Buffer.from(token.slice(0, cut)), signature, der }
}

/** The sample with one bit of its payload turned, under the signature that it had before. */
export function tampered(scheme: Scheme, sample: Sample): Sample {
  const [header = '', payload = '', signature = ''] = sample.token.split('.')
  const octets = Buffer.from(payload, 'base64url')
  const at = octets.indexOf('John')
  octets.writeUInt8(octets.readUInt8(at) ^ 1, at)
  return toSample(scheme, sample.claims, `${header}.${octets.toString('base64url')}.${signature}`)
}
