import { JoseError, show } from '../errors.ts'

/**
 * A JSON value as it was written: numbers to their last digit, members in their order and as often as they are there.
 * `JSON.parse` keeps none of it, so what it shows of a stranger's token may not be what the token says.
 */
export type ExactJson =
  | { readonly kind: 'object'; readonly members: readonly (readonly [name: string, value: ExactJson])[] }
  | { readonly kind: 'array'; readonly items: readonly ExactJson[] }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'literal'; readonly value: boolean | null }

/** One that is an object. */
export type ExactObject = Extract<ExactJson, { readonly kind: 'object' }>

/** Nested deeper than any token needs, and not so deep that reading it would fill the stack. */
const MOST_DEPTH = 512
/** More members and items than any token has, and not so many that they would fill the memory. */
const MOST_VALUES = 1_000_000

/** A text that is not JSON, and where that shows. */
export class JsonFault extends JoseError {
  /** In UTF-16 units from the beginning of the text. */
  readonly offset: number

  constructor(what: string, why: string, offset: number) {
    super('CS_MALFORMED', `${what} is not JSON: ${why} at character ${offset}`)
    this.offset = offset
  }
}

/**
 * Reads a JSON text (RFC 8259), and nothing that is merely near to it.
 *
 * @param what - names the text in the error
 * @throws {JsonFault} with the place of the first fault, @throws {JoseError} `CS_TOO_LARGE`
 */
export function parseExact(text: string, what: string): ExactJson {
  const reader = new Reader(text, what)
  const value = reader.value(1)
  reader.end()
  return value
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y
const LITERALS: readonly (readonly [text: string, value: boolean | null])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
]
const [SPACE, TAB, LINE_FEED, RETURN, QUOTE, BACKSLASH] = [0x20, 0x09, 0x0a, 0x0d, 0x22, 0x5c]

class Reader {
  readonly #text: string
  readonly #what: string
  #at = 0
  #values = 0

  constructor(text: string, what: string) {
    this.#text = text
    this.#what = what
  }

  value(depth: number): ExactJson {
    this.#skipSpace()
    this.#values++
    if (this.#values > MOST_VALUES)
      throw new JoseError('CS_TOO_LARGE', `${this.#what} has more than ${MOST_VALUES} members and items`)
    const first = this.#text[this.#at]
    if (first === '{' || first === '[') {
      if (depth > MOST_DEPTH)
        throw new JoseError('CS_TOO_LARGE', `${this.#what} is nested deeper than ${MOST_DEPTH} levels`)
      return first === '{' ? this.#object(depth) : this.#array(depth)
    }
    if (first === '"') return { kind: 'string', value: this.#string() }
    const literal = LITERALS.find(([word]) => this.#text.startsWith(word, this.#at))
    if (literal) {
      this.#at += literal[0].length
      return { kind: 'literal', value: literal[1] }
    }
    const number = this.#take(NUMBER)
    if (number !== undefined) return { kind: 'number', text: number }
    throw this.#fault(`${show(this.#char())} stands where a value should`)
  }

  end(): void {
    this.#skipSpace()
    if (this.#at < this.#text.length) throw this.#fault('something follows its end')
  }

  #object(depth: number): ExactJson {
    const members: (readonly [string, ExactJson])[] = []
    this.#list('}', () => {
      if (this.#text[this.#at] !== '"') throw this.#fault('no name of a member in double quotes')
      const name = this.#string()
      this.#skipSpace()
      if (this.#text[this.#at] !== ':') throw this.#fault('no colon')
      this.#at++
      members.push([name, this.value(depth + 1)])
    })
    return { kind: 'object', members }
  }

  #array(depth: number): ExactJson {
    const items: ExactJson[] = []
    this.#list(']', () => items.push(this.value(depth + 1)))
    return { kind: 'array', items }
  }

  /** What stands between two brackets, with commas. */
  #list(close: string, each: () => void): void {
    this.#at++
    this.#skipSpace()
    if (this.#text[this.#at] === close) {
      this.#at++
      return
    }
    for (;;) {
      this.#skipSpace()
      each()
      this.#skipSpace()
      const next = this.#text[this.#at]
      if (next !== ',' && next !== close) throw this.#fault(`neither a comma nor ${close}`)
      this.#at++
      if (next === close) return
    }
  }

  /** No one pattern for all of a string: on one of megabytes it would fill the stack of the matcher. */
  #string(): string {
    const start = this.#at
    let isEscaped = false
    for (this.#at++; ; this.#at++) {
      const code = this.#text.charCodeAt(this.#at)
      if (code === QUOTE) break
      if (!(code >= SPACE)) throw this.#fault('a control character in a string')
      if (code !== BACKSLASH) continue
      isEscaped = true
      if (this.#take(ESCAPE) === undefined) throw this.#fault('an escape that JSON does not have')
      this.#at--
    }
    this.#at++
    const text = this.#text.slice(start, this.#at)
    // By itself even a name is a string like any other (see `respelled` in json.ts).
    return isEscaped ? (JSON.parse(text) as string) : text.slice(1, -1)
  }

  #skipSpace(): void {
    for (; ; this.#at++) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== SPACE && code !== LINE_FEED && code !== RETURN && code !== TAB) return
    }
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const [found] = pattern.exec(this.#text) ?? []
    this.#at += found?.length ?? 0
    return found
  }

  #char(): string {
    return String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0)
  }

  #fault(why: string): JsonFault {
    return new JsonFault(this.#what, this.#at < this.#text.length ? why : 'it ends', this.#at)
  }
}

