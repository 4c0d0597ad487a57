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
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new JoseError('CS_MALFORMED', `${what} is not JSON`)
  }
  if (!isObject(value)) throw new JoseError('CS_MALFORMED', `${what} is not a JSON object but ${kindOf(value)}`)
  const strings = countStrings(value, maxDepth)
  if (strings === TOO_DEEP) {
    throw new JoseError('CS_TOO_LARGE', `${what} is nested deeper than ${maxDepth} levels (limit jsonDepth)`)
  }
  // Each name and each string of the text has two quotes. A name that stood there twice was parsed into one member, so
  // it is missing from the count. Only a text with more quotes, or with escapes, needs the scan.
  if (countQuotes(text) !== 2 * strings && hasDuplicate(text)) {
    throw new JoseError('CS_MALFORMED', `${what} has a member name twice`)
  }
  return value
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

/** The quotes in a JSON text; a text with an escape gives NaN, since then a quote may be part of a string. */
function countQuotes(text: string): number {
  let count = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === QUOTE) count++
    else if (code === BACKSLASH) return Number.NaN
  }
  return count
}

/** Whether an object anywhere in a valid JSON text has two members of one name, compared after unescaping. */
function hasDuplicate(text: string): boolean {
  const open: Set<string>[] = []
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === 0x7b || code === 0x5b) open.push(new Set())
    else if (code === 0x7d || code === 0x5d) open.pop()
    else if (code === QUOTE) {
      const end = endOfString(text, index)
      if (isName(text, end + 1)) {
        const raw = text.slice(index, end + 1)
        const name: unknown = raw.includes('\\') ? JSON.parse(raw) : raw.slice(1, -1)
        const names = open.at(-1)
        if (names?.has(name as string)) return true
        names?.add(name as string)
      }
      index = end
    }
  }
  return false
}

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

/** The JSON text of an object; nothing where JSON cannot say it, or says something else. */
export function toObjectText(value: object): string | undefined {
  try {
    const text: string | undefined = JSON.stringify(value)
    return text?.startsWith('{') ? text : undefined
  } catch {
    return undefined
  }
}

/** An object without the members that are undefined: JSON has no such value. */
export function withoutUndefined<T extends object>(object: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as never
}
