import type { Bytes } from '../bytes.ts'
import { base64url, textToBase64url, utf8 } from '../bytes.ts'
import type { Backend, Material } from '../crypto/backend.ts'
import { JoseError, kindOf, show } from '../errors.ts'
import { JWE_PLACES, joinHeader, tooLargeHeader } from '../header.ts'
import { toMembers } from '../header-members.ts'
import { isDeeper, type JsonObject, own, withoutUndefined } from '../json.ts'
import type { Key } from '../key/key.ts'
import { nameOf } from '../key/ops.ts'
import { type Op, use } from '../op.ts'
import { checkNames, JWE_LIMITS, type JweLimits, toBoolean, toLimits } from '../options.ts'
import { additionalData, type FlattenedJwe, type GeneralJwe, type JwePart } from '../serialization/jwe.ts'
import { NO_MEMBERS } from '../serialization/parts.ts'
import { type Keys, toEncryptWith } from '../source/source.ts'
import { seal, toCompact } from './encrypt.ts'
import { type ManagedKey, type ManagementOptions, manage, newCek } from './manage.ts'
import { type ManagementChoice, toManagementOptions } from './options.ts'
import { isDirect } from './parameters.ts'
import { type EncryptionChoice, toChoice, toManagement } from './rules.ts'

/** The ways to write a JWE (RFC 7516 §3). */
export type JweSerialization = 'compact' | 'flattened' | 'general'

/** One recipient to encrypt to. */
export interface JweTarget extends ManagementChoice {
  /** A public key or a shared secret; of a set the first key that is for encryption. */
  readonly key: Keys
  /** The key management; needed where the key fits several algorithms and names none, and where it comes from a set. */
  readonly alg?: string
  /** Members of the header of this recipient alone, which anyone can change; the compact serialization has none. */
  readonly header?: Readonly<Record<string, unknown>>
}

/** What holds for all recipients of a JWE. */
export interface JweOptions {
  /** The content encryption. Default `A256GCM`, or what fits a key that is shared. */
  readonly enc?: string
  /** Default: `compact` for a key, `general` for recipients. */
  readonly serialization?: JweSerialization
  /**
   * Members of the protected header. `alg`, `enc` and `kid` are set where they are left out, those of several recipients
   * in the header of each; `kid: undefined` leaves it out.
   */
  readonly protected?: Readonly<Record<string, unknown>>
  /** Members of the header that all recipients share and anyone can change. */
  readonly unprotected?: Readonly<Record<string, unknown>>
  /** Octets, or text in UTF-8, that travel in the open and cannot be changed; the compact serialization has none. */
  readonly aad?: Uint8Array | string
  /** Compresses the plaintext, which tells something about it by the length of the token. Default false. */
  readonly zip?: boolean
  /** Allows `enc` in an unprotected header (RFC 7520 §5.12). */
  readonly allowUnprotectedAlg?: boolean
  readonly limits?: Partial<JweLimits>
}

/** Options of `encryptJwe`: one key, or several recipients. */
export type EncryptJweOptions = JweOptions &
  ((JweTarget & { readonly recipients?: never }) | { readonly recipients: readonly JweTarget[]; readonly key?: never })

const TARGET_NAMES = ['key', 'alg', 'header', 'apu', 'apv', 'p2c'] as const
const COMMON_NAMES = [
  ...(['enc', 'serialization', 'protected', 'unprotected', 'aad', 'zip'] as const),
  ...(['allowUnprotectedAlg', 'limits'] as const),
]
const NAMES = ['recipients', ...TARGET_NAMES, ...COMMON_NAMES] as const

/** Members that have an option, or that no one but the algorithm writes. */
const RESERVED = ['zip', 'b64', 'epk', 'apu', 'apv', 'iv', 'tag', 'p2s', 'p2c'] as const

interface Plan {
  readonly serialization: JweSerialization
  readonly zip: boolean
  readonly aad: Bytes | undefined
  readonly limits: JweLimits
  readonly allowUnprotectedAlg: boolean
  readonly guarded: JsonObject
  readonly shared: JsonObject | undefined
  readonly targets: readonly Target[]
}

