import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { missing, startOn, type Topology } from '../support/authority.ts'
import { fastClock, KEY_TIMES, steadily } from './fast.ts'
import { SERVICE, summary, underLoad } from './load.ts'

const ROTATIONS = 40

describe('rotation under load', { concurrency: true }, () => {
  for (const topology of ['sqlite', 'two instances'] as const) {
    test(`${topology}: ${ROTATIONS} rotations, no request fails and every token verifies`, {
      skip: missing(topology),
      timeout: 300_000,
    }, async (t) => {
      assert.deepEqual(await steadily(t, (speed) => rotate(t, topology, speed)), {})
    })
  }
})

async function rotate(t: TestContext, topology: Topology, speed: number): Promise<Readonly<Record<string, unknown>>> {
  const clock = fastClock(Date.now() / 1000, speed)
  const { issuer, origins, operations, stop } = await startOn(topology, { env: KEY_TIMES, clock })
  try {
    const { client_secret: secret } = await operations.addClient(SERVICE)
    const options = { issuer, origins, secret, now: () => clock(0), signal: t.signal }
    const figures = await underLoad(options, (load) => load.until(({ kids }) => kids.size > ROTATIONS))
    const { faults, blind, text } = summary(figures)
    t.diagnostic(text)
    assert.deepEqual(blind, [], 'a control sees nothing, so neither does this test')
    return faults
  } finally {
    await stop()
  }
}
