import { base64url } from '../../bytes.ts'
import { type DecodedToken, decodePart, decodeToken, type Payload } from '../../diagnosis/decode-token.ts'
import {
  type ExactJson,
  exactly,
  member,
  numberOf,
  printable,
  quoted,
  textOf,
  toLine,
  toLines,
  toRow,
  toValue,
} from '../../diagnosis/exact-json.ts'
import { inZone, type TimeZone, toIso, toWhen } from '../../diagnosis/moments.ts'
import { timesOf } from '../../diagnosis/odd-times.ts'
import { CommandError, type Told, tell, toldIn } from '../../diagnosis/told.ts'
import { JoseError } from '../../errors.ts'
import { isObject } from '../../json.ts'
import type { CallOf, Run } from '../call.ts'
import { parseZone } from '../given/times.ts'
import { tokenLines, tokenText } from '../given/tokens.ts'
import { didYouMean, usage } from '../line/usage.ts'
import type { DecodeNames } from '../rows/tokens.ts'
import type { Outcome } from '../shown/outcome.ts'
import { type Brush, jsonPaint } from '../shown/paint.ts'

type DecodeCall = CallOf<DecodeNames>

/** How what was decoded is to be shown. */
interface Showing {
  readonly now: number
  readonly zone: TimeZone
  /** For the eyes of somebody, and not for a pipe or a file. */
  readonly isSeen: boolean
  /** Its number, where it is one line of many. */
  readonly line?: number
}

/** Shows what a token says, and checks nothing. */
export const decode: Run<DecodeNames> = async (call) => {
  const { values, words, settings, host } = call
  if (values.part !== undefined && values.claim !== undefined)
    throw usage('--part and --claim exclude each other', 'decode')
  const zone = parseZone(values.tz ?? 'utc')
  const isSeen = host.output.isTerminal && (settings.out === undefined || settings.out === '-')
  const showing = { zone, isSeen, now: host.now() }
  if (!values.lines)
    return toOutcome(decodeToken(await tokenText(call, words[0], 'decode'), settings.strict), call, showing)
  let count = 0
  for await (const [line, text] of tokenLines(call, words[0])) {
    count++
    call.progress.show(() => `decoded ${count}`)
    await call.answer(lineOutcome(text, call, { ...showing, line, now: host.now() }))
  }
  return undefined
}

/** One line of many: a token that cannot be read is told, and the next one goes on. */
function lineOutcome(text: string, call: DecodeCall, showing: Showing & { readonly line: number }): Outcome {
  const { line } = showing
  try {
    const outcome = toOutcome(decodeToken(text, call.settings.strict), call, showing)
    return { ...outcome, json: { line, ...outcome.json } }
  } catch (error) {
    const told = toldIn(error)
    if (told === undefined) throw error
    const { claim, part } = call.values
    // What takes one claim of each still finds a line for each.
    const blank = claim === undefined && part === undefined ? `${line}  ${told.code}\n` : '\n'
    const at = call.settings.json ? '' : `line ${line}: `
    return { json: { line }, text: blank, error: { ...told, message: `${at}${told.message}` } }
  }
}

function toOutcome(token: DecodedToken, call: DecodeCall, showing: Showing): Outcome {
  const { claim, part } = call.values
  const { line } = showing
  for (const { code, message } of token.notes)
    call.note({ code, message: line === undefined || call.settings.json ? message : `line ${line}: ${message}` })
  const json = toDocument(token, showing.now)
  if (claim !== undefined) {
    const value = claimAt(token, claim)
    return { json: { ...json, claim: exactly(value) }, text: `${claimText(token, claim, value, showing)}\n` }
  }
  if (part !== undefined) return { json, text: partText(token, part, showing) }
  if (line !== undefined) return { json, text: `${line}  ${lineOf(token, showing.now)}\n` }
  return { json, text: (brush) => wholeText(token, showing, brush) }
}

function toDocument(token: DecodedToken, now: number): Outcome['json'] {
  const { kind, serialization, header, headers, payload, signature } = token
  const times = timesOf(payload?.json).map(([name, unix]) => [
    name,
    { unix, iso: toIso(unix), in: Math.trunc(unix - now) },
  ])
  return {
    kind,
    serialization,
    header: exactly(header),
    ...(headers.length > 0 && { headers: headers.map(exactly) }),
    ...(payload && payloadMembers(payload)),
    ...(signature && { signature: { bytes: signature.bytes } }),
    times: Object.fromEntries(times),
    verified: false,
  }
}

