import { parseExact, toValue } from '../../diagnosis/exact-json.ts'
import type { Note } from '../../diagnosis/told.ts'
import { JoseError } from '../../errors.ts'
import { isObject } from '../../json.ts'
import { looksLikeDer } from '../../key/outline.ts'
import { looksLikePem } from '../../key/pem.ts'
import { type Shown, type Subject, toSubject } from '../../lint/subject.ts'
import type { Call } from '../call.ts'
import { backend } from '../engine.ts'
import { usage } from '../line/usage.ts'
import { blockOf, refuseSecretInline, SEALED } from './keys.ts'
import { type PassphraseRequest, passphraseFor } from './passphrases.ts'
import { readSealedJwk } from './sealed-jwk.ts'
import type { Read } from './sources.ts'
import { toText } from './tokens.ts'

/** What was read, taken apart. */
export interface OpenedSubject {
  readonly subject: Subject
  /** It was encrypted where it came from, and a passphrase has opened it. */
  readonly wasEncrypted: boolean
}

/**
 * Takes apart what was read: a token, a key, a JWK Set or a certificate. A key that is encrypted is opened with the
 * passphrase, which is asked for where it can be.
 *
 * @throws {CommandError} `CS_USAGE` for a private key on the command line, and what `toSubject` refuses
 */
export async function openSubject(call: Call, read: Read, request: PassphraseRequest): Promise<OpenedSubject> {
  const { bytes, name } = read
  const { strict } = call.settings
  const shown: Shown = looksLikeDer(bytes) ? bytes : shownText(call, read, request.what)
  if (typeof shown === 'string' && request.passphrase !== undefined && SEALED.test(shown)) {
    const jwk = await readSealedJwk(shown.trim(), await passphraseFor(call, read, request), name)
    return { subject: toSubject(jwk, backend), wasEncrypted: true }
  }
  try {
    return { subject: toSubject(shown, backend, { strict }), wasEncrypted: false }
  } catch (error) {
    if (!(error instanceof JoseError) || !/no passphrase was given/.test(error.message)) throw error
  }
  const passphrase = await passphraseFor(call, read, request)
  return { subject: toSubject(shown, backend, { passphrase }), wasEncrypted: true }
}

function shownText(call: Call, read: Read, what: string): string {
  const text = toText(read.bytes)
  if (read.isInline) refusePrivate(text, read, what)
  if (!looksLikePem(text)) return text
  const { pem, label, count } = blockOf(text)
  if (count > 1)
    call.note({ code: 'CS_NOTE_KEY', message: `of the ${count} blocks in ${read.name}, ${label} was taken.` })
  return pem
}

/** @throws {CommandError} `CS_USAGE` for what only its owner may see, on the command line */
function refusePrivate(text: string, read: Read, what: string): void {
  const json = text.trimStart().startsWith('{') ? valueIn(text) : undefined
  if (isObject(json)) refuseSecretInline(json, read, what)
  if (/-----BEGIN [A-Z ]*PRIVATE KEY/.test(text))
    throw usage(
      `${what} is a private key in plain sight: what stands on a command line is in the history and in the list of processes`,
      '',
      'put it into a file, and pass @FILE.',
    )
}

function valueIn(text: string): unknown {
  try {
    return toValue(parseExact(text, 'the input'))
  } catch {
    return undefined
  }
}

const OF_READING: ReadonlySet<string> = new Set(['CS_NOTE_BEARER', 'CS_NOTE_FOUND', 'CS_NOTE_CUT'])

/** What happened on the way to a token; what is odd about it, the rules tell. */
export function sayNotes(call: Call, notes: readonly Note[], where: string): void {
  for (const { code, message } of notes)
    if (OF_READING.has(code)) call.note({ code, message: where === '' ? message : `${where}: ${message}` })
}
