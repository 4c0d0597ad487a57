import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { AuthorityError } from '../errors.ts'
import type { Db, Prepare, Store } from './database.ts'
import { migrate } from './migrations.ts'
import type { Database } from './schema.ts'

const INT8 = 20
/** What to do where there is no connection to it. */
export const OUT_OF_REACH =
  'Look whether it runs, and at the user, the password and the name of the database in DATABASE_URL.'
/** How the connections of an authority are called, for whoever looks at them. */
export const APPLICATION = 'countersign-authority'
/** One number for all advisory locks of this program. */
const KEYS_LOCK = 0x636f756e
/** Where instances tell each other that keys have changed, and after how long one that was cut off listens again. */
const [CHANNEL, RETRY_MS] = ['countersign_keys', 5000]
const [MOST_CONNECTIONS, CONNECT_MS, STATEMENT_MS] = [10, 5000, 10_000]

/** Opens a PostgreSQL database, which several instances may share. */
export async function openPostgres(url: string, prepare: Prepare = migrate): Promise<Store> {
  const pool = new pg.Pool({
    connectionString: url,
    max: MOST_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: STATEMENT_MS,
    application_name: APPLICATION,
    types: { getTypeParser: typeParser } as pg.CustomTypesConfig,
  })
  // A connection that breaks while nobody uses it is replaced; without a listener it would end the process.
  pool.on('error', () => undefined)
  // So would one that breaks in the middle of a statement, which is told of it as well.
  pool.on('connect', (client) => client.on('error', () => undefined))
  const db: Db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
  try {
    await prepare(db, 'postgres')
  } catch (cause) {
    await db.destroy()
    if (cause instanceof AuthorityError) throw cause
    const why = cause instanceof Error ? cause.message : 'unknown'
    throw new AuthorityError('DATABASE', `the database of DATABASE_URL is out of reach: ${why}`, {
      hint: OUT_OF_REACH,
      cause,
    })
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
    tellKeysChanged: async (transaction) => void (await sql`SELECT pg_notify(${CHANNEL}, '')`.execute(transaction)),
    onKeysChanged: (heard) => listen(pool, heard),
    close: () => db.destroy(),
  }
}

/** Keeps a connection that hears what other instances say, and takes a new one where it breaks. @returns ends it */
function listen(pool: pg.Pool, heard: () => void): () => void {
  let [ended, held]: [boolean, pg.PoolClient | undefined] = [false, undefined]
  const retry = (): void => {
    if (!ended) setTimeout(begin, RETRY_MS).unref()
  }
  // One that breaks may say so twice, by an event and by the statement that it was at.
  const drop = (client: pg.PoolClient): void => {
    if (held !== client) return
    held = undefined
    client.release(true)
    retry()
  }
  const begin = async (): Promise<void> => {
    if (ended) return
    const client = await pool.connect().catch(() => undefined)
    if (client === undefined) return retry()
    held = client
    client.on('error', () => drop(client))
    if (ended) return drop(client)
    client.on('notification', heard)
    await client.query(`LISTEN ${CHANNEL}`).catch(() => drop(client))
  }
  void begin()
  return () => {
    ended = true
    if (held !== undefined) drop(held)
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
export function typeParser(oid: number, format?: 'text' | 'binary'): unknown {
  return oid === INT8 ? Number : pg.types.getTypeParser(oid, format as 'text')
}
