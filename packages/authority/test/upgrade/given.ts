import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mock, type TestContext } from 'node:test'
import { createVerifier, type Jwk, remoteKeySet } from 'countersign'
import { accessToken } from 'countersign/profile'
import { sql } from 'kysely'
import { type Authority, startAuthority } from '../../src/authority.ts'
import { type Settings, toSettings } from '../../src/settings.ts'
import { openStore, type Store } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrations.ts'
import { freePort } from '../support/ports.ts'
import { MISSING, openPostgresForTests } from '../support/postgres.ts'
import { login, UserAgent } from '../support/user-agent.ts'
import { CALLBACK, ORDERS, post, refused, type World } from '../support/world.ts'

/** What an authority had given out, and all that its database held, at one moment. */
export interface Given {
  /** Epoch seconds. */
  readonly at: number
  readonly issuer: string
  readonly user: { readonly id: string; readonly email: string; readonly password: string }
  readonly client: { readonly id: string; readonly secret: string }
  readonly usedRefreshToken: string
  readonly refreshToken: string
  readonly accessToken: string
  readonly opaqueToken: string
  readonly idToken: string
  /** A code that nobody has redeemed. */
  readonly waiting: { readonly code: string; readonly verifier: string }
  /** Those of a browser in which the user is logged in. */
  readonly cookies: readonly { readonly name: string; readonly value: string }[]
  readonly jwks: { readonly keys: readonly Jwk[] }
  readonly tables: Readonly<Record<string, readonly Readonly<Record<string, string | number | null>>[]>>
}

export const KINDS = ['sqlite', 'postgres'] as const
export type Kind = (typeof KINDS)[number]

/** Why one of the databases cannot be had here; `false` where both can. */
export const skipFor = (...kinds: readonly Kind[]): string | false => kinds.includes('postgres') && MISSING

const FIXTURE = JSON.parse(readFileSync(new URL('fixture-001.json', import.meta.url), 'utf8')) as {
  readonly kek: string
} & Record<Kind, Given>

export const givenOn = (kind: Kind): Given => FIXTURE[kind]

/** Settings that name a database of a kind, which is empty. */
export async function emptyPlace(t: TestContext, kind: Kind): Promise<Readonly<Record<string, string>>> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-upgrade-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return {
    COUNTERSIGN_DATA: join(folder, 'data'),
    COUNTERSIGN_KEK: FIXTURE.kek,
    ...(kind === 'postgres' && { DATABASE_URL: await (await openPostgresForTests()).createDatabase() }),
  }
}

/** Puts the rows of a version before into a database that has taken its steps alone. */
export async function fill(settings: Settings, { tables }: Given): Promise<void> {
  const store: Store = await openStore(settings, (db, kind) => migrate(db, kind, '001-first'))
  const numbered = store.kind === 'postgres' ? sql`OVERRIDING SYSTEM VALUE` : sql``
  for (const table of ['users', ...Object.keys(tables).filter((name) => name !== 'users')])
    for (const row of tables[table] ?? []) {
      const names = sql.join(Object.keys(row).map((name) => sql.ref(name)))
      const values = sql.join(Object.values(row))
      await sql`INSERT INTO ${sql.table(table)} (${names}) ${numbered} VALUES (${values})`.execute(store.db)
    }
  // Numbers go on where they were, as they did in the database that the rows are of.
  if (store.kind === 'postgres')
    await sql`SELECT setval(pg_get_serial_sequence('audit', 'seq')::regclass, (SELECT max(seq) FROM audit))`.execute(
      store.db,
    )
  await store.close()
}

/** Sets the clock to the moment of what was given: all of it has long expired since, or will have. It stands still. */
export function setClock(t: TestContext, { at }: Given): void {
  mock.timers.enable({ apis: ['Date'], now: at * 1000 })
  t.after(() => mock.timers.reset())
}

/** Starts today's authority under the name of the one before, on any port. */
export async function startAs(
  t: TestContext,
  { issuer, at }: Given,
  env: Readonly<Record<string, string>>,
): Promise<Authority> {
  const settings = toSettings({ ...env, ISSUER: issuer, PORT: `${await freePort()}`, TRUST_PROXY: '1' })
  // PostgreSQL has a clock of its own, which is set by what it is ahead of ours.
  const ahead = settings.databaseUrl === undefined ? 0 : Math.floor(realNow() / 1000) - at
  const authority = await startAuthority(settings, { clock: (seconds) => seconds - ahead })
  t.after(() => authority.close())
  return authority
}

