import type { Memory } from './control.ts'

/** What a process had in memory at a time (seconds). */
export interface Sample extends Memory {
  readonly at: number
}

/** How the heap went, and what the process took at most. */
export interface MemoryFigures {
  readonly heapMegabytes: number
  /** Megabytes a minute, by least squares. */
  readonly trend: number
  readonly mostRssMegabytes: number
}

const MEGABYTE = 1_000_000

/** @throws {TypeError} for fewer than two moments */
export function toFigures(samples: readonly Sample[]): MemoryFigures {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const [minutes, heap] = [samples.map(({ at }) => at / 60), samples.map(({ heapBytes }) => heapBytes / MEGABYTE)]
  const [middle, height] = [mean(minutes), mean(heap)]
  const spread = minutes.reduce((sum, at) => sum + (at - middle) ** 2, 0)
  if (!(spread > 0)) throw new TypeError('a trend takes two moments or more')
  const rise = minutes.reduce((sum, at, index) => sum + (at - middle) * ((heap[index] ?? 0) - height), 0)
  return {
    heapMegabytes: heap.at(-1) ?? Number.NaN,
    trend: rise / spread,
    mostRssMegabytes: Math.max(...samples.map(({ rssBytes }) => rssBytes / MEGABYTE)),
  }
}
