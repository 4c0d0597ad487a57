/** What came of a load: how often each answer came, and what was wrong. */
export class Tally {
  readonly counts: Map<string, number> = new Map()
  readonly faults: string[] = []
  #faults = 0

  /** How many answers were wrong: of some of them `faults` says what. */
  get wrong(): number {
    return this.#faults
  }

  get total(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0)
  }

  add(name: string | number): void {
    this.counts.set(`${name}`, (this.counts.get(`${name}`) ?? 0) + 1)
  }

  fail(fault: string): void {
    if (this.#faults++ < 10) this.faults.push(fault)
  }

  toString(): string {
    const counts = [...this.counts].sort(([a], [b]) => a.localeCompare(b))
    return `${this.total} answers: ${counts.map(([name, count]) => `${count} × ${name}`).join(', ')}; ${this.wrong} wrong`
  }
}
