// The authority under load, beside what it is built on. `npm run bench:authority` builds the library first.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { SERVER_ENV, SERVER_FLAGS } from '../../../packages/authority/src/cli/heap.ts'
import { MISSING, openPostgresForTests } from '../../../packages/authority/test/support/postgres.ts'
import { bundle } from '../bundle.ts'
import { verdictLine } from '../figures.ts'
import type { Operations } from './control.ts'
import { type Effort, FULL, QUICK } from './effort.ts'
import {
  ALONE,
  ARGON2,
  BARE,
  costAgainst,
  type Found,
  type Memory,
  OURS,
  POSTGRES,
  SQLITE,
  toVerdicts,
} from './found.ts'
import { CALLERS, load, loadFor } from './http.ts'
import { authorityPage, type Machine, summary } from './page.ts'
import { logIn } from './person.ts'
import { timeToReady } from './ready.ts'
import { measureRounds, type Slices, type Turn } from './rounds.ts'
import { type Contender, type Server, startServer } from './server.ts'
import { checkRefusal, checkToken, refresh, serviceToken } from './tokens.ts'

const { values: flags } = parseArgs({
  options: {
    /** A short look, which is no record. */
    quick: { type: 'boolean', default: false },
    /** Fails where a bar falls short. */
    check: { type: 'boolean', default: false },
  },
})
const effort = flags.quick ? QUICK : FULL
const began = Date.now()
const say = (line: string): void =>
  console.log(`${String(Math.round((Date.now() - began) / 1000)).padStart(4)} s  ${line}`)

const home = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
process.once('exit', () => rmSync(home, { recursive: true, force: true }))

const found = await measureAll(await contenders())
const verdicts = toVerdicts(found)
console.log(`\n${summary(found)}\n`)
if (!flags.quick) writeFileSync(new URL('../../AUTHORITY.md', import.meta.url), authorityPage(found, effort, machine()))
console.log(verdictLine(verdicts))
if (flags.check && verdicts.some(({ holds }) => !holds)) process.exitCode = 1

/** Ours on each database that there can be, and the others. */
async function contenders(): Promise<readonly Contender[]> {
  const settings = (name: string): Record<string, string> => ({
    PORT: '0',
    COUNTERSIGN_DATA: join(home, name),
    COUNTERSIGN_KEK: randomBytes(32).toString('base64url'),
    // Callers are people at addresses of their own.
    TRUST_PROXY: '1',
  })
  // As its command sets up the process that serves.
  const ours = { file: 'authority', flags: SERVER_FLAGS, processEnv: SERVER_ENV }
  const all: Contender[] = [{ ...ours, name: SQLITE, env: settings('sqlite') }]
  if (MISSING) say(`PostgreSQL: not measured, ${MISSING}`)
  else {
    const url = await (await openPostgresForTests()).createDatabase()
    all.push({ ...ours, name: POSTGRES, env: { ...settings('postgres'), DATABASE_URL: url } })
  }
  return [...all, { name: ALONE, file: 'oidc-provider' }, { name: BARE, file: 'bare' }]
}

async function measureAll(all: readonly Contender[]): Promise<Found> {
  const folder = await bundle()
  const servers: Server[] = []
  try {
    for (const contender of all) servers.push(await startServer(contender, { folder, people: CALLERS }))
    for (const server of servers) await check(server)
    const found = await measureServers(servers)
    for (const server of servers.splice(0)) await server.stop()
    return { ...found, ready: await measureStarts(all.filter(({ name }) => OURS.includes(name))) }
  } finally {
    for (const server of servers) await server.stop()
  }
}

async function check(server: Server): Promise<void> {
  await checkRefusal(server)
  await checkToken(server, (await serviceToken(server)).access_token)
  if (server.name === BARE) return
  const { access_token: first, refresh_token: token = '' } = await logIn(server, 0)
  await checkToken(server, first)
  const { access_token: second, refresh_token: next, id_token: idToken } = await refresh(server, token)
  await checkToken(server, second)
  if (next === undefined || next === token || idToken === undefined)
    throw new Error(`${server.name} does not rotate refresh tokens, or gives no ID token`)
}

