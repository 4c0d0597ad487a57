import { CommandError, toldIn } from '../../diagnosis/told.ts'
import type { Subject } from '../../lint/subject.ts'
import type { CallOf } from '../call.ts'
import { Sources } from '../given/sources.ts'
import { openSubject, sayNotes } from '../given/subjects.ts'
import { usage } from '../line/usage.ts'
import type { LintNames } from '../rows/others.ts'

/** Something to look at, and where it came from. */
export interface GivenSubject {
  /** As it was written: `@token.txt`. */
  readonly name: string
  /** Its file, as logs name it; nothing where it is in none. */
  readonly uri?: string
  readonly subject: Subject
  /** A passphrase has opened it. */
  readonly wasEncrypted: boolean
}

type LintCall = CallOf<LintNames>

/** Reads each WHAT. @throws {CommandError} @throws {JoseError} for the first that cannot be read, with its name */
export async function readSubjects(call: LintCall, words: readonly string[]): Promise<readonly GivenSubject[]> {
  const areMany = words.length > 1
  const named = words.map((word, index) => [word, areMany ? `WHAT ${index + 1}` : 'WHAT'] as const)
  for (const [word, what] of named) checkWord(call, word, what)
  const subjects: GivenSubject[] = []
  for (const [word, what] of named) subjects.push(await readSubject(call, word, what, areMany))
  if (call.values.passphrase !== undefined && !subjects.some(({ wasEncrypted }) => wasEncrypted))
    call.note({ code: 'CS_NOTE_KEY', message: 'nothing that was given is encrypted, so --passphrase was not used.' })
  return subjects
}

/** What was meant for the name of a file: no token ends so. */
const FILE_NAME = /^[\w./\\-]{1,255}\.(txt|jwt|jws|jwe|json|jwk|jwks|pem|key|pub|crt|cer|der)$/

/** @throws {CommandError} `CS_USAGE` for a word that cannot be what is meant, before anything is read */
function checkWord(call: LintCall, word: string, what: string): void {
  call.sources.claim(word, what)
  if (/^https?:\/\//i.test(word))
    throw usage(
      `${what} is an address, and lint fetches what --issuer names alone`,
      'lint',
      'countersign jwks URL --lint for a JWK Set, countersign lint --issuer URL for an issuer.',
    )
  if (!Sources.isSource(word) && (!/[.{]|-----BEGIN/.test(word) || FILE_NAME.test(word)))
    throw usage(
      `${what} is neither a SOURCE nor a token nor a key`,
      'lint',
      'a file is named with @: @token.txt; a secret is looked at with --secret.',
    )
}

async function readSubject(call: LintCall, word: string, what: string, areMany: boolean): Promise<GivenSubject> {
  const read = await call.sources.read(word, { what, inline: true })
  const name = read.isInline && areMany ? what : read.name
  const uri = uriOf(word)
  try {
    const opened = await openSubject(call, { ...read, name }, { what, passphrase: call.values.passphrase })
    if (opened.subject.kind === 'token') sayNotes(call, opened.subject.token.notes, areMany ? name : '')
    return { name, ...(uri !== undefined && { uri }), ...opened }
  } catch (error) {
    throw areMany ? withName(name, error) : error
  }
}

/** The file that a SOURCE names, by its path; a colon in its name makes no URI of it. */
export function uriOf(source: string): string | undefined {
  if (!source.startsWith('@')) return undefined
  const path = source.slice(1)
  return /^([/\\]|[a-z]:[/\\])/i.test(path) ? path : `./${path}`
}

/** The same error, with the name of what it is about. */
function withName(name: string, error: unknown): unknown {
  const told = toldIn(error)
  if (told === undefined || told.code === 'CS_USAGE' || told.message.includes(name)) return error
  const { code, message, hint, at } = told
  return new CommandError(code, `${name}: ${message}`, { hint, ...(at && { at }) })
}

/** What something is, in few words. */
export function describeSubject(subject: Subject): string {
  if (subject.kind === 'set') return `a JWK Set of ${subject.keys.length} ${subject.keys.length === 1 ? 'key' : 'keys'}`
  if (subject.kind === 'token') {
    const { kind, signature, encrypted } = subject.token
    if (kind === 'jws') return signature === undefined ? 'a token (JWS) that is cut off' : 'a token (JWS)'
    return encrypted === undefined ? 'an encrypted token (JWE) that is cut off' : 'an encrypted token (JWE)'
  }
  return `a key (${subject.form})`
}
