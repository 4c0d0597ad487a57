import { fromUtf8, textFromBase64url } from '../../bytes.ts'
import { validateTypes } from '../../claims.ts'
import {
  duplicates,
  type ExactJson,
  type ExactObject,
  JsonFault,
  member,
  numberOf,
  parseExact,
  quoted,
  toValue,
} from '../../diagnosis/exact-json.ts'
import { toSpan } from '../../diagnosis/moments.ts'
import { oddTimes } from '../../diagnosis/odd-times.ts'
import { CommandError, type Note } from '../../diagnosis/told.ts'
import { JoseError } from '../../errors.ts'
import { isDeeper, isObject, type JsonObject, own } from '../../json.ts'
import { PRIVATE_MEMBERS } from '../../key/jwk.ts'
import type { Key } from '../../key/key.ts'
import { nameOf, thumbprint } from '../../key/ops.ts'
import { run, use } from '../../op.ts'
import { JWT_LIMITS } from '../../options.ts'
import type { Call } from '../call.ts'
import { backend } from '../engine.ts'
import { usage } from '../line/usage.ts'
import { type Member, parseClaim, withMembers } from './claims.ts'
import { parseTime } from './times.ts'

/** A claims set as it will be written, to the last digit. */
export type Claims = ExactObject

/** What the command line says about claims, beside the claims that are given as JSON. */
export interface AskedClaims {
  readonly claim: readonly string[]
  readonly iss?: string | undefined
  readonly sub?: string | undefined
  readonly aud?: readonly string[]
  /** Empty text asks for a random one. */
  readonly jti?: string | undefined
  readonly exp?: string | undefined
  readonly nbf?: string | undefined
  readonly 'no-iat'?: boolean
}

/** Claims as text, and where they come from. */
export interface ClaimsText {
  readonly name: string
  readonly text: string
  readonly isInline: boolean
}

/** What the argument CLAIMS is, or points at; nothing where it is left out. */
export async function claimsText(call: Call): Promise<ClaimsText | undefined> {
  const [word] = call.words
  if (word === undefined) return undefined
  const { bytes, name, isInline } = await call.sources.read(word, { what: 'CLAIMS', inline: true })
  try {
    const text = fromUtf8(bytes, name).replace(/^\ufeff/, '')
    return { name: isInline ? 'CLAIMS' : name, text, isInline }
  } catch {
    throw new CommandError('CS_MALFORMED', `${name} is not UTF-8.`, {
      hint: 'write it as UTF-8.',
      spec: 'RFC 8259 §8.1',
    })
  }
}

/**
 * The claims set that a command line asks for: its JSON, then what the options say in its place or beside it.
 *
 * @throws {CommandError} `CS_MALFORMED`, `CS_CLAIM_TYPE`, `CS_USAGE`; @throws {JoseError} `CS_TOO_LARGE`
 */
export async function toClaims(
  read: ClaimsText | undefined,
  asked: AskedClaims,
  call: Call,
  command: string,
): Promise<Claims> {
  const given = read === undefined ? [] : parseClaims(read, command, asked.jti === '')
  const now = Math.floor(call.host.now())
  const [exp, nbf] = [timeOf(asked.exp, '--exp', now), timeOf(asked.nbf, '--nbf', now)]
  const kept = given.filter(([name]) => !(name === 'exp' && exp === NEVER) && !(name === 'nbf' && nbf === NEVER))
  const names = [
    textMember('iss', asked.iss),
    textMember('sub', asked.sub),
    audienceMember(asked.aud ?? []),
    textMember('jti', asked.jti === '' ? await randomId() : asked.jti),
  ].filter((one) => one !== undefined)
  const times = [timeMember('nbf', nbf), timeMember('exp', exp)].filter((one) => one !== undefined)
  const said = asked.claim.map((one) => parseClaim(one, '--claim'))
  refuseTwice(said, '--claim', command)
  const clash = OPTIONS.find((name) => isGiven(asked[name]) && said.some(([other]) => other === name))
  if (clash !== undefined)
    throw usage(`the claim ${clash} is given by --${clash} and by --claim: one of them counts`, command)
  const hasIat = asked['no-iat'] || [...kept, ...said].some(([name]) => name === 'iat')
  const iat: readonly Member[] = hasIat ? [] : [['iat', { kind: 'number', text: String(now) }]]
  const claims: Claims = { kind: 'object', members: withMembers(kept, [...names, ...said, ...iat, ...times]) }
  checkClaims(claims)
  for (const note of timeNotes(claims, now, exp === NEVER)) call.note(note)
  return claims
}

