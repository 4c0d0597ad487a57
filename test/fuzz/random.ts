/** Numbers that look random and come again with the same seed, so that a run can be repeated. */
export class Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: number) {
    this.#a = seed | 0
    this.#b = (seed / 2 ** 32) | 0
    this.#c = 0x9e3779b9 | 0
    for (let index = 0; index < 12; index++) this.next()
  }

  /** 32 bits: the generator sfc32, which is in the public domain. */
  next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** A whole number from 0 to below `end`. */
  below(end: number): number {
    return Math.floor((this.next() / 2 ** 32) * end)
  }

  /** Whether something comes about that does so once in so many times. */
  once(times: number): boolean {
    return this.below(times) === 0
  }

  /** One of several. */
  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }
}
