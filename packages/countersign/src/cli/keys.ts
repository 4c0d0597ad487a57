import type { Bytes } from '../bytes.ts'
import { fromUtf8 } from '../bytes.ts'
import { JsonFault, parseExact, toValue } from '../diagnosis/exact-json.ts'
import { CommandError, type GivenKeys, tell } from '../diagnosis/told.ts'
import { JoseError } from '../errors.ts'
import { isObject, type JsonObject, own } from '../json.ts'
import { importKey, secretKey } from '../key/import.ts'
import { isJwkSet } from '../key/jwk.ts'
import type { Key } from '../key/key.ts'
import { looksLikePem } from '../key/pem.ts'
import { KeySet } from '../source/set.ts'
import type { Call } from './call.ts'
import { backend } from './engine.ts'
import { readSealedJwk } from './sealed-jwk.ts'
import type { Read } from './sources.ts'
import { usage } from './usage.ts'

/** One key as somebody gave it. */
export interface GivenKey extends GivenKeys {
  readonly as: 'key' | 'secret'
  readonly key: Key
}

/** The keys of a set as somebody gave them. */
export interface GivenSet extends GivenKeys {
  readonly as: 'set'
  readonly set: KeySet
}

/** What is said about a key beside where it is. */
export interface KeyRequest {
  /** The option or the argument, such as `--key`. */
  readonly what: string
  /** The one algorithm that it is for. */
  readonly alg?: string | undefined
  readonly kid?: string | undefined
  /** The SOURCE of what a private key is encrypted with. */
  readonly passphrase?: string | undefined
}

/**
 * Reads a key: a JWK, a PEM, a DER, a certificate, or a JWK that was encrypted by `key new --encrypt`.
 *
 * @throws {CommandError} `CS_USAGE` for a private key on the command line, @throws {JoseError} as `importKey`
 */
export async function readKey(call: Call, text: string, request: KeyRequest): Promise<GivenKey> {
  const read = await call.sources.read(text, { what: request.what, inline: true })
  const given = await toGiven(call, read, request)
  if (given.as === 'set') {
    throw new CommandError(
      'CS_KEY_TYPE',
      `${given.name} holds a JWK Set of ${given.keys.length} keys, and ${request.what} takes one key.`,
      {
        hint: `take one out: countersign jwks ${text === '-' ? '-' : given.name} --kid ID --pick`,
      },
    )
  }
  return given
}

/** The same where a JWK Set will do as well. */
export async function readKeys(call: Call, text: string, request: KeyRequest): Promise<GivenKey | GivenSet> {
  return toGiven(call, await call.sources.read(text, { what: request.what, inline: true }), request)
}

/** Reads a JWK Set, or one JWK in its place. @throws {JoseError} `CS_JWKS_INVALID` */
export async function readSet(call: Call, text: string, what: string): Promise<GivenSet> {
  const read = await call.sources.read(text, { what, inline: true })
  const json = jsonOf(read)
  if (json === undefined)
    throw new CommandError('CS_JWKS_INVALID', `${read.name} is not JSON, and ${what} takes a JWK Set.`)
  refuseSecretInline(json, read, what)
  return toSet(read.name, isJwkSet(json) ? json : { keys: [json] }, call)
}

/** Keys of a set, with a word about those that were left out. */
export function toSet(name: string, jwks: unknown, call: Call): GivenSet {
  const set = jwks instanceof KeySet ? jwks : new KeySet(jwks, backend)
  for (const { kid, index, error } of set.skipped) {
    const which = kid === undefined ? `key ${index + 1}` : `key ${JSON.stringify(kid.slice(0, 100))}`
    call.note({ code: 'CS_NOTE_KEY', message: `${which} of ${name} was left out: ${tell(error).message}` })
  }
  return { name, as: 'set', keys: set.keys, set }
}

