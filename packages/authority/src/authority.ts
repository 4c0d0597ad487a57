import type { EventEmitter } from 'node:events'
import type { Server } from 'node:http'
import { type AddressInfo, createServer as createNetServer, type Server as NetServer } from 'node:net'
import type { KeyRing } from 'countersign/keyring'
import type { Provider } from 'oidc-provider'
import { Factors } from './accounts/factors.ts'
import { createLimits } from './accounts/limits.ts'
import type { SendMail } from './accounts/mail.ts'
import { createMailHook } from './accounts/mail-hook.ts'
import { Users } from './accounts/users.ts'
import { Audit } from './audit.ts'
import { type Demo, startDemo } from './demo/demo.ts'
import { openKeks } from './keys/kek.ts'
import { type Clock, openRing } from './keys/ring.ts'
import { holdsSecrets, openSecrets, type Secrets } from './keys/secrets.ts'
import type { Actor } from './operations/parts.ts'
import { createOperations, type Operations } from './operations.ts'
import { accountClient } from './protocol/account-client.ts'
import { createAdapter, type Guards } from './protocol/adapter.ts'
import { Clients } from './protocol/clients.ts'
import { CurrentProvider } from './protocol/current.ts'
import { Sealed } from './protocol/sealed.ts'
import { Sessions } from './protocol/sessions.ts'
import { createApp, nameOf } from './server/app.ts'
import { FormTokens } from './server/csrf.ts'
import { Later } from './server/later.ts'
import { createListener } from './server/listener.ts'
import type { Metrics } from './server/metrics.ts'
import { Traffic, unanswered, type Visit } from './server/traffic.ts'
import type { Settings } from './settings.ts'
import { openStore, type Store } from './store/database.ts'

/** What tests change of {@link startAuthority}; a program has no need for it, but for `log`. */
export interface AuthorityOptions {
  /** By what time the keys change, given that of the database, in epoch seconds. */
  readonly clock?: Clock
  /** Told of what happens, a line for each: `level`, `event` and what there is to know of it. */
  readonly log?: (line: object) => void
  /** What tests put in place of the store's own guards against races. */
  readonly guards?: Guards
  /** Called with each operation of the protocol on the database. */
  readonly count?: (model: string, operation: string) => void
}

/** An authority without its server, as {@link openAuthority} opens it: for commands. */
export interface OpenAuthority {
  /** What an administrator does. */
  readonly operations: Operations
  /** Its database. */
  readonly store: Store
  /** Its signing keys. */
  readonly ring: KeyRing
  /** The people who log in. */
  readonly users: Users
  /** What they have beside a password. */
  readonly factors: Factors
  /** Closes the database, and frees its folder. */
  close(): Promise<void>
}

/** A running authority, as {@link startAuthority} starts it. */
export interface Authority extends OpenAuthority {
  /** The issuer identifier: what its tokens have in `iss`. */
  readonly issuer: string
  /** Where it listens. */
  readonly origin: string
  /** The port that it listens on. */
  readonly port: number
  /** The apps and the user of the demo, where it runs. */
  readonly demo: Demo | undefined
  /** Has /readyz say that it is about to stop, and connections end with their next answer. It serves on until it is closed. */
  drain(): void
}

