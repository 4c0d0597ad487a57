import { fromBase64, utf8 } from '../../../countersign/src/bytes.ts'
import { backend } from '../../../countersign/src/crypto/web.ts'
import { quoted } from '../../../countersign/src/diagnosis/exact-json.ts'
import type { SecretSpelling } from '../../../countersign/src/diagnosis/near-misses.ts'
import { CommandError, type Told } from '../../../countersign/src/diagnosis/told.ts'
import { isObject, own } from '../../../countersign/src/json.ts'
import type { Judging } from '../../../countersign/src/judge/judge.ts'
import { allowedAlgorithms } from '../../../countersign/src/judge/keys.ts'
import { importMember } from '../../../countersign/src/key/from-jwk.ts'
import { importKey, secretKey } from '../../../countersign/src/key/import.ts'
import { isJwkSet } from '../../../countersign/src/key/jwk.ts'
import type { Key } from '../../../countersign/src/key/key.ts'
import { publicKey } from '../../../countersign/src/key/ops.ts'
import { isDerKey } from '../../../countersign/src/key/outline.ts'
import { looksLikePem } from '../../../countersign/src/key/pem.ts'
import { run } from '../../../countersign/src/op.ts'
import { KeySet } from '../../../countersign/src/source/set.ts'
import { decryptPem, isEncryptedPem } from './pkcs8.ts'
import { toldOf } from './read.ts'

/** What stands in the field for a key, and how it is meant. */
export interface GivenText {
  readonly text: string
  /** How a secret is written. */
  readonly spelling: SecretSpelling
  /** Lets a secret pass that is too short for its hash. */
  readonly allowWeak: boolean
  /** The one key of a set that is to be used, whatever a token names. */
  readonly kid?: string | undefined
  /** Opens a PEM that is encrypted. */
  readonly passphrase?: string | undefined
}

/** The keys in a text, as they may be used to verify and to sign. */
export interface GivenKeys {
  /** What it is, for people: `P-256 public key`, `secret of 32 bytes`. */
  readonly title: string
  /** What it came in: `JWK`, `PEM`, `as text`. */
  readonly form: string
  readonly as: 'key' | 'secret' | 'set'
  /** As they were given: a private key signs. */
  readonly keys: readonly Key[]
  /** The names of the keys of a set. */
  readonly kids: readonly string[]
  readonly judging: Judging
}

/** What became of the text of a key. */
export type KeysRead =
  | { readonly kind: 'none' }
  | { readonly kind: 'keys'; readonly keys: GivenKeys }
  | { readonly kind: 'fault'; readonly told: Told }

export const NO_KEYS: KeysRead = { kind: 'none' }

/** Whether a text is taken for a shared secret, so that its spelling matters. */
export function isSecret(text: string): boolean {
  const bare = text.trim()
  return bare !== '' && !isPem(bare) && jsonIn(bare) === undefined && derIn(bare) === undefined
}

/** A PEM, or the whole of one in base64, as configuration has it. */
const isPem = (text: string): boolean => looksLikePem(text) || text.startsWith('LS0tLS1CRUdJTi')

