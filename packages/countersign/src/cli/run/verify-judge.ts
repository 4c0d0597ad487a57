import { SIGNATURE } from '../../alg/signature.ts'
import { fromUtf8, textFromBase64url } from '../../bytes.ts'
import { type DecodedToken, decodeFound } from '../../diagnosis/decode-token.ts'
import {
  duplicates,
  type ExactJson,
  exactly,
  member,
  parseExact,
  textOf,
  toExact,
  toValue,
} from '../../diagnosis/exact-json.ts'
import { findToken, notToken } from '../../diagnosis/find-token.ts'
import { nearTime } from '../../diagnosis/near-time.ts'
import { type Circumstances, CommandError, type Note, type Told, tell } from '../../diagnosis/told.ts'
import { JoseError, show } from '../../errors.ts'
import type { JoseHeader } from '../../header.ts'
import { isObject, type JsonObject, own, parseObject } from '../../json.ts'
import { type VerifiedJws, type VerifiedStream, verifyJws } from '../../jws/verify-jws.ts'
import type { Key } from '../../key/key.ts'
import { thumbprint } from '../../key/ops.ts'
import { run } from '../../op.ts'
import { JWT_LIMITS } from '../../options.ts'
import { isNone, unsigned } from '../../serialization/jws.ts'
import type { CallOf } from '../call.ts'
import { backend } from '../engine.ts'
import { allowedAlgorithms, readVerifyingKeys, type VerifyingKeys } from '../given/key-sources.ts'
import type { VerifyNames } from '../rows/tokens.ts'
import type { Outcome } from '../shown/outcome.ts'
import { type Check, claimChecks, uncheckedOf } from './verify-checks.ts'
import { lenience } from './verify-demands.ts'
import type { Demands } from './verify-terms.ts'
import { checksText } from './verify-text.ts'

/** A command line of `verify`. */
export type VerifyCall = CallOf<VerifyNames>

/** The keys of a command line, with what they may do. */
export interface Judging extends VerifyingKeys {
  readonly algorithms: readonly string[] | undefined
}

export async function keysFor(call: VerifyCall, demands: Demands): Promise<Judging> {
  const keys = await readVerifyingKeys(call, call.values, 'verify')
  return { ...keys, algorithms: allowedAlgorithms(keys.given, demands.algorithms) }
}

/** What is known of a token before it is judged. */
export interface Matter {
  readonly token: DecodedToken
  readonly circumstances: Circumstances
}

/** @throws {CommandError} @throws {JoseError} for what is no token */
export function readMatter(text: string, call: VerifyCall): Matter | { readonly refused: Outcome } {
  const found = findToken(text, call.settings.strict)
  if (found.kind === 'cut') throw notToken(String(found.token))
  const token = decodeFound(found, call.settings.strict)
  const [twice] = found.exact === undefined ? [] : duplicates(found.exact)
  if (twice !== undefined)
    throw new JoseError(
      'CS_MALFORMED',
      `the token has the name ${show(twice)} twice, and readers differ in which counts`,
    )
  const members = toValue(token.header)
  const header = isObject(members) ? members : {}
  const iss = textOf(member(token.payload?.json, 'iss'))
  const circumstances: Circumstances = { header, ...(iss !== undefined && { iss }) }
  for (const note of token.notes) call.note(note)
  if (token.kind === 'jwe') {
    const error = new JoseError('CS_ENCRYPTED', 'the token is encrypted, and a signed one is expected')
    return { refused: unjudged(tell(error, circumstances)) }
  }
  const matter: Matter = { token, circumstances }
  const { alg } = header
  if (token.serialization === 'compact' && typeof alg === 'string' && isNone(alg))
    return { refused: refuseSignature(tell(unsigned(), circumstances), matter, new Map(), call) }
  return matter
}

/** Judges one token. What cannot be judged gets no verdict. */
export async function judge(known: Matter, keys: Judging, demands: Demands, call: VerifyCall): Promise<Outcome> {
  const { token } = known
  const matter: Matter = { token, circumstances: { ...known.circumstances, given: keys.given } }
  let verified: VerifiedJws | VerifiedStream
  try {
    verified = await verifySignature(matter, keys, demands, call)
  } catch (error) {
    if (!(error instanceof JoseError)) throw error
    const told = tell(error, await withoutOwnName(matter.circumstances))
    if (!JUDGED.has(error.code)) return unjudged(told)
    const near = call.values.payload === undefined ? await nearlyMatched(told, token, keys) : otherPayload(told)
    return refuseSignature({ ...told, ...near }, matter, demands.asked, call)
  }
  return judgeClaims(matter, verified, keys, demands, call)
}