interface Opened extends OpenAuthority {
  readonly clients: Clients
  readonly sessions: Sessions
  /** The operations as somebody else than the command line asks for them. */
  readonly operationsBy: (by: Actor) => Operations
  readonly mail: SendMail | undefined
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
 * Opens database, keys and accounts, without a server: what the command line works on.
 *
 * @throws {AuthorityError} `DATA_IN_USE`, `KEK_WRONG`, `SCHEMA`, `DATABASE`
 * @example
 * ```ts
 * import { mkdtemp, rm } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { openAuthority, toSettings } from '@countersign/authority'
 *
 * const data = await mkdtemp(join(tmpdir(), 'authority-'))
 * const { operations, close } = await openAuthority(toSettings({ COUNTERSIGN_DATA: data }))
 *
 * const { user, password } = await operations.addUser({ email: 'ada@example.com', roles: ['admin'] })
 * console.log(user.state, typeof password) // active string
 * const app = await operations.addClient({ type: 'web', redirect_uris: ['https://app.example/callback'] })
 * console.log(typeof app.client_secret) // string
 *
 * const { link, expiresAt } = await operations.resetPassword('ada@example.com')
 * console.log(typeof link, expiresAt > Date.now() / 1000) // string true
 * await operations.updateUser(user.id, { name: 'Ada' })
 * console.log((await operations.listSessions(user.id)).map(({ email }) => email)) // []
 * console.log((await operations.listKeys()).filter(({ state }) => state === 'active').length) // 2
 * const [last] = await operations.listAudit({ limit: 1 })
 * console.log(last?.event, last?.actor) // user.changed administrator
 *
 * await close()
 * await rm(data, { recursive: true })
 * ```
 */
export async function openAuthority(settings: Settings, options: AuthorityOptions = {}): Promise<OpenAuthority> {
  return open(settings, options)
}

async function open(settings: Settings, options: AuthorityOptions, metrics?: Metrics): Promise<Opened> {
  const { clock = (seconds) => seconds, log = () => undefined, guards = {}, count } = options
  const store = await openStore(settings)
  try {
    const keks = openKeks(settings, await holdsSecrets(store))
    const secrets = await openSecrets(store, keks)
    const ring = await openRing(store, settings, keks, clock)
    const [users, audit] = [new Users(store), new Audit(store, metrics?.happened)]
    const clients = new Clients(store, accountClient(settings.issuer))
    const sealed = new Sealed(secrets)
    const failed = (error: unknown): void => log({ level: 'error', event: 'database.failed', error: nameOf(error) })
    const adapter = createAdapter({ store, clients, sealed, guards, count, failed })
    const outgoing = new Set(settings.outgoing)
    const current = new CurrentProvider(
      { settings, ring, secrets, users, adapter, db: store.db, outgoing },
      (provider) => {
        listen(provider, log)
        metrics?.attach(provider)
      },
    )
    const sessions = new Sessions({ store, sealed, current, told: (client, error) => log(toldLine(client, error)) })
    const { issuer } = settings
    const mail =
      settings.mailHook === undefined ? undefined : createMailHook({ hook: settings.mailHook, issuer, ring, log })
    const name = new URL(issuer).host
    const factors = new Factors({ store, users, audit, issuer, secret: secrets.factors, name })
    const whole = { issuer, users, clients, sessions, ring, current, audit, mail }
    const operationsBy = (by: Actor): Operations => createOperations(whole, by)
    const operations = operationsBy({ actor: 'administrator' })
    const parts = { operations, operationsBy, store, ring, users, clients, sessions, secrets, current, audit, outgoing }
    return { ...parts, factors, mail, close: () => store.close() }
  } catch (error) {
    await store.close()
    throw error
  }
}

/**
 * Opens an authority and has it listen: an OpenID Provider (OpenID Connect Core 1.0 §1.2), with its pages and its
 * administration.
 *
 * @throws {AuthorityError} `DATA_IN_USE`, `KEK_WRONG`, `SCHEMA`, `DATABASE`
 * @throws {Error} of node:net for a port that is taken
 * @example
 * ```ts
 * import { mkdtemp, rm } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { startAuthority, toSettings } from '@countersign/authority'
 *
 * const data = await mkdtemp(join(tmpdir(), 'authority-'))
 * const settings = toSettings({ PORT: '0', COUNTERSIGN_DATA: data }) // process.env, in a program
 * const authority = await startAuthority(settings, { log: (line) => console.info(JSON.stringify(line)) })
 *
 * const metadata = await fetch(`${authority.origin}/.well-known/openid-configuration`)
 * console.log(((await metadata.json()) as { issuer: string }).issuer === authority.issuer) // true
 *
 * authority.drain()
 * await authority.close()
 * await rm(data, { recursive: true })
 * ```
 */
export async function startAuthority(given: Settings, options: AuthorityOptions = {}): Promise<Authority> {
  const { log = () => undefined, clock = (seconds) => seconds } = options
  const settings = await withPort(given)
  const { issuer, trustProxy, port, host } = settings
  const metrics = await openMetrics(settings)
  const parts = await open(settings, options, metrics)
  const { store, ring, users, current, audit, secrets, operations } = parts
  const traffic = new Traffic(
    unanswered(log),
    ...(metrics ? [metrics.visited] : []),
    ...(settings.logLevel === 'debug' ? [each(log)] : []),
  )
  metrics?.measure({ ring, store, traffic, now: () => clock(Date.now() / 1000) })
  const closing: (() => unknown)[] = [() => parts.close()]
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0).reverse()) await end()
  }
  try {
    let demo: Demo | undefined
    // What is wrong with the configuration is said now, and not to the first who logs in.
    await current.get()
    const limits = createLimits(store)
    const { factors, mail, sessions } = parts
    const later = new Later((error) => log({ level: 'warn', event: 'later.failed', error: nameOf(error) }))
    closing.push(() => later.settled())
    const app = createApp({
      ...{ factors, mail, sessions, later },
      ...{ issuer, trustProxy, current, users, limits, audit, store, ring, traffic, metrics, log },
      ...{ clients: parts.clients, operationsBy: parts.operationsBy, now: () => clock(Date.now() / 1000) },
      forms: new FormTokens(secrets.forms),
      demo: () => demo?.walk,
    })
    const server = createListener({ issuer, trustProxy, app: app as never, current, limits, traffic, log })
    await listening(server, port, host)
    closing.push(() => closed(server))
    closing.push(() => traffic.drain())
    closing.push(keepUp(store, ring, settings, log))
    if (settings.demo) {
      const { data } = settings
      const visits = { current, users, sessions: parts.sessions }
      const asDemo = { issuer, operations: parts.operationsBy({ actor: 'demo' }), users, data, visits }
      demo = await startDemo({ authority: asDemo, port: given.port, host, log })
      closing.push(demo.close)
      for (const { url } of demo.apps) parts.outgoing.add(url)
    }
    const origin = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
    const opened = { operations, store, ring, users, factors, demo }
    return { issuer, origin, port, ...opened, close, drain: () => traffic.drain() }
  } catch (error) {
    await close()
    throw error
  }
}

