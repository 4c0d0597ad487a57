import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { openAuthority } from '../../src/authority.ts'
import { toSettings } from '../../src/settings.ts'
import { freePort } from '../support/ports.ts'
import { openPostgresForTests } from '../support/postgres.ts'
import { fastClock, KEY_TIMES } from './fast.ts'
import { SERVICE } from './load.ts'

const PROGRAM = fileURLToPath(new URL('instance.ts', import.meta.url))

/** Processes that share a database, and a registered service. */
export interface Cluster {
  readonly issuer: string
  readonly origins: readonly string[]
  readonly secret: string | undefined
  now(): number
  /** Kills an instance as a power cut does, and starts it again at once. */
  restart(index: number): Promise<void>
  stop(): Promise<void>
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts instances at the same moment, on an empty database. */
export async function openCluster(size: number, speed: number): Promise<Cluster> {
  const databaseUrl = await (await openPostgresForTests()).createDatabase()
  const since = Date.now() / 1000
  const common = {
    ...KEY_TIMES,
    CLOCK_SINCE: `${since}`,
    CLOCK_SPEED: `${speed}`,
    DATABASE_URL: databaseUrl,
    COUNTERSIGN_KEK: randomBytes(32).toString('base64url'),
  }
  // Ports are chosen before they are listened on, and somebody may come in between.
  const { issuer, ports, children } = await persistently(async () => {
    const ports = await Promise.all(Array.from({ length: size }, () => freePort()))
    const issuer = `http://localhost:${ports[0]}`
    const starts = ports.map((port) => startInstance({ ...common, ISSUER: issuer, PORT: `${port}` }))
    const started = (await Promise.allSettled(starts)).flatMap((start) =>
      start.status === 'fulfilled' ? start.value : [],
    )
    if (started.length === size) return { issuer, ports, children: started }
    await Promise.all(started.map(kill))
    throw new Error('not every instance has started')
  })
  const start = (port: number | undefined): Promise<ChildProcess> =>
    persistently(() => startInstance({ ...common, ISSUER: issuer, PORT: `${port}` }))
  const clock = fastClock(since, speed)
  const { operations, close } = await openAuthority(toSettings({ ...common, ISSUER: issuer }), { clock })
  const { client_secret: secret } = await operations.addClient(SERVICE)
  await close()
  return {
    issuer,
    origins: ports.map((port) => `http://127.0.0.1:${port}`),
    secret,
    now: () => clock(0),
    async restart(index) {
      await kill(children[index] as ChildProcess)
      children[index] = await start(ports[index])
    },
    async stop() {
      await Promise.all(children.map(kill))
    },
  }
}

async function persistently<T>(work: () => Promise<T>): Promise<T> {
  for (let left = 5; ; left--) {
    try {
      return await work()
    } catch (error) {
      if (left === 1) throw error
    }
  }
}

async function startInstance(env: Readonly<Record<string, string>>): Promise<ChildProcess> {
  const child = fork(PROGRAM, [], { env, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  running.add(child)
  child.once('exit', () => running.delete(child))
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`an instance ended with ${code} as it started`))),
  ])
  return child
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
