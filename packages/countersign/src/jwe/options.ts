import type { ManagementAlg } from '../alg/management.ts'
import { toOctets } from '../bytes.ts'
import { kindOf } from '../errors.ts'
import { toCount } from '../options.ts'
import type { ManagementOptions } from './manage.ts'
import { LEAST_ITERATIONS } from './parameters.ts'

/**
 * What may be said about how the key of a content gets to its recipient, to {@link createEncrypter} and
 * {@link countersign/jwe!encryptJwe | encryptJwe} (RFC 7518 §4.6.1, §4.8.1).
 */
export interface ManagementChoice {
  /** With ECDH-ES: who encrypts, so that the key is for these two alone (RFC 7518 §4.6.1.2). Text is UTF-8. */
  readonly apu?: Uint8Array | string
  /** With ECDH-ES: for whom (RFC 7518 §4.6.1.3). Text is UTF-8. */
  readonly apv?: Uint8Array | string
  /**
   * With PBES2: how many iterations a password takes, 1000 to what is allowed, which is the default; several passwords
   * share it (RFC 7518 §4.8.1.2).
   */
  readonly p2c?: number
}

/** @throws {TypeError} for what is not what it should be, or is not for this algorithm */
export function toManagementOptions(options: ManagementChoice, alg: ManagementAlg): ManagementOptions {
  const { p2c } = options
  const parties = (['apu', 'apv'] as const).flatMap((name) => {
    const value = options[name]
    if (value === undefined) return []
    if (alg.family !== 'agreement') throw new TypeError(`${name} is for ECDH-ES, and alg is ${alg.id}`)
    if (typeof value !== 'string' && !(value instanceof Uint8Array))
      throw new TypeError(`${name} is octets or text, not ${kindOf(value)}`)
    return [[name, Uint8Array.from(toOctets(value))] as const]
  })
  if (p2c === undefined) return Object.fromEntries(parties)
  if (alg.family !== 'password') throw new TypeError(`p2c is for passwords, and alg is ${alg.id}`)
  if (toCount(p2c, 'p2c', LEAST_ITERATIONS) < LEAST_ITERATIONS || p2c > alg.iterations)
    throw new TypeError(`p2c for ${alg.id} is ${LEAST_ITERATIONS} to ${alg.iterations}`)
  return { ...Object.fromEntries(parties), p2c }
}
