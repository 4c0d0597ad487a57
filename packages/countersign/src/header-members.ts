import { kindOf } from './errors.ts'
import { tooLargeHeader } from './header.ts'
import { isDeeper, isObject, type JsonObject, own, parseObject, TOO_LARGE, toObjectText } from './json.ts'
import type { Limits } from './options.ts'

/**
 * The members of a header in an object of their own, for JSON. A kid that is undefined stays, for it says that there is
 * to be none.
 *
 * @throws {TypeError} for what is no header, or would show a secret: a header is for everyone to read (RFC 7515 §4.1.3)
 * @throws {JoseError} `CS_TOO_LARGE`
 */
export function toMembers(value: unknown, name: string, limits: Limits): JsonObject | undefined {
  if (value === undefined) return undefined
  if (!isObject(value)) throw new TypeError(`${name} is ${kindOf(value)} and not an object`)
  const text = toObjectText(value, limits.headerBytes)
  if (text === undefined) throw new TypeError(`${name} holds something that JSON does not have`)
  if (text === TOO_LARGE || text.length > limits.headerBytes) throw tooLargeHeader(limits)
  const members = parseObject(text, name, limits.headerBytes)
  if (isDeeper(members, limits.jsonDepth))
    throw new TypeError(`${name} is nested deeper than ${limits.jsonDepth} levels`)
  if (holdsSecret(own(members, 'jwk'))) throw new TypeError(`${name} holds a jwk with private members`)
  return Object.hasOwn(value, 'kid') && value['kid'] === undefined ? { ...members, kid: undefined } : members
}

function holdsSecret(jwk: unknown): boolean {
  return isObject(jwk) && ['d', 'k', 'priv'].some((name) => own(jwk, name) !== undefined)
}
