import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toId } from '../../src/accounts/users.ts'
import { dump } from '../support/postgres.ts'
import {
  type Administered,
  addWeb,
  demandLogin,
  demandTold,
  enter,
  getsIn,
  withoutUndefined,
  withSomebody,
} from './administered.ts'

const NEW = 'a password that is new'

/** A second factor, as a row that nobody looks into. */
async function addFactor({ store, user }: Administered, kind: 'totp' | 'passkey' | 'recovery'): Promise<void> {
  const row = { id: toId('crd'), user_id: user.id, kind, data: '', lookup: null, created_at: 0, last_used: null }
  await store.db.insertInto('credentials').values(row).execute()
}

const kindsOf = async ({ store, user }: Administered): Promise<readonly string[]> => {
  const rows = await store.db.selectFrom('credentials').select('kind').where('user_id', '=', user.id).execute()
  return rows.map(({ kind }) => kind).toSorted()
}

/** The secret of a link to choose a new password. */
function tokenOf({ issuer }: Administered, link: string | undefined): string {
  const [, token] = /^\/reset\/([\w-]{43})$/.exec(link?.slice(issuer.length) ?? '') ?? []
  assert.ok(link?.startsWith(issuer) && token !== undefined, 'this is no link')
  return token
}

export function testUsers(world: () => Administered): void {
  test('users are found by a part of their address, whose signs stand for themselves', async () => {
    const { admin } = world()
    const emails = [
      '100%sure@signs.example',
      'back\\slash@signs.example',
      'half_way@signs.example',
      'halfxway@signs.example',
    ]
    for (const email of emails.toReversed()) await admin.addUser({ email, password: NEW })
    const find = async (search: string): Promise<readonly string[]> =>
      (await admin.listUsers({ search })).map(({ email }) => email)
    assert.deepEqual(await find('SIGNS.'), emails)
    for (const [search, ...found] of [
      ['%', 0],
      ['0%s', 0],
      ['1%sure'],
      ['\\', 1],
      ['k\\s', 1],
      ['_', 2],
      ['f_w', 2],
      [' Half_Way@ ', 2],
      ["' OR 1=1 --"],
      ['si\0gns'],
    ] as const)
      assert.deepEqual(
        await find(search),
        found.map((index) => emails[index]),
        search,
      )
  })

  test('users are listed page by page in the order of their addresses, each with what they have', async () => {
    const { admin, operations, user, ...rest } = world()
    const all = await admin.listUsers()
    assert.deepEqual(
      all.map(({ email }) => email),
      all.map(({ email }) => email).toSorted(),
    )
    const paged: unknown[] = []
    for (let after: string | undefined; ; ) {
      const page = await admin.listUsers({ after, limit: 2 })
      paged.push(...page)
      after = page.at(-1)?.email
      if (after === undefined) break
      assert.ok(page.length <= 2)
    }
    assert.deepEqual(paged, all)
    assert.equal((await admin.listUsers({ limit: 0 })).length, 1)
    assert.deepEqual(await admin.listUsers({ after: '\0' }), [])
    assert.deepEqual(withoutUndefined(all), withoutUndefined(await operations.listUsers()))
    const mine = await withSomebody({ ...world(), ...rest })
    const { email, id, name, roles } = mine.user
    const listed = { id, email, state: 'active', name, roles, createdAt: 0, factors: [] }
    const [before] = await admin.listUsers({ search: email })
    assert.deepEqual(withoutUndefined(before), { ...listed, createdAt: before?.createdAt })
    await enter(mine, await addWeb(mine))
    for (const kind of ['totp', 'passkey', 'passkey', 'recovery'] as const) await addFactor(mine, kind)
    const [after] = await admin.listUsers({ search: email })
    assert.deepEqual(after?.factors.toSorted(), ['passkey', 'totp'])
    assert.ok(before !== undefined && Number(after?.lastLogin) >= before.createdAt)
  })

  test('what is changed of a user changes, and nothing else', async () => {
    const mine = await withSomebody(world())
    const { admin, operations, user } = mine
    const { id, email, name, roles } = user
    const before = { id, email, state: 'active', name, roles }
    for (const [change, code] of [
      [{ email: world().user.email }, 'USER_EXISTS'],
      [{ email: 'no address' }, 'USER_INVALID'],
      [{ name: '' }, 'USER_INVALID'],
      [{ roles: ['two words'] }, 'USER_INVALID'],
    ] as const)
      await assert.rejects(admin.updateUser(id, change), { name: 'AuthorityError', code })
    for (const nobody of ['nobody@example.org', `usr_${'A'.repeat(22)}`, '', '\0', '%'])
      await assert.rejects(admin.updateUser(nobody, { name: 'X' }), { code: 'USER_UNKNOWN' })
    assert.deepEqual(await admin.updateUser(email, {}), before)
    assert.deepEqual(await admin.updateUser(email, { email: email.toUpperCase() }), before)
    assert.deepEqual(await admin.updateUser(email, { name: ' New Name ' }), { ...before, name: 'New Name' })
    const called = `new-${email}`
    const after = { ...before, name: 'New Name', email: called, roles: ['a', 'b'] }
    assert.deepEqual(await admin.updateUser(id, { email: called, roles: ['a', 'b', 'a'] }), after)
    await assert.rejects(admin.updateUser(email, { name: 'X' }), { code: 'USER_UNKNOWN' })
    assert.deepEqual(await admin.updateUser(called, { roles: [] }), { ...after, roles: [] })
    assert.equal(await getsIn(await addWeb(mine), called, user.password), true)
    const [entry] = await operations.listAudit({ user: id, event: 'user.changed' })
    assert.deepEqual(entry?.data, { user: id, what: 'roles' })
  })

  test('of several at once who want one address one gets it, and a change undoes no other', async () => {
    const { admin, operations } = world()
    const all = await Promise.all(Array.from({ length: 4 }, () => withSomebody(world())))
    const email = `wanted-${all[0]?.user.email}`
    const tries = await Promise.allSettled(
      all.map(({ user }, index) => (index % 2 === 0 ? admin : operations).updateUser(user.id, { email })),
    )
    assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const one of tries) if (one.status === 'rejected') assert.equal(one.reason.code, 'USER_EXISTS')
    await Promise.all(
      all.flatMap(({ user: { id } }) => [operations.updateUser(id, { roles: ['other'] }), admin.disableUser(id)]),
    )
    for (const { user } of all) assert.equal((await admin.enableUser(user.id)).roles.join(), 'other')
    for (const { user } of all) {
      await Promise.all([admin.disableUser(user.id), operations.updateUser(user.id, { name: 'Other' })])
      const known = await world().instances[0]?.users.find(user.id)
      assert.deepEqual([known?.state, known?.name], ['disabled', 'Other'])
    }
  })

  test('a user who is disabled is logged out everywhere, and comes in when enabled again', async () => {
    const mine = await withSomebody(world())
    const { admin, user } = mine
    const [client, other] = [await addWeb(mine), await addWeb(mine)]
    const first = await enter(mine, client)
    const second = await enter(mine, other, first.agent)
    const elsewhere = await enter(mine, client)
    const bystander = await enter(world(), client)
    const disabled = await admin.disableUser(user.email)
    assert.deepEqual([disabled.id, disabled.state], [user.id, 'disabled'])
    await demandTold(mine, client, other, client)
    for (const one of [first, second, elsewhere]) await demandLogin(mine, one, false)
    await demandLogin(world(), bystander, true)
    assert.equal(await getsIn(client, user.email, user.password), false)
    assert.deepEqual(await admin.listSessions(user.id), [])
    await admin.disableUser(user.id)
    assert.equal((await admin.enableUser(user.id)).state, 'active')
    await demandLogin(mine, first, false)
    assert.equal(await getsIn(client, user.email, user.password), true)
  })

  test('of a user who is deleted the id is left, in the audit trail', async () => {
    const mine = await withSomebody(world())
    const { admin, user } = mine
    const { id, email, password } = user
    const client = await addWeb(mine)
    const loggedIn = await enter(mine, client)
    await addFactor(mine, 'totp')
    await admin.resetPassword(id)
    const deleted = await admin.deleteUser(email)
    assert.deepEqual([deleted.id, deleted.email], [id, email])
    await demandTold(mine, client)
    await demandLogin(mine, loggedIn, false)
    assert.equal(await getsIn(client, email, password), false)
    assert.deepEqual(await kindsOf(mine), [])
    for (const name of [id, email]) await assert.rejects(admin.deleteUser(name), { code: 'USER_UNKNOWN' })
    const [last] = await admin.listAudit({ user: id, event: 'user.' })
    assert.deepEqual([last?.event, last?.data], ['user.deleted', { user: id }])
    await assert.rejects(admin.listAudit({ user: email }), { code: 'USER_UNKNOWN' })
    assert.doesNotMatch(await dump(mine.database), new RegExp(email))
    const again = await admin.addUser({ email, password: NEW })
    assert.notEqual(again.user.id, id)
  })

  test('a link to choose a new password is good once, whoever tries at the same time', async () => {
    const mine = await withSomebody(world())
    const { admin, user, instances, database } = mine
    const client = await addWeb(mine)
    const before = Math.floor(Date.now() / 1000)
    const { link, mailed, expiresAt, ...rest } = await admin.resetPassword(user.email)
    assert.deepEqual([mailed, rest.user.id], [false, user.id])
    assert.ok(expiresAt >= before + 3600 && expiresAt <= Math.ceil(Date.now() / 1000) + 3600)
    const token = tokenOf(mine, link)
    assert.ok(!(await dump(database)).includes(token))
    assert.equal(await getsIn(client, user.email, user.password), true, 'the old password is good until then')
    const users = instances[0]?.users
    assert.ok(users)
    await assert.rejects(users.reset(token, 'short'), { code: 'USER_INVALID' })
    for (const wrong of ['', 'x', `${token.slice(0, -1)}~`]) assert.equal(await users.reset(wrong, NEW), undefined)
    const tries = await Promise.all(Array.from({ length: 8 }, () => users.reset(token, NEW)))
    assert.deepEqual(
      tries.filter((one) => one !== undefined).map(({ id }) => id),
      [user.id],
    )
    assert.equal(await users.reset(token, 'another password'), undefined)
    assert.equal(await getsIn(client, user.email, user.password), false)
    assert.equal(await getsIn(client, user.email, NEW), true)
    assert.deepEqual(await kindsOf(mine), ['password'])
  })

  test('a link that is old, that another took the place of, or whose user is disabled is good no more', async () => {
    const mine = await withSomebody(world())
    const { admin, user, store, instances } = mine
    const users = instances[0]?.users
    assert.ok(users)
    const first = tokenOf(mine, (await admin.resetPassword(user.id)).link)
    const second = tokenOf(mine, (await admin.resetPassword(user.id)).link)
    assert.equal(await users.reset(first, NEW), undefined)
    await admin.disableUser(user.id)
    assert.equal(await users.reset(second, NEW), undefined)
    await assert.rejects(admin.resetPassword(user.id), { code: 'USER_INVALID', hint: /user enable/ })
    await admin.enableUser(user.id)
    assert.equal(await users.findReset(second), undefined, 'it does not live again')
    const third = tokenOf(mine, (await admin.resetPassword(user.id)).link)
    await admin.updateUser(user.id, { name: 'Somebody Else' })
    assert.equal((await users.findReset(third))?.id, user.id)
    await admin.updateUser(user.id, { email: `new-${user.email}` })
    assert.equal(await users.findReset(third), undefined, 'it went to the address of before')
    const last = tokenOf(mine, (await admin.resetPassword(user.id)).link)
    const past = { data: `${Math.floor(Date.now() / 1000)}` }
    await store.db.updateTable('credentials').set(past).where('kind', '=', 'reset').execute()
    assert.equal(await users.reset(last, NEW), undefined)
    await assert.rejects(admin.resetPassword('nobody@example.org'), { code: 'USER_UNKNOWN' })
    await assert.rejects(admin.resetPassword(user.id, { mail: true }), { code: 'SETTINGS', hint: /MAIL_HOOK/ })
  })

  test('whose factors are reset has the password alone, and what others have stays', async () => {
    const [mine, other] = [await withSomebody(world()), await withSomebody(world())]
    for (const one of [mine, other])
      for (const kind of ['totp', 'passkey', 'recovery', 'recovery'] as const) await addFactor(one, kind)
    assert.equal((await mine.admin.resetFactors(mine.user.email)).id, mine.user.id)
    assert.deepEqual(await kindsOf(mine), ['password'])
    assert.deepEqual(await kindsOf(other), ['passkey', 'password', 'recovery', 'recovery', 'totp'])
    await assert.rejects(mine.admin.resetFactors('nobody@example.org'), { code: 'USER_UNKNOWN' })
  })
}
