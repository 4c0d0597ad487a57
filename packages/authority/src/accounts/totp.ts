import { randomBytes } from 'node:crypto'
import { JoseError, type Key, secretKey } from 'countersign'
import { decryptJwe, encryptJwe } from 'countersign/jwe'
import { Secret, TOTP } from 'otpauth'
import { renderSVG } from 'uqr'
import type { Db } from '../store/database.ts'
import { toId, type User } from './users.ts'

/** What every authenticator app knows (RFC 6238): six digits of SHA-1, new ones every 30 s. */
const APP = { algorithm: 'SHA1', digits: 6, period: 30 } as const
/** A clock may be a step ahead or behind (RFC 6238 §5.2). */
const WINDOW = 1
/** As long as the digest (RFC 4226 §4, R6). */
const SECRET_OCTETS = 20
/** For how long an app may be set up (seconds). */
const SETUP_SECONDS = 600
const [ALG, ENC] = ['dir', 'A256CBC-HS512']

/** An authenticator app that is being set up. */
export interface TotpSetup {
  /** Base32, in groups that people can type. */
  readonly secret: string
  /** `otpauth://…`, which the picture says, too. */
  readonly uri: string
  /** The text of an SVG picture. */
  readonly qr: string
  /** Goes into the form and comes back with the first code: it is for this user, and for ten minutes. */
  readonly sealed: string
}

/** What a sealed text is for, so that none is taken for another. */
interface Held {
  readonly use: 'setup' | 'totp'
  readonly user: string
  readonly secret: string
  /** Epoch seconds. */
  readonly until?: number
}

/** The authenticator apps of users. Their secrets are in the database, and sealed. */
export class Totp {
  readonly #key: Key
  readonly #name: string

  /** @param name - what the app calls this server */
  constructor(secret: Uint8Array, name: string) {
    this.#key = secretKey(secret, ENC)
    this.#name = name
  }

  async begin(user: User, now: number): Promise<TotpSetup> {
    const octets = randomBytes(SECRET_OCTETS)
    const app = new TOTP({ ...APP, issuer: this.#name, label: user.email, secret: toSecret(octets) })
    const held = {
      use: 'setup',
      user: user.id,
      secret: octets.toString('base64url'),
      until: now + SETUP_SECONDS,
    } as const
    return {
      secret: app.secret.base32.match(/.{1,4}/g)?.join(' ') ?? '',
      uri: app.toString(),
      qr: renderSVG(app.toString(), { ecc: 'M', border: 2 }),
      sealed: await this.#seal(held),
    }
  }

  /** Takes an app for that of a user, in place of one of before, where the first code of it is right. */
  async confirm(db: Db, user: User, { sealed, code, now }: Confirmation): Promise<boolean> {
    const held = await this.#open(sealed, 'setup', user.id)
    if (held === undefined || Number(held.until) <= now) return false
    const step = stepOf(Buffer.from(held.secret, 'base64url'), code, now)
    if (step === undefined) return false
    const data = await this.#seal({ use: 'totp', user: user.id, secret: held.secret })
    // The code that it was set up with is used by that.
    const changed = { data, created_at: now, last_used: step }
    await db
      .insertInto('credentials')
      .values({ id: toId('crd'), user_id: user.id, kind: 'totp', lookup: `totp:${user.id}`, ...changed })
      .onConflict((on) => on.column('lookup').doUpdateSet(changed))
      .execute()
    return true
  }

  /** Whether a code is right, and was not used: of several who try at once, whichever instance they ask, one is let in. */
  async check(db: Db, user: string, code: string, now: number): Promise<boolean> {
    const row = await db
      .selectFrom('credentials')
      .select(['id', 'data'])
      .where('lookup', '=', `totp:${user}`)
      .executeTakeFirst()
    const held = row && (await this.#open(row.data, 'totp', user))
    if (row === undefined || held === undefined) return false
    const step = stepOf(Buffer.from(held.secret, 'base64url'), code, now)
    if (step === undefined) return false
    const used = await db
      .updateTable('credentials')
      .set({ last_used: step })
      .where('id', '=', row.id)
      .where('data', '=', row.data)
      .where(({ eb, or }) => or([eb('last_used', 'is', null), eb('last_used', '<', step)]))
      .executeTakeFirst()
    return used.numUpdatedRows === 1n
  }

  #seal(held: Held): Promise<string> {
    return encryptJwe(JSON.stringify(held), { key: this.#key, alg: ALG, enc: ENC })
  }

  /** What was sealed for this use and this user: rows cannot be swapped. */
  async #open(sealed: string, use: Held['use'], user: string): Promise<Held | undefined> {
    try {
      const options = { keys: this.#key, algorithms: [ALG], encryptions: [ENC] }
      const { plaintext } = await decryptJwe(sealed, options)
      const held = JSON.parse(Buffer.from(plaintext).toString('utf8')) as Held
      return held.use === use && held.user === user ? held : undefined
    } catch (error) {
      if (error instanceof JoseError) return undefined
      throw error
    }
  }
}

interface Confirmation {
  readonly sealed: string
  readonly code: string
  /** Epoch seconds. */
  readonly now: number
}

/** When the step began that a code belongs to (epoch seconds): the one of now, or the one before or after it. */
export function stepOf(secret: Uint8Array, code: string, now: number): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined
  const delta = TOTP.validate({
    ...APP,
    token: code,
    secret: toSecret(secret),
    timestamp: now * 1000,
    window: WINDOW,
  })
  return delta === null ? undefined : (Math.floor(now / APP.period) + delta) * APP.period
}

function toSecret(octets: Uint8Array): Secret {
  return new Secret({ buffer: new Uint8Array(octets).buffer })
}
