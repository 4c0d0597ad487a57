import type { Backend } from '../crypto/backend.ts'
import { kindOf, show } from '../errors.ts'
import { currentKey, toSigning } from '../jws/sign.ts'
import { prepareSigner, type SignerOptions } from '../jwt/signer.ts'
import type { Key } from '../key/key.ts'
import { type Op, run, use } from '../op.ts'
import { checkNames, type Duration, JWT_LIMITS, toClock, toCount, toSeconds, toText } from '../options.ts'
import { endsWithRequest } from '../source/ends-with-request.ts'
import { SigningKeys } from '../source/key-source.ts'
import { type PublishedHandler, publish } from '../source/published.ts'
import {
  isStatusBits,
  LIST_TYPE,
  MOST_CHARACTERS,
  MOST_OCTETS,
  type StatusBits,
  Statuses,
  type StatusReference,
  toStatusListClaim,
} from './statuses.ts'

/** Options of {@link createStatusList}; durations are seconds or texts such as `'5m'`. */
export interface StatusListOptions {
  /** Where the list is published: its name, which tokens refer to character by character. */
  readonly uri: string
  /** The bits of a status: 1 for valid and revoked alone, 2 up to status 3, 4 up to 15, 8 up to 255. */
  readonly bits: StatusBits
  /** How many statuses the list has. It does not grow, so that its size tells nobody how many tokens there are. */
  readonly size: number
  /** The statuses that `octets()` gave before a restart. Default: all valid. */
  readonly octets?: Uint8Array
  /** A private key or a secret, or a key ring, whose keys take turns. */
  readonly key: Key | SigningKeys
  /** Needed where the key fits several algorithms and names none. */
  readonly alg?: string
  /** Written into the token of the list as `iss`. */
  readonly issuer?: string
  /** For how long whoever has fetched the list may use it: so long a revocation may go unnoticed. Default 5 min, or half of `expiresIn`. */
  readonly ttl?: Duration
  /** The life of a token with the list, which is signed anew when half of it is over. Default 1 h, or as long as a key ring keeps its keys. */
  readonly expiresIn?: Duration
  /** The time in epoch seconds. Default: the system clock. */
  now?(): number
}

/** The claim `status` of a token whose status is in a list of {@link createStatusList}. */
export interface StatusClaim {
  /** Where its status stands. */
  readonly status_list: StatusReference
}

/** The statuses of many tokens, to be published as one, as {@link createStatusList} makes it. */
export interface StatusList {
  /**
   * Sets the status of the token that has an index.
   *
   * @throws {TypeError} for an index that is not in the list, or a status that has more bits than it may
   */
  set(index: number, status: number): void
  /** The status of the token that has an index. @throws {TypeError} for an index that is not in the list */
  get(index: number): number
  /** The claim `status` to put into the token that has this index. @throws {TypeError} for an index that is not in the list */
  reference(index: number): StatusClaim
  /** A copy of all the statuses, to be kept where a restart finds it. */
  octets(): Uint8Array
  /**
   * The token with the list. It is the same until a status changes, half of its life is over or another key signs.
   *
   * @throws {JoseError} `CS_UNAVAILABLE` where no key may sign at the moment
   */
  token(): Promise<string>
  /** Publishes the token: `Request` in, `Response` out, with max-age, ETag and CORS for every origin. */
  readonly handler: PublishedHandler
}

const NAMES = ['uri', 'bits', 'size', 'octets', 'key', 'alg', 'issuer', 'ttl', 'expiresIn', 'now'] as const
const [HOUR, TTL] = [3600, 300]
const LIMITS = Object.freeze({ ...JWT_LIMITS, tokenBytes: MOST_CHARACTERS })

interface Signed {
  readonly version: number
  readonly key: Key
  readonly until: number
  readonly token: Promise<string>
}