/** Figures are for who asks for them: without, nothing of what makes them is loaded. */
async function openMetrics({ metricsToken }: Settings): Promise<Metrics | undefined> {
  if (metricsToken === undefined) return undefined
  const { createMetrics } = await import('./server/metrics.ts')
  return createMetrics(metricsToken)
}

/** A line for each request: nothing of its path but the class, and nothing else that was sent. */
function each(log: (line: object) => void): (visit: Visit) => void {
  return ({ method, route, status = 'aborted', seconds, request }) =>
    log({ level: 'debug', event: 'request', method, route, status, ms: Math.round(seconds * 10_000) / 10, request })
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

function toldLine(client: string, error: unknown): object {
  return error === undefined
    ? { level: 'info', event: 'logout.sent', client }
    : { level: 'warn', event: 'logout.failed', client, error: nameOf(error) }
}

/** What oidc-provider tells of, in lines without anything that somebody sent. */
function listen(provider: Provider, log: (line: object) => void): void {
  const app: EventEmitter = provider
  // Without a listener its errors, with their stacks, go to standard error.
  app.on('error', (error) => log({ level: 'error', event: 'request.failed', error: nameOf(error) }))
  provider.on('server_error', (ctx, error) =>
    log({ level: 'error', event: 'server_error', error: nameOf(error), request: ctx.req.headers['x-request-id'] }),
  )
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
