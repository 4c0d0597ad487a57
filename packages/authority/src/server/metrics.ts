import type { EventEmitter } from 'node:events'
import type { KeyRing } from 'countersign/keyring'
import type { KoaContextWithOIDC, Provider } from 'oidc-provider'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { AuditEvent } from '../audit.ts'
import { GRANTED } from '../protocol/answers.ts'
import { TOKEN_EXCHANGE } from '../protocol/client-metadata.ts'
import { isSame } from '../same.ts'
import type { Store } from '../store/database.ts'
import type { Traffic, Visit } from './traffic.ts'

/** What is measured besides what happens. */
export interface Measured {
  readonly ring: KeyRing
  readonly store: Store
  readonly traffic: Traffic
  /** The time by which keys change, in epoch seconds. */
  readonly now: () => number
}

/** Figures for a monitoring system, and who may read them. */
export interface Metrics {
  readonly contentType: string
  /** Whether a request with this `Authorization` may read them. */
  allows(authorization: string | undefined): boolean
  /** The figures of this moment, as Prometheus reads them. */
  read(): Promise<string>
  /** Counts what a provider tells of; the one after it counts on. */
  attach(provider: Provider): void
  /** Counts an event of the audit trail. */
  happened(event: string, data: AuditEvent['data']): void
  /** Counts a request that is over. */
  visited(visit: Visit): void
  measure(measured: Measured): void
}

const GRANTS: ReadonlyMap<unknown, string> = new Map([
  ['authorization_code', 'authorization_code'],
  ['refresh_token', 'refresh_token'],
  ['client_credentials', 'client_credentials'],
  ['urn:ietf:params:oauth:grant-type:device_code', 'device_code'],
  [TOKEN_EXCHANGE, 'token_exchange'],
])

/** What oidc-provider says of a refusal, and of which endpoint that is. */
const REFUSALS = {
  'grant.error': 'token',
  'authorization.error': 'authorization',
  'pushed_authorization_request.error': 'pushed_authorization_request',
  'device_authorization.error': 'device_authorization',
  'code_verification.error': 'device',
  'device_resume.error': 'device',
  'introspection.error': 'introspection',
  'revocation.error': 'revocation',
  'userinfo.error': 'userinfo',
  'end_session.error': 'logout',
  'end_session_confirm.error': 'logout',
  'end_session_success.error': 'logout',
  'discovery.error': 'discovery',
} as const
const ENDPOINTS: ReadonlySet<string> = new Set(Object.values(REFUSALS))

/** The error codes of OAuth and OpenID Connect that are counted by their names. */
const CODES: ReadonlySet<unknown> = new Set([
  ...['access_denied', 'authorization_pending', 'consent_required', 'expired_token', 'insufficient_scope'],
  ...['interaction_required', 'invalid_client', 'invalid_dpop_proof', 'invalid_grant', 'invalid_redirect_uri'],
  ...['invalid_request', 'invalid_request_object', 'invalid_request_uri', 'invalid_scope', 'invalid_target'],
  ...['invalid_token', 'login_required', 'server_error', 'slow_down', 'temporarily_unavailable'],
  ...['unauthorized_client', 'unmet_authentication_requirements', 'unsupported_grant_type'],
  ...['unsupported_response_mode', 'unsupported_response_type', 'unsupported_token_type', 'use_dpop_nonce'],
])

const LOGIN = /^login\.(succeeded|failed|limited)$/
const METHODS: ReadonlySet<unknown> = new Set(['password', 'passkey', 'totp', 'recovery'])
/** Names of events stand in the code; if one ever does not, it must not fill the memory. */
const MOST_EVENTS = 200

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const STATES = ['next', 'active', 'retired', 'revoked', 'purged'] as const

