import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, PostgresDialect, SqliteDialect, sql } from 'kysely'
import pg from 'pg'
import { AuthorityError } from '../errors.ts'
import type { Settings } from '../settings.ts'
import type { Db, Store } from './database.ts'
import { APPLICATION, OUT_OF_REACH, typeParser } from './postgres.ts'
import type { Database } from './schema.ts'
import { asked, DATABASE_FILE } from './sqlite.ts'
import { stepsOf, tablesOf } from './tables.ts'

/** Milliseconds. */
const [CONNECT_MS, BUSY_MS] = [3000, 3000]

/** A database to look into, beside whoever has it: nothing is written, no step is taken, and no lock. */
export interface ReadOnly {
  readonly kind: Store['kind']
  readonly db: Db
  readonly raw: Store['raw']
  /** Its tables, with their columns. */
  tables(): Promise<ReadonlyMap<string, readonly string[]>>
  /** The names of the steps that its tables have; none where it has no tables. */
  steps(): Promise<readonly string[]>
  close(): Promise<void>
}

/**
 * Opens the database that the settings name to look into it.
 *
 * @param statementMs - for how long one question may take on PostgreSQL, in milliseconds
 * @throws {AuthorityError} `DATABASE` where there is none, or it is out of reach
 */
export async function openReadOnly(settings: Settings, statementMs: number): Promise<ReadOnly> {
  let reader: ReadOnly | undefined
  try {
    reader =
      settings.databaseUrl === undefined
        ? sqliteReader(settings.data)
        : postgresReader(settings.databaseUrl, statementMs)
    await (reader.kind === 'postgres' ? sql`SET default_transaction_read_only = on` : sql`SELECT 1`).execute(reader.db)
    return reader
  } catch (cause) {
    await reader?.close()
    if (cause instanceof AuthorityError) throw cause
    const why = cause instanceof Error ? cause.message : 'unknown'
    const where = settings.databaseUrl === undefined ? `in ${settings.data}` : 'of DATABASE_URL'
    const hint =
      settings.databaseUrl === undefined
        ? 'Look whether this user may read the files there, and whether they are whole.'
        : OUT_OF_REACH
    throw new AuthorityError('DATABASE', `the database ${where} is out of reach: ${why}`, { hint, cause })
  }
}

function sqliteReader(folder: string): ReadOnly {
  const path = join(folder, DATABASE_FILE)
  if (!existsSync(path))
    throw new AuthorityError('DATABASE', `there is no database in ${folder}`, {
      hint: 'COUNTERSIGN_DATA names its folder, DATABASE_URL one of PostgreSQL.',
    })
  // What SQLite puts beside the file has the mode of the file.
  const database = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS })
  const db: Db = new Kysely<Database>({ dialect: new SqliteDialect({ database: asked(database) }) })
  return toReader('sqlite', db, { kind: 'sqlite', database })
}

function postgresReader(url: string, statementMs: number): ReadOnly {
  const pool = new pg.Pool({
    connectionString: url,
    max: 1,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: statementMs,
    query_timeout: statementMs,
    // It keeps its one connection, and with it what was begun on that.
    idleTimeoutMillis: 0,
    application_name: `${APPLICATION} reader`,
    types: { getTypeParser: typeParser } as pg.CustomTypesConfig,
  })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  const db: Db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
  return toReader('postgres', db, { kind: 'postgres', pool })
}

function toReader(kind: Store['kind'], db: Db, raw: Store['raw']): ReadOnly {
  return {
    kind,
    db,
    raw,
    tables: () => tablesOf(db, kind),
    steps: async () => stepsOf(db, await tablesOf(db, kind)),
    close: () => db.destroy(),
  }
}
