import { utf8 } from '../../../countersign/src/bytes.ts'
import { backend } from '../../../countersign/src/crypto/web.ts'
import {
  duplicates,
  type ExactJson,
  member,
  parseExact,
  textOf,
  toText,
  toValue,
} from '../../../countersign/src/diagnosis/exact-json.ts'
import { CommandError, type Told } from '../../../countersign/src/diagnosis/told.ts'
import { isObject } from '../../../countersign/src/json.ts'
import { encryptJwe } from '../../../countersign/src/jwe/encrypt-jwe.ts'
import { signJws } from '../../../countersign/src/jws/sign-jws.ts'
import { run } from '../../../countersign/src/op.ts'
import { type GivenText, readKeys } from './keys.ts'
import { toldOf } from './read.ts'

/** What a token is to say, as somebody writes it. */
export interface Draft {
  readonly header: string
  readonly payload: string
}

export type Built =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'fault'; readonly of: 'header' | 'payload' | 'key'; readonly told: Told }

/**
 * Makes a token of a draft: a JWE where the header says enc, or else a JWS. Claims keep their order and every digit; what
 * is no JSON is signed as it is.
 */
export async function build({ header, payload }: Draft, key: GivenText): Promise<Built> {
  let members: Readonly<Record<string, unknown>>
  let exact: ExactJson
  try {
    exact = parseExact(header, 'the header')
    const value = toValue(exact)
    if (!isObject(value)) throw new CommandError('CS_MALFORMED', 'the header is JSON, and not an object.')
    const [twice] = duplicates(exact)
    if (twice !== undefined) throw new CommandError('CS_MALFORMED', `the header has the name ${twice} twice.`)
    members = value
  } catch (error) {
    return { kind: 'fault', of: 'header', told: toldOf(error) }
  }
  let content: string
  try {
    content = /^\s*[{[]/.test(payload) ? toText(parseExact(payload, 'the payload')) : payload
  } catch (error) {
    return { kind: 'fault', of: 'payload', told: toldOf(error) }
  }
  if (key.text.trim() === '') return { kind: 'nothing' }
  try {
    const { keys } = await readKeys(key)
    const [only, ...others] = keys
    if (only === undefined || others.length > 0)
      throw new CommandError('CS_KEY_TYPE', 'one key makes a token, and this is a set of several.')
    const [alg, enc] = ['alg', 'enc'].map((name) => textOf(member(exact, name)))
    const { alg: _, enc: __, ...rest } = members
    const common = { key: only, ...(alg !== undefined && { alg }), protected: rest }
    const made =
      enc === undefined
        ? await run(signJws(utf8(content), common, backend), backend)
        : await run(encryptJwe(utf8(content), { ...common, enc }, backend), backend)
    return { kind: 'token', token: typeof made === 'string' ? made : JSON.stringify(made) }
  } catch (error) {
    return { kind: 'fault', of: 'key', told: toldOf(error) }
  }
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