/** The payload for programs: its JSON, or its text, or its octets as base64url. */
function payloadMembers({ bytes, json, text }: Payload): Record<string, unknown> {
  if (json) return { payload: exactly(json) }
  return text === undefined ? { payloadBase64url: base64url(bytes) } : { payload: text }
}

/** A part for somebody's eyes, or octet by octet; of many tokens one line each. */
function partText(token: DecodedToken, part: string, { isSeen, line }: Showing): Outcome['text'] {
  const { header, payload, signature, kind } = token
  const shown = (json: ExactJson): Outcome['text'] =>
    line === undefined ? (brush) => `${toLines(json, jsonPaint(brush))}\n` : `${toLine(json)}\n`
  if (part === 'header') {
    if (isSeen || line !== undefined || typeof token.token !== 'string') return shown(header)
    return decodePart(token.token.split('.', 1)[0] ?? '', 'header')
  }
  if (kind === 'jwe') throw encrypted(token)
  if (part === 'payload') {
    if (payload === undefined) throw missing('the token has no payload: it is detached, or cut off')
    const { bytes, text, json } = payload
    if (json && (isSeen || line !== undefined)) return shown(json)
    if (line !== undefined) return `${text === undefined ? base64url(bytes) : quoted(text)}\n`
    if (!isSeen) return bytes
    if (text !== undefined) return `${shownLines(text)}\n`
    return (brush) => `${brush('dim', `${bytes.length} bytes that are no text; --out FILE, or a pipe, takes them`)}\n`
  }
  if (signature === undefined) throw missing('the signature is cut off')
  return `${signature.text}\n`
}

function missing(why: string): CommandError {
  return new CommandError('CS_MALFORMED', `${why}.`, { hint: '`countersign decode` shows what there is.' })
}

function encrypted({ header }: DecodedToken): CommandError {
  const members = toValue(header)
  const about = isObject(members) ? { header: members } : {}
  const told: Told = tell(new JoseError('CS_ENCRYPTED', 'the token is encrypted'), about)
  return new CommandError('CS_ENCRYPTED', told.message)
}

/**
 * A claim by its name, or by a path of names and numbers with dots between them. Names may have dots themselves, so the
 * longest name that is there counts.
 */
function claimAt(token: DecodedToken, path: string): ExactJson {
  const { payload, kind } = token
  if (kind === 'jwe') throw encrypted(token)
  const found = stepInto(payload?.json, path.split('.'))
  if (found) return found
  const names = payload?.json?.kind === 'object' ? payload.json.members.map(([name]) => name) : []
  const there = names.length === 0 ? 'the payload has no claims' : `it has ${names.slice(0, 12).join(', ')}`
  const near = didYouMean(path, names)
  throw new CommandError('CS_CLAIM_MISSING', `the token has no claim ${quoted(path.slice(0, 100))}${near || '.'}`, {
    hint: `${there}${names.length > 12 ? ', …' : ''}.`,
    // Nothing was judged: 5 would say that the signature is fine.
    exit: 'input',
  })
}

const MOST_STEPS = 100

function stepInto(json: ExactJson | undefined, steps: readonly string[]): ExactJson | undefined {
  if (json === undefined || steps.length === 0) return json
  const [first = '', ...rest] = steps
  if (json.kind === 'array') return /^\d{1,9}$/.test(first) ? stepInto(json.items[Number(first)], rest) : undefined
  for (let count = Math.min(steps.length, MOST_STEPS); count > 0; count--) {
    const named = member(json, steps.slice(0, count).join('.'))
    const found = named && stepInto(named, steps.slice(count))
    if (found) return found
  }
  return undefined
}

function claimText(token: DecodedToken, path: string, value: ExactJson, { now, zone, isSeen, line }: Showing): string {
  const time = timesOf(token.payload?.json).find(([name]) => name === path)
  if (time) return `${inZone(time[1], zone)}   (${toWhen(time[1], now)})`
  if (value.kind === 'string')
    return line !== undefined ? printable(value.value) : isSeen ? shownLines(value.value) : value.value
  return line === undefined ? toLines(value) : toLine(value)
}

/** Text with the lines that it has, and nothing that a terminal would act upon. */
function shownLines(text: string): string {
  return text.split(/\r?\n/).map(printable).join('\n')
}