async function toGiven(call: Call, read: Read, request: KeyRequest): Promise<GivenKey | GivenSet> {
  const json = jsonOf(read)
  if (json !== undefined) {
    refuseSecretInline(json, read, request.what)
    if (isJwkSet(json)) return toSet(read.name, json, call)
    return toOne(read.name, 'JWK', importJwk(json, request))
  }
  const text = textOf(read.bytes)
  if (text === undefined) return toOne(read.name, 'DER', await importSealed(call, read, read.bytes, request))
  if (/^\s*ey[\w-]+(\.[\w-]*){4}\s*$/.test(text)) {
    const jwk = await readSealedJwk(text.trim(), await passphraseFor(call, read, request), read.name)
    return toOne(read.name, 'JWK', importJwk(jwk, request))
  }
  if (read.isInline) {
    throw usage(
      `${request.what} takes a SOURCE or a public JWK, and not a key itself`,
      '',
      `name its file: ${request.what} @FILE`,
    )
  }
  if (!looksLikePem(text) && !/^[\w+/=\s-]{64,}$/.test(text) && !/^(ssh-|ecdsa-)/.test(text)) {
    throw new CommandError('CS_KEY_INVALID', `${read.name} holds no key: neither a JWK nor a PEM nor a DER.`, {
      hint: 'for a shared secret pass --secret; `countersign key new ES256 --out key.jwk` makes a key.',
    })
  }
  return toOne(read.name, labelOf(text), await importSealed(call, read, text, request))
}

const toOne = (name: string, form: string, key: Key): GivenKey => ({ name, as: 'key', keys: [key], key, form })

const optionsOf = ({ alg, kid }: KeyRequest): { alg?: string; kid?: string } => ({
  ...(alg !== undefined && { alg }),
  ...(kid !== undefined && { kid }),
})

function importJwk(jwk: JsonObject, request: KeyRequest): Key {
  return importKey(jwk, optionsOf(request), backend)
}

/** A PEM or a DER, whose passphrase is asked for where it takes one. */
async function importSealed(call: Call, read: Read, input: string | Bytes, request: KeyRequest): Promise<Key> {
  const options = optionsOf(request)
  const isEncrypted = typeof input === 'string' && /ENCRYPTED/.test(input)
  if (!isEncrypted && request.passphrase === undefined) {
    try {
      return importKey(input, options, backend)
    } catch (error) {
      if (!(error instanceof JoseError) || !/passphrase/.test(error.message + error.hint)) throw error
    }
  }
  return importKey(input, { ...options, passphrase: await passphraseFor(call, read, request) }, backend)
}

/** What a private key is encrypted with. @throws {CommandError} `CS_USAGE` where nobody can be asked */
async function passphraseFor(call: Call, { name }: Read, { passphrase }: KeyRequest): Promise<string> {
  if (passphrase === undefined) {
    const { host, settings } = call
    if (settings['no-input'] || !host.input.isTerminal || !host.errors.isTerminal)
      throw usage(
        `${name} is encrypted`,
        '',
        'pass what it is encrypted with: --passphrase @FILE or --passphrase env:NAME.',
      )
    return host.askSecret(`passphrase of ${name}: `)
  }
  return readPassphrase(call, passphrase)
}

/** Text that opens a key, without the line break that ends its file. */
export async function readPassphrase(call: Call, source: string, question = 'passphrase: '): Promise<string> {
  const { bytes, name } = await call.sources.read(source, { what: '--passphrase', question })
  const text = textOf(withoutNewline(bytes).bytes)
  if (text === undefined || text === '') throw new CommandError('CS_INPUT', `${name} holds no text.`)
  return text
}

/** How a secret is written. */
export type SecretEncoding = 'utf8' | 'base64' | 'base64url' | 'hex'

/** A secret before it is a key. */
export interface GivenSecret {
  readonly name: string
  /** As it was read, but for one line break at its end. */
  readonly bytes: Bytes
  readonly encoding: SecretEncoding
  /** What was done to it. */
  readonly change?: string
}

/**
 * Reads a shared secret. A file loses exactly one line break at its end, which editors put there.
 *
 * @throws {CommandError} `CS_USAGE` for a secret on the command line
 */
