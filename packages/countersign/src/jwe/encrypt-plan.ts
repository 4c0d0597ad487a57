import type { Bytes } from '../bytes.ts'
import type { Backend } from '../crypto/backend.ts'
import { show } from '../errors.ts'
import { toMembers } from '../header-members.ts'
import { type JsonObject, own } from '../json.ts'
import { checkNames, JWE_LIMITS, type JweLimits, toBoolean, toData, toLimits } from '../options.ts'
import { NO_MEMBERS } from '../serialization/parts.ts'
import type { Keys } from '../source/source.ts'
import type { ManagementOptions } from './manage.ts'
import { type ManagementChoice, toManagementOptions } from './options.ts'
import { isDirect } from './parameters.ts'
import { type EncryptionChoice, toChoice, toManagement } from './rules.ts'

/** The ways to write a JWE (RFC 7516 §3): an option of {@link encryptJwe}. */
export type JweSerialization = 'compact' | 'flattened' | 'general'

/** One recipient to encrypt to, of the one or several that {@link encryptJwe} takes. */
export interface JweTarget extends ManagementChoice {
  /** A public key or a shared secret; of a set the first key that is for encryption. */
  readonly key: Keys
  /** The key management; needed where the key fits several algorithms and names none, and where it comes from a set. */
  readonly alg?: string
  /** Members of the header of this recipient alone, which anyone can change; the compact serialization has none. */
  readonly header?: Readonly<Record<string, unknown>>
}

/** What holds for all recipients of a JWE: options of {@link encryptJwe}. */
export interface JweOptions {
  /** The content encryption. Default `A256GCM`, or what fits a key that is shared. */
  readonly enc?: string
  /** How the JWE is written. Default: `compact` for a key, `general` for recipients. */
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
  /**
   * Compresses the plaintext, which tells something about it by the length of the token (RFC 7516 §4.1.3). Default
   * false.
   */
  readonly zip?: boolean
  /** Allows `enc` in an unprotected header (RFC 7520 §5.12). */
  readonly allowUnprotectedAlg?: boolean
  /** What is refused for its size: octets, levels, how many recipients; see {@link JweLimits}. */
  readonly limits?: Partial<JweLimits>
}

/** Options of {@link encryptJwe}: one key, or several recipients. */
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

/** Everything about a JWE to make but its plaintext, checked. */
export interface Plan {
  readonly serialization: JweSerialization
  readonly zip: boolean
  readonly aad: Bytes | undefined
  readonly limits: JweLimits
  readonly allowUnprotectedAlg: boolean
  readonly guarded: JsonObject
  readonly shared: JsonObject | undefined
  readonly targets: readonly Target[]
}

/** A recipient once it is clear how its key gets to it. */
export interface Target extends EncryptionChoice {
  readonly management: ManagementOptions
  readonly own: JsonObject
}

/**
 * Checks every option.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} for keys that cannot be encrypted to
 */
export function toPlan(options: EncryptJweOptions, backend: Backend): Plan {
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
