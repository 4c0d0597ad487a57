import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { Secret, TOTP } from 'otpauth'
import { Authenticator } from '../support/authenticator.ts'
import { ISSUER, openPeople } from './people.ts'
import { STORES } from './stores.ts'

for (const { name, skip, place } of STORES) {
  test(`${name}: what a user has is theirs alone, goes with them, and is nothing without`, { skip }, async (t) => {
    const people = await openPeople(t, place)
    const { factors, users, store, ada, bob } = people
    const nothing = { totp: undefined, recoveryCodes: 0, passkeys: [] }
    assert.deepEqual(await factors.of(ada.id), nothing)
    for (const code of ['', '000000', '0000-0000-0000']) assert.equal(await factors.check(ada.id, code), undefined)
    for (const user of [ada, bob]) {
      const { secret, sealed } = await factors.beginTotp(user)
      const app = new TOTP({ secret: Secret.fromBase32(secret.replaceAll(' ', '')) })
      await factors.confirmTotp(user, sealed, app.generate({ timestamp: people.now * 1000 }))
      const challenge = randomBytes(32).toString('base64url')
      const response = new Authenticator(ISSUER).create(await factors.creationOptions(user, challenge))
      assert.ok(await factors.addPasskey(user, challenge, response, 'Key'))
    }
    const before = await factors.of(ada.id)
    assert.deepEqual([before.totp?.createdAt, before.recoveryCodes, before.passkeys.length], [people.now, 10, 1])
    const [listed] = await users.list({ search: ada.email })
    assert.deepEqual(listed?.factors.toSorted(), ['passkey', 'totp'])
    await users.removeFactors(bob.id)
    assert.deepEqual([await factors.of(ada.id), await factors.of(bob.id)], [before, nothing])
    assert.equal((await users.authenticate(ada.email, 'correct horse battery'))?.hasApp, true)
    assert.equal((await users.authenticate(bob.email, 'correct horse battery'))?.hasApp, false)
    await users.remove(ada.id)
    const left = await store.db.selectFrom('credentials').select('user_id').execute()
    assert.deepEqual([...new Set(left.map(({ user_id: id }) => id))], [bob.id])
  })
}
