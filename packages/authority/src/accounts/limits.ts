import { createHash } from 'node:crypto'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import {
  RateLimiterPostgres,
  RateLimiterRes,
  RateLimiterSQLite,
  type RateLimiterStoreAbstract,
} from 'rate-limiter-flexible'
import type { Store } from '../store/database.ts'
import { toPlace } from './address.ts'
import { toEmail } from './email.ts'
import { countLogin, type LoginKeys, takeBackLogin } from './login-counts.ts'

export type Verdict =
  | { readonly allowed: true }
  /** After so many seconds another try is worth it. */
  | { readonly allowed: false; readonly retryAfter: number }

/**
 * How often something may be tried. Counts are in the database: they survive a restart, and all instances share them.
 * Where the database fails, each method throws, and then nothing may be tried.
 */
export interface Limits {
  /** Counts one try to log in. Ask before the password is looked at. */
  login(email: string, ip: string): Promise<Verdict>
  /** Takes that try back, and forgets the wrong ones of this account from this address. */
  loginSucceeded(email: string, ip: string): Promise<void>
  /** Counts one guess of a user code (RFC 8628 §5.1). */
  userCode(ip: string): Promise<Verdict>
  /** Counts one who forgot a password, from an address. */
  reset(ip: string): Promise<Verdict>
  /** Counts one letter to an account, so that nobody fills the post of another. */
  resetLetter(email: string): Promise<Verdict>
  /** Counts one guess of the code of a user's second factor. Ask before the code is looked at. */
  code(user: string): Promise<Verdict>
  /** Forgets the wrong ones. */
  codeSucceeded(user: string): Promise<void>
  /** Counts one try to log in with a passkey, whosever it is. */
  passkey(ip: string): Promise<Verdict>
  /** Takes that try back. */
  passkeySucceeded(ip: string): Promise<void>
}

/** How many `points` there are in how many seconds. */
const RULES = {
  /** Tries of one account from one address. */
  login: { points: 10, duration: 15 * 60 },
  /** Tries of any account from one address. */
  address: { points: 100, duration: 60 * 60 },
  /** Tries of one account from anywhere; beyond them it is slowed, and not closed: else anyone could lock anyone out. */
  account: { points: 500, duration: 24 * 60 * 60 },
  slowed: { points: 1, duration: 30 },
  /** A mark and no limit: this account was logged in from this address. It is not slowed there. */
  familiar: { points: 1, duration: 30 * 24 * 60 * 60 },
  /** Forms sent: a device that is let in takes two, and many may stand behind one address. */
  userCode: { points: 30, duration: 15 * 60 },
  /** Passwords that were forgotten at one address, and letters to one account. */
  reset: { points: 5, duration: 60 * 60 },
  resetLetter: { points: 3, duration: 60 * 60 },
  /** Codes of one account, from anywhere: who guesses them has its password. */
  code: { points: 5, duration: 15 * 60 },
  /** And wrong ones in a day: beyond them somebody has all the time there is to guess. */
  codeDay: { points: 50, duration: 24 * 60 * 60 },
} as const

type Rule = keyof typeof RULES

const TABLE = 'rate_limit'
const [PURGE_EVERY, PURGE_AFTER] = [5 * 60_000, 60 * 60_000] // ms; what ended an hour ago, by whichever clock, is over
const ALLOWED: Verdict = { allowed: true }

