// Runs the loop of one target in a thread of its own, which may hang.
import { parentPort, workerData } from 'node:worker_threads'
import { type Bundle, load } from './instrument.ts'
import { loop, type Progress, type Result } from './loop.ts'
import { Position } from './shared.ts'
import type { Bytes, Target } from './target.ts'

/** What a worker is told. */
export interface Order {
  readonly bundle: Bundle
  readonly seed: number
  readonly seconds: number
  readonly runs?: number | undefined
  readonly finds?: number | undefined
  readonly corpus: readonly Bytes[]
  readonly position: SharedArrayBuffer
}

/** What it tells. */
export type Message = { readonly progress: Progress } | { readonly result: Result }

const { bundle, position, ...order } = workerData as Order
const { counters, module } = await load<{ readonly target: Target }>(bundle)
const tell = (message: Message): void => parentPort?.postMessage(message)
const result = await loop(module.target, counters, {
  ...order,
  position: new Position(position),
  progress: (progress) => tell({ progress }),
})
tell({ result })
