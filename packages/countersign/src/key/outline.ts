import type { Bytes } from '../bytes.ts'
import { elementsOf, TAG, tagsOf } from './der.ts'

/**
 * The tags of what containers of keys consist of, in hex: SPKI, encrypted PKCS#8, X.509, PKCS#8, PKCS#12, PKCS#1 and
 * SEC 1. Octets at random are no DER to their last with one of these outlines but once in 2^38 times, whatever their
 * number.
 */
const OUTLINES = /^(30 03|30 04|30 30 03|02 30 04( a0)?( 81)?|02 30( 30)?|02( 02)+|02 04( a0)?( a1)?)$/

/** Whether octets begin as DER of a key does; only then is it worth reading on. */
export function looksLikeDer(bytes: Bytes): boolean {
  return bytes[0] === TAG.sequence && bytes.length > 16
}

/** Whether octets are a key or a certificate in DER, also of a kind that is not read here. */
export function isDerKey(der: Bytes): boolean {
  if (!looksLikeDer(der)) return false
  const [key, ...others] = elementsOf(der)
  return key !== undefined && others.length === 0 && OUTLINES.test(tagsOf(elementsOf(key.content)))
}