/** Holds that what options say of claims can be read, before a key is read or asked for. @throws {CommandError} `CS_USAGE` */
export function checkAsked(asked: AskedClaims, call: Call): void {
  const now = Math.floor(call.host.now())
  timeOf(asked.exp, '--exp', now)
  timeOf(asked.nbf, '--nbf', now)
  for (const one of asked.claim) parseClaim(one, '--claim')
}

/** The claims that have an option of their own. */
const OPTIONS = ['iss', 'sub', 'aud', 'jti', 'nbf', 'exp'] as const

const isGiven = (value: string | readonly string[] | undefined): boolean =>
  typeof value === 'string' || (value !== undefined && value.length > 0)

const NEVER = 'never'

function timeOf(text: string | undefined, what: string, now: number): number | typeof NEVER | undefined {
  return text === undefined ? undefined : (parseTime(text, what, now) ?? NEVER)
}

function timeMember(name: string, time: number | typeof NEVER | undefined): Member | undefined {
  return typeof time === 'number' ? [name, { kind: 'number', text: String(time) }] : undefined
}

function textMember(name: string, value: string | undefined): Member | undefined {
  return value === undefined ? undefined : [name, { kind: 'string', value }]
}

/** One audience is a text, several are a list (RFC 7519 §4.1.3). */
function audienceMember(values: readonly string[]): Member | undefined {
  const items = values.map((value) => ({ kind: 'string', value }) as const)
  const [only, ...others] = items
  return only && ['aud', others.length === 0 ? only : { kind: 'array', items }]
}

const SHAPE = 'claims are a JSON object such as {"sub":"ada"}, or @FILE with one; single claims are -c name=text.'

