import { base64url, utf8 } from '../../countersign/src/bytes.ts'
import { backend } from '../../countersign/src/crypto/web.ts'
import { type DecodedToken, decodeToken, type Payload, timesOf } from '../../countersign/src/diagnosis/decode-token.ts'
import {
  type ExactJson,
  member,
  printable,
  quoted,
  textOf,
  toLines,
} from '../../countersign/src/diagnosis/exact-json.ts'
import { inZone, toIso, toWhen } from '../../countersign/src/diagnosis/moments.ts'
import { CommandError, type Note, type Told, tell, toTold } from '../../countersign/src/diagnosis/told.ts'
import { JoseError } from '../../countersign/src/errors.ts'
import { type Finding, lintSubject } from '../../countersign/src/lint/lint.ts'
import type { Severity } from '../../countersign/src/lint/rule.ts'
import { RULES_AT_HAND } from '../../countersign/src/lint/rules.ts'
import { toTokenSubject } from '../../countersign/src/lint/subject.ts'

/** What stands on the page. @throws {Error} where it does not */
function byId<Type extends Element>(id: string, type: new () => Type): Type {
  const found = document.getElementById(id)
  if (found instanceof type) return found
  throw new Error(`the page has no ${id}`)
}

const input = byId('token', HTMLTextAreaElement)
const zone = byId('zone', HTMLSelectElement)
const banner = byId('status', HTMLDivElement)
const parts = byId('parts', HTMLDivElement)

/** An element with text and elements in it; text stays text, whatever it holds. */
function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className: string,
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name)
  if (className !== '') made.className = className
  made.append(...children)
  return made
}

/** Where moments lie, which changes with the clock. */
let clocks: readonly (() => void)[] = []

function show(): void {
  clocks = []
  const text = input.value
  if (text.trim() === '') {
    say('', element('p', '', 'Paste a token to see what it says.'))
    parts.replaceChildren()
    return
  }
  try {
    const token = decodeToken(text)
    say('warn', element('p', '', ...summary(token)))
    const findings = part('findings', '', element('p', '', 'looking …'))
    parts.replaceChildren(...token.notes.map(noteOf), ...blocks(token), findings)
    void lint(token, findings)
  } catch (error) {
    say('bad told', ...lines(toldOf(error)))
    parts.replaceChildren()
  }
}

/** Says in a word what became of the text: what a screen reader reads out. */
function say(tone: string, ...children: readonly Node[]): void {
  banner.className = `banner ${tone}`
  banner.replaceChildren(...children)
}

function summary({ kind }: DecodedToken): readonly (Node | string)[] {
  return kind === 'jws'
    ? [element('strong', '', 'Not verified:'), ' anyone can write this.']
    : [
        element('strong', '', 'Encrypted:'),
        " without the recipient's key only the header can be read, and nothing is verified.",
      ]
}

function toldOf(error: unknown): Told {
  if (error instanceof CommandError) return error.told
  if (error instanceof JoseError) return tell(error)
  return toTold('CS_INTERNAL', `something went wrong inside: ${error instanceof Error ? error.name : typeof error}.`)
}

/** An error in the words of the command. */
function lines({ code, message, hint }: Told): readonly Node[] {
  return [
    element('p', '', element('span', 'code', `error[${code}]`), `: ${message}`),
    element('p', 'fix', element('span', 'code', 'fix'), `: ${hint}`),
  ]
}

function noteOf({ code, message }: Note): Node {
  return element('div', 'banner warn told', element('p', '', element('span', 'code', `note[${code}]`), `: ${message}`))
}

function blocks(token: DecodedToken): readonly Node[] {
  const { kind, header, headers, payload, signature } = token
  const about = kind === 'jws' ? printable(textOf(member(header, 'alg')) ?? '') : 'the rest is encrypted'
  const times = timesOf(payload?.json)
  return [
    part(`${kind.toUpperCase()} header`, about, jsonOf(header)),
    ...headers.slice(1).map((other, index) => part(`header ${index + 2}`, '', jsonOf(other))),
    ...(payload ? [part('payload', '', payloadOf(payload))] : []),
    ...(payload || kind === 'jwe'
      ? []
      : [part('payload', '', element('p', '', signature ? 'detached: it travels by itself' : 'cut off'))]),
    ...(times.length > 0 ? [part('times', '', element('ul', 'times', ...times.map(timeOf)))] : []),
    ...(signature ? [part('signature', '', signatureOf(signature.bytes))] : []),
  ]
}

