import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import {
  type Answer,
  addClient,
  authorize,
  codeGrant,
  errorOf,
  getTokens,
  newBrowser,
  ORDERS,
  openWorld,
  post,
  refused,
  type TestClient,
  toRequest,
  type World,
} from '../support/world.ts'
import { openSmallDisk } from './disk.ts'

/** What a database has room in. */
interface Room {
  fill(): void
  free(): void
}

const RESOURCES = { [ORDERS]: 'orders:read' }
/** How often something is written before there must be no room left: SQLite writes over parts of its files. */
const MOST_WRITES = 3000

const use = (token: unknown): Readonly<Record<string, string>> => ({
  grant_type: 'refresh_token',
  refresh_token: String(token),
})

/** Asserts that an answer says to come back later, and gives nothing away. */
function comeBack(answer: Answer): void {
  refused(answer, 'temporarily_unavailable', 503)
  assert.equal(answer.headers.get('retry-after'), '5')
}

/** Refreshes until that fails. @returns the last refresh token that was given */
async function refreshUntilFull(world: World, client: TestClient, first: string): Promise<string> {
  let token = first
  for (let left = MOST_WRITES; left > 0; left--) {
    const answer = await post(world, '/token', use(token), client)
    if (answer.status !== 200) {
      comeBack(answer)
      return token
    }
    token = String(answer.body['refresh_token'])
  }
  return assert.fail('there is room without end')
}

async function survive(world: World, room: Room): Promise<void> {
  const { operations, issuer } = world
  const app = await addClient(world, { type: 'web' })
  const service = await addClient(world, { type: 'service', resources: RESOURCES })
  const { refresh_token: first = '' } = await getTokens(world, app)
  const arrival = await authorize(world, app)
  const machine = { grant_type: 'client_credentials', resource: ORDERS }
  const known = await operations.listAudit({ limit: 1000 })
  const eve = { email: 'eve@example.org', password: 'correct horse battery' }

  room.fill()
  const last = await refreshUntilFull(world, app, first)
  comeBack(await post(world, '/token', codeGrant(arrival), app))
  comeBack(await post(world, '/token', use(last), app))
  // Where there is room in a page that has rows of this kind already, they get in.
  const added = await operations.addUser(eve).then(
    () => true,
    (error) => void assert.match(String(error), /full/),
  )
  // What writes nothing goes on, and what is wrong is refused as ever.
  assert.equal((await post(world, '/token', machine, service)).status, 200)
  refused(await post(world, '/token', machine, { ...service, secret: 'x' }), 'invalid_client', 401)
  refused(await post(world, '/token', use('nobody'), app), 'invalid_grant')
  const { url } = await toRequest(app)
  for (const browser of [world.browser, newBrowser()]) {
    const { status, headers, html, location } = await browser.get(url)
    // The app is told, or, where not even the session can be kept, whoever sits in front of it.
    if (status === 303) assert.equal(errorOf(location), 'temporarily_unavailable')
    else {
      assert.deepEqual(
        [status, headers['retry-after'], headers['set-cookie'], location],
        [503, '5', undefined, undefined],
      )
      assert.match(html, /temporarily_unavailable/)
    }
  }
  assert.ok(
    world.lines.some((line) => /"database\.failed".*database or disk is full/.test(JSON.stringify(line))),
    'the log says why',
  )

  room.free()
  const next = await post(world, '/token', use(last), app)
  assert.equal(next.status, 200, JSON.stringify(next.body))
  const redeemed = await post(world, '/token', codeGrant(arrival), app)
  assert.equal(redeemed.status, 200, JSON.stringify(redeemed.body))
  refused(await post(world, '/token', use(last), app), 'invalid_grant')
  refused(await post(world, '/token', codeGrant(arrival), app), 'invalid_grant')
  refused(await post(world, '/token', use(redeemed.body['refresh_token']), app), 'invalid_grant')
  if (!added) await operations.addUser(eve)
  const emails = (await operations.listUsers({})).map(({ email }) => email)
  assert.deepEqual(emails, [world.user.email, eve.email])
  const kept = await operations.listAudit({ limit: 1000 })
  assert.deepEqual(kept.slice(-known.length), known, 'the audit trail has all that it had')
  assert.equal((await fetch(`${issuer}/readyz`)).status, 200)
  const { raw } = world.store
  assert.ok(raw.kind === 'sqlite')
  for (const check of ['integrity_check', 'foreign_key_check'])
    assert.deepEqual(
      raw.database
        .prepare(`PRAGMA ${check}`)
        .all()
        .map((row) => ({ ...row })),
      check === 'integrity_check' ? [{ integrity_check: 'ok' }] : [],
    )
}

/** Has SQLite refuse to make its file larger, and leaves no room in it. */
function withinPages({ store }: World): Room {
  const { raw } = store
  assert.ok(raw.kind === 'sqlite')
  const { database } = raw
  return {
    fill() {
      const { page_count: pages } = database.prepare('PRAGMA page_count').get() as { page_count: number }
      database.exec(`PRAGMA max_page_count = ${pages}`)
      const ballast = database.prepare(`INSERT INTO oidc_state (model, id_hash, payload) VALUES ('Ballast', ?, ?)`)
      // Rows lie in the order of their hashes: a row at any place has to be one too many.
      for (const size of [500, 0])
        for (let failures = 0; failures < 200; ) {
          try {
            ballast.run(randomBytes(32).toString('base64url'), 'x'.repeat(size))
            failures = 0
          } catch (error) {
            assert.match(String(error), /full/)
            failures++
          }
        }
    },
    free() {
      database.exec('PRAGMA max_page_count = 1000000')
      database.exec(`DELETE FROM oidc_state WHERE model = 'Ballast'`)
    },
  }
}

describe('no room for SQLite: what needs some is answered 503, and nothing that was acknowledged is lost', () => {
  const disk = openSmallDisk(6)
  test('a file system that is full', { skip: typeof disk === 'string' && disk }, async (t) => {
    if (typeof disk === 'string') return
    t.after(disk.close)
    const world = await openWorld('sqlite', { env: { COUNTERSIGN_DATA: disk.folder } })
    try {
      await survive(world, disk)
    } finally {
      disk.free()
      await world.stop()
    }
  })

  test('a file that may not grow', async () => {
    const world = await openWorld('sqlite')
    try {
      await survive(world, withinPages(world))
    } finally {
      await world.stop()
    }
  })
})
