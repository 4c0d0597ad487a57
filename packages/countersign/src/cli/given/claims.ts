import { type ExactJson, parseExact, quoted } from '../../diagnosis/exact-json.ts'
import { usage } from '../line/usage.ts'

/** Claims that are texts, whatever they look like (RFC 7519 §4.1). */
const TEXTS: ReadonlySet<string> = new Set(['iss', 'sub', 'aud', 'jti'])

/** Claims that are numbers of seconds (RFC 7519 §4.1.4 to §4.1.6), and the options that write them. */
const TIMES: ReadonlyMap<string, string> = new Map([
  ['exp', '--exp 15m, or '],
  ['nbf', '--nbf 5m, or '],
  ['iat', ''],
])

/** A member as it is written. */
export type Member = readonly [name: string, value: ExactJson]

/**
 * A CLAIM: `name=text`, or `name:=json` for a value that has a type.
 *
 * @param what - names the option in errors
 * @throws {CommandError} `CS_USAGE`, which repeats nothing of a value
 */
export function parseClaim(text: string, what: string): Member {
  const equals = text.indexOf('=')
  if (equals < 1) throw usage(`${what} is name=text or name:=json`, 'claims')
  const isTyped = text[equals - 1] === ':'
  const name = text.slice(0, isTyped ? equals - 1 : equals)
  const value = text.slice(equals + 1)
  if (name === '') throw usage(`${what} has no name before the equals sign`, 'claims')
  const isClaim = what === '--claim'
  if (!isTyped) {
    const option = isClaim ? TIMES.get(name) : undefined
    if (option === undefined) return [name, { kind: 'string', value }]
    throw usage(`${name} is a number of seconds, and this is text`, '', `write ${option}${name}:=1767225600`)
  }
  const shown = quoted(name.slice(0, 40)).slice(1, -1)
  let json: ExactJson
  try {
    json = parseExact(value, `the value of ${what}`)
  } catch {
    throw usage(`the value of ${what} "${shown}" is not JSON`, '', `text is written ${shown}=text, JSON ${shown}:=json`)
  }
  const isList = json.kind === 'array' && json.items.every(({ kind }) => kind === 'string')
  if (isClaim && TEXTS.has(name) && json.kind !== 'string' && !(name === 'aud' && isList))
    throw usage(`${name} is text${name === 'aud' ? ' or a list of texts' : ''}: write ${name}=…`, 'claims')
  return [name, json]
}

/** Members with others in place of those of the same name, and behind them what is new. */
export function withMembers(members: readonly Member[], others: readonly Member[]): readonly Member[] {
  const last = new Map(others)
  const kept = members.map(([name, value]): Member => [name, last.get(name) ?? value])
  const names = new Set(members.map(([name]) => name))
  return [...kept, ...[...last].filter(([name]) => !names.has(name))]
}
