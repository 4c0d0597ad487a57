import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createLimits, type Limits, type Verdict } from '../../src/accounts/limits.ts'
import type { Store } from '../../src/store/database.ts'
import { STORES } from './stores.ts'

const [ADA, HERE, THERE] = ['ada@example.org', '192.0.2.1', '192.0.2.2']
const MINUTE = 60

/** Tries one after the other until one is refused. */
async function untilRefused(
  most: number,
  attempt: (index: number) => Promise<Verdict>,
): Promise<{ allowed: number; retryAfter: number }> {
  for (let allowed = 0; allowed <= most; allowed++) {
    const verdict = await attempt(allowed)
    if (!verdict.allowed) return { allowed, retryAfter: verdict.retryAfter }
  }
  throw new Error(`${most} were allowed, and one more`)
}

const rows = (store: Store) => store.db.selectFrom('rate_limit').selectAll().execute()

/** As if the time of some counts had passed. */
async function expire(store: Store, prefix = ''): Promise<void> {
  await store.db
    .updateTable('rate_limit')
    .set({ expire: Date.now() - 1 })
    .where('key', 'like', `${prefix}%`)
    .execute()
}

/** As if so many had tried an account, from anywhere. */
async function tried(store: Store, prefix: string, points: number): Promise<void> {
  await store.db.updateTable('rate_limit').set({ points }).where('key', 'like', `${prefix}:%`).execute()
}

