import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { AuthorityError } from '../errors.ts'
import type { Db, Store } from './database.ts'
import { migrate } from './migrations.ts'
import type { Database } from './schema.ts'

const INT8 = 20
/** One number for all advisory locks of this program. */
export const KEYS_LOCK = 0x636f756e
const [MOST_CONNECTIONS, CONNECT_MS, STATEMENT_MS] = [10, 5000, 10_000]

/** Opens a PostgreSQL database, which several instances may share. */
export async function openPostgres(url: string): Promise<Store> {
  const pool = new pg.Pool({
    connectionString: url,
    max: MOST_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: STATEMENT_MS,
    application_name: 'countersign-authority',
    types: { getTypeParser: typeParser } as pg.CustomTypesConfig,
  })
  // A connection that breaks while nobody uses it is replaced; without a listener it would end the process.
  pool.on('error', () => undefined)
  const db: Db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
  try {
    await migrate(db, 'postgres')
  } catch (cause) {
    await db.destroy()
    if (cause instanceof AuthorityError) throw cause
    const why = cause instanceof Error ? cause.message : 'unknown'
    throw new AuthorityError('DATABASE', `the database of DATABASE_URL is out of reach: ${why}`, { cause })
  }
  return {
    kind: 'postgres',
    db,
    raw: { kind: 'postgres', pool },
    now: () => timeOf(db),
    exclusive: (work) =>
      db.transaction().execute(async (transaction) => {
        const { rows } = await sql<{
          locked: boolean
        }>`SELECT pg_try_advisory_xact_lock(${KEYS_LOCK}) AS locked`.execute(transaction)
        return rows[0]?.locked ? work(transaction) : undefined
      }),
    close: () => db.destroy(),
  }
}

/** The time of the database, and not that of when the transaction began. */
async function timeOf(db: Db): Promise<number> {
  const { rows } = await sql<{
    now: number
  }>`SELECT FLOOR(EXTRACT(EPOCH FROM clock_timestamp()))::bigint AS now`.execute(db)
  return Number(rows[0]?.now)
}

/** `pg` gives a bigint as text; ours are times and counts, far below 2^53. */
function typeParser(oid: number, format?: 'text' | 'binary'): unknown {
  return oid === INT8 ? Number : pg.types.getTypeParser(oid, format as 'text')
}
