import { sql } from 'kysely'
import type { Db } from '../store/database.ts'

/** The rows that a login is counted in. No address can be read in them. */
export interface LoginKeys {
  /** This account from this address. */
  readonly both: string
  readonly address: string
  readonly account: string
  /** A mark: this account was logged in from this address. */
  readonly familiar: string
}

/** How many tries there are, in how many seconds. */
export interface LoginRules {
  readonly login: Rule
  readonly address: Rule
  readonly account: Rule
  readonly familiar: Rule
}

interface Rule {
  readonly points: number
  readonly duration: number
}

/** What came of a try: whether an account is tried too often to let it in at once, or for how long it is closed (ms). */
export type Counted = { readonly crowded: boolean } | { readonly closedFor: number }

interface Row {
  readonly key: string
  readonly points: number
  readonly expire: number
}

/**
 * Counts a try, in one statement: of any number at once, no more than the rules say are allowed. Who is refused anyway
 * counts for nobody and writes nothing: made-up accounts do not fill the table.
 */
export async function countLogin(db: Db, keys: LoginKeys, rules: LoginRules, now: number): Promise<Counted> {
  const { both, address, account } = keys
  // All who write these rows do so in this order: where two waited for each other, the database would refuse one.
  const { rows } = await sql<Row>`WITH tries (key, expire) AS (VALUES
      (CAST(${both} AS text), CAST(${now + rules.login.duration * 1000} AS bigint)),
      (CAST(${address} AS text), CAST(${now + rules.address.duration * 1000} AS bigint)),
      (CAST(${account} AS text), CAST(${now + rules.account.duration * 1000} AS bigint)))
    INSERT INTO rate_limit (key, points, expire)
    SELECT key, 1, expire FROM tries WHERE NOT EXISTS (SELECT 1 FROM rate_limit AS closed
      WHERE closed.expire > ${now} AND ((closed.key = ${both} AND closed.points >= ${rules.login.points})
        OR (closed.key = ${address} AND closed.points >= ${rules.address.points})))
    ON CONFLICT (key) DO UPDATE SET
      points = CASE WHEN rate_limit.expire > ${now} THEN rate_limit.points + 1 ELSE 1 END,
      expire = CASE WHEN rate_limit.expire > ${now} THEN rate_limit.expire ELSE excluded.expire END
    RETURNING key, points, expire`.execute(db)
  const pointsOf = (key: string): number => rows.find((row) => row.key === key)?.points ?? Number.POSITIVE_INFINITY
  if (pointsOf(both) <= rules.login.points && pointsOf(address) <= rules.address.points)
    return { crowded: pointsOf(account) > rules.account.points }
  return { closedFor: await closedFor(db, keys, rules, now) }
}

async function closedFor(db: Db, { both, address }: LoginKeys, rules: LoginRules, now: number): Promise<number> {
  const rows = await db
    .selectFrom('rate_limit')
    .select(['key', 'points', 'expire'])
    .where('key', 'in', [both, address])
    .execute()
  const closed = rows.filter(({ key, points }) => points >= (key === both ? rules.login : rules.address).points)
  return Math.max(1, ...closed.map(({ expire }) => Number(expire) - now))
}

/** Takes a try back, in one statement: the wrong ones of this account from this address are forgotten with it. */
export async function takeBackLogin(db: Db, keys: LoginKeys, rules: LoginRules, now: number): Promise<void> {
  const { both, address, account, familiar } = keys
  const known = now + rules.familiar.duration * 1000
  await sql`INSERT INTO rate_limit (key, points, expire)
    VALUES (${both}, 0, ${now}), (${address}, 0, ${now}), (${account}, 0, ${now}), (${familiar}, 1, ${known})
    ON CONFLICT (key) DO UPDATE SET
      points = CASE WHEN excluded.key IN (${address}, ${account}) AND rate_limit.points > 0 THEN rate_limit.points - 1
        ELSE excluded.points END,
      expire = CASE WHEN excluded.key IN (${address}, ${account}) THEN rate_limit.expire ELSE excluded.expire END`.execute(
    db,
  )
}
