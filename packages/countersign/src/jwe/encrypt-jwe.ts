import { type Bytes, base64url, textToBase64url, utf8 } from '../bytes.ts'
import type { Backend, Material } from '../crypto/backend.ts'
import { JoseError } from '../errors.ts'
import { JWE_PLACES, joinHeader, tooLargeHeader } from '../header.ts'
import { isDeeper, type JsonObject, withoutUndefined } from '../json.ts'
import type { Key } from '../key/key.ts'
import { nameOf } from '../key/ops.ts'
import { type Op, use } from '../op.ts'
import { type JweLimits, toData } from '../options.ts'
import { additionalData, type FlattenedJwe, type GeneralJwe, type JwePart } from '../serialization/jwe.ts'
import { toEncryptWith } from '../source/source.ts'
import { seal, toCompact } from './encrypt.ts'
import { type EncryptJweOptions, type Plan, type Target, toPlan } from './encrypt-plan.ts'
import { type ManagedKey, manage, newCek } from './manage.ts'

/** @see the door's `encryptJwe` */
export function encryptJwe(
  plaintext: unknown,
  options: EncryptJweOptions,
  backend: Backend,
): Op<string | FlattenedJwe | GeneralJwe> {
  const plan = toPlan(options, backend)
  return encryptWhole(toData(plaintext, 'the plaintext'), plan)
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
