import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'
import type { User } from '../../src/accounts/users.ts'
import { Authenticator } from './authenticator.ts'
import { note } from './given.ts'
import type { Credentials } from './user-agent.ts'
import type { World } from './world.ts'

/** Somebody with an authenticator app. */
export interface AppUser {
  /** The code of now, which is good once more. */
  code(): Promise<string>
  readonly recovery: readonly string[]
}

/** Somebody new. */
export async function addUser(
  { operations }: World,
  name = `user-${randomBytes(6).toString('hex')}`,
): Promise<User & Credentials> {
  const credentials = { email: `${name}@example.org`, password: `${randomBytes(12).toString('hex')}` }
  const { user } = await operations.addUser({ ...credentials, name })
  return { ...user, ...credentials }
}

/** Gives a user an authenticator app. */
export async function addApp({ instances, store }: World, user: User): Promise<AppUser> {
  const factors = instances[0]?.factors
  assert.ok(factors)
  const { secret, sealed } = await factors.beginTotp(user)
  const app = new TOTP({ secret: Secret.fromBase32(secret.replaceAll(' ', '')) })
  note('secret of an app', secret.replaceAll(' ', ''))
  const recovery = await factors.confirmTotp(user, sealed, app.generate())
  assert.ok(recovery)
  for (const code of recovery) note('recovery code', code)
  return {
    recovery,
    async code() {
      // As if the time of the last one had passed: no test waits for 30 s.
      const row = store.db.updateTable('credentials').set({ last_used: null })
      await row.where('lookup', '=', `totp:${user.id}`).execute()
      return app.generate()
    },
  }
}

/** Gives a user a passkey. */
export async function addPasskey({ instances, issuer }: World, user: User): Promise<Authenticator> {
  const factors = instances[0]?.factors
  assert.ok(factors)
  const [challenge, authenticator] = [randomBytes(32).toString('base64url'), new Authenticator(issuer)]
  const response = authenticator.create(await factors.creationOptions(user, challenge))
  assert.ok(await factors.addPasskey(user, challenge, response, 'Telephone'))
  return authenticator
}
