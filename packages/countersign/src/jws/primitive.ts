import type { SignatureAlg } from '../alg/signature.ts'
import { type Bytes, base64url, fromBase64url, toOctets } from '../bytes.ts'
import type { Awaitable, Backend, ForeignKey, Material, SigningInput } from '../crypto/backend.ts'
import { JoseError, kindOf } from '../errors.ts'
import { CURVE } from '../key/curve.ts'
import { Key } from '../key/key.ts'
import { publicMaterial } from '../key/ops.ts'
import { PARAMETER_SET } from '../key/parameter-set.ts'
import { type Op, PromiseInSyncError, start, use } from '../op.ts'

/** The exact length of a signature in octets (RFC 7518 §3.2 to §3.5, RFC 8032 §5.1.6 and §5.2.6, FIPS 204 §4). */
export function signatureOctets(alg: SignatureAlg, key: Pick<Key, 'bits' | 'crv'>): number {
  switch (alg.family) {
    case 'hmac':
      return (alg.hash ?? 0) / 8
    case 'rsa':
    case 'pss':
      return Math.ceil(key.bits / 8)
    case 'ecdsa':
    case 'eddsa':
      return 2 * (CURVE.get(key.crv ?? '')?.octets ?? 0)
    case 'mldsa':
      return PARAMETER_SET.get(alg.id)?.signatureOctets ?? 0
  }
}

/**
 * The signature of a key over an input. The gate between key and algorithm has been passed.
 *
 * @throws {JoseError} `CS_UNAVAILABLE` where a foreign signer fails, `CS_SIGNATURE` where it does wrong
 */
export function signInput(alg: SignatureAlg, key: Key, input: SigningInput, backend: Backend): Awaitable<string> {
  const material = Key.material(key)
  if (material.foreign === undefined) return backend.sign(alg, material, input)
  return start(signElsewhere(alg, key, material.foreign, toOctets(input)), backend)
}

function* signElsewhere(alg: SignatureAlg, key: Key, foreign: ForeignKey, input: Bytes): Op<string> {
  const signature = yield* askForeign(foreign, alg, input)
  const length = signatureOctets(alg, key)
  if (signature.length !== length) {
    const der = alg.family === 'ecdsa' && signature[0] === 0x30
    throw new JoseError(
      'CS_SIGNATURE',
      `the foreign signer gave ${signature.length} octets, ${alg.id} takes ${length}`,
      {
        hint: der
          ? "It begins as DER does: say encoding: 'der' to remoteKey, and it is converted."
          : `Look at what the signer does for ${alg.id}, and whether it has the key whose public half remoteKey was given.`,
      },
    )
  }
  const text = base64url(signature)
  yield* prove(alg, Key.material(key), input, text)
  return text
}

function* askForeign(foreign: ForeignKey, alg: SignatureAlg, input: Bytes): Op<Bytes> {
  let signature: unknown
  try {
    signature = yield* use<unknown>(() => foreign.sign?.(alg, input))
  } catch (cause) {
    if (cause instanceof JoseError || cause instanceof PromiseInSyncError) throw cause
    throw new JoseError('CS_UNAVAILABLE', 'the foreign signer failed', { cause, unavailable: true })
  }
  // In memory of its own: what a signer still holds could change under our hands.
  if (signature instanceof Uint8Array) return Uint8Array.from(signature)
  throw new JoseError(
    'CS_SIGNATURE',
    `the foreign signer gave ${kindOf(signature)} and not the octets of a signature`,
    { hint: 'Give a Uint8Array: decode base64, and wrap an ArrayBuffer.' },
  )
}

/** The algorithms that a foreign signer has shown to do right. */
const proven = new WeakMap<Material, Set<string>>()

/** The first signature with each algorithm is verified by the public half, where that is known. */
function* prove(alg: SignatureAlg, material: Material, input: Bytes, signature: string): Op<void> {
  if (proven.get(material)?.has(alg.id)) return
  const open = publicMaterial(material)
  if (open === undefined) return
  if (!(yield* use((backend) => backend.verify(alg, open, input, signature)))) {
    throw new JoseError('CS_SIGNATURE', 'the signature of the foreign signer does not verify with its public key', {
      hint: `Compare the key that it signs with to the jwk of remoteKey, and what it does to ${alg.id}: does it hash twice?`,
    })
  }
  const algorithms = proven.get(material) ?? new Set()
  proven.set(material, algorithms.add(alg.id))
}

/** Verifies with a key that is out of reach. @throws {JoseError} `CS_UNAVAILABLE` */
export async function foreignVerify(
  alg: SignatureAlg,
  { foreign }: Material,
  input: SigningInput,
  signature: string,
): Promise<boolean> {
  try {
    return (await foreign?.verify?.(alg, toOctets(input), fromBase64url(signature, 'the signature'))) === true
  } catch (cause) {
    throw new JoseError('CS_UNAVAILABLE', 'the platform could not use its key', { cause, unavailable: true })
  }
}
