import { type Bytes, base64url, fromBase64url } from '../bytes.ts'
import type { Backend } from '../crypto/backend.ts'
import { JoseError, kindOf, show } from '../errors.ts'
import { isObject, type JsonObject, own } from '../json.ts'
import type { Op } from '../op.ts'
import { unzlib, zlib } from './zlib.ts'

/** The type of a token with a status list (draft-ietf-oauth-status-list-17 §5.1). */
export const LIST_TYPE = 'statuslist+jwt'

/** How many bits a status of {@link createStatusList} has. */
export type StatusBits = 1 | 2 | 4 | 8

/** A list is not made or read that has more octets than this before it is compressed: 64 million statuses of one bit. */
export const MOST_OCTETS: number = 8 * 1024 * 1024
/** A token with such a list, none of which could be compressed, has no more characters than this. */
export const MOST_CHARACTERS: number = 16 * 1024 * 1024

export function isStatusBits(value: unknown): value is StatusBits {
  return value === 1 || value === 2 || value === 4 || value === 8
}

/** Statuses packed into octets, the first into the lowest bits (draft-ietf-oauth-status-list-17 §4.1). */
export class Statuses {
  readonly bits: StatusBits
  readonly octets: Bytes

  constructor(bits: StatusBits, octets: Bytes) {
    this.bits = bits
    this.octets = octets
  }

  /** How many statuses there is room for; those behind the last that was meant are 0. */
  get size(): number {
    return (this.octets.length * 8) / this.bits
  }

  /** @param index - a whole number from 0 to `size` - 1 */
  get(index: number): number {
    const { octet, shift, mask } = this.#place(index)
    return ((this.octets[octet] as number) >> shift) & mask
  }

  set(index: number, status: number): void {
    const { octet, shift, mask } = this.#place(index)
    this.octets[octet] = ((this.octets[octet] as number) & ~(mask << shift)) | (status << shift)
  }

  #place(index: number): { readonly octet: number; readonly shift: number; readonly mask: number } {
    const inOctet = 8 / this.bits
    return { octet: Math.floor(index / inOctet), shift: (index % inOctet) * this.bits, mask: (1 << this.bits) - 1 }
  }
}

/** The claim `status_list` of a list (§4.2). */
export function* toStatusListClaim({ bits, octets }: Statuses): Op<JsonObject, Pick<Backend, 'deflate'>> {
  return { bits, lst: base64url(yield* zlib(octets)) }
}

/** Reads that claim. @throws {JoseError} `CS_CLAIM_TYPE`, `CS_BASE64`, `CS_MALFORMED`, `CS_TOO_LARGE` */
export function* parseStatusListClaim(claim: unknown): Op<Statuses, Pick<Backend, 'inflate'>> {
  if (!isObject(claim)) throw new JoseError('CS_CLAIM_TYPE', `status_list is ${kindOf(claim)} and not an object`)
  const [bits, lst] = [own(claim, 'bits'), own(claim, 'lst')]
  if (!isStatusBits(bits)) throw new JoseError('CS_CLAIM_TYPE', `bits is ${numberOrKind(bits)} and not 1, 2, 4 or 8`)
  if (typeof lst !== 'string') throw new JoseError('CS_CLAIM_TYPE', `lst is ${kindOf(lst)} and not a string`)
  return new Statuses(bits, yield* unzlib(fromBase64url(lst, 'lst'), MOST_OCTETS))
}

const numberOrKind = (value: unknown): string => (typeof value === 'number' ? show(value) : kindOf(value))

/**
 * Where a token says that its status stands, in terms of {@link createStatusList}: an index in a list, and the list.
 */
export interface StatusReference {
  /** The index of the token in the list; the first is 0. */
  readonly idx: number
  /** Where the list is published. */
  readonly uri: string
}
