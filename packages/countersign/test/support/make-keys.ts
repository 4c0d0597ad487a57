// Writes keys.json, the keys of all tests, by node:crypto: node packages/countersign/test/support/make-keys.ts
import * as crypto from 'node:crypto'
import { writeFileSync } from 'node:fs'

interface Made {
  readonly jwk: crypto.JsonWebKey
  /** The same key as PEM; none for a secret. */
  readonly pkcs8?: string
  readonly spki?: string
}

const secret = (octets: number): Made => ({
  jwk: { kty: 'oct', k: crypto.randomBytes(octets).toString('base64url') },
})

function pair({ privateKey, publicKey }: crypto.KeyPairKeyObjectResult, seed?: Uint8Array): Made {
  const der = privateKey.export({ format: 'der', type: 'pkcs8' })
  // Node writes the expanded key beside the seed, which the form of countersign leaves out (RFC 9881 §6).
  const pkcs8 = seed ?? der
  return {
    jwk: privateKey.export({ format: 'jwk' }),
    pkcs8: pem('PRIVATE KEY', pkcs8),
    spki: pem('PUBLIC KEY', publicKey.export({ format: 'der', type: 'spki' })),
  }
}

function mlDsa(alg: string): Made {
  const made = crypto.generateKeyPairSync(alg.toLowerCase() as 'ed25519')
  const { priv = '' } = made.privateKey.export({ format: 'jwk' }) as { priv?: string }
  const last = { 'ML-DSA-44': 0x11, 'ML-DSA-65': 0x12, 'ML-DSA-87': 0x13 }[alg] ?? 0
  const head = [0x30, 0x34, 2, 1, 0, 0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, last, 4, 0x22, 0x80, 0x20]
  return pair(made, Buffer.concat([Uint8Array.from(head), Buffer.from(priv, 'base64url')]))
}

const pem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der)
    .toString('base64')
    .replace(/.{1,64}/g, '$&\n')}-----END ${label}-----\n`

const ec = (namedCurve: string): Made => pair(crypto.generateKeyPairSync('ec', { namedCurve }))

/** A maker for each kind of key, named by the first algorithm that takes it. */
const MAKERS: Readonly<Record<string, () => Made>> = {
  HS256: () => secret(32),
  HS384: () => secret(48),
  HS512: () => secret(64),
  RS256: () => pair(crypto.generateKeyPairSync('rsa', { modulusLength: 2048 })),
  ES256: () => ec('P-256'),
  ES384: () => ec('P-384'),
  ES512: () => ec('P-521'),
  ES256K: () => ec('secp256k1'),
  Ed25519: () => pair(crypto.generateKeyPairSync('ed25519')),
  Ed448: () => pair(crypto.generateKeyPairSync('ed448')),
  X25519: () => pair(crypto.generateKeyPairSync('x25519')),
  X448: () => pair(crypto.generateKeyPairSync('x448')),
  'ML-DSA-44': () => mlDsa('ML-DSA-44'),
  'ML-DSA-65': () => mlDsa('ML-DSA-65'),
  'ML-DSA-87': () => mlDsa('ML-DSA-87'),
  A128KW: () => secret(16),
  A192KW: () => secret(24),
}

const keys = Object.fromEntries(Object.entries(MAKERS).map(([name, make]) => [name, [make(), make()]]))
writeFileSync(new URL('keys.json', import.meta.url), `${JSON.stringify(keys, null, 2)}\n`)
