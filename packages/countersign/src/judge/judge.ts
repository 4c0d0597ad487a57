import { SIGNATURE } from '../alg/signature.ts'
import { fromUtf8, textFromBase64url } from '../bytes.ts'
import type { Backend } from '../crypto/backend.ts'
import { type DecodedToken, decodeFound } from '../diagnosis/decode-token.ts'
import { duplicates, type ExactJson, member, parseExact, textOf, toExact, toValue } from '../diagnosis/exact-json.ts'
import { findToken, notToken } from '../diagnosis/find-token.ts'
import type { Tried } from '../diagnosis/near-misses.ts'
import { nearTime } from '../diagnosis/near-time.ts'
import { type Circumstances, type Note, type Told, tell } from '../diagnosis/told.ts'
import { JoseError, show } from '../errors.ts'
import type { JoseHeader } from '../header.ts'
import { isObject, type JsonObject, own, parseObject } from '../json.ts'
import { type VerifiedJws, type VerifiedStream, type VerifyJwsOptions, verifyJws } from '../jws/verify-jws.ts'
import type { Key } from '../key/key.ts'
import { thumbprint } from '../key/ops.ts'
import { run } from '../op.ts'
import { JWT_LIMITS } from '../options.ts'
import { isNone, unsigned } from '../serialization/jws.ts'
import type { Keys } from '../source/source.ts'
import { type Check, claimChecks, uncheckedOf } from './checks.ts'
import { faultOfClaims, lenience } from './claims.ts'
import type { Demands } from './terms.ts'

/** The keys that a token is judged with, and what they may do. */
export interface Judging extends Tried {
  readonly keys: Keys
  readonly algorithms: readonly string[] | undefined
}

/** What came of a token. */
export interface Judgement {
  /** Nothing where nobody could look. */
  readonly verdict: 'accepted' | 'rejected' | undefined
  readonly checks: readonly Check[]
  /** What the signature vouches for; of a token whose signature does not hold, what its header says. */
  readonly header?: ExactJson
  /** What was signed, to its last digit. */
  readonly payload?: ExactJson
  readonly claims?: JsonObject
  /** Why it was refused, or could not be judged. */
  readonly error?: Told
  readonly notes: readonly Note[]
}

/** What is known of a token before it is judged. */
export interface Matter {
  readonly token: DecodedToken
  readonly circumstances: Circumstances
  /** It needs no key to be refused. */
  readonly refused?: Judgement
}

/** How a token is verified whose payload came by itself. */
export interface Detached {
  verify(token: DecodedToken['token'], options: VerifyJwsOptions): Promise<VerifiedJws | VerifiedStream>
  /** What to say in place of what nearly matched. */
  near(told: Told): Partial<Told> | undefined
}

/** @throws {CommandError} @throws {JoseError} for what is no token */
export function readMatter(text: string, strict: boolean): Matter {
  const found = findToken(text, strict)
  if (found.kind === 'cut') throw notToken(String(found.token))
  const token = decodeFound(found, strict)
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
  const matter: Matter = { token, circumstances }
  if (token.kind === 'jwe') {
    const error = new JoseError('CS_ENCRYPTED', 'the token is encrypted, and a signed one is expected')
    return { ...matter, refused: unjudged(tell(error, circumstances)) }
  }
  const { alg } = header
  if (token.serialization === 'compact' && typeof alg === 'string' && isNone(alg))
    return { ...matter, refused: refuseSignature(tell(unsigned(), circumstances), matter, new Map()) }
  return matter
}

/** Judges one token. What cannot be judged gets no verdict. @param detached - for a payload that came by itself */
export async function judge(
  known: Matter,
  keys: Judging,
  demands: Demands,
  backend: Backend,
  detached?: Detached,
): Promise<Judgement> {
  const { token } = known
  const matter: Matter = { token, circumstances: { ...known.circumstances, given: keys.given } }
  let verified: VerifiedJws | VerifiedStream
  try {
    verified = await verifySignature(matter, keys, demands, backend, detached)
  } catch (error) {
    if (!(error instanceof JoseError)) throw error
    const told = tell(error, await withoutOwnName(matter.circumstances, backend))
    if (!JUDGED.has(error.code)) return unjudged(told)
    const near = detached ? detached.near(told) : await nearlyMatched(told, token, keys, backend)
    return refuseSignature({ ...told, ...near }, matter, demands.asked)
  }
  return judgeClaims(matter, verified, keys, demands, backend, detached !== undefined)
}

