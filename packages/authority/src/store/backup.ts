import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, renameSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { AuthorityError } from '../errors.ts'
import type { Settings } from '../settings.ts'
import { type Batch, type Counts, TABLES, type TableName, toLines, type Value } from './backup-file.ts'
import { openReadOnly, type ReadOnly } from './read-only.ts'

/** How many rows are read at once. */
const BATCH = 500
/** For how long one question may take, in milliseconds. */
const STATEMENT_MS = 60_000

/** What was backed up. */
export interface BackedUp {
  readonly kind: ReadOnly['kind']
  readonly schema: readonly string[]
  readonly rows: Counts
}

/**
 * Writes all that the database holds at one moment, while whoever has it goes on.
 *
 * @param to - a file, which is there whole or not at all; or a stream
 * @param told - called with the rows so far
 * @throws {AuthorityError} `DATABASE` where there is nothing to back up, `BACKUP` for a file that is there already
 */
export async function backUp(
  settings: Settings,
  to: { readonly path: string; readonly force: boolean } | Writable,
  told: (rows: Counts) => Promise<void> | void,
): Promise<BackedUp> {
  const reader = await openReadOnly(settings, STATEMENT_MS)
  try {
    return await snapshot(reader, async () => {
      const schema = await reader.steps()
      if (schema.length === 0)
        throw new AuthorityError('DATABASE', 'this database has no tables: there is nothing to back up')
      let rows: Counts = {}
      const header = { schema, kind: reader.kind, at: new Date().toISOString(), issuer: settings.issuer }
      const lines = toLines({ ...header, lastAudit: await lastAudit(reader) }, read(reader), (counts) => {
        rows = counts
        return told(counts)
      })
      const write = (stream: Writable): Promise<void> => pipeline(Readable.from(lines), createGzip(), stream)
      await ('path' in to ? intoFile(to.path, to.force, write) : write(to))
      return { kind: reader.kind, schema, rows }
    })
  } finally {
    await reader.close()
  }
}

/** Does some work in a transaction that sees the database as it was at its beginning. */
async function snapshot<T>({ raw }: ReadOnly, work: () => Promise<T>): Promise<T> {
  if (raw.kind === 'sqlite') {
    raw.database.exec('BEGIN')
    return work()
  }
  const { pool } = raw
  // The pool has one connection: what comes next is asked by this one, once it is given back.
  await pool.query(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`)
  // Whoever takes the backup may be slow to.
  await pool.query('SET LOCAL idle_in_transaction_session_timeout = 0')
  return work()
}

/** The last number of the audit trail: it is higher than that of the last row where that was removed. */
async function lastAudit({ raw }: ReadOnly): Promise<number> {
  if (raw.kind === 'sqlite') {
    const row = raw.database.prepare(`SELECT seq FROM sqlite_sequence WHERE name = 'audit'`).get()
    return Number(row?.['seq'] ?? 0)
  }
  const { rows } = await raw.pool.query<{ last: number | null }>(
    `SELECT pg_sequence_last_value(pg_get_serial_sequence('audit', 'seq')::regclass) AS last`,
  )
  return Number(rows[0]?.last ?? 0)
}

async function* read(reader: ReadOnly): AsyncGenerator<Batch> {
  const { raw } = reader
  const there = await reader.tables()
  // A table that came with a later step than this database has taken is not there.
  for (const table of TABLES.filter((name) => there.has(name)))
    yield* raw.kind === 'sqlite' ? readSqlite(raw, table) : readPostgres(raw, table)
}

async function* readSqlite(
  { database }: ReadOnly['raw'] & { kind: 'sqlite' },
  table: TableName,
): AsyncGenerator<Batch> {
  const statement = database.prepare(`SELECT * FROM "${table}"`)
  const columns = statement.columns().map(({ name }) => name)
  let rows: (readonly Value[])[] = []
  for (const row of statement.iterate()) {
    rows.push(columns.map((name) => row[name] as Value))
    if (rows.length < BATCH) continue
    yield { table, columns, rows }
    rows = []
  }
  if (rows.length > 0) yield { table, columns, rows }
}

async function* readPostgres(
  { pool }: ReadOnly['raw'] & { kind: 'postgres' },
  table: TableName,
): AsyncGenerator<Batch> {
  await pool.query(`DECLARE backup NO SCROLL CURSOR FOR SELECT * FROM "${table}"`)
  for (;;) {
    const { rows, fields } = await pool.query({ text: `FETCH ${BATCH} FROM backup`, rowMode: 'array' })
    if (rows.length === 0) break
    yield { table, columns: fields.map(({ name }) => name), rows: rows as Value[][] }
  }
  await pool.query('CLOSE backup')
}

/** A file for its owner alone, which gets its name once all of it is on the disk. */
async function intoFile(path: string, force: boolean, write: (stream: Writable) => Promise<void>): Promise<void> {
  if (!force && existsSync(path)) throw exists(path)
  const draft = `${path}.${randomBytes(6).toString('hex')}.part`
  const file = await open(draft, 'wx', 0o600).catch((error: unknown) => {
    throw unwritable(path, error)
  })
  try {
    await file.chmod(0o600)
    await write(file.createWriteStream({ flush: true }))
    rename(draft, path, force)
  } catch (error) {
    throw unwritable(path, error)
  } finally {
    rmSync(draft, { force: true })
  }
  await syncFolder(dirname(path))
}

/** What the system has against a file, in words, such as a full disk; any other error as it is. */
function unwritable(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('syscall' in error)) return error
  const { code = 'unknown' } = error as NodeJS.ErrnoException
  return new AuthorityError('BACKUP', `${path} cannot be written: ${code}`, { cause: error })
}

function rename(draft: string, path: string, force: boolean): void {
  if (force) {
    renameSync(draft, path)
    return
  }
  try {
    linkSync(draft, path)
  } catch (error) {
    // Some file systems have no links; there, somebody who is faster is not noticed.
    if (existsSync(path)) throw exists(path, error)
    renameSync(draft, path)
  }
}

function exists(path: string, cause?: unknown): AuthorityError {
  const hint = 'Nothing was overwritten. Give another name, or --force.'
  return new AuthorityError('BACKUP', `${path} is there already`, { hint, cause })
}

/** Has the names in a folder survive a power cut, where the system can. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}
