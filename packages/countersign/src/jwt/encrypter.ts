import { type Bytes, base64url, utf8 } from '../bytes.ts'
import { hasReplicas, type JwtClaims, refuseReplicas } from '../claims.ts'
import type { Backend } from '../crypto/backend.ts'
import { kindOf } from '../errors.ts'
import { toMembers } from '../header-members.ts'
import { type JsonObject, parseObject } from '../json.ts'
import { seal, toCompact } from '../jwe/encrypt.ts'
import { type ManagedKey, manage } from '../jwe/manage.ts'
import { type ManagementChoice, toManagementOptions } from '../jwe/options.ts'
import { toChoice, toManagement } from '../jwe/rules.ts'
import type { Key } from '../key/key.ts'
import { nameOf } from '../key/ops.ts'
import { type Op, use } from '../op.ts'
import { checkNames, type Duration, SEALED_JWT_LIMITS, toBoolean, toText } from '../options.ts'
import { type Keys, toEncryptWith } from '../source/source.ts'
import {
  CLAIMS_CALL_NAMES,
  CLAIMS_DEFAULT_NAMES,
  type ClaimsDefaults,
  type ClaimsInput,
  claimsCheck,
  claimsWriter,
  type SignOptions,
  tooLarge,
} from './claims-writer.ts'
import { parseClaims } from './decode.ts'
import { SIGNERS } from './signer.ts'

/** Options of {@link createEncrypter}. */
export interface EncrypterOptions<Claims = JwtClaims> extends ClaimsDefaults<Claims>, ManagementChoice {
  /** Whom to encrypt to: a public key or a shared secret; of a set the first key that is for encryption, as it rotates. */
  readonly key: Keys
  /** The key management; needed where the key fits several algorithms and names none, and where it comes from a set. */
  readonly alg?: string
  /** The content encryption. Default `A256GCM`, or what fits a key that is shared. */
  readonly enc?: string
  /**
   * Compresses the claims, which tells something about them by the length of the token (RFC 7516 §4.1.3). Default
   * false.
   */
  readonly zip?: boolean
  /**
   * The life of a token, counted from its iat: seconds, or a text such as `'15m'`; `'never'` makes tokens without
   * `exp`. Needed where nothing is signed.
   */
  readonly expiresIn?: Duration | 'never'
  /** The type in the header. Default `JWT`. */
  readonly typ?: string
  /** Further members of the protected header, which anyone can read. */
  readonly header?: Readonly<Record<string, unknown>>
}

/** A signer, as {@link createSigner} gives it to {@link createEncrypter}. */
export interface AnySigner {
  /** Signs claims. @throws {JoseError} why it cannot, such as `CS_CLAIM_TYPE` */
  sign(claims: never, options?: SignOptions): unknown
}

/** What one token has otherwise than its encrypter says: the second argument of `encrypt` ({@link createEncrypter}). */
export interface EncryptOptions extends SignOptions {
  /** Signs the claims first, so that they say who wrote them: a nested JWT (RFC 7519 §11.2). */
  readonly sign?: AnySigner
}

/** Encrypts a claims set, step by step. */
export type EncryptOp<Claims = JwtClaims> = (claims: ClaimsInput<Claims>, options?: EncryptOptions) => Op<string>

const CHOICE_NAMES = ['apu', 'apv', 'p2c'] as const
const NAMES = ['key', 'alg', 'enc', 'zip', 'typ', 'header', ...CHOICE_NAMES, ...CLAIMS_DEFAULT_NAMES] as const
/** Members that the encrypter sets itself, or that would change what the token means. */
const RESERVED = ['alg', 'enc', 'typ', 'kid', 'cty', 'zip', 'crit', 'b64', 'epk', ...CHOICE_NAMES, 'iv', 'tag', 'p2s']
const LIMITS = SEALED_JWT_LIMITS

/**
 * Checks every option once and prepares all that does not depend on the token.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} for keys that cannot be encrypted to
 */
