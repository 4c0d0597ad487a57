import { resolve } from 'node:path'
import { checkSchedule, type ScheduleOptions } from 'countersign/keyring'
import { AuthorityError } from './errors.ts'

const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const

/** How much is logged: `LOG_LEVEL` of {@link toSettings}. */
export type LogLevel = (typeof LOG_LEVELS)[number]

/** What an authority is started with, checked, as {@link toSettings} reads it. */
export interface Settings {
  /** The port to listen on: `PORT`; 0 takes a free one. */
  readonly port: number
  /** The address to listen on: `HOST`. */
  readonly host: string
  /** The issuer identifier: an origin. */
  readonly issuer: string
  /** The folder of the embedded database, the key that encrypts keys, and the lock. */
  readonly data: string
  /** The PostgreSQL database: `DATABASE_URL`; without it there is an embedded one. */
  readonly databaseUrl: string | undefined
  /** The key that encrypts keys: 32 octets in base64url or hex, as text: `COUNTERSIGN_KEK`. */
  readonly kek: string | undefined
  /** The file with the key that encrypts keys: `COUNTERSIGN_KEK_FILE`. */
  readonly kekFile: string | undefined
  /** The one before it, under which keys are still opened: `COUNTERSIGN_KEK_PREVIOUS`. */
  readonly previousKek: string | undefined
  /** How many proxies in front of this server add to X-Forwarded-For. */
  readonly trustProxy: number
  /** Whether the demo runs: `DEMO`. */
  readonly demo: boolean
  /** How much is logged: `LOG_LEVEL`. */
  readonly logLevel: LogLevel
  /** What a monitoring system has to show to read /metrics; without it there is none. */
  readonly metricsToken: string | undefined
  /** For how long requests are served once the server has been asked to stop, in seconds. */
  readonly drain: number
  /** Where letters to users are handed over to be sent: a URL. */
  readonly mailHook: string | undefined
  /** Origins with private addresses that this server may send requests to, such as back-channel logouts. */
  readonly outgoing: readonly string[]
  /**
   * The times of the signing keys, and how long an ID token lives, which outlives all other tokens: seconds, or texts
   * such as `'30d'`.
   */
  readonly schedule: ScheduleOptions & { readonly tokenLifetime: number }
}

/** The algorithms that tokens are signed with: what is best, and what OpenID Connect demands of every server (Discovery §3). */
export const SIGNING_ALGS = ['ES256', 'RS256'] as const

/** How long an access token lives, in seconds. */
export const ACCESS_TOKEN_SECONDS = 600
/** The longest life of a signed token: that of an ID token, in seconds. */
export const LONGEST_TOKEN_SECONDS = 3600

/**
 * The times of the keys in the demo, where a rotation is something to watch: it takes seconds. ID tokens live for 10 minutes
 * there, so that few keys are public however often somebody presses the button. Clocks do not differ on one machine.
 */
const DEMO_TIMES = {
  tokenLifetime: ACCESS_TOKEN_SECONDS,
  overlap: ACCESS_TOKEN_SECONDS + 60,
  prepublish: 15,
  cacheMaxAge: 5,
  poll: 1,
  skew: 1,
} as const

/** The demo takes some ports behind its own, for two apps and an API. */
const [MOST_PORT, DEMO_PORTS] = [65_535, 3]

/** Whoever asked a server to stop will not wait for longer, in seconds. */
const LONGEST_DRAIN = 300

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the settings out of environment variables.
 *
 * @throws {AuthorityError} `SETTINGS`, with every fault that there is in one message
 * @example
 * ```ts
 * import { toSettings } from '@countersign/authority'
 *
 * const { issuer, port } = toSettings({ PORT: '8080' })
 * console.log(issuer, port) // http://localhost:8080 8080
 * ```
 */
