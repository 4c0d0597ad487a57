/** Work that nobody waits for but the end of the server. */
export class Later {
  readonly #work = new Set<Promise<void>>()
  readonly #failed: (error: unknown) => void

  /** @param failed - told of what went wrong */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed
  }

  /** Begins some work once what is under way has been answered. */
  do(work: () => Promise<void>): void {
    const done = new Promise<void>((resolve) => setImmediate(resolve))
      .then(work)
      .catch(this.#failed)
      .finally(() => this.#work.delete(done))
    this.#work.add(done)
  }

  /** Waits until all of it is done. */
  async settled(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work)
  }
}