/** What says of a token that its signature does not hold; everything else says that nobody could look. */
const JUDGED: ReadonlySet<string> = new Set([
  ...['CS_SIGNATURE', 'CS_UNSIGNED', 'CS_CRIT', 'CS_ALG', 'CS_NO_KEY', 'CS_AMBIGUOUS_KEY'],
])

/** Where a token names a key without a kid by its thumbprint, it names no other key. */
async function withoutOwnName(circumstances: Circumstances): Promise<Circumstances> {
  const { header, given } = circumstances
  const [key, ...others] = given?.keys ?? []
  const isOne = given?.as === 'key' && key?.kid === undefined && others.length === 0
  if (key === undefined || !isOne || header?.kid === undefined) return circumstances
  if ((await run(thumbprint(key), backend)) !== header.kid) return circumstances
  const { kid: _, ...rest } = header
  return { ...circumstances, header: rest }
}

/** Of a payload that came by itself the file may be another one, unless the key is. */
function otherPayload({ code, hint }: Told): Partial<Told> | undefined {
  if (code !== 'CS_SIGNATURE' || !hint.startsWith('refuse')) return undefined
  return {
    hint: 'refuse it: what --payload names is not what was signed. If it was cut or changed on its way, get it again.',
  }
}

/** Loaded only where something failed: it tries what may have been meant. */
async function nearlyMatched(told: Told, { token }: DecodedToken, keys: Judging): Promise<Partial<Told> | undefined> {
  const { nearMiss } = await import('../../diagnosis/near-misses.ts')
  return nearMiss(told, token, keys, backend)
}

async function verifySignature(
  { token: { token, serialization, payload }, circumstances }: Matter,
  { keys, algorithms }: Judging,
  { crit }: Demands,
  call: VerifyCall,
): Promise<VerifiedJws | VerifiedStream> {
  const { alg } = circumstances.header ?? {}
  // A secret that is too short is no matter where the token says that it was signed with something else.
  if (serialization === 'compact' && typeof alg === 'string' && algorithms && !algorithms.includes(alg))
    throw new JoseError('CS_ALG', `alg ${alg} is not allowed here; allowed: ${algorithms.join(', ')}`)
  const options = { keys, ...(algorithms && { algorithms }), ...(crit && { crit }) }
  const { payload: source } = call.values
  if (source === undefined) return run(verifyJws(token, options, backend), backend)
  if (payload !== undefined)
    throw new CommandError('CS_MALFORMED', 'the token has its payload in it, and --payload gives another.', {
      hint: 'leave out --payload, or pass a token that was signed detached.',
    })
  const { detachedPayload, readFault } = await import('../given/detached.ts')
  const pieces = await detachedPayload(call, source, '--payload', algorithms ?? [], 'verifying')
  try {
    return await run(verifyJws(token, { ...options, detachedPayload: pieces }, backend), backend)
  } catch (error) {
    throw readFault(error)
  }
}

async function judgeClaims(
  { token, circumstances }: Matter,
  verified: VerifiedJws | VerifiedStream,
  keys: Judging,
  demands: Demands,
  call: VerifyCall,
): Promise<Outcome> {
  const { key } = verified
  // What stands unprotected anyone can write.
  const header = verified.protectedHeader as JoseHeader
  const signature = await signatureCheck(verified, keys)
  const payload = token.payload?.json
  const json = { header: exactly(signedHeader(token, header)), ...(payload && { payload: exactly(payload) }) }
  const { now } = demands
  let claims: JsonObject | undefined
  try {
    // What came by itself may be anything, and was not kept.
    claims = call.values.payload === undefined && 'payload' in verified ? claimsIn(verified.payload, header) : undefined
  } catch (error) {
    if (!(error instanceof JoseError)) throw error
    const checks = [
      signature,
      { name: 'claims', status: 'fail', code: error.code } as const,
      ...uncheckedOf(demands.asked),
    ]
    return toOutcome({ json, checks, now, error: tell(error) }, call)
  }
  const fault = await demands.judge({
    token: token.token,
    header,
    claims,
    key,
    keys: keys.keys,
    algorithms: keys.algorithms,
  })
  const checks = [signature, ...claimChecks({ claims, header, demands, fault })]
  if (fault === undefined) {
    for (const note of [...weakness(header, key), ...lenience(claims, demands)]) call.note(note)
    return toOutcome({ json, checks, claims, payload, now }, call)
  }
  const error = { ...tell(fault.error, circumstances), ...nearTime(fault.error) }
  return toOutcome({ json, checks, claims, payload, now, error }, call)
}