export async function readSecret(call: Call, source: string, what: string, encoding = 'utf8'): Promise<GivenSecret> {
  const read = await call.sources.read(source, { what })
  // A variable and what was typed have no line break of their own.
  const { bytes, cut } = /^(env:|prompt:)/.test(source) ? { bytes: read.bytes, cut: false } : withoutNewline(read.bytes)
  const text = textOf(bytes)
  if (
    text !== undefined &&
    /^\s*\{/.test(text) &&
    isObject(jsonOf({ bytes })) &&
    own(jsonOf({ bytes }) ?? {}, 'kty') !== undefined
  ) {
    throw new CommandError('CS_KEY_TYPE', `${read.name} holds a JWK, and ${what} takes the bare secret.`, {
      hint: `pass it as --key ${source}`,
    })
  }
  if (cut) call.note({ code: 'CS_NOTE_SECRET', message: `removed one trailing newline from ${read.name}.` })
  return {
    name: read.name,
    bytes,
    encoding: encoding as SecretEncoding,
    ...(cut && { change: 'one trailing newline removed' }),
  }
}

/** The key of a secret. @throws {JoseError} `CS_WEAK_SECRET`, `CS_KEY_INVALID` */
export function toSecretKey(
  { name, bytes, encoding, change }: GivenSecret,
  request: { alg?: string | undefined; kid?: string | undefined; allowWeak?: boolean } = {},
): GivenKey {
  const { alg, kid, allowWeak } = request
  const options = { ...(kid !== undefined && { kid }), ...(allowWeak && { allowWeak }) }
  const key = secretKey(encoding === 'utf8' ? bytes : spelled(bytes, encoding, name), alg, options)
  return { name, as: 'secret', keys: [key], key, ...(change !== undefined && { change }) }
}

function spelled(
  bytes: Bytes,
  encoding: Exclude<SecretEncoding, 'utf8'>,
  name: string,
): Parameters<typeof secretKey>[0] {
  const text = textOf(bytes)?.trim()
  if (text === undefined)
    throw new CommandError('CS_KEY_INVALID', `${name} is not ${encoding}.`, {
      hint: 'leave out --secret-encoding where the secret is bytes.',
    })
  return { [encoding]: text } as Parameters<typeof secretKey>[0]
}

function withoutNewline(bytes: Bytes): { readonly bytes: Bytes; readonly cut: boolean } {
  if (bytes.at(-1) !== 0x0a) return { bytes, cut: false }
  return { bytes: bytes.subarray(0, bytes.at(-2) === 0x0d ? -2 : -1), cut: true }
}

/** The JSON object that was read; nothing where it is none. */
function jsonOf({ bytes, name = 'the input' }: { bytes: Bytes; name?: string }): JsonObject | undefined {
  const text = textOf(bytes)
    ?.replace(/^\ufeff/, '')
    .trim()
  if (text === undefined || !text.startsWith('{')) return undefined
  try {
    const value = toValue(parseExact(text, name))
    return isObject(value) ? value : undefined
  } catch (error) {
    if (error instanceof JsonFault) throw new CommandError('CS_KEY_INVALID', `${error.message}.`)
    throw error
  }
}

function textOf(bytes: Bytes): string | undefined {
  try {
    return bytes.includes(0) ? undefined : fromUtf8(bytes, 'the input')
  } catch {
    return undefined
  }
}

const PRIVATE = ['d', 'k', 'priv', 'p', 'q']

/** @throws {CommandError} `CS_USAGE` */
function refuseSecretInline(json: JsonObject, { isInline }: Read, what: string): void {
  const members = own(json, 'keys')
  const all = Array.isArray(members) ? members.filter(isObject) : [json]
  if (isInline && all.some((jwk) => PRIVATE.some((name) => own(jwk, name) !== undefined)))
    throw usage(
      `${what} is a private key or a secret in plain sight: what stands on a command line is in the history and in the list of processes`,
      '',
      `put it into a file, and pass ${what} @FILE.`,
    )
}

function labelOf(text: string): string {
  const [, label = 'PEM'] =
    /-----BEGIN ([A-Z0-9 ]{1,40})-----/.exec(text.replace(/-----BEGIN EC PARAMETERS-----/, '')) ?? []
  return label
}
