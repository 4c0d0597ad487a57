import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { hashPassword } from '../../src/accounts/passwords.ts'
import { type NewUser, Users } from '../../src/accounts/users.ts'
import type { Store } from '../../src/store/database.ts'
import { STORES } from './stores.ts'

const ADA = {
  email: 'ada@example.org',
  password: 'a long enough password',
  name: 'Ada Reyes',
  roles: ['admin', 'reader'],
}

const REFUSED: Readonly<Record<string, NewUser>> = {
  'no @': { ...ADA, email: 'ada' },
  'two @': { ...ADA, email: 'ada@example@org' },
  'nothing before the @': { ...ADA, email: '@example.org' },
  'nothing after the @': { ...ADA, email: 'ada@' },
  'a space': { ...ADA, email: 'ada reyes@example.org' },
  'a line break': { ...ADA, email: 'ada@example.org\r\nBcc: all@example.org' },
  'a NUL': { ...ADA, email: 'ada\0@example.org' },
  'half a character': { ...ADA, email: 'ada\ud800@example.org' },
  'a sign that cannot be seen': { ...ADA, email: 'ada\u200b@example.org' },
  '255 characters': { ...ADA, email: `${'a'.repeat(243)}@example.org` },
  'a password of 7 characters': { ...ADA, password: '1234567' },
  'a password of 7 characters in 14 code units': { ...ADA, password: '😀'.repeat(7) },
  'a password of 1025 characters': { ...ADA, password: 'x'.repeat(1025) },
  'an empty name': { ...ADA, name: ' ' },
  'a name of two lines': { ...ADA, name: 'Ada\nReyes' },
  'a name that turns the text around it': { ...ADA, name: 'Ada \u202e' },
  'a name that ends in half a character': { ...ADA, name: 'Ada \ud83d' },
  'a role with a space': { ...ADA, roles: ['admin reader'] },
  'an empty role': { ...ADA, roles: [''] },
}

