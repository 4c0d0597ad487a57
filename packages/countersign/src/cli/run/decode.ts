import { base64url } from '../../bytes.ts'
import { type DecodedToken, decodeToken, timesOf } from '../../diagnosis/decode-token.ts'
import {
  type ExactJson,
  exactly,
  member,
  numberOf,
  quoted,
  textOf,
  toLine,
  toLines,
} from '../../diagnosis/exact-json.ts'
import { inZone, type TimeZone, toIso, toWhen } from '../../diagnosis/moments.ts'
import { CommandError, tell } from '../../diagnosis/told.ts'
import { JoseError } from '../../errors.ts'
import type { CallOf, Run } from '../call.ts'
import type { Outcome } from '../outcome.ts'
import { type Brush, jsonPaint } from '../paint.ts'
import type { DecodeNames } from '../rows/tokens.ts'
import { parseZone } from '../times.ts'
import { tokenLines, tokenText } from '../tokens.ts'
import { usage } from '../usage.ts'

type DecodeCall = CallOf<DecodeNames>

/** Shows what a token says, and checks nothing. */
export const decode: Run<DecodeNames> = async (call) => {
  const { values, words } = call
  if (values.part !== undefined && values.claim !== undefined)
    throw usage('--part and --claim exclude each other', 'decode')
  const zone = parseZone(values.tz ?? 'utc')
  if (!values.lines)
    return toOutcome(decodeToken(await tokenText(call, words[0], 'decode'), call.settings.strict), call, zone)
  let count = 0
  for await (const [line, text] of tokenLines(call, words[0])) {
    count++
    call.progress.show(() => `decoded ${count}`)
    await call.answer(lineOutcome(line, text, call, zone))
  }
  return undefined
}

/** One line of many: a token that cannot be read is told, and the next one goes on. */
function lineOutcome(line: number, text: string, call: DecodeCall, zone: TimeZone): Outcome {
  try {
    const outcome = toOutcome(decodeToken(text, call.settings.strict), call, zone, true)
    return { ...outcome, json: { line, ...outcome.json } }
  } catch (error) {
    const told = error instanceof JoseError ? tell(error) : error instanceof CommandError ? error.told : undefined
    if (told === undefined) throw error
    return { json: { line }, text: '', error: { ...told, message: `line ${line}: ${told.message}` } }
  }
}

