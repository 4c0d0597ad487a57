import type { Keks } from '../keys/kek.ts'
import { openSealed, sealedIn } from '../keys/sealed.ts'
import { type Settings, SIGNING_ALGS } from '../settings.ts'
import type { ReadOnly } from '../store/read-only.ts'
import type { SigningKeyRow } from '../store/schema.ts'
import { count, type Finding, fail, ok, some, warn } from './finding.ts'

const DAY = 86_400
/** Seconds by which something may be late before it is worth a word. */
const PATIENCE = 300

/** Whether the key that encrypts keys opens all that it should. */
export async function examineSealed({ db }: ReadOnly, { current, previous }: Keks): Promise<readonly Finding[]> {
  const cells = await sealedIn(db)
  if (cells.length === 0) return [ok('kek', 'the database holds nothing that is sealed yet')]
  const opened = await Promise.all(
    cells.map(async (cell) => ({ cell, by: (await openSealed(cell.jwe, [current, previous]))?.by })),
  )
  const shut = opened.filter(({ by }) => by === undefined).map(({ cell }) => cell.name)
  if (shut.length > 0)
    return [
      fail(
        'kek',
        `the key that encrypts keys does not open ${some([...new Set(shut)])}`,
        'Give the one that the database was written with; one that is replaced goes into COUNTERSIGN_KEK_PREVIOUS.',
      ),
    ]
  const old = opened.filter(({ by }) => by !== current)
  if (old.length === 0) return [ok('kek', 'the key that encrypts keys opens all secrets and signing keys')]
  return [
    warn(
      'kek',
      `${old.length} of ${cells.length} sealed texts are under the previous key`,
      'Wrap them anew: countersign-authority master rotate',
    ),
  ]
}

/**
 * The keys that sign, in their times.
 *
 * @param now - the time of the database, in epoch seconds
 */
export async function examineKeys({ db }: ReadOnly, settings: Settings, now: number): Promise<readonly Finding[]> {
  const rows = await db.selectFrom('signing_keys').selectAll().execute()
  if (rows.length === 0) return [warn('keys', 'there are no signing keys yet', 'serve makes them at its first start')]
  const found = [...SIGNING_ALGS.flatMap((alg) => examineAlg(rows, alg, settings, now)), ...examineTimes(rows, now)]
  return found.length > 0
    ? found
    : [ok('keys', `${SIGNING_ALGS.join(' and ')} have a key that signs and one that is next`)]
}

const isAlive = ({ revoked_at, purge_at }: SigningKeyRow, now: number): boolean =>
  revoked_at === null && (purge_at === null || purge_at > now)

/** The key of an algorithm that signs at a time: of those whose turn has come the last; the first one from its beginning. */
function activeOf(rows: readonly SigningKeyRow[], alg: string, now: number): SigningKeyRow | undefined {
  const turns = rows.filter((row) => row.alg === alg && isAlive(row, now)).sort((a, b) => a.activate_at - b.activate_at)
  return turns.findLast((row) => row.activate_at <= now) ?? turns.find((row) => row.activate_at <= row.published_at)
}

function examineAlg(
  rows: readonly SigningKeyRow[],
  alg: string,
  { schedule }: Settings,
  now: number,
): readonly Finding[] {
  const start = 'Start an instance: it looks after the keys.'
  const active = activeOf(rows, alg, now)
  if (active === undefined) return [fail('keys', `no key signs with ${alg}`, start)]
  const found: Finding[] = []
  const over = active.retire_at !== null && active.retire_at <= now
  const period = typeof schedule.period === 'number' ? schedule.period : 30 * DAY
  if (active.private_jwe === null || over)
    found.push(fail('keys', `the last key for ${alg} may not sign any more, and none took over`, start))
  else if (active.activate_at + period + PATIENCE < now)
    found.push(
      warn(
        'keys',
        `the key for ${alg} has signed for longer than KEY_PERIOD`,
        `${start} If one runs, look at its log.`,
      ),
    )
  if (!rows.some((row) => row.alg === alg && isAlive(row, now) && row.activate_at > now))
    found.push(warn('keys', `no key for ${alg} is next`, start))
  return found
}

function examineTimes(rows: readonly SigningKeyRow[], now: number): readonly Finding[] {
  const found: Finding[] = []
  const mixed = rows.filter((row) => {
    const times = [row.activate_at, row.retire_at, row.purge_at].filter((time) => time !== null)
    return row.revoked_at === null && times.some((time, at) => at > 0 && time < (times[at - 1] as number))
  })
  if (mixed.length > 0)
    found.push(fail('keys', `the times of ${some(mixed.map(({ kid }) => kid))} are out of order`, 'Restore a backup.'))
  const late = rows.filter(({ purge_at: at }) => at !== null && at + PATIENCE < now)
  if (late.length > 0)
    found.push(
      warn('keys', `${count(late.length, 'key')} should be gone: nobody looks after the keys`, 'Start an instance.'),
    )
  return found
}

/** The ids of the keys that have to be published. */
export async function publishedKids({ db }: ReadOnly, now: number): Promise<readonly string[]> {
  const rows = await db.selectFrom('signing_keys').selectAll().execute()
  return rows.filter((row) => isAlive(row, now)).map(({ kid }) => kid)
}
