import type { Awaitable, Backend, SyncBackend } from './crypto/backend.ts'

/** One step of an operation: what it asks of the backend. `B` is as much of one as it needs. */
export type Step<B = Backend> = (backend: B) => unknown

/**
 * An operation in steps. It is written once and knows nothing of promises: {@link run} drives it for the promise doors,
 * {@link runSync} for the synchronous ones. A step that fails throws at the place of its `yield`.
 */
export type Op<T, B = Backend> = Generator<Step<B>, T, unknown>

/** Takes one step, and gives what the backend answered. */
export function* use<T, B = Backend>(step: (backend: B) => Awaitable<T>): Op<T, B> {
  return (yield step) as T
}

/** A promise where only values are of use: the program picked the wrong door, and no token is to blame. */
export class PromiseInSyncError extends TypeError {
  constructor() {
    super(
      'a key, a key source, a hook or a schema answered with a promise, which countersign/sync cannot await: use countersign',
    )
  }
}

/** Drives an operation by values alone. A step that has nothing but a promise to give is a {@link PromiseInSyncError}. */
export function runSync<T>(op: Op<T>, backend: SyncBackend): T {
  return drive(op, backend, true) as T
}

/** Drives an operation, waiting only for those steps that answer with a promise. */
export async function run<T, B>(op: Op<T, B>, backend: B): Promise<T> {
  return drive(op, backend, false)
}

/** Drives an operation to its result, or to the first step that has to be waited for: then there is a promise. */
export function start<T, B extends { readonly sync: boolean }>(op: Op<T, B>, backend: B): Awaitable<T> {
  return drive(op, backend, backend.sync)
}

function drive<T, B>(op: Op<T, B>, backend: B, sync: boolean): Awaitable<T> {
  let turn = op.next()
  while (!turn.done) {
    let answer: unknown
    try {
      answer = turn.value(backend)
      if (sync) answer = atOnce(answer)
      else if (isPromise(answer)) return goOn(op, backend, answer)
    } catch (error) {
      turn = op.throw(error)
      continue
    }
    turn = op.next(answer)
  }
  return turn.value
}

/** From a promise on. */
async function goOn<T, B>(op: Op<T, B>, backend: B, coming: PromiseLike<unknown>): Promise<T> {
  let turn = await answered(op, coming)
  while (!turn.done) {
    let answer: unknown
    try {
      answer = turn.value(backend)
      if (isPromise(answer)) answer = await answer
    } catch (error) {
      turn = op.throw(error)
      continue
    }
    turn = op.next(answer)
  }
  return turn.value
}

async function answered<T, B>(op: Op<T, B>, coming: PromiseLike<unknown>): Promise<IteratorResult<Step<B>, T>> {
  let answer: unknown
  try {
    answer = await coming
  } catch (error) {
    return op.throw(error)
  }
  return op.next(answer)
}

/** What is there already. A promise is a {@link PromiseInSyncError}. */
export function atOnce<T>(value: Awaitable<T>): T {
  if (!isPromise(value)) return value
  value.then(undefined, () => {}) // nobody waits for it: its failure must not end the process
  throw new PromiseInSyncError()
}

/** Whether something is yet to come. */
export function isPromise<T>(value: Awaitable<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<T>).then === 'function'
}
