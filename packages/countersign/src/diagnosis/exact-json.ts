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

/** Nested deeper than any token needs, and not so deep that reading it would fill the stack. */
const MOST_DEPTH = 512

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
 * @throws {JsonFault} with the place of the first fault
 */
export function parseExact(text: string, what: string): ExactJson {
  const reader = new Reader(text, what)
  const value = reader.value(1)
  reader.end()
  return value
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
/** Whole pieces of a string: what may stand as it is (no control character), and escapes. */
const STRING = /"(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy
const SPACE = /[ \t\n\r]*/y
const LITERALS: readonly (readonly [text: string, value: boolean | null])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
]

class Reader {
  readonly #text: string
  readonly #what: string
  #at = 0

  constructor(text: string, what: string) {
    this.#text = text
    this.#what = what
  }

  value(depth: number): ExactJson {
    this.#take(SPACE)
    const first = this.#text[this.#at]
    if (first === '{' || first === '[') {
      if (depth > MOST_DEPTH) throw this.#fault(`more than ${MOST_DEPTH} levels`)
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
    throw this.#fault(first === undefined ? 'it ends' : `${show(first)} stands where a value should`)
  }

  end(): void {
    this.#take(SPACE)
    if (this.#at < this.#text.length) throw this.#fault('something follows its end')
  }

  #object(depth: number): ExactJson {
    const members: (readonly [string, ExactJson])[] = []
    this.#list('}', () => {
      if (this.#text[this.#at] !== '"') throw this.#fault('no name of a member')
      const name = this.#string()
      this.#take(SPACE)
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
    this.#take(SPACE)
    if (this.#text[this.#at] === close) {
      this.#at++
      return
    }
    for (;;) {
      this.#take(SPACE)
      each()
      this.#take(SPACE)
      const next = this.#text[this.#at]
      if (next !== ',' && next !== close) throw this.#fault(`neither a comma nor ${close}`)
      this.#at++
      if (next === close) return
    }
  }

  #string(): string {
    const text = this.#take(STRING)
    if (text === undefined) throw this.#fault('a string that has no end, or holds what it must not')
    return JSON.parse(text) as string
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const [found] = pattern.exec(this.#text) ?? []
    this.#at += found?.length ?? 0
    return found
  }

  #fault(why: string): JsonFault {
    return new JsonFault(this.#what, why, this.#at)
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
  if (json.kind === 'array') return [...new Set(json.items.flatMap(duplicates))]
  if (json.kind !== 'object') return []
  const names = json.members.map(([name]) => name)
  const twice = names.filter((name, index) => names.indexOf(name) < index)
  return [...new Set([...twice, ...json.members.flatMap(([, value]) => duplicates(value))])]
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

/**
 * The text of a value, on one line.
 */
export function toLine(json: ExactJson): string {
  if (json.kind === 'array') return `[${json.items.map(toLine).join(',')}]`
  if (json.kind === 'object')
    return `{${json.members.map(([name, value]) => `${quoted(name)}:${toLine(value)}`).join(',')}}`
  return scalar(json)
}

/**
 * The text of a value in lines, with two spaces a level. Arrays of few short scalars stay on one line.
 *
 * @param paint - gives each piece its colour
 */
export function toLines(json: ExactJson, paint: Paint = plain, indent = ''): string {
  const inner = `${indent}  `
  if (json.kind === 'array') {
    if (json.items.length === 0) return '[]'
    const isFlat = json.items.every(({ kind }) => kind !== 'array' && kind !== 'object')
    const items = json.items.map((item) => toLines(item, paint, inner))
    if (isFlat && toLine(json).length <= 72) return `[${items.join(', ')}]`
    return `[\n${items.map((item) => inner + item).join(',\n')}\n${indent}]`
  }
  if (json.kind !== 'object') return paint(json.kind, scalar(json))
  if (json.members.length === 0) return '{}'
  const members = json.members.map(
    ([name, value]) => `${inner}${paint('name', quoted(name))}: ${toLines(value, paint, inner)}`,
  )
  return `{\n${members.join(',\n')}\n${indent}}`
}

function scalar(json: Exclude<ExactJson, { readonly kind: 'array' | 'object' }>): string {
  if (json.kind === 'number') return json.text
  return json.kind === 'string' ? quoted(json.value) : String(json.value)
}

/** Control characters that JSON lets stand, marks that turn text around, and characters that nobody sees. */
const UNSEEN = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/gu

/** A string of JSON that a terminal shows as it is: what it would act upon, or hide, is escaped. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(UNSEEN, (char) =>
    [...Array(char.length).keys()].map((at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  )
}
