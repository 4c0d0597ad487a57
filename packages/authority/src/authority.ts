import type { EventEmitter } from 'node:events'
import type { Server } from 'node:http'
import { type AddressInfo, createServer as createNetServer, type Server as NetServer } from 'node:net'
import type { KeyRing } from 'countersign/keyring'
import type { Provider } from 'oidc-provider'
import { createLimits } from './accounts/limits.ts'
import { Users } from './accounts/users.ts'
import { Audit } from './audit.ts'
import { type Demo, startDemo } from './demo/demo.ts'
import { openKeks } from './keys/kek.ts'
import { type Clock, openRing } from './keys/ring.ts'
import { holdsSecrets, openSecrets, type Secrets } from './keys/secrets.ts'
import { createOperations, type Operations } from './operations.ts'
import { createAdapter, type Guards } from './protocol/adapter.ts'
import { Clients } from './protocol/clients.ts'
import { CurrentProvider } from './protocol/current.ts'
import { createApp, nameOf } from './server/app.ts'
import { FormTokens } from './server/csrf.ts'
import { createListener } from './server/listener.ts'
import type { Settings } from './settings.ts'
import { openStore, type Store } from './store/database.ts'

/** What tests change; a program has no need for it. */
export interface AuthorityOptions {
  /** By what time the keys change, given that of the database. */
  readonly clock?: Clock
  readonly log?: (line: object) => void
  readonly guards?: Guards
  /** Called with each operation of the protocol on the database. */
  readonly count?: (model: string, operation: string) => void
}

/** An authority without its server: for commands. */
export interface OpenAuthority {
  readonly operations: Operations
  readonly store: Store
  readonly ring: KeyRing
  readonly users: Users
  close(): Promise<void>
}

/** A running authority. */
export interface Authority extends OpenAuthority {
  readonly issuer: string
  /** Where it listens. */
  readonly origin: string
  readonly port: number
  /** The apps and the user of the demo, where it runs. */
  readonly demo: Demo | undefined
}

interface Opened extends OpenAuthority {
  readonly secrets: Secrets
  readonly current: CurrentProvider
  readonly audit: Audit
  /** Origins with private addresses that requests may go to. */
  readonly outgoing: Set<string>
}

/** Seconds between two looks at the keys: as the ring has it, and no less than a timer should. */
const [DEFAULT_POLL, LEAST_POLL] = [30, 1]
/** For how long a server that is ending waits for answers (milliseconds). */
const DRAIN_MS = 10_000
/** How often expired rows are swept (milliseconds), and how many at once. */
const [SWEEP_MS, SWEEP_ROWS] = [60_000, 1000]

/**
 * Opens database, keys and accounts.
 *
 * @throws {AuthorityError} `DATA_IN_USE`, `KEK_WRONG`, `SCHEMA`, `DATABASE`
 */
export async function openAuthority(settings: Settings, options: AuthorityOptions = {}): Promise<OpenAuthority> {
  return open(settings, options)
}

async function open(settings: Settings, options: AuthorityOptions): Promise<Opened> {
  const { clock = (seconds) => seconds, log = () => undefined, guards = {}, count } = options
  const store = await openStore(settings)
  try {
    const keks = openKeks(settings, await holdsSecrets(store))
    const secrets = await openSecrets(store, keks)
    const ring = await openRing(store, settings, keks, clock)
    const [users, clients, audit] = [new Users(store), new Clients(store), new Audit(store)]
    const adapter = createAdapter({ store, clients, secrets, guards, count })
    const outgoing = new Set(settings.outgoing)
    const current = new CurrentProvider({ settings, ring, secrets, users, adapter, outgoing }, (provider) =>
      listen(provider, log),
    )
    const operations = createOperations({ users, clients, ring, current, audit })
    return { operations, store, ring, users, secrets, current, audit, outgoing, close: () => store.close() }
  } catch (error) {
    await store.close()
    throw error
  }
}

/**
 * Opens an authority and has it listen.
 *
 * @throws {AuthorityError} `DATA_IN_USE`, `KEK_WRONG`, `SCHEMA`, `DATABASE`
 * @throws {Error} of node:net for a port that is taken
 */
