import { randomBytes } from 'node:crypto'
import type { Insertable } from 'kysely'
import type { Db } from '../store/database.ts'
import type { CredentialRow } from '../store/schema.ts'

/** The id of a row of accounts. */
export function toId(prefix: string): string {
  return `${prefix}_${randomBytes(16).toString('base64url')}`
}

/** A password as a row. */
export function toPassword(userId: string, data: string, createdAt: number): Insertable<CredentialRow> {
  return {
    id: toId('crd'),
    user_id: userId,
    kind: 'password',
    data,
    lookup: null,
    created_at: createdAt,
    last_used: null,
  }
}

/** Gives a user a new password; links to choose one end with the old one. */
export async function replacePassword(db: Db, id: string, data: string): Promise<void> {
  await removeResets(db, id)
  const own = db.updateTable('credentials').set({ data }).where('user_id', '=', id).where('kind', '=', 'password')
  const { numUpdatedRows } = await own.executeTakeFirstOrThrow()
  if (numUpdatedRows > 0n) return
  await db
    .insertInto('credentials')
    .values(toPassword(id, data, Math.floor(Date.now() / 1000)))
    .execute()
}

export async function removeResets(db: Db, id: string): Promise<void> {
  await db.deleteFrom('credentials').where('user_id', '=', id).where('kind', '=', 'reset').execute()
}
