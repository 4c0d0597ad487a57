import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, mock, type TestContext, test } from 'node:test'
import type { Adapter, AdapterPayload } from 'oidc-provider'
import { createAdapter, endSession } from '../../src/protocol/adapter.ts'
import { Clients } from '../../src/protocol/clients.ts'
import { hashOf, Sealed } from '../../src/protocol/sealed.ts'
import type { Store } from '../../src/store/database.ts'
import { STORES } from '../accounts/stores.ts'

const SECRETS = {
  cookies: randomBytes(64),
  forms: randomBytes(64),
  lookups: randomBytes(64),
  state: randomBytes(64),
}
const [HOUR, GRACE, TOLERANCE] = [3600, 10, 15]
const USED = { name: 'InvalidGrant' }

/** Sets the clock of this process so many seconds ahead, until the test ends. */
function ahead(t: TestContext, seconds: number): void {
  const now = Date.now
  const { mock: clock } = mock.method(Date, 'now', () => now() + seconds * 1000)
  t.after(() => clock.restore())
}

for (const { name, skip, place } of STORES) {
  describe(`what the protocol keeps, ${name}`, { skip }, () => {
    const open = async (
      t: TestContext,
      options: { readonly guards?: { readonly atomicConsume?: boolean }; readonly state?: Uint8Array } = {},
    ): Promise<{
      adapter: (model: string) => Adapter
      rows: () => Promise<readonly { model: string; id_hash: string }[]>
      store: Store
    }> => {
      const store = await (await place(t)).open()
      const secrets = { ...SECRETS, ...(options.state && { state: options.state }) }
      const sealed = new Sealed(secrets)
      const context = { store, clients: new Clients(store), sealed, guards: options.guards ?? {} }
      return {
        store,
        adapter: createAdapter(context),
        rows: () => store.db.selectFrom('oidc_state').selectAll().execute(),
      }
    }
    const payload = (jti: string, more: AdapterPayload = {}): AdapterPayload => ({ jti, clientId: 'app', ...more })

    for (const model of ['RefreshToken', 'AuthorizationCode', 'DeviceCode', 'PushedAuthorizationRequest'])
      test(`of 50 who use up a ${model} at once all but one are refused`, async (t) => {
        const { adapter } = await open(t)
        const one = adapter(model)
        await one.upsert('a', payload('a', { grantId: 'g' }), HOUR)
        const tries = await Promise.allSettled(Array.from({ length: 50 }, () => one.consume('a')))
        assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1)
        for (const result of tries) if (result.status === 'rejected') assert.equal(result.reason.name, USED.name)
      })

    test('without the guard several win: the control that the test above sees it', async (t) => {
      const { adapter } = await open(t, { guards: { atomicConsume: false } })
      const one = adapter('RefreshToken')
      await one.upsert('a', payload('a'), HOUR)
      const tries = await Promise.allSettled(Array.from({ length: 8 }, () => one.consume('a')))
      assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 8)
    })

    test('what is not there, or not there any more, cannot be used up', async (t) => {
      const { adapter } = await open(t)
      await assert.rejects(adapter('RefreshToken').consume('nothing'), USED)
      await adapter('RefreshToken').upsert('a', payload('a'), HOUR)
      await adapter('RefreshToken').destroy('a')
      await assert.rejects(adapter('RefreshToken').consume('a'), USED)
      await adapter('AccessToken').upsert('a', payload('a'), HOUR)
      await assert.rejects(adapter('RefreshToken').consume('a'), USED)
    })

    test('a refresh token that was used is shown as used after ten seconds, and not before', async (t) => {
      const { adapter } = await open(t)
      const one = adapter('RefreshToken')
      await one.upsert('a', payload('a'), HOUR)
      await one.consume('a')
      assert.equal((await one.find('a'))?.consumed, undefined)
      await assert.rejects(one.consume('a'), USED)
      ahead(t, GRACE + 1)
      assert.ok((await one.find('a'))?.consumed)
    })

    test('a code that was used is shown as used at once: it has no grace', async (t) => {
      const { adapter } = await open(t)
      for (const model of ['AuthorizationCode', 'DeviceCode', 'PushedAuthorizationRequest']) {
        await adapter(model).upsert('a', payload('a'), HOUR)
        await adapter(model).consume('a')
        assert.ok((await adapter(model).find('a'))?.consumed, model)
      }
    })

    test('a second use of a code ends what came of it, and nothing of anybody else', async (t) => {
      const { adapter } = await open(t)
      for (const grantId of ['mine', 'other']) {
        await adapter('Grant').upsert(grantId, payload(grantId), HOUR)
        for (const model of ['AuthorizationCode', 'AccessToken', 'RefreshToken'])
          await adapter(model).upsert(`${model} ${grantId}`, payload(`${model} ${grantId}`, { grantId }), HOUR)
      }
      await adapter('AuthorizationCode').consume('AuthorizationCode mine')
      await assert.rejects(adapter('AuthorizationCode').consume('AuthorizationCode mine'), USED)
      for (const model of ['AccessToken', 'RefreshToken']) {
        assert.equal(await adapter(model).find(`${model} mine`), undefined)
        assert.ok(await adapter(model).find(`${model} other`))
      }
      assert.equal(await adapter('Grant').find('mine'), undefined)
      assert.ok(await adapter('Grant').find('other'))
    })

    test('writing something anew does not make it unused', async (t) => {
      const { adapter } = await open(t)
      const one = adapter('AuthorizationCode')
      await one.upsert('a', payload('a'), HOUR)
      await one.consume('a')
      await one.upsert('a', payload('a', { scope: 'x' }), HOUR)
      await assert.rejects(one.consume('a'), USED)
    })

    test('a jti that comes a second time is refused until it has expired, and of 20 at once one is new', async (t) => {
      const { adapter } = await open(t)
      const seen = adapter('ReplayDetection')
      const tries = await Promise.allSettled(
        Array.from({ length: 20 }, () => seen.upsert('a', { jti: 'a', iss: 'x' }, 60)),
      )
      assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1)
      await seen.upsert('b', { jti: 'b', iss: 'x' }, 60)
      ahead(t, 60 + TOLERANCE + 1)
      await seen.upsert('a', { jti: 'a', iss: 'x' }, 60)
      await assert.rejects(seen.upsert('a', { jti: 'a', iss: 'x' }, 60), USED)
    })

    test('a device code is entered once: the second to enter it is refused, and nobody finds it any more', async (t) => {
      const { adapter } = await open(t)
      const codes = adapter('DeviceCode')
      await codes.upsert('a', payload('a', { userCode: 'BCDFGHJK' }), HOUR)
      assert.equal((await codes.findByUserCode('BCDFGHJK'))?.jti, 'a')
      const entered = payload('a', { userCode: 'BCDFGHJK', inFlight: true })
      const tries = await Promise.allSettled(Array.from({ length: 10 }, () => codes.upsert('a', entered, HOUR)))
      assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1)
      assert.equal(await codes.findByUserCode('BCDFGHJK'), undefined)
      await codes.upsert('a', payload('a', { userCode: 'BCDFGHJK', accountId: 'ada' }), HOUR)
      assert.equal((await codes.find('a'))?.accountId, 'ada')
      assert.equal(await codes.findByUserCode('BCDFGHJK'), undefined)
    })

    test('a session that has ended is not written again, under a new id neither where all of it has ended', async (t) => {
      const { adapter, store } = await open(t)
      const sessions = adapter('Session')
      await sessions.upsert('a', payload('a', { uid: 'u', accountId: 'ada' }), HOUR)
      await sessions.destroy('a')
      await sessions.upsert('a', payload('a', { uid: 'u', accountId: 'ada' }), HOUR)
      assert.equal(await sessions.find('a'), undefined)
      await sessions.upsert('b', payload('b', { uid: 'u', accountId: 'ada' }), HOUR)
      assert.ok(await sessions.find('b'), 'as after a login')
      assert.ok(await sessions.findByUid('u'))
      const uid = new Sealed(SECRETS).lookup('Session', 'u')
      await endSession(store.db, { id_hash: hashOf('Session', 'a'), uid })
      for (const id of ['a', 'b', 'c']) {
        await sessions.upsert(id, payload(id, { uid: 'u', accountId: 'ada' }), HOUR)
        assert.equal(await sessions.find(id), undefined, id)
      }
      assert.equal(await sessions.findByUid('u'), undefined)
      const rows = await store.db.selectFrom('oidc_state').select(['account', 'payload']).execute()
      assert.ok(rows.every(({ account, payload: held }) => account === '' && held === ''))
    })

    test('what has expired is not found, by id, uid or user code', async (t) => {
      const { adapter } = await open(t)
      await adapter('Session').upsert('a', payload('a', { uid: 'u' }), 60)
      await adapter('DeviceCode').upsert('b', payload('b', { userCode: 'BCDF' }), 60)
      assert.ok(await adapter('Session').findByUid('u'))
      ahead(t, 60 + TOLERANCE + 1)
      assert.equal(await adapter('Session').find('a'), undefined)
      assert.equal(await adapter('Session').findByUid('u'), undefined)
      assert.equal(await adapter('DeviceCode').findByUserCode('BCDF'), undefined)
    })

    test('rows that were sealed by another key are not there', async (t) => {
      const store = await (await place(t)).open()
      const with_ = (state: Uint8Array): Adapter =>
        createAdapter({
          store,
          clients: new Clients(store),
          sealed: new Sealed({ ...SECRETS, state }),
          guards: {},
        })('AccessToken')
      await with_(SECRETS.state).upsert('a', payload('a'), HOUR)
      assert.equal(await with_(randomBytes(64)).find('a'), undefined)
      assert.equal((await with_(SECRETS.state).find('a'))?.clientId, 'app')
    })

    test('ending a grant ends all of it, of the model that was asked for, and of no other grant', async (t) => {
      const { adapter } = await open(t)
      for (const [id, grantId] of [
        ['a', 'g'],
        ['b', 'g'],
        ['c', 'h'],
      ] as const)
        for (const model of ['AccessToken', 'RefreshToken'])
          await adapter(model).upsert(id, payload(id, { grantId }), HOUR)
      await adapter('AccessToken').revokeByGrantId('g')
      const found = await Promise.all(['a', 'b', 'c'].map((id) => adapter('AccessToken').find(id)))
      assert.deepEqual(
        found.map((one) => one?.jti),
        [undefined, undefined, 'c'],
      )
      assert.ok(await adapter('RefreshToken').find('a'))
    })

    test('ids like those of objects, of SQL and of others are ids and nothing else', async (t) => {
      const { adapter, rows } = await open(t)
      const ids = ['__proto__', 'constructor', "' OR 1=1 --", '\0', 'a'.repeat(10_000), '', 'ü', '\ud800']
      for (const id of ids) await adapter('AccessToken').upsert(id, payload(id), HOUR)
      for (const id of ids) assert.equal((await adapter('AccessToken').find(id))?.jti, id)
      assert.equal((await rows()).length, ids.length)
      for (const { id_hash } of await rows()) assert.match(id_hash, /^[\w-]{43}$/)
    })
  })
}
