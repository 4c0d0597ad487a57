import { type Kysely, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { AuthorityError } from '../errors.ts'
import type { Db, Store } from './database.ts'

/** The steps from nothing to today's tables, in their order. One that was published never changes. */
const migrations = (kind: Store['kind']): Record<string, Migration> => ({
  '001-first': { up: (db) => first(db, kind) },
  '002-people': { up: people },
})

/** The names of all steps, in their order. */
export const STEPS: readonly string[] = Object.keys(migrations('sqlite'))

/**
 * Brings the tables up to date; instances that start together wait for each other.
 *
 * @param last - the step to stop at, for rows that were written then
 * @returns the names of the steps that were taken
 * @throws {AuthorityError} `SCHEMA` for tables that a newer version has changed
 */
export async function migrate(db: Db, kind: Store['kind'], last?: string): Promise<readonly string[]> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrations(kind) },
    migrationTableName: 'schema_migrations',
    migrationLockTableName: 'schema_migrations_lock',
  })
  const { error, results = [] } = await (last === undefined ? migrator.migrateToLatest() : migrator.migrateTo(last))
  if (error === undefined) return results.map(({ migrationName }) => migrationName)
  if (error instanceof Error && /previously executed migration/.test(error.message))
    throw new AuthorityError('SCHEMA', 'the tables of this database were written by a newer version', {
      hint: 'Start the version that wrote them, or a newer one.',
      cause: error,
    })
  throw error
}

async function first(db: Kysely<unknown>, kind: Store['kind']): Promise<void> {
  const { schema } = db
  await schema
    .createTable('signing_keys')
    .addColumn('kid', 'text', (column) => column.primaryKey())
    .addColumn('alg', 'text', (column) => column.notNull())
    .addColumn('use', 'text', (column) => column.notNull())
    .addColumn('public_jwk', 'text', (column) => column.notNull())
    .addColumn('voucher', 'text')
    .addColumn('private_jwe', 'text')
    .addColumn('kek_id', 'text')
    .addColumn('published_at', 'bigint', (column) => column.notNull())
    .addColumn('activate_at', 'bigint', (column) => column.notNull())
    .addColumn('retire_at', 'bigint')
    .addColumn('purge_at', 'bigint')
    .addColumn('revoked_at', 'bigint')
    .addColumn('reason', 'text')
    .execute()
  await schema
    .createTable('oidc_state')
    .addColumn('model', 'text', (column) => column.notNull())
    .addColumn('id_hash', 'text', (column) => column.notNull())
    .addColumn('grant_id', 'text')
    .addColumn('uid', 'text')
    .addColumn('user_code', 'text')
    .addColumn('payload', 'text', (column) => column.notNull())
    .addColumn('consumed_at', 'bigint')
    .addColumn('expires_at', 'bigint')
    .addPrimaryKeyConstraint('oidc_state_pk', ['model', 'id_hash'])
    .execute()
  for (const column of ['grant_id', 'uid', 'user_code', 'expires_at'])
    await schema.createIndex(`oidc_state_${column}`).on('oidc_state').column(column).execute()
  await schema
    .createTable('clients')
    .addColumn('client_id', 'text', (column) => column.primaryKey())
    .addColumn('metadata', 'text', (column) => column.notNull())
    .addColumn('secret_hash', 'text')
    .addColumn('secret_hash_next', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('disabled_at', 'bigint')
    .execute()
  await schema
    .createTable('users')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('email', 'text', (column) => column.notNull().unique())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('claims', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()
  await schema
    .createTable('credentials')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .addColumn('last_used', 'bigint')
    .execute()
  await schema.createIndex('credentials_user_id').on('credentials').column('user_id').execute()
  await schema
    .createTable('rate_limit')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('points', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('expire', 'bigint')
    .execute()
  // The one place where the two databases differ: how a row gets its number.
  const seq =
    kind === 'sqlite' ? sql`integer primary key autoincrement` : sql`bigint generated always as identity primary key`
  await sql`CREATE TABLE audit (seq ${seq}, at bigint NOT NULL, actor text NOT NULL, ip text, event text NOT NULL,
    data text NOT NULL)`.execute(db)
  await schema
    .createTable('secrets')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('jwe', 'text', (column) => column.notNull())
    .addColumn('kek_id', 'text', (column) => column.notNull())
    .execute()
}

/** Sessions and grants are found by whose they are, and credentials by what is presented. */
async function people({ schema }: Kysely<unknown>): Promise<void> {
  await schema.alterTable('oidc_state').addColumn('account', 'text').execute()
  await schema.createIndex('oidc_state_account').on('oidc_state').columns(['account', 'model']).execute()
  await schema.alterTable('credentials').addColumn('lookup', 'text').execute()
  await schema
    .alterTable('credentials')
    .addColumn('created_at', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute()
  await schema.createIndex('credentials_lookup').unique().on('credentials').column('lookup').execute()
  await schema.createIndex('rate_limit_expire').on('rate_limit').column('expire').execute()
}
