import { type Bytes, concat, equal } from '../bytes.ts'
import { OID_EC, OID_RSA } from './algorithm-id.ts'
import { CURVE } from './curve.ts'
import { type Element, elementsOf, oidDer, TAG, tagsOf, toDer } from './der.ts'
import type { Draft } from './material.ts'
import { PARAMETER_SET } from './parameter-set.ts'

/**
 * Whether an X.509 certificate is for a public key, or for the public half of a private one (RFC 5280 §4.1). Who vouches
 * for it, and until when, is not looked at.
 */
export function certifies(der: Bytes, draft: Draft): boolean {
  const key = fieldsOf(der)[5]?.whole
  return key !== undefined && spellingsOf(draft).some((spki) => equal(spki, key))
}

/**
 * From when and until when an X.509 certificate holds, in epoch seconds; nothing where that cannot be read
 * (RFC 5280 §4.1.2.5).
 */
export function validityOf(der: Bytes): { readonly notBefore: number; readonly notAfter: number } | undefined {
  const [notBefore, notAfter, ...more] = elementsOf(fieldsOf(der)[3]?.content ?? NOTHING).map(secondsOf)
  return notBefore === undefined || notAfter === undefined || more.length > 0 ? undefined : { notBefore, notAfter }
}

/**
 * A certificate from its serial number on: the algorithm, the issuer, the validity, the subject, the public key, and what
 * may follow; nothing where it is none.
 */
export function fieldsOf(der: Bytes): readonly Element[] {
  const [certificate, ...after] = elementsOf(der)
  const parts = certificate && after.length === 0 ? elementsOf(certificate.content) : []
  const [certified] = parts
  if (certified === undefined || tagsOf(parts) !== '30 30 03') return []
  const fields = elementsOf(certified.content)
  const [found, version] = /^(a0 )?02( 30){5}/.exec(tagsOf(fields)) ?? []
  if (found === undefined) return []
  return version === undefined ? fields : fields.slice(1)
}

const [UTC_TIME, GENERALIZED_TIME] = [0x17, 0x18]

/** `YYMMDDHHMMSSZ`, which ends in 2049, or the same with a year of four digits. */
function secondsOf({ tag, content }: Element): number | undefined {
  const text = content.length > 15 ? '' : String.fromCharCode(...content)
  const [, digits, month, day, hour, minute, second] = /^(\d{2}|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? []
  if (digits === undefined || tag !== (digits.length === 2 ? UTC_TIME : GENERALIZED_TIME)) return undefined
  const year = digits.length === 4 ? digits : `${Number(digits) < 50 ? 20 : 19}${digits}`
  const moment = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(moment) ? undefined : moment / 1000
}

/** The SubjectPublicKeyInfo of a key, in every spelling that is in use (RFC 5280 §4.1.2.7). */
function spellingsOf({ kty, crv = '', alg = '', members }: Draft): readonly Bytes[] {
  const { x = NOTHING, y = NOTHING, n = NOTHING, e = NOTHING, pub = x } = members
  if (kty === 'RSA') {
    const key = toDer(TAG.sequence, unsigned(n), unsigned(e))
    return [[toDer(TAG.null)], []].map((parameters) => spki(OID_RSA, parameters, key))
  }
  const oid = CURVE.get(crv)?.oid ?? PARAMETER_SET.get(alg)?.oid ?? ''
  if (kty !== 'EC') return [spki(oid, [], pub)]
  const compressed = concat(Uint8Array.of(2 + ((y.at(-1) ?? 0) & 1)), x)
  return [concat(Uint8Array.of(4), x, y), compressed].map((point) => spki(OID_EC, [oidDer(oid)], point))
}

const NOTHING: Bytes = new Uint8Array()

function spki(oid: string, parameters: readonly Bytes[], key: Bytes): Bytes {
  const algorithm = toDer(TAG.sequence, oidDer(oid), ...parameters)
  return toDer(TAG.sequence, algorithm, toDer(TAG.bitString, Uint8Array.of(0), key))
}

/** A positive INTEGER: its first bit is its sign. */
const unsigned = (value: Bytes): Bytes =>
  toDer(TAG.integer, (value[0] ?? 0) < 0x80 ? value : concat(Uint8Array.of(0), value))
