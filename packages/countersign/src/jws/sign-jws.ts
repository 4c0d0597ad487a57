import type { SignatureAlg } from '../alg/signature.ts'
import { type Bytes, base64url, concat, fromUtf8, utf8 } from '../bytes.ts'
import type { Backend, SigningInput } from '../crypto/backend.ts'
import { JoseError, kindOf, show } from '../errors.ts'
import { joinHeader, tooLargeHeader } from '../header.ts'
import { toMembers } from '../header-members.ts'
import { type JsonObject, own, withoutUndefined } from '../json.ts'
import type { Key } from '../key/key.ts'
import { nameOf } from '../key/ops.ts'
import { type Op, use } from '../op.ts'
import { checkNames, JOSE_LIMITS, type JoseLimits, toBoolean, toLimits } from '../options.ts'
import { encodePayload, type FlattenedJws, fitsCompact, type GeneralJws, type JwsPart } from '../serialization/jws.ts'
import type { SigningKeys } from '../source/key-source.ts'
import { isStream, type PayloadStream, reading, signPieces, toPayload } from './pieces.ts'
import { signInput } from './primitive.ts'
import { currentKey, type Signing, toSigning } from './sign.ts'

/** The ways to write a JWS (RFC 7515 §3): an option of {@link signJws}. */
export type JwsSerialization = 'compact' | 'flattened' | 'general'

/** One signature to make: `signers` of {@link signJws} has several. */
export interface JwsSigner {
  /** A private key or a secret, or a key ring, whose keys take turns. */
  readonly key: Key | SigningKeys
  /** Needed where the key fits several algorithms and names none. */
  readonly alg?: string
  /** Members of the protected header. `alg` and `kid` are set where they are left out; `kid: undefined` leaves it out. */
  readonly protected?: Readonly<Record<string, unknown>>
  /** Members of the unprotected header, which anyone can change; the compact serialization has none. */
  readonly unprotected?: Readonly<Record<string, unknown>>
}

/** What holds for all signatures of a JWS: options of {@link signJws}. */
export interface JwsOptions {
  /** How the JWS is written. Default: `compact` for a key, `general` for signers. */
  readonly serialization?: JwsSerialization
  /** Leaves the payload out of the JWS: it travels by itself (RFC 7515 Appendix F). */
  readonly detached?: boolean
  /** `false` signs the payload as it is and not its base64url text (RFC 7797). */
  readonly b64?: boolean
  /** Allows `alg` in the unprotected header (RFC 7520 §4.7). */
  readonly allowUnprotectedAlg?: boolean
  /** What is refused for its size: octets, levels, how many signatures; see {@link JoseLimits}. */
  readonly limits?: Partial<JoseLimits>
}

/** Options of {@link signJws}: one key, or several signers. */
export type SignJwsOptions = JwsOptions &
  ((JwsSigner & { readonly signers?: never }) | { readonly signers: readonly JwsSigner[]; readonly key?: never })

const SIGNER_NAMES = ['key', 'alg', 'protected', 'unprotected'] as const
const COMMON_NAMES = ['serialization', 'detached', 'b64', 'allowUnprotectedAlg', 'limits'] as const
const NAMES = ['signers', ...SIGNER_NAMES, ...COMMON_NAMES] as const

/** @see the door's `signJws` */
export function signJws(
  payload: unknown,
  options: SignJwsOptions,
  backend: Pick<Backend, 'sync'>,
): Op<string | FlattenedJws | GeneralJws> {
  const plan = toPlan(options, backend)
  if (isStream(payload)) {
    if (!plan.detached) throw new TypeError('a payload in pieces is signed detached: say detached: true')
    return reading(payload, () => signStream(payload, plan))
  }
  return signWhole(toPayload(payload, 'the payload'), plan)
}

interface Plan {
  readonly serialization: JwsSerialization
  readonly detached: boolean
  readonly encoded: boolean
  readonly limits: JoseLimits
  readonly allowUnprotectedAlg: boolean
  readonly signers: readonly PlannedSigner[]
}

