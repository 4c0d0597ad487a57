import type { Random } from './random.ts'

/** Octets, as the product takes them. */
export type Bytes = Uint8Array<ArrayBuffer>

/** Makes another input of one; `other` gives a further one of the corpus. What it gives is used before the next call. */
export type Mutate = (input: Bytes, random: Random, other: () => Bytes) => Bytes

/** What came of an input that made no trouble: `accepted`, or the code of the refusal. */
export type Outcome = string

/** Something of the product that takes input from strangers. */
export interface Target {
  readonly name: string
  /** What to begin with, beside the corpus. */
  readonly seeds: () => Iterable<Bytes | string>
  /** What knows how inputs are built. Octets are changed without any of them, too. */
  readonly mutators: readonly Mutate[]
  /** Texts that mean something there. */
  readonly words: readonly string[]
  /** In octets; 2048 where it is left out. */
  readonly maxLength?: number
  /** Gives what is called with each input. What that throws is a find. */
  readonly prepare: () => (input: Bytes) => Outcome | Promise<Outcome>
}

/** An input that made trouble. */
export interface Trouble {
  readonly kind: 'thrown' | 'slow' | 'hang' | 'heap'
  readonly input: Bytes
  /** The stack of what was thrown, or what else was seen. */
  readonly why: string
}
