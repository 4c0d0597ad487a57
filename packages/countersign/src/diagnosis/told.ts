import { SIGNATURE } from '../alg/signature.ts'
import { type ErrorCode, type Issue, JoseError } from '../errors.ts'
import type { JoseHeader } from '../header.ts'
import type { Key } from '../key/key.ts'
import { type CommandCode, EXIT, HINTS, type NoteCode, REMEDIES, type Remedy } from '../messages.ts'
import { ADVICE, FOR_PROGRAMS, PLAINLY } from './advice.ts'
import { printable } from './exact-json.ts'
import { toIso, toSpan } from './moments.ts'
import { nearness, textsIn } from './near-text.ts'

/** Where a token is at fault. */
export interface Place {
  readonly segment: 'header' | 'payload' | 'signature' | 'encrypted key' | 'iv' | 'ciphertext' | 'tag'
  /** From the beginning of the segment as it is written, or of its decoded text where that is JSON; the first is 0. */
  readonly offset: number
}

/** An error as the command and the page tell it: a fact with its values, and what to do. */
export interface Told {
  readonly code: ErrorCode | CommandCode
  readonly exit: number
  readonly message: string
  readonly hint: string
  /** The page of the code. */
  readonly docs: string
  readonly at?: Place
}

/** Something worth knowing that refuses nothing. */
export interface Note {
  readonly code: NoteCode
  readonly message: string
}

/** Keys as somebody gave them. */
export interface GivenKeys {
  /** Where they came from, as it was written: `@pub.pem`, `https://id.example.com/jwks`. */
  readonly name: string
  readonly as: 'key' | 'secret' | 'set'
  readonly keys: readonly Key[]
  /** What a key came in: `PUBLIC KEY` for a PEM, `JWK`, `CERTIFICATE`. */
  readonly form?: string
  /** What was done to a secret. */
  readonly change?: string
}

/** What is known of the matter beside the error itself. */
export interface Circumstances {
  /** What the header of the token says. */
  readonly header?: Partial<JoseHeader>
  /** What the payload of the token says, verified or not. */
  readonly iss?: unknown
  readonly given?: GivenKeys
  /** Keys are asked for, and no token is judged. */
  readonly noToken?: boolean
  readonly at?: Place
}

/** The beginning of the address of each code's page, which is published with the package. */
export const DOCS = 'https://unpkg.com/countersign/docs/errors.md'

/** @param told - what to say in place of the remedy of the code */
export function toTold(
  code: ErrorCode | CommandCode,
  message: string,
  told: { readonly hint?: string; readonly spec?: string; readonly exit?: Remedy['exit']; readonly at?: Place } = {},
): Told {
  const remedy = REMEDIES[code]
  const spec = told.hint === undefined ? remedy.spec : told.spec
  const hint = told.hint ?? remedy.fix
  return {
    code,
    exit: EXIT[told.exit ?? remedy.exit],
    message: printable(sentence(message)),
    hint: printable(spec === undefined ? hint : `${hint} (${spec})`),
    docs: `${DOCS}#${code.toLowerCase()}`,
    ...(told.at && { at: told.at }),
  }
}

/** What an error says in the words of the command: the fact with its values, and what to do about it. */
export function tell(error: JoseError, about: Circumstances = {}): Told {
  const own = TELLERS[error.code]?.(error, about)
  const hint = adviceOf(error)
  const common = { ...(hint !== undefined && { hint }), ...(about.at && { at: about.at }) }
  const exit = error.unavailable && error.code !== 'CS_JWKS_FETCH' ? ({ exit: 'network' } as const) : {}
  return toTold(error.code, own?.message ?? plainly(error.message), { ...common, ...exit, ...own })
}

/** A hint of its own fits better than the remedy for all, where it is for people. */
function adviceOf({ code, hint }: JoseError): string | undefined {
  if (hint === HINTS[code] || hint === '') return undefined
  const [, fix] = ADVICE.find(([beginning]) => hint.startsWith(beginning)) ?? []
  if (fix !== undefined) return fix
  return FOR_PROGRAMS.test(hint) ? undefined : hint.replace(/^[A-Z](?=[a-z]+ )/, (first) => first.toLowerCase())
}

