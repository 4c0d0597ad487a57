import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { freePort } from '../support/ports.ts'
import { MISSING, openPostgresForTests } from '../support/postgres.ts'
import { type AuthorityProcess, startProcess } from '../support/processes.ts'
import { asks, type UserAgent } from '../support/user-agent.ts'
import {
  type Arrival,
  addClient,
  authorize,
  codeGrant,
  HTTP,
  newBrowser,
  post,
  redeem,
  refused,
  type TestClient,
  toRequest,
  type World,
} from '../support/world.ts'

/** An authority in a process that can be killed, as the other tests know one. */
interface Rig {
  readonly world: World
  readonly server: AuthorityProcess
}

const CREDENTIALS = { email: 'ada@example.org', password: 'correct horse battery' }

async function withRig(store: 'sqlite' | 'postgres', work: (rig: Rig) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-crash-'))
  const env = {
    PORT: `${await freePort()}`,
    COUNTERSIGN_DATA: folder,
    COUNTERSIGN_KEK: randomBytes(32).toString('base64url'),
    ...(store === 'postgres' && { DATABASE_URL: await (await openPostgresForTests()).createDatabase() }),
  }
  const server = await startProcess({ env })
  try {
    const { operations } = server
    const issuer = `http://localhost:${env.PORT}`
    const { user } = await operations.addUser(CREDENTIALS)
    const as = await oauth.processDiscoveryResponse(
      new URL(issuer),
      await oauth.discoveryRequest(new URL(issuer), HTTP),
    )
    const world = { operations, issuer, as, user: { ...user, ...CREDENTIALS }, browser: newBrowser() }
    await work({ world: world as unknown as World, server })
  } finally {
    await server.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Ends the server as a power cut does, and starts it again. */
async function crash({ world, server }: Rig): Promise<void> {
  await server.kill()
  await server.start()
  const { status } = await fetch(new URL('/readyz', world.issuer))
  assert.equal(status, 200)
}

/** Logs in, with the server killed between the password and the code. */
async function logInAcross(rig: Rig, client: TestClient, browser: UserAgent): Promise<Arrival> {
  const { url, ...own } = await toRequest(client)
  const page = await browser.get(url)
  const form = page.forms.find(({ fields }) => asks(fields, 'password'))
  assert.ok(form, page.html)
  const { location } = await browser.submit(page, CREDENTIALS, { form })
  assert.match(`${location}`, /\/auth\/[\w-]+$/, 'the browser is told to go on with the request')
  await crash(rig)
  const arrived = (await browser.get(location ?? '')).location
  const code = arrived?.searchParams.get('code')
  assert.ok(arrived && code, `there is no code in ${arrived} of ${location}`)
  return { url: arrived, code, ...own }
}

async function survive(rig: Rig): Promise<void> {
  const { world } = rig
  const client = await addClient(world, { type: 'web' })
  const other = await addClient(world, { type: 'web' })
  const browser = newBrowser({ stopAt: [`${world.issuer}/auth/`] })
  const arrival = await logInAcross(rig, client, browser)

  await crash(rig) // code issued, and not yet redeemed
  const { refresh_token: first = '' } = await redeem(client, arrival)

  await crash(rig) // redeemed, and not yet refreshed
  const { refresh_token: second = '' } = await openid.refreshTokenGrant(client.config, first)
  assert.notEqual(second, first)

  await crash(rig) // refreshed once
  const { refresh_token: third = '', id_token: idToken } = await openid.refreshTokenGrant(client.config, second)
  assert.ok(idToken)
  const refresh = (token: string): ReturnType<typeof post> =>
    post(world, '/token', { grant_type: 'refresh_token', refresh_token: token }, client)

  await crash(rig) // logged in, and on to the next application
  const { url } = await authorize(world, other, { prompt: 'none' }, browser)
  assert.ok(url.searchParams.get('code'), 'the login is gone')
  const { status, body } = await refresh(third)
  assert.equal(status, 200)
  // What was used before a crash is used after it; and who presents a code again gets an end to all that came of it.
  for (const used of [third, second, first]) refused(await refresh(used), 'invalid_grant')
  refused(await post(world, '/token', codeGrant(arrival), client), 'invalid_grant')
  refused(await refresh(String(body['refresh_token'])), 'invalid_grant')
}

describe('kill -9 between the steps of a login', () => {
  for (const store of ['sqlite', 'postgres'] as const) {
    test(
      `${store}: codes, refresh tokens and logins survive, and what was used stays used`,
      {
        skip: store === 'postgres' && MISSING,
        timeout: 300_000,
      },
      () => withRig(store, survive),
    )
  }
})
