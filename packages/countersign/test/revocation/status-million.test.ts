import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StatusBits } from 'countersign/revocation'
import { refuses } from '../support/forge.ts'
import { checks, listOf, referring } from './status-rig.ts'

const SIZE = 1_000_000
const CHECKS = 10_000

/** The same numbers in every run, evenly spread over 32 bits. */
function* numbers(): Generator<number, never> {
  for (let state = 1; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    yield state
  }
}

const kib = (octets: number): string => `${Math.round(octets / 1024)} KiB`
const since = (start: number): number => performance.now() - start

for (const bits of [1, 8] as const satisfies readonly StatusBits[]) {
  for (const [what, every] of [
    ['none revoked', Number.POSITIVE_INFINITY],
    ['1 in 100 revoked', 100],
    ['all at random', 0],
  ] as const) {
    test(`a list of ${SIZE} statuses of ${bits} bits, ${what}, is made, fetched and looked up`, async (t) => {
      const random = numbers()
      const list = listOf({ bits, size: SIZE })
      const statuses = new Uint8Array(SIZE)
      if (every !== Number.POSITIVE_INFINITY) {
        for (let index = 0; index < SIZE; index++) {
          const value = random.next().value
          const status = every === 0 || value % every === 0 ? (value >>> 23) % 2 ** bits : 0
          statuses[index] = status
          list.set(index, status)
        }
      }
      let start = performance.now()
      const text = await list.token()
      const making = since(start)

      const { verifier, check, sent } = checks(text)
      start = performance.now()
      const last = await check.status({ claims: { status: list.reference(SIZE - 1) } })
      const loading = since(start)
      assert.equal(last, statuses[SIZE - 1])

      const indexes = Array.from({ length: CHECKS }, () => random.next().value % SIZE)
      start = performance.now()
      for (const index of indexes) {
        const status = await check.status({ claims: { status: list.reference(index) } })
        if (status !== statuses[index]) assert.fail(`status ${index} is ${status}`)
      }
      const each = (since(start) / CHECKS) * 1000

      assert.equal(sent.length, 1)
      const [valid, revoked] = [statuses.indexOf(0), statuses.findIndex((status) => status !== 0)]
      await verifier.verify(referring(valid))
      if (revoked >= 0) await refuses(verifier, referring(revoked), 'CS_REVOKED')
      await refuses(verifier, referring(SIZE * 8), 'CS_CLAIM_VALUE')
      const inMemory = kib((SIZE * bits) / 8)
      const times = `made in ${making.toFixed(1)} ms, fetched and read in ${loading.toFixed(1)} ms`
      t.diagnostic(`${inMemory} in memory, ${kib(text.length)} as a token, ${times}, ${each.toFixed(2)} µs a check`)
    })
  }
}