/** @param mayBeId - an id was asked for and none was given, so that this word may be meant for it */
function parseClaims({ text, name, isInline }: ClaimsText, command: string, mayBeId: boolean): readonly Member[] {
  if (isInline && !/^\s*[[{"\d]/.test(text))
    throw usage(
      'CLAIMS is a JSON object, or a SOURCE of one',
      command,
      `${SHAPE} A file is named with an @ before it${mayBeId ? ', and an id stands behind an equals sign: --jti=ID' : ''}.`,
    )
  let json: ExactJson
  try {
    json = parseExact(text, name)
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error
    const at = { segment: 'payload', offset: error.offset } as const
    throw new CommandError('CS_MALFORMED', error.message, { hint: SHAPE, at })
  }
  if (json.kind !== 'object')
    throw new CommandError('CS_MALFORMED', `${name} is JSON, and not an object`, { hint: SHAPE })
  const [twice] = duplicates(json)
  if (twice !== undefined) {
    throw new CommandError('CS_MALFORMED', `${name} has the name ${quoted(twice.slice(0, 100))} twice`, {
      hint: 'leave one of them out: readers differ in which of them counts.',
      spec: 'RFC 7519 §4',
    })
  }
  if (command === 'sign') refuseKey(toValue(json), name, command)
  return json.members
}

/** What is signed is for everyone to read, and a file of a key is easily named in place of one of claims. */
function refuseKey(value: unknown, name: string, command: string): void {
  const keys = isObject(value) ? [value, ...keysOf(own(value, 'keys'))] : []
  if (
    keys.some(
      (one) => own(one, 'kty') !== undefined && PRIVATE_MEMBERS.some((secret) => own(one, secret) !== undefined),
    )
  )
    throw usage(`${name} is a private key or a secret, and claims are for everyone to read`, command, SHAPE)
}

const keysOf = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])

function refuseTwice(members: readonly Member[], what: string, command: string): void {
  const names = members.map(([name]) => name)
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice === undefined) return
  const shown = twice.slice(0, 40)
  throw usage(`${what} gives ${quoted(shown)} twice`, command, `a list is written ${shown}:=["a","b"]`)
}

/** Holds that registered claims have their types. What is merely odd is for notes. */
function checkClaims(claims: Claims): void {
  const value = toValue(claims) as JsonObject
  try {
    validateTypes(value)
  } catch (error) {
    if (!(error instanceof JoseError)) throw error
    throw new CommandError('CS_CLAIM_TYPE', error.message, {
      hint: 'times are numbers of seconds (--exp 15m, or -c exp:=1767225600); iss, sub and jti are texts; aud is a text or a list of texts.',
      spec: 'RFC 7519 §4.1',
      exit: 'input',
    })
  }
  if (isDeeper(value, JWT_LIMITS.jsonDepth))
    throw new JoseError('CS_TOO_LARGE', `the claims set is nested deeper than ${JWT_LIMITS.jsonDepth} levels`)
}

/** What is odd about the life of a token that is about to be made. */
function timeNotes(claims: Claims, now: number, isEndless: boolean): readonly Note[] {
  const odd = oddTimes(claims)
  if (odd.length > 0) return odd
  const say = (message: string): readonly Note[] => [{ code: 'CS_NOTE_TIME', message }]
  const [exp, nbf] = ['exp', 'nbf'].map((name) => numberOf(member(claims, name)))
  if (exp === undefined)
    return isEndless
      ? []
      : say('the token never expires: it has no exp. Give it a life with --exp 15m, or say --exp never.')
  if (exp <= now) return say(`the token has expired already: exp is ${toSpan(now - exp)} ago.`)
  return nbf !== undefined && nbf >= exp ? say('the token is never valid: nbf is not before exp.') : []
}

/** A random UUID (RFC 9562 §5.4). */
async function randomId(): Promise<string> {
  const octets = Uint8Array.from(
    await run(
      use((platform) => platform.random(16)),
      backend,
    ),
  )
  octets[6] = ((octets[6] ?? 0) & 0x0f) | 0x40
  octets[8] = ((octets[8] ?? 0) & 0x3f) | 0x80
  const hex = [...octets].map((octet) => octet.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** The kid of a header: that of the key, or what --kid says. @throws {CommandError} `CS_USAGE` */
export async function kidOf(key: Key, said: string | undefined, command: string): Promise<string | undefined> {
  if (said === undefined) return run(nameOf(key), backend)
  if (said !== 'thumbprint') return said
  if (key.kind === 'secret')
    throw usage('--kid thumbprint would show the hash of a secret, by which others could try secrets out', command)
  return run(thumbprint(key), backend)
}

/** Members of a header that are texts (RFC 7515 §4.1). */
const TEXTS: ReadonlySet<string> = new Set(['typ', 'cty', 'jku', 'x5u', 'x5t', 'x5t#S256'])

/**
 * The members that -H gives.
 *
 * @param taken - names that are not given this way, and what is said of them
 * @throws {CommandError} `CS_USAGE`
 */
export function headerMembers(
  texts: readonly string[],
  taken: Readonly<Record<string, string>>,
  command: string,
): JsonObject {
  const members = texts.map((text) => parseClaim(text, '--header'))
  refuseTwice(members, '--header', command)
  for (const [name, json] of members) {
    const why = own(taken, name)
    if (typeof why === 'string') throw usage(`--header gives ${name}, ${why}`, command)
    if (TEXTS.has(name) && json.kind !== 'string')
      throw usage(`${name} of the header is text: write -H ${name}=…`, command)
    const value = toValue(json)
    if (name === 'jwk' && isObject(value) && PRIVATE_MEMBERS.some((secret) => own(value, secret) !== undefined))
      throw usage('--header gives a jwk with private members, and a header is for everyone to read', command)
    if (isDeeper(value, JWT_LIMITS.jsonDepth - 1))
      throw new JoseError('CS_TOO_LARGE', `the header is nested deeper than ${JWT_LIMITS.jsonDepth} levels`)
    if (isRounded(json))
      throw usage(
        `--header gives a number in ${quoted(name.slice(0, 40))} that would be rounded: write it as text`,
        command,
      )
  }
  return Object.fromEntries(members.map(([name, json]) => [name, toValue(json)]))
}

/** Whether a header, which is written as plain JSON, would lose a digit of a number. */
function isRounded(json: ExactJson): boolean {
  if (json.kind === 'array') return json.items.some(isRounded)
  if (json.kind === 'object') return json.members.some(([, value]) => isRounded(value))
  return json.kind === 'number' && JSON.stringify(Number(json.text)) !== json.text
}

/** The protected header of a token that was made, to show it. */
export function headerOf(encoded: string): ExactJson {
  return parseExact(textFromBase64url(encoded, 'the header').text, 'the header')
}
