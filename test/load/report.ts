/** What a part of a run found. */
export interface Outcome {
  readonly name: string
  readonly figures: readonly string[]
  /** What was wrong: nothing, where all is well. */
  readonly faults: readonly string[]
}

/** Says how it goes, to whoever watches. */
export function progress(line: string): void {
  process.stderr.write(`${line}\n`)
}

export function toText({ name, figures, faults }: Outcome): string {
  const lines = [...figures, ...faults.map((fault) => `WRONG: ${fault}`)]
  return [
    `${name}: ${faults.length === 0 ? 'as it should be' : 'NOT as it should be'}`,
    ...lines.map((line) => `  ${line}`),
  ].join('\n')
}