function plainly(message: string): string {
  return PLAINLY.reduce((text, [pattern, plain]) => text.replace(pattern, plain), message)
}

type Teller = (
  error: JoseError,
  about: Circumstances,
) => { readonly message: string; readonly hint?: string; readonly spec?: string } | undefined

const VALID = 'The signature is valid.'
const UNCHECKED = ' The token was NOT checked.'

const TELLERS: Partial<Record<ErrorCode, Teller>> = {
  CS_EXPIRED: tellTimes((exp, now) => ({
    message: `token expired ${toSpan(now - exp)} ago: exp ${toIso(exp) ?? exp}, now ${toIso(now)}. ${VALID}`,
    hint: `get a fresh token. For clock skew use --leeway 60s; to judge it as of a moment use --at ${toIso(exp - 60) ?? 'TIME'}.`,
    spec: 'RFC 7519 §4.1.4',
  })),
  CS_NOT_YET_VALID: tellTimes((from, now, path) => ({
    message: `token is not valid yet, for another ${toSpan(from - now)}: ${path} ${toIso(from) ?? from}, now ${toIso(now)}. ${VALID}`,
  })),
  CS_TOO_OLD: tellTimes((iat, earliest) => ({
    message: `token was issued at ${toIso(iat) ?? iat}, and --max-age takes none from before ${toIso(earliest)}. ${VALID}`,
  })),
  CS_ISS: tellTexts('iss'),
  CS_AUD: tellTexts('aud'),
  CS_TYP: ({ code, issues }) => {
    const { expected, actual } = issues.find((one) => one.code === code) ?? {}
    if (expected === undefined) return undefined
    const fact = actual === undefined ? 'the token has no typ, and' : `typ is ${actual} but`
    return { message: `${fact} ${cut(String(expected))} is required.` }
  },
  CS_SIGNATURE: tellSignature,
  CS_ALG: tellAlgorithm,
  CS_NO_KEY: tellNoKey,
  CS_UNSIGNED: () => ({ message: 'the token says alg "none": nobody signed it.' }),
  CS_JWKS_FETCH: ({ message }, { given, noToken }) => {
    const [, reason = message] = / could not be fetched: (.*)$/s.exec(message) ?? []
    const [, url = given?.name ?? 'the JWK Set'] = /^the JWK Set at (\S+) /.exec(message) ?? []
    const isLed = reason.startsWith('a redirect ')
    return {
      message: `could not fetch ${url}: ${inShort(reason)}.${noToken ? '' : UNCHECKED}`,
      ...(isLed && { hint: 'pass the address that it leads to, if you trust it.' }),
    }
  },
  CS_JWKS_INVALID: ({ message, unavailable }, { noToken }) => {
    if (!unavailable) return undefined
    const isOpen = /holds a (private key|secret)$/.test(message)
    return {
      message: `${message}.${noToken ? '' : UNCHECKED}`,
      ...(isOpen && { hint: 'tell whoever publishes it: that key is known to everybody now, and has to be replaced.' }),
    }
  },
  CS_DISCOVERY: ({ message }, { noToken }) => {
    const [, named = '', asked = ''] = / names the issuer (".*") and not (".*")$/s.exec(message) ?? []
    const near = nearness(named, asked)
    if (near !== undefined)
      return {
        message: `${message} (${near}).${noToken ? '' : UNCHECKED}`,
        hint: `if that is the issuer that you mean, pass it as it names itself: --issuer ${textsIn(named)[0]}`,
      }
    const [, url, reason] = /^the metadata at (\S+) could not be fetched: (.*)$/s.exec(message) ?? []
    const fact = url === undefined ? message : `could not fetch ${url}: ${inShort(reason ?? '')}`
    return { message: `${fact}.${noToken ? '' : UNCHECKED}` }
  },
  CS_ENCRYPTED: (_, { header }) =>
    header?.['enc'] === undefined
      ? undefined
      : {
          message: `this token is encrypted (JWE, ${bare(String(header.alg))} + ${bare(String(header['enc']))}${header.kid === undefined ? '' : `, kid ${cut(header.kid)}`}); only its header can be read without the recipient's key.`,
        },
  CS_WEAK_SECRET: ({ message }, { header, given }) => {
    const [key] = given?.keys ?? []
    if (given === undefined || key === undefined || !/takes at least (\d+) bits/.test(message)) return undefined
    const [, id = '', least] = /^(\S+) takes at least (\d+) bits/.exec(message) ?? []
    // The library names the first that a secret of any length could serve; what matters is what the token says.
    const alg = SIGNATURE.get(header?.alg ?? '')
    const [named, bits] = alg?.family === 'hmac' ? [alg.id, alg.minBits] : [id, least]
    const change = given.change === undefined ? '' : ` (${given.change})`
    return {
      message: `${named} needs a secret of ${Number(bits) / 8} bytes or more; ${given.name} has ${key.bits / 8}${change}.`,
      hint: `countersign key new ${named} --out secret.jwk. To check an old token all the same: verify --allow-weak-secret.`,
      spec: 'RFC 7518 §3.2',
    }
  },
}