/** Figures with a registry of their own: several authorities may run in one process. */
export function createMetrics(token: string): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const count = <Label extends string>(name: string, help: string, ...labelNames: Label[]): Counter<Label> =>
    new Counter({ name: `countersign_${name}_total`, help, labelNames, registers })
  const tokens = count('tokens', 'Token responses, by the grant that they answered', 'grant')
  const failures = count(
    'failures',
    'Requests that the protocol refused, by endpoint and error code',
    'endpoint',
    'code',
  )
  const events = count('events', 'Events of the audit trail that this instance wrote, by name', 'event')
  const logins = count('logins', 'Tries to log in, by outcome and by what was tried with', 'outcome', 'method')
  const requests = new Histogram({
    name: 'countersign_http_request_duration_seconds',
    help: 'From the headers of a request to the end of its answer, by class of path and of status',
    labelNames: ['route', 'status'],
    buckets: SECONDS,
    registers,
  })
  const named = new Set<string>()
  return {
    contentType: registry.contentType,
    allows(authorization = '') {
      const [, given] = /^bearer +(\S+)$/i.exec(authorization) ?? []
      return given !== undefined && isSame(given, token)
    },
    read: () => registry.metrics(),
    attach(provider) {
      const emitter: EventEmitter = provider
      emitter.on(GRANTED, ({ oidc }: KoaContextWithOIDC) =>
        tokens.inc({ grant: GRANTS.get(oidc.params?.['grant_type']) ?? 'other' }),
      )
      for (const [event, endpoint] of Object.entries(REFUSALS))
        emitter.on(event, (_ctx, error) => failures.inc({ endpoint, code: codeOf(error) }))
      emitter.on('server_error', (ctx: KoaContextWithOIDC) =>
        failures.inc({ endpoint: endpointOf(ctx), code: 'server_error' }),
      )
    },
    happened(event, data) {
      if (named.size < MOST_EVENTS) named.add(event)
      events.inc({ event: named.has(event) ? event : 'other' })
      const [, outcome] = LOGIN.exec(event) ?? []
      const { method } = data
      if (outcome !== undefined) logins.inc({ outcome, method: METHODS.has(method) ? String(method) : 'password' })
    },
    visited({ route, status, seconds }) {
      requests.observe({ route, status: status === undefined ? 'aborted' : `${Math.floor(status / 100)}xx` }, seconds)
    },
    measure: (measured) => addGauges(registry, measured),
  }
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'error' in error ? error.error : 'server_error'
  return CODES.has(code) ? String(code) : 'other'
}

/** Where an error came up that nobody expected: oidc-provider names its routes as it names its events. */
function endpointOf({ oidc }: KoaContextWithOIDC): string {
  const event = `${oidc?.route === 'token' ? 'grant' : oidc?.route}.error`
  const endpoint = Object.hasOwn(REFUSALS, event) ? REFUSALS[event as keyof typeof REFUSALS] : undefined
  return endpoint ?? (ENDPOINTS.has(oidc?.route) ? oidc.route : 'other')
}

/** What is looked up when somebody asks. */
function addGauges(registry: Registry, { ring, store, traffic, now }: Measured): void {
  const registers = [registry]
  new Gauge({
    name: 'countersign_http_requests_in_flight',
    help: 'Requests that are being answered',
    registers,
    collect() {
      this.set(traffic.open)
    },
  })
  new Gauge({
    name: 'countersign_draining',
    help: '1 once this instance is about to stop',
    registers,
    collect() {
      this.set(traffic.draining ? 1 : 0)
    },
  })
  new Gauge({
    name: 'countersign_keys',
    help: 'Signing keys in the database, by algorithm and state',
    labelNames: ['alg', 'state'],
    registers,
    collect() {
      this.reset()
      const keys = ring.list()
      for (const alg of new Set(keys.map((key) => key.alg)))
        for (const state of STATES)
          this.set({ alg, state }, keys.filter((key) => key.alg === alg && key.state === state).length)
    },
  })
  new Gauge({
    name: 'countersign_key_active_age_seconds',
    help: 'For how long the key has signed that does now, by algorithm',
    labelNames: ['alg'],
    registers,
    collect() {
      this.reset()
      for (const key of ring.list()) if (key.state === 'active') this.set({ alg: key.alg }, now() - key.activateAt)
    },
  })
  new Gauge({
    name: 'countersign_key_next_takes_over_seconds',
    help: 'When the next key begins to sign, from now, by algorithm',
    labelNames: ['alg'],
    registers,
    collect() {
      this.reset()
      const next = ring.list().filter(({ state }) => state === 'next')
      // In the order of their turns: the first of an algorithm is set last.
      for (const key of next.reverse()) this.set({ alg: key.alg }, key.activateAt - now())
    },
  })
  const { raw } = store
  if (raw.kind === 'sqlite') return
  new Gauge({
    name: 'countersign_database_connections',
    help: 'Connections to PostgreSQL: those that there are, and of them the idle ones',
    labelNames: ['state'],
    registers,
    collect() {
      this.set({ state: 'total' }, raw.pool.totalCount)
      this.set({ state: 'idle' }, raw.pool.idleCount)
    },
  })
  new Gauge({
    name: 'countersign_database_waiting',
    help: 'Those who wait for a connection to PostgreSQL',
    registers,
    collect() {
      this.set(raw.pool.waitingCount)
    },
  })
}
