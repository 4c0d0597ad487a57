import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type OpenAuthority, openAuthority } from '../../src/authority.ts'
import { toSettings } from '../../src/settings.ts'
import { type Db, openStore } from '../../src/store/database.ts'
import { MISSING, openPostgresForTests } from '../support/postgres.ts'

export const newKek = (): string => randomBytes(32).toString('base64url')

/** A database that can be opened several times, with other settings each time. */
export interface Place {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  open(more?: Readonly<Record<string, string | undefined>>): Promise<OpenAuthority>
  /** Changes rows as somebody does who can write to the database, and has no KEK. */
  alter(work: (db: Db) => Promise<unknown>): Promise<void>
}

/** Each database, for tests that have to pass on both. */
export const PLACES = [
  { name: 'SQLite', skip: false, openPlace: (t: TestContext) => toPlace(t, {}) },
  {
    name: 'PostgreSQL',
    skip: MISSING,
    openPlace: async (t: TestContext) =>
      toPlace(t, { DATABASE_URL: await (await openPostgresForTests()).createDatabase() }),
  },
] as const

async function toPlace(t: TestContext, database: Readonly<Record<string, string>>): Promise<Place> {
  const parent = mkdtempSync(join(tmpdir(), 'countersign-secrets-'))
  t.after(() => rmSync(parent, { recursive: true }))
  const folder = join(parent, 'data')
  const env = { COUNTERSIGN_DATA: folder, ...database }
  return {
    folder,
    env,
    open: (more = {}) => openAuthority(toSettings({ ...env, ...more })),
    async alter(work) {
      const store = await openStore(toSettings(env))
      await work(store.db)
      await store.close()
    },
  }
}
