import { Heap } from './heap.ts'
import type { Counters } from './instrument.ts'
import { nameOf, smaller, stackOf, withStack } from './minimise.ts'
import { havoc } from './mutate/octets.ts'
import { Novelty } from './novelty.ts'
import { Random } from './random.ts'
import type { Position } from './shared.ts'
import type { Bytes, Mutate, Outcome, Target, Trouble } from './target.ts'

/** A run that takes longer is a find. */
export const SLOW_MS = 250
/** So is one that takes longer than this, whether or not it works meanwhile. */
const IDLE_MS = 2000
const MOST_LENGTH = 2048
const MOST_CORPUS = 4000
const MOST_FINDS = 16
const PAUSE_RUNS = 1024
/** What an input costs beside its octets. */
const PER_INPUT = 200

/** How far a loop has come. */
export interface Progress {
  readonly runs: number
  readonly seconds: number
  /** Of the processor, which others may want, too. */
  readonly cpuSeconds: number
  readonly edges: number
  readonly corpus: number
  readonly finds: number
}

/** What came of a loop. */
export interface Result extends Progress {
  readonly slowestMs: number
  /** Octets in use after a collection: once it had warmed up, and at the end. */
  readonly heap: readonly [first: number, last: number]
  readonly outcomes: ReadonlyMap<Outcome, number>
  readonly troubles: readonly Trouble[]
  /** The fewest inputs that reach what all have reached, the likeliest to tell something first. */
  readonly kept: readonly Bytes[]
}

export interface LoopOptions {
  readonly seed: number
  /** It ends at whichever comes first. */
  readonly seconds: number
  readonly runs?: number | undefined
  readonly finds?: number | undefined
  readonly corpus: readonly Bytes[]
  readonly position: Position
  readonly progress: (progress: Progress) => void
}

/** Calls a target with inputs, each changed from one that reached something new. */
export async function loop(target: Target, counters: Counters, options: LoopOptions): Promise<Result> {
  const fuzzer = new Fuzzer(target, counters, options)
  // What is thrown where nobody waits for it belongs to the run that goes on.
  const loose = (error: unknown): void => fuzzer.report('thrown', `nobody waited for it: ${stackOf(error)}`)
  process.on('unhandledRejection', loose)
  process.on('uncaughtException', loose)
  const { stackTraceLimit } = Error
  // Most runs end with an error, and most of what that costs is its stack.
  Error.stackTraceLimit = 0
  try {
    return await fuzzer.loop()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
    process.off('unhandledRejection', loose)
    process.off('uncaughtException', loose)
  }
}

class Fuzzer {
  readonly #target: Target
  readonly #run: ReturnType<Target['prepare']>
  readonly #options: LoopOptions
  readonly #counters: Counters
  readonly #novelty: Novelty
  readonly #random: Random
  readonly #heap = new Heap()
  readonly #corpus: Bytes[] = []
  readonly #troubles: Trouble[] = []
  readonly #known = new Map<string, number>()
  readonly #outcomes = new Map<Outcome, number>()
  readonly #began = performance.now()
  readonly #cpu = process.threadCpuUsage()
  #current: Bytes = new Uint8Array()
  #runs = 0
  #slowestMs = 0
  #corpusBytes = 0

  constructor(target: Target, counters: Counters, options: LoopOptions) {
    this.#target = target
    this.#options = options
    this.#counters = counters
    this.#novelty = new Novelty(counters)
    this.#random = new Random(options.seed)
    this.#run = target.prepare()
  }

