import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { atLogin } from '../attacks/http.ts'
import { addClient, openWorld, type TestClient, type World } from '../support/world.ts'

// Run by `npm run test:time`, and not by `npm test`: a busy machine makes times noisy.

/** Tries of each kind: an account may be tried 500 times a day before it is slowed. */
const TRIES = 150
const MOST = 1.1
const WRONG = 'a password of nobody'

let world: World
let app: TestClient
before(async () => {
  world = await openWorld('sqlite', { env: { LOG_LEVEL: 'info' } })
  app = await addClient(world, { client_id: 'app', type: 'web' })
  await world.operations.addUser({ email: 'off@example.org', password: 'correct horse battery' })
  await world.operations.disableUser('off@example.org')
})
after(() => world.stop())

/** Milliseconds from the form to its answer. Each try is made at an address of its own, so that no limit is met. */
async function timeOf(email: string, password: string): Promise<number> {
  const { agent, page } = await atLogin(app)
  const begun = performance.now()
  const { status } = await agent.submit(page, { email, password })
  const took = performance.now() - begun
  assert.equal(status, 401)
  return took
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1] as number
}

test('attack 64: an unknown address and a disabled account take as long as a wrong password', async (t) => {
  const kinds: readonly (readonly [name: string, email: () => string, password: string])[] = [
    ['known', () => world.user.email, WRONG],
    ['unknown', () => `nobody-${Math.random()}@example.org`, WRONG],
    ['disabled', () => 'off@example.org', 'correct horse battery'],
  ]
  const times = kinds.map((): number[] => [])
  for (let count = 0; count < TRIES + 10; count++)
    for (const [index, [, email, password]] of kinds.entries()) {
      const took = await timeOf(email(), password)
      // The first ones warm up.
      if (count >= 10) times[index]?.push(took)
    }
  const [known = 0, ...others] = times.map(median)
  for (const [index, other] of others.entries()) {
    const ratio = other / known
    t.diagnostic(
      `${kinds[index + 1]?.[0]}: ${ratio.toFixed(3)} of known (median ${other.toFixed(2)} of ${known.toFixed(2)} ms)`,
    )
    assert.ok(ratio < MOST && ratio > 1 / MOST, `${kinds[index + 1]?.[0]} takes ${ratio.toFixed(3)} of known`)
  }
})
