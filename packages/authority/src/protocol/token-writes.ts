import { AsyncLocalStorage } from 'node:async_hooks'
import { errors } from 'oidc-provider'
import type { Db } from '../store/database.ts'
import { unavailable } from '../unavailable.ts'

/** Something that is written, or refused there and then. */
export interface Write {
  /** @throws {errors.OIDCProviderError} where the database says no */
  run(db: Db): Promise<unknown>
  /** What follows from a refusal; nothing of the other writes is there then. */
  readonly refused?: (() => Promise<void>) | undefined
  /** Told of what the database fails with. */
  readonly failed?: ((error: unknown) => void) | undefined
}

/** What the token request at hand will write. */
const requests = new AsyncLocalStorage<Write[]>()

/** Does some work and keeps what it writes for later. @returns that */
export async function collectWrites(work: () => Promise<unknown>): Promise<readonly Write[]> {
  const writes: Write[] = []
  await requests.run(writes, work)
  return writes
}

/** Writes something now, or within `collectWrites` later. */
export async function writeOrKeep(db: Db, write: Write): Promise<void> {
  const kept = requests.getStore()
  if (kept) kept.push(write)
  else await writeAll(db, [write])
}

/**
 * Writes everything or nothing.
 *
 * @throws {errors.OIDCProviderError} what a write was refused with, or 503 where the database fails
 */
export async function writeAll(db: Db, writes: readonly Write[]): Promise<void> {
  let at: Write | undefined
  const run = async (on: Db): Promise<void> => {
    for (at of writes) await at.run(on)
  }
  try {
    await (writes.length > 1 ? db.transaction().execute(run) : run(db))
  } catch (error) {
    if (!(error instanceof errors.OIDCProviderError)) {
      writes[0]?.failed?.(error)
      throw unavailable(error)
    }
    await at?.refused?.()
    throw error
  }
}
