import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret, TOTP } from 'otpauth'
import { stepOf } from '../../src/accounts/totp.ts'
import { openPeople, type People } from './people.ts'
import { STORES } from './stores.ts'

/** Of RFC 6238, appendix B, for SHA-1: the last six of the eight digits. */
const SECRET = Buffer.from('12345678901234567890')
const VECTORS = [
  [59, '287082'],
  [1111111109, '081804'],
  [1111111111, '050471'],
  [1234567890, '005924'],
  [2000000000, '279037'],
  [20000000000, '353130'],
] as const

const STEP = 30

for (const [time, code] of VECTORS)
  test(`the code of ${time} is ${code}, and good a step before and after it (RFC 6238 §5.2, appendix B)`, () => {
    const step = time - (time % STEP)
    for (const [now, expected] of [
      [step, step],
      [step + STEP - 1, step],
      [step + STEP, step],
      [step + 2 * STEP - 1, step],
      [step - STEP, step],
      [step - STEP - 1, undefined],
      [step + 2 * STEP, undefined],
    ] as const)
      assert.equal(stepOf(SECRET, code, now), expected, `${now}`)
  })

for (const code of ['', '28708', '2870822', '28708a', '287083', ' 87082', '287 082', '２８７０８２'])
  test(`"${code}" is not the code of 59`, () => assert.equal(stepOf(SECRET, code, 59), undefined))

/** The app on a telephone, that was told a secret by hand. */
const toApp = (secret: string): TOTP => new TOTP({ secret: Secret.fromBase32(secret.replaceAll(' ', '')) })
const codeAt = (app: TOTP, now: number): string => app.generate({ timestamp: now * 1000 })

async function setUp(people: People, user = people.ada): Promise<{ app: TOTP; codes: readonly string[] }> {
  const { secret, sealed } = await people.factors.beginTotp(user)
  const app = toApp(secret)
  const codes = await people.factors.confirmTotp(user, sealed, codeAt(app, people.now))
  assert.ok(codes)
  people.now += STEP
  return { app, codes }
}

