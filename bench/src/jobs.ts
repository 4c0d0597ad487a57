/** One contender's way to do a job, ready to be timed. */
export interface Runner {
  readonly name: string
  run(): unknown
}

/** A demand on our speed. */
export interface Bar {
  readonly against: string
  /** The least speed as a multiple of the other's. */
  readonly least: number
}

/** The same work by every contender that can do it. */
export interface Job {
  readonly scheme: string
  readonly operation: string
  /** Ours is the first. */
  readonly runners: readonly [Runner, ...Runner[]]
  readonly bars: readonly Bar[]
}

/** Jobs of one kind, and what there is to say about them. */
export interface Suite {
  readonly title: string
  /** What is measured, how, and against whom: paragraphs of Markdown. */
  readonly about: string
  /** The packages whose versions are told. */
  readonly packages: readonly string[]
  readonly schemes: readonly string[]
  prepare(scheme: string): Promise<readonly Job[]>
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