/** @see the door's `createStatusList` */
export function newStatusList(options: StatusListOptions, backend: Backend): StatusList {
  checkNames<StatusListOptions>(options, NAMES, 'createStatusList')
  const { uri, statuses, size } = toList(options)
  const { ttl, expiresIn } = toTimes(options)
  const now = toClock(options.now)
  const signing = toSigning(options.key, options.alg, backend)
  const sign = prepareSigner(signerOptions(options, expiresIn, now), backend, LIMITS)
  let version = 0
  let last: Signed | undefined

  function* write(): Op<string> {
    // A copy, since a status may change while another thread compresses.
    const now = new Statuses(statuses.bits, Uint8Array.from(statuses.octets))
    const claims = { sub: uri, ttl, status_list: yield* toStatusListClaim(now) }
    return yield* use((backend) => sign(claims, backend))
  }

  const token = async (): Promise<string> => {
    const key = await run(currentKey(signing), backend)
    const at = now()
    const serves = last?.version === version && last.key === key && at < last.until && at >= last.until - expiresIn / 2
    if (last && serves) return last.token
    const made: Signed = { version, key, until: at + expiresIn / 2, token: run(write(), backend) }
    // Whoever asks meanwhile waits for the same one, but where it may never come: see endsWithRequest.
    if (!endsWithRequest()) last = made
    try {
      const signed = await made.token
      if (endsWithRequest()) last = made
      return signed
    } catch (error) {
      if (last === made) last = undefined
      throw error
    }
  }

  const within = (index: unknown): number => {
    if (typeof index === 'number' && Number.isSafeInteger(index) && index >= 0 && index < size) return index
    throw new TypeError(`the index is ${show(index)}, and the list has 0 to ${size - 1}`)
  }
  return {
    set(index, status) {
      const at = within(index)
      if (!Number.isInteger(status) || status < 0 || status >= 2 ** statuses.bits)
        throw new TypeError(
          `the status is ${show(status)}, and one of ${statuses.bits} bits is 0 to ${2 ** statuses.bits - 1}`,
        )
      if (statuses.get(at) === status) return
      statuses.set(at, status)
      version++
    },
    get: (index) => statuses.get(within(index)),
    reference: (index) => ({ status_list: { idx: within(index), uri } }),
    octets: () => Uint8Array.from(statuses.octets),
    token,
    handler: publish(`application/${LIST_TYPE}`, async () => ({ content: await token(), maxAge: ttl }), backend),
  }
}

function toList(options: StatusListOptions): {
  readonly uri: string
  readonly size: number
  readonly statuses: Statuses
} {
  const { bits, octets } = options
  const uri = toText(options.uri, 'uri')
  if (!URL.canParse(uri)) throw new TypeError('uri is not a URL')
  if (!isStatusBits(bits)) throw new TypeError(`bits is ${show(bits)} and not 1, 2, 4 or 8`)
  if (options.size === undefined) throw new TypeError('size is required: how many statuses the list has')
  const size = toCount(options.size, 'size', 0)
  const length = Math.ceil((size * bits) / 8)
  if (length > MOST_OCTETS)
    throw new TypeError(`size is ${size}, and ${(MOST_OCTETS * 8) / bits} is the most at ${bits} bits`)
  if (octets !== undefined && !(octets instanceof Uint8Array && octets.length === length))
    throw new TypeError(`octets is ${kindOf(octets)}; give the ${length} octets of a list of ${size} at ${bits} bits`)
  return { uri, size, statuses: new Statuses(bits, octets ? Uint8Array.from(octets) : new Uint8Array(length)) }
}

/** Whoever fetches the list at the end of its turn may use it for all of its ttl. */
function toTimes({ key, ...options }: StatusListOptions): { readonly ttl: number; readonly expiresIn: number } {
  const longest = SigningKeys.is(key) ? key.tokenLifetime : HOUR
  const expiresIn = toSeconds(options.expiresIn, 'expiresIn', Math.min(longest, HOUR))
  const ttl = toSeconds(options.ttl, 'ttl', Math.min(TTL, Math.floor(expiresIn / 2)))
  if (ttl < 1) throw new TypeError(`ttl is ${ttl} s, at least 1 is needed`)
  if (expiresIn < 2 * ttl)
    throw new TypeError(`expiresIn is ${expiresIn} s, at least twice the ttl of ${ttl} s is needed`)
  return { ttl, expiresIn }
}

function signerOptions({ key, alg, issuer }: StatusListOptions, expiresIn: number, now: () => number): SignerOptions {
  return {
    key,
    typ: LIST_TYPE,
    expiresIn,
    now,
    ...(alg !== undefined && { alg }),
    ...(issuer !== undefined && { issuer }),
  }
}
