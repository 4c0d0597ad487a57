import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type Authority, startAuthority } from '../../src/authority.ts'
import type { Operations } from '../../src/operations.ts'
import { toSettings } from '../../src/settings.ts'
import { demandNone } from './given.ts'
import { freePort } from './ports.ts'
import { MISSING, openPostgresForTests } from './postgres.ts'

export const TOPOLOGIES = ['sqlite', 'postgres', 'two instances'] as const
export type Topology = (typeof TOPOLOGIES)[number]

/** Why a topology cannot be had here; `false` where it can. */
export const missing = (topology: Topology): string | false => topology !== 'sqlite' && MISSING

export interface Started {
  readonly topology: Topology
  readonly issuer: string
  /** What the instances listen on, which is not the issuer where there are two. */
  readonly origins: readonly string[]
  readonly instances: readonly Authority[]
  /** Those of the first instance. */
  readonly operations: Operations
  readonly store: Authority['store']
  /** What `dump` takes. */
  readonly database: string
  /** What was logged so far, by all instances. */
  readonly lines: readonly object[]
  stop(): Promise<void>
}

export type StartOptions = Parameters<typeof startAuthority>[1] & {
  /** Settings beside those that the topology needs. */
  readonly env?: Readonly<Record<string, string>>
}

/** Starts an authority in this process: one on SQLite, one on PostgreSQL, or two behind a round robin. */
export async function startOn(topology: Topology, { env = {}, ...options }: StartOptions = {}): Promise<Started> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-authority-'))
  const databaseUrl = topology === 'sqlite' ? undefined : await (await openPostgresForTests()).createDatabase()
  const proxy = topology === 'two instances' ? await openProxy() : undefined
  const lines: object[] = []
  const common = {
    COUNTERSIGN_DATA: folder,
    // All that may be logged is, and looked through at the end.
    LOG_LEVEL: 'debug',
    COUNTERSIGN_KEK: randomBytes(32).toString('base64url'),
    ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
    // What a browser of the tests says of its address counts, so that each has its own.
    TRUST_PROXY: proxy === undefined ? '1' : '2',
    ...(proxy !== undefined && { ISSUER: proxy.issuer }),
    ...env,
  }
  const instances: Authority[] = []
  const stop = async (): Promise<void> => {
    await proxy?.close()
    for (const instance of instances.splice(0)) await instance.close()
    demandNone(lines)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    for (let left = proxy === undefined ? 1 : 2; left > 0; left--) {
      const log = (line: object): void => void lines.push(line)
      instances.push(await startSomewhere(common, { log, ...options }))
    }
  } catch (error) {
    await stop()
    throw error
  }
  proxy?.goTo(instances.map(({ port }) => port))
  const [first] = instances
  if (first === undefined) throw new Error('no instance was started')
  return {
    topology,
    issuer: first.issuer,
    origins: instances.map(({ origin }) => origin),
    instances: [...instances],
    operations: first.operations,
    store: first.store,
    database: databaseUrl ?? folder,
    lines,
    stop,
  }
}

/** The issuer names the port, so it is chosen before the server has it, and somebody may come in between. */
async function startSomewhere(
  env: Readonly<Record<string, string>>,
  options: Parameters<typeof startAuthority>[1],
): Promise<Authority> {
  for (let left = 5; ; left--) {
    try {
      return await startAuthority(toSettings({ PORT: `${await freePort()}`, ...env }), options)
    } catch (error) {
      if (left === 1 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
  }
}

interface Proxy {
  readonly issuer: string
  goTo(ports: readonly number[]): void
  close(): Promise<void>
}

/** A proxy that gives each request to the next instance, and says who sent it. */
export async function openProxy(): Promise<Proxy> {
  const agent = new Agent({ keepAlive: true })
  let ports: readonly number[] = []
  let count = 0
  const server: Server = createServer((incoming, outgoing) => {
    const port = ports[count++ % ports.length]
    const { method, url, headers, socket } = incoming
    const forwarded = [headers['x-forwarded-for'], socket.remoteAddress].filter((part) => part !== undefined).join(', ')
    const onward = request({
      host: '127.0.0.1',
      port,
      method,
      path: url,
      agent,
      headers: { ...headers, 'x-forwarded-for': forwarded, 'x-forwarded-proto': 'http' },
    })
    onward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      pipeline(answer, outgoing).catch(() => outgoing.destroy())
    })
    onward.on('error', () => (outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(502).end()))
    pipeline(incoming, onward).catch(() => onward.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    issuer: `http://localhost:${(server.address() as AddressInfo).port}`,
    goTo(known) {
      ports = known
    },
    async close() {
      server.close().closeAllConnections()
      agent.destroy()
      await once(server, 'close')
    },
  }
}
