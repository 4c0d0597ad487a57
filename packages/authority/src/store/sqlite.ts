import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { Kysely, type SqliteDatabase, SqliteDialect, sql } from 'kysely'
import type { Db, Prepare, Store } from './database.ts'
import { lockFolder } from './lock.ts'
import { migrate } from './migrations.ts'
import type { Database } from './schema.ts'

/** The database, in its folder. */
export const DATABASE_FILE = 'authority.db'
/** How long a statement waits for another process, in milliseconds: a backup may read while we write. */
const BUSY_TIMEOUT = 5000
/** Prepared statements that are kept. */
const MOST_STATEMENTS = 200

/** Opens the embedded database in a folder, which is made where it is not there. One process writes to it. */
export async function openSqlite(folder: string, prepare: Prepare = migrate): Promise<Store> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const unlock = forOwner(() => lockFolder(folder))
  try {
    const path = join(folder, DATABASE_FILE)
    const database = forOwner(() => new DatabaseSync(path))
    chmodSync(path, 0o600)
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`)
    database.exec('PRAGMA journal_mode = WAL')
    // NORMAL may lose the last commits when the power fails, and a refresh token that was used would live again.
    database.exec('PRAGMA synchronous = FULL')
    database.exec('PRAGMA foreign_keys = ON')
    const db: Db = new Kysely<Database>({ dialect: new SqliteDialect({ database: asked(database) }) })
    await prepare(db, 'sqlite')
    return {
      kind: 'sqlite',
      db,
      raw: { kind: 'sqlite', database },
      now: async () => Math.floor(Date.now() / 1000),
      exclusive: (work) => exclusively(db, work),
      tellKeysChanged: async () => undefined, // there is no other instance
      onKeysChanged: () => () => undefined,
      async close() {
        await db.destroy()
        unlock()
      },
    }
  } catch (error) {
    unlock()
    throw error
  }
}

/** Files that are made meanwhile are never anybody else's, in a folder that was there and is open to all, too. */
function forOwner<T>(make: () => T): T {
  const mask = process.umask(0o077)
  try {
    return make()
  } finally {
    process.umask(mask)
  }
}

/** Kysely begins a deferred transaction, in which a write may come too late; a write at its beginning takes the lock. */
function exclusively<T>(db: Db, work: (db: Db) => Promise<T>): Promise<T> {
  return db.connection().execute(async (connection) => {
    await sql`BEGIN IMMEDIATE`.execute(connection)
    try {
      const result = await work(connection)
      await sql`COMMIT`.execute(connection)
      return result
    } catch (error) {
      await sql`ROLLBACK`.execute(connection)
      throw error
    }
  })
}

/** A statement that does nothing. */
const NOTHING: ReturnType<SqliteDatabase['prepare']> = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [][Symbol.iterator](),
}

/** `node:sqlite` as Kysely wants to be answered. */
export function asked(database: DatabaseSync): SqliteDatabase {
  const prepared = new Map<string, StatementSync>()
  const prepare = (text: string): StatementSync => {
    const known = prepared.get(text)
    if (known) return known
    const statement = database.prepare(text)
    if (prepared.size < MOST_STATEMENTS) prepared.set(text, statement)
    return statement
  }
  return {
    close: () => database.close(),
    prepare(text) {
      // A full disk ends a transaction by itself, and who then rolls back hears of that in place of the disk.
      if (/^rollback$/i.test(text) && !database.isTransaction) return NOTHING
      const statement = prepare(text)
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...(parameters as never[])),
        run: (parameters) => statement.run(...(parameters as never[])),
        iterate: (parameters) => statement.iterate(...(parameters as never[])),
      }
    },
  }
}
