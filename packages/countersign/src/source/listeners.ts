/** A function that is told of events, such as those of {@link remoteKeySet}. */
export type Listener<Event> = (event: Event) => void

/** Those who want to be told of events. What they throw is theirs: it never reaches whoever verifies or signs. */
export class Listeners<Event> {
  readonly #all = new Set<Listener<Event>>()

  /** @returns takes the listener off again @throws TypeError */
  add(listener: Listener<Event>): () => void {
    if (typeof listener !== 'function') throw new TypeError('the listener is not a function')
    // Each time it is given it is another one, so that taking one off leaves the other.
    const own: Listener<Event> = (event) => listener(event)
    this.#all.add(own)
    return () => void this.#all.delete(own)
  }

  tell(event: Event): void {
    for (const listener of [...this.#all]) {
      try {
        // An async listener answers with a promise, whose failure must not end the process.
        const answer: unknown = listener(event)
        if (answer instanceof Promise) answer.catch(() => undefined)
      } catch {
        // Nobody is there to hear it.
      }
    }
  }
}
