import { sql } from 'kysely'
import type { Db, Store } from './database.ts'

/** The tables that there are, with their columns; those of other schemas of a PostgreSQL database are not ours. */
export async function tablesOf(db: Db, kind: Store['kind']): Promise<ReadonlyMap<string, readonly string[]>> {
  const all = await db.introspection.getTables({ withInternalKyselyTables: true })
  const own = kind === 'sqlite' ? undefined : await currentSchema(db)
  return new Map(
    all
      .filter(({ schema }) => own === undefined || schema === own)
      .map(({ name, columns }) => [name, columns.map((column) => column.name)]),
  )
}

async function currentSchema(db: Db): Promise<string> {
  const { rows } = await sql<{ name: string | null }>`SELECT current_schema() AS name`.execute(db)
  return rows[0]?.name ?? ''
}

/** The names of the steps that the tables have taken, in their order; none where there are no tables. */
export async function stepsOf(db: Db, tables: ReadonlyMap<string, unknown>): Promise<readonly string[]> {
  if (!tables.has('schema_migrations')) return []
  const { rows } = await sql<{ name: string }>`SELECT name FROM schema_migrations ORDER BY name`.execute(db)
  return rows.map(({ name }) => name)
}
