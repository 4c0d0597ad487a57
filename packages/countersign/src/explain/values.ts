import { type ExactJson, member, numberOf, quoted, toLine } from '../diagnosis/exact-json.ts'
import { toIso, toWhen } from '../diagnosis/moments.ts'
import { TIME_CLAIMS } from '../diagnosis/odd-times.ts'
import { PRIVATE_MEMBERS } from '../key/jwk.ts'
import { everyValue } from '../lint/rule.ts'
import { tellingIn } from '../lint/rules/telling.ts'
import { withoutTokens } from '../lint/shown.ts'

const MOST = 100

/** A token, whole or with a part missing. */
const TOKEN = /^ey[\w-]{6,}(?:\.[\w-]*){2,4}$/
/** What is behind so many characters makes a token of it no more and no less. */
const MOST_TOKEN = 65_536
/** What is there on purpose, such as a token to fetch claims with, is nobody else's all the same. */
const SECRETIVE = /(^|_)(password|secret|access_token|refresh_token)$/i
/** What stands in the header of a request, and lets in whoever has it. */
const CREDENTIALS = /^\s*(basic|bearer|dpop)\s+\S/i

/**
 * A value from outside, in short: a time as a moment, a text in quotes, and nothing of what is a secret.
 *
 * @param now - epoch seconds
 */
export function valueText(name: string, json: ExactJson, now: number): string {
  if (hidesSecret(name, json)) return 'not shown: a secret or a token is in it'
  const seconds = TIME_CLAIMS.includes(name) || name === 'toe' ? numberOf(json) : undefined
  if (seconds !== undefined && toIso(seconds) !== undefined) return momentText(seconds, now)
  if (json.kind === 'string') return short(json.value)
  if (json.kind === 'number') return json.text.slice(0, MOST)
  if (json.kind === 'literal') return String(json.value)
  const line = toLine(json)
  if (line.length <= MOST) return line
  return json.kind === 'array' ? `a list of ${json.items.length}` : `an object of ${json.members.length} members`
}

/** `2026-11-21T22:50:00Z (in 14m 12s)`. */
export function momentText(seconds: number, now: number): string {
  return `${toIso(seconds) ?? seconds} (${toWhen(seconds, now)})`
}

/** A text in quotes, and cut. */
export function short(text: string): string {
  return quoted(withoutTokens(text.length > MOST ? `${text.slice(0, MOST)}…` : text))
}

/** A name as it stands there, cut. */
export function shortName(name: string): string {
  return withoutTokens(name.length > MOST_NAME ? `${name.slice(0, MOST_NAME)}…` : name)
}

const MOST_NAME = 60

function isSecretive(text: string): boolean {
  return CREDENTIALS.test(text.slice(0, MOST)) || TOKEN.test(text.slice(0, MOST_TOKEN))
}

/** By what it is called, or by what it is: rules of lint decide, and a token or a private key is one anywhere. */
function hidesSecret(name: string, json: ExactJson): boolean {
  for (const { severity } of tellingIn({ kind: 'object', members: [[name, json]] }, '', true))
    if (severity === 'error') return true
  for (const { name: own, value } of everyValue(json, '')) {
    if (SECRETIVE.test(own)) return true
    if (value.kind === 'string' && isSecretive(value.value)) return true
    if (member(value, 'kty') !== undefined && PRIVATE_MEMBERS.some((secret) => member(value, secret) !== undefined))
      return true
  }
  return false
}
