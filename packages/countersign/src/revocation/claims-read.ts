import { type Fault, isTime, missing, refuse, wrongType } from '../claims.ts'
import { kindOf } from '../errors.ts'
import { isObject, type JsonObject, own } from '../json.ts'

/** Refuses a token for one fault of its claims. */
export function deny(fault: Fault): never {
  return refuse([fault]) as never
}

/** Claims that the caller names something by. @throws {TypeError} for what is no object */
export function toClaims(value: unknown, what: string): JsonObject {
  if (!isObject(value)) throw new TypeError(`${what} takes an object of claims, not ${kindOf(value)}`)
  return value
}

/** A text, or nothing where the claim is not there. @throws {JoseError} `CS_CLAIM_TYPE` */
export function textOf(claims: JsonObject, name: string): string | undefined {
  const value = own(claims, name)
  if (value === undefined || typeof value === 'string') return value
  deny(wrongType(name, 'a string', value))
}

/** @throws {JoseError} `CS_CLAIM_MISSING`, `CS_CLAIM_TYPE` */
export function demandText(claims: JsonObject, name: string): string {
  return textOf(claims, name) ?? deny(missing(name))
}

/** Epoch seconds, or nothing where the claim is not there. @throws {JoseError} `CS_CLAIM_TYPE` */
export function timeOf(claims: JsonObject, name: string): number | undefined {
  const value = own(claims, name)
  if (value === undefined || isTime(value)) return value
  deny(wrongType(name, 'a finite number of seconds', value))
}

/** @throws {JoseError} `CS_CLAIM_MISSING`, `CS_CLAIM_TYPE` */
export function demandTime(claims: JsonObject, name: string): number {
  return timeOf(claims, name) ?? deny(missing(name))
}

/** Under whose name there may be a mark: the issuer's, or no name, which stands for every issuer. */
export function issuersOf(claims: JsonObject): readonly (string | undefined)[] {
  const iss = textOf(claims, 'iss')
  return iss === undefined ? [undefined] : [undefined, iss]
}
