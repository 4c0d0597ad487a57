import { randomBytes } from 'node:crypto'
import { JoseError, type Key } from 'countersign'
import { decryptJwe, encryptJwe } from 'countersign/jwe'
import { AuthorityError } from '../errors.ts'
import type { Store } from '../store/database.ts'
import type { Keks } from './kek.ts'

/** What is secret and all instances share; each is made at first start and kept sealed. */
const NAMES = ['cookies', 'factors', 'forms', 'lookups', 'state'] as const

export type Secrets = Readonly<Record<(typeof NAMES)[number], Uint8Array>>

/** As AES-256-CBC with HMAC-SHA-512 takes it, which is the longest that anything here takes. */
const OCTETS = 64
const ENC = 'A256GCM'
const ALG = 'A256GCMKW'

/** Whether a database holds something that only the right KEK opens. */
export async function holdsSecrets({ db }: Store): Promise<boolean> {
  return (await db.selectFrom('secrets').select('name').limit(1).execute()).length > 0
}

/**
 * The secrets of a database: made where it has none, and wrapped anew where the KEK was replaced.
 *
 * @throws {AuthorityError} `KEK_WRONG`
 */
export async function openSecrets(store: Store, keks: Keks): Promise<Secrets> {
  const opened = await Promise.all(NAMES.map(async (name) => [name, await openSecret(store, keks, name)] as const))
  return Object.fromEntries(opened) as Record<(typeof NAMES)[number], Uint8Array>
}

async function openSecret(store: Store, keks: Keks, name: string): Promise<Uint8Array> {
  const { db } = store
  const kekId = keks.current.kid as string
  const find = db.selectFrom('secrets').selectAll().where('name', '=', name)
  if ((await find.executeTakeFirst()) === undefined) {
    const jwe = await seal(keks.current, name, randomBytes(OCTETS))
    // Where two instances start at once, the first one's counts.
    await db
      .insertInto('secrets')
      .values({ name, jwe, kek_id: kekId })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
  const row = await find.executeTakeFirstOrThrow()
  const { value, by } = await open(keks, name, row.jwe)
  if (by !== keks.current)
    await db
      .updateTable('secrets')
      .set({ jwe: await seal(keks.current, name, value), kek_id: kekId })
      .where('name', '=', name)
      .execute()
  return value
}

/** The name is inside as well, so that rows cannot be swapped. */
function seal(kek: Key, name: string, value: Uint8Array): Promise<string> {
  return encryptJwe(JSON.stringify({ name, value: Buffer.from(value).toString('base64url') }), { key: kek, enc: ENC })
}

async function open(keks: Keks, name: string, jwe: string): Promise<{ readonly value: Uint8Array; readonly by: Key }> {
  for (const kek of [keks.current, keks.previous]) {
    if (kek === undefined) continue
    try {
      const { plaintext } = await decryptJwe(jwe, { keys: kek, algorithms: [ALG], encryptions: [ENC] })
      const held: unknown = JSON.parse(Buffer.from(plaintext).toString('utf8'))
      const { name: inside, value } = held as { readonly name: unknown; readonly value: unknown }
      if (inside !== name || typeof value !== 'string')
        throw new AuthorityError('KEK_WRONG', `the secret ${name} of the database is another one`)
      return { value: Buffer.from(value, 'base64url'), by: kek }
    } catch (error) {
      if (!(error instanceof JoseError)) throw error
    }
  }
  throw wrongKek()
}

/** The error for a database that was sealed with another KEK. */
export function wrongKek(cause?: unknown): AuthorityError {
  return new AuthorityError('KEK_WRONG', 'the key that encrypts keys does not open what this database holds', {
    hint: 'Give the one that it was written with; one that is replaced goes into COUNTERSIGN_KEK_PREVIOUS.',
    cause,
  })
}