/** Texts that hold a public key, or were meant to. Everybody knows those, so that anyone can sign with them as a secret. */
const MEANT_AS_KEY = /["']kty\\?["']\s*:|^(?:ssh-|ecdsa-sha2-)\S+ AAAA/

/** A name out of a key, short enough to be told, and in quotes where it could be taken for something that the page says. */
export function briefly(name: string): string {
  const brief = name.length > 80 ? `${name.slice(0, 80)}…` : name
  return /^[\w.~:/+=@-]+…?$/.test(brief) ? brief : quoted(brief)
}

/** Whether a text is one that nobody else should see. */
export function isPrivate(text: string): boolean {
  return /PRIVATE KEY-----|"(?:d|k|priv)"\s*:|^\s*LS0tLS1CRUdJTi/.test(text) || isSecret(text)
}

/** Reads keys out of a text, and never throws. */
export async function keysIn(given: GivenText): Promise<KeysRead> {
  if (given.text.trim() === '') return NO_KEYS
  try {
    return { kind: 'keys', keys: await readKeys(given) }
  } catch (error) {
    return { kind: 'fault', told: toldOf(error) }
  }
}

/**
 * Reads keys out of a text: a PEM, a JWK, a JWK Set, a DER or a certificate in base64, or else a secret.
 *
 * @throws {CommandError} @throws {JoseError}
 */
export async function readKeys({ text, spelling, allowWeak, kid, passphrase }: GivenText): Promise<GivenKeys> {
  const bare = text.trim()
  const json = jsonIn(bare)
  if (json !== undefined && isJwkSet(json)) return ofSet(new KeySet(json, backend), kid)
  if (json !== undefined) {
    const key = importMember(json, backend)
    return toGiven(key.kind === 'secret' ? 'secret' : 'key', nameOf(key), 'JWK', [key])
  }
  const der = derIn(bare)
  if (isPem(bare) || der) {
    const [, label = 'in base64'] = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(bare) ?? []
    const open = isEncryptedPem(bare) ? await opened(bare, passphrase) : (der ?? bare)
    const key = importKey(open, {}, backend)
    const form = label === 'CERTIFICATE' ? 'X.509 certificate' : der ? 'DER' : `PEM ${label}`
    const given = await toGiven('key', nameOf(key), form, [key])
    // What somebody may have taken for the secret of an HMAC.
    return { ...given, judging: { ...given.judging, written: async () => utf8(text) } }
  }
  if (MEANT_AS_KEY.test(bare))
    throw new CommandError('CS_KEY_INVALID', 'this was meant to be a key, and is none that can be read.', {
      hint: 'give the JWK alone, as JSON, or the key as PEM; it is not taken for a secret.',
    })
  const bytes = spelling === 'utf8' ? utf8(text.replace(/\r?\n$/, '')) : { [spelling]: bare }
  const key = secretKey(bytes as Parameters<typeof secretKey>[0], undefined, allowWeak ? { allowWeak } : {})
  const given = await toGiven('secret', nameOf(key), spelling === 'utf8' ? 'as text' : `as ${spelling}`, [key])
  return {
    ...given,
    judging: { ...given.judging, secret: { bytes: utf8(text.replace(/\r?\n$/, '')), encoding: spelling } },
  }
}

function ofSet({ keys, skipped }: KeySet, kid: string | undefined): Promise<GivenKeys> {
  const chosen = kid === undefined ? keys : keys.filter((key) => key.kid === kid)
  if (chosen.length === 0) {
    const [first] = skipped
    const why = first === undefined ? '' : ` The first that was left out: ${first.error.message}`
    throw new CommandError('CS_JWKS_INVALID', `the JWK Set has no key that can be used.${why}`)
  }
  const count = `${keys.length} ${keys.length === 1 ? 'key' : 'keys'}`
  const title = kid === undefined ? `set of ${count}` : `key ${briefly(kid)} of a set of ${count}`
  const left = skipped.length === 0 ? '' : `, ${skipped.length} left out`
  const kids = [...new Set(keys.flatMap((key) => key.kid ?? []))]
  return toGiven('set', title, `JWK Set${left}`, chosen, kids)
}

function opened(pem: string, passphrase: string | undefined): Promise<Uint8Array> {
  if (passphrase) return decryptPem(pem, passphrase)
  throw new CommandError('CS_KEY_INVALID', 'this private key is encrypted, and no passphrase was given.', {
    hint: 'type its passphrase below; it stays in this page.',
  })
}

/** What a key is called in messages of the library, as if it had come from a file. */
const NAMES: Readonly<Record<GivenKeys['as'], string>> = {
  key: 'the Key field',
  secret: 'the Key field',
  set: 'the set',
}

async function toGiven(
  as: GivenKeys['as'],
  title: string,
  form: string,
  keys: readonly Key[],
  kids: readonly string[] = [],
): Promise<GivenKeys> {
  // A private key verifies by its public half.
  const open = await Promise.all(keys.map((key) => (key.kind === 'private' ? run(publicKey(key), backend) : key)))
  const [first] = open
  const given = { name: NAMES[as], as, keys: open }
  const source = as === 'set' && open.length > 1 ? new KeySet({ keys: open }, backend) : (first as Key)
  const judging = { given, all: open, keys: source, algorithms: algorithmsOf(given) }
  return { title, form, as, keys, kids, judging }
}

/** What cannot verify may yet decrypt: then there are none, and the token says what it takes. */
function algorithmsOf(given: Judging['given']): readonly string[] | undefined {
  try {
    return allowedAlgorithms(given, undefined)
  } catch {
    return undefined
  }
}

function nameOf({ kind, kty, crv, bits, alg }: Key): string {
  if (kind === 'secret') return `secret of ${bits / 8} bytes`
  return `${crv ?? (kty === 'RSA' ? `RSA ${bits}` : (alg ?? kty))} ${kind} key`
}

function jsonIn(text: string): ReturnType<typeof objectOf> {
  return text.startsWith('{') ? objectOf(text) : undefined
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) && (own(value, 'kty') !== undefined || isJwkSet(value)) ? value : undefined
  } catch {
    return undefined
  }
}

function derIn(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!text.startsWith('M')) return undefined
  try {
    const bytes = fromBase64(text.replace(/\s+/g, ''), 'the text')
    return isDerKey(bytes) ? Uint8Array.from(bytes) : undefined
  } catch {
    return undefined
  }
}
