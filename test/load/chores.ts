import { setTimeout as pause } from 'node:timers/promises'

/** Work that goes on until it is ended. */
export class Chores {
  readonly #end = new AbortController()
  readonly #all: Promise<void>[] = []

  /** Does something again and again. @param first - seconds until the first time */
  every(seconds: number, work: () => Promise<unknown>, first: number = seconds): void {
    const { signal } = this.#end
    const go = async (): Promise<void> => {
      for (let wait = first; ; wait = seconds) {
        await pause(wait * 1000, undefined, { signal }).catch(() => undefined)
        if (signal.aborted) return
        await work()
      }
    }
    this.#all.push(go())
  }

  async end(): Promise<void> {
    this.#end.abort()
    await Promise.all(this.#all)
  }
}
