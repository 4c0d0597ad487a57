import { Worker } from 'node:worker_threads'
import type { Bundle } from './instrument.ts'
import type { Progress, Result } from './loop.ts'
import { Position } from './shared.ts'
import type { Bytes } from './target.ts'
import type { Message, Order } from './worker.ts'

/** A run that goes on for so long is taken to have no end. */
export const HANG_MS = 5000

/** Room for what is gone at once, of which each run makes much. */
const LIMITS = { maxYoungGenerationSizeMb: 64, maxOldGenerationSizeMb: 1024 }

export interface WatchOptions extends Pick<Order, 'seed' | 'seconds' | 'runs' | 'finds' | 'corpus'> {
  readonly bundle: Bundle
  readonly hangMs?: number
  readonly progress?: (progress: Progress) => void
}

/** Runs a target in a thread, and ends that where a run does not. */
export async function watch({ bundle, hangMs = HANG_MS, progress, ...order }: WatchOptions): Promise<Result> {
  const position = new Position()
  let latest: Progress = { runs: 0, seconds: 0, cpuSeconds: 0, edges: 0, corpus: 0, finds: 0 }
  const workerData: Order = { ...order, bundle, position: position.buffer }
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData, resourceLimits: LIMITS })
  const { promise, resolve, reject } = Promise.withResolvers<Result>()
  worker.on('message', (message: Message) => {
    if ('result' in message) resolve(message.result)
    else {
      latest = message.progress
      progress?.(latest)
    }
  })
  worker.on('error', (error) => resolve(ended(latest, position.input, 'thrown', String(error))))
  worker.on('exit', (code) => reject(new Error(`the worker has ended without a word (${code})`)))
  let before = 0
  const heart = setInterval(() => {
    const { run } = position
    if (run !== 0 && run === before) resolve(ended(latest, position.input, 'hang', `a run of more than ${hangMs} ms`))
    before = run
  }, hangMs)
  try {
    return await promise
  } finally {
    clearInterval(heart)
    await worker.terminate()
  }
}

function ended(latest: Progress, input: Bytes, kind: 'thrown' | 'hang', why: string): Result {
  const troubles = [{ kind, input, why }]
  return {
    ...latest,
    finds: 1,
    slowestMs: Number.POSITIVE_INFINITY,
    heap: [0, 0],
    outcomes: new Map(),
    troubles,
    kept: [],
  }
}
