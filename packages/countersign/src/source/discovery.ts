import type { JwkAdmission } from '../crypto/backend.ts'
import { JoseError, show } from '../errors.ts'
import { type JsonObject, own, parseObject } from '../json.ts'
import { checkNames, toBoolean } from '../options.ts'
import {
  type Answer,
  type CheckedUrl,
  type DownloadRules,
  download,
  isLoopback,
  MAX_DEPTH,
  reasonOf,
  toDownloadRules,
  toUrl,
} from './download.ts'
import type { RemoteKeySet } from './remote.ts'
import { REMOTE_NAMES, type RemoteKeySetOptions, toRules } from './remote-options.ts'
import { toRemoteKeySet } from './shared.ts'

/** What an issuer says of itself, as {@link discover} found it. */
export interface DiscoveredIssuer {
  /** As it was given, and as its metadata names it: what tokens have in `iss`. */
  readonly issuer: string
  /** Where it publishes its keys: `jwks_uri` of its metadata. */
  readonly jwksUri: string
  /** The keys that it publishes, fetched when they are first needed. */
  readonly keys: RemoteKeySet
  /** All of its metadata, unchecked but for `issuer` and `jwks_uri`. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/** @see the door's `discover` */
export async function discover(
  issuer: string,
  options: RemoteKeySetOptions,
  backend: JwkAdmission,
): Promise<DiscoveredIssuer> {
  checkNames<RemoteKeySetOptions>(options, REMOTE_NAMES, 'discover')
  const allowHttp = toBoolean(options.allowHttp, 'allowHttp', false)
  const url = toIssuerUrl(issuer, allowHttp)
  toRules(options)
  const found = await firstAnswer(placesOf(url), toDownloadRules(options))
  const metadata = parse(found)
  const named = own(metadata, 'issuer')
  if (named !== issuer)
    throw failed(`the metadata at ${found.place} names the issuer ${show(named)} and not ${show(issuer)}`)
  const jwksUri = own(metadata, 'jwks_uri')
  if (typeof jwksUri !== 'string') throw failed(`the metadata at ${found.place} has no jwks_uri`)
  const keysUrl = toUrl(jwksUri, 'jwks_uri', allowHttp, 'CS_DISCOVERY')
  // Metadata from afar must not send anyone to a service of this machine.
  if (!allowHttp && isLoopback(keysUrl) && !isLoopback(url))
    throw failed('jwks_uri is on this machine, and the issuer is not')
  return { issuer, jwksUri, keys: toRemoteKeySet(jwksUri, options, backend), metadata }
}

/** @throws {TypeError} for what is no text, @throws {JoseError} `CS_DISCOVERY` for what is no issuer (RFC 8414 §2) */
export function toIssuerUrl(issuer: unknown, allowHttp: boolean): CheckedUrl {
  if (typeof issuer !== 'string') throw new TypeError('the issuer is not a string')
  const url = toUrl(issuer, 'the issuer', allowHttp, 'CS_DISCOVERY')
  if (/[?#]/.test(issuer)) throw failed('the issuer has a query or a fragment')
  return url
}

/** Where the metadata may be: as OpenID Connect Discovery §4 says, then as RFC 8414 §3.1 does. */
export function placesOf({ origin, pathname }: CheckedUrl): readonly string[] {
  const path = pathname.replace(/\/$/, '')
  return [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ]
}

interface Found {
  readonly place: string
  readonly answer: Answer
}

/** The first place that has something. A server that fails has not said that it has nothing. */
async function firstAnswer(places: readonly string[], rules: DownloadRules): Promise<Found> {
  const missed: string[] = []
  for (const place of places) {
    let answer: Answer
    try {
      answer = await download(place, { accept: 'application/json' }, rules)
    } catch (cause) {
      throw failed(`the metadata at ${place} could not be fetched: ${reasonOf(cause)}`, { cause, unavailable: true })
    }
    if (answer.status === 200) return { place, answer }
    if (answer.status >= 500 || answer.status === 429)
      throw failed(`the metadata at ${place} could not be fetched: HTTP status ${answer.status}`, { unavailable: true })
    missed.push(`${place} (HTTP status ${answer.status})`)
  }
  throw failed(`there is no metadata at ${missed.join(' or ')}`)
}

function parse({ place, answer }: Found): JsonObject {
  try {
    return parseObject(answer.text, 'the metadata', MAX_DEPTH)
  } catch (cause) {
    throw failed(`the metadata at ${place} is refused: ${reasonOf(cause)}`, { cause })
  }
}

function failed(why: string, details: { cause?: unknown; unavailable?: boolean } = {}): JoseError {
  return new JoseError('CS_DISCOVERY', why, details)
}