/** Tells the first issue of its kind, which has two moments. */
function tellTimes(
  say: (actual: number, expected: number, path: string) => ReturnType<Teller>,
): (error: JoseError) => ReturnType<Teller> {
  return ({ code, issues }) => {
    const issue = issues.find((one) => one.code === code)
    if (typeof issue?.actual !== 'number' || typeof issue.expected !== 'number') return undefined
    return say(issue.actual, issue.expected, issue.path)
  }
}

function tellTexts(name: 'iss' | 'aud'): Teller {
  return ({ code, issues }) => {
    const issue = issues.find((one) => one.code === code)
    return issue?.expected === undefined ? undefined : { message: sayTexts(name, issue) }
  }
}

function sayTexts(name: string, { actual, expected }: Issue): string {
  const near = nearness(String(actual), String(expected))
  const isOne = textsIn(String(expected)).length === 1
  return `${name} is ${actual} but ${isOne ? '' : 'one of '}${expected} is required${near === undefined ? '' : ` (${near})`}.`
}

/** The key that a token names is not the one that it was checked with, or it is and something was changed. */
function tellSignature(_: JoseError, { header, given }: Circumstances): ReturnType<Teller> {
  if (header?.alg === undefined || given === undefined) return undefined
  // Of a set it was the one that the token names.
  const named = given.as === 'set' ? given.keys.filter(({ kid }) => kid !== undefined && kid === header.kid) : []
  const [key, ...others] = named.length === 1 ? named : given.keys
  const kid = key?.kid === undefined ? '' : ` kid ${cut(key.kid)}`
  const means =
    given.as === 'secret'
      ? `the secret from ${given.name}${given.change === undefined ? '' : ` (${given.change})`}`
      : others.length > 0
        ? `${given.keys.length} keys from ${given.name}`
        : `${kid === '' ? 'the key' : kid.trim()} from ${given.name}`
  const message = `signature does not match: ${bare(header.alg)} checked with ${means}.`
  const cutHint = 'If the text was edited or cut, get it again.'
  if (given.as === 'secret' || header.kid === undefined || header.kid === key?.kid || others.length > 0)
    return { message }
  return {
    message,
    hint: `the token names kid ${cut(header.kid)}; pass that key, or --jwks / --issuer to choose by kid. ${cutHint}`,
  }
}