interface Target extends EncryptionChoice {
  readonly management: ManagementOptions
  readonly own: JsonObject
}

/** @see the door's `encryptJwe` */
export function encryptJwe(
  plaintext: unknown,
  options: EncryptJweOptions,
  backend: Backend,
): Op<string | FlattenedJwe | GeneralJwe> {
  const plan = toPlan(options, backend)
  return encryptWhole(toData(plaintext, 'the plaintext'), plan)
}

/** Octets in memory of their own: the caller may change them while a key is being waited for. */
function toData(value: unknown, name: string): Bytes {
  if (typeof value !== 'string' && !(value instanceof Uint8Array))
    throw new TypeError(`${name} is ${kindOf(value)}; give octets or text`)
  if (typeof value === 'string' && !value.isWellFormed())
    throw new JoseError('CS_MALFORMED', `${name} is text that has no UTF-8`)
  return typeof value === 'string' ? utf8(value) : new Uint8Array(value)
}

function toPlan(options: EncryptJweOptions, backend: Backend): Plan {
  checkNames<EncryptJweOptions>(options, NAMES, 'encryptJwe')
  const limits = toLimits(options.limits, JWE_LIMITS)
  const targets = toTargets(options, limits)
  const several = targets.length > 1
  const serialization = toSerialization(options, targets.length)
  const guarded = membersOf(options.protected, 'protected', limits)
  const shared = options.unprotected === undefined ? undefined : membersOf(options.unprotected, 'unprotected', limits)
  const enc = agreed('enc', options.enc, [guarded, shared])
  const planned = targets.map((target): Target => {
    const own = membersOf(target.header, 'header', limits)
    if (Object.hasOwn(own, 'enc')) throw new TypeError('header holds enc, which is one for all recipients')
    const alg = agreed('alg', target.alg, [guarded, shared, own])
    const choice = toChoice(toManagement(target.key, alg, backend), enc)
    if (several && isDirect(choice.alg))
      throw new TypeError(`alg ${choice.alg.id} is for one recipient alone (RFC 7516 §5.1)`)
    return { ...choice, own, management: toManagementOptions(target, choice.alg) }
  })
  const inTheOpen = shared !== undefined || options.aad !== undefined || targets.some(({ header }) => header)
  if (inTheOpen && serialization === 'compact')
    throw new TypeError('the compact serialization has no unprotected header and no aad: use flattened or general')
  return {
    ...{ serialization, limits, guarded, shared, targets: sharingWork(planned) },
    zip: toBoolean(options.zip, 'zip', false),
    aad: options.aad === undefined ? undefined : toData(options.aad, 'aad'),
    allowUnprotectedAlg: toBoolean(options.allowUnprotectedAlg, 'allowUnprotectedAlg', false),
  }
}

/** All passwords together take no more work than one may, or nobody would do it (attack 46). @throws TypeError */
function sharingWork(targets: readonly Target[]): readonly Target[] {
  const passwords = targets.filter(({ alg }) => alg.family === 'password').length
  if (passwords < 2) return targets
  let share = 0
  const sharing = targets.map((target): Target => {
    const { alg, management } = target
    if (alg.family !== 'password') return target
    const { p2c = Math.floor(alg.iterations / passwords) } = management
    share += p2c / alg.iterations
    return { ...target, management: { ...management, p2c } }
  })
  if (share <= 1) return sharing
  throw new TypeError('several passwords share the iterations that one may take: give each a lower p2c')
}

function toTargets(options: EncryptJweOptions, limits: JweLimits): readonly JweTarget[] {
  const { recipients } = options
  if (recipients === undefined) return [options as JweTarget]
  for (const name of TARGET_NAMES) {
    if (options[name as 'key'] !== undefined) throw new TypeError(`${name} and recipients exclude each other`)
  }
  if (!Array.isArray(recipients) || recipients.length === 0 || recipients.length > limits.recipients)
    throw new TypeError(`recipients is an array of 1 to ${limits.recipients} recipients`)
  const targets = Array.from(recipients as readonly JweTarget[])
  for (const target of targets) checkNames<JweTarget>(target, TARGET_NAMES, 'a recipient')
  return targets
}