function toOutcome(token: DecodedToken, call: DecodeCall, zone: TimeZone, onOneLine = false): Outcome {
  const { values, host } = call
  for (const note of token.notes) call.note(note)
  const now = host.now()
  const json = toDocument(token, now)
  if (values.claim !== undefined) return { json, text: `${claimText(token, values.claim, now, zone)}\n` }
  if (values.part !== undefined) return { json, text: partText(token, values.part) }
  if (onOneLine) return { json, text: `${lineOf(token, now)}\n` }
  return { json, text: (brush) => wholeText(token, now, zone, brush) }
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
function payloadMembers({ bytes, json, text }: NonNullable<DecodedToken['payload']>): Record<string, unknown> {
  if (json) return { payload: exactly(json) }
  return text === undefined ? { payloadBase64url: base64url(bytes) } : { payload: text }
}

function partText({ header, payload, signature, kind }: DecodedToken, part: string): string | Uint8Array {
  if (part === 'header') return `${toLines(header)}\n`
  if (part === 'payload') {
    if (payload === undefined)
      throw missingPart(kind === 'jwe' ? 'the payload is encrypted' : 'the token has no payload')
    return payload.json ? `${toLines(payload.json)}\n` : payload.bytes
  }
  if (signature === undefined) throw missingPart(kind === 'jwe' ? 'a JWE has no signature' : 'the signature is cut off')
  return `${signature.text}\n`
}

function missingPart(why: string): CommandError {
  return new CommandError('CS_MALFORMED', `${why}.`, { hint: 'countersign decode shows what there is.' })
}

/** A claim by its name, or by a path of names and numbers with dots between them. */
function claimAt({ payload, kind }: DecodedToken, path: string): ExactJson {
  if (kind === 'jwe') throw missingPart('the claims are encrypted')
  const whole = member(payload?.json, path)
  if (whole) return whole
  let at = payload?.json
  for (const step of path.split('.'))
    at = at?.kind === 'array' && /^\d+$/.test(step) ? at.items[Number(step)] : member(at, step)
  if (at) return at
  const names = payload?.json?.kind === 'object' ? payload.json.members.map(([name]) => name) : []
  const there =
    names.length === 0
      ? 'the payload has no claims'
      : `it has ${names
          .slice(0, 12)
          .map((name) => quoted(name).slice(1, -1))
          .join(', ')}`
  throw new CommandError('CS_CLAIM_MISSING', `the token has no claim ${JSON.stringify(path.slice(0, 100))}.`, {
    hint: `${there}.`,
  })
}

function claimText(token: DecodedToken, path: string, now: number, zone: TimeZone): string {
  const value = claimAt(token, path)
  const time = timesOf(token.payload?.json).find(([name]) => name === path)
  if (time) return `${inZone(time[1], zone)}   (${toWhen(time[1], now)})`
  const text = textOf(value)
  // What a terminal would act upon stays escaped.
  return text === undefined ? toLines(value) : quoted(text).slice(1, -1).replaceAll('\\"', '"').replaceAll('\\\\', '\\')
}

/** A token on one line, for many of them. */
function lineOf({ kind, header, payload }: DecodedToken, now: number): string {
  const exp = numberOf(member(payload?.json, 'exp'))
  const texts = ['iss', 'sub', 'aud'].flatMap((name) => {
    const value = member(payload?.json, name)
    return value ? [`${name} ${toLine(value)}`] : []
  })
  const words = [kind.toUpperCase(), textOf(member(header, 'alg')) ?? '?', ...texts]
  return [...words, ...(exp === undefined ? [] : [`exp ${toIso(exp) ?? exp} (${toWhen(exp, now)})`])].join('  ')
}

function wholeText(token: DecodedToken, now: number, zone: TimeZone, brush: Brush): string {
  const { kind, header, headers, payload, signature } = token
  const paint = jsonPaint(brush)
  const title = (text: string, more = ''): string =>
    `${brush('bold', text)}${more === '' ? '' : `  ${brush('dim', more)}`}`
  const blocks = [
    `${title(`${kind.toUpperCase()} header`, kind === 'jws' ? 'not verified: anyone can write this' : 'the rest is encrypted')}\n${toLines(header, paint)}`,
    ...headers.slice(1).map((other, index) => `${title(`header ${index + 2}`)}\n${toLines(other, paint)}`),
  ]
  if (payload) blocks.push(`${title('payload')}\n${payloadText(payload, brush)}`)
  else if (kind === 'jws')
    blocks.push(`${title('payload')}\n${brush('dim', signature ? 'detached: it travels by itself' : 'cut off')}`)
  const times = timesOf(payload?.json)
  const width = Math.max(...times.map(([name]) => name.length))
  if (times.length > 0) {
    const lines = times.map(([name, seconds]) => {
      const tone = name === 'exp' && seconds <= now ? 'bad' : 'dim'
      return `${name.padEnd(width)}  ${inZone(seconds, zone)}  ${brush(tone, `(${toWhen(seconds, now)})`)}`
    })
    blocks.push(`${title('times')}\n${lines.join('\n')}`)
  }
  if (signature) {
    const bytes =
      signature.bytes === 0 ? brush('bad', 'none: nobody signed this') : `${signature.bytes} bytes, not checked`
    blocks.push(`${title('signature')}  ${bytes}`)
  }
  return `${blocks.join('\n\n')}\n`
}

function payloadText({ bytes, json, text }: NonNullable<DecodedToken['payload']>, brush: Brush): string {
  if (json) return toLines(json, jsonPaint(brush))
  if (text === undefined) return brush('dim', `${bytes.length} bytes that are no text`)
  return text
    .split('\n')
    .map((line) => quoted(line).slice(1, -1).replaceAll('\\"', '"').replaceAll('\\\\', '\\'))
    .join('\n')
}
