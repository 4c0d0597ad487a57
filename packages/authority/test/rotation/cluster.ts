import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openAuthority } from '../../src/authority.ts'
import { toSettings } from '../../src/settings.ts'
import { freePort } from '../support/ports.ts'
import { openPostgresForTests } from '../support/postgres.ts'
import { PROCESS_ENV } from '../support/process-env.ts'
import { KEY_TIMES, Turns } from './fast.ts'
import { SERVICE } from './load.ts'

const PROGRAM = fileURLToPath(new URL('instance.ts', import.meta.url))

/** Processes that share a database, and a registered service. */
export interface Cluster {
  readonly issuer: string
  readonly origins: readonly string[]
  readonly secret: string | undefined
  readonly turns: Turns
  /** Kills an instance as a power cut does, and starts it again at once. */
  restart(index: number): Promise<void>
  stop(): Promise<void>
}

/** A turn takes no less than this (milliseconds), so that an instance that starts meanwhile does not miss days. */
const PACE = 70

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Those that have a clock, and who waits for them to have heard of the time. */
const clocks = new Map<ChildProcess, () => void>()

/** Tells instances the time; the clock of none is behind once this is done. */
async function tellAll(time: number): Promise<void> {
  await Promise.all([...clocks.keys()].map((child) => tell(child, time)))
}

function tell(child: ChildProcess, time: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  clocks.set(child, resolve)
  if (child.connected) child.send(time, (error) => error && resolve())
  else resolve()
  return promise
}

/** Starts instances at the same moment, on an empty database. */
export async function openCluster(size: number): Promise<Cluster> {
  const databaseUrl = await (await openPostgresForTests()).createDatabase()
  const turns = new Turns((time) => Promise.all([tellAll(time), pause(PACE)]))
  const common = {
    ...KEY_TIMES,
    DATABASE_URL: databaseUrl,
    COUNTERSIGN_KEK: randomBytes(32).toString('base64url'),
  }
  // Ports are chosen before they are listened on, and somebody may come in between.
  const { issuer, ports, children } = await persistently(async () => {
    const ports = await Promise.all(Array.from({ length: size }, () => freePort()))
    const issuer = `http://localhost:${ports[0]}`
    const starts = ports.map((port) => startInstance({ ...common, ISSUER: issuer, PORT: `${port}` }, turns))
    const started = (await Promise.allSettled(starts)).flatMap((start) =>
      start.status === 'fulfilled' ? start.value : [],
    )
    if (started.length === size) return { issuer, ports, children: started }
    await Promise.all(started.map(kill))
    throw new Error('not every instance has started')
  })
  const start = (port: number | undefined): Promise<ChildProcess> =>
    persistently(() => startInstance({ ...common, ISSUER: issuer, PORT: `${port}` }, turns))
  const { operations, close } = await openAuthority(toSettings({ ...common, ISSUER: issuer }), { clock: turns.now })
  const { client_secret: secret } = await operations.addClient(SERVICE)
  await close()
  return {
    issuer,
    origins: ports.map((port) => `http://127.0.0.1:${port}`),
    secret,
    turns,
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

async function startInstance(env: Readonly<Record<string, string>>, { now }: Turns): Promise<ChildProcess> {
  const child = fork(PROGRAM, [], {
    env: { ...PROCESS_ENV, ...env },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  running.add(child)
  child.once('exit', () => {
    running.delete(child)
    clocks.get(child)?.()
    clocks.delete(child)
  })
  const listening = Promise.withResolvers<void>()
  child.on('message', (message) => {
    if (message === 'ready') void tell(child, now())
    else if (message === 'listening') listening.resolve()
    else clocks.get(child)?.()
  })
  await Promise.race([
    listening.promise,
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
