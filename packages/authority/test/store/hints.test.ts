import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { openPostgres } from '../../src/store/postgres.ts'
import { MISSING, openPostgresForTests } from '../support/postgres.ts'

/** The connections to a database that are there to listen. */
const listeners = (database: string): ReturnType<typeof sql<{ readonly pid: number }>> =>
  sql<{ readonly pid: number }>`SELECT pid FROM pg_stat_activity WHERE datname = ${database} AND query LIKE 'LISTEN %'`

test('a change of keys is heard by other instances, and a listener that is cut off holds nothing up', {
  skip: MISSING,
}, async () => {
  const url = await (await openPostgresForTests()).createDatabase()
  const database = new URL(url).pathname.slice(1)
  const [speaker, hearer] = [await openPostgres(url), await openPostgres(url)]
  const { promise, resolve } = Promise.withResolvers<void>()
  const end = hearer.onKeysChanged(resolve)
  const count = async (): Promise<number> => (await listeners(database).execute(speaker.db)).rows.length
  while ((await count()) === 0);
  await speaker.exclusive((db) => speaker.tellKeysChanged(db))
  await promise

  const [{ pid } = { pid: 0 }] = (await listeners(database).execute(speaker.db)).rows
  await sql`SELECT pg_terminate_backend(${pid})`.execute(speaker.db)
  while ((await count()) > 0);
  assert.ok((await hearer.now()) > 0, 'the rest goes on')
  end()
  // A connection that nobody gave back would hold this up.
  await Promise.all([speaker.close(), hearer.close()])
})

test('who stops listening before it began, or twice, holds nothing up', { skip: MISSING }, async () => {
  const store = await openPostgres(await (await openPostgresForTests()).createDatabase())
  const end = store.onKeysChanged(() => assert.fail('nobody said anything'))
  end()
  end()
  await store.close()
})
