import type { KeyStore, SealingOptions, StoredKey } from 'countersign/keyring'
import type { Db, Store } from '../store/database.ts'
import type { SigningKeyRow } from '../store/schema.ts'
import type { Keks } from './kek.ts'

/** The store of the signing keys in the database of the authority, under its clock. */
export function ringStore(store: Store, keks: Keks, clock: (databaseSeconds: number) => number): KeyStore {
  const { current, previous } = keks
  const sealing: SealingOptions = { kek: current, ...(previous && { previous: { kek: previous } }) }
  return {
    sealing,
    list: () => list(store.db),
    now: async () => clock(await store.now()),
    exclusive: (work) =>
      store.exclusive(async (db) => {
        const result = await work({
          list: () => list(db),
          put: (key) => put(db, key),
          remove: async (kid) => void (await db.deleteFrom('signing_keys').where('kid', '=', kid).execute()),
        })
        await store.tellKeysChanged(db)
        return result
      }),
  }
}

async function list(db: Db): Promise<readonly StoredKey[]> {
  return (await db.selectFrom('signing_keys').selectAll().execute()).map(toKey)
}

async function put(db: Db, key: StoredKey): Promise<void> {
  const { kid, ...rest } = toRow(key)
  const insert = db.insertInto('signing_keys').values({ kid, ...rest })
  await insert.onConflict((conflict) => conflict.column('kid').doUpdateSet(rest)).execute()
}

function toKey(row: SigningKeyRow): StoredKey {
  return {
    kid: row.kid,
    alg: row.alg,
    publicJwk: JSON.parse(row.public_jwk),
    publishedAt: row.published_at,
    activateAt: row.activate_at,
    ...(row.voucher !== null && { voucher: row.voucher }),
    ...(row.private_jwe !== null && { privateJwk: row.private_jwe }),
    ...(row.retire_at !== null && { retireAt: row.retire_at }),
    ...(row.purge_at !== null && { purgeAt: row.purge_at }),
    ...(row.revoked_at !== null && { revokedAt: row.revoked_at }),
    ...(row.reason !== null && { reason: row.reason }),
  }
}

function toRow(key: StoredKey): SigningKeyRow {
  return {
    kid: key.kid,
    alg: key.alg,
    use: 'sig',
    public_jwk: JSON.stringify(key.publicJwk),
    voucher: key.voucher ?? null,
    private_jwe: key.privateJwk ?? null,
    kek_id: kekIdOf(key.privateJwk ?? key.voucher),
    published_at: key.publishedAt,
    activate_at: key.activateAt,
    retire_at: key.retireAt ?? null,
    purge_at: key.purgeAt ?? null,
    revoked_at: key.revokedAt ?? null,
    reason: key.reason ?? null,
  }
}

/** Which KEK a compact JWE is under, as its header says: for people who look at the table. */
export function kekIdOf(jwe: string | undefined): string | null {
  if (jwe === undefined) return null
  const header: unknown = JSON.parse(Buffer.from(jwe.slice(0, jwe.indexOf('.')), 'base64url').toString('utf8'))
  const { kid } = header as { readonly kid?: unknown }
  return typeof kid === 'string' ? kid : null
}
