import { sql } from 'kysely'
import { AuthorityError } from '../errors.ts'
import type { Settings } from '../settings.ts'
import { openStore } from '../store/database.ts'
import type { Step } from './host.ts'

/** Opening the database brings its tables up to date; what was done is in one of them. */
export async function takeSteps(settings: Settings): Promise<readonly Step[]> {
  const begun = new Date().toISOString()
  const store = await openStore(settings).catch((error: unknown) => {
    if (!(error instanceof AuthorityError) || error.code !== 'DATA_IN_USE') throw error
    throw new AuthorityError('DATA_IN_USE', error.message, {
      hint: 'If that is the server: it brought the tables up to date when it started.',
      cause: error,
    })
  })
  try {
    const { rows } = await sql<{ name: string; timestamp: string }>`
      SELECT name, timestamp FROM schema_migrations ORDER BY name`.execute(store.db)
    return rows.map(({ name, timestamp }) => ({ name, at: timestamp, taken: timestamp >= begun }))
  } finally {
    await store.close()
  }
}