interface PlannedSigner {
  readonly signing: Signing
  readonly guarded: JsonObject
  readonly open: JsonObject | undefined
}

function toPlan(options: SignJwsOptions, backend: Pick<Backend, 'sync'>): Plan {
  checkNames<SignJwsOptions>(options, NAMES, 'signJws')
  const { signers = [options as JwsSigner] } = options
  const limits = toLimits(options.limits, JOSE_LIMITS)
  if (options.signers !== undefined) {
    for (const name of SIGNER_NAMES) {
      if (options[name as 'key'] !== undefined) throw new TypeError(`${name} and signers exclude each other`)
    }
    if (!Array.isArray(signers) || signers.length === 0 || signers.length > limits.recipients)
      throw new TypeError(`signers is an array of 1 to ${limits.recipients} signers`)
    for (const signer of signers) checkNames<JwsSigner>(signer, SIGNER_NAMES, 'a signer')
  }
  const serialization = toSerialization(options, signers.length)
  const encoded = toBoolean(options.b64, 'b64', true)
  const detached = toBoolean(options.detached, 'detached', false)
  const allowUnprotectedAlg = toBoolean(options.allowUnprotectedAlg, 'allowUnprotectedAlg', false)
  const planned = signers.map((signer) =>
    planSigner(signer, { encoded, serialization, limits, allowUnprotectedAlg }, backend),
  )
  return { serialization, detached, encoded, limits, allowUnprotectedAlg, signers: planned }
}

function toSerialization({ serialization, signers }: SignJwsOptions, count: number): JwsSerialization {
  if (serialization === undefined) return signers === undefined ? 'compact' : 'general'
  if (!['compact', 'flattened', 'general'].includes(serialization))
    throw new TypeError(`serialization ${show(serialization)} is none of compact, flattened, general`)
  if (serialization !== 'general' && count > 1)
    throw new TypeError(`the ${serialization} serialization has one signature, not ${count}: use general`)
  return serialization
}

function planSigner(
  signer: JwsSigner,
  { encoded, serialization, limits, allowUnprotectedAlg }: Omit<Plan, 'signers' | 'detached'>,
  backend: Pick<Backend, 'sync'>,
): PlannedSigner {
  const guarded = toMembers(signer.protected, 'protected', limits) ?? {}
  const open = toMembers(signer.unprotected, 'unprotected', limits)
  if (open && serialization === 'compact')
    throw new TypeError('the compact serialization has no unprotected header: use flattened or general')
  const named = own(guarded, 'alg') ?? (open && own(open, 'alg'))
  if (signer.alg !== undefined && named !== undefined && named !== signer.alg)
    throw new TypeError(`alg is ${show(signer.alg)}, and the header says ${show(named)}`)
  const signing = toSigning(signer.key, signer.alg === undefined ? named : signer.alg, backend)
  const algIsOpen = open !== undefined && Object.hasOwn(open, 'alg')
  if (algIsOpen && !allowUnprotectedAlg)
    throw new TypeError('alg stands in the unprotected header, which takes allowUnprotectedAlg: true')
  const crit = Object.hasOwn(guarded, 'crit') ? guarded['crit'] : []
  if (!Array.isArray(crit)) throw new TypeError(`crit in protected is ${kindOf(crit)} and not an array of names`)
  if (Object.hasOwn(guarded, 'b64')) throw new TypeError('protected holds b64: use the option b64')
  return {
    signing,
    open,
    guarded: {
      ...(!algIsOpen && { alg: signing.alg.id }),
      ...guarded,
      ...(!encoded && { b64: false, crit: [...crit.filter((name) => name !== 'b64'), 'b64'] }),
    },
  }
}

/** The headers of a signature as they are written, what it covers in front of the payload, and what makes it. */
interface Head {
  readonly alg: SignatureAlg
  readonly key: Key
  readonly encoded: string
  readonly open: JsonObject | undefined
}