/** What says of a token that its signature does not hold; everything else says that nobody could look. */
const JUDGED: ReadonlySet<string> = new Set([
  ...['CS_SIGNATURE', 'CS_UNSIGNED', 'CS_CRIT', 'CS_ALG', 'CS_NO_KEY', 'CS_AMBIGUOUS_KEY'],
])

/** Where a token names a key without a kid by its thumbprint, it names no other key. */
async function withoutOwnName(circumstances: Circumstances, backend: Backend): Promise<Circumstances> {
  const { header, given } = circumstances
  const [key, ...others] = given?.keys ?? []
  const isOne = given?.as === 'key' && key?.kid === undefined && others.length === 0
  if (key === undefined || !isOne || header?.kid === undefined) return circumstances
  if ((await run(thumbprint(key), backend)) !== header.kid) return circumstances
  const { kid: _, ...rest } = header
  return { ...circumstances, header: rest }
}

/** Loaded only where something failed: it tries what may have been meant. */
async function nearlyMatched(
  told: Told,
  { token }: DecodedToken,
  keys: Judging,
  backend: Backend,
): Promise<Partial<Told> | undefined> {
  const { nearMiss } = await import('../diagnosis/near-misses.ts')
  return nearMiss(told, token, keys, backend)
}

async function verifySignature(
  { token: { token, serialization }, circumstances }: Matter,
  { keys, algorithms }: Judging,
  { crit }: Demands,
  backend: Backend,
  detached: Detached | undefined,
): Promise<VerifiedJws | VerifiedStream> {
  const { alg } = circumstances.header ?? {}
  // A secret that is too short is no matter where the token says that it was signed with something else.
  if (serialization === 'compact' && typeof alg === 'string' && algorithms && !algorithms.includes(alg))
    throw new JoseError('CS_ALG', `alg ${alg} is not allowed here; allowed: ${algorithms.join(', ')}`)
  const options = { keys, ...(algorithms && { algorithms }), ...(crit && { crit }) }
  return detached ? detached.verify(token, options) : run(verifyJws(token, options, backend), backend)
}

async function judgeClaims(
  { token, circumstances }: Matter,
  verified: VerifiedJws | VerifiedStream,
  keys: Judging,
  demands: Demands,
  backend: Backend,
  isDetached: boolean,
): Promise<Judgement> {
  const { key } = verified
  // What stands unprotected anyone can write.
  const header = verified.protectedHeader as JoseHeader
  const signature = await signatureCheck(verified, keys, backend)
  const payload = token.payload?.json
  const shown = { header: signedHeader(token, header), ...(payload && { payload }) }
  let claims: JsonObject | undefined
  try {
    // What came by itself may be anything, and was not kept.
    claims = !isDetached && 'payload' in verified ? claimsIn(verified.payload, header) : undefined
  } catch (error) {
    if (!(error instanceof JoseError)) throw error
    const fault = { name: 'claims', status: 'fail', code: error.code } as const
    const checks = [signature, fault, ...uncheckedOf(demands.asked)]
    return { verdict: 'rejected', ...shown, checks, error: tell(error), notes: [] }
  }
  const fault = await faultOfClaims(
    { token: token.token, header, claims, key, keys: keys.keys, algorithms: keys.algorithms },
    demands,
  )
  const checks = [signature, ...claimChecks({ claims, header, demands, fault })]
  const all = { ...shown, checks, ...(claims && { claims }) }
  if (fault === undefined)
    return { verdict: 'accepted', ...all, notes: [...weakness(header, key), ...lenience(claims, demands)] }
  const error = { ...tell(fault.error, circumstances), ...nearTime(fault.error) }
  return { verdict: 'rejected', ...all, error, notes: [] }
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

async function signatureCheck({ header, key }: VerifiedStream, { given }: Judging, backend: Backend): Promise<Check> {
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
const unjudged = (error: Told): Judgement => ({ verdict: undefined, checks: [], error, notes: [] })

/** A signature that does not hold: of the claims nothing is said but that nobody looked at them. */
function refuseSignature(error: Told, { token }: Matter, asked: Demands['asked']): Judgement {
  const checks: readonly Check[] = [{ name: 'signature', status: 'fail', code: error.code }, ...uncheckedOf(asked)]
  return { verdict: 'rejected', header: token.header, checks, error, notes: [] }
}
