import assert from 'node:assert/strict'
import { inspect } from 'node:util'

/** Something that may stand nowhere: a text, or octets such as those of a key. */
export interface Canary {
  readonly name: string
  readonly value: string | Uint8Array
}

/** How long a piece must be to count: shorter ones come about by chance. */
const PIECE = 8

const pieces = (text: string, length = PIECE): readonly string[] =>
  Array.from({ length: Math.max(0, text.length - length + 1) }, (_, at) => text.slice(at, at + length))

/** The numbers of some octets, as an array or a typed array of them is printed, without its spaces. */
const numbers = (octets: Uint8Array): readonly string[] =>
  Array.from(
    { length: Math.max(0, octets.length - PIECE + 1) },
    (_, at) => `,${octets.subarray(at + 1, at + PIECE - 1).join(',')},`,
  )

/** Every piece of a canary in every spelling in which somebody could read it. */
function spellings({ value }: Canary): readonly string[] {
  const octets = Buffer.from(value)
  const text = octets.toString('utf8')
  const shifted = [0, 1, 2].flatMap((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), octets])
      .toString('base64')
      .replace(/=+$/, '')
    // The first and the last letters are made of the octets around, too.
    const own = pieces(whole.slice(before === 0 ? 0 : 4, -2))
    return [...own, ...own.map((piece) => piece.replaceAll('+', '-').replaceAll('/', '_'))]
  })
  const hex = pieces(octets.toString('hex'), 2 * PIECE)
  return [...(text.includes('\ufffd') ? [] : pieces(text)), ...shifted, ...hex, ...numbers(octets)]
}

const unescaped = (text: string): string =>
  text
    .replace(/\\u([0-9a-f]{4})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/\\x([0-9a-f]{2})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/%([0-9a-f]{2})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))

/** An output as it is, unescaped, without its line breaks, and in one line of numbers or of hex. */
function readings(output: string): readonly string[] {
  const plain = unescaped(output)
  const joined = plain.replaceAll(/\\[nrt]|\s|"\d+":|\+(?=['"])|['"](?=\+)/g, '')
  return [output, plain, joined, joined.toLowerCase()]
}

/** Finds canaries in whatever was put out. */
export class Detector {
  readonly #pieces = new Map<string, string>()

  constructor(canaries: readonly Canary[] = []) {
    this.add(...canaries)
  }

  add(...canaries: readonly Canary[]): this {
    for (const canary of canaries) for (const piece of spellings(canary)) this.#pieces.set(piece, canary.name)
    return this
  }

  /** How many pieces it looks for. */
  get size(): number {
    return this.#pieces.size
  }

  /** The name of a canary that is in an output, and the piece of it. */
  find(output: string): string | undefined {
    for (const reading of new Set(readings(output))) {
      for (const length of [PIECE, 2 * PIECE])
        for (let at = 0; at + length <= reading.length; at++) {
          const piece = reading.slice(at, at + length)
          const name = this.#pieces.get(piece)
          if (name !== undefined) return `${name}: ${piece}`
        }
      const found = this.#numbered(reading)
      if (found !== undefined) return found
    }
    return undefined
  }

  #numbered(reading: string): string | undefined {
    for (const [run] of reading.matchAll(/\d{1,3}(?:,\d{1,3}){7,}/g)) {
      const all = run.split(',')
      for (let at = 0; at + PIECE <= all.length; at++) {
        const piece = `,${all.slice(at + 1, at + PIECE - 1).join(',')},`
        const name = this.#pieces.get(piece)
        if (name !== undefined) return `${name}: ${piece}`
      }
    }
    return undefined
  }
}

/** All that an error says to somebody who logs it, and all errors behind it. */
export function allOf(error: unknown, seen: Set<unknown> = new Set()): string {
  if (seen.has(error)) return ''
  seen.add(error)
  const texts = [
    String(error),
    inspect(error, { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: null }),
  ]
  try {
    texts.push(JSON.stringify(error) ?? '')
  } catch {
    // What cannot be written as JSON is in no log that is.
  }
  if (typeof error !== 'object' || error === null) return texts.join('\n')
  for (const name of [...Object.getOwnPropertyNames(error), 'message', 'hint', 'issues', 'stack']) {
    const value: unknown = Reflect.get(error, name)
    texts.push(typeof value === 'string' ? value : inspect(value, { depth: 20, showHidden: true }))
  }
  const behind = [Reflect.get(error, 'cause'), ...(error instanceof AggregateError ? error.errors : [])]
  return [...texts, ...behind.filter((one) => one !== undefined).map((one) => allOf(one, seen))].join('\n')
}

/** Holds that no canary is in an output. */
export function assertSilent(detector: Detector, output: string, what: string): void {
  const found = detector.find(output)
  assert.equal(found, undefined, `${what} tells ${found}: ${output.slice(0, 1000)}`)
}
