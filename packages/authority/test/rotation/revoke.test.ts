import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startOn } from '../support/authority.ts'
import { MISSING } from '../support/postgres.ts'
import { KEY_TIMES, TIMES, Turns } from './fast.ts'
import { askForToken, kidOf, RESOURCE, SERVICE, summary, underLoad } from './load.ts'
import { Naive, UNKNOWN, VERIFIED } from './verifiers.ts'

/** The kids that an instance publishes. */
async function published(origin: string | undefined): Promise<readonly string[]> {
  const { keys } = (await (await fetch(`${origin}/jwks`)).json()) as { keys: readonly { kid: string }[] }
  return keys.map(({ kid }) => kid)
}

test('a key that is revoked under load is out at once where that was asked, and within a poll elsewhere', {
  skip: MISSING,
  timeout: 300_000,
}, async (t) => {
  const turns = new Turns()
  const { now } = turns
  // No other key changes meanwhile.
  const env = { ...KEY_TIMES, KEY_PERIOD: '1000000' }
  const { issuer, origins, operations, stop } = await startOn('two instances', { env, clock: now })
  try {
    const [first, second] = origins
    const { client_secret: secret } = await operations.addClient(SERVICE)
    const figures = await underLoad({ issuer, origins, secret, turns, signal: t.signal }, async (load) => {
      const startedAt = now()
      await load.until(() => now() > startedAt + TIMES.prepublish + TIMES.poll)
      const { text: stolen = '' } = await askForToken(first, secret)
      const kid = kidOf(stolen)
      const before = await operations.listKeys()
      assert.equal(before.find((key) => key.kid === kid)?.state, 'active')

      load.revoked.add(kid)
      const { active, verifiersKnowBy } = await operations.revokeKey(kid, 'found in a log')
      const doneAt = now()
      assert.ok(!(await published(first)).includes(kid), 'the instance that was asked publishes it')
      assert.equal(active, before.find(({ alg, state }) => alg === 'ES256' && state === 'next')?.kid)
      const { text: token = '' } = await askForToken(first, secret)
      assert.equal(kidOf(token), active)

      let [askedAt, known] = [now(), await published(second)]
      while (known.includes(kid)) {
        assert.ok(askedAt <= doneAt + TIMES.poll, 'the other instance publishes it after a poll')
        ;[askedAt, known] = [now(), await published(second)]
      }
      t.diagnostic(
        `out of the other JWK Set ${askedAt - doneAt} s after it was revoked, with a poll of ${TIMES.poll} s`,
      )
      const { text: other = '' } = await askForToken(second, secret)
      assert.equal(kidOf(other), active)

      for (const origin of origins) {
        const verifier = new Naive([origin], { issuer, audience: RESOURCE }, now)
        assert.deepEqual([await verifier.judge(token), await verifier.judge(other)], [VERIFIED, VERIFIED])
        assert.equal(await verifier.judge(stolen), UNKNOWN)
      }
      // Verifiers that had the set before know by then, and not because they asked for it.
      await load.until(() => now() > verifiersKnowBy)
      for (const verifier of load.naive) assert.equal(await verifier.judge(stolen), UNKNOWN)
      const { tokens } = load.figures
      await load.until(({ grown }) => grown >= tokens)
    })
    const { faults, text } = summary(figures)
    t.diagnostic(text)
    assert.deepEqual(faults, {})
  } finally {
    await stop()
  }
})