export function prepareEncrypter<Claims = JwtClaims>(
  options: EncrypterOptions<Claims>,
  backend: Backend,
): EncryptOp<Claims> {
  checkNames<EncrypterOptions<Claims>>(options, NAMES, 'createEncrypter')
  const choice = toChoice(toManagement(options.key, options.alg, backend), options.enc)
  const { source, alg, content, needs } = choice
  const management = toManagementOptions(options, alg)
  const zip = toBoolean(options.zip, 'zip', false)
  const members = toOwnMembers(options, zip)
  const { expiresIn = 'never' } = options
  const write = claimsWriter({ ...options, expiresIn })
  const fit = claimsCheck(options, backend)
  const repeating = hasReplicas(members)
  const headers = headerWriter({ alg: alg.id, enc: content.id }, members)

  return function* (claims, call = {}) {
    checkNames<EncryptOptions>(call, [...CLAIMS_CALL_NAMES, 'sign'], 'encrypt')
    const { sign, ...rest } = call
    const text = sign === undefined ? write(claims, lived(rest, options)) : yield* signed(sign, claims, rest, options)
    if (fit) yield* fit(text)
    if (repeating) refuseReplicas(members, claimsOf(text, sign !== undefined))
    const key = source.only ?? (yield* toEncryptWith(source, alg, needs))
    const managed = yield* manage(alg, key, content, management)
    const encoded = yield* headers(key, sign !== undefined, managed)
    const plaintext = utf8(text)
    if (zip && plaintext.length > LIMITS.inflatedBytes)
      throw tooLarge('claims set', plaintext.length, LIMITS.inflatedBytes)
    const octets = zip ? yield* use((backend) => backend.deflate(plaintext)) : plaintext
    const token = toCompact(encoded, managed.encryptedKey, yield* seal(content, managed.cek, octets, utf8(encoded)))
    if (token.length > LIMITS.tokenBytes) throw tooLarge('token', token.length, LIMITS.tokenBytes)
    return token
  }
}

function toOwnMembers({ typ, header }: EncrypterOptions<unknown>, zip: boolean): JsonObject {
  const members = toMembers(header, 'header', LIMITS) ?? {}
  for (const name of RESERVED) {
    if (Object.hasOwn(members, name)) throw new TypeError(`header holds ${name}, which is not set this way`)
  }
  return { typ: typ === undefined ? 'JWT' : toText(typ, 'typ'), ...(zip && { zip: 'DEF' }), ...members }
}

/** The claims as they will be read. */
function claimsOf(text: string, nested: boolean): JsonObject {
  return nested ? parseClaims(text.split('.')[1] ?? '', LIMITS) : parseObject(text, 'the claims set', LIMITS.jsonDepth)
}

/** Claims that nobody signs have to have a life by somebody's word. */
function lived(call: SignOptions, { expiresIn }: EncrypterOptions<unknown>): SignOptions {
  if (call.expiresIn === undefined && expiresIn === undefined)
    throw new TypeError("expiresIn is required where the claims are not signed, such as '15m'; 'never' says for ever")
  return call
}

/** The claims as a JWT that says who wrote them. What it says is for its signer to know. */
function signed(sign: AnySigner, claims: unknown, call: SignOptions, options: EncrypterOptions<unknown>): Op<string> {
  const operation = SIGNERS.of(sign)
  if (operation === undefined) throw new TypeError(`sign is ${kindOf(sign)}; give what createSigner gave`)
  const [name] = CLAIMS_DEFAULT_NAMES.filter((option) => options[option] !== undefined && option !== 'now')
  if (name !== undefined) throw new TypeError(`${name} is for the signer to say where the claims are signed`)
  return use((backend) => operation(claims as JwtClaims, backend, call))
}

type HeaderWriter = (key: Key, nested: boolean, managed: ManagedKey) => Op<string>

/** Writes the header, once for each key where nothing in it is new for each token. */
function headerWriter(first: JsonObject, members: JsonObject): HeaderWriter {
  const kept = new WeakMap<Key, Map<boolean, string>>()
  return function* (key, nested, { parameters }) {
    const constant = Object.keys(parameters).length === 0
    const known = constant ? kept.get(key)?.get(nested) : undefined
    if (known !== undefined) return known
    const kid = yield* nameOf(key)
    const header = {
      ...first,
      ...(kid !== undefined && { kid }),
      ...(nested && { cty: 'JWT' }),
      ...members,
      ...parameters,
    }
    const octets: Bytes = utf8(JSON.stringify(header))
    if (octets.length > LIMITS.headerBytes) throw tooLarge('header', octets.length, LIMITS.headerBytes)
    const encoded = base64url(octets)
    if (constant) kept.set(key, (kept.get(key) ?? new Map<boolean, string>()).set(nested, encoded))
    return encoded
  }
}
