import { type Bytes, concat, utf8 } from '../bytes.ts'
import type { Material } from '../crypto/backend.ts'
import { rawSecret } from '../key/secret.ts'
import { type Op, use } from '../op.ts'

/** Whom a key that was agreed upon is for (RFC 7518 §4.6.1.2 and §4.6.1.3); empty where nothing is said. */
export interface Parties {
  readonly apu: Bytes
  readonly apv: Bytes
}

const HASH_BITS = 256

/**
 * The Concat KDF (RFC 7518 §4.6.2, SP 800-56A §5.8.2.1): a key out of a secret that was agreed upon.
 *
 * @param id - what the key is for: `enc` where it is the CEK, or else `alg`
 */
export function* deriveKey(secret: Bytes, bits: number, id: string, { apu, apv }: Parties): Op<Material> {
  const info = concat(withLength(utf8(id)), withLength(apu), withLength(apv), uint32(bits))
  const parts: Bytes[] = []
  for (let round = 1; round <= Math.ceil(bits / HASH_BITS); round++) {
    const data = concat(uint32(round), secret, info)
    parts.push(yield* use((backend) => backend.digest(HASH_BITS, data)))
  }
  return rawSecret(concat(...parts).slice(0, bits / 8))
}

const withLength = (octets: Bytes): Bytes => concat(uint32(octets.length), octets)

function uint32(value: number): Bytes {
  const octets = new Uint8Array(4)
  new DataView(octets.buffer).setUint32(0, value)
  return octets
}