/** A note on a secret that only --allow-weak-secret let pass. */
function weakness({ alg }: JoseHeader, { kind, bits }: Key): readonly Note[] {
  const { minBits = 0 } = SIGNATURE.get(alg) ?? {}
  if (kind !== 'secret' || bits >= minBits) return []
  const message = `${alg} needs a secret of ${minBits / 8} bytes or more, and this one has ${bits / 8}; --allow-weak-secret lets it pass.`
  return [{ code: 'CS_NOTE_ACCEPTED', message }]
}

/** The header that a signature vouches for, to its last digit: of several signatures, that of the one that holds. */
function signedHeader({ token, header }: DecodedToken, verified: JoseHeader): ExactJson {
  if (typeof token === 'string') return header
  const several = own(token, 'signatures')
  const same = JSON.stringify(verified)
  for (const part of Array.isArray(several) ? several : [token]) {
    const encoded = isObject(part) ? own(part, 'protected') : undefined
    if (typeof encoded !== 'string') continue
    const exact = parseExact(textFromBase64url(encoded, 'the header').text, 'the header')
    if (JSON.stringify(toValue(exact)) === same) return exact
  }
  return toExact(verified)
}

const BEGINS_AS_CLAIMS = /^\ufeff?[ \t\r\n]*\{[ \t\r\n]*["}]/
const SAYS_JWT = /(?:^|[/+])jwt$/i

/**
 * The claims that were signed; nothing where it was something else, which is neither called a JWT nor begins as claims do:
 * of what was meant for claims and cannot be read, nobody knows whether it has expired.
 *
 * @throws {JoseError} for claims that cannot be read, or have a name twice
 */
function claimsIn(payload: Uint8Array, { typ }: JoseHeader): JsonObject | undefined {
  const loose = new TextDecoder('utf-8', { ignoreBOM: true }).decode(payload)
  if (!BEGINS_AS_CLAIMS.test(loose) && !(typeof typ === 'string' && SAYS_JWT.test(typ))) return undefined
  return parseObject(fromUtf8(Uint8Array.from(payload), 'the claims set'), 'the claims set', JWT_LIMITS.jsonDepth)
}

async function signatureCheck({ header, key }: VerifiedStream, { given }: VerifyingKeys): Promise<Check> {
  return {
    name: 'signature',
    status: 'pass',
    alg: header.alg,
    ...(key.kid !== undefined && { kid: key.kid }),
    source: given.name,
    // That of a secret would let others try secrets out.
    ...(key.kind !== 'secret' && { thumbprint: await run(thumbprint(key), backend) }),
  }
}

/** Nothing was held against the token: there is an error and no verdict. */
const unjudged = (error: Told): Outcome => ({ json: {}, text: '', error })

/** A signature that does not hold: of the claims nothing is said but that nobody looked at them. */
function refuseSignature(error: Told, { token }: Matter, asked: Demands['asked'], call: VerifyCall): Outcome {
  const checks: readonly Check[] = [{ name: 'signature', status: 'fail', code: error.code }, ...uncheckedOf(asked)]
  return toOutcome({ json: { header: exactly(token.header) }, checks, now: call.host.now(), error }, call)
}

interface Judged {
  readonly json: Outcome['json']
  readonly checks: readonly Check[]
  readonly claims?: JsonObject | undefined
  /** The claims as they were written. */
  readonly payload?: ExactJson | undefined
  readonly now: number
  readonly error?: Told
}

function toOutcome({ json, checks, claims, payload, now, error }: Judged, call: VerifyCall): Outcome {
  return {
    json: { verdict: error ? 'rejected' : 'accepted', checks, ...json },
    text: (brush) => (call.settings.quiet ? '' : checksText(checks, claims, payload, now, call, brush)),
    ...(error && { error }),
  }
}

/** What a fault of one token is told as, where others follow. */
export function toldOf(error: unknown): Told {
  if (error instanceof CommandError) return error.told
  if (error instanceof JoseError) return tell(error)
  throw error
}
