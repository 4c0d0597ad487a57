import { base64url, utf8 } from '../bytes.ts'
import { JoseError } from '../errors.ts'
import type { Backend, KeySpec, Material, PlatformNeeds, SyncBackend, Verifying } from './backend.ts'
import { adoptCryptoKey, isCryptoKey } from './crypto-key.ts'
import { deflate, inflate } from './web-deflate.ts'
import { completing, type Data, exportDer, generate, HASH, lacking, random, subtle } from './web-keys.ts'
import { agree, decryptKey, encryptKey, open, seal, sign, stretch, unwrap, verify, wrap } from './web-work.ts'

/** Kinds of keys that no WebCrypto has ever had. */
const NOWHERE: ReadonlySet<string> = new Set(['secp256k1'])
/** Kinds of keys, and a size of AES, that some have; where the platform does not say, they are taken to be missing. */
const SOMEWHERE: ReadonlySet<string> = new Set(['Ed448', 'X448', 'ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'])

type Supports = (operation: string, algorithm: object | string) => boolean

/** What the platform says of itself (Web Cryptography, SubtleCrypto.supports); not every one does. */
function asked(operation: string, algorithm: object | string): boolean | undefined {
  const { SubtleCrypto } = globalThis as { readonly SubtleCrypto?: { readonly supports?: Supports } }
  if (typeof SubtleCrypto?.supports !== 'function') return undefined
  return SubtleCrypto.supports(operation, algorithm)
}

function hasKey({ kty, crv, alg }: KeySpec): boolean {
  const variant = crv ?? alg
  if (variant === undefined || kty === 'RSA') return true
  if (NOWHERE.has(variant)) return false
  if (kty === 'EC') return true
  return asked('importKey', variant) ?? !SOMEWHERE.has(variant)
}

/** Chromium alone never had AES with 192 bits, and does not say so. */
const isChromium = (): boolean =>
  /Chrom(?:e|ium)\//.test(
    (globalThis as { readonly navigator?: { readonly userAgent?: string } }).navigator?.userAgent ?? '',
  )

function hasAes(bits: number): boolean {
  return bits !== 192 || (asked('generateKey', { name: 'AES-GCM', length: bits }) ?? !isChromium())
}

const supports = ({ key, aesBits }: PlatformNeeds): boolean =>
  (key === undefined || hasKey(key)) && (aesBits === undefined || hasAes(aesBits))

/** @throws {JoseError} `CS_UNSUPPORTED` for a key that this platform has no use for */
function admit(material: Material): Material {
  const { kty, crv, members } = material
  mustHave({ kty, ...(crv && { crv }), ...(members['alg'] && { alg: members['alg'] }) })
  return material
}

function mustHave(spec: KeySpec): void {
  if (!hasKey(spec)) throw lacking(spec.crv ?? spec.alg ?? spec.kty)
}

const digest: Backend['digest'] = async (hash, data) => new Uint8Array(await subtle().digest(HASH[hash], data as Data))

const fingerprint: Backend['fingerprint'] = async (text) => base64url(await digest(256, utf8(text)))

/** WebCrypto: every operation answers with a promise. */
export const backend: Backend = {
  name: 'WebCrypto',
  sync: false,
  supports,
  adopt: (value) => (isCryptoKey(value) ? adoptCryptoKey(value) : undefined),
  admit(material, pkcs8) {
    if (pkcs8 === undefined) return completing(admit(material))
    throw new JoseError(
      'CS_UNSUPPORTED',
      'this runtime does not compare the seed of a key with what was worked out of it',
      {
        hint: 'Give the JWK of the key, or a PKCS#8 with the seed alone.',
      },
    )
  },
  decryptPem() {
    throw new JoseError('CS_UNSUPPORTED', 'this runtime does not decrypt private keys', {
      hint: 'Decrypt it on Node, or with openssl pkcs8 -in key.pem -out plain.pem, and keep the result safe.',
    })
  },
  sign,
  verify,
  seal,
  open,
  wrap,
  unwrap,
  encryptKey,
  decryptKey,
  agree,
  stretch,
  digest,
  fingerprint,
  random,
  async generate(spec) {
    mustHave(spec)
    return generate(spec)
  },
  exportDer,
  deflate,
  inflate,
}

/** As much of it as verifying takes: a bundle for browsers that does no more has no more. */
export const verifying: Verifying = { sync: false, admit, digest, fingerprint, verify }

/** There is nothing here that answers at once. */
export const sync: SyncBackend = /* @__PURE__ */ new Proxy({} as SyncBackend, {
  get(): never {
    throw new TypeError('countersign/sync is for Node, where keys work at once: use countersign')
  },
})