/** What lint finds, which takes a moment: secrets that everybody knows are tried. Another token may be there by then. */
async function lint(token: DecodedToken, place: HTMLElement): Promise<void> {
  const found = await lintSubject(toTokenSubject(token), { rules: RULES_AT_HAND, now: Date.now() / 1000 }, backend)
  if (!place.isConnected) return
  const content =
    found.length === 0
      ? element('p', '', 'none: nothing looks wrong, which says nothing about who wrote it.')
      : element('ul', 'findings', ...found.map(findingOf))
  place.replaceWith(part('findings', found.length === 0 ? '' : String(found.length), content))
}

/** Colour is never the only sign. */
const SIGNS: Readonly<Record<Severity, readonly [sign: string, tone: string]>> = {
  error: ['✗ error', 'bad'],
  warn: ['! warning', 'warn'],
  info: ['i info', ''],
}

function findingOf({ rule, severity, path, message, fix, spec }: Finding): HTMLElement {
  const [sign, tone] = SIGNS[severity]
  return element(
    'li',
    '',
    element(
      'p',
      '',
      element('strong', tone, sign),
      ' ',
      element('span', 'code', rule),
      ` ${path === '' ? '' : `${path}: `}${message}`,
    ),
    element('p', 'fix', element('span', 'code', 'fix'), `: ${fix} (${spec})`),
  )
}

function part(title: string, about: string, content: Node): HTMLElement {
  const heading = element('h2', '', title)
  if (about !== '') heading.append(element('small', '', about))
  return element('section', 'part', heading, content)
}

// No JSON text has these two characters: they are always escaped in it.
const [FROM, TO] = ['\u0001', '\u0002']

/** The same lines as the command prints, with their colours. */
function jsonOf(json: ExactJson): Node {
  const text = toLines(json, (kind, piece) => `${FROM}${kind}:${piece}${TO}`)
  const [first = '', ...pieces] = text.split(FROM)
  const painted = pieces.flatMap((piece) => {
    const [inside = '', behind = ''] = piece.split(TO)
    const colon = inside.indexOf(':')
    return [element('span', inside.slice(0, colon), inside.slice(colon + 1)), behind]
  })
  return element('pre', '', first, ...painted)
}

function payloadOf({ bytes, json, text }: Payload): Node {
  if (json) return jsonOf(json)
  if (text === undefined) return element('p', '', `${bytes.length} bytes that are no text`)
  const unescaped = (line: string): string => quoted(line).slice(1, -1).replaceAll('\\"', '"').replaceAll('\\\\', '\\')
  return element('pre', '', text.split('\n').map(unescaped).join('\n'))
}

function timeOf([name, seconds]: readonly [string, number]): Node {
  const time = element('time', '', inZone(seconds, zone.value === 'local' ? 'local' : 'utc'))
  time.dateTime = toIso(seconds) ?? ''
  const when = element('span', 'when')
  const tick = (): void => {
    const now = Date.now() / 1000
    when.textContent = `(${toWhen(seconds, now)})`
    when.className = name === 'exp' && seconds <= now ? 'when bad' : 'when'
  }
  tick()
  clocks = [...clocks, tick]
  return element('li', '', element('span', 'claim', name), time, when)
}

function signatureOf(bytes: number): Node {
  return bytes === 0
    ? element('p', 'signature bad', 'none: nobody signed this')
    : element('p', 'signature', `${bytes} bytes, not checked`)
}

/** A token that was issued a minute ago. Its account is more than a float can hold, and its signature was never made. */
function example(): string {
  const iat = Math.floor(Date.now() / 1000) - 60
  const texts = [
    '{"alg":"ES256","typ":"JWT","kid":"2026-a"}',
    `{"iss":"https://id.example.com","aud":"https://api.example.com","sub":"ada","account":9007199254740993,"admin":true,"iat":${iat},"exp":${iat + 900}}`,
  ]
  return [...texts.map((text) => base64url(utf8(text))), base64url(new Uint8Array(64))].join('.')
}

function fill(text: string): void {
  input.value = text
  input.focus()
  show()
}

input.addEventListener('input', show)
zone.addEventListener('change', show)
byId('example', HTMLButtonElement).addEventListener('click', () => fill(example()))
byId('clear', HTMLButtonElement).addEventListener('click', () => fill(''))
setInterval(() => {
  for (const tick of clocks) tick()
}, 1000)
// A browser may have kept the text over a reload.
show()
