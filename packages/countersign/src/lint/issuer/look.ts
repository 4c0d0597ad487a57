import { utf8 } from '../../bytes.ts'
import type { JwkAdmission } from '../../crypto/backend.ts'
import { type ExactJson, type ExactObject, member, parseExact, textOf, toValue } from '../../diagnosis/exact-json.ts'
import { JoseError, type JoseErrorDetails } from '../../errors.ts'
import { isDeeper } from '../../json.ts'
import { toBoolean } from '../../options.ts'
import { placesOf, toIssuerUrl } from '../../source/discovery.ts'
import {
  type Answer,
  type CheckedUrl,
  type DownloadOptions,
  type DownloadRules,
  download,
  isLoopback,
  MAX_DEPTH,
  reasonOf,
  toDownloadRules,
  toUrl,
} from '../../source/download.ts'
import { maxAgeOf } from '../../source/freshness.ts'
import { MOST_KEYS, toSetSubject } from '../subject.ts'
import type { FailedPlace, IssuerSubject, Metadata, Publication, PublishedKeys } from './subject.ts'

/** What looks at an issuer besides its URL. */
export interface LookOptions extends DownloadOptions {
  /** Allows http to any host, for tests inside a network; loopback hosts need no permission. */
  readonly allowHttp?: boolean
}

/**
 * Fetches what an issuer publishes. Where `discover` would refuse, this goes on, so that there is something to tell of.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} `CS_DISCOVERY` where there is no metadata to look at
 */
export async function lookAt(issuer: string, options: LookOptions, backend: JwkAdmission): Promise<IssuerSubject> {
  const allowHttp = toBoolean(options.allowHttp, 'allowHttp', false)
  const rules = toDownloadRules(options)
  const url = toIssuerUrl(issuer, allowHttp)
  const looks: readonly Look[] = await Promise.all(placesOf(url).map((place) => lookFor(place, rules)))
  const [metadata, other] = looks.flatMap(({ found }) => found ?? [])
  if (metadata === undefined) throw nothingFound(looks)
  const at = looks.findIndex(({ found }) => found === metadata)
  const failed = looks.flatMap(({ place, why, isGone }, index): readonly FailedPlace[] =>
    why === undefined || isGone === true ? [] : [{ place, why, isFirst: index < at }],
  )
  const isLocal = isLoopback(url)
  const keys = await lookForKeys(metadata, { isLocal, allowHttp }, rules, backend)
  return { kind: 'issuer', issuer, isLocal, metadata, other, failed, keys }
}

/** What is at a place: metadata, or why there is none. */
interface Look {
  readonly place: string
  readonly found?: Metadata
  readonly why?: string
  /** The place says that it has nothing. */
  readonly isGone?: boolean
  /** It may have something another time. */
  readonly isUnavailable?: boolean
}

async function lookFor(place: string, rules: DownloadRules): Promise<Look> {
  let answer: Answer
  try {
    answer = await download(place, { accept: 'application/json' }, rules)
  } catch (error) {
    return { place, why: reasonOf(error), isUnavailable: true }
  }
  const { status, headers, text } = answer
  const isUnavailable = status >= 500 || status === 429
  if (status !== 200) return { place, why: `HTTP status ${status}`, isUnavailable, isGone: !isUnavailable }
  const json = readJson(text, 'the metadata')
  if (typeof json === 'string') return { place, why: json }
  const scopes = member(json, 'scopes_supported')
  const isOpenid =
    place.endsWith('/openid-configuration') ||
    (scopes?.kind === 'array' && scopes.items.some((item) => textOf(item) === 'openid'))
  return { place, found: { place, isOpenid, contentType: headers.get('content-type') ?? undefined, json } }
}

/** The same errors as those of `discover`: of a server that fails nobody knows what it has. */
function nothingFound(looks: readonly Look[]): JoseError {
  const failed = looks.find(({ isUnavailable }) => isUnavailable)
  if (failed !== undefined)
    return refused(`the metadata at ${failed.place} could not be fetched: ${failed.why}`, { unavailable: true })
  const odd = looks.find(({ isGone }) => !isGone)
  if (odd !== undefined) return refused(`the metadata at ${odd.place} is refused: ${odd.why}`)
  return refused(`there is no metadata at ${looks.map(({ place, why }) => `${place} (${why})`).join(' or ')}`)
}

const refused = (why: string, details: JoseErrorDetails = {}): JoseError => new JoseError('CS_DISCOVERY', why, details)

/** A JSON text that is an object, or what is wrong with it. */
function readJson(text: string, what: string): ExactObject | string {
  let json: ExactJson
  try {
    json = parseExact(text, what)
  } catch (error) {
    if (!(error instanceof JoseError)) throw error
    return error.message
  }
  if (json.kind !== 'object') return `${what} is not a JSON object`
  return isDeeper(toValue(json), MAX_DEPTH) ? `${what} is nested deeper than ${MAX_DEPTH} levels` : json
}

async function lookForKeys(
  metadata: Metadata,
  { isLocal, allowHttp }: { readonly isLocal: boolean; readonly allowHttp: boolean },
  rules: DownloadRules,
  backend: JwkAdmission,
): Promise<PublishedKeys> {
  const place = textOf(member(metadata.json, 'jwks_uri'))
  const checked = place === undefined ? undefined : toKeysUrl(place, allowHttp)
  // Metadata from afar must not send anyone to a service of this machine.
  if (place === undefined || checked === undefined || (isLoopback(checked) && !isLocal && !allowHttp))
    return { state: 'not fetched' }
  const unreadable = (why: string): PublishedKeys => ({ state: 'unreadable', url: place, why })
  let answer: Answer
  try {
    answer = await download(place, { accept: 'application/jwk-set+json, application/json' }, rules)
  } catch (error) {
    return unreadable(reasonOf(error))
  }
  if (answer.status !== 200) return unreadable(`HTTP status ${answer.status}`)
  const publication = toPublication(answer, backend)
  return typeof publication === 'string' ? unreadable(publication) : { state: 'published', url: place, publication }
}

function toKeysUrl(place: string, allowHttp: boolean): CheckedUrl | undefined {
  try {
    return toUrl(place, 'jwks_uri', allowHttp, 'CS_DISCOVERY')
  } catch (error) {
    if (error instanceof JoseError) return undefined
    throw error
  }
}

function toPublication({ text, headers }: Answer, backend: JwkAdmission): Publication | string {
  const json = readJson(text, 'the JWK Set')
  if (typeof json === 'string') return json
  const list = member(json, 'keys')
  if (list?.kind !== 'array') return 'the JWK Set has no list of keys'
  const others = json.members.filter(([name]) => name !== 'keys')
  const first: ExactJson = { kind: 'array', items: list.items.slice(0, MOST_KEYS) }
  const whole = list.items.length <= MOST_KEYS
  return {
    set: toSetSubject(whole ? json : { kind: 'object', members: [...others, ['keys', first]] }, backend),
    count: list.items.length,
    octets: utf8(text).length,
    contentType: headers.get('content-type') ?? undefined,
    cacheControl: headers.get('cache-control') ?? undefined,
    maxAge: maxAgeOf(headers) ?? untilExpiry(headers),
  }
}

/** As Expires says, where Cache-Control does not (RFC 9111 §5.3). */
function untilExpiry(headers: Answer['headers']): number | undefined {
  const [end, start] = ['expires', 'date'].map((name) => Date.parse(headers.get(name) ?? ''))
  const seconds = Math.floor(((end ?? Number.NaN) - (start ?? Number.NaN)) / 1000)
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds)
}
