import { fault, missing, toExpected, wrongType } from '../claims.ts'
import type { Backend } from '../crypto/backend.ts'
import { JoseError, kindOf, show } from '../errors.ts'
import { isObject, type JsonObject, own } from '../json.ts'
import type { RevocationCheck } from '../jwt/acceptance.ts'
import { type Expectation, prepareVerifier } from '../jwt/verifier.ts'
import { checkNames, type Duration, JWT_LIMITS, toClock, toCount, toSeconds, toTexts } from '../options.ts'
import { type DownloadOptions, toDownloadRules, toUrl } from '../source/download.ts'
import type { Keys } from '../source/source.ts'
import { deny } from './claims-read.ts'
import { type HeldList, type ListRules, RemoteStatusList } from './remote-list.ts'
import { LIST_TYPE, MOST_CHARACTERS, type StatusReference } from './statuses.ts'

/** Options of {@link createStatusCheck}; durations are seconds or texts such as `'10m'`. */
export interface StatusCheckOptions extends Omit<DownloadOptions, 'maxBytes'> {
  /** The keys that sign the lists. */
  readonly keys: Keys
  /**
   * Who has to have issued the lists. Default: where a list names its issuer, whoever issued the token. `'any'` takes
   * lists of every issuer that the keys are of.
   */
  readonly issuer?: Expectation
  /** The lists that tokens may refer to, each exactly as they spell it: no other address is ever fetched from. */
  readonly uris: string | readonly string[]
  /** The most octets of a decoded body. Default 16 MiB: a list of 8 MiB that could not be compressed. */
  readonly maxBytes?: number
  /** For how long a list is used at most before it is fetched again; a shorter ttl counts. Default 10 min. */
  readonly cacheMaxAge?: Duration
  /** For how long a list serves that cannot be fetched anew, counted from when it has aged, and never past its exp. Default 10 min. */
  readonly maxStale?: Duration
  /** How far clocks may differ: seconds, or a text such as `'5s'`. Default 30 s. */
  readonly clockTolerance?: Duration
  /** The time in epoch seconds. Default: the system clock. */
  now?(): number
  /** A number from 0 to 1, which spreads the retries of many machines. Default: `Math.random`. */
  random?(): number
}

/** A token of which {@link createStatusCheck} tells the status: what a verifier gave, or what a hook was given. */
export interface TokenWithStatus {
  /** Its claims, among them `status`. */
  readonly claims: unknown
  /** Where it is there, it counts: `claims` may be what a schema has made of it. */
  readonly claimsSet?: Readonly<Record<string, unknown>>
}

/** Looks up statuses in lists that others publish, as {@link createStatusCheck} makes it. */
export interface StatusCheck {
  /** For the option `revoked` of a verifier: every status but 0 is revoked. A token without status is refused. */
  readonly revoked: RevocationCheck
  /**
   * The status of a token that has been verified: 0 valid, 1 invalid, 2 suspended, others as their issuer says
   * (draft-ietf-oauth-status-list-17 §7.1).
   *
   * @throws {JoseError} `CS_CLAIM_MISSING`, `CS_CLAIM_TYPE`, `CS_CLAIM_VALUE` for a list that is not among `uris` or an
   *   index that is not in it, `CS_ISS` for a list of another issuer, `CS_UNAVAILABLE` where there is no list to use
   */
  status(token: TokenWithStatus): Promise<number>
}

const NAMES = [
  'keys',
  'issuer',
  'uris',
  'fetch',
  'timeout',
  'maxBytes',
  'cacheMaxAge',
  'maxStale',
  'clockTolerance',
  'now',
  'random',
] as const

