/**
 * What a version before had given out is good after an update. The fixture was made by that version, on each database: a
 * login, a consent, tokens of each kind, and every row of every table but the locks.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { toSettings } from '../../src/settings.ts'
import { demandAll, emptyPlace, fill, givenOn, KINDS, setClock, skipFor, startAs } from './given.ts'

describe('an update from the tables of step 001', () => {
  for (const kind of KINDS)
    test(`${kind}: tokens, logins, passwords and client secrets of before are good, and can be ended`, {
      skip: skipFor(kind),
    }, async (t) => {
      const given = givenOn(kind)
      setClock(t, given)
      const env = await emptyPlace(t, kind)
      await fill(toSettings(env), given)
      const authority = await startAs(t, given, env)
      const steps = await authority.store.db
        .withTables<{ schema_migrations: { name: string } }>()
        .selectFrom('schema_migrations')
        .select('name')
        .execute()
      assert.ok(steps.some(({ name }) => name === '002-people'))
      await demandAll(authority, given)
    })
})