/** A token on one line, for many of them. */
function lineOf({ kind, header, payload }: DecodedToken, now: number): string {
  const claims = payload?.json
  const texts = ['iss', 'sub', 'aud'].flatMap((name) => {
    const value = member(claims, name)
    return value ? [`${name} ${toLine(value)}`] : []
  })
  const exp = numberOf(member(claims, 'exp'))
  if (exp !== undefined) texts.push(`exp ${toIso(exp) ?? exp} (${toWhen(exp, now)})`)
  const says = (name: string): readonly string[] => {
    const value = member(header, name)
    return value ? [name === 'kid' ? `kid ${toLine(value)}` : printable(textOf(value) ?? toLine(value))] : []
  }
  const names = kind === 'jwe' ? ['alg', 'enc', 'kid'] : ['alg']
  return [kind.toUpperCase(), ...names.flatMap(says), ...texts].join('  ')
}

/** Everything, with what counts most at the end, where the eye is once it is printed. */
function wholeText(token: DecodedToken, { now, zone }: Showing, brush: Brush): string {
  const { kind, serialization, header, headers, payload } = token
  const form = serialization === 'compact' ? '' : ` (${serialization} JSON)`
  const all = headers.length === 0 ? [header] : headers
  const blocks = all.map((one, index) => {
    const number = all.length === 1 ? '' : ` ${index + 1} of ${all.length}`
    const title = brush('bold', `${kind.toUpperCase()} header${number}`)
    const aside = brush('dim', `${form}${kind === 'jws' ? '  not verified' : ''}`)
    return `${title}${index === 0 ? aside : ''}\n${toRow(one, jsonPaint(brush)) ?? toLines(one, jsonPaint(brush))}`
  })
  if (payload) blocks.push(`${brush('bold', 'payload')}\n${payloadText(payload, brush)}`)
  const times = timesOf(payload?.json)
  if (times.length > 0) {
    const width = Math.max(...times.map(([name]) => name.length))
    const lines = times.map(([name, seconds]) => {
      const [tone, state] = stateOf(name, seconds, now)
      return `${name.padEnd(width)}  ${inZone(seconds, zone)}  ${brush(tone, `(${toWhen(seconds, now)}${state})`)}`
    })
    blocks.push(lines.join('\n'))
  }
  blocks.push(kind === 'jws' ? signatureText(token, brush) : encryptedText(token, brush))
  return `${blocks.join('\n\n')}\n`
}

function stateOf(name: string, seconds: number, now: number): readonly [tone: 'bad' | 'warn' | 'dim', state: string] {
  if (name === 'exp' && seconds <= now) return ['bad', ', expired']
  return name === 'nbf' && seconds > now ? ['warn', ', not valid yet'] : ['dim', '']
}

function signatureText({ signature, payload }: DecodedToken, brush: Brush): string {
  const detached =
    payload === undefined && signature ? `${brush('bold', 'payload')}  detached: it travels by itself\n\n` : ''
  const title = brush('bold', 'signature')
  if (signature === undefined) return `${payload ? title : brush('bold', 'the rest')}  ${brush('bad', 'cut off')}`
  if (signature.bytes === 0) return `${detached}${title}  ${brush('bad', 'none: nobody signed this')}`
  const checks = brush('dim', 'anyone can write a token; `countersign verify` checks it')
  return `${detached}${title}  ${signature.bytes} bytes, not checked: ${checks}`
}

function encryptedText({ encrypted: sizes, header }: DecodedToken, brush: Brush): string {
  const title = brush('bold', 'encrypted')
  if (sizes === undefined) return `${title}  ${brush('bad', 'cut off')}`
  const { key, iv, content, tag } = sizes
  const zip = textOf(member(header, 'zip'))
  const packed = zip === undefined ? '' : `; compressed, ${printable(zip)}`
  const opens = brush('dim', '`countersign decrypt` opens it with the key of its recipient')
  return `${title}  ${content} bytes (key ${key === 0 ? 'none' : key}, iv ${iv}, tag ${tag}${packed}): ${opens}`
}

function payloadText({ bytes, json, text }: Payload, brush: Brush): string {
  if (json) return toLines(json, jsonPaint(brush))
  if (bytes.length === 0) return brush('dim', 'empty')
  return text === undefined ? brush('dim', `${bytes.length} bytes that are no text`) : shownLines(text)
}
