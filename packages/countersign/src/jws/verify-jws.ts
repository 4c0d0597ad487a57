import type { Verifying } from '../crypto/backend.ts'
import { JoseError, kindOf } from '../errors.ts'
import { headerReader, type JoseHeader } from '../header.ts'
import { isObject, type JsonObject } from '../json.ts'
import type { Key } from '../key/key.ts'
import { type Op, use } from '../op.ts'
import { checkNames, JOSE_LIMITS, type JoseLimits, toBoolean, toLimits, toTexts } from '../options.ts'
import { attach, fitsCompact, type Jws, parseCompact, parseJson, payloadOf } from '../serialization/jws.ts'
import type { KeySource, Keys } from '../source/source.ts'
import { isStream, type JwsPayload, reading, toPayload, verifyPieces } from './pieces.ts'
import { checkedSource, toAlgorithms } from './rules.ts'
import { type VerifyRules, verify } from './verify.ts'

/** Options of {@link verifyJws}. */
export interface VerifyJwsOptions {
  /** Whose signatures count, in any form that keys come in: of a set the kid of the token selects. */
  readonly keys: Keys
  /** Narrows the algorithms further than the keys do. */
  readonly algorithms?: readonly string[]
  /** Extensions that you understand and act upon: a header that calls another one critical is refused. `b64` is known. */
  readonly crit?: readonly string[]
  /** The payload of a JWS that was signed detached. */
  readonly detachedPayload?: JwsPayload
  /** Accepts a JWS in JSON whose `alg` stands in its unprotected header (RFC 7520 §4.7). */
  readonly allowUnprotectedAlg?: boolean
  /** What is refused for its size: octets, levels, how many signatures; see {@link JoseLimits}. */
  readonly limits?: Partial<JoseLimits>
}

/** A JWS of which {@link verifyJws} has verified a signature, with the headers of that signature. */
export interface VerifiedJws {
  /** The octets that were signed. */
  readonly payload: Uint8Array
  /** The JOSE header: protected and unprotected members. */
  readonly header: JoseHeader
  /** What the signature vouches for. */
  readonly protectedHeader: Readonly<Record<string, unknown>>
  /** The key that verified the signature. */
  readonly key: Key
}

/**
 * What {@link verifyJws} gives for a payload that came in pieces ({@link PayloadStream}) and was not kept: the same but
 * for the payload.
 */
export type VerifiedStream = Omit<VerifiedJws, 'payload'>

const NAMES = ['keys', 'algorithms', 'crit', 'detachedPayload', 'allowUnprotectedAlg', 'limits'] as const

const readHeader = headerReader(JOSE_LIMITS)

/** @see the door's `verifyJws` */
export function verifyJws(
  token: unknown,
  options: VerifyJwsOptions,
  backend: Verifying,
): Op<VerifiedJws | VerifiedStream, Verifying> {
  checkNames<VerifyJwsOptions>(options, NAMES, 'verifyJws')
  const limits = toLimits(options.limits, JOSE_LIMITS)
  const allowUnprotectedAlg = toBoolean(options.allowUnprotectedAlg, 'allowUnprotectedAlg', false)
  const algorithms = toAlgorithms(options.algorithms)
  const rules: VerifyRules = { algorithms, understood: toUnderstood(options.crit) }
  const source = checkedSource(options.keys, algorithms, backend)
  const { detachedPayload: detached } = options
  if (isStream(detached))
    return reading(detached, () => verifyPieces(parse(token, limits, allowUnprotectedAlg), detached, source, rules))
  const payload = detached === undefined ? undefined : toPayload(detached, 'detachedPayload')

  const jws = parse(token, limits, allowUnprotectedAlg)
  if (payload) return verified(attach(jws, payload), source, rules, () => payload)
  if (jws.payload === undefined) throw new JoseError('CS_MALFORMED', 'the JWS has no payload', { hint: DETACHED })
  if (jws.payload === '') return verifyEmpty(jws, source, rules)
  return verified(jws, source, rules, (header) => payloadOf(jws, header))
}

function* verified(
  jws: Jws,
  keys: KeySource,
  rules: VerifyRules,
  payload: (header: JoseHeader) => Uint8Array,
): Op<VerifiedJws, Verifying> {
  const proven = yield* use((backend: Verifying) => verify(jws, keys, rules, backend))
  return { payload: payload(proven.header), ...proven }
}

const DETACHED = 'If it was signed detached, give the payload as detachedPayload.'

/** In the compact serialization an empty payload and one that is detached look the same. */
function* verifyEmpty(jws: Jws, keys: KeySource, rules: VerifyRules): Op<VerifiedJws, Verifying> {
  try {
    return yield* verified(jws, keys, rules, () => new Uint8Array())
  } catch (error) {
    if (!(error instanceof JoseError) || error.code !== 'CS_SIGNATURE') throw error
    throw new JoseError('CS_SIGNATURE', `${error.message}, over an empty payload`, { hint: DETACHED })
  }
}

function parse(token: unknown, limits: JoseLimits, allowUnprotectedAlg: boolean): Jws {
  if (isObject(token)) return parseJson(token as JsonObject, { limits, allowUnprotectedAlg })
  if (typeof token === 'string' && token.trimStart().startsWith('{')) {
    throw new JoseError('CS_MALFORMED', 'the token is the text of a JSON object', {
      hint: 'A string is a compact JWS. For a JWS in JSON give the object: JSON.parse(text).',
    })
  }
  const jws = parseCompact(token, limits, limits === JOSE_LIMITS ? readHeader : headerReader(limits))
  const [only] = jws.signatures
  if (only?.header['b64'] === false && !fitsCompact(jws.payload)) {
    throw new JoseError('CS_MALFORMED', 'the payload is not printable ASCII, as an unencoded one is in a compact JWS')
  }
  return jws
}

/** @throws TypeError */
function toUnderstood(crit: unknown): ReadonlySet<string> {
  if (crit === undefined) return BUILT_IN
  if (!Array.isArray(crit)) throw new TypeError(`crit is ${kindOf(crit)} and not an array of names`)
  return new Set([...BUILT_IN, ...(crit.length > 0 ? toTexts(crit, 'crit') : [])])
}

const BUILT_IN: ReadonlySet<string> = new Set(['b64'])