async function measureServers(servers: readonly Server[]): Promise<Omit<Found, 'ready'>> {
  const ours = servers.filter(({ name }) => OURS.includes(name))
  const full = servers.filter(({ name }) => name !== BARE)
  const clientCredentials = await measure(
    'client_credentials',
    effort.clientCredentials,
    servers.map((server) => toTurn(server, (count) => load(count, () => serviceToken(server)))),
  )
  const refreshed = await measure('refresh', effort.refresh, await Promise.all(full.map(toRefreshing)))
  const login = await measure('login', effort.login, [
    ...full.map((server) => toTurn(server, (count) => load(count, (caller) => logIn(server, caller)))),
    ...ours.slice(0, 1).map((server) => ({
      ...toTurn(server, (count) => server.ask({ ask: 'passwords', count })),
      name: ARGON2,
    })),
  ])
  const operations = new Map<string, Operations>()
  for (const server of ours) operations.set(server.name, await operationsOf(server))
  const memory = new Map<string, Memory>()
  await Promise.all(ours.map(async (server) => memory.set(server.name, await memoryOf(server))))
  return { clientCredentials, refresh: refreshed, login, operations, memory }
}

async function measure(job: string, work: Effort['login'], turns: readonly Turn[]): Promise<Slices> {
  const slices = await measureRounds(turns, work)
  const costs = OURS.filter((name) => slices.cpu.has(name)).map(
    (name) => `${name} ${costAgainst(slices.cpu, name, ALONE).median.toFixed(2)}`,
  )
  say(`${job}, CPU against ${ALONE}: ${costs.join(', ')}`)
  return slices
}

function toTurn(server: Server, run: Turn['run']): Turn {
  return { name: server.name, cpu: async () => (await server.ask({ ask: 'usage' })).cpuMs, run }
}

/** Every caller has logged in, and goes on with the token that was given last. */
async function toRefreshing(server: Server): Promise<Turn> {
  const tokens = await Promise.all(
    Array.from({ length: CALLERS }, async (_, caller) => (await logIn(server, caller)).refresh_token ?? ''),
  )
  const next = async (caller: number): Promise<void> => {
    tokens[caller] = (await refresh(server, tokens[caller] ?? '')).refresh_token ?? ''
  }
  return toTurn(server, (count) => load(count, next))
}

/** What the protocol asks of the database for one login. */
async function operationsOf(server: Server): Promise<Operations> {
  const before = await server.ask({ ask: 'operations' })
  await load(CALLERS, (caller) => logIn(server, caller))
  const after = await server.ask({ ask: 'operations' })
  const each = Object.entries(after).map(([name, count]) => [name, (count - (before[name] ?? 0)) / CALLERS] as const)
  return Object.fromEntries(each.filter(([, count]) => count > 0))
}

async function memoryOf(server: Server): Promise<Memory> {
  const done = await loadFor(effort.memoryMs, () => serviceToken(server))
  const { rssBytes } = await server.ask({ ask: 'usage' })
  say(`memory, ${server.name}: ${Math.round(rssBytes / 1e6)} MB after ${done.toLocaleString('en')} tokens`)
  return { rssBytes, done }
}

async function measureStarts(all: readonly Contender[]): Promise<Found['ready']> {
  const times = new Map(all.map(({ name }) => [name, [] as number[]]))
  for (let start = 0; start < effort.starts; start++)
    for (const { name, env = {} } of all) times.get(name)?.push(await timeToReady(env))
  return times
}

function machine(): Machine {
  const [cpu] = cpus()
  const versions = ['@hono/node-server', 'hono', 'kysely', 'oidc-provider', 'pg'].map(
    (name) => `${name} ${versionOf(name)}`,
  )
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpu?.model.trim() ?? 'unknown',
    cores: cpus().length,
    platform: `${process.platform} ${process.arch}`,
    versions: [`Node ${process.versions.node} with OpenSSL ${process.versions.openssl}`, ...versions],
  }
}

/** The version of a package that the authority pins. */
function versionOf(name: string): string {
  const path = new URL('../../../packages/authority/package.json', import.meta.url)
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as { readonly dependencies: Readonly<Record<string, string>> }
  return manifest.dependencies[name] ?? 'unknown'
}
