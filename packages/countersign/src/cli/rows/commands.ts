import { JWKS, KEY_CONVERT, KEY_INSPECT, KEY_NEW, KEY_PUBLIC, KEY_SET, KEY_THUMBPRINT } from './keys.ts'
import { ALGS, COMPLETION, DEBUG, EXPLAIN, LINT } from './others.ts'
import type { Command } from './table.ts'
import { DECODE, DECRYPT, ENCRYPT, SIGN, VERIFY } from './tokens.ts'

/** Commands that belong together. */
export interface Section {
  readonly title: string
  readonly commands: readonly Command[]
}

/** Every command there is, in the order of the help. */
export const SECTIONS: readonly Section[] = [
  { title: 'Tokens', commands: [DECODE, VERIFY, SIGN, ENCRYPT, DECRYPT] },
  { title: 'Keys', commands: [KEY_NEW, KEY_CONVERT, KEY_PUBLIC, KEY_INSPECT, KEY_THUMBPRINT, KEY_SET, JWKS] },
  { title: 'More', commands: [EXPLAIN, LINT, ALGS, DEBUG, COMPLETION] },
]

export const COMMANDS: readonly Command[] = SECTIONS.flatMap(({ commands }) => commands)

/** What the commands of two words are for, by the first of them. */
export const GROUPS: Readonly<Record<string, string>> = { key: 'make keys, convert them, look at them' }

/** The first things to try. */
export const FIRST_STEPS: readonly (readonly [line: string, about: string])[] = [
  ['countersign decode clip:', 'what a token says'],
  ['countersign verify clip: --key @public.pem', 'whether it is true'],
  ['countersign key new ES256 --out key.jwk', 'make a key'],
  ['countersign sign --key @key.jwk --sub ada --exp 15m', 'make a token'],
]
