import { JoseError } from '../errors.ts'
import type { Backend, KeySpec, PlatformNeeds, SyncBackend } from './backend.ts'
import { adoptCryptoKey, isCryptoKey } from './crypto-key.ts'
import { deflate, inflate } from './web-deflate.ts'
import { complete, type Data, exportDer, generate, HASH, lacking, random, subtle } from './web-keys.ts'
import { work } from './web-work.ts'

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

function hasAes(bits: number): boolean {
  return bits !== 192 || (asked('generateKey', { name: 'AES-GCM', length: bits }) ?? true)
}

const supports = ({ key, aesBits }: PlatformNeeds): boolean =>
  (key === undefined || hasKey(key)) && (aesBits === undefined || hasAes(aesBits))

/** WebCrypto: every operation answers with a promise. */
export const backend: Backend = {
  name: 'WebCrypto',
  sync: false,
  supports,
  adopt: (value) => (isCryptoKey(value) ? adoptCryptoKey(value) : undefined),
  admit(material) {
    const variant = material.crv ?? material.members['alg']
    if (NOWHERE.has(variant ?? '')) throw lacking(variant ?? '')
    return material
  },
  complete,
  decryptPem() {
    throw new JoseError('CS_UNSUPPORTED', 'this runtime does not decrypt private keys', {
      hint: 'Decrypt it on Node, or with openssl pkcs8 -in key.pem -out plain.pem, and keep the result safe.',
    })
  },
  ...work,
  digest: async (hash, data) => new Uint8Array(await subtle().digest(HASH[hash], data as Data)),
  random,
  generate,
  exportDer,
  deflate,
  inflate,
}

/** There is nothing here that answers at once. */
export const sync: SyncBackend = /* @__PURE__ */ new Proxy({} as SyncBackend, {
  get(): never {
    throw new TypeError('countersign/sync is for Node, where keys work at once: use countersign')
  },
})
