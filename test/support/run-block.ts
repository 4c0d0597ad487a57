import assert from 'node:assert/strict'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { format } from 'node:util'

/** A fenced block of code in a document or a docstring. */
export interface Block {
  /** Where it stands, for messages. */
  readonly place: string
  readonly language: string
  readonly text: string
}

/** The fenced blocks of a Markdown text, in order. */
export function blocksOf(markdown: string, place: string): readonly Block[] {
  return [...markdown.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', text = ''], index) => ({
    place: `${place}, block ${index + 1}`,
    language,
    text,
  }))
}

// Inside the library's package, so that `countersign` means that package, and outside node_modules, so that Node runs it.
const HOME = new URL('../../packages/countersign/.blocks/', import.meta.url)
let made = 0

/**
 * Runs a block of TypeScript as a program of its own, and holds that every `console.log(…) // text` printed the text
 * that its comment promises; `…` in the comment stands for anything.
 */
export async function runBlock({ place, text }: Block): Promise<void> {
  const promised = [...text.matchAll(/^.*console\.log\(.*\) \/\/ (.*)$/gm)].map(([, expected = '']) => expected)
  const file = new URL(`${process.pid}-${made++}.ts`, HOME)
  mkdirSync(HOME, { recursive: true })
  writeFileSync(file, `${text}\nexport {}\n`)
  const printed: string[] = []
  const { log } = console
  console.log = (...values: unknown[]): void => {
    printed.push(format(...values))
  }
  try {
    await import(file.href)
  } finally {
    console.log = log
    rmSync(file)
  }
  for (const [index, expected] of promised.entries()) {
    const pattern = expected
      .split('…')
      .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
      .join('.*')
    assert.match(printed[index] ?? '(nothing)', new RegExp(`^${pattern}$`, 's'), `${place} prints something else`)
  }
}