/** The time, whatever `Date` says. */
const realNow = (): number => performance.timeOrigin + performance.now()

/** Asserts that all that was given is as good as it was, and then that it can be ended. */
export async function demandAll(authority: Authority, given: Given): Promise<void> {
  const { issuer, client, user } = given
  const at = authority.origin
  const world = { issuer: at } as World
  const keys = remoteKeySet(`${at}/jwks`)

  const published = (await (await fetch(`${at}/jwks`)).json()) as Given['jwks']
  for (const { kid } of given.jwks.keys)
    assert.ok(
      published.keys.some((key) => key.kid === kid),
      `${kid} is gone`,
    )
  await accessToken.createVerifier({ keys, issuer, audience: ORDERS, algorithms: ['ES256'] }).verify(given.accessToken)
  await createVerifier({ keys, issuer, audience: client.id, algorithms: ['ES256'] }).verify(given.idToken)
  const me = await fetch(`${at}/me`, { headers: { authorization: `Bearer ${given.opaqueToken}` } })
  assert.equal(((await me.json()) as { readonly sub: unknown }).sub, user.id)

  const browser = new UserAgent({ server: at })
  for (const cookie of given.cookies) browser.cookies.push({ ...cookie, host: 'localhost', path: '/', attributes: {} })
  const silent = async (): Promise<URL | undefined> =>
    (await browser.get(toRequest(given, { prompt: 'none' }))).location
  const code = (await silent())?.searchParams.get('code')
  assert.ok(code, 'the session of before is none any more')
  for (const grant of [given.waiting, { code, verifier: VERIFIER }]) {
    const redeemed = await post(world, '/token', codeGrant(grant), client)
    assert.equal(redeemed.status, 200, JSON.stringify(redeemed.body))
  }

  const refresh = (token: string): ReturnType<typeof post> =>
    post(world, '/token', { grant_type: 'refresh_token', refresh_token: token }, client)
  refused(await refresh(given.usedRefreshToken), 'invalid_grant')
  const refreshed = await refresh(given.refreshToken)
  assert.equal(refreshed.status, 200, JSON.stringify(refreshed.body))
  refused(await refresh(given.refreshToken), 'invalid_grant')
  refused(
    await post(world, '/token', codeGrant(given.waiting), { ...client, secret: 'another' }),
    'invalid_client',
    401,
  )

  const fresh = new UserAgent({ server: at, headers: { 'x-forwarded-for': '10.1.2.3' } })
  assert.ok((await login(fresh, toRequest(given), user)).searchParams.get('code'), 'the password is none any more')

  const { operations } = authority
  const sessions = await operations.listSessions(user.email)
  assert.equal(sessions.length, 2)
  assert.ok(sessions.every(({ user: id, clients }) => id === user.id && clients.includes(client.id)))
  assert.deepEqual(await operations.endSessions(user.email), { user: user.id, ended: 2 })
  assert.equal((await silent())?.searchParams.get('error'), 'login_required')
  refused(await refresh(String(refreshed.body['refresh_token'])), 'invalid_grant')
  assert.deepEqual(await operations.listSessions(), [])
}

const VERIFIER = 'a-verifier-of-the-tests-that-is-as-long-as-it-has-to-be'

function toRequest({ issuer, client }: Given, more: Readonly<Record<string, string>> = {}): string {
  const challenge = createHash('sha256').update(VERIFIER).digest('base64url')
  return `${issuer}/auth?${new URLSearchParams({
    client_id: client.id,
    redirect_uri: CALLBACK,
    response_type: 'code',
    scope: 'openid',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...more,
  })}`
}

const codeGrant = ({
  code,
  verifier,
}: {
  readonly code: string
  readonly verifier: string
}): Record<string, string> => ({
  grant_type: 'authorization_code',
  code,
  redirect_uri: CALLBACK,
  code_verifier: verifier,
})
