import { countQuotes, textFromBase64url } from './bytes.ts'
import { JoseError, kindOf } from './errors.ts'

/** A JSON object as parsed: read its members with `Object.hasOwn` or `own`, since names come from outside. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Whether a value is an object in the sense of JSON: no array and no null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A member of an object, and nothing that is merely inherited: `__proto__` and `constructor` find nothing. */
export function own(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

/**
 * A JSON text that is an object with unique member names at every level (RFC 7515 §4, RFC 7519 §4). Parsers differ on
 * which of two equal names counts, so a text that has them says different things to different readers.
 *
 * @param what - names the text in the error
 * @param maxDepth - how deep objects and arrays may stand in each other; the object itself is 1
 * @throws {JoseError} `CS_MALFORMED` for anything else, `CS_TOO_LARGE` where it is nested deeper
 */
export function parseObject(text: string, what: string, maxDepth: number): JsonObject {
  return checkedObject(text, countQuotes(text), what, maxDepth)
}

/** The same for the base64url text of a part. @throws {JoseError} `CS_BASE64` too */
export function decodeObject(encoded: string, part: string, what: string, maxDepth: number): JsonObject {
  const { text, quotes } = textFromBase64url(encoded, part)
  return checkedObject(text, quotes, what, maxDepth)
}

function checkedObject(text: string, quotes: number, what: string, maxDepth: number): JsonObject {
  const value = parse(text, what)
  if (!isObject(value)) throw new JoseError('CS_MALFORMED', `${what} is not a JSON object but ${kindOf(value)}`)
  const strings = countStrings(value, maxDepth)
  if (strings === TOO_DEEP) throw tooDeep(what, maxDepth)
  if (Number.isNaN(quotes)) return respelled(text, what, maxDepth)
  // Each name and each string of the text has two quotes. A name that stood there twice was parsed into one member, so
  // it is missing from the count.
  if (quotes !== 2 * strings) throw twice(what)
  return value
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new JoseError('CS_MALFORMED', `${what} is not JSON`)
  }
}

function twice(what: string): JoseError {
  return new JoseError('CS_MALFORMED', `${what} has a member name twice`)
}

function tooDeep(what: string, maxDepth: number): JoseError {
  return new JoseError('CS_TOO_LARGE', `${what} is nested deeper than ${maxDepth} levels (limit jsonDepth)`)
}

/**
 * The value of a valid JSON text that has escapes. V8 takes a name that begins with an escape for another one that it met
 * before, and a stranger's token decides which (Node 24 and 26, nodejs/node#63785): a claim could be hidden. So each
 * name is parsed by itself, where it is a string like any other, and a number stands in for it.
 */
function respelled(text: string, what: string, maxDepth: number): JsonObject {
  const names: string[] = []
  let numbered = ''
  let from = 0
  for (let index = text.indexOf('"'); index >= 0; index = text.indexOf('"', index + 1)) {
    const end = endOfString(text, index)
    if (isName(text, end + 1)) {
      numbered += `${text.slice(from, index)}"${names.length}"`
      names.push(JSON.parse(text.slice(index, end + 1)) as string)
      from = end + 1
    }
    index = end
  }
  const value = JSON.parse(numbered + text.slice(from)) as JsonObject
  // Again, since nothing is lost here that had the name of something else.
  if (isDeeper(value, maxDepth)) throw tooDeep(what, maxDepth)
  return rename(value, names, what) as JsonObject
}

/** A value whose members are numbered, with their names. */
function rename(value: unknown, names: readonly string[], what: string): unknown {
  if (Array.isArray(value)) return value.map((item) => rename(item, names, what))
  if (!isObject(value)) return value
  const members = Object.entries(value).map(([number, member]) => {
    return [names[Number(number)] ?? '', rename(member, names, what)] as const
  })
  if (new Set(members.map(([name]) => name)).size < members.length) throw twice(what)
  return Object.fromEntries(members)
}

const TOO_DEEP = -1

/** The member names and string values of an object or array, at every level, or TOO_DEEP; it goes no deeper itself. */
function countStrings(value: object, maxDepth: number): number {
  if (maxDepth === 0) return TOO_DEEP
  const names = Object.keys(value)
  let count = Array.isArray(value) ? 0 : names.length
  for (const name of names) {
    const member = (value as JsonObject)[name]
    if (typeof member === 'string') count++
    else if (typeof member === 'object' && member !== null) {
      const inner = countStrings(member, maxDepth - 1)
      if (inner === TOO_DEEP) return TOO_DEEP
      count += inner
    }
  }
  return count
}

/** Whether a parsed value is nested deeper than allowed. */
export function isDeeper(value: unknown, maxDepth: number): boolean {
  return typeof value === 'object' && value !== null && countStrings(value, maxDepth) === TOO_DEEP
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Where the string that begins at a quote has its closing quote. */
function endOfString(text: string, start: number): number {
  let index = start + 1
  while (text.charCodeAt(index) !== QUOTE) index += text.charCodeAt(index) === BACKSLASH ? 2 : 1
  return index
}

/** In valid JSON a string is a member's name exactly where a colon follows it. */
function isName(text: string, after: number): boolean {
  let index = after
  while (' \t\n\r'.includes(text.charAt(index)) && index < text.length) index++
  return text.charAt(index) === ':'
}

/**
 * The JSON text of an object; nothing where JSON cannot say it, or says something else.
 *
 * @param most - how many members and items it may have, and characters in its names and strings; an object that refers
 *   to one value over and over is small in memory and without end as text
 * @returns as well `TOO_LARGE` where it has more
 */
export function toObjectText(value: object, most: number): string | typeof TOO_LARGE | undefined {
  let left = most
  function count(this: unknown, name: string, member: unknown): unknown {
    // Never more than it takes in the text; the items of an array have no names there.
    left -= 1 + (Array.isArray(this) ? 0 : name.length) + (typeof member === 'string' ? member.length : 0)
    if (left < 0) throw TOO_LARGE
    return member
  }
  try {
    const text: string | undefined = JSON.stringify(value, count)
    return text?.startsWith('{') ? text : undefined
  } catch (error) {
    // A RangeError is nesting that leaves no room on the stack.
    return error === TOO_LARGE || error instanceof RangeError ? TOO_LARGE : undefined
  }
}

/** Said instead of a text. */
export const TOO_LARGE: unique symbol = Symbol('too large')

/** A value of JSON with objects and arrays of its own, at every level. */
export function copyOf<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copyOf) as T
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, copyOf(member)])) as T
}

/** An object without the members that are undefined: JSON has no such value. */
export function withoutUndefined<T extends object>(object: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as never
}
