import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { Bytes, Trouble } from './target.ts'

const HOME = new URL('./corpus/', import.meta.url)
const FINDS = new URL('./finds/', import.meta.url)
const BASE64 = 'base64:'
/** Of a file in the repository. */
const MOST_CHARACTERS = 48_000

/** An input as text: as it is where that is text that people can read, else in base64. */
export function toWritten(input: Bytes): string {
  const text = Buffer.from(input).toString()
  const isPlain = /^[\n\x20-\x7e]*$/.test(text) && !text.startsWith(BASE64)
  return isPlain ? text : `${BASE64}${Buffer.from(input).toString('base64')}`
}

export function fromWritten(written: string): Bytes {
  const encoded = written.startsWith(BASE64)
  return new Uint8Array(Buffer.from(encoded ? written.slice(BASE64.length) : written, encoded ? 'base64' : 'utf8'))
}

/** The corpus of a target that is checked in. */
export function readCorpus(target: string): readonly Bytes[] {
  const file = new URL(`${target}.json`, HOME)
  if (!existsSync(file)) return []
  return (JSON.parse(readFileSync(file, 'utf8')) as string[]).map(fromWritten)
}

/** As many of the inputs as there is room for, the first ones first. */
export function writeCorpus(target: string, inputs: readonly Bytes[]): void {
  let left = MOST_CHARACTERS
  const written = inputs.map(toWritten).filter((text) => {
    const size = JSON.stringify(text).length + 4
    if (size > left) return false
    left -= size
    return true
  })
  mkdirSync(HOME, { recursive: true })
  writeFileSync(new URL(`${target}.json`, HOME), `${JSON.stringify(written, undefined, 2)}\n`)
}

/** Leaves a find where Git does not look. @returns the name of its file */
export function writeFind(target: string, seed: number, number: number, { kind, input, why }: Trouble): string {
  mkdirSync(FINDS, { recursive: true })
  const file = new URL(`${target}-${seed}-${number}.json`, FINDS)
  const find = { target, seed, kind, base64: Buffer.from(input).toString('base64'), text: toWritten(input), why }
  writeFileSync(file, `${JSON.stringify(find, undefined, 2)}\n`)
  return file.pathname
}
