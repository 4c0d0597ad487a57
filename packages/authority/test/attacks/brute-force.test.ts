import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Authority, startAuthority } from '../../src/authority.ts'
import { toSettings } from '../../src/settings.ts'
import { freePort } from '../support/ports.ts'
import { MISSING, openPostgresForTests } from '../support/postgres.ts'
import { type Page, UserAgent } from '../support/user-agent.ts'

const [ADA, BOB] = ['ada@example.org', 'bob@example.org']
const [RIGHT, WRONG] = ['correct horse battery', 'a password of nobody']
const CALLBACK = 'https://app.example/callback'

/** An authority that can be stopped and started again on its data. */
async function prepare(t: TestContext, kind: 'sqlite' | 'postgres'): Promise<() => Promise<Authority>> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-brute-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const databaseUrl = kind === 'sqlite' ? undefined : await (await openPostgresForTests()).createDatabase()
  const settings = toSettings({
    PORT: `${await freePort()}`,
    COUNTERSIGN_DATA: folder,
    COUNTERSIGN_KEK: randomBytes(32).toString('base64url'),
    TRUST_PROXY: '1',
    ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
  })
  return () => startAuthority(settings)
}

/** Sends a password from an address. */
async function attempt({ issuer }: Authority, ip: string, email: string, password: string): Promise<Page> {
  const agent = new UserAgent({ headers: { 'x-forwarded-for': ip } })
  const query = new URLSearchParams({
    client_id: 'app',
    response_type: 'code',
    scope: 'openid',
    redirect_uri: CALLBACK,
    code_challenge: randomBytes(32).toString('base64url'),
    code_challenge_method: 'S256',
  })
  const page = await agent.get(`${issuer}/auth?${query}`)
  return agent.submit(page, { email, password })
}

const [HERE, ELSEWHERE] = ['198.51.100.7', '203.0.113.9']

for (const kind of ['sqlite', 'postgres'] as const)
  test(`passwords are guessed ten times, also where the server starts anew in between, ${kind}`, {
    skip: kind === 'postgres' && MISSING,
  }, async (t) => {
    const start = await prepare(t, kind)
    let authority = await start()
    try {
      for (const email of [ADA, BOB]) await authority.operations.addUser({ email, password: RIGHT })
      await authority.operations.addClient({ client_id: 'app', type: 'web', redirect_uris: [CALLBACK], trusted: true })
      const statuses: number[] = []
      for (let count = 0; count < 6; count++) statuses.push((await attempt(authority, HERE, ADA, WRONG)).status)
      await authority.close()
      authority = await start()
      for (let count = 0; count < 6; count++) statuses.push((await attempt(authority, HERE, ADA, WRONG)).status)
      assert.deepEqual(statuses, [...Array<number>(10).fill(401), 429, 429])
      await authority.close()
      authority = await start()
      const refused = await attempt(authority, HERE, ADA, RIGHT)
      assert.equal(refused.status, 429, 'the right password opens a closed door')
      const after = Number(refused.headers['retry-after'])
      assert.ok(after > 0 && after <= 15 * 60, `${after}`)
      assert.match(refused.html, /Too many tries\. Wait (a minute|\d+ minutes)/)

      const elsewhere = await attempt(authority, ELSEWHERE, ADA, RIGHT)
      assert.equal(elsewhere.location?.origin, 'https://app.example', 'the right password from elsewhere')
      const neighbour = await attempt(authority, HERE, BOB, RIGHT)
      assert.equal(neighbour.location?.origin, 'https://app.example', 'another account from the same address')
      assert.equal((await attempt(authority, HERE, ADA, RIGHT)).status, 429, 'a login elsewhere opens no door here')
    } finally {
      await authority.close()
    }
  })
