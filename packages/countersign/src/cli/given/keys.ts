import { type Bytes, fromBase64 } from '../../bytes.ts'
import { duplicates, JsonFault, parseExact, printable, toValue } from '../../diagnosis/exact-json.ts'
import { CommandError, type GivenKeys, tell } from '../../diagnosis/told.ts'
import { JoseError, show } from '../../errors.ts'
import { isObject, type JsonObject, own } from '../../json.ts'
import { formOf } from '../../key/container.ts'
import { importKey } from '../../key/import.ts'
import { isJwkSet, PRIVATE_MEMBERS } from '../../key/jwk.ts'
import type { Key } from '../../key/key.ts'
import { looksLikeDer } from '../../key/outline.ts'
import { looksLikePem, parsePem } from '../../key/pem.ts'
import { KeySet } from '../../source/set.ts'
import type { Call } from '../call.ts'
import { backend } from '../engine.ts'
import { usage } from '../line/usage.ts'
import { type PassphraseRequest, passphraseFor } from './passphrases.ts'
import { readSealedJwk } from './sealed-jwk.ts'
import { type Read, Sources } from './sources.ts'
import { textOf } from './text.ts'

/** One key as somebody gave it. */
export interface GivenKey extends GivenKeys {
  readonly as: 'key' | 'secret'
  readonly key: Key
  /** The certificate that it came in, or the first of its x5c, in DER. */
  readonly certificate?: Bytes
  /** Members of its JWK that are not part of a key here, and that nothing writes again. */
  readonly others?: readonly string[]
  /** It was encrypted where it came from. */
  readonly wasEncrypted?: boolean
}

/** The keys of a set as somebody gave them. */
export interface GivenSet extends GivenKeys {
  readonly as: 'set'
  readonly set: KeySet
  /** The set as it was written, in JSON. */
  readonly jwks: unknown
}

/** What is said about a key beside where it is. */
export interface KeyRequest extends PassphraseRequest {
  /** The one algorithm that it is for. */
  readonly alg?: string | undefined
  readonly kid?: string | undefined
}

/**
 * Reads a key: a JWK, a PEM, a DER, a certificate, or a JWK that was encrypted by `key new --encrypt`.
 *
 * @throws {CommandError} `CS_USAGE` for a private key on the command line, and what `importKey` refuses, told of it
 */
export async function readKey(call: Call, text: string, request: KeyRequest): Promise<GivenKey> {
  const held = await readHeld(call, text, request)
  if (!('json' in held)) return held
  const { name, json } = held
  if (!isJwkSet(json)) return oneOf(held, request)
  const members = own(json, 'keys')
  const [member, ...others] = Array.isArray(members) ? members : []
  // A set of one key says which one is meant.
  if (isObject(member) && others.length === 0) return oneOf({ ...held, json: member }, request)
  const count = Array.isArray(members) ? `of ${members.length} keys` : 'without keys'
  throw new CommandError('CS_KEY_TYPE', `${name} holds a JWK Set ${count}, and ${request.what} takes one key.`, {
    hint: `take one out: countersign jwks ${Sources.isSource(text) ? text : '@FILE'} --kid ID --pick`,
  })
}

/** The same where a JWK Set will do as well. */
export async function readKeys(call: Call, text: string, request: KeyRequest): Promise<GivenKey | GivenSet> {
  const held = await readHeld(call, text, request)
  if (!('json' in held)) return held
  return isJwkSet(held.json) ? toSet(held.name, held.json, call) : oneOf(held, request)
}

/** Reads a JWK Set, or one JWK in its place. @throws {JoseError} `CS_JWKS_INVALID` */
export async function readSet(call: Call, text: string, what: string): Promise<GivenSet> {
  const read = await call.sources.read(text, { what, inline: true })
  const json = jsonOf(read)
  if (json === undefined)
    throw new CommandError('CS_JWKS_INVALID', `${read.name} is not JSON, and ${what} takes a JWK Set.`, {
      ...(looksLikePem(textOf(read.bytes) ?? '') && {
        hint: 'a PEM is one key: verify --key @FILE, or key inspect @FILE.',
      }),
    })
  refuseSecretInline(json, read, what)
  return toSet(read.name, isJwkSet(json) ? json : { keys: [json] }, call)
}

/** Keys of a set, with a word about those that were left out. */
export function toSet(name: string, jwks: unknown, call: Call): GivenSet {
  const set = jwks instanceof KeySet ? jwks : told(name, () => new KeySet(jwks, backend))
  for (const { kid, index, error } of set.skipped) {
    const which = kid === undefined ? `key ${index + 1}` : `key ${show(kid)}`
    call.note({ code: 'CS_NOTE_KEY', message: `${which} of ${name} was left out: ${tell(error).message}` })
  }
  return { name: printable(name), as: 'set', keys: set.keys, set, jwks }
}

/** JSON that was read as a key, and is yet to become one. */
export interface HeldJson {
  readonly name: string
  readonly json: JsonObject
  readonly wasEncrypted: boolean
}

