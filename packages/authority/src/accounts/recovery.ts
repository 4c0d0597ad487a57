import { createHmac, randomBytes } from 'node:crypto'
import type { Db } from '../store/database.ts'
import { toId } from './users.ts'

/** Thirty-two signs that nobody takes for another (Crockford's base 32). */
const SIGNS = '0123456789abcdefghjkmnpqrstvwxyz'
/** Twelve signs are 60 bits. */
const [CODES, LENGTH, GROUP] = [10, 12, 4]
const CODE = new RegExp(`^[${SIGNS}]{${LENGTH}}$`)

/** The codes that stand in for an authenticator app that is lost: each works once. */
export class Recovery {
  readonly #key: Uint8Array

  /** @param key - 32 octets: who reads the database alone cannot try codes */
  constructor(key: Uint8Array) {
    this.#key = key
  }

  /** Gives a user new codes, in place of those of before. @returns them as they are shown, which happens once */
  async replace(db: Db, user: string, now: number): Promise<readonly string[]> {
    const codes = Array.from({ length: CODES }, newCode)
    await db.deleteFrom('credentials').where('user_id', '=', user).where('kind', '=', 'recovery').execute()
    const common = { user_id: user, kind: 'recovery', data: '', created_at: now, last_used: null }
    const rows = codes.map((code) => ({ ...common, id: toId('crd'), lookup: this.#hash(user, code) }))
    await db.insertInto('credentials').values(rows).execute()
    return codes.map(grouped)
  }

  /** Uses a code up: of several who try at once, one does. */
  async use(db: Db, user: string, typed: string): Promise<boolean> {
    const code = typed.toLowerCase().replaceAll('o', '0').replaceAll(/[il]/g, '1')
    if (!CODE.test(code)) return false
    const used = await db
      .deleteFrom('credentials')
      .where('kind', '=', 'recovery')
      .where('user_id', '=', user)
      .where('lookup', '=', this.#hash(user, code))
      .executeTakeFirst()
    return used.numDeletedRows === 1n
  }

  #hash(user: string, code: string): string {
    return createHmac('sha256', this.#key).update(`recovery:${user}:${code}`).digest('base64url')
  }
}

function newCode(): string {
  return [...randomBytes(LENGTH)].map((octet) => SIGNS[octet % SIGNS.length]).join('')
}

function grouped(code: string): string {
  return code.match(new RegExp(`.{${GROUP}}`, 'g'))?.join('-') ?? code
}