  async loop(): Promise<Result> {
    const { maxLength = MOST_LENGTH, words, mutators } = this.#target
    const inputs = [...this.#options.corpus, ...seedsOf(this.#target)].filter(({ length }) => length <= maxLength)
    this.#novelty.clear()
    for (const input of inputs) {
      await this.#timed(input)
      this.#keep(input)
    }
    if (this.#corpus.length === 0) this.#corpus.push(Uint8Array.of(0))
    const octets = havoc(words, maxLength)
    const all: readonly Mutate[] = [octets, ...mutators, ...mutators]
    const random = this.#random
    const pick = (): Bytes => this.#pick()
    while (await this.#goesOn()) {
      let input = random.of(all)(pick(), random, pick)
      if (random.once(4)) input = octets(input, random, pick)
      if (input.length > maxLength) input = input.subarray(0, maxLength)
      await this.#timed(input)
      this.#keep(input)
    }
    await this.#heap.sample(this.#corpusBytes)
    const { growth } = this.#heap
    if (growth !== undefined) this.report('heap', growth)
    const found = { ...this.#progress(), slowestMs: this.#slowestMs, outcomes: new Map(this.#outcomes) }
    const troubles: Trouble[] = []
    for (const trouble of this.#troubles) troubles.push(await smaller(trouble, this.#run))
    return { ...found, finds: troubles.length, heap: this.#heap.ends, troubles, kept: await this.#fewest(inputs) }
  }

  report(kind: Trouble['kind'], why: string, input: Bytes = this.#current): void {
    const name = `${kind} ${nameOf(why)}`
    if (this.#known.has(name) || this.#troubles.length >= MOST_FINDS) return
    this.#known.set(name, 1)
    this.#troubles.push({ kind, input: Uint8Array.from(input), why })
  }

  /** Whether there is time left. Now and then it looks at the clock, and lets others have their turn. */
  async #goesOn(): Promise<boolean> {
    const { seconds, runs = Number.POSITIVE_INFINITY, finds = MOST_FINDS, progress } = this.#options
    if (this.#runs >= runs || this.#troubles.length >= finds) return false
    if (this.#runs % PAUSE_RUNS === 0) await new Promise((done) => setImmediate(done))
    if (this.#runs % 16 > 0 && this.#slowestMs < 1) return true
    const over = Math.max(this.#seconds / seconds, this.#runs / runs)
    if (this.#heap.isDue(over)) await this.#heap.sample(this.#corpusBytes)
    if (this.#seconds >= this.#nextProgress) {
      this.#nextProgress = this.#seconds + 1
      progress(this.#progress())
    }
    return over < 1
  }

  #nextProgress = 1

  get #seconds(): number {
    return (performance.now() - this.#began) / 1000
  }

  #progress(): Progress {
    const { user, system } = process.threadCpuUsage(this.#cpu)
    return {
      runs: this.#runs,
      seconds: this.#seconds,
      cpuSeconds: (user + system) / 1e6,
      edges: this.#novelty.edges,
      corpus: this.#corpus.length,
      finds: this.#troubles.length,
    }
  }

  /** What was found last leads on more often than what was there before; of two the shorter one, which costs less. */
  #pick(): Bytes {
    const { length } = this.#corpus
    const from = this.#random.once(3) ? Math.floor(length * 0.75) : 0
    const one = this.#corpus[from + this.#random.below(length - from)] as Bytes
    if (this.#random.once(4)) return one
    const other = this.#corpus[from + this.#random.below(length - from)] as Bytes
    return other.length < one.length ? other : one
  }

  #keep(input: Bytes): void {
    if (this.#novelty.take() === 0 || this.#corpus.length >= MOST_CORPUS) return
    // A Buffer's own slice would be a view, which keeps a whole pool alive.
    this.#corpus.push(Uint8Array.from(input))
    this.#corpusBytes += input.length + PER_INPUT
  }

  /** One run, and more of it where it was slow: it may have had to wait for the machine. Then what it worked counts. */
  async #timed(input: Bytes): Promise<void> {
    let ms = await this.#attempt(input)
    for (let again = 0; ms > SLOW_MS && again < 3; again++) {
      const before = process.threadCpuUsage()
      const waited = await this.#attempt(input)
      const { user, system } = process.threadCpuUsage(before)
      ms = Math.min(ms, waited > IDLE_MS ? waited : (user + system) / 1000)
    }
    if (ms > this.#slowestMs) this.#slowestMs = ms
    if (ms > SLOW_MS) this.report('slow', `a run of ${Math.round(ms)} ms`)
  }

  /** @returns how long it took */
  async #attempt(input: Bytes): Promise<number> {
    const { position } = this.#options
    this.#current = input
    this.#runs++
    position.enter(input)
    const from = performance.now()
    let thrown: { readonly error: unknown } | undefined
    try {
      const coming = this.#run(input)
      const outcome = typeof coming === 'string' ? coming : await coming
      this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1)
    } catch (error) {
      thrown = { error }
    }
    const ms = performance.now() - from
    if (thrown !== undefined) await this.#thrown(thrown.error)
    position.leave()
    return ms
  }

  /** Once more, to see where it comes from; not for each of the many that are the same. */
  async #thrown(error: unknown): Promise<void> {
    const name = String(error).replaceAll(/\d+|".*"/g, '…')
    const times = (this.#known.get(name) ?? 0) + 1
    this.#known.set(name, times)
    if (times <= 4) this.report('thrown', (await withStack(this.#run, this.#current)) ?? `once only: ${stackOf(error)}`)
  }

  /** The inputs that are needed to reach what all of them reach: first what reaches more, short ones before. */
  async #fewest(inputs: readonly Bytes[]): Promise<readonly Bytes[]> {
    const novelty = new Novelty(this.#counters)
    novelty.clear()
    const [edges, counts]: [Bytes[], Bytes[]] = [[], []]
    for (const input of [...inputs, ...this.#corpus].toSorted((one, other) => one.length - other.length)) {
      await this.#attempt(input)
      const found = novelty.take()
      if (found === 2) edges.push(input)
      else if (found === 1) counts.push(input)
    }
    return [...edges, ...counts]
  }
}

function seedsOf(target: Target): readonly Bytes[] {
  return [...target.seeds()].map((seed) => (typeof seed === 'string' ? (Buffer.from(seed) as Bytes) : seed))
}