/** What a source holds: a JWK or a JWK Set as it stands there, or a key in another form. */
export async function readHeld(call: Call, text: string, request: KeyRequest): Promise<HeldJson | GivenKey> {
  const read = await call.sources.read(text, { what: request.what, inline: true })
  const { name, bytes } = read
  const json = jsonOf(read)
  if (json !== undefined) {
    refuseSecretInline(json, read, request.what)
    noteUnneeded(call, name, request)
    return { name, json, wasEncrypted: false }
  }
  if (read.isInline) {
    throw usage(
      `${request.what} takes a SOURCE or a public JWK, and not a key itself`,
      '',
      `name its file: ${asFile(request.what)}`,
    )
  }
  const written = textOf(bytes)
  if (written === undefined) return readOctets(call, read, bytes, request)
  if (SEALED.test(written)) {
    const jwk = await readSealedJwk(written.trim(), await passphraseFor(call, read, request), name)
    return { name, json: jwk, wasEncrypted: true }
  }
  return readText(call, read, written, request)
}

/** A compact JWE and nothing else: as a key, a JWK under a passphrase. */
export const SEALED: RegExp = /^\s*ey[\w-]+(\.[\w-]*){4}\s*$/

/** The key of a JWK. */
export function oneOf({ name, json, wasEncrypted }: HeldJson, request: KeyRequest): GivenKey {
  const key = told(name, () => importKey(json, optionsOf(request), backend))
  const [first] = key.kind === 'secret' ? [] : ((own(json, 'x5c') as readonly string[] | undefined) ?? [])
  return {
    ...toOne(name, wasEncrypted ? 'encrypted JWK' : 'JWK', key, wasEncrypted),
    ...(first !== undefined && { certificate: fromBase64(first, 'x5c of the JWK', 'CS_KEY_INVALID') }),
    others: Object.keys(json).filter((member) => !KNOWN.has(member)),
  }
}

/** What is read of a JWK; `ext` says whether it may be written at all. */
const KNOWN: ReadonlySet<string> = new Set([
  ...['kty', 'kid', 'alg', 'use', 'key_ops', 'ext', 'crv', 'x', 'y', 'd', 'n', 'e'],
  ...['p', 'q', 'dp', 'dq', 'qi', 'k', 'pub', 'priv'],
])

const toOne = (name: string, form: string, key: Key, wasEncrypted: boolean): GivenKey => ({
  name,
  as: 'key',
  keys: [key],
  key,
  form,
  wasEncrypted,
})

const optionsOf = ({ alg, kid }: KeyRequest): { alg?: string; kid?: string } => ({
  ...(alg !== undefined && { alg }),
  ...(kid !== undefined && { kid }),
})

function told<T>(name: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw refusalOf(name, error)
  }
}

/** What the library refuses, told with the name of what it refuses. */
function refusalOf(name: string, error: unknown): unknown {
  if (!(error instanceof JoseError)) return error
  const { code, message, hint } = tell(error)
  return new CommandError(code, `cannot use ${name}: ${message}`, { hint })
}

/** Text that is no JSON: a PEM, with or without something around it, or a DER in base64. */
async function readText(call: Call, read: Read, text: string, request: KeyRequest): Promise<GivenKey> {
  const { name } = read
  if (text.trim() === '') throw new CommandError('CS_KEY_INVALID', `${name} is empty.`)
  // Not one pattern for all of it: megabytes would fill the stack of the matcher.
  const isBare = text.length >= 40 && !/[^\w+/=\s-]/.test(text)
  const der = isBare && !looksLikePem(text) ? derIn(text) : undefined
  if (der) return readOctets(call, read, der, request)
  if (!looksLikePem(text) && !isBare && !/^\s*(ssh-|ecdsa-|sk-|---- BEGIN)/.test(text)) {
    const what = /^\s*\[/.test(text) ? 'a JSON array, and a JWK Set is {"keys": [ … ]}' : undefined
    throw new CommandError(
      'CS_KEY_INVALID',
      what ? `${name} holds ${what}.` : `${name} holds no key: neither a JWK nor a PEM nor a DER.`,
      { hint: 'for a shared secret pass --secret; `countersign key new ES256 --out key.jwk` makes a key.' },
    )
  }
  const { pem, label, count } = blockOf(text)
  if (count > 1) {
    const which = label === 'CERTIFICATE' ? 'first CERTIFICATE' : label
    call.note({ code: 'CS_NOTE_KEY', message: `of the ${count} blocks in ${name}, the ${which} was taken.` })
  }
  const isEncrypted = /ENCRYPTED/.test(pem)
  const { key, wasEncrypted } = await importSealed(call, read, pem, request, isEncrypted)
  const given = toOne(name, label, key, wasEncrypted)
  return label === 'CERTIFICATE' ? { ...given, certificate: parsePem(pem).der } : given
}

async function readOctets(call: Call, read: Read, bytes: Bytes, request: KeyRequest): Promise<GivenKey> {
  const { name } = read
  if (/^(\xff\xfe|\xfe\xff|[^\0]\0[^\0]\0|\0[^\0]\0[^\0])/.test(String.fromCharCode(...bytes.subarray(0, 4)))) {
    throw new CommandError('CS_KEY_INVALID', `${name} is text in UTF-16.`, {
      hint: 'write it as UTF-8; in PowerShell with --out FILE in place of >.',
    })
  }
  if (!looksLikeDer(bytes)) {
    throw new CommandError('CS_KEY_INVALID', `${name} holds no key: neither a JWK nor a PEM nor a DER.`, {
      hint: 'for a secret that is bytes pass --secret.',
    })
  }
  const { key, wasEncrypted } = await importSealed(call, read, bytes, request, false)
  const form = formOf(bytes)
  const given = toOne(name, `DER ${LABELS[form]}`, key, wasEncrypted)
  return form === 'certificate' ? { ...given, certificate: bytes } : given
}

/** What each kind of DER is called, as in a PEM. */
const LABELS: Readonly<Record<ReturnType<typeof formOf>, string>> = {
  spki: 'PUBLIC KEY',
  pkcs8: 'PRIVATE KEY',
  'pkcs1-public': 'RSA PUBLIC KEY',
  'pkcs1-private': 'RSA PRIVATE KEY',
  sec1: 'EC PRIVATE KEY',
  certificate: 'CERTIFICATE',
  encrypted: 'ENCRYPTED PRIVATE KEY',
}

/** A DER that was written in base64; nothing for other text. */
function derIn(text: string): Bytes | undefined {
  const plain = text.replace(/\s+/g, '').replaceAll('-', '+').replaceAll('_', '/')
  try {
    const bytes = fromBase64(plain, 'the text')
    return looksLikeDer(bytes) ? bytes : undefined
  } catch {
    return undefined
  }
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,40})-----(?:(?!-----BEGIN ).)*?-----END \1-----/gs

