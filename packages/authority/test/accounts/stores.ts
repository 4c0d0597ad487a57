import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Store } from '../../src/store/database.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { MISSING, openPostgresForTests } from '../support/postgres.ts'

/** A database that can be opened several times, one after the other. */
export interface Place {
  open(): Promise<Store>
}

/** Each database, for tests that have to pass on both. */
export const STORES = [
  { name: 'SQLite', skip: false, place: placeOfSqlite },
  { name: 'PostgreSQL', skip: MISSING, place: placeOfPostgres },
] as const

async function placeOfSqlite(t: TestContext): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-accounts-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return { open: () => opened(t, openSqlite(folder)) }
}

async function placeOfPostgres(t: TestContext): Promise<Place> {
  const url = await (await openPostgresForTests()).createDatabase()
  return { open: () => opened(t, openPostgres(url)) }
}

async function opened(t: TestContext, opening: Promise<Store>): Promise<Store> {
  const store = await opening
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    closing ??= store.close()
    return closing
  }
  t.after(close)
  return { ...store, close }
}