for (const { name, skip, place } of STORES) {
  const open = async (t: TestContext): Promise<{ store: Store; users: Users }> => {
    const store = await (await place(t)).open()
    return { store, users: new Users(store) }
  }

  test(`${name}: what is no user is refused, and its password is not in the message`, { skip }, async (t) => {
    const { store, users } = await open(t)
    for (const [why, user] of Object.entries(REFUSED)) {
      await assert.rejects(users.add(user), (error: Error & { code: string }) => {
        assert.equal(error.code, 'USER_INVALID', why)
        assert.ok(!error.message.includes(user.password), why)
        return true
      })
    }
    assert.deepEqual(await store.db.selectFrom('users').selectAll().execute(), [])
  })

  test(`${name}: a password that is replaced while it is looked at is good no more`, { skip }, async (t) => {
    const { store, users } = await open(t)
    const { id } = await users.add(ADA)
    const data = await hashPassword('another password')
    const line = Array.from({ length: 6 }, () => hashPassword('whoever comes first'))
    const login = users.authenticate(ADA.email, ADA.password)
    await store.now()
    await store.db.updateTable('credentials').set({ data }).where('user_id', '=', id).execute()
    assert.equal(await login, undefined)
    await Promise.all(line)
    assert.equal((await users.authenticate(ADA.email, 'another password'))?.id, id)
  })

  test(`${name}: one address is one user, however it is written`, { skip }, async (t) => {
    const { store, users } = await open(t)
    await users.add(ADA)
    for (const email of [ADA.email, 'ADA@EXAMPLE.ORG', '  Ada@Example.org\n'])
      await assert.rejects(users.add({ ...ADA, email }), { code: 'USER_EXISTS' })
    assert.equal((await store.db.selectFrom('users').selectAll().execute()).length, 1)
    assert.equal((await store.db.selectFrom('credentials').selectAll().execute()).length, 1)
  })

  test(`${name}: of several at once that add one address, one wins`, { skip }, async (t) => {
    const { users } = await open(t)
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => users.add(ADA)))
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const result of results) if (result.status === 'rejected') assert.equal(result.reason.code, 'USER_EXISTS')
  })

  test(`${name}: a wrong password, an unknown and a disabled user are refused alike`, { skip }, async (t) => {
    const { store, users } = await open(t)
    const { id } = await users.add(ADA)
    await users.add({ ...ADA, email: 'off@example.org' })
    await store.db.updateTable('users').set({ state: 'disabled' }).where('email', '=', 'off@example.org').execute()
    const tries = [
      [ADA.email, 'a long enough passwore'],
      [ADA.email, ''],
      [ADA.email, 'x'.repeat(5000)],
      ['off@example.org', ADA.password],
      ['nobody@example.org', ADA.password],
      ['', ''],
      ['ada\0@example.org', ADA.password],
      ['ada@example.org\0', ADA.password],
      ["' OR 1=1 --@example.org", ADA.password],
      [id, ADA.password],
    ] as const
    for (const [email, password] of tries) assert.equal(await users.authenticate(email, password), undefined, email)
    const used = await store.db.selectFrom('credentials').select('last_used').execute()
    assert.deepEqual(
      used.map(({ last_used }) => last_used),
      [null, null],
    )
  })

  test(`${name}: a user without a password cannot log in`, { skip }, async (t) => {
    const { store, users } = await open(t)
    await users.add(ADA)
    await store.db.deleteFrom('credentials').execute()
    for (const password of ['', ADA.password]) assert.equal(await users.authenticate(ADA.email, password), undefined)
  })

  test(`${name}: a row that this program has not written is an error`, { skip }, async (t) => {
    const { store, users } = await open(t)
    const { id } = await users.add(ADA)
    const rows = [
      { state: 'ACTIVE' },
      { claims: '' },
      { claims: 'null' },
      { claims: '{}' },
      { claims: '{"roles":"admin"}' },
      { claims: '{"roles":[1]}' },
      { claims: '{"name":1,"roles":[]}' },
    ]
    for (const changed of rows) {
      await store.db
        .updateTable('users')
        .set({ state: 'active', claims: '{"roles":[]}', ...changed })
        .execute()
      await assert.rejects(users.find(id), { code: 'DATABASE' }, JSON.stringify(changed))
      await assert.rejects(users.authenticate(ADA.email, ADA.password), { code: 'DATABASE' })
    }
  })

  test(`${name}: who is not there is not found`, { skip }, async (t) => {
    const { users } = await open(t)
    const unknown = `usr_${'A'.repeat(22)}`
    for (const id of ['', unknown, `${unknown}\0`, "' OR 1=1 --"]) assert.equal(await users.find(id), undefined)
    for (const email of ['', 'ada@example.org', 'a\0@b', '%@%']) assert.equal(await users.findByEmail(email), undefined)
  })

  test(`${name}: a user is added, found and logged in, and the password is not stored`, { skip }, async (t) => {
    const { store, users } = await open(t)
    const ada = await users.add({ ...ADA, email: ' Ada@Example.ORG ', roles: ['admin', 'reader', 'admin'] })
    assert.match(ada.id, /^usr_[A-Za-z0-9_-]{22}$/)
    const { email, name: called, roles } = ADA
    assert.deepEqual(ada, { id: ada.id, email, state: 'active', name: called, roles })
    assert.deepEqual(await users.find(ada.id), ada)
    assert.deepEqual(await users.findByEmail('ADA@example.org'), ada)
    const before = await store.now()
    const { mark, ...found } = (await users.authenticate('\tADA@example.org', ADA.password)) ?? {}
    assert.deepEqual(found, { ...ada, hasApp: false })
    assert.match(String(mark), /^[\w-]{43}$/)
    const [credential] = await store.db.selectFrom('credentials').selectAll().execute()
    assert.equal(credential?.user_id, ada.id)
    assert.ok((credential?.last_used ?? 0) >= before)
    assert.ok(!credential?.data.includes(ADA.password))
  })

  test(`${name}: a user needs no name and no roles, and other scripts are welcome`, { skip }, async (t) => {
    const { users } = await open(t)
    const mei = await users.add({ email: '梅@例え.jp', password: '八文字以上の合言葉' })
    assert.deepEqual(mei, { id: mei.id, email: '梅@例え.jp', state: 'active', name: undefined, roles: [] })
    assert.equal((await users.authenticate('梅@例え.JP', '八文字以上の合言葉'))?.id, mei.id)
    const persian = 'می\u200cخواهم' // a joiner is part of how it is written
    assert.equal((await users.add({ ...ADA, name: persian })).name, persian)
  })
}