for (const { name, skip, place } of STORES) {
  const open = async (t: TestContext): Promise<{ store: Store; limits: Limits }> => {
    const store = await (await place(t)).open()
    return { store, limits: createLimits(store) }
  }

  test(`${name}: the eleventh try of an account from an address is refused for the rest of 15 minutes`, {
    skip,
  }, async (t) => {
    const { limits } = await open(t)
    const { allowed, retryAfter } = await untilRefused(10, () => limits.login(ADA, HERE))
    assert.equal(allowed, 10)
    assert.ok(retryAfter > 14 * MINUTE && retryAfter <= 15 * MINUTE, `${retryAfter}`)
    assert.equal((await limits.login(ADA, HERE)).allowed, false)
  })

  test(`${name}: however address and account are written, the count is the same`, { skip }, async (t) => {
    const { limits } = await open(t)
    const spellings = [ADA, 'ADA@example.org', ' Ada@EXAMPLE.org ', '\tada@example.org\n']
    const { allowed } = await untilRefused(10, (index) =>
      limits.login(spellings[index % 4] ?? '', index % 2 ? HERE : `::ffff:${HERE}`),
    )
    assert.equal(allowed, 10)
  })

  test(`${name}: the addresses of one IPv6 network are one place`, { skip }, async (t) => {
    const { limits } = await open(t)
    const { allowed } = await untilRefused(10, (index) => limits.login(ADA, `2001:db8:1:2::${index + 1}`))
    assert.equal(allowed, 10)
    assert.equal((await limits.login(ADA, '2001:db8:1:3::1')).allowed, true)
  })

  test(`${name}: of 40 tries at once ten are allowed`, { skip }, async (t) => {
    const { limits } = await open(t)
    const verdicts = await Promise.all(Array.from({ length: 40 }, () => limits.login(ADA, HERE)))
    assert.equal(verdicts.filter(({ allowed }) => allowed).length, 10)
  })

  test(`${name}: the 101st try from an address is refused for the rest of an hour, and then writes nothing`, {
    skip,
  }, async (t) => {
    const { store, limits } = await open(t)
    const { allowed, retryAfter } = await untilRefused(100, (index) => limits.login(`user${index}@example.org`, HERE))
    assert.equal(allowed, 100)
    assert.ok(retryAfter > 59 * MINUTE && retryAfter <= 60 * MINUTE, `${retryAfter}`)
    const before = await rows(store)
    assert.equal((await limits.login('one-more@example.org', HERE)).allowed, false)
    assert.deepEqual(await rows(store), before)
    assert.equal((await limits.login('one-more@example.org', THERE)).allowed, true)
  })

  test(`${name}: an account that was tried 500 times in a day is slowed to one try in 30 seconds`, {
    skip,
  }, async (t) => {
    const { store, limits } = await open(t)
    await limits.login(ADA, HERE)
    await tried(store, 'account', 500)
    assert.equal((await limits.login(ADA, HERE)).allowed, true)
    const { allowed, retryAfter } = await untilRefused(0, (index) => limits.login(ADA, `198.51.100.${index}`))
    assert.equal(allowed, 0)
    assert.ok(retryAfter >= 1 && retryAfter <= 30, `${retryAfter}`)
    assert.equal((await limits.login('other@example.org', HERE)).allowed, true)
    await expire(store, 'slowed')
    assert.equal((await limits.login(ADA, THERE)).allowed, true)
    assert.equal((await limits.login(ADA, THERE)).allowed, false)
    await expire(store, 'account')
    assert.equal((await limits.login(ADA, THERE)).allowed, true)
    assert.equal((await limits.login(ADA, THERE)).allowed, true)
  })

  test(`${name}: where an account was logged in before, it is not slowed, but has no more than its ten tries`, {
    skip,
  }, async (t) => {
    const { store, limits } = await open(t)
    await limits.login(ADA, HERE)
    await limits.loginSucceeded(ADA, HERE)
    await limits.login(ADA, THERE)
    await tried(store, 'account', 5000)
    assert.equal((await limits.login(ADA, THERE)).allowed, true)
    assert.equal((await limits.login(ADA, THERE)).allowed, false)
    assert.equal((await untilRefused(10, () => limits.login(ADA, HERE))).allowed, 10)
    await expire(store)
    await limits.login(ADA, THERE)
    await tried(store, 'account', 5000)
    assert.equal((await untilRefused(10, () => limits.login(ADA, HERE))).allowed, 1)
  })

  test(`${name}: counts survive a restart`, { skip }, async (t) => {
    const data = await place(t)
    const first = await data.open()
    await untilRefused(10, () => createLimits(first).login(ADA, HERE))
    await first.close()
    const limits = createLimits(await data.open())
    assert.equal((await limits.login(ADA, HERE)).allowed, false)
    assert.equal((await limits.login(ADA, THERE)).allowed, true)
  })

  test(`${name}: a count does not go with somebody's transaction`, { skip }, async (t) => {
    const { store, limits } = await open(t)
    let tries: Promise<readonly Verdict[]> | undefined
    const work = store.exclusive(async () => {
      tries = Promise.all(Array.from({ length: 10 }, () => limits.login(ADA, HERE)))
      await new Promise((resolve) => setImmediate(resolve))
      throw new Error('rolled back')
    })
    await assert.rejects(work, /rolled back/)
    assert.ok((await tries)?.every(({ allowed }) => allowed))
    assert.equal((await limits.login(ADA, HERE)).allowed, false)
  })

  test(`${name}: where the database fails, nothing is allowed`, { skip }, async (t) => {
    const { store, limits } = await open(t)
    await store.db.schema.dropTable('rate_limit').execute()
    await assert.rejects(limits.login(ADA, HERE), Error)
    await assert.rejects(limits.loginSucceeded(ADA, HERE), Error)
    await assert.rejects(limits.userCode(HERE), Error)
    await store.close()
    await assert.rejects(limits.login(ADA, HERE), Error)
    await assert.rejects(limits.userCode(HERE), Error)
  })

  test(`${name}: no address can be read in the table`, { skip }, async (t) => {
    const { store, limits } = await open(t)
    await limits.login(ADA, HERE)
    await limits.loginSucceeded(ADA, HERE)
    await limits.userCode(HERE)
    for (const { key } of await rows(store)) assert.match(key, /^[a-zA-Z]+:[A-Za-z0-9_-]{43}$/)
  })

  test(`${name}: who logs in has ten tries again, and the try does not count for the address and the account`, {
    skip,
  }, async (t) => {
    const { store, limits } = await open(t)
    for (let index = 0; index < 9; index++) await limits.login(ADA, HERE)
    for (let index = 0; index < 9; index++) await limits.login(ADA, THERE)
    await limits.login(ADA, HERE)
    await limits.loginSucceeded(ADA, HERE)
    const counts = Object.groupBy(await rows(store), ({ key }) => key.split(':')[0] ?? '')
    assert.deepEqual(
      counts['account']?.map(({ points }) => points),
      [18],
    )
    assert.deepEqual(counts['address']?.map(({ points }) => points).sort(), [9, 9])
    assert.equal((await untilRefused(10, () => limits.login(ADA, HERE))).allowed, 10)
    assert.equal((await untilRefused(10, () => limits.login(ADA, THERE))).allowed, 1)
  })

  test(`${name}: the right password from another address still works`, { skip }, async (t) => {
    const { limits } = await open(t)
    await untilRefused(10, () => limits.login(ADA, HERE))
    assert.deepEqual(await limits.login(ADA, THERE), { allowed: true })
  })

  test(`${name}: when the time has passed there are ten tries again`, { skip }, async (t) => {
    const { store, limits } = await open(t)
    await untilRefused(10, () => limits.login(ADA, HERE))
    await expire(store)
    assert.equal((await untilRefused(10, () => limits.login(ADA, HERE))).allowed, 10)
  })

  test(`${name}: the thirty-first user code from an address is refused, and logging in is another matter`, {
    skip,
  }, async (t) => {
    const { limits } = await open(t)
    const { allowed, retryAfter } = await untilRefused(30, () => limits.userCode(HERE))
    assert.equal(allowed, 30)
    assert.ok(retryAfter > 14 * MINUTE && retryAfter <= 15 * MINUTE, `${retryAfter}`)
    assert.equal((await limits.userCode(THERE)).allowed, true)
    assert.equal((await limits.login(ADA, HERE)).allowed, true)
  })

  test(`${name}: of an account fifty wrong codes are looked at in a day, and right ones are none of them`, {
    skip,
  }, async (t) => {
    const limits = createLimits(await (await place(t)).open())
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
    let looked = 0
    for (let quarter = 0; quarter < 20; quarter++) {
      for (let count = 0; count < 5; count++) if ((await limits.code('usr_ada')).allowed) looked++
      t.mock.timers.tick(15 * 60_000 + 1000)
    }
    assert.equal(looked, 50)
    const verdict = await limits.code('usr_ada')
    assert.ok(!verdict.allowed && verdict.retryAfter > 60 * 60, 'until the day is over')
    for (let count = 0; count < 60; count++) {
      assert.ok((await limits.code('usr_bob')).allowed, `${count}`)
      await limits.codeSucceeded('usr_bob')
    }
  })

  test(`${name}: the sixth code of an account is refused, of any number at once, until one was right`, {
    skip,
  }, async (t) => {
    const { limits } = await open(t)
    const verdicts = await Promise.all(Array.from({ length: 20 }, () => limits.code('usr_ada')))
    assert.equal(verdicts.filter(({ allowed }) => allowed).length, 5)
    const { allowed, retryAfter } = await untilRefused(0, () => limits.code('usr_ada'))
    assert.equal(allowed, 0)
    assert.ok(retryAfter > 14 * MINUTE && retryAfter <= 15 * MINUTE, `${retryAfter}`)
    assert.equal((await limits.code('usr_bob')).allowed, true)
    await limits.codeSucceeded('usr_ada')
    assert.equal((await untilRefused(5, () => limits.code('usr_ada'))).allowed, 5)
  })

  test(`${name}: tries with a passkey and with a password count together for an address`, { skip }, async (t) => {
    const { limits } = await open(t)
    for (let count = 0; count < 60; count++) await limits.passkey(HERE)
    await limits.passkeySucceeded(HERE)
    const { allowed } = await untilRefused(100, (index) => limits.login(`user${index}@example.org`, HERE))
    assert.equal(allowed, 41)
    assert.equal((await limits.passkey(HERE)).allowed, false)
    assert.equal((await limits.passkey(THERE)).allowed, true)
  })

  test(`${name}: logins of one account from many addresses at once wait for each other, and none fails`, {
    skip,
  }, async (t) => {
    const { store, limits } = await open(t)
    const places = Array.from({ length: 30 }, (_, index) => `198.51.100.${index % 6}`)
    await Promise.all(
      places.map(async (ip) => {
        assert.equal((await limits.login(ADA, ip)).allowed, true)
        await limits.loginSucceeded(ADA, ip)
      }),
    )
    const counted = (await rows(store)).filter(({ key }) => /^(account|address):/.test(key))
    assert.ok(counted.length === 7 && counted.every(({ points }) => points === 0))
  })

  test(`${name}: what is long over is removed, and nothing else`, { skip }, async (t) => {
    const { store, limits } = await open(t)
    await limits.login(ADA, HERE)
    await store.db
      .updateTable('rate_limit')
      .set({ expire: Date.now() - 3_700_000 })
      .execute()
    await createLimits(store).userCode(THERE)
    let left = await rows(store)
    while (left.length > 1) left = await rows(store)
    assert.match(left[0]?.key ?? '', /^userCode:/)
  })
}