/** @see the door's `createStatusCheck` */
export function newStatusCheck(options: StatusCheckOptions, backend: Backend): StatusCheck {
  checkNames<StatusCheckOptions>(options, NAMES, 'createStatusCheck')
  const rules = toRules(options)
  const { issuer = 'any' } = options
  toExpected(issuer, 'issuer')
  const verify = prepareVerifier(
    {
      keys: options.keys,
      issuer,
      audience: 'any',
      typ: LIST_TYPE,
      requireExp: false,
      requiredClaims: ['sub', 'iat', 'status_list'],
      clockTolerance: rules.tolerance,
      now: rules.now,
      limits: { ...JWT_LIMITS, tokenBytes: rules.maxBytes },
    },
    backend,
  )
  const lists = new Map(toUris(options.uris).map((uri) => [uri, new RemoteStatusList(uri, rules, verify, backend)]))

  const status = async (token: TokenWithStatus): Promise<number> => {
    const claims = claimsOf(token)
    const { idx, uri } = referenceIn(claims)
    const list = lists.get(uri) ?? denyValue('uri', 'the token refers to a status list that is not among uris')
    const held = await list.load()
    if (options.issuer === undefined) checkIssuer(held, own(claims, 'iss'))
    const { size } = held.statuses
    if (idx >= size) denyValue('idx', `the token refers to a status that a list of ${size} does not have`)
    return held.statuses.get(idx)
  }
  return { status, revoked: async (token) => (await status(token)) !== 0 }
}

function toRules(options: StatusCheckOptions): ListRules {
  const { maxBytes, random = Math.random } = options
  if (typeof random !== 'function') throw new TypeError('random is not a function')
  return {
    ...toDownloadRules({ ...options, maxBytes: toCount(maxBytes, 'maxBytes', MOST_CHARACTERS) }),
    now: toClock(options.now),
    random,
    cacheMaxAge: toSeconds(options.cacheMaxAge, 'cacheMaxAge', 600),
    maxStale: toSeconds(options.maxStale, 'maxStale', 600),
    tolerance: toSeconds(options.clockTolerance, 'clockTolerance', 30),
  }
}

function toUris(value: unknown): readonly string[] {
  if (value === undefined) throw new TypeError('uris is required: the lists that tokens may refer to')
  return toTexts(value, 'uris').map((uri) => {
    try {
      toUrl(uri, 'uris', false, 'CS_UNAVAILABLE')
    } catch (error) {
      throw error instanceof JoseError ? new TypeError(error.message) : error
    }
    return uri
  })
}

function claimsOf(token: unknown): JsonObject {
  const claims = isObject(token) ? (own(token, 'claimsSet') ?? own(token, 'claims')) : undefined
  if (!isObject(claims)) throw new TypeError(`status takes a token that has been verified, not ${kindOf(token)}`)
  return claims
}

/** Where a token says that its status stands (draft-ietf-oauth-status-list-17 §6.2). @throws {JoseError} */
function referenceIn(claims: JsonObject): StatusReference {
  const status = demandObject(own(claims, 'status'), 'status')
  const list = demandObject(own(status, 'status_list'), PATH)
  const [idx, uri] = [own(list, 'idx'), own(list, 'uri')]
  if (idx === undefined) deny(missing(`${PATH}.idx`))
  if (uri === undefined) deny(missing(`${PATH}.uri`))
  if (typeof idx !== 'number' || !Number.isSafeInteger(idx) || idx < 0)
    deny(fault('CS_CLAIM_TYPE', `${PATH}.idx`, `idx is ${kindOf(idx)} and no whole number from 0 up`))
  if (typeof uri !== 'string') deny(wrongType(`${PATH}.uri`, 'a string', uri))
  return { idx, uri }
}

const PATH = 'status.status_list'

function demandObject(value: unknown, path: string): JsonObject {
  if (value === undefined) deny(missing(path))
  if (!isObject(value)) deny(wrongType(path, 'an object', value))
  return value
}

function denyValue(name: string, text: string): never {
  return deny(fault('CS_CLAIM_VALUE', `${PATH}.${name}`, text))
}

/** A list speaks for the tokens of its own issuer. A list without issuer is bound by its keys and its address alone. */
function checkIssuer({ iss }: HeldList, expected: unknown): void {
  if (iss === undefined || iss === expected) return
  const [list, token] = [show(iss), show(expected)]
  const text = `the status list is of ${list}, and the token of ${token}`
  deny(fault('CS_ISS', 'iss', text, { expected: list, actual: token }))
}
