import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Users } from '../../src/accounts/users.ts'
import { Audit, type AuditEntry } from '../../src/audit.ts'
import type { OperationsParts } from '../../src/operations/parts.ts'
import { createOperations } from '../../src/operations.ts'
import { type Administered, addWeb, enter, getsIn, withSomebody } from './administered.ts'

const seqs = (entries: readonly AuditEntry[]): readonly number[] => entries.map(({ seq }) => seq)

export function testAudit(world: () => Administered): void {
  test('what happened is listed by user and by kind, and signs stand for themselves', async () => {
    const mine = await withSomebody(world())
    const { admin, user } = mine
    const client = await addWeb(mine)
    await enter(mine, client)
    await getsIn(client, user.email, 'a wrong password')
    await admin.updateUser(user.id, { name: 'Other' })
    const events = async (query: object): Promise<readonly string[]> =>
      (await admin.listAudit(query)).map(({ event }) => event)
    const all = await events({ user: user.email })
    assert.deepEqual(
      all.filter((event) => event.startsWith('user.')),
      ['user.changed', 'user.added'],
    )
    assert.deepEqual(await events({ user: user.id }), all)
    assert.deepEqual(await events({ user: user.id, event: 'user.' }), ['user.changed', 'user.added'])
    assert.deepEqual(await events({ user: user.id, event: 'user.added' }), ['user.added'])
    const logins = await events({ user: user.id, event: 'login.' })
    assert.ok(logins.length >= 1 && logins.every((event) => event.startsWith('login.')))
    for (const event of ['user', 'user.%', '%.', 'user_.', 'u%.', '', '\0'])
      assert.deepEqual(await events({ event }), [], event)
    for (const one of ['%', 'usr_%', user.id.replace('_', '%'), user.id.slice(0, -1), '', '\0', '"'])
      assert.deepEqual(await events({ user: one }), [], one)
    assert.ok((await events({ user: 'administrator' })).length > 1)
  })

  test('the trail is read backwards from its end, and onwards from any entry', async () => {
    const { admin, operations } = world()
    const all = await admin.listAudit({ limit: 1000 })
    assert.deepEqual(
      seqs(all),
      seqs(all).toSorted((a, b) => b - a),
    )
    assert.equal((await admin.listAudit()).length, Math.min(50, all.length))
    assert.equal((await admin.listAudit({ limit: 0 })).length, 1)
    const backwards = await admin.listAudit({ limit: 3 })
    const further = await admin.listAudit({ limit: 3, before: backwards.at(-1)?.seq })
    assert.deepEqual([...backwards, ...further], all.slice(0, 6))
    const onwards = await admin.listAudit({ after: all[5]?.seq, limit: 2 })
    assert.deepEqual(onwards, [all[4], all[3]])
    assert.deepEqual(await admin.listAudit({ after: all[0]?.seq }), [])
    assert.deepEqual(await admin.listAudit({ after: all[5]?.seq, before: all[3]?.seq }), [all[4]])
    assert.deepEqual(await operations.listAudit({ limit: 1000 }), all)
    const text = JSON.stringify(all)
    for (const secret of ['password for a while', '@example', 'new@']) assert.ok(!text.includes(secret), secret)
  })

  test('the trail says who asked, and from where', async () => {
    const { admin, store } = world()
    const parts = { users: new Users(store), audit: new Audit(store) } as unknown as OperationsParts
    const { user: by } = await admin.addUser({ email: 'boss@example.org' })
    const elsewhere = createOperations(parts, { actor: by.id, ip: '203.0.113.9' })
    const { user } = await elsewhere.addUser({ email: 'new@example.org' })
    const [first, ...more] = await admin.listAudit({ user: user.id })
    const { seq: _seq, at, ...rest } = first ?? assert.fail('there is no entry')
    assert.deepEqual(rest, { actor: by.id, ip: '203.0.113.9', event: 'user.added', data: { user: user.id } })
    assert.ok(Math.abs(at - Date.now() / 1000) < 60 && more.length === 0)
    const did = await admin.listAudit({ user: by.email })
    assert.deepEqual(
      did.map(({ actor, ip }) => [actor, ip]),
      [
        [by.id, '203.0.113.9'],
        ['administrator', undefined],
      ],
    )
  })

  test('keys are listed, rotated and revoked', async () => {
    const { admin } = world()
    const keys = await admin.listKeys()
    const active = keys.find(({ state, alg }) => state === 'active' && alg === 'ES256')
    assert.ok(active)
    assert.deepEqual((await admin.rotateKeys()).map(({ alg }) => alg).toSorted(), ['ES256', 'RS256'])
    await assert.rejects(admin.revokeKey('nobody'), { name: 'AuthorityError', code: 'KEY_UNKNOWN', hint: /keys list/ })
    const revocation = await admin.revokeKey(active.kid, 'a test')
    assert.deepEqual([revocation.kid, revocation.active === active.kid], [active.kid, false])
    const after = (await admin.listKeys()).find(({ kid }) => kid === active.kid)
    assert.deepEqual([after?.state, after?.reason], ['revoked', 'a test'])
    const [entry] = await admin.listAudit({ event: 'key.' })
    assert.deepEqual([entry?.event, entry?.data], ['key.revoked', { kid: active.kid }])
  })
}
