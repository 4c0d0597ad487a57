import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MISSING } from '../support/postgres.ts'
import { openCluster } from './cluster.ts'
import { summary, underLoad } from './load.ts'
import { UNKNOWN } from './verifiers.ts'

const [INSTANCES, KILLS] = [3, 10]
/** Tokens between the return of one instance and the death of the next. */
const APART = 12

test(`${INSTANCES} instances, ${KILLS} times kill -9: no token has a kid that a verifier does not know`, {
  skip: MISSING,
  timeout: 600_000,
}, async (t) => {
  const cluster = await openCluster(INSTANCES)
  try {
    const figures = await underLoad({ ...cluster, patient: true, signal: t.signal }, async (load) => {
      for (let kill = 0; kill < KILLS; kill++) {
        const { tokens } = load.figures
        await load.until((figures) => figures.tokens >= tokens + APART)
        await cluster.restart(kill % INSTANCES)
      }
      // Whatever was signed until now lives its life; and the control sees a token that has outlived its key.
      const { tokens } = load.figures
      await load.until(({ grown, gone }) => grown >= tokens && gone.has(UNKNOWN))
    })
    const { faults, blind, text } = summary(figures)
    t.diagnostic(text)
    assert.deepEqual(blind, [], 'a control sees nothing, so neither does this test')
    assert.deepEqual(faults, {})
  } finally {
    await cluster.stop()
  }
})
