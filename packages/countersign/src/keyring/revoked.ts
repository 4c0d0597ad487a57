import { withoutUndefined } from '../json.ts'
import { revoked } from './plan.ts'
import type { Schedule } from './schedule.ts'
import type { StoredKey } from './store.ts'

/** How many are remembered; the first to be forgotten is the one that was noted first. */
const MOST = 1000

/**
 * What this process knows to be revoked, whatever the store says later: one that was set back to a backup, or that was out
 * of reach when it should have been told, brings no key back.
 */
export class Revoked {
  readonly #rows = new Map<string, StoredKey>()

  note(rows: readonly StoredKey[]): void {
    for (const row of rows) if (row.revokedAt !== undefined && !this.#rows.has(row.kid)) this.#rows.set(row.kid, row)
    for (const kid of this.#rows.keys()) {
      if (this.#rows.size <= MOST) break
      this.#rows.delete(kid)
    }
  }

  /** Rows with what is known about them; those that say it themselves, and those that live, are the same objects. */
  over(rows: readonly StoredKey[]): readonly StoredKey[] {
    return rows.map((row) => {
      const known = row.revokedAt === undefined ? this.#rows.get(row.kid) : undefined
      return known ? revokedAs(row, known) : row
    })
  }

  /** Rows that a store does not know to be revoked, with their revocation made anew: its times count from when it is told. */
  anew(rows: readonly StoredKey[], schedule: Schedule, now: number): readonly StoredKey[] {
    return rows.flatMap((row) => {
      const known = row.revokedAt === undefined ? this.#rows.get(row.kid) : undefined
      return known ? [revoked(row, known.reason, schedule, now)] : []
    })
  }
}

function revokedAs(row: StoredKey, { retireAt, purgeAt, revokedAt, reason }: StoredKey): StoredKey {
  return { ...row, ...withoutUndefined({ retireAt, purgeAt, revokedAt, reason }) }
}
