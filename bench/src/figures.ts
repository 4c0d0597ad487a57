/** The least, the middle and the greatest of some numbers. */
export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

/** What a value has to be. */
export type Bound = { readonly least: number } | { readonly most: number }

/** A bar, and what came of it: plain values, for they go from process to process as JSON. */
export interface Verdict {
  /** What is judged, such as `HS256 verify, countersign/sync`. */
  readonly what: string
  /** Whom it is compared with, where the value is a ratio: such as `fast-jwt`. */
  readonly against?: string
  /** Who that was this time, where it is the fastest of several. */
  readonly rival?: string
  readonly bound: Bound
  /** The unit of the value, such as `ms`; a ratio has none. */
  readonly unit?: string
  /** The median is what is judged. A value that was taken once is all three. */
  readonly value: Spread
  readonly holds: boolean
  /** Why it is known to fall short, by how much, and what the limit is: printed only where it does. */
  readonly why?: string
}

/**
 * A table for people. The first column names the row and stands to the left; all else are numbers. Tables of two Nodes
 * are laid side by side, by their first heading and the names of their rows, so these are the same on each of them.
 */
export interface Table {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** A job of the plot. */
export interface Plotted {
  readonly job: string
  /** The time of each contender as a multiple of ours: the median of paired ratios. */
  readonly marks: readonly { readonly name: string; readonly times: number }[]
}

/** What a suite found on one Node. */
export interface Figures {
  readonly title: string
  /** What is measured, how, and against whom: paragraphs of Markdown in lines of 120 characters. */
  readonly about: string
  readonly tables: readonly Table[]
  readonly verdicts: readonly Verdict[]
  readonly plotted: readonly Plotted[]
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const at = (index: number): number => sorted[index] ?? Number.NaN
  return { min: at(0), median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, max: at(sorted.length - 1) }
}

/** Whether a value is what it has to be. What is not even a number never is. */
export function isWithin(bound: Bound, value: number): boolean {
  return 'least' in bound ? value >= bound.least : value <= bound.most
}

/** The verdict on a value by its median. */
export function judge(bar: Omit<Verdict, 'holds'>): Verdict {
  return { ...bar, holds: isWithin(bar.bound, bar.value.median) }
}

/** The last line of a run. */
export function verdictLine(verdicts: readonly Verdict[]): string {
  return `${verdicts.filter(({ holds }) => holds).length} of ${verdicts.length} bars hold`
}