/** A member of an object; of several with one name the last, as `JSON.parse` has it. */
export function member(json: ExactJson | undefined, name: string): ExactJson | undefined {
  if (json?.kind !== 'object') return undefined
  return json.members.findLast(([own]) => own === name)?.[1]
}

/** The text of a string; nothing for another value. */
export function textOf(json: ExactJson | undefined): string | undefined {
  return json?.kind === 'string' ? json.value : undefined
}

/** The value of a number; nothing for another value. */
export function numberOf(json: ExactJson | undefined): number | undefined {
  return json?.kind === 'number' ? Number(json.text) : undefined
}

/** The names that an object has twice, at any level, each once. */
export function duplicates(json: ExactJson): readonly string[] {
  const twice = new Set<string>()
  const visit = (value: ExactJson): void => {
    if (value.kind === 'array') for (const item of value.items) visit(item)
    if (value.kind !== 'object') return
    const names = new Set<string>()
    for (const [name, own] of value.members) {
      if (names.has(name)) twice.add(name)
      names.add(name)
      visit(own)
    }
  }
  visit(json)
  return [...twice]
}

/** What `JSON.parse` would have given, without its mistakes. */
export function toValue(json: ExactJson): unknown {
  if (json.kind === 'array') return json.items.map(toValue)
  if (json.kind === 'object') return Object.fromEntries(json.members.map(([name, value]) => [name, toValue(value)]))
  return json.kind === 'number' ? Number(json.text) : json.value
}

/** Plain data as exact JSON; members that are undefined are left out, and what is exact already stays as it is. */
export function toExact(value: unknown): ExactJson {
  if (isExact(value)) return value.exact
  if (Array.isArray(value)) return { kind: 'array', items: value.map(toExact) }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).filter(([, own]) => own !== undefined)
    return { kind: 'object', members: members.map(([name, own]) => [name, toExact(own)] as const) }
  }
  if (typeof value === 'string') return { kind: 'string', value }
  if (typeof value === 'number') return { kind: 'number', text: JSON.stringify(value) }
  return { kind: 'literal', value: typeof value === 'boolean' ? value : null }
}

/** Marks exact JSON inside plain data. */
export interface Exactly {
  readonly exact: ExactJson
}

const marks = new WeakSet<object>()

/** Exact JSON as a part of plain data, for {@link toExact}. */
export function exactly(exact: ExactJson): Exactly {
  const mark = { exact }
  marks.add(mark)
  return mark
}

