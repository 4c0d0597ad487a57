import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { type Authority, startAuthority } from '../../src/authority.ts'
import { LONGEST_TOKEN_SECONDS, toSettings } from '../../src/settings.ts'
import { freePort } from '../support/ports.ts'
import { MISSING, openPostgresForTests } from '../support/postgres.ts'
import { KEY_TIMES, TIMES, TURN, Turns } from './fast.ts'
import { askForToken, RESOURCE, SERVICE, summary, type TokenAnswer, underLoad } from './load.ts'
import { Naive, VERIFIED } from './verifiers.ts'

/** For how long an instance may sign that does not reach the key store, counted from its last look (fast seconds). */
const GRACE = 2 * TIMES.poll + TIMES.overlap - LONGEST_TOKEN_SECONDS - TIMES.skew

/** The way to a database, which can be cut. */
interface Road {
  readonly url: string
  cut(): void
  mend(): void
  close(): Promise<void>
}

async function openRoad(url: string): Promise<Road> {
  const { hostname, port } = new URL(url)
  const sockets = new Set<Socket>()
  let passable = true
  const server = createServer((socket) => {
    if (!passable) return void socket.destroy()
    const onward = connect(Number(port), hostname)
    for (const [from, to] of [[socket, onward] as const, [onward, socket] as const]) {
      sockets.add(from)
      from.pipe(to)
      from.on('error', () => to.destroy())
      from.on('close', () => sockets.delete(from) && to.destroy())
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = (): void => {
    passable = false
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: Object.assign(new URL(url), { port: `${(server.address() as AddressInfo).port}` }).href,
    cut,
    mend() {
      passable = true
    },
    async close() {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}

interface Rig {
  readonly far: Authority
  readonly near: Authority
  readonly secret: string | undefined
  readonly road: Road
  readonly turns: Turns
}

/** An authority that reaches the database by a way that can be cut, and another instance, which is right next to it. */
async function withRig(work: (rig: Rig) => Promise<void>, env: Readonly<Record<string, string>> = {}): Promise<void> {
  const turns = new Turns()
  const url = await (await openPostgresForTests()).createDatabase()
  const road = await openRoad(url)
  const port = await freePort()
  const common = {
    ...KEY_TIMES,
    ...env,
    ISSUER: `http://localhost:${port}`,
    COUNTERSIGN_KEK: randomBytes(32).toString('base64url'),
  }
  const instances: Authority[] = []
  try {
    for (const [databaseUrl, at] of [[url, port] as const, [road.url, await freePort()] as const])
      instances.push(
        await startAuthority(toSettings({ ...common, DATABASE_URL: databaseUrl, PORT: `${at}` }), { clock: turns.now }),
      )
    const [near, far] = instances as [Authority, Authority]
    const { client_secret: secret } = await near.operations.addClient(SERVICE)
    await work({ far, near, secret, road, turns })
  } finally {
    for (const instance of instances) await instance.close()
    await road.close()
  }
}

const statusOf = async (origin: string, path: string): Promise<number> => {
  const answer = await fetch(origin + path)
  await answer.body?.cancel()
  return answer.status
}

const OPTIONS = { skip: MISSING, timeout: 300_000 }

describe('an instance that is cut off', { concurrency: true }, () => {
  test('answers 503 without its database, and signs with the key of the day once it is back', OPTIONS, async (t) => {
    await withRig(async ({ far, near, secret, road, turns }) => {
      const { now } = turns
      const options = { issuer: near.issuer, origins: [near.origin], secret, turns, signal: t.signal }
      const figures = await underLoad(options, async (load) => {
        await load.until(({ tokens }) => tokens > 0)
        await turns.takePart(async (done) => {
          assert.equal(await statusOf(far.origin, '/readyz'), 200)
          assert.equal((await askForToken(far.origin, secret)).status, 200)

          road.cut()
          const cutAt = now()
          const { size } = load.figures.kids
          const seen = { '/readyz': new Set<number>(), '/jwks': new Set<number>() }
          // Until it is longer than the grace, and keys have changed elsewhere.
          for (; now() <= cutAt + GRACE || load.figures.kids.size < size + 2; await done()) {
            t.signal.throwIfAborted()
            const askedAt = now()
            const answer = await askForToken(far.origin, secret)
            if (answer.text === undefined) unavailable(answer)
            else {
              assert.ok(askedAt <= cutAt + GRACE, 'it signs after its grace')
              assert.equal(await load.naive[0]?.judge(answer.text), VERIFIED)
            }
            for (const path of ['/readyz', '/jwks'] as const) seen[path].add(await statusOf(far.origin, path))
          }
          t.diagnostic(`cut off for ${now() - cutAt} s with a grace of ${GRACE} s`)
          unavailable(await askForToken(far.origin, secret))
          assert.deepEqual([...seen['/readyz']], [503])
          assert.deepEqual([...seen['/jwks']], [200, 503], 'what is published is good for a while, and no longer')
          assert.equal(await statusOf(far.origin, '/healthz'), 200)

          road.mend()
          await until(t, far.origin, 200, done)
          const { text = '' } = await askForToken(far.origin, secret)
          assert.equal(await load.naive[0]?.judge(text), VERIFIED)
        })
      })
      const { faults, text } = summary(figures)
      t.diagnostic(`the other instance: ${text}`)
      assert.deepEqual(faults, {})
    })
  })

  test('signs on without the key store for its grace, and then no more', OPTIONS, async (t) => {
    // The key that signs stays that: none could take over from it there, since its set cannot be published.
    await withRig((rig) => withoutKeys(t, rig), { KEY_PERIOD: '1000000' })
  })
})

/** Nobody else is there, so the clock goes by this alone. */
async function withoutKeys(t: TestContext, { near, secret, turns }: Rig): Promise<void> {
  const { origin, issuer, store } = near
  const { now } = turns
  const rename = (from: string, to: string): Promise<void> => store.db.schema.alterTable(from).renameTo(to).execute()
  const verifier = new Naive([origin], { issuer, audience: RESOURCE }, now, { keep: () => TIMES.overlap })
  const { text: first = '' } = await askForToken(origin, secret)
  assert.equal(await verifier.judge(first), VERIFIED)

  await turns.takePart(async (done) => {
    const cutAt = now()
    await rename('signing_keys', 'away')
    let tokens = 0
    for (let signs = true; signs; await done()) {
      t.signal.throwIfAborted()
      const askedAt = now()
      const answer = await askForToken(origin, secret)
      signs = answer.text !== undefined
      if (answer.text === undefined) unavailable(answer)
      else {
        tokens++
        assert.ok(askedAt <= cutAt + GRACE, 'it signs after its grace')
        assert.equal(await verifier.judge(answer.text), VERIFIED)
      }
    }
    t.diagnostic(`${tokens} tokens until ${now() - cutAt} s after the key store was gone, with a grace of ${GRACE} s`)
    // Its last look may have been a poll or two before that.
    assert.ok(tokens >= Math.floor((GRACE - 2 * TIMES.poll) / TURN), 'it signs for its grace')
    await until(t, origin, 503, done)
    await rename('away', 'signing_keys')
    await until(t, origin, 200, done)
    assert.equal((await askForToken(origin, secret)).status, 200)
  })
}

/** Asserts that an answer says to try again, and gives nothing away. */
function unavailable({ status, body }: TokenAnswer): void {
  assert.deepEqual([status, JSON.parse(body).error], [503, 'temporarily_unavailable'])
}

/**
 * Asks how ready an instance is until it says so, or the time of the test is over. The clock goes on, for at one and the
 * same moment nobody looks twice at the keys.
 */
async function until({ signal }: TestContext, origin: string, ready: number, done: () => Promise<void>): Promise<void> {
  do {
    signal.throwIfAborted()
    await done()
  } while ((await statusOf(origin, '/readyz')) !== ready)
}