export async function startAuthority(given: Settings, options: AuthorityOptions = {}): Promise<Authority> {
  const { log = () => undefined } = options
  const settings = await withPort(given)
  const { issuer, trustProxy, port, host } = settings
  const parts = await open(settings, options)
  const { store, ring, users, current, audit, secrets, operations } = parts
  const closing: (() => unknown)[] = [() => parts.close()]
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0).reverse()) await end()
  }
  try {
    let demo: Demo | undefined
    // What is wrong with the configuration is said now, and not to the first who logs in.
    await current.get()
    const limits = createLimits(store)
    const app = createApp({
      ...{ issuer, trustProxy, current, users, limits, audit, store, ring, log },
      forms: new FormTokens(secrets.forms),
      demo: () => demo && { apps: demo.apps, user: demo.user },
    })
    const server = createListener({ issuer, trustProxy, app: app as never, current, limits, log })
    await listening(server, port, host)
    closing.push(() => closed(server))
    closing.push(keepUp(store, ring, settings, log))
    if (settings.demo) {
      const { data } = settings
      demo = await startDemo({ authority: { issuer, operations, users, data }, port: given.port, host, log })
      closing.push(demo.close)
      for (const { url } of demo.apps) parts.outgoing.add(url)
    }
    const origin = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
    return { issuer, origin, port, operations, store, ring, users, demo, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** A free port in place of none, and with it the issuer, where that was not said. */
async function withPort(settings: Settings): Promise<Settings> {
  if (settings.port !== 0) return settings
  const probe = createNetServer()
  await listening(probe, 0, settings.host)
  const { port } = probe.address() as AddressInfo
  await closed(probe)
  const issuer = settings.issuer === 'http://localhost:0' ? `http://localhost:${port}` : settings.issuer
  return { ...settings, port, issuer }
}

function listening(server: NetServer, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Ends a server once what it is answering has been answered; nobody holds that up for long. */
function closed(server: NetServer & Partial<Pick<Server, 'closeAllConnections'>>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections?.(), DRAIN_MS)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** Looks after keys and expired rows where nobody asks for anything. @returns ends it */
function keepUp(store: Store, ring: KeyRing, { schedule }: Settings, log: (line: object) => void): () => void {
  const poll = typeof schedule.poll === 'number' ? schedule.poll : DEFAULT_POLL
  const failed = (error: unknown): void => log({ level: 'warn', event: 'upkeep.failed', error: nameOf(error) })
  const timers = [
    setInterval(() => ring.refresh().catch(failed), Math.max(poll, LEAST_POLL) * 1000),
    setInterval(() => sweep(store).catch(failed), SWEEP_MS),
  ]
  for (const timer of timers) timer.unref()
  // Nobody waits for a poll to hear of a key that was revoked.
  const deaf = store.onKeysChanged(() => void ring.refresh().catch(failed))
  return () => {
    deaf()
    timers.forEach(clearInterval)
  }
}

/** Removes rows that have expired, a few at a time, so that nobody waits for it, until none is left. */
async function sweep({ db }: Store): Promise<void> {
  for (;;) {
    const now = Math.floor(Date.now() / 1000)
    const few = db
      .selectFrom('oidc_state')
      .select(['model', 'id_hash'])
      .where('expires_at', '<', now)
      .limit(SWEEP_ROWS)
      .$asTuple('model', 'id_hash')
    // Asked once more: a row may be written anew meanwhile, such as the jti of a proof, which has to be known.
    const { numDeletedRows } = await db
      .deleteFrom('oidc_state')
      .where(({ eb, refTuple }) => eb(refTuple('model', 'id_hash'), 'in', few))
      .where('expires_at', '<', now)
      .executeTakeFirstOrThrow()
    if (numDeletedRows < SWEEP_ROWS) return
  }
}

/** What oidc-provider tells of, in lines without anything that somebody sent. */
function listen(provider: Provider, log: (line: object) => void): void {
  const app: EventEmitter = provider
  // Without a listener its errors, with their stacks, go to standard error.
  app.on('error', (error) => log({ level: 'error', event: 'request.failed', error: nameOf(error) }))
  provider.on('server_error', (_ctx, error) => log({ level: 'error', event: 'server_error', error: nameOf(error) }))
  provider.on('backchannel.success', (_ctx, client) =>
    log({ level: 'info', event: 'logout.sent', client: client.clientId }),
  )
  provider.on('backchannel.error', (_ctx, error, client) =>
    log({ level: 'warn', event: 'logout.failed', client: client.clientId, error: nameOf(error) }),
  )
  provider.on('grant.revoked', (ctx) =>
    log({ level: 'info', event: 'grant.revoked', client: ctx.oidc.client?.clientId }),
  )
}
