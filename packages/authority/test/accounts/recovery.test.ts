import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret, TOTP } from 'otpauth'
import { openPeople, type People } from './people.ts'
import { STORES } from './stores.ts'

async function codesOf(people: People, user = people.ada): Promise<readonly string[]> {
  const { secret, sealed } = await people.factors.beginTotp(user)
  const app = new TOTP({ secret: Secret.fromBase32(secret.replaceAll(' ', '')) })
  const codes = await people.factors.confirmTotp(user, sealed, app.generate({ timestamp: people.now * 1000 }))
  assert.ok(codes)
  return codes
}

for (const { name, skip, place } of STORES) {
  test(`${name}: ten recovery codes of 60 bits are given, and none can be read in the database`, {
    skip,
  }, async (t) => {
    const people = await openPeople(t, place)
    const codes = await codesOf(people)
    assert.equal(new Set(codes).size, 10)
    for (const code of codes) assert.match(code, /^[0-9a-hjkmnp-tv-z]{4}-[0-9a-hjkmnp-tv-z]{4}-[0-9a-hjkmnp-tv-z]{4}$/)
    const rows = JSON.stringify(await people.store.db.selectFrom('credentials').selectAll().execute())
    for (const code of codes) assert.ok(!rows.includes(code) && !rows.includes(code.replaceAll('-', '')))
    assert.equal((await people.factors.of(people.ada.id)).recoveryCodes, 10)
  })

  test(`${name}: a recovery code works once, also at two instances at once, and for nobody else`, {
    skip,
  }, async (t) => {
    const people = await openPeople(t, place)
    const { factors, other, ada, bob } = people
    const [code = ''] = await codesOf(people)
    await codesOf(people, bob)
    assert.equal(await factors.check(bob.id, code), undefined)
    const tries = await Promise.all([factors, other, factors, other].map((one) => one.check(ada.id, code)))
    assert.deepEqual(tries.filter(Boolean), ['recovery'])
    assert.equal(await factors.check(ada.id, code), undefined)
    assert.equal((await factors.of(ada.id)).recoveryCodes, 9)
    assert.equal((await factors.of(bob.id)).recoveryCodes, 10)
  })

  test(`${name}: a recovery code is taken as people type it, and nothing is taken that is none`, {
    skip,
  }, async (t) => {
    const people = await openPeople(t, place)
    const { factors, ada } = people
    const codes = await codesOf(people)
    const spellings = [
      (code: string) => code.toUpperCase(),
      (code: string) => code.replaceAll('-', ''),
      (code: string) => ` ${code.replaceAll('-', ' – ')}\t`,
      (code: string) => code.replaceAll('0', 'O').replaceAll('1', 'l'),
      (code: string) => code.replaceAll('0', 'o').replaceAll('1', 'I'),
    ]
    for (const [at, spell] of spellings.entries())
      assert.equal(await factors.check(ada.id, spell(codes[at] ?? '')), 'recovery')
    const [last = ''] = codes.slice(-1)
    for (const code of [
      '',
      last.slice(1),
      `${last}0`,
      last.replaceAll('-', '%'),
      `${last}${' '.repeat(100)}`,
      "' OR 1=1",
    ])
      assert.equal(await factors.check(ada.id, code), undefined, code)
    assert.equal((await factors.of(ada.id)).recoveryCodes, 5)
  })

  test(`${name}: new recovery codes take the place of the old ones, and who has no app gets none`, {
    skip,
  }, async (t) => {
    const people = await openPeople(t, place)
    const { factors, other, ada, bob } = people
    const before = await codesOf(people)
    const sets = await Promise.all([factors.newRecoveryCodes(ada.id), other.newRecoveryCodes(ada.id)])
    assert.equal((await factors.of(ada.id)).recoveryCodes, 10)
    assert.equal(await factors.check(ada.id, String(before[0])), undefined)
    const works = await Promise.all(sets.map(([code]) => factors.check(ada.id, String(code))))
    assert.equal(works.filter(Boolean).length, 1)
    assert.deepEqual(await factors.newRecoveryCodes(bob.id), [])
  })
}
