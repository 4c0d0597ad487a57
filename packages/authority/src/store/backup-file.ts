import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { AuthorityError } from '../errors.ts'
import type { Database } from './schema.ts'

/**
 * The tables, in an order in which rows may be inserted: whose they are before what they have. The compiler holds that
 * none is left out.
 */
const ALL: Readonly<Record<keyof Database, true>> = {
  users: true,
  credentials: true,
  clients: true,
  signing_keys: true,
  secrets: true,
  oidc_state: true,
  rate_limit: true,
  audit: true,
}
export const TABLES = Object.keys(ALL) as readonly (keyof Database)[]

export type TableName = keyof Database
export type Value = string | number | null
/** How many rows there are, by table. */
export type Counts = Readonly<Record<string, number>>

/** The first line of a backup. */
export interface BackupHeader {
  readonly format: typeof FORMAT
  readonly version: typeof VERSION
  /** The steps that its tables have taken. */
  readonly schema: readonly string[]
  /** What it was made of: it may be restored into the other. */
  readonly kind: 'sqlite' | 'postgres'
  /** When, as an ISO text. */
  readonly at: string
  readonly issuer: string
  /** The last number that the audit trail has given out. */
  readonly lastAudit: number
}

/** Some rows of a table. */
export interface Batch {
  readonly table: TableName
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Value[])[]
}

const FORMAT = 'countersign-backup'
const VERSION = 1
/** How many rows are handed on at once, and how long a line may be, in octets. */
const [BATCH, MOST_LINE] = [500, 16 * 1024 * 1024]

/**
 * A backup as lines of JSON: a header; for each table a line with its columns, and a line for each row; at the end the
 * number of rows and the SHA-256 of all before, so that a file that was cut off or changed is noticed.
 */
export async function* toLines(
  header: Omit<BackupHeader, 'format' | 'version'>,
  batches: AsyncIterable<Batch>,
  counted: (rows: Counts) => Promise<void> | void,
): AsyncGenerator<string> {
  const sum = createHash('sha256')
  const rows: Record<string, number> = {}
  const summed = (text: string): string => {
    sum.update(text)
    return text
  }
  yield summed(`${JSON.stringify({ format: FORMAT, version: VERSION, ...header })}\n`)
  let table: string | undefined
  for await (const batch of batches) {
    const lines = batch.rows.map((row) => JSON.stringify(row))
    if (batch.table !== table) lines.unshift(JSON.stringify({ table: batch.table, columns: batch.columns }))
    table = batch.table
    rows[table] = (rows[table] ?? 0) + batch.rows.length
    yield summed(lines.map((line) => `${line}\n`).join(''))
    await counted({ ...rows })
  }
  yield `${JSON.stringify({ rows, sha256: sum.digest('base64url') })}\n`
}

/** What is done with a backup as it is read. */
export interface BackupReader {
  begin(header: BackupHeader): Promise<void> | void
  take(batch: Batch): Promise<void> | void
}

/**
 * Reads a backup from its beginning to its end; only then is it known to be whole.
 *
 * @returns how many rows it holds
 * @throws {AuthorityError} `BACKUP`
 */