function* writeHead({ signing, guarded, open }: PlannedSigner, plan: Plan): Op<Head> {
  const key = yield* currentKey(signing)
  const named = Object.hasOwn(guarded, 'kid') || (open !== undefined && Object.hasOwn(open, 'kid'))
  const kid = named ? undefined : yield* nameOf(key)
  const members = { ...guarded, ...(kid !== undefined && { kid }) }
  const text = JSON.stringify(members)
  const visible = open && withoutUndefined(open)
  try {
    joinHeader(withoutUndefined(members), [visible], plan.allowUnprotectedAlg)
  } catch (error) {
    if (error instanceof JoseError) throw new TypeError(error.message)
    throw error
  }
  const octets = utf8(text)
  if (octets.length > plan.limits.headerBytes) throw tooLargeHeader(plan.limits, octets.length)
  return { alg: signing.alg, key, encoded: text === '{}' ? '' : base64url(octets), open: visible }
}

/** All headers before the first signature: a mistake in one shows before a signer far away is asked. */
function* writeHeads(plan: Plan): Op<readonly Head[]> {
  const heads: Head[] = []
  for (const signer of plan.signers) heads.push(yield* writeHead(signer, plan))
  return heads
}

function* signWhole(payload: Bytes, plan: Plan): Op<string | FlattenedJws | GeneralJws> {
  refuseLarge(plan.detached ? 0 : payload.length, plan)
  const heads = yield* writeHeads(plan)
  const text = plan.encoded ? encodePayload(payload) : plan.detached ? '' : plainText(payload, plan)
  refuseLarge(plan.detached ? 0 : text.length, plan)
  const parts: JwsPart[] = []
  for (const head of heads) {
    const input: SigningInput = plan.encoded ? `${head.encoded}.${text}` : concat(utf8(`${head.encoded}.`), payload)
    parts.push(toPart(head, yield* use((backend) => signInput(head.alg, head.key, input, backend))))
  }
  return write(parts, plan.detached ? undefined : text, plan)
}

/** A payload that stands in the JWS as it is. */
function plainText(payload: Bytes, { serialization }: Plan): string {
  const text = fromUtf8(payload, 'the payload')
  if (serialization !== 'compact' || fitsCompact(text)) return text
  throw new JoseError('CS_MALFORMED', 'the payload cannot stand unencoded in a compact JWS (RFC 7797 §5.2)', {
    hint: 'Only printable ASCII without a dot can. Say detached: true, or take a JSON serialization.',
  })
}

function* signStream(payload: PayloadStream, plan: Plan): Op<string | FlattenedJws | GeneralJws> {
  const heads = yield* writeHeads(plan)
  const jobs = heads.map(({ alg, key, encoded }) => ({ alg, key, head: `${encoded}.` }))
  const signatures = yield* signPieces(jobs, payload, plan.encoded)
  const parts = heads.map((head, index) => toPart(head, signatures[index] as string))
  return write(parts, undefined, plan)
}

function toPart({ encoded, open }: Head, signature: string): JwsPart {
  return {
    ...(encoded !== '' && { protected: encoded }),
    ...(open && Object.keys(open).length > 0 && { header: open }),
    signature,
  }
}

function write(parts: readonly JwsPart[], payload: string | undefined, plan: Plan): string | FlattenedJws | GeneralJws {
  const [first] = parts
  if (plan.serialization === 'compact' && first) {
    const token = `${first.protected}.${payload ?? ''}.${first.signature}`
    refuseLarge(token.length, plan)
    return token
  }
  const lengths = parts.map((part) => (part.protected?.length ?? 0) + part.signature.length)
  refuseLarge((payload?.length ?? 0) + lengths.reduce((sum, length) => sum + length, 0), plan)
  const carried = payload === undefined ? {} : { payload }
  return plan.serialization === 'flattened' && first ? { ...carried, ...first } : { ...carried, signatures: parts }
}

/** Nothing is made that would not be read again. */
function refuseLarge(length: number, { limits: { tokenBytes } }: Plan): void {
  if (length <= tokenBytes) return
  throw new JoseError('CS_TOO_LARGE', `the token would have ${length} characters, ${tokenBytes} are allowed`, {
    hint: 'Say detached: true, or raise limits.tokenBytes here and where it is verified.',
  })
}
