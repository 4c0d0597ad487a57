import { sql } from 'kysely'
import { AuthorityError } from '../errors.ts'
import type { Settings } from '../settings.ts'
import { type BackupHeader, type Batch, type Counts, readBackup, TABLES } from './backup-file.ts'
import { type Db, openStore, type Store } from './database.ts'
import { migrate, STEPS } from './migrations.ts'
import { stepsOf, tablesOf } from './tables.ts'

/** A sealed text of a backup: it opens with the KEK of then. */
export interface SealedText {
  readonly name: string
  readonly jwe: string
}

export interface Restored {
  readonly header: BackupHeader
  readonly rows: Counts
  /** The steps that its tables took here. */
  readonly taken: readonly string[]
}

/** What is beside the rows of a backup. */
export interface RestoreOptions {
  /** Throws where the KEK of the settings does not open what the backup holds. */
  readonly demandKek: (sealed: readonly SealedText[]) => Promise<void>
  /** Called with the rows so far. */
  readonly told: (rows: Counts) => void
  /** Does what else there is to do in the database. */
  readonly last: (store: Store, header: BackupHeader) => Promise<void>
}

/**
 * Fills an empty database of either kind with what a backup holds, and brings its tables up to date. Before anything is
 * written, the whole file is looked at; then all of it goes in, or nothing.
 *
 * @throws {AuthorityError} `BACKUP` for a file or a database that is refused, `SCHEMA` for a backup of a newer version,
 *   `KEK_WRONG`, `DATA_IN_USE`, `DATABASE`
 */
export async function restore(settings: Settings, path: string, options: RestoreOptions): Promise<Restored> {
  const { header, sealed } = await examine(path)
  await options.demandKek(sealed)
  const store = await openStore(settings, (db, kind) => demandEmpty(db, kind, header)).catch(inUse)
  try {
    const rows = await store.db.transaction().execute((db) => insert(db, store.kind, path, options.told))
    const taken = await migrate(store.db, store.kind)
    await options.last(store, header)
    return { header, rows, taken }
  } finally {
    await store.close()
  }
}

/** Looks at all of a backup, and takes out of it what a KEK has to open. */
async function examine(path: string): Promise<{ header: BackupHeader; sealed: readonly SealedText[] }> {
  const found: { header?: BackupHeader } = {}
  const sealed: SealedText[] = []
  await readBackup(path, {
    begin(header) {
      demandKnown(header)
      found.header = header
    },
    take({ table, columns, rows }) {
      const [named, texts] = table === 'secrets' ? ['name', ['jwe']] : ['kid', ['private_jwe', 'voucher']]
      if (table !== 'secrets' && table !== 'signing_keys') return
      for (const row of rows) {
        const values = Object.fromEntries(columns.map((column, at) => [column, row[at]]))
        for (const text of texts as readonly string[]) {
          const jwe = values[text]
          if (typeof jwe === 'string') sealed.push({ name: String(values[named as string]), jwe })
        }
      }
    },
  })
  return { header: found.header as BackupHeader, sealed }
}

/** @throws {AuthorityError} `SCHEMA` */
function demandKnown({ schema }: BackupHeader): void {
  if (schema.every((step, at) => step === STEPS[at])) return
  throw new AuthorityError('SCHEMA', 'this backup was made by a newer version', {
    hint: 'Restore it with the version that made it, or a newer one.',
  })
}

/** Takes the steps that the backup had. @throws {AuthorityError} `BACKUP` for a database that is not empty */
async function demandEmpty(db: Db, kind: Store['kind'], { schema }: BackupHeader): Promise<void> {
  const there = await tablesOf(db, kind)
  const steps = await stepsOf(db, there)
  if (steps.some((name) => !schema.includes(name))) throw notEmpty()
  for (const table of TABLES.filter((name) => there.has(name))) {
    // Tables of ours without rows are what a restore leaves that was ended before it was done.
    const { rows } = await sql`SELECT 1 FROM ${sql.table(table)} LIMIT 1`.execute(db)
    if (rows.length > 0 || steps.length === 0) throw notEmpty()
  }
  await migrate(db, kind, schema.at(-1))
}

function notEmpty(): AuthorityError {
  return new AuthorityError('BACKUP', 'the database is not empty, and nothing in it is ever overwritten', {
    hint: 'Name another folder in COUNTERSIGN_DATA, or another database in DATABASE_URL.',
  })
}

function inUse(error: unknown): never {
  if (!(error instanceof AuthorityError) || error.code !== 'DATA_IN_USE') throw error
  throw new AuthorityError('DATA_IN_USE', error.message, {
    hint: 'Stop the server, and name an empty folder in COUNTERSIGN_DATA.',
    cause: error,
  })
}

async function insert(db: Db, kind: Store['kind'], path: string, told: (rows: Counts) => void): Promise<Counts> {
  const known = await tablesOf(db, kind)
  const counts: Record<string, number> = {}
  let lastAudit = 0
  const rows = await readBackup(path, {
    begin(header) {
      lastAudit = header.lastAudit
    },
    async take(batch) {
      const columns = known.get(batch.table) ?? []
      const strange = batch.columns.find((name) => !columns.includes(name))
      if (strange !== undefined)
        throw new AuthorityError('BACKUP', `${path} has a column that ${batch.table} has not: nothing was restored`)
      await insertRows(db, kind, batch)
      counts[batch.table] = (counts[batch.table] ?? 0) + batch.rows.length
      told({ ...counts })
    },
  })
  await countOn(db, kind, lastAudit)
  return rows
}

async function insertRows(db: Db, kind: Store['kind'], { table, columns, rows }: Batch): Promise<void> {
  const names = sql.join(columns.map((name) => sql.ref(name)))
  const values = sql.join(rows.map((row) => sql`(${sql.join(row)})`))
  // PostgreSQL numbers the rows of the audit trail by itself, unless it is told that numbers are meant.
  const numbered = kind === 'postgres' ? sql`OVERRIDING SYSTEM VALUE` : sql``
  await sql`INSERT INTO ${sql.table(table)} (${names}) ${numbered} VALUES ${values}`.execute(db)
}

/** The audit trail goes on behind its last number, whichever rows of it are there. */
async function countOn(db: Db, kind: Store['kind'], last: number): Promise<void> {
  if (last < 1) return
  if (kind === 'postgres') {
    await sql`SELECT setval(pg_get_serial_sequence('audit', 'seq')::regclass, ${last}::bigint)`.execute(db)
    return
  }
  await sql`DELETE FROM sqlite_sequence WHERE name = 'audit'`.execute(db)
  await sql`INSERT INTO sqlite_sequence (name, seq) VALUES ('audit', ${last})`.execute(db)
}