const isExact = (value: unknown): value is Exactly => typeof value === 'object' && value !== null && marks.has(value)

/** How each kind of piece is written; a terminal gives it a colour. */
export type Paint = (kind: 'name' | ExactJson['kind'], text: string) => string

const plain: Paint = (_, text) => text

/** The text of a value, on one line, for people and programs. */
export function toLine(json: ExactJson): string {
  return onOneLine(json, quoted)
}

/** The same with every character as it is: what is signed or encrypted. */
export function toText(json: ExactJson): string {
  return onOneLine(json, JSON.stringify)
}

function onOneLine(json: ExactJson, spell: (text: string) => string): string {
  if (json.kind === 'array') return `[${json.items.map((item) => onOneLine(item, spell)).join(',')}]`
  if (json.kind === 'object')
    return `{${json.members.map(([name, value]) => `${spell(name)}:${onOneLine(value, spell)}`).join(',')}}`
  return json.kind === 'string' ? spell(json.value) : scalar(json)
}

/** How long a line of several members or items may be; a longer one becomes several lines. */
const MOST_LINE = 72
/** Deeper levels stand no further to the right, or a text of megabytes would become one of gigabytes. */
const MOST_INDENT = 32

/**
 * The text of a value in lines, with two spaces a level. Few scalars in an array, or in an object that is a member
 * itself, stay on one line.
 *
 * @param paint - gives each piece its colour
 */
export function toLines(json: ExactJson, paint: Paint = plain, indent = ''): string {
  const inner = indent.length < MOST_INDENT ? `${indent}  ` : indent
  if (json.kind === 'array') {
    const row = toRow(json, paint)
    if (row !== undefined) return row
    return `[\n${json.items.map((item) => inner + toLines(item, paint, inner)).join(',\n')}\n${indent}]`
  }
  if (json.kind !== 'object') return paint(json.kind, scalar(json))
  const row = indent === '' && json.members.length > 0 ? undefined : toRow(json, paint)
  if (row !== undefined) return row
  const members = json.members.map(
    ([name, value]) => `${inner}${paint('name', quoted(name))}: ${toLines(value, paint, inner)}`,
  )
  return `{\n${members.join(',\n')}\n${indent}}`
}

/** An array or an object of few scalars on one line; nothing where it has more than fits there. */
export function toRow(json: ExactJson, paint: Paint = plain): string | undefined {
  if (json.kind !== 'array' && json.kind !== 'object') return undefined
  const values = json.kind === 'array' ? json.items : json.members.map(([, value]) => value)
  if (values.length > MOST_LINE || values.some(({ kind }) => kind === 'array' || kind === 'object')) return undefined
  if (toLine(json).length > MOST_LINE) return undefined
  if (json.kind === 'array') return `[${json.items.map((item) => toLines(item, paint)).join(', ')}]`
  const members = json.members.map(([name, value]) => `${paint('name', quoted(name))}: ${toLines(value, paint)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}

function scalar(json: Exclude<ExactJson, { readonly kind: 'array' | 'object' }>): string {
  if (json.kind === 'number') return json.text
  return json.kind === 'string' ? quoted(json.value) : String(json.value)
}

/**
 * What a terminal acts upon, or hides, or shows as if it were something else: control characters, marks that turn text
 * around, what has no width, spaces that are none, and halves of characters.
 */
const UNSEEN =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800]/gu

/** A string of JSON that a terminal shows as it is: what it would act upon, or hide, is escaped. */
export function quoted(text: string): string {
  return printable(JSON.stringify(text))
}

/** The same without quotes, and without escapes of what needs none: a line of text for people. */
export function printable(text: string): string {
  return text.replace(UNSEEN, (char) =>
    char.length === 1 ? escaped(char.charCodeAt(0)) : escaped(char.charCodeAt(0)) + escaped(char.charCodeAt(1)),
  )
}

const escaped = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`
