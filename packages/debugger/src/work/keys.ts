import { fromBase64, utf8 } from '../../../countersign/src/bytes.ts'
import { backend } from '../../../countersign/src/crypto/web.ts'
import type { SecretSpelling } from '../../../countersign/src/diagnosis/near-misses.ts'
import { CommandError, describe } from '../../../countersign/src/diagnosis/told.ts'
import { isObject, own } from '../../../countersign/src/json.ts'
import type { Judging } from '../../../countersign/src/judge/judge.ts'
import { allowedAlgorithms } from '../../../countersign/src/judge/keys.ts'
import { importMember } from '../../../countersign/src/key/from-jwk.ts'
import { importKey, secretKey } from '../../../countersign/src/key/import.ts'
import { isJwkSet } from '../../../countersign/src/key/jwk.ts'
import type { Key } from '../../../countersign/src/key/key.ts'
import { publicKey } from '../../../countersign/src/key/ops.ts'
import { looksLikeDer } from '../../../countersign/src/key/outline.ts'
import { looksLikePem } from '../../../countersign/src/key/pem.ts'
import { run } from '../../../countersign/src/op.ts'
import { KeySet } from '../../../countersign/src/source/set.ts'

/** What stands in the field for a key, and how it is meant. */
export interface GivenText {
  readonly text: string
  /** How a secret is written. */
  readonly spelling: SecretSpelling
  /** Lets a secret pass that is too short for its hash. */
  readonly allowWeak: boolean
}

/** The keys in a text, as they may be used to verify and to sign. */
export interface GivenKeys {
  /** What it is, for people: `P-256 public JWK`, `a secret of 32 bytes`. */
  readonly title: string
  readonly as: 'key' | 'secret' | 'set'
  /** As they were given: a private key signs. */
  readonly keys: readonly Key[]
  readonly judging: Judging
}

/** Whether a text is taken for a shared secret, so that its spelling matters. */
export function isSecret(text: string): boolean {
  const bare = text.trim()
  return bare !== '' && !looksLikePem(bare) && jsonIn(bare) === undefined && derIn(bare) === undefined
}

/**
 * Reads keys out of a text: a PEM, a JWK, a JWK Set, a DER or a certificate in base64, or else a secret.
 *
 * @throws {CommandError} @throws {JoseError}
 */
export async function readKeys({ text, spelling, allowWeak }: GivenText): Promise<GivenKeys> {
  const bare = text.trim()
  const json = jsonIn(bare)
  if (json !== undefined && isJwkSet(json)) {
    const set = new KeySet(json, backend)
    if (set.keys.length === 0) throw new CommandError('CS_JWKS_INVALID', 'the JWK Set has no key that can be used.')
    return toGiven(
      'set',
      `JWK Set of ${set.keys.length} ${set.keys.length === 1 ? 'key' : 'keys'}`,
      set.keys,
      'the set',
    )
  }
  if (json !== undefined) {
    const key = importMember(json, backend)
    if (key.kind === 'secret') return ofSecret(key, 'JWK')
    return toGiven('key', `${nameOf(key)} JWK`, [key], 'the key')
  }
  const der = derIn(bare)
  if (looksLikePem(bare) || der) {
    const key = importKey(der ?? bare, {}, backend)
    const [, label] = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(bare) ?? []
    return toGiven('key', `${nameOf(key)}, ${label === undefined ? 'DER' : `PEM ${label}`}`, [key], 'the key')
  }
  const bytes = spelling === 'utf8' ? utf8(text.replace(/\r?\n$/, '')) : { [spelling]: bare }
  const key = secretKey(bytes as Parameters<typeof secretKey>[0], undefined, allowWeak ? { allowWeak } : {})
  const given = await ofSecret(key, spelling === 'utf8' ? 'as text' : `as ${spelling}`)
  const secret = { bytes: utf8(bare), encoding: spelling }
  return { ...given, judging: { ...given.judging, secret } }
}

function ofSecret(key: Key, how: string): Promise<GivenKeys> {
  return toGiven('secret', `secret of ${key.bits / 8} bytes, ${how}`, [key], 'the secret')
}

async function toGiven(as: GivenKeys['as'], title: string, keys: readonly Key[], name: string): Promise<GivenKeys> {
  // A private key verifies by its public half.
  const open = await Promise.all(keys.map((key) => (key.kind === 'private' ? run(publicKey(key), backend) : key)))
  const [first] = open
  const given = { name, as, keys: open }
  const source = as === 'set' || first === undefined ? new KeySet({ keys: open }, backend) : first
  return { title, as, keys, judging: { given, all: open, keys: source, algorithms: algorithmsOf(given) } }
}

/** What cannot verify may yet decrypt: then there are none, and the token says what it takes. */
function algorithmsOf(given: Judging['given']): readonly string[] | undefined {
  try {
    return allowedAlgorithms(given, undefined)
  } catch {
    return undefined
  }
}

const nameOf = (key: Key): string => describe(key).replace(/^an? /, '').replace(/ key$/, '')

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
  try {
    const bytes = fromBase64(text.replace(/\s+/g, ''), 'the text')
    return looksLikeDer(bytes) ? Uint8Array.from(bytes) : undefined
  } catch {
    return undefined
  }
}