export function toSettings(env: Environment): Settings {
  const faults: string[] = []
  const read = <T>(name: string, fallback: T, parse: (text: string) => T): T => {
    const text = env[name]
    if (text === undefined) return fallback
    try {
      // A variable of a deployment that got lost must not start something else without a word, such as an empty database.
      if (text === '') throw new Error('is set and empty: give it a value, or unset it')
      return parse(text)
    } catch (error) {
      faults.push(`${name} ${error instanceof Error ? error.message : 'is refused'}`)
      return fallback
    }
  }
  const port = read('PORT', 3000, (text) => toCount(text, MOST_PORT))
  const kek = read<string | undefined>('COUNTERSIGN_KEK', undefined, toKek)
  const kekFile = read<string | undefined>('COUNTERSIGN_KEK_FILE', undefined, (text) => resolve(text))
  if (kek !== undefined && kekFile !== undefined)
    faults.push('COUNTERSIGN_KEK and COUNTERSIGN_KEK_FILE are both set: one key encrypts keys')
  const databaseUrl = read<string | undefined>('DATABASE_URL', undefined, toDatabaseUrl)
  const demo = read('DEMO', false, toSwitch)
  if (demo && port > MOST_PORT - DEMO_PORTS)
    faults.push(`PORT ${port} leaves no room for the ${DEMO_PORTS} ports of the demo`)
  const settings: Settings = {
    port,
    host: read('HOST', '127.0.0.1', toHost),
    issuer: read('ISSUER', `http://localhost:${port}`, toIssuer),
    data: read('COUNTERSIGN_DATA', resolve('./data'), (text) => resolve(text)),
    databaseUrl,
    kek,
    kekFile,
    previousKek: read<string | undefined>('COUNTERSIGN_KEK_PREVIOUS', undefined, toKek),
    trustProxy: read('TRUST_PROXY', 0, (text) => toCount(text, 10)),
    demo,
    logLevel: read<LogLevel>('LOG_LEVEL', 'info', toLogLevel),
    metricsToken: read<string | undefined>('METRICS_TOKEN', undefined, toMetricsToken),
    drain: read('DRAIN', 0, toDrain),
    mailHook: read<string | undefined>('MAIL_HOOK', undefined, toMailHook),
    outgoing: read<readonly string[]>('OUTGOING_ALLOW', [], (text) => text.split(/[\s,]+/).map(toOrigin)),
    schedule: {
      tokenLifetime: LONGEST_TOKEN_SECONDS,
      // Times go together: who sets one of them has the others as they are without the demo.
      ...(demo && TIMES.every(([, variable]) => env[variable] === undefined) && DEMO_TIMES),
      ...Object.fromEntries(
        TIMES.flatMap(([name, variable]) => {
          const time = read<string | number | undefined>(variable, undefined, toTime)
          return time === undefined ? [] : [[name, time]]
        }),
      ),
    },
  }
  faults.push(...faultsOf(settings.schedule))
  if (faults.length > 0) {
    const text =
      faults.length === 1 ? `${faults[0]}` : `the settings have ${faults.length} faults:\n  ${faults.join('\n  ')}`
    throw new AuthorityError('SETTINGS', text, { hint: 'The README of @countersign/authority lists every setting.' })
  }
  return settings
}

const TIMES = [
  ['period', 'KEY_PERIOD'],
  ['prepublish', 'KEY_PREPUBLISH'],
  ['overlap', 'KEY_OVERLAP'],
  ['cacheMaxAge', 'KEY_CACHE_MAX_AGE'],
  ['poll', 'KEY_POLL'],
  ['skew', 'KEY_SKEW'],
] as const

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** A time in seconds; of what is none, the key ring says what it has to be. */
function toTime(text: string): string | number {
  const [, digits, unit = 's'] = /^(\d{1,9})([smhdw]?)$/.exec(text) ?? []
  return digits === undefined ? text : Number(digits) * (UNIT_SECONDS[unit || 's'] as number)
}

