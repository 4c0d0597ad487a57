import type { ManagementAlg } from '../alg/management.ts'
import { type Bytes, fromBase64url } from '../bytes.ts'
import type { Material } from '../crypto/backend.ts'
import { JoseError, kindOf } from '../errors.ts'
import { isObject, own } from '../json.ts'
import { parseJwk } from '../key/jwk.ts'
import { toMaterial } from '../key/material.ts'
import type { JweRecipient } from '../serialization/jwe.ts'
import type { Parties } from './agreement.ts'

/** How a CEK was managed, as the header says it (RFC 7518 §4.6.1 to §4.8.1). */
export interface Parameters {
  readonly epk?: Material
  readonly parties?: Parties
  /** The vector and the tag of a key that AES-GCM wrapped. */
  readonly iv?: Bytes
  readonly tag?: Bytes
  readonly salt?: Bytes
  readonly iterations?: number
}

/** The bounds of a salt, in octets (RFC 7518 §4.8.1.1 has the lower one). */
const [LEAST_SALT, MOST_SALT] = [8, 64]

/** The least iterations of a password (RFC 7518 §4.8.1.2). */
export const LEAST_ITERATIONS = 1000

/** The least that AES Key Wrap gives: two blocks of a key and one of its own (RFC 3394 §2.2.1). */
const LEAST_WRAPPED = 24

/**
 * Reads what an algorithm needs to know, and holds that everything has the length it has to have, before any key is
 * touched (attacks 38, 39, 42 and 44).
 *
 * @throws {JoseError} `CS_HEADER`, `CS_MALFORMED`, `CS_BASE64`, or `CS_TOO_LARGE` for too many iterations
 */
export function parseParameters(alg: ManagementAlg, { header, encryptedKey }: JweRecipient): Parameters {
  checkEncryptedKey(alg, encryptedKey)
  const octets = (name: string): Bytes | undefined => {
    const value = own(header, name)
    if (value === undefined) return undefined
    if (typeof value === 'string') return fromBase64url(value, `${name} of the header`)
    throw new JoseError('CS_HEADER', `${name} of the header is ${kindOf(value)} and not a string`)
  }
  switch (alg.family) {
    case 'agreement': {
      const none = new Uint8Array()
      return { epk: parseEpk(own(header, 'epk')), parties: { apu: octets('apu') ?? none, apv: octets('apv') ?? none } }
    }
    case 'gcm-wrap':
      return { iv: ofLength(octets('iv'), 'iv', 12, 12), tag: ofLength(octets('tag'), 'tag', 16, 16) }
    case 'password':
      return {
        salt: ofLength(octets('p2s'), 'p2s', LEAST_SALT, MOST_SALT),
        iterations: parseIterations(alg, own(header, 'p2c')),
      }
    default:
      return {}
  }
}

/** Whether the key of the content is the one that is shared or agreed upon, so that there is none to encrypt. */
export function isDirect(alg: ManagementAlg): boolean {
  return alg.family === 'direct' || (alg.family === 'agreement' && alg.kekBits === undefined)
}

function checkEncryptedKey(alg: ManagementAlg, { length }: Bytes): void {
  if (isDirect(alg)) {
    if (length > 0) throw new JoseError('CS_MALFORMED', `the JWE has an encrypted key, and ${alg.id} has none`)
  } else if (length === 0) throw new JoseError('CS_MALFORMED', `the JWE has no encrypted key, and ${alg.id} has one`)
  else if (['wrap', 'agreement', 'password'].includes(alg.family) && (length < LEAST_WRAPPED || length % 8 !== 0))
    throw new JoseError('CS_MALFORMED', `the encrypted key has ${length} octets, which ${alg.id} never gives`)
}

/** An ephemeral public key is one with its curve and its point alone (RFC 7518 §4.6.1.1). */
function parseEpk(value: unknown): Material {
  if (!isObject(value)) throw new JoseError('CS_HEADER', `epk of the header is ${kindOf(value)} and not a JWK`)
  let why = 'it is no public key on a curve'
  try {
    const parsed = parseJwk({ kty: own(value, 'kty'), crv: own(value, 'crv'), x: own(value, 'x'), y: own(value, 'y') })
    const secret = ['d', 'k', 'priv'].some((name) => own(value, name) !== undefined)
    if ('draft' in parsed && parsed.draft.crv !== undefined && !secret) return toMaterial(parsed.draft).material
  } catch (error) {
    if (!(error instanceof JoseError)) throw error
    why = error.message
  }
  throw new JoseError('CS_HEADER', `epk of the header is refused: ${why}`)
}

function ofLength(octets: Bytes | undefined, name: string, least: number, most: number): Bytes {
  const length = octets?.length ?? 0
  if (octets && length >= least && length <= most) return octets
  const takes = least === most ? least : `${least} to ${most}`
  throw new JoseError('CS_HEADER', `${name} of the header has ${length} octets and takes ${takes}`)
}

function parseIterations(alg: ManagementAlg & { readonly family: 'password' }, value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < LEAST_ITERATIONS)
    throw new JoseError('CS_HEADER', `p2c of the header is not a whole number from ${LEAST_ITERATIONS} up`)
  if (value <= alg.iterations) return value
  throw new JoseError('CS_TOO_LARGE', `p2c of the header is ${value}, ${alg.iterations} are allowed with ${alg.id}`, {
    hint: 'Whoever encrypts has to ask for fewer iterations: they cost the one who decrypts as much.',
  })
}
