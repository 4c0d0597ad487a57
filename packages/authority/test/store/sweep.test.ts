import assert from 'node:assert/strict'
import { after, before, describe, mock, test } from 'node:test'
import type { StateRow } from '../../src/store/schema.ts'
import { missing, type Started, startOn } from '../support/authority.ts'

const MINUTE = 60_000

describe('expired rows', () => {
  for (const topology of ['sqlite', 'postgres'] as const) {
    describe(topology, { skip: missing(topology) }, () => {
      let started: Started
      let sweeps: (() => void)[]
      before(async () => {
        sweeps = []
        const { setInterval: real } = globalThis
        // The work that is done every minute, kept to be done when a test says so.
        const kept = mock.method(globalThis, 'setInterval', ((work: () => void, ms: number) => {
          if (ms === MINUTE) sweeps.push(work)
          return real(work, ms)
        }) as typeof setInterval)
        started = await startOn(topology)
        kept.mock.restore()
      })
      after(() => started.stop())

      const now = (): number => Math.floor(Date.now() / 1000)
      const row = (id: string, expires_at: number | null): StateRow => ({
        ...{ model: 'AccessToken', id_hash: id, grant_id: null, uid: null, user_code: null, account: '' },
        ...{ payload: 'x', consumed_at: null, expires_at },
      })
      const left = async (): Promise<readonly string[]> =>
        (await started.store.db.selectFrom('oidc_state').select('id_hash').orderBy('id_hash').execute()).map(
          ({ id_hash }) => id_hash,
        )
      const put = (rows: readonly StateRow[]): Promise<unknown> =>
        started.store.db
          .insertInto('oidc_state')
          .values([...rows])
          .execute()
      /** Does what is done every minute, until something holds or it is clear that it will not. */
      const sweepUntil = async (holds: () => Promise<boolean>): Promise<void> => {
        for (const sweep of sweeps) sweep()
        for (let looks = 0; looks < 100 && !(await holds()); looks++) await new Promise(setImmediate)
      }

      test('are swept, and no other: neither those that live, nor those without an end', async () => {
        await put([row('gone', now() - 1), row('long gone', 1), row('lives', now() + 60), row('endless', null)])
        await sweepUntil(async () => (await left()).length <= 2)
        assert.deepEqual(await left(), ['endless', 'lives'])
        await started.store.db.deleteFrom('oidc_state').execute()
      })

      test('are all swept, however many they are: no flood of requests fills the disk for long', async () => {
        for (let chunk = 0; chunk < 6; chunk++)
          await put(Array.from({ length: 200 }, (_, at) => row(`${chunk} ${at}`, now() - 1)))
        await sweepUntil(async () => (await left()).length === 0)
        assert.equal((await left()).length, 0)
      })
    })
  }
})