/** Every time that is none, or else what is wrong with the times beside each other. */
function faultsOf(schedule: ScheduleOptions): readonly string[] {
  const faults: string[] = []
  let rest = schedule
  for (;;) {
    try {
      checkSchedule(rest, SIGNING_ALGS.length)
      return faults
    } catch (error) {
      const message = error instanceof Error ? error.message : 'the times of the keys are refused'
      // The key ring complains of the first one that is none: without it, of the next.
      const [broken] = TIMES.find(([name]) => message.startsWith(`${name} `)) ?? []
      if (broken === undefined) return faults.length > 0 ? faults : [named(message)]
      faults.push(named(message))
      const { [broken]: _none, ...others } = rest
      rest = others
    }
  }
}

/** A complaint of the key ring with the names that the settings have. */
function named(message: string): string {
  return TIMES.reduce((text, [name, variable]) => text.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), variable), message)
}

function toCount(text: string, most: number): number {
  if (/^\d{1,6}$/.test(text) && Number(text) <= most) return Number(text)
  throw new Error(`is ${JSON.stringify(text)} and not a number from 0 to ${most}`)
}

/** The text of 32 octets; what it is must not get into a message. */
function toKek(text: string): string {
  if (/^(?:0{64}|A{43})$/.test(text)) throw new Error('is a key of zeros, which everybody knows')
  if (/^[0-9a-f]{64}$/i.test(text) || /^[A-Za-z0-9_-]{43}$/.test(text)) return text
  throw new Error('is not a key of 32 octets, in base64url (43 characters) or hexadecimal (64)')
}

/** What it is stays here. */
function toMetricsToken(text: string): string {
  if (/^[\x21-\x7e]{16,512}$/.test(text)) return text
  throw new Error('is not a token of 16 to 512 characters, all of them visible and ASCII')
}

function toDrain(text: string): number {
  const seconds = toTime(text)
  if (typeof seconds === 'number' && seconds <= LONGEST_DRAIN) return seconds
  throw new Error(`is ${JSON.stringify(text)} and not a time of up to 5m, such as 5s`)
}

function toDatabaseUrl(text: string): string {
  if (/^postgres(ql)?:$/.test(URL.parse(text)?.protocol ?? '')) return text
  throw new Error('is not a URL that begins with postgres://') // it may hold a password: what it is stays here
}

function toHost(text: string): string {
  if (/^[A-Za-z0-9.:_-]{1,253}$/.test(text)) return text
  throw new Error(`is ${JSON.stringify(text)} and neither a host name nor an address`)
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

function toIssuer(text: string): string {
  const origin = toOrigin(text)
  const { protocol, hostname } = new URL(origin)
  if (protocol === 'https:' || LOOPBACK.test(hostname)) return origin
  throw new Error(`is ${JSON.stringify(text)}: http is for loopback alone, give an https URL`)
}

/** It gets links that open accounts: by https, or without leaving this machine. It may hold a secret, and so stays here. */
function toMailHook(text: string): string {
  const { protocol, hostname, username, password, hash } = URL.parse(text) ?? {}
  if (username || password) throw new Error('has a user in it: the hook knows this server by the token that it is sent')
  if (hash) throw new Error('has a fragment, which is never sent')
  if (protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname ?? ''))) return text
  throw new Error('is not an https URL, nor an http one on loopback')
}

function toOrigin(text: string): string {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new Error(`is ${JSON.stringify(text)} and not an http(s) URL`)
  if (text !== url.origin) throw new Error(`is ${JSON.stringify(text)} and not an origin, such as ${url.origin}`)
  return url.origin
}

function toSwitch(text: string): boolean {
  if (/^(1|true|yes|on)$/i.test(text)) return true
  if (/^(0|false|no|off)$/i.test(text)) return false
  throw new Error(`is ${JSON.stringify(text)} and neither 1 nor 0`)
}

function toLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((one) => one === text)
  if (level !== undefined) return level
  throw new Error(`is ${JSON.stringify(text)} and none of ${LOG_LEVELS.join(', ')}`)
}
