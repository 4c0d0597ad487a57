import type { Figures, Verdict } from './figures.ts'

/** How long a run takes. */
export interface Effort {
  readonly rounds: number
  readonly sliceMs: number
  /** A short look, which is no record. */
  readonly quick: boolean
}

/** What a suite is run with. */
export interface Context {
  readonly effort: Effort
  /** The one scheme to measure, where not all are wanted. */
  readonly only?: string
  /** The folder of the bundled scripts, as a URL that ends with a slash: children to start lie there. */
  readonly scripts: string
  /** Prints a line of progress. */
  say(line: string): void
}

/** Jobs of one kind. */
export interface Suite {
  /** What `--only` takes for all of it. */
  readonly name: string
  /** What `--only` takes for a part of it. */
  readonly schemes?: readonly string[]
  run(context: Context): Promise<Figures>
}

/** One contender's way to do a job, ready to be timed. */
export interface Runner {
  readonly name: string
  run(): unknown
}

/** The nanoseconds that one operation took, by contender, one number for each round. */
export type Rounds = ReadonlyMap<string, readonly number[]>

/** The same work by every contender that can do it. */
export interface Job {
  readonly name: string
  /** Ours is the first. */
  readonly runners: readonly [Runner, ...Runner[]]
  /** The demands on us. */
  readonly bars: readonly ((times: Rounds) => Verdict)[]
  /** Who is shown in the plot, if it is shown at all. */
  readonly plotted?: readonly string[]
}

/** Each contender at its work, ours first. Each call takes the next sample, so that nobody meets one twice in a row. */
export function toRunners<Tool, Sample>(
  tools: ReadonlyMap<string, Tool>,
  samples: readonly Sample[],
  work: (tool: Tool, sample: Sample) => unknown,
): Job['runners'] {
  const runners = [...tools].map(([name, tool]) => {
    let turn = 0
    return { name, run: () => work(tool, samples[turn++ % samples.length] as Sample) }
  })
  return runners as [Runner, ...Runner[]]
}
