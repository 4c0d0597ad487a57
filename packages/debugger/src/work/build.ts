import { ALGORITHM } from '../../../countersign/src/alg/algorithm.ts'
import { CONTENT } from '../../../countersign/src/alg/content.ts'
import { MANAGEMENT } from '../../../countersign/src/alg/management.ts'
import { SIGNATURE } from '../../../countersign/src/alg/signature.ts'
import { base64url, utf8 } from '../../../countersign/src/bytes.ts'
import { backend } from '../../../countersign/src/crypto/web.ts'
import {
  duplicates,
  type ExactJson,
  JsonFault,
  member,
  numberOf,
  parseExact,
  textOf,
  toText,
  toValue,
} from '../../../countersign/src/diagnosis/exact-json.ts'
import { CommandError, type Told } from '../../../countersign/src/diagnosis/told.ts'
import { isObject } from '../../../countersign/src/json.ts'
import { encryptJwe } from '../../../countersign/src/jwe/encrypt-jwe.ts'
import { sign, toSigning } from '../../../countersign/src/jws/sign.ts'
import type { Key } from '../../../countersign/src/key/key.ts'
import { exportJwk, generateKey } from '../../../countersign/src/key/ops.ts'
import { run } from '../../../countersign/src/op.ts'
import { CAPABILITIES } from './browser.ts'
import type { KeysRead } from './keys.ts'
import { toldOf } from './read.ts'

/** What a token is to say, as somebody writes it. */
export interface Draft {
  readonly header: string
  readonly payload: string
}

/** Something that stops a token from being made. */
export interface BuildFault {
  readonly kind: 'fault'
  readonly of: 'header' | 'payload' | 'key'
  readonly told: Told
  /** Where in the text, in UTF-16 units. */
  readonly offset?: number
}

export type Built =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'token'; readonly token: string; readonly isEncrypted: boolean }
  | BuildFault

/** What can be read of a draft. */
export interface Parsed {
  readonly header: ExactJson | undefined
  readonly payload: ExactJson | undefined
  readonly content: string
  readonly fault?: BuildFault
}

