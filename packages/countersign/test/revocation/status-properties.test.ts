import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { NOW } from '../support/forge.ts'
import { answer, unreachable } from '../support/remote.ts'
import { checks, forged, listOf, readList, referring } from './status-rig.ts'

const [TTL, MAX_STALE, LIFE] = [60, 100, 400]
const TOKEN = referring(0)

/** The claim of a list in which the first token is valid, and of one in which it is not. */
const [VALID, REVOKED] = await Promise.all(
  [0, 1].map(async (status) => {
    const list = listOf()
    list.set(0, status)
    return (await readList(await list.token()))['status_list']
  }),
)

type Mode = 'current' | 'old' | 'unchanged' | 'broken' | 'HTTP 500' | 'unreachable'

const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 90 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('serve' as const),
        mode: fc.constantFrom<Mode>('current', 'old', 'unchanged', 'broken', 'HTTP 500', 'unreachable'),
      }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('verify' as const), times: fc.integer({ min: 1, max: 3 }) }) },
  ),
  { maxLength: 40 },
)

test('whatever the server does, a list decides only for as long as it is good, and requests stay 5 s apart', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const rig = checks(unreachable, { maxStale: MAX_STALE, timeout: 0.5 })
      let mode: Mode = 'current'
      let status = 0
      /** The lists that were signed, and the newest that was delivered, at what times. */
      const signed: { at: number; status: number }[] = [{ at: NOW, status }]
      let newest: { at: number; status: number } | undefined
      let deliveredAt = Number.NEGATIVE_INFINITY
      const asked: number[] = []
      rig.state.answer = async (request, url) => {
        asked.push(rig.state.time)
        if (mode === 'unreachable') return unreachable(request, url)
        if (mode === 'HTTP 500') return answer('down', {}, 500)(request, url)
        if (mode === 'broken') return answer('<!doctype html>')(request, url)
        const etag = request.headers['if-none-match']
        if (mode === 'unchanged') {
          if (etag !== undefined) deliveredAt = rig.state.time
          return answer('', {}, 304)(request, url)
        }
        const one = mode === 'old' ? signed[0] : signed.at(-1)
        assert.ok(one)
        const list = { iat: one.at, exp: one.at + LIFE, ttl: TTL, status_list: one.status === 0 ? VALID : REVOKED }
        if (one.at + LIFE + 30 > rig.state.time) {
          deliveredAt = rig.state.time
          const expired = newest !== undefined && newest.at + LIFE + 30 <= rig.state.time
          if (newest === undefined || expired || one.at >= newest.at) newest = one
        }
        return answer(await forged(list), { etag: `"${one.at}"` })(request, url)
      }
      for (const step of all) {
        if (step.do === 'serve') mode = step.mode
        else if (step.do === 'wait') rig.state.time += step.seconds
        else if (step.do === 'turn') {
          status = 1 - status
          rig.state.time += 1
          signed.push({ at: rig.state.time, status })
        } else {
          for (let time = 0; time < step.times; time++) {
            const result = await rig.verifier.safeVerify(TOKEN)
            if (!result.ok) {
              assert.ok(result.error.code === 'CS_REVOKED' || result.error.unavailable, result.error.message)
            }
            const decided = result.ok ? 0 : result.error.code === 'CS_REVOKED' ? 1 : undefined
            if (decided === undefined) continue
            const now = rig.state.time
            assert.ok(now - deliveredAt < TTL + MAX_STALE, `by a list of ${now - deliveredAt} s ago`)
            assert.ok(newest && now < newest.at + LIFE + 30, 'by a list that has expired')
          }
        }
      }
      for (let index = 1; index < asked.length; index++) {
        const [before = 0, after = 0] = [asked[index - 1], asked[index]]
        assert.ok(after - before >= 5, `two requests ${after - before} s apart`)
      }
    }),
    { numRuns: 60 },
  )
})
