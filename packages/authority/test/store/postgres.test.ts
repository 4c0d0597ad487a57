import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import type { PoolClient } from 'pg'
import { openPostgres } from '../../src/store/postgres.ts'
import { MISSING, openPostgresForTests } from '../support/postgres.ts'

/** A connection, with the socket that its types leave out. */
type Client = PoolClient & { readonly connection: { readonly stream: Socket } }

test('a connection that breaks in the middle of a statement fails that, and does not end the process', {
  skip: MISSING,
}, async (t) => {
  const store = await openPostgres(await (await openPostgresForTests()).createDatabase())
  t.after(() => store.close())
  const pool = store.raw.kind === 'postgres' ? store.raw.pool : assert.fail()
  for (let count = 0; count < 5; count++) {
    const client = (await pool.connect()) as Client
    const slow = client.query('SELECT pg_sleep(60)')
    client.connection.stream.destroy()
    // What nobody hears of an emitter is thrown, and fails this test.
    await assert.rejects(slow, /terminated unexpectedly/)
    client.release()
    assert.ok((await store.now()) > 0, 'another connection takes its place')
  }
})