/** Reads what somebody wrote. What is no JSON object or array is content like any other. */
export function parseDraft({ header, payload }: Draft): Parsed {
  const top = attempt('header', () => {
    const json = parseExact(header, 'the header')
    if (json.kind !== 'object') throw new CommandError('CS_MALFORMED', 'the header is JSON, and not an object.')
    const [twice] = duplicates(json)
    if (twice !== undefined) throw new CommandError('CS_MALFORMED', `the header has the name ${twice} twice.`)
    return json
  })
  const body = attempt('payload', () => (/^\s*[{[]/.test(payload) ? parseExact(payload, 'the payload') : undefined))
  const [head, inner] = [isFault(top) ? undefined : top, isFault(body) ? undefined : body]
  const fault = isFault(top) ? top : isFault(body) ? body : undefined
  return { header: head, payload: inner, content: inner ? toText(inner) : payload, ...(fault && { fault }) }
}

const isFault = (value: ExactJson | BuildFault | undefined): value is BuildFault => value?.kind === 'fault'

function attempt<T>(of: BuildFault['of'], work: () => T): T | BuildFault {
  try {
    return work()
  } catch (error) {
    const told = toldOf(error)
    // What somebody types is not a token that somebody sent.
    const own = error instanceof JsonFault ? { ...told, hint: 'mend the JSON where it is marked.' } : told
    return { kind: 'fault', of, told: own, ...(error instanceof JsonFault && { offset: error.offset }) }
  }
}

/**
 * Makes a token of a draft: a JWE where the header says enc, or else a JWS. Header and claims keep their order and every
 * digit, and what is no JSON is signed as it is.
 */
export async function build({ header, content, fault }: Parsed, read: KeysRead): Promise<Built> {
  if (fault) return fault
  if (header === undefined || read.kind === 'none') return { kind: 'nothing' }
  if (read.kind === 'fault') return { kind: 'fault', of: 'key', told: read.told }
  const [key, ...others] = read.keys.keys
  try {
    if (key === undefined || others.length > 0)
      throw new CommandError('CS_KEY_TYPE', 'one key makes a token, and this is a set of several.', {
        hint: 'choose one of them by its kid.',
      })
    if (member(header, 'enc') !== undefined)
      return {
        kind: 'token',
        token: await encrypted(header, content, read.keys.judging.all?.[0] ?? key),
        isEncrypted: true,
      }
    return { kind: 'token', token: await signed(header, content, key), isEncrypted: false }
  } catch (error) {
    return { kind: 'fault', of: 'key', told: error instanceof TypeError ? asTold(error) : toldOf(error) }
  }
}

/** What the library says of its options is about the header here. */
const asTold = ({ message }: TypeError): Told =>
  new CommandError('CS_HEADER', message, { hint: 'mend the header, or take a key that fits it.' }).told

async function signed(header: ExactJson, content: string, key: Key): Promise<string> {
  const named = textOf(member(header, 'alg'))
  if (named === undefined)
    throw new CommandError('CS_HEADER', 'the header says no alg.', {
      hint: 'name the algorithm, such as "alg": "ES256".',
    })
  if (/^none$/i.test(named))
    throw new CommandError('CS_UNSIGNED', 'nobody signs with alg "none".', { hint: 'name an algorithm that signs.' })
  if (member(header, 'b64') !== undefined)
    throw new CommandError('CS_HEADER', 'a payload that is not encoded (b64) travels by itself.', {
      hint: 'countersign sign --detached @FILE makes such a token.',
    })
  const { alg } = toSigning(key, named, backend)
  return sign(alg, key, base64url(utf8(toText(header))), base64url(utf8(content)), backend)
}

/** What key management writes itself, and who encrypts anew does not take along. */
const MADE = new Set(['epk', 'iv', 'tag', 'p2s', 'p2c', 'zip', 'apu', 'apv'])

async function encrypted(header: ExactJson, content: string, key: Key): Promise<string> {
  const value = toValue(header)
  const members = Object.entries(isObject(value) ? value : {}).filter(([name]) => !MADE.has(name))
  const p2c = numberOf(member(header, 'p2c'))
  const zip = member(header, 'zip') !== undefined
  // A kid is there if somebody wrote it.
  const options = { key, protected: { kid: undefined, ...Object.fromEntries(members) } }
  const made = encryptJwe(utf8(content), { ...options, ...(p2c && { p2c }), ...(zip && { zip }) }, backend)
  return String(await run(made, backend))
}

/** What a key has to be to make a token with this header: a sentence, and the name to make a new key for. */
export function neededKey(header: ExactJson | undefined): { readonly text: string; readonly generate?: string } {
  const [alg = '', enc] = ['alg', 'enc'].map((name) => textOf(member(header, name)))
  const { signature, management, content } = CAPABILITIES
  const here = enc === undefined ? signature : management
  const row = (enc === undefined ? SIGNATURE : MANAGEMENT).get(alg)
  const inner = enc === undefined ? undefined : CONTENT.get(enc)
  if (row === undefined)
    return { text: `alg is one of ${here.join(', ')}${enc === undefined ? '; with enc, the token is encrypted' : ''}.` }
  if (enc !== undefined && (inner === undefined || !content.includes(enc)))
    return { text: `enc is one of ${content.join(', ')} in this browser.` }
  if (!here.includes(alg)) return { text: `This browser has no ${alg}; it has ${here.join(', ')}.` }
  const makes = enc === undefined ? 'signs' : 'encrypts'
  const say = (what: string): string => `${alg} ${makes} with ${what}.`
  const half = enc === undefined ? 'private' : 'public'
  const bits = row.sizes?.[0] ?? row.minBits ?? 0
  switch (row.family) {
    case 'direct':
      return {
        text: say(`a secret of exactly ${(inner?.cekBits ?? 0) / 8} bytes, which ${enc} takes`),
        generate: enc ?? '',
      }
    case 'password':
      return { text: `${say('a password')} p2c in the header says how slowly it is tried: 1000 to ${row.iterations}.` }
    case 'hmac':
      return { text: say(`a secret of ${bits / 8} bytes or more`), generate: alg }
    case 'wrap':
    case 'gcm-wrap':
      return { text: say(`a secret of exactly ${bits / 8} bytes`), generate: alg }
    case 'mldsa':
      return { text: say(`an ${alg} private key`), generate: alg }
    default:
      return row.kty.includes('RSA')
        ? { text: say(`an RSA ${half} key of ${bits} bits or more`), generate: alg }
        : { text: say(`a ${half} key on ${row.crv?.join(', ')}`), generate: alg }
  }
}

/** A new key for an algorithm, as the text of its JWK. @throws {JoseError} for what this browser does not make */
export async function newKey(alg: string): Promise<string> {
  if (!ALGORITHM.has(alg)) return ''
  return JSON.stringify(await run(exportJwk(await run(generateKey(alg, {}), backend)), backend), undefined, 2)
}

/** The claims with another end. What is no JSON stays as it is. @param exp - epoch seconds */
export function withExp(payload: string, exp: number): string {
  try {
    const json = parseExact(payload, 'the payload')
    if (json.kind !== 'object') return payload
    const value: ExactJson = { kind: 'number', text: String(Math.floor(exp)) }
    const isThere = json.members.some(([name]) => name === 'exp')
    const members = isThere
      ? json.members.map(([name, own]) => (name === 'exp' ? ([name, value] as const) : ([name, own] as const)))
      : [...json.members, ['exp', value] as const]
    return lines({ kind: 'object', members })
  } catch {
    return payload
  }
}

/** JSON as it is edited: two spaces a level, every digit and every character as it is. */
export function lines(json: ExactJson, indent = ''): string {
  const inner = `${indent}  `
  if (json.kind === 'object' && json.members.length > 0)
    return `{\n${json.members.map(([name, value]) => `${inner}${JSON.stringify(name)}: ${lines(value, inner)}`).join(',\n')}\n${indent}}`
  return toText(json)
}
