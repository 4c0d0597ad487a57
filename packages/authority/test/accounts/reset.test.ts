import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLimits } from '../../src/accounts/limits.ts'
import { Users } from '../../src/accounts/users.ts'
import { STORES } from './stores.ts'

const ADA = { email: 'ada@example.org', password: 'correct horse battery' }
const NEW = 'quite another one'

for (const { name, skip, place } of STORES) {
  test(`${name}: of ten who use a link at once one does, and its password is the one that is good`, {
    skip,
  }, async (t) => {
    const database = await place(t)
    const first = new Users(await database.open())
    const second = name === 'SQLite' ? first : new Users(await database.open())
    const user = await first.add(ADA)
    const { token } = await first.makeReset(user.id)
    const tries = Array.from({ length: 10 }, (_, index) =>
      (index % 2 === 0 ? first : second).reset(token, `${NEW} ${index}`),
    )
    const won = (await Promise.all(tries)).flatMap((one, index) => (one === undefined ? [] : [index]))
    assert.equal(won.length, 1)
    assert.equal((await first.authenticate(ADA.email, `${NEW} ${won[0]}`))?.id, user.id)
    assert.equal(await first.authenticate(ADA.email, ADA.password), undefined)
    assert.equal(await first.reset(token, NEW), undefined)
  })

  test(`${name}: a link is good for an hour, until the next one, and for who may log in`, { skip }, async (t) => {
    const store = await (await place(t)).open()
    const users = new Users(store)
    const user = await users.add(ADA)
    const old = await users.makeReset(user.id)
    const { token, expiresAt } = await users.makeReset(user.id)
    assert.ok(Math.abs(expiresAt - Date.now() / 1000 - 3600) < 5)
    assert.equal(await users.findReset(old.token), undefined)
    for (const wrong of ['', 'x', token.slice(1), `${token}A`, token.toLowerCase(), '\0'])
      assert.equal(await users.findReset(wrong), undefined, wrong)
    assert.equal((await users.findReset(token))?.id, user.id)
    await assert.rejects(users.reset(token, 'short'), { code: 'USER_INVALID' })
    assert.equal((await users.findReset(token))?.id, user.id, 'a password that is none uses nothing up')
    await users.change(user.id, { state: 'disabled' })
    assert.equal(await users.reset(token, NEW), undefined)
    await users.change(user.id, { state: 'active' })
    await store.db.updateTable('credentials').set({ data: '1' }).where('kind', '=', 'reset').execute()
    assert.equal(await users.reset(token, NEW), undefined)
    assert.equal((await users.authenticate(ADA.email, ADA.password))?.id, user.id)
  })

  test(`${name}: a password that is set otherwise ends the link`, { skip }, async (t) => {
    const users = new Users(await (await place(t)).open())
    const user = await users.add(ADA)
    const { token } = await users.makeReset(user.id)
    await users.setPassword(user.id, NEW)
    assert.equal(await users.reset(token, 'yet another one'), undefined)
  })

  test(`${name}: five at an address forget their passwords in an hour, and three letters go to an account`, {
    skip,
  }, async (t) => {
    const limits = createLimits(await (await place(t)).open())
    const allowed = async (count: number, ask: () => ReturnType<typeof limits.reset>): Promise<readonly boolean[]> => {
      const verdicts: boolean[] = []
      for (let left = count; left > 0; left--) verdicts.push((await ask()).allowed)
      return verdicts
    }
    assert.deepEqual(await allowed(6, () => limits.reset('192.0.2.1')), [true, true, true, true, true, false])
    assert.deepEqual(await allowed(1, () => limits.reset('192.0.2.2')), [true])
    assert.deepEqual(await allowed(4, () => limits.resetLetter(ADA.email)), [true, true, true, false])
    const verdict = await limits.resetLetter('ADA@example.org ')
    assert.ok(!verdict.allowed && verdict.retryAfter > 3000)
  })
}