function toSerialization({ serialization, recipients }: EncryptJweOptions, count: number): JweSerialization {
  if (serialization === undefined) return recipients === undefined ? 'compact' : 'general'
  if (!['compact', 'flattened', 'general'].includes(serialization))
    throw new TypeError(`serialization ${show(serialization)} is none of compact, flattened, general`)
  if (serialization !== 'general' && count > 1)
    throw new TypeError(`the ${serialization} serialization has one recipient, not ${count}: use general`)
  return serialization
}

function membersOf(value: unknown, name: string, limits: JweLimits): JsonObject {
  const members = toMembers(value, name, limits)
  if (members === undefined) return NO_MEMBERS
  for (const reserved of RESERVED) {
    if (Object.hasOwn(members, reserved)) throw new TypeError(`${name} holds ${reserved}, which is not set this way`)
  }
  return members
}

/** What an option says, or a header in its place. @throws TypeError where they differ */
function agreed(name: 'alg' | 'enc', option: unknown, headers: readonly (JsonObject | undefined)[]): unknown {
  const said = headers.map((header) => header && own(header, name)).filter((value) => value !== undefined)
  if (option !== undefined) said.push(option)
  if (new Set(said).size > 1) throw new TypeError(`${name} is ${said.map(show).join(' and ')} at once`)
  return said[0]
}

/** The headers of one recipient, apart from what its key management adds. */
interface Head {
  readonly guarded: JsonObject
  readonly own: JsonObject
  /** Whether what the key management adds is protected: it stands where alg does. */
  readonly guardsAlg: boolean
}

function* headOf(target: Target, key: Key, plan: Plan): Op<Head> {
  const { guarded, shared = {}, targets } = plan
  const has = (name: string): boolean => [guarded, shared, target.own].some((header) => Object.hasOwn(header, name))
  const several = targets.length > 1
  const alg = has('alg') ? {} : { alg: target.alg.id }
  const enc = has('enc') ? {} : { enc: target.content.id }
  const name = has('kid') ? undefined : yield* nameOf(key)
  const kid = name === undefined ? {} : { kid: name }
  const head = several
    ? { guarded: { ...enc, ...guarded }, own: { ...alg, ...kid, ...target.own } }
    : { guarded: { ...alg, ...enc, ...kid, ...guarded }, own: target.own }
  return { ...head, guardsAlg: !several && Object.hasOwn(head.guarded, 'alg') }
}

