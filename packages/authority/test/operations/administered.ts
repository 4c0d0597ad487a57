import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, mock, test } from 'node:test'
import { logoutToken } from 'countersign/profile'
import { adminSocketPath, remoteOperations, serveAdminSocket } from '../../src/admin-socket.ts'
import { openAuthority } from '../../src/authority.ts'
import { OPERATION_NAMES, type Operations } from '../../src/operations.ts'
import { toSettings } from '../../src/settings.ts'
import { missing } from '../support/authority.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { login, type UserAgent } from '../support/user-agent.ts'
import {
  type Answer,
  addClient,
  authorize,
  errorOf,
  newBrowser,
  openWorld,
  post,
  redeem,
  type TestClient,
  toRequest,
  type World,
} from '../support/world.ts'

/** A running authority, and what the command line has to do with it. */
export interface Administered extends World {
  /** On SQLite through the socket of the server, on PostgreSQL beside it. */
  readonly admin: Operations
  /** Where applications are told of logouts. */
  readonly receiver: Receiver
}

/** Runs tests on both databases, and holds that each operation was asked for. */
export function onEachStore(tests: (world: () => Administered) => void): void {
  for (const topology of ['sqlite', 'postgres'] as const) {
    const skip =
      topology === 'sqlite' && process.platform === 'win32' ? 'there are no sockets for commands' : missing(topology)
    describe(topology, { skip }, () => {
      const asked = new Set<string>()
      let world: Administered | undefined
      let close: (() => Promise<void>)[] = []
      before(async () => {
        const receiver = await startReceiver()
        const env = { COUNTERSIGN_KEK: randomBytes(32).toString('base64url'), OUTGOING_ALLOW: receiver.origin }
        const started = await openWorld(topology, { env })
        const opened = topology === 'sqlite' ? await throughSocket(started) : await beside(started, env)
        close = [opened.close, started.stop, receiver.close]
        world = { ...started, receiver, admin: checked(opened.operations, asked) }
      })
      after(async () => {
        for (const end of close) await end()
      })
      tests(() => world as Administered)
      test('every operation was asked for', () => {
        assert.deepEqual([...asked].toSorted(), OPERATION_NAMES.toSorted())
      })
    })
  }
}

interface OpenOperations {
  readonly operations: Operations
  readonly close: () => Promise<void>
}

async function throughSocket({ database, operations }: World): Promise<OpenOperations> {
  const path = adminSocketPath(database) ?? assert.fail('the folder of the database has too long a path')
  const { close } = await serveAdminSocket(path, operations)
  return { operations: remoteOperations(path), close }
}

function beside({ database, issuer }: World, env: Readonly<Record<string, string>>): Promise<OpenOperations> {
  return openAuthority(toSettings({ ...env, DATABASE_URL: database, ISSUER: issuer }))
}

/** Has each result be what JSON can say: the same arrives wherever it is asked for. */
function checked(operations: Operations, asked: Set<string>): Operations {
  const entries = OPERATION_NAMES.map((name) => {
    const operation = operations[name] as (...input: readonly unknown[]) => Promise<unknown>
    return [
      name,
      async (...input: readonly unknown[]) => {
        asked.add(name)
        const result = await operation(...input)
        assert.deepEqual(JSON.parse(JSON.stringify(result)), withoutUndefined(result), name)
        return result
      },
    ]
  })
  return Object.fromEntries(entries) as Operations
}

/** Leaves everything else as it is, so that a date or a map does not look like what JSON makes of it. */
export function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined)
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(members.map(([name, member]) => [name, withoutUndefined(member)]))
}

/** Has what servers of this process know of clients be too old to go by. */
export function forgetClients(): void {
  const clock = performance.now.bind(performance)
  mock.method(performance, 'now', () => clock() + 1001)
}

/** Somebody who is logged in to an app, which is told of logouts. */
export interface LoggedIn {
  readonly client: TestClient
  readonly agent: UserAgent
  readonly refresh: string
}

/** The same authority, for somebody of their own. */
export async function withSomebody(world: Administered): Promise<Administered> {
  const credentials = { email: `${randomBytes(6).toString('hex')}@example.org`, password: 'a password for a while' }
  const { user } = await world.admin.addUser({ ...credentials, name: 'Some Body', roles: ['reader'] })
  return { ...world, user: { ...user, ...credentials }, browser: newBrowser() }
}

/** An app of ours that takes logout tokens. */
export function addWeb(world: Administered, more: object = {}): Promise<TestClient> {
  const administered = { ...world, operations: world.admin }
  return addClient(administered, { type: 'web', backchannel_logout_uri: `${world.receiver.origin}/logout`, ...more })
}

export async function enter(world: World, client: TestClient, agent: UserAgent = newBrowser()): Promise<LoggedIn> {
  const tokens = await redeem(client, await authorize(world, client, {}, agent))
  return { client, agent, refresh: String(tokens.refresh_token) }
}

export const refresh = (world: World, { client, refresh: refresh_token }: LoggedIn): Promise<Answer> =>
  post(world, '/token', { grant_type: 'refresh_token', refresh_token }, client)

/** Asserts that a browser has no login and its app no tokens, or that both are there. */
export async function demandLogin(world: World, loggedIn: LoggedIn, expected: boolean): Promise<void> {
  const { client, agent } = loggedIn
  const { location } = await agent.get((await toRequest(client, { prompt: 'none' })).url)
  assert.equal(errorOf(location), expected ? null : 'login_required')
  const { status, body } = await refresh(world, loggedIn)
  assert.deepEqual([status, body['error']], expected ? [200, undefined] : [400, 'invalid_grant'])
}

/** Asserts that these apps, each once for each time that it stands here, and no others were just told that the user is gone. */
export async function demandTold(world: Administered, ...clients: readonly TestClient[]): Promise<void> {
  const { keys, issuer, receiver, user } = world
  const tokens = receiver.received.splice(0).map((form) => String(form.get('logout_token')))
  assert.equal(tokens.length, clients.length)
  for (const { id } of clients) {
    const verifier = logoutToken.createVerifier({ keys, issuer, audience: id })
    const results = await Promise.all(tokens.map((token) => verifier.safeVerify(token)))
    const claims = results.flatMap((result) => (result.ok ? [result.claims] : []))
    assert.deepEqual(
      claims.map(({ sub }) => sub),
      clients.filter((one) => one.id === id).map(() => user.id),
      id,
    )
  }
}

/** Whether somebody gets in with a password, in a browser of their own. */
export async function getsIn(client: TestClient, email: string, password: string): Promise<boolean> {
  const { url } = await toRequest(client)
  try {
    return (await login(newBrowser(), url, { email, password })).searchParams.has('code')
  } catch (error) {
    assert.match(String(error), /the login was refused with 4\d\d/)
    return false
  }
}
