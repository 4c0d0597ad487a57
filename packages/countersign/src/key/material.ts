import { type Bytes, base64url } from '../bytes.ts'
import type { Material } from '../crypto/backend.ts'
import { JoseError, show } from '../errors.ts'
import { CURVE, type Curve } from './curve.ts'
import { toInteger } from './integer.ts'
import { PARAMETER_SET } from './parameter-set.ts'
import { checkRsa, checkRsaPrivate } from './rsa.ts'

/** The members of an asymmetric key as octets, read from a JWK or from DER and not yet checked. */
export type Draft =
  | {
      readonly kty: 'RSA'
      readonly crv?: never
      readonly alg?: never
      readonly kind: 'public' | 'private'
      readonly members: Readonly<Record<string, Bytes>>
    }
  | {
      readonly kty: 'EC' | 'OKP'
      readonly crv: string
      readonly alg?: never
      readonly kind: 'public' | 'private'
      /** A private key may come without its public members; the backend works them out. */
      readonly members: Readonly<Record<string, Bytes>>
    }
  | {
      readonly kty: 'AKP'
      readonly crv?: never
      readonly kind: 'public' | 'private'
      /** The parameter set. */
      readonly alg: string
      /** `pub`, `priv`, or both; as above. */
      readonly members: Readonly<Record<string, Bytes>>
      /** The PKCS#8 that it came from, where that holds an expanded key beside the seed. */
      readonly pkcs8?: Bytes
    }

/** The private members of an RSA key that every runtime needs (RFC 7518 §6.3.2). */
export const RSA_PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const

/** Key stuff that passed every check, and its size. */
export interface Checked {
  readonly material: Material
  readonly bits: number
}

/**
 * The checks that JWK and DER share (attacks 19 and 21): sizes, exponents, exact lengths, and that a point is on its
 * curve. That the halves of an EC or OKP key belong together is for the backend to say.
 *
 * @throws {JoseError} `CS_KEY_INVALID`, `CS_KEY_SIZE`, or `CS_UNSUPPORTED` for another curve
 */
export function toMaterial(draft: Draft): Checked {
  if (draft.kty === 'RSA') return rsaMaterial(draft.kind, draft.members)
  if (draft.kty === 'AKP') return akpMaterial(draft)
  const curve = CURVE.get(draft.crv)
  if (curve === undefined) throw unsupportedCurve(draft.crv)
  if (curve.kty !== draft.kty) throw invalid(`curve ${curve.id} belongs to kty ${curve.kty}, not ${draft.kty}`)
  if (draft.kind === 'public' || draft.members['x']) checkPoint(curve, draft.members)
  if (draft.kind === 'private') checkPrivate(curve, draft.members['d'])
  const material: Material = { kty: curve.kty, crv: curve.id, kind: draft.kind, members: encode(draft.members) }
  return { material, bits: curve.bits }
}

/** The size that goes with a curve or a parameter set; nothing for a key that has neither. */
export function sizeOf({ crv, members }: Pick<Material, 'crv' | 'members'>): number | undefined {
  const octets = PARAMETER_SET.get(members['alg'] ?? '')?.publicOctets
  return CURVE.get(crv ?? '')?.bits ?? (octets && octets * 8)
}

function rsaMaterial(kind: 'public' | 'private', members: Readonly<Record<string, Bytes>>): Checked {
  const { n, e } = members
  if (!n?.length || !e?.length) throw invalid('an RSA key takes n and e')
  const bits = checkRsa(n, e)
  if (kind === 'private') {
    for (const name of RSA_PRIVATE) {
      const value = members[name]
      if (!value?.length || value[0] === 0) throw invalid(`${name} is empty or has leading zero octets`)
      if (value.length > n.length) throw invalid(`${name} is longer than n`)
    }
    checkRsaPrivate(members)
  }
  return { material: { kty: 'RSA', kind, members: encode(members) }, bits }
}

/** Any octets of the right number are a public key of ML-DSA, and any seed a private one (FIPS 204 §7.2). */
function akpMaterial({ alg, kind, members }: Extract<Draft, { kty: 'AKP' }>): Checked {
  const set = PARAMETER_SET.get(alg)
  if (set === undefined) throw new JoseError('CS_UNSUPPORTED', `alg ${show(alg)} of an AKP key is not supported`)
  const { pub, priv } = members
  if (pub ? pub.length !== set.publicOctets : kind === 'public')
    throw invalid(`pub takes ${set.publicOctets} octets for ${set.id}`)
  if (kind === 'private' && priv?.length !== set.seedOctets)
    throw invalid(`priv takes the ${set.seedOctets} octets of a seed for ${set.id}`)
  const material: Material = { kty: 'AKP', kind, members: Object.freeze({ alg: set.id, ...encode(members) }) }
  return { material, bits: set.publicOctets * 8 }
}

function checkPoint(curve: Curve & { readonly id: string }, { x, y }: Readonly<Record<string, Bytes>>): void {
  if (x?.length !== curve.octets) throw invalid(`x takes ${curve.octets} octets on ${curve.id}`)
  if (curve.kty === 'EC' && y?.length !== curve.octets) throw invalid(`y takes ${curve.octets} octets on ${curve.id}`)
  const fault = curve.fault(x, y ?? x)
  if (fault) throw invalid(fault)
}

function checkPrivate(curve: Curve & { readonly id: string }, d: Bytes | undefined): void {
  if (d?.length !== curve.octets) throw invalid(`d takes ${curve.octets} octets on ${curve.id}`)
  if (curve.order === undefined) return
  const scalar = toInteger(d)
  if (scalar === 0n || scalar >= curve.order) throw invalid(`d is not below the order of ${curve.id}`)
}

function encode(members: Readonly<Record<string, Bytes>>): Readonly<Record<string, string>> {
  return Object.freeze(Object.fromEntries(Object.entries(members).map(([name, bytes]) => [name, base64url(bytes)])))
}

/** @returns the error for a key on another curve than those of `CURVE` */
export function unsupportedCurve(crv: string): JoseError {
  return new JoseError('CS_UNSUPPORTED', `curve ${show(crv)} is not supported`)
}

/** @returns the error for a key that is malformed or contradicts itself */
export function invalid(why: string): JoseError {
  return new JoseError('CS_KEY_INVALID', why)
}