/**
 * The block that is meant where a file has several, or words around it (RFC 7468 §2): its only key, or else the first
 * certificate, which is that of the key in every chain. Anything else is for the library to refuse.
 */
export function blockOf(text: string): { readonly pem: string; readonly label: string; readonly count: number } {
  const blocks = [...text.matchAll(BLOCK)].map(([pem, label = '']) => ({ pem, label }))
  const keys = blocks.filter(({ label }) => / ?KEY$/.test(label))
  const others = blocks.filter(({ label }) => !/ ?KEY$| PARAMETERS$/.test(label))
  const [one] = keys.length === 0 ? others : keys
  const isClear = others.every(({ label }) => label === 'CERTIFICATE') && keys.length < 2
  if (one === undefined || !isClear) return { pem: text, label: one?.label ?? 'PEM', count: 1 }
  return { ...one, count: keys.length + others.length }
}

/** A PEM or a DER, whose passphrase is asked for where it takes one. */
async function importSealed(
  call: Call,
  read: Read,
  input: string | Bytes,
  request: KeyRequest,
  isEncrypted: boolean,
): Promise<{ readonly key: Key; readonly wasEncrypted: boolean }> {
  const options = optionsOf(request)
  if (!isEncrypted) {
    try {
      const key = importKey(input, options, backend)
      noteUnneeded(call, read.name, request)
      return { key, wasEncrypted: false }
    } catch (error) {
      const asks = error instanceof JoseError && /no passphrase was given/.test(error.message)
      if (!asks) throw refusalOf(read.name, error)
    }
  }
  const passphrase = await passphraseFor(call, read, request)
  return { key: told(read.name, () => importKey(input, { ...options, passphrase }, backend)), wasEncrypted: true }
}

function noteUnneeded(call: Call, name: string, { passphrase }: KeyRequest): void {
  if (passphrase !== undefined)
    call.note({ code: 'CS_NOTE_KEY', message: `${name} is not encrypted, so --passphrase was not used.` })
}

/** The JSON object that was read; nothing where it is none. @throws {CommandError} `CS_KEY_INVALID` */
function jsonOf({ bytes, name }: Pick<Read, 'bytes' | 'name'>): JsonObject | undefined {
  const text = textOf(bytes)?.replace(/^\ufeff/, '')
  if (text === undefined || !/^\s*\{/.test(text)) return undefined
  try {
    const exact = parseExact(text, name)
    const [twice] = duplicates(exact)
    if (twice !== undefined) throw new CommandError('CS_KEY_INVALID', `${name} has the name ${show(twice)} twice.`)
    const value = toValue(exact)
    return isObject(value) ? value : undefined
  } catch (error) {
    if (error instanceof JsonFault) throw new CommandError('CS_KEY_INVALID', error.message)
    throw error
  }
}

/** @throws {CommandError} `CS_USAGE` */
export function refuseSecretInline(json: JsonObject, { isInline }: Read, what: string): void {
  const members = own(json, 'keys')
  const all = Array.isArray(members) ? members.filter(isObject) : [json]
  if (isInline && all.some((jwk) => PRIVATE_MEMBERS.some((name) => own(jwk, name) !== undefined)))
    throw usage(
      `${what} is a private key or a secret in plain sight: what stands on a command line is in the history and in the list of processes`,
      '',
      `put it into a file, and pass ${asFile(what)}.`,
    )
}

/** How a file is named for an option, or for an argument. */
const asFile = (what: string): string => (what.startsWith('--') ? `${what} @FILE` : '@FILE')
