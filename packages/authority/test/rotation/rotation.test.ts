import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { missing, startOn } from '../support/authority.ts'
import { KEY_TIMES, Turns } from './fast.ts'
import { SERVICE, summary, underLoad } from './load.ts'

const ROTATIONS = 40

describe('rotation under load', { concurrency: true }, () => {
  for (const topology of ['sqlite', 'two instances'] as const) {
    test(`${topology}: ${ROTATIONS} rotations, no request fails and every token verifies`, {
      skip: missing(topology),
      timeout: 600_000,
    }, async (t) => {
      const turns = new Turns()
      const { issuer, origins, operations, stop } = await startOn(topology, { env: KEY_TIMES, clock: turns.now })
      try {
        const { client_secret: secret } = await operations.addClient(SERVICE)
        const options = { issuer, origins, secret, turns, signal: t.signal }
        const figures = await underLoad(options, (load) => load.until(({ kids }) => kids.size > ROTATIONS))
        const { faults, blind, text } = summary(figures)
        t.diagnostic(text)
        assert.deepEqual(blind, [], 'a control sees nothing, so neither does this test')
        assert.deepEqual(faults, {})
      } finally {
        await stop()
      }
    })
  }
})
