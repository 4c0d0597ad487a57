import { JoseError, kindOf } from '../errors.ts'
import { tooLargeHeader } from '../header.ts'
import { isObject, type JsonObject, own, parseObject, TOO_LARGE, toObjectText } from '../json.ts'
import type { JoseLimits, Limits } from '../options.ts'

/** How a token in JSON is read. */
export interface JsonRules {
  readonly limits: JoseLimits
  readonly allowUnprotectedAlg: boolean
}

/** What a serialization in JSON is called, and where its parts stand. */
export interface JsonForm {
  readonly what: 'JWS' | 'JWE'
  /** The member that holds the parts of the general serialization, and one of them in words. */
  readonly list: 'signatures' | 'recipients'
  /** What a part is made of; beside the list none of it may stand. */
  readonly members: readonly string[]
}

/** A member that is text, or not there. @throws {JoseError} `CS_MALFORMED` */
export function textMember(object: JsonObject, name: string, { what }: JsonForm): string | undefined {
  const value = own(object, name)
  if (value === undefined || typeof value === 'string') return value
  throw new JoseError('CS_MALFORMED', `${name} of the ${what} is ${kindOf(value)} and not a string`)
}

/** The same for a member that is left out where it would be empty. @throws {JoseError} `CS_MALFORMED` */
export function fullMember(object: JsonObject, name: string, form: JsonForm): string | undefined {
  const value = textMember(object, name, form)
  if (value !== '') return value
  throw new JoseError('CS_MALFORMED', `${name} of the ${form.what} is empty: it is left out instead`)
}

/**
 * The objects in the list of a general serialization; nothing where there is no list.
 *
 * @throws {JoseError} `CS_MALFORMED`, also for a mixture of both serializations, and `CS_TOO_LARGE`
 */
export function listed(
  token: JsonObject,
  { what, list, members }: JsonForm,
  { recipients }: JoseLimits,
): readonly JsonObject[] | undefined {
  const several = own(token, list)
  if (several === undefined) return undefined
  if (members.some((name) => own(token, name) !== undefined)) {
    throw new JoseError('CS_MALFORMED', `the ${what} has ${list} beside a ${members.join(', ')} of its own`)
  }
  if (!Array.isArray(several) || several.length === 0)
    throw new JoseError('CS_MALFORMED', `${list} of the ${what} is not an array with something in it`)
  if (several.length > recipients) {
    throw new JoseError(
      'CS_TOO_LARGE',
      `the ${what} has ${several.length} ${list}, ${recipients} are allowed (limit recipients)`,
    )
  }
  // Array.from and not map, which leaves out what an array does not have.
  return Array.from(several, (part: unknown) => {
    if (isObject(part)) return part
    throw new JoseError('CS_MALFORMED', `${list} of the ${what} holds ${kindOf(part)} and not an object`)
  })
}

/** The unprotected headers are measured where they are read. @throws {JoseError} `CS_TOO_LARGE` */
export function refuseLarge(texts: readonly (string | undefined)[], limits: Limits): void {
  refuseLength(
    texts.reduce((sum, text) => sum + (text?.length ?? 0), 0),
    limits,
  )
}

/** The same for a token that is one text. @throws {JoseError} `CS_TOO_LARGE` */
export function refuseLength(length: number, { tokenBytes }: Limits): void {
  if (length <= tokenBytes) return
  throw new JoseError(
    'CS_TOO_LARGE',
    `the token has ${length} characters, ${tokenBytes} are allowed (limit tokenBytes)`,
  )
}

/** An unprotected header, in an object of its own that holds nothing but JSON. @throws {JoseError} */
export function openHeader(
  token: JsonObject,
  member: string,
  { what }: JsonForm,
  limits: Limits,
): JsonObject | undefined {
  const value = own(token, member)
  if (value === undefined) return undefined
  const name = `${member} of the ${what}`
  if (!isObject(value)) throw new JoseError('CS_MALFORMED', `${name} is ${kindOf(value)} and not an object`)
  const text = toObjectText(value, limits.headerBytes)
  if (text === undefined) throw new JoseError('CS_MALFORMED', `${name} holds something that JSON does not have`)
  if (text === TOO_LARGE || text.length > limits.headerBytes) throw tooLargeHeader(limits)
  return parseObject(text, name, limits.jsonDepth)
}

/** The protected header of a token that has none. */
export const NO_MEMBERS: JsonObject = Object.freeze({})
