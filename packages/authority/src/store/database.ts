import type { DatabaseSync } from 'node:sqlite'
import type { Kysely } from 'kysely'
import type { Pool } from 'pg'
import type { Settings } from '../settings.ts'
import { openPostgres } from './postgres.ts'
import type { Database } from './schema.ts'
import { openSqlite } from './sqlite.ts'

export type Db = Kysely<Database>

/** The database, whichever it is. */
export interface Store {
  readonly kind: 'sqlite' | 'postgres'
  readonly db: Db
  /** @internal What is under `db`, for libraries that bring statements of their own. */
  readonly raw:
    | { readonly kind: 'sqlite'; readonly database: DatabaseSync }
    | { readonly kind: 'postgres'; readonly pool: Pool }
  /** The time that all instances share, in epoch seconds. */
  now(): Promise<number>
  /**
   * Does some work in one transaction while no other instance does such work.
   *
   * @returns what the work gave, or `undefined` where another instance is at it
   */
  exclusive<T>(work: (db: Db) => Promise<T>): Promise<T | undefined>
  /** Tells other instances, once this transaction is done, that keys have changed: a hint, which may get lost. */
  tellKeysChanged(db: Db): Promise<void>
  /** Calls a function when another instance says so. @returns ends it */
  onKeysChanged(heard: () => void): () => void
  close(): Promise<void>
}

/** Text that stands for itself in the pattern of a LIKE … ESCAPE '\\'. */
export function literal(text: string): string {
  return text.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)
}

/** What is done to the tables before anybody uses them. */
export type Prepare = (db: Db, kind: Store['kind']) => Promise<unknown>

/**
 * Opens the database that the settings name and brings its tables up to date.
 *
 * @param prepare - what is done in place of that
 * @throws {AuthorityError} `DATA_IN_USE`, `SCHEMA` for one that a newer version wrote, `DATABASE` for one out of reach
 */
export function openStore(settings: Settings, prepare?: Prepare): Promise<Store> {
  return settings.databaseUrl === undefined
    ? openSqlite(settings.data, prepare)
    : openPostgres(settings.databaseUrl, prepare)
}
