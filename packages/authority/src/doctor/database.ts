import { statSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { Settings } from '../settings.ts'
import { STEPS } from '../store/migrations.ts'
import type { ReadOnly } from '../store/read-only.ts'
import { DATABASE_FILE } from '../store/sqlite.ts'
import { count, type Finding, fail, ok, some, warn } from './finding.ts'

/** Milliseconds beyond which every login is slow; and how many questions are asked. */
const [SLOW_MS, ASKED] = [50, 3]
/** The oldest PostgreSQL that still gets fixes, and how many connections an instance takes. */
const [OLDEST, CONNECTIONS] = [14, 10]
/** Up to this size a file is looked through, in octets: it takes no second. */
const MOST_CHECKED = 64 * 1024 * 1024

/** The database itself, and its tables. */
export async function examineDatabase(reader: ReadOnly, settings: Settings): Promise<readonly Finding[]> {
  const found = [...(await examineSteps(reader)), ...(await examineLatency(reader))]
  found.push(...(reader.kind === 'postgres' ? await examinePostgres(reader) : examineFile(reader, settings)))
  return found
}

async function examineSteps(reader: ReadOnly): Promise<readonly Finding[]> {
  const steps = await reader.steps()
  if (steps.length === 0)
    return [warn('database', 'there are no tables yet', 'serve makes them, or: countersign-authority migrate')]
  const newer = steps.filter((step) => !STEPS.includes(step))
  if (newer.length > 0)
    return [
      fail(
        'database',
        `a newer version has written the tables (${some(newer)})`,
        'Start that version, or a newer one.',
      ),
    ]
  const pending = STEPS.filter((step) => !steps.includes(step))
  if (pending.length > 0)
    return [
      warn(
        'database',
        `the tables are of an older version: ${some(pending)} is to come`,
        'The next start of serve does it.',
      ),
    ]
  return [ok('database', 'the tables are up to date')]
}

async function examineLatency({ db }: ReadOnly): Promise<readonly Finding[]> {
  const times: number[] = []
  for (let asked = 0; asked < ASKED; asked++) {
    const from = performance.now()
    await sql`SELECT 1`.execute(db)
    times.push(performance.now() - from)
  }
  const best = Math.min(...times)
  const message = `the database answers within ${best < 1 ? 1 : Math.ceil(best)} ms`
  if (best < SLOW_MS) return [ok('database', message)]
  return [warn('database', `${message} at best`, 'Each login asks it many times: run it near the authority.')]
}

async function examinePostgres({ db }: ReadOnly): Promise<readonly Finding[]> {
  const { rows } = await sql<{ version: number; most: number; used: number }>`SELECT
    current_setting('server_version_num')::bigint AS version,
    current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint AS most,
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS used`.execute(db)
  const [{ version, most, used } = { version: 0, most: 0, used: 0 }] = rows
  const [major, left] = [Math.floor(version / 10_000), most - used]
  const found: Finding[] = []
  if (major < OLDEST) found.push(warn('database', `PostgreSQL ${major} gets no fixes any more`, 'Update it.'))
  if (left < CONNECTIONS)
    found.push(
      warn(
        'database',
        `PostgreSQL has ${count(left, 'connection')} left, and an instance takes up to ${CONNECTIONS}`,
        'Raise its max_connections, or run fewer instances.',
      ),
    )
  return found.length > 0 ? found : [ok('database', `PostgreSQL ${major} has ${left} of ${most} connections left`)]
}

function examineFile({ raw }: ReadOnly, { data }: Settings): readonly Finding[] {
  if (raw.kind !== 'sqlite' || statSync(join(data, DATABASE_FILE)).size > MOST_CHECKED) return []
  const said = raw.database.prepare('PRAGMA quick_check(1)').get()
  if (said?.['quick_check'] === 'ok') return [ok('database', 'the file of the database is sound')]
  return [fail('database', 'the file of the database is damaged', 'Restore a backup into an empty folder.')]
}

/** Seconds by which clocks may differ before it is worth a word. */
const NOTABLE = 5

/**
 * A clock against that of this machine.
 *
 * @param ahead - by how much it is ahead, in seconds
 */
export function examineClock(whose: string, ahead: number, { schedule }: Settings): Finding {
  const skew = typeof schedule.skew === 'number' ? schedule.skew : 60
  const off = Math.round(Math.abs(ahead))
  if (off <= Math.max(1, Math.min(NOTABLE, skew))) return ok('clock', `this machine and ${whose} have the same time`)
  const message = `this machine is ${off} s ${ahead > 0 ? 'behind' : 'ahead of'} ${whose}`
  const fix = 'Set the clocks by NTP, on every machine.'
  return off > skew ? fail('clock', `${message}, and KEY_SKEW allows ${skew} s`, fix) : warn('clock', message, fix)
}

/** The clock of PostgreSQL; the embedded database has that of this machine. */
export async function databaseAhead({ db, kind }: ReadOnly): Promise<number | undefined> {
  if (kind === 'sqlite') return undefined
  const from = Date.now()
  const { rows } = await sql<{
    now: number
  }>`SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint AS now`.execute(db)
  const to = Date.now()
  return (Number(rows[0]?.now) - (from + to) / 2) / 1000
}