/** The token says an algorithm that no key which was given may serve. */
function tellAlgorithm({ message }: JoseError, { header, given }: Circumstances): ReturnType<Teller> {
  const [key, ...others] = given?.keys ?? []
  if (header?.alg === undefined || given === undefined || key === undefined || !/is not allowed here/.test(message))
    return undefined
  const macs = [...SIGNATURE.values()].filter(({ family }) => family === 'hmac').map(({ id }) => id)
  // A secret that is too short for some serves them where it is allowed to.
  const own = key.algorithms.filter((id) => SIGNATURE.has(id))
  const algs = (key.kind === 'secret' && own.length === 0 ? macs : own).join(' ')
  const isConfused = macs.includes(header.alg) && given.keys.every(({ kind }) => kind !== 'secret')
  const confusion = {
    hint: `do not use a public key as an HMAC secret: that is algorithm confusion (RFC 8725 §2.1). If the issuer really uses ${cut(header.alg, false)}, pass --secret.`,
  }
  if (others.length > 0)
    return {
      message: `token says ${cut(header.alg, false)}, which none of the keys from ${given.name} may serve.`,
      ...(isConfused && confusion),
    }
  const what = given.as === 'secret' ? 'a secret' : describe(key)
  return {
    message: `token says ${cut(header.alg, false)}, but ${whichOf(given, key)} is ${what}, which can only verify ${algs}.`,
    ...(isConfused
      ? confusion
      : { hint: 'pass the key that signed it, or refuse the token: what its header says decides nothing.' }),
  }
}

/** One key by where it came from, and out of a set by its name. */
function whichOf({ as, name }: GivenKeys, { kid }: Key): string {
  if (as !== 'set') return name
  return kid === undefined ? `the one key from ${name}` : `kid ${cut(kid)} from ${name}`
}

function tellNoKey(_: JoseError, { header, given, iss }: Circumstances): ReturnType<Teller> {
  if (given?.as !== 'set') return undefined
  const alg = cut(header?.alg ?? '', false)
  const isNamed = header?.kid !== undefined && given.keys.some(({ kid }) => kid === header.kid)
  const which =
    header?.kid === undefined ? `fits ${alg}` : `with kid ${cut(header.kid)}${isNamed ? ` that serves ${alg}` : ''}`
  const named = given.keys.slice(0, 8).map(({ kid, alg, use, kty, crv }) => {
    const what = alg ?? (use === undefined ? [kty, crv].filter(Boolean).join(' ') : `use ${use}`)
    return `${kid === undefined ? 'without kid' : bare(kid)} (${what})`
  })
  const more = given.keys.length > named.length ? ', …' : ''
  const list = named.length === 0 ? 'it is empty' : `${named.join(', ')}${more}`
  return {
    message: `no key ${which} among ${given.keys.length} at ${given.name}: ${list}.`,
    hint: isNamed
      ? `the key that it names serves something else; refuse the token, or see what is in the set: countersign jwks.`
      : typeof iss === 'string'
        ? `the key may be rotated out, or the token is from elsewhere: its iss is ${cut(iss)}.`
        : 'the key may be rotated out, or the token is from elsewhere.',
  }
}

/** A key in words: `an RSA public key`, `a P-256 private key`, `a secret`. */
export function describe({ kind, kty, crv }: Pick<Key, 'kind' | 'kty' | 'crv'>): string {
  if (kind === 'secret') return 'a secret'
  const name = crv ?? kty
  return `${/^[AEFHILMNORSX]/.test(name) ? 'an' : 'a'} ${name} ${kind} key`
}

/** Why something could not be fetched, in few words. */
function inShort(reason: string): string {
  return reason.replace(/^no whole answer within ([\d.]+) s$/, 'no answer in $1s')
}

const SHOWN = 100

/** Text from outside, quoted unless it is to stand as it is, and cut. */
function cut(text: string, quotes = true): string {
  const whole = JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text)
  return quotes ? whole : bare(text)
}

/** The same without quotes, where nothing in it needs them. */
function bare(text: string): string {
  return /^[\w.:/@+=~-]{1,100}$/.test(text) ? text : cut(text)
}

/** Facts end like sentences. */
function sentence(text: string): string {
  return /[.!?)]$/.test(text) ? text : `${text}.`
}

/** What an error says, whoever made it; nothing for one that should not happen. */
export function toldIn(error: unknown): Told | undefined {
  if (error instanceof CommandError) return error.told
  return error instanceof JoseError ? tell(error) : undefined
}

/** An error that the command or the page makes itself. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly told: Told

  constructor(code: ErrorCode | CommandCode, message: string, told: Parameters<typeof toTold>[2] = {}) {
    super(message)
    this.told = toTold(code, message, told)
  }
}