export async function readBackup(path: string, { begin, take }: BackupReader): Promise<Counts> {
  const refused = (why: string, cause?: unknown): AuthorityError =>
    new AuthorityError('BACKUP', `${path} ${why}`, {
      hint: 'Nothing was restored. Take another backup, or fetch this one once more.',
      cause,
    })
  const sum = createHash('sha256')
  const counts: Record<string, number> = {}
  let [header, end]: [BackupHeader | undefined, Readonly<Record<string, unknown>> | undefined] = [undefined, undefined]
  let batch: { table: TableName; columns: readonly string[]; rows: (readonly Value[])[] } | undefined
  const flush = async (): Promise<void> => {
    if (batch === undefined || batch.rows.length === 0) return
    const { table, columns, rows } = batch
    counts[table] = (counts[table] ?? 0) + rows.length
    batch = { table, columns, rows: [] }
    await take({ table, columns, rows })
  }
  for await (const line of linesOf(path, refused)) {
    if (end !== undefined) throw refused('goes on behind its end')
    const value = parse(line)
    if (header === undefined) {
      header = toHeader(value, refused)
      await begin(header)
    } else if (Array.isArray(value)) {
      if (batch === undefined || !isRow(value, batch.columns)) throw refused('holds a row that is none')
      batch.rows.push(value)
      if (batch.rows.length === BATCH) await flush()
    } else {
      await flush()
      const head = value as Readonly<Record<string, unknown>> | undefined
      if (typeof head?.['sha256'] === 'string') end = head
      else batch = { ...toTable(head, refused), rows: [] }
    }
    if (end === undefined) sum.update(line).update('\n')
  }
  if (end === undefined) throw refused('is cut off: it has no end')
  if (end['sha256'] !== sum.digest('base64url') || JSON.stringify(end['rows']) !== JSON.stringify(counts))
    throw refused('was changed since it was made')
  return counts
}

/** The lines of a compressed file. A line that has no end is none: it was cut off. */
async function* linesOf(
  path: string,
  refused: (why: string, cause?: unknown) => AuthorityError,
): AsyncGenerator<string> {
  const file = createReadStream(path)
  const unpacked = createGunzip()
  file.on('error', (error) => unpacked.destroy(error))
  file.pipe(unpacked)
  const parts: Buffer[] = []
  let octets = 0
  try {
    for await (const chunk of unpacked as AsyncIterable<Buffer>) {
      let from = 0
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
        parts.push(chunk.subarray(from, at))
        yield Buffer.concat(parts.splice(0)).toString('utf8')
        octets = 0
        from = at + 1
      }
      parts.push(chunk.subarray(from))
      octets += chunk.length - from
      if (octets > MOST_LINE) throw refused('is no backup of an authority')
    }
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code === 'Z_BUF_ERROR') throw refused('is cut off', error)
    if (code.startsWith('Z_')) throw refused('is no backup of an authority, or it was damaged', error)
    if (code.startsWith('E')) throw refused(`cannot be read: ${code}`, error)
    throw error
  } finally {
    file.destroy()
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

type Refused = (why: string) => AuthorityError

function toHeader(value: unknown, refused: Refused): BackupHeader {
  const header = (value ?? {}) as Partial<Record<keyof BackupHeader, unknown>>
  if (header.format !== FORMAT) throw refused('is no backup of an authority')
  if (header.version !== VERSION) throw refused('was made by a newer version: restore it with that')
  const { schema, kind, at, issuer, lastAudit } = header
  const isSchema = Array.isArray(schema) && schema.length > 0 && schema.every((step) => typeof step === 'string')
  const isText = typeof at === 'string' && typeof issuer === 'string'
  if (!isSchema || !isText || (kind !== 'sqlite' && kind !== 'postgres') || !Number.isSafeInteger(lastAudit))
    throw refused('begins as no backup does')
  return { format: FORMAT, version: VERSION, schema, kind, at, issuer, lastAudit: Number(lastAudit) }
}

function toTable(
  head: Readonly<Record<string, unknown>> | undefined,
  refused: Refused,
): { readonly table: TableName; readonly columns: readonly string[] } {
  const table = TABLES.find((name) => name === head?.['table'])
  const columns = head?.['columns']
  if (table === undefined || !Array.isArray(columns) || !columns.every((column) => typeof column === 'string'))
    throw refused('holds a table that no authority has')
  return { table, columns }
}

function isRow(values: readonly unknown[], columns: readonly string[]): values is readonly Value[] {
  const isValue = (value: unknown): boolean =>
    value === null || typeof value === 'string' || Number.isSafeInteger(value)
  return values.length === columns.length && values.every(isValue)
}