function* encryptWhole(plaintext: Bytes, plan: Plan): Op<string | FlattenedJwe | GeneralJwe> {
  const { limits, targets, zip, aad } = plan
  refuseLarge(zip ? 0 : plaintext.length, limits)
  if (zip && plaintext.length > limits.inflatedBytes)
    throw new JoseError(
      'CS_TOO_LARGE',
      `the plaintext has ${plaintext.length} octets, ${limits.inflatedBytes} are allowed`,
    )
  const heads: { readonly target: Target; readonly key: Key; readonly head: Head }[] = []
  for (const target of targets) {
    const key = target.source.only ?? (yield* toEncryptWith(target.source, target.alg, target.needs))
    heads.push({ target, key, head: yield* headOf(target, key, plan) })
  }
  // All headers before the first key is used: a mistake in one shows before a key far away is asked.
  for (const { head } of heads) checkHead(head, plan)
  const octets = zip ? yield* use((backend) => backend.deflate(plaintext)) : plaintext
  const managed: ManagedKey[] = []
  let cek: Material | undefined
  for (const { target, key } of heads) {
    if (heads.length > 1) cek ??= yield* newCek(target.content)
    const one = yield* manage(target.alg, key, target.content, target.management, cek)
    managed.push(one)
    cek = one.cek
  }
  const [first] = heads as [(typeof heads)[0]]
  const guarded = {
    ...first.head.guarded,
    ...(zip && { zip: 'DEF' }),
    ...(first.head.guardsAlg && managed[0]?.parameters),
  }
  const encoded = encode(guarded, limits)
  const further = aad?.length ? base64url(aad) : undefined // none is none (RFC 7516 §7.2.1)
  const sealed = yield* seal(first.target.content, cek as Material, octets, additionalData(encoded, further))
  if (plan.serialization === 'compact') {
    const token = toCompact(encoded, managed[0]?.encryptedKey ?? new Uint8Array(), sealed)
    refuseLarge(token.length, limits)
    return token
  }
  const parts = heads.map(({ head }, index) => toPart(head, managed[index] as ManagedKey, limits))
  const shared = plan.shared && withoutUndefined(plan.shared)
  const content = {
    ...(encoded !== '' && { protected: encoded }),
    ...(shared && Object.keys(shared).length > 0 && { unprotected: shared }),
    ...(further !== undefined && { aad: further }),
    iv: base64url(sealed.iv),
    ciphertext: base64url(sealed.ciphertext),
    tag: base64url(sealed.tag),
  }
  const texts = [content.protected, further, content.iv, content.ciphertext, content.tag]
  const lengths = [...texts, ...parts.map((part) => part.encrypted_key)].map((text) => text?.length ?? 0)
  refuseLarge(
    lengths.reduce((sum, length) => sum + length, 0),
    limits,
  )
  return plan.serialization === 'flattened' ? { ...content, ...parts[0] } : { ...content, recipients: parts }
}

/** @throws TypeError for headers that nobody would read again */
function checkHead({ guarded, own }: Head, plan: Plan): void {
  const { guarded: members, shared, zip, allowUnprotectedAlg } = plan
  const headers = [shared, own].filter((header) => header !== undefined)
  if ([members, ...headers].every((header) => Object.keys(header).length === 0)) return // all there is is ours
  const open = headers.map(withoutUndefined)
  const known = withoutUndefined({ ...guarded, ...(zip && { zip: 'DEF' }) })
  try {
    joinHeader(known, open, allowUnprotectedAlg, JWE_PLACES)
  } catch (error) {
    if (error instanceof JoseError) throw new TypeError(error.message)
    throw error
  }
}

function toPart({ own, guardsAlg }: Head, { encryptedKey, parameters }: ManagedKey, limits: JweLimits): JwePart {
  const header = withoutUndefined({ ...own, ...(!guardsAlg && parameters) })
  toText(header, limits)
  return {
    ...(Object.keys(header).length > 0 && { header }),
    ...(encryptedKey.length > 0 && { encrypted_key: base64url(encryptedKey) }),
  }
}

/** base64url text of a protected header; none for one without members. */
function encode(members: JsonObject, limits: JweLimits): string {
  const text = toText(members, limits)
  return text === '{}' ? '' : textToBase64url(text)
}

/** The JSON of a header with all that was added to it. @throws {JoseError} `CS_TOO_LARGE` */
function toText(members: JsonObject, limits: JweLimits): string {
  const text = JSON.stringify(members)
  const octets = utf8(text).length
  if (octets > limits.headerBytes) throw tooLargeHeader(limits, octets)
  if (!isDeeper(members, limits.jsonDepth)) return text
  throw new JoseError('CS_TOO_LARGE', `the header is nested deeper than ${limits.jsonDepth} levels (limit jsonDepth)`)
}

/** Nothing is made that would not be read again. */
function refuseLarge(length: number, { tokenBytes }: JweLimits): void {
  if (length <= tokenBytes) return
  throw new JoseError('CS_TOO_LARGE', `the token would have ${length} characters, ${tokenBytes} are allowed`, {
    hint: 'Raise limits.tokenBytes here and where it is decrypted.',
  })
}
