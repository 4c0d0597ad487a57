import type { Bytes } from '../bytes.ts'
import { rawSecret } from '../key/secret.ts'
import type { Material } from './backend.ts'

/** The two keys inside the CEK of an AES-CBC-HMAC encryption. */
export interface SplitCek {
  readonly mac: Material
  readonly aes: Material
}

const splits = new WeakMap<Material, SplitCek>()

/** A CEK as its MAC key and its AES key, one half each (RFC 7518 §5.2.2.1). A shared key is split once. */
export function splitCek(material: Material): SplitCek {
  let split = splits.get(material)
  if (split === undefined) {
    const { secret = new Uint8Array() } = material
    const half = secret.length / 2
    split = { mac: rawSecret(secret.subarray(0, half)), aes: rawSecret(secret.subarray(half)) }
    splits.set(material, split)
  }
  return split
}

/** What the MAC covers, part by part: the additional data, the vector, the ciphertext, and the bits of the first. */
export function macParts(aad: Bytes, iv: Bytes, ciphertext: Bytes): readonly Bytes[] {
  const length = new Uint8Array(8)
  new DataView(length.buffer).setBigUint64(0, BigInt(aad.length) * 8n)
  return [aad, iv, ciphertext, length]
}