for (const { name, skip, place } of STORES) {
  test(`${name}: an app is set up by its first code, and not by another, a later one, or for somebody else`, {
    skip,
  }, async (t) => {
    const people = await openPeople(t, place)
    const { factors, ada, bob } = people
    const { secret, uri, qr, sealed } = await factors.beginTotp(ada)
    const app = toApp(secret)
    const code = codeAt(app, people.now)
    assert.match(secret, /^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/)
    assert.equal(new URL(uri).searchParams.get('secret'), secret.replaceAll(' ', ''))
    assert.match(uri, /^otpauth:\/\/totp\/login\.example:ada%40example\.org\?issuer=login\.example&/)
    assert.match(qr, /^<svg [^>]*viewBox="[^"]*">.*<\/svg>$/)
    assert.ok(!sealed.includes(secret.replaceAll(' ', '')))
    const wrong = code === '000000' ? '000001' : '000000'
    assert.equal(await factors.confirmTotp(ada, sealed, wrong), undefined)
    assert.equal(await factors.confirmTotp(bob, sealed, code), undefined)
    for (const changed of ['', 'x', sealed.slice(0, -2), `${sealed}A`])
      assert.equal(await factors.confirmTotp(ada, changed, code), undefined)
    people.now += 601
    assert.equal(await factors.confirmTotp(ada, sealed, codeAt(app, people.now)), undefined)
    assert.equal((await factors.of(ada.id)).totp, undefined)
    people.now -= 601
    assert.equal((await factors.confirmTotp(ada, sealed, code))?.length, 10)
    assert.deepEqual((await factors.of(ada.id)).totp?.createdAt, people.now)
    assert.equal(await factors.check(ada.id, code), undefined, 'the code that it was set up with is used')
  })

  test(`${name}: a code works once, also at two instances at once`, { skip }, async (t) => {
    const people = await openPeople(t, place)
    const { factors, other, ada } = people
    const { app } = await setUp(people)
    for (let round = 0; round < 5; round++) {
      const code = codeAt(app, people.now)
      const tries = [factors, other, factors, other, factors, other].map((one) => one.check(ada.id, code))
      assert.deepEqual((await Promise.all(tries)).filter(Boolean), ['totp'])
      assert.equal(await factors.check(ada.id, code), undefined)
      people.now += STEP
    }
  })

  test(`${name}: a clock may be a step off, and no code before one that was used is good`, { skip }, async (t) => {
    const people = await openPeople(t, place)
    const { factors, ada } = people
    const { app } = await setUp(people)
    people.now += 10 * STEP
    for (const [off, expected] of [
      [-2, undefined],
      [2, undefined],
      [-1, 'totp'],
      [1, 'totp'],
      [0, undefined],
    ] as const)
      assert.equal(await factors.check(ada.id, codeAt(app, people.now + off * STEP)), expected, `${off}`)
  })

  test(`${name}: a code is taken as people type it`, { skip }, async (t) => {
    const people = await openPeople(t, place)
    const { factors, ada } = people
    const { app } = await setUp(people)
    for (const spell of [
      (code: string) => ` ${code.slice(0, 3)} ${code.slice(3)}\n`,
      (code: string) => `${code.slice(0, 3)}-${code.slice(3)}`,
      (code: string) => code.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
    ]) {
      assert.equal(await factors.check(ada.id, spell(codeAt(app, people.now))), 'totp')
      people.now += STEP
    }
    assert.equal(await factors.check(ada.id, `${' '.repeat(100)}${codeAt(app, people.now)}`), undefined)
  })

  test(`${name}: the sealed secret of one user opens nothing in the row of another, nor what was only being set up`, {
    skip,
  }, async (t) => {
    const people = await openPeople(t, place)
    const { factors, store, ada, bob } = people
    const { app } = await setUp(people)
    await setUp(people, bob)
    const row = await store.db
      .selectFrom('credentials')
      .select('data')
      .where('lookup', '=', `totp:${ada.id}`)
      .executeTakeFirstOrThrow()
    const put = (data: string) =>
      store.db.updateTable('credentials').set({ data }).where('lookup', '=', `totp:${bob.id}`).execute()
    await put(row.data)
    people.now += STEP
    assert.equal(await factors.check(bob.id, codeAt(app, people.now)), undefined)
    const { sealed, secret } = await factors.beginTotp(bob)
    await put(sealed)
    assert.equal(await factors.check(bob.id, codeAt(toApp(secret), people.now)), undefined)
    assert.equal(await factors.confirmTotp(ada, row.data, codeAt(app, people.now)), undefined)
    assert.equal(await factors.check(ada.id, codeAt(app, people.now)), 'totp')
  })

  test(`${name}: a new app takes the place of the old one, and one that is removed takes its recovery codes along`, {
    skip,
  }, async (t) => {
    const people = await openPeople(t, place)
    const { factors, store, ada } = people
    const before = await setUp(people)
    const after = await setUp(people)
    assert.equal(await factors.check(ada.id, codeAt(before.app, people.now)), undefined)
    assert.equal(await factors.check(ada.id, String(before.codes[0])), undefined)
    assert.equal(await factors.check(ada.id, codeAt(after.app, people.now)), 'totp')
    assert.equal(await factors.check(ada.id, String(after.codes[0])), 'recovery')
    await factors.removeTotp(ada.id)
    assert.deepEqual(await factors.of(ada.id), { totp: undefined, recoveryCodes: 0, passkeys: [] })
    const left = await store.db.selectFrom('credentials').select('kind').where('user_id', '=', ada.id).execute()
    assert.deepEqual(
      left.map(({ kind }) => kind),
      ['password'],
    )
  })

  test(`${name}: of two who set an app up at once, one has it, with its codes and no others`, { skip }, async (t) => {
    const people = await openPeople(t, place)
    const { factors, other, ada } = people
    const setups = await Promise.all([factors, other].map((one) => one.beginTotp(ada)))
    const given = await Promise.all(
      setups.map(({ secret, sealed }, at) =>
        [factors, other][at]?.confirmTotp(ada, sealed, codeAt(toApp(secret), people.now)),
      ),
    )
    assert.equal((await factors.of(ada.id)).recoveryCodes, 10)
    people.now += STEP
    const works = await Promise.all(
      setups.map(({ secret }) => factors.check(ada.id, codeAt(toApp(secret), people.now))),
    )
    const codes = await Promise.all(given.map((some) => factors.check(ada.id, String(some?.[0]))))
    assert.deepEqual(
      works.map((kind) => kind === 'totp'),
      codes.map((kind) => kind === 'recovery'),
    )
    assert.equal(works.filter(Boolean).length, 1)
  })
}
