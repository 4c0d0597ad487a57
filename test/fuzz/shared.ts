import type { Bytes } from './target.ts'

const HEAD = 3 * Int32Array.BYTES_PER_ELEMENT

/** What a worker is at, where the thread that looks after it can read it while the worker hangs. */
export class Position {
  readonly buffer: SharedArrayBuffer
  readonly #head: Int32Array
  readonly #input: Uint8Array

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(HEAD + 64 * 1024)) {
    this.buffer = buffer
    this.#head = new Int32Array(buffer, 0, 3)
    this.#input = new Uint8Array(buffer, HEAD)
  }

  /** A run begins. */
  enter(input: Bytes): void {
    this.#input.set(input)
    this.#head[1] = input.length
    Atomics.add(this.#head, 0, 1)
    Atomics.store(this.#head, 2, 1)
  }

  /** It has ended. */
  leave(): void {
    Atomics.store(this.#head, 2, 0)
  }

  /** The number of the run that goes on; 0 between two of them. */
  get run(): number {
    return Atomics.load(this.#head, 2) === 1 ? Atomics.load(this.#head, 0) : 0
  }

  /** The input of the last run. */
  get input(): Bytes {
    return this.#input.slice(0, this.#head[1])
  }
}
