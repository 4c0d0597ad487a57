import type { Backend } from '../crypto/backend.ts'
import { compactIn } from '../diagnosis/scan-text.ts'
import { CommandError } from '../diagnosis/told.ts'
import { lintSubject } from '../lint/lint.ts'
import { RULES } from '../lint/rules.ts'
import { type Shown, type Subject, toSubject } from '../lint/subject.ts'
import { explainCertificate } from './certificate.ts'
import { type Explanation, listed } from './explanation.ts'
import { explainKey, explainSet } from './key.ts'
import { meaningsOf, namesNear } from './names.ts'
import { explainToken } from './token.ts'

/** What is known beside what is to be explained. */
export interface Knowledge {
  /** Epoch seconds. */
  readonly now: number
  /** What an encrypted private key was encrypted with. */
  readonly passphrase?: string | Uint8Array
}

/**
 * Says what something is: a word that is known, a token, a key, a JWK Set, a certificate.
 *
 * @throws {CommandError} @throws {JoseError} for a word that is not known, and for what cannot be read
 */
export async function explainAnything(
  what: Shown,
  { now, passphrase }: Knowledge,
  backend: Backend,
): Promise<readonly Explanation[]> {
  const meanings = typeof what === 'string' ? meaningsIn(what) : undefined
  if (meanings !== undefined) return meanings
  return explainSubject(toSubject(what, backend, passphrase === undefined ? {} : { passphrase }), now, backend)
}

/**
 * What a text means that is a word; nothing for any other text.
 *
 * @throws {CommandError} `CS_MALFORMED` for a word that is not known
 */
export function meaningsIn(text: string): readonly Explanation[] | undefined {
  const meanings = meaningsOf(text)
  if (meanings.length > 0) return meanings
  if (isWord(text)) throw unknownWord(text)
  return undefined
}

/** The same for what was taken apart already. */
export async function explainSubject(subject: Subject, now: number, backend: Backend): Promise<readonly Explanation[]> {
  const findings = await lintSubject(subject, { rules: RULES, now }, backend)
  if (subject.kind === 'token') return [explainToken(subject, findings, now)]
  if (subject.kind === 'set') return [explainSet(subject, findings)]
  const [key, paper] = [await explainKey(subject, findings, backend), explainCertificate(subject, now)]
  if (paper === undefined) return [key]
  return subject.certificate === undefined ? [key, paper] : [paper, key]
}

/** Whether a text may be a name, and is nothing else that could be explained. */
function isWord(text: string): boolean {
  const bare = text.trim()
  if (bare === '' || bare.length > 64 || !/^[\w.#:/+*-]*$/.test(bare)) return false
  return (bare.match(/\./g) ?? []).length < 2 && compactIn(bare) === undefined
}

/** It does not repeat the word, which may be a secret that was put in the wrong place. */
function unknownWord(word: string): CommandError {
  const near = namesNear(word)
  const meant = near.length === 0 ? '.' : `, did you mean ${listed(near, 'or')}?`
  return new CommandError('CS_MALFORMED', `nothing that is known has this name${meant}`, {
    hint: 'known are claims, members of headers and keys, algorithms, types, error codes and rules of lint. What a name of its own means, only who made it can say.',
  })
}
