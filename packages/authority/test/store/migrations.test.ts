import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { migrate } from '../../src/store/migrations.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { STORES } from '../accounts/stores.ts'
import { newKek, PLACES } from '../secrets/support.ts'
import { MISSING, openPostgresForTests } from '../support/postgres.ts'

test('of ten instances that start together on an empty PostgreSQL, one makes the tables, and all get in', {
  skip: MISSING,
}, async () => {
  const url = await (await openPostgresForTests()).createDatabase()
  const stores = await Promise.all(Array.from({ length: 10 }, () => openPostgres(url)))
  const [first] = stores
  const { rows } = await (first?.raw.kind === 'postgres' ? first.raw.pool : assert.fail()).query(
    'SELECT name FROM schema_migrations ORDER BY name',
  )
  assert.deepEqual(rows, [{ name: '001-first' }, { name: '002-people' }])
  await Promise.all(stores.map(({ close }) => close()))
})

for (const { name, skip, place } of STORES) {
  describe(`tables, ${name}`, { skip }, () => {
    test('tables that a newer version wrote are refused, and left as they are', async (t) => {
      const { open } = await place(t)
      const store = await open()
      const { kind, db } = store
      const table = db.withTables<{ schema_migrations: { name: string; timestamp: string } }>()
      await table.insertInto('schema_migrations').values({ name: '999-later', timestamp: '2099' }).execute()
      await assert.rejects(migrate(db, kind), { code: 'SCHEMA' })
      await store.close()
      await assert.rejects(open(), { code: 'SCHEMA' })
      // Who is refused lets go of the data: it is refused for the same reason again, and not for being in use.
      await assert.rejects(open(), { code: 'SCHEMA' })
    })

    test('a step that was taken is not taken again', async (t) => {
      const { open } = await place(t)
      const store = await open()
      assert.deepEqual(await migrate(store.db, store.kind), [])
      await store.close()
      const again = await open()
      assert.deepEqual(await migrate(again.db, again.kind), [])
    })
  })
}

for (const { name, skip, openPlace } of PLACES) {
  test(`two instances that start together on an empty database agree on keys and secrets, ${name}`, {
    skip: skip || (name === 'SQLite' && 'one process has it'),
  }, async (t) => {
    const { open } = await openPlace(t)
    const env = { COUNTERSIGN_KEK: newKek() }
    const instances = await Promise.all(Array.from({ length: 4 }, () => open(env)))
    const [first, ...others] = await Promise.all(instances.map(({ operations }) => operations.listKeys()))
    for (const other of others) assert.deepEqual(other, first)
    assert.ok(first !== undefined && first.filter(({ state }) => state === 'active').length === 2)
    await Promise.all(instances.map(({ close }) => close()))
  })
}
