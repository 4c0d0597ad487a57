import type { JwkAdmission } from '../crypto/backend.ts'
import { checkNames, toBoolean } from '../options.ts'
import { toUrl } from './download.ts'
import { RemoteKeySet } from './remote.ts'
import { REMOTE_NAMES, type RemoteKeySetOptions, toRules } from './remote-options.ts'

/** How many sets are shared; one that was made long ago is only no longer found. */
const MOST_SHARED = 256
const SHARED = new Map<string, RemoteKeySet>()
const IDS = new WeakMap<object, number>()
let lastId = 0

/** Tells functions apart by a number. */
function idOf(value: object | undefined): number {
  if (value === undefined) return 0
  const id = IDS.get(value) ?? ++lastId
  IDS.set(value, id)
  return id
}

/**
 * The set behind a URL, the same one for the same URL and options: however often a program says it, there is one cache
 * and one request.
 *
 * @see the door's `remoteKeySet`
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} `CS_JWKS_FETCH` for a URL that is not allowed
 */
export function toRemoteKeySet(url: unknown, options: RemoteKeySetOptions, backend: JwkAdmission): RemoteKeySet {
  checkNames<RemoteKeySetOptions>(options, REMOTE_NAMES, 'remoteKeySet')
  const { href } = toUrl(
    url,
    'the URL of the JWK Set',
    toBoolean(options.allowHttp, 'allowHttp', false),
    'CS_JWKS_FETCH',
  )
  const rules = toRules(options)
  const { now } = options
  const { random, fetch, timeout, maxBytes, maxStale, cacheMaxAge } = rules
  const ids = [fetch, now, random, backend].map(idOf)
  const name = JSON.stringify([href, timeout, maxBytes, maxStale, cacheMaxAge, ...ids])
  const set = SHARED.get(name) ?? new RemoteKeySet(href, rules, backend)
  // The one that was asked for last stands last.
  SHARED.delete(name)
  SHARED.set(name, set)
  const [oldest] = SHARED.keys()
  if (SHARED.size > MOST_SHARED && oldest !== undefined) SHARED.delete(oldest)
  return set
}
