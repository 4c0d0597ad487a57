import { hkdfSync } from 'node:crypto'
import { isIP } from 'node:net'
import type { Audit } from '../audit.ts'
import type { Store } from '../store/database.ts'
import { type Passkey, Passkeys, toPasskey } from './passkeys.ts'
import { Recovery } from './recovery.ts'
import { Totp, type TotpSetup } from './totp.ts'
import type { User, Users } from './users.ts'

export type { Passkey, TotpSetup }

/** What a user has beside a password. Times are epoch seconds. */
export interface FactorsOf {
  readonly totp: { readonly createdAt: number; readonly lastUsed: number | undefined } | undefined
  /** How many are left. */
  readonly recoveryCodes: number
  readonly passkeys: readonly Passkey[]
}

export interface FactorsParts {
  readonly store: Store
  readonly users: Users
  readonly audit: Audit
  readonly issuer: string
  readonly secret: Uint8Array
  /** What authenticator apps and browsers call this server. */
  readonly name: string
  /** The time, in epoch seconds. */
  readonly clock?: () => number
}

/** No code that anybody types is longer. */
const LONGEST_CODE = 64

/** What people prove themselves with beside a password. */
export class Factors {
  /** Browsers know passkeys for a name alone, and on https or on this machine. */
  readonly passkeysWork: boolean
  readonly #parts: FactorsParts
  readonly #totp: Totp
  readonly #recovery: Recovery
  readonly #passkeys: Passkeys
  readonly #clock: () => number

  constructor(parts: FactorsParts) {
    const { issuer, secret, name, clock = () => Date.now() / 1000 } = parts
    const { protocol, hostname } = new URL(issuer)
    const named = isIP(hostname.replaceAll(/[[\]]/g, '')) === 0
    this.passkeysWork = hostname === 'localhost' || (protocol === 'https:' && named)
    this.#parts = parts
    this.#totp = new Totp(secret, name)
    this.#recovery = new Recovery(new Uint8Array(hkdfSync('sha256', secret, '', 'recovery', 32)))
    this.#passkeys = new Passkeys(issuer, name)
    this.#clock = () => Math.floor(clock())
  }

  async of(user: string): Promise<FactorsOf> {
    const rows = await this.#db
      .selectFrom('credentials')
      .select(['id', 'kind', 'data', 'created_at', 'last_used'])
      .where('user_id', '=', user)
      .where('kind', 'in', ['totp', 'recovery', 'passkey'])
      .orderBy('created_at')
      .execute()
    const app = rows.find(({ kind }) => kind === 'totp')
    return {
      totp: app && { createdAt: app.created_at, lastUsed: app.last_used ?? undefined },
      recoveryCodes: rows.filter(({ kind }) => kind === 'recovery').length,
      passkeys: rows.filter(({ kind }) => kind === 'passkey').map(toPasskey),
    }
  }

  /** An authenticator app to set up: until its first code was confirmed, nothing is different. */
  beginTotp(user: User): Promise<TotpSetup> {
    return this.#totp.begin(user, this.#clock())
  }

  /** @returns recovery codes, which are shown this once, where the code was right. An app of before is replaced. */
  confirmTotp(user: User, sealed: string, code: string): Promise<readonly string[] | undefined> {
    const now = this.#clock()
    return this.#db.transaction().execute(async (db) => {
      const right = await this.#totp.confirm(db, user, { sealed, code: toTyped(code), now })
      return right ? this.#recovery.replace(db, user.id, now) : undefined
    })
  }

  /** Takes the app of a user away, and with it the recovery codes. */
  async removeTotp(user: string): Promise<void> {
    await this.#db
      .deleteFrom('credentials')
      .where('user_id', '=', user)
      .where('kind', 'in', ['totp', 'recovery'])
      .execute()
  }

  /** New codes in place of those of before; none for who has no app. */
  newRecoveryCodes(user: string): Promise<readonly string[]> {
    return this.#db.transaction().execute(async (db) => {
      // Who else is at it waits for this row, so that there are never the codes of two.
      const held = await db
        .updateTable('credentials')
        .set(({ ref }) => ({ data: ref('data') }))
        .where('lookup', '=', `totp:${user}`)
        .executeTakeFirst()
      return held.numUpdatedRows === 1n ? this.#recovery.replace(db, user, this.#clock()) : []
    })
  }

  /** What a code is: that of the app, or one to recover with. Either is good once, whichever instance is asked. */
  async check(user: string, code: string): Promise<'totp' | 'recovery' | undefined> {
    const typed = toTyped(code)
    if (/^\d{6}$/.test(typed))
      return (await this.#totp.check(this.#db, user, typed, this.#clock())) ? 'totp' : undefined
    return (await this.#recovery.use(this.#db, user, typed)) ? 'recovery' : undefined
  }

  /** What `navigator.credentials.create` is asked for, as JSON has it. @param challenge - base64url */
  creationOptions(user: User, challenge: string): Promise<object> {
    return this.#passkeys.creationOptions(this.#db, user, challenge)
  }

  /** @param response - JSON of what the browser gave. @returns whether it is a passkey of the user from now on */
  addPasskey(user: User, challenge: string, response: string, name: string): Promise<boolean> {
    return this.#passkeys.add(this.#db, user, { challenge, response, name, now: this.#clock() })
  }

  /** What `navigator.credentials.get` is asked for: a passkey of anybody, or of a user. */
  requestOptions(challenge: string, user?: string): Promise<object> {
    return this.#passkeys.requestOptions(this.#db, challenge, user)
  }

  /**
   * Whose passkey answered a challenge; nobody's where that was wrong in any way, or where they are disabled.
   *
   * @param user - who was asked for one of theirs, where somebody was; look at whose it is
   */
  async checkPasskey(
    challenge: string,
    response: string,
    user?: string,
  ): Promise<{ readonly user: User; readonly passkey: Passkey } | undefined> {
    const { audit, users } = this.#parts
    const presented = { challenge, response, user, now: this.#clock() }
    const used = await this.#passkeys.check(this.#db, presented, (owner, passkey) =>
      audit.record({ actor: 'unknown', event: 'passkey.copied', data: { user: owner, passkey } }),
    )
    if (used === undefined) return undefined
    const found = await users.find(used.user)
    return found?.state === 'active' ? { user: found, passkey: used.passkey } : undefined
  }

  renamePasskey(user: string, id: string, name: string): Promise<boolean> {
    return this.#passkeys.rename(this.#db, user, id, name)
  }

  removePasskey(user: string, id: string): Promise<boolean> {
    return this.#passkeys.remove(this.#db, user, id)
  }

  get #db(): Store['db'] {
    return this.#parts.store.db
  }
}

/** A code as it is compared: people put spaces and dashes where they like. */
function toTyped(code: string): string {
  return code.length > LONGEST_CODE ? '' : code.normalize('NFKC').replaceAll(/[\s\p{Pd}\p{Cf}]/gu, '')
}
