import type { Bytes } from '../../bytes.ts'
import type { SecretSpelling } from '../../diagnosis/near-misses.ts'
import { CommandError, tell } from '../../diagnosis/told.ts'
import { JoseError } from '../../errors.ts'
import { isObject, own } from '../../json.ts'
import { secretKey } from '../../key/import.ts'
import { isJwkSet } from '../../key/jwk.ts'
import { parseSecret } from '../../key/secret.ts'
import type { Call } from '../call.ts'
import type { GivenKey } from './keys.ts'
import { textOf, withoutNewline } from './text.ts'

/** A secret before it is a key. */
export interface GivenSecret {
  readonly name: string
  /** As it was read, but for one line break at its end. */
  readonly bytes: Bytes
  readonly encoding: SecretSpelling
  /** What was done to it. */
  readonly change?: string
}

/**
 * Reads a shared secret. A file loses exactly one line break at its end, which editors put there.
 *
 * @param forKeys - the option that takes a JWK in its place
 * @throws {CommandError} `CS_USAGE` for a secret on the command line
 */
export async function readSecret(
  call: Call,
  source: string,
  what: string,
  encoding = 'utf8',
  forKeys = '--key',
): Promise<GivenSecret> {
  const read = await call.sources.read(source, { what })
  // A variable and what was typed have no line break of their own.
  const { bytes, cut } = /^(env:|prompt:)/.test(source) ? { bytes: read.bytes, cut: false } : withoutNewline(read.bytes)
  if (isJwkText(textOf(bytes) ?? '')) {
    throw new CommandError('CS_KEY_TYPE', `${read.name} holds a JWK, and ${what} takes the bare secret.`, {
      hint: `pass it as ${forKeys} ${source}`,
    })
  }
  if (cut) call.note({ code: 'CS_NOTE_SECRET', message: `removed one trailing newline from ${read.name}.` })
  return {
    name: read.name,
    bytes,
    encoding: encoding as SecretSpelling,
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
  const key = toldOfSource(name, () => {
    return secretKey(encoding === 'utf8' ? bytes : spelled(bytes, encoding, name), alg, options)
  })
  return { name, as: 'secret', keys: [key], key, ...(change !== undefined && { change }) }
}

/** The octets of a secret, as weak as it may be. @throws {CommandError} `CS_KEY_INVALID` for what is spelled otherwise */
export function octetsOf({ name, bytes, encoding }: GivenSecret): Bytes {
  return encoding === 'utf8' ? bytes : toldOfSource(name, () => parseSecret(spelled(bytes, encoding, name)))
}

/** What the library says of "the secret" is said of where it came from. */
function toldOfSource<T>(name: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof JoseError)) throw error
    const [, fault] = /^the secret (.*)$/.exec(error.message) ?? []
    if (fault === undefined) throw error
    const isSpelling = fault.startsWith('is not ')
    const hint = isSpelling
      ? 'say how it is written: --secret-encoding utf8, base64, base64url or hex.'
      : tell(error).hint
    throw new CommandError(error.code, `${name} ${fault.replace(': that', ', and that')}.`, { hint })
  }
}

function spelled(
  bytes: Bytes,
  encoding: Exclude<SecretSpelling, 'utf8'>,
  name: string,
): Parameters<typeof secretKey>[0] {
  const text = textOf(bytes)?.trim()
  if (text === undefined)
    throw new CommandError('CS_KEY_INVALID', `${name} is not ${encoding}.`, {
      hint: 'leave out --secret-encoding where the secret is bytes.',
    })
  return { [encoding]: text } as Parameters<typeof secretKey>[0]
}

/** A secret may begin with a brace, too. */
function isJwkText(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ''))
    return isObject(value) && (own(value, 'kty') !== undefined || isJwkSet(value))
  } catch {
    return false
  }
}
