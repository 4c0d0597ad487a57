import { sql } from 'kysely'
import { parseUser } from '../accounts/fields.ts'
import { ADMIN_ROLE } from '../accounts/users.ts'
import type { Settings } from '../settings.ts'
import type { ReadOnly } from '../store/read-only.ts'
import { count, type Finding, ok, some, warn } from './finding.ts'

const DAY = 86_400
/** For how long a client may be between two secrets, in seconds. */
const LONG_ROTATION = 30 * DAY
/** Rows that have expired for so long (seconds) are swept by every server; and how many are worth a word. */
const [SWEPT_AFTER, MOST_EXPIRED] = [3 * 3600, 10_000]
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** Whether somebody can administer this, and how well that is guarded. */
export async function examineAccounts({ db }: ReadOnly): Promise<readonly Finding[]> {
  const rows = await db
    .selectFrom('users')
    .selectAll()
    .where('state', '=', 'active')
    .where('claims', 'like', `%"${ADMIN_ROLE}"%`)
    .execute()
  const admins = rows.map(parseUser).filter(({ roles }) => roles.includes(ADMIN_ROLE))
  if (admins.length === 0)
    return [
      warn(
        'accounts',
        `nobody who may log in has the role ${ADMIN_ROLE}: the admin pages are closed to all`,
        `countersign-authority user update EMAIL --role ${ADMIN_ROLE}, and --role for each role that they have`,
      ),
    ]
  const factors = await db
    .selectFrom('credentials')
    .select('user_id')
    .where('kind', 'in', ['totp', 'passkey'])
    .where(
      'user_id',
      'in',
      admins.map(({ id }) => id),
    )
    .execute()
  const guarded = new Set(factors.map(({ user_id: id }) => id))
  const bare = admins.filter(({ id }) => !guarded.has(id))
  if (bare.length === 0) return [ok('accounts', `${count(admins.length, 'administrator')}, with two factors each`)]
  return [
    warn(
      'accounts',
      `${some(bare.map(({ email }) => email))} may administer this with a password alone`,
      'Have them set up a passkey or an authenticator app, on the account page.',
    ),
  ]
}

/** @param now - epoch seconds */
export async function examineClients({ db }: ReadOnly, now: number): Promise<readonly Finding[]> {
  const rows = await db.selectFrom('clients').selectAll().where('disabled_at', 'is', null).execute()
  const found: Finding[] = []
  const begun = await db
    .selectFrom('audit')
    .select(['data', 'at'])
    .where('event', '=', 'client.secret_rotated')
    .where('at', '>', now - LONG_ROTATION)
    .execute()
  // When a secret was given is known by the audit trail alone.
  const recent = new Set(begun.map(({ data }) => (JSON.parse(data) as { readonly client?: string }).client))
  const between = rows.filter(
    (row) => row.secret_hash_next !== null && row.created_at <= now - LONG_ROTATION && !recent.has(row.client_id),
  )
  if (between.length > 0)
    found.push(
      warn(
        'clients',
        `${some(between.map(({ client_id: id }) => id))} had two secrets for more than 30 days`,
        'Once nobody uses the old one: countersign-authority client rotate-secret ID --finish',
      ),
    )
  const plain = rows.filter(({ metadata }) => redirectsOf(metadata).some(isPlain)).map(({ client_id: id }) => id)
  if (plain.length > 0)
    found.push(
      warn(
        'clients',
        `${some(plain)} has its users return by http, where others can read along`,
        'Register https redirect URIs: countersign-authority client add --replace',
      ),
    )
  return found.length > 0 ? found : [ok('clients', `${count(rows.length, 'client')}, and nothing is wrong with them`)]
}

function redirectsOf(metadata: string): readonly string[] {
  const { redirect_uris: uris } = JSON.parse(metadata) as { readonly redirect_uris?: unknown }
  return Array.isArray(uris) ? uris.map(String) : []
}

function isPlain(uri: string): boolean {
  const url = URL.parse(uri)
  return url?.protocol === 'http:' && !LOOPBACK.test(url.hostname)
}

/** Rows that should be gone. @param now - epoch seconds */
export async function examineExpired({ db }: ReadOnly, now: number): Promise<readonly Finding[]> {
  const before = now - SWEPT_AFTER
  const { rows } = await sql<{ expired: number }>`SELECT
    (SELECT count(*) FROM oidc_state WHERE expires_at < ${before}) +
    (SELECT count(*) FROM rate_limit WHERE expire < ${before * 1000}) AS expired`.execute(db)
  const expired = Number(rows[0]?.expired)
  if (expired <= MOST_EXPIRED) return [ok('expired', 'expired rows are swept')]
  return [warn('expired', `${expired} rows have expired and are still there`, 'Start an instance: it sweeps them.')]
}

/** What the demo leaves behind, where it is not asked for. */
export async function examineDemo({ db }: ReadOnly, { demo }: Settings): Promise<readonly Finding[]> {
  if (demo) return []
  const clients = await db.selectFrom('clients').select('client_id').where('client_id', 'like', 'demo-%').execute()
  const users = await db.selectFrom('users').select('email').where('email', '=', 'demo@example.com').execute()
  const left = [...users.map(({ email }) => email), ...clients.map(({ client_id: id }) => id)]
  if (left.length === 0) return []
  return [
    warn(
      'demo',
      `the demo left something behind: ${some(left)}`,
      'Start with another COUNTERSIGN_DATA, or with DEMO=1 where the demo is meant.',
    ),
  ]
}
