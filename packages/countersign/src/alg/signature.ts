import type { KeySpec, SignatureScheme } from '../crypto/backend.ts'
import { type Needs, type Table, table } from './needs.ts'

/** A signature or MAC algorithm (RFC 7518 §3.1, RFC 8037 §3.1, RFC 8812 §3.2, RFC 9864 §2.2, RFC 9964 §5). */
export interface SignatureAlg extends Needs, SignatureScheme {
  /** What `generateKey` makes for it. */
  readonly generate: KeySpec
}

const use = 'sig' as const
const work = { sign: 'sign', verify: 'verify' } as const
const hmac = { use, work, family: 'hmac', kty: ['oct'] } as const
const rsa = { use, work, family: 'rsa', kty: ['RSA'], minBits: 2048, generate: { kty: 'RSA', bits: 2048 } } as const
const pss = { ...rsa, family: 'pss' } as const
const ecdsa = { use, work, family: 'ecdsa', kty: ['EC'] } as const
const eddsa = { use, work, family: 'eddsa', kty: ['OKP'], generate: { kty: 'OKP', crv: 'Ed25519' } } as const
const mldsa = { use, work, family: 'mldsa', kty: ['AKP'] } as const

/** Every signature algorithm. `none` is no row, so it can neither be made nor verified. */
export const SIGNATURE: Table<SignatureAlg> = table<Omit<SignatureAlg, 'id'>>({
  HS256: { ...hmac, hash: 256, minBits: 256, generate: { kty: 'oct', bits: 256 } },
  HS384: { ...hmac, hash: 384, minBits: 384, generate: { kty: 'oct', bits: 384 } },
  HS512: { ...hmac, hash: 512, minBits: 512, generate: { kty: 'oct', bits: 512 } },
  RS256: { ...rsa, hash: 256 },
  RS384: { ...rsa, hash: 384 },
  RS512: { ...rsa, hash: 512 },
  PS256: { ...pss, hash: 256 },
  PS384: { ...pss, hash: 384 },
  PS512: { ...pss, hash: 512 },
  ES256: { ...ecdsa, hash: 256, crv: ['P-256'], generate: { kty: 'EC', crv: 'P-256' } },
  ES384: { ...ecdsa, hash: 384, crv: ['P-384'], generate: { kty: 'EC', crv: 'P-384' } },
  ES512: { ...ecdsa, hash: 512, crv: ['P-521'], generate: { kty: 'EC', crv: 'P-521' } },
  ES256K: { ...ecdsa, hash: 256, crv: ['secp256k1'], generate: { kty: 'EC', crv: 'secp256k1' } },
  EdDSA: { ...eddsa, crv: ['Ed25519', 'Ed448'] },
  Ed25519: { ...eddsa, crv: ['Ed25519'] },
  Ed448: { ...eddsa, crv: ['Ed448'], generate: { kty: 'OKP', crv: 'Ed448' } },
  'ML-DSA-44': { ...mldsa, generate: { kty: 'AKP', alg: 'ML-DSA-44' } },
  'ML-DSA-65': { ...mldsa, generate: { kty: 'AKP', alg: 'ML-DSA-65' } },
  'ML-DSA-87': { ...mldsa, generate: { kty: 'AKP', alg: 'ML-DSA-87' } },
})

/** What every provider of OpenID Connect has to sign ID tokens with, and every client can check (Discovery 1.0 §3). */
export const OPENID_SIGNATURE = 'RS256'