export function createLimits(store: Store): Limits {
  const limiters = createLimiters(store)
  const alone = createTurns(store)
  const purge = createPurge(store)

  /** Counts one, in one statement: of any number at once, no more than the rule says are allowed. */
  const count = (rule: Rule, key: string): Promise<Verdict> => {
    purge()
    return alone(async () => {
      try {
        await limiters[rule].consume(key)
        return ALLOWED
      } catch (reason) {
        if (reason instanceof RateLimiterRes) return toRefusal(reason.msBeforeNext)
        throw reason
      }
    })
  }

  return {
    async login(email, ip) {
      purge()
      const keys = toKeys(email, ip)
      const counted = await countLogin(store.db, rowsOf(keys), RULES, Date.now())
      if ('closedFor' in counted) return toRefusal(counted.closedFor)
      if (!counted.crowded) return ALLOWED
      if ((await alone(() => limiters.familiar.get(keys.both))) !== null) return ALLOWED
      return count('slowed', keys.account)
    },
    loginSucceeded: (email, ip) => takeBackLogin(store.db, rowsOf(toKeys(email, ip)), RULES, Date.now()),
    userCode: (ip) => count('userCode', digest(toPlace(ip))),
    reset: (ip) => count('reset', digest(toPlace(ip))),
    resetLetter: (email) => count('resetLetter', digest(toEmail(email))),
    async code(user) {
      const verdict = await count('code', digest(user))
      return verdict.allowed ? count('codeDay', digest(user)) : verdict
    },
    async codeSucceeded(user) {
      await alone(() => limiters.code.delete(digest(user)))
      await alone(() => limiters.codeDay.reward(digest(user)))
    },
    passkey: (ip) => count('address', digest(toPlace(ip))),
    async passkeySucceeded(ip) {
      await alone(() => limiters.address.reward(digest(toPlace(ip))))
    },
  }
}

function toRefusal(milliseconds: number): Verdict {
  return { allowed: false, retryAfter: Math.max(1, Math.ceil(milliseconds / 1000)) }
}

interface Keys {
  readonly account: string
  readonly address: string
  readonly both: string
}

/** What counts are kept under. No address can be read in the table. */
function toKeys(email: string, ip: string): Keys {
  const [account, address] = [digest(toEmail(email)), digest(toPlace(ip))]
  return { account, address, both: digest(`${account} ${address}`) }
}

function rowsOf({ account, address, both }: Keys): LoginKeys {
  return {
    both: `login:${both}`,
    address: `address:${address}`,
    account: `account:${account}`,
    familiar: `familiar:${both}`,
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

function createLimiters(store: Store): Readonly<Record<Rule, RateLimiterStoreAbstract>> {
  const { raw } = store
  // The library's own clearing goes on when the database is closed, and then ends the process with what it throws.
  const common = { tableName: TABLE, tableCreated: true, clearExpiredByTimeout: false }
  const client = raw.kind === 'sqlite' ? toBetterSqlite(raw.database) : raw.pool
  const create = (name: Rule): RateLimiterStoreAbstract => {
    const options = { ...common, ...RULES[name], keyPrefix: name, storeClient: client }
    return raw.kind === 'sqlite'
      ? new RateLimiterSQLite({ ...options, storeType: 'better-sqlite3' })
      : new RateLimiterPostgres({ ...options, storeType: 'pool' })
  }
  const names = Object.keys(RULES) as Rule[]
  return Object.fromEntries(names.map((name) => [name, create(name)])) as Record<Rule, RateLimiterStoreAbstract>
}

/**
 * On the one connection of SQLite, a count must not land in the transaction of somebody else: where that is rolled
 * back, the try would be forgotten.
 */
function createTurns({ kind, db }: Store): <T>(work: () => Promise<T>) => Promise<T> {
  return (work) => (kind === 'sqlite' ? db.connection().execute(work) : work())
}

/** Removes what is over, now and then, while nobody waits for it. */
function createPurge({ db }: Store): () => void {
  let last = 0
  return () => {
    const now = Date.now()
    if (now - last < PURGE_EVERY) return
    last = now
    const purged = db
      .deleteFrom(TABLE)
      .where('expire', '<', now - PURGE_AFTER)
      .execute()
    purged.catch(() => undefined) // the next one may do it
  }
}

/** `node:sqlite` as the library knows better-sqlite3. Each count is one statement, so a transaction has nothing to add. */
function toBetterSqlite(database: DatabaseSync): object {
  const prepared = new Map<string, StatementSync>()
  return {
    prepare(text: string): StatementSync {
      const statement = prepared.get(text) ?? database.prepare(text)
      prepared.set(text, statement)
      return statement
    },
    transaction: <T>(work: () => T): (() => T) => work,
  }
}
