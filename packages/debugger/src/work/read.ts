import { utf8 } from '../../../countersign/src/bytes.ts'
import { type DecodedToken, decodeFound } from '../../../countersign/src/diagnosis/decode-token.ts'
import { type FoundToken, findToken } from '../../../countersign/src/diagnosis/find-token.ts'
import { type Place, type Told, toldIn, toTold } from '../../../countersign/src/diagnosis/told.ts'

/** What became of the text that somebody pasted. */
export type Reading =
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'unreadable'
      readonly told: Told
      /** Where it is at fault, with what stands around that. */
      readonly fault?: Fault
      /** What stands before it, which can be read. */
      readonly token?: DecodedToken
    }
  | { readonly kind: 'token'; readonly token: DecodedToken }

/** A text that is cut into what is before a fault, the character at fault, and what is behind it. */
export interface Fault {
  /** What is at fault: `header`, `signature`. */
  readonly part: string
  /** The text is that of JSON, decoded; or else it is the token as it is written. */
  readonly isDecoded: boolean
  readonly before: string
  readonly at: string
  readonly after: string
}

/** Finds the token in a text and takes it apart, as far as that goes. */
export function read(text: string): Reading {
  if (text.trim() === '') return { kind: 'nothing' }
  let found: FoundToken | undefined
  try {
    found = findToken(text)
    return { kind: 'token', token: decodeFound(found) }
  } catch (error) {
    const told = toldOf(error)
    return { kind: 'unreadable', told, ...(found && told.at && partly(found, told, told.at)) }
  }
}

/** The parts of each kind of token, in their order. */
const PARTS: Readonly<Record<FoundToken['kind'], readonly Place['segment'][]>> = {
  jws: ['header', 'payload', 'signature'],
  cut: ['header', 'payload', 'signature'],
  jwe: ['header', 'encrypted key', 'iv', 'ciphertext', 'tag'],
}
/** So much of a text is shown around its fault. */
const AROUND = 72

interface Partly {
  readonly fault?: Fault
  readonly token?: DecodedToken
}

function partly({ token, kind }: FoundToken, { code }: Told, { segment, offset }: Place): Partly {
  const index = PARTS[kind].indexOf(segment)
  if (typeof token !== 'string' || index < 0) return {}
  const parts = token.split('.')
  const part = parts[index] ?? ''
  const isDecoded = code !== 'CS_BASE64'
  const whole = isDecoded ? decoded(part) : token
  const start = isDecoded ? offset : parts.slice(0, index).join('.').length + (index > 0 ? 1 : 0) + offset
  const at = String.fromCodePoint(...[whole.codePointAt(start)].filter((unit) => unit !== undefined))
  const cut = [...parts.slice(0, index), ...(kind !== 'jwe' && index === 1 ? [part.slice(0, offset)] : [])].join('.')
  const before = whole.slice(0, start)
  const after = whole.slice(start + at.length)
  return {
    fault: {
      part: segment,
      isDecoded,
      before: before.length > AROUND ? `…${before.slice(-AROUND)}` : before,
      at,
      after: after.length > AROUND ? `${after.slice(0, AROUND)}…` : after,
    },
    ...(index > 0 && readable(cut)),
  }
}

function readable(token: string): { readonly token: DecodedToken } | undefined {
  try {
    return { token: { ...decodeFound({ token, kind: 'cut', notes: [] }), notes: [] } }
  } catch {
    return undefined
  }
}

/** The text of a part that is base64url, and no more than that. */
function decoded(part: string): string {
  try {
    const text = atob(part.replaceAll('-', '+').replaceAll('_', '/'))
    return new TextDecoder().decode(Uint8Array.from(text, (char) => char.charCodeAt(0)))
  } catch {
    return ''
  }
}

/** How long a token is, in octets. */
export function sizeOf({ token }: Pick<DecodedToken, 'token'>): number {
  return utf8(typeof token === 'string' ? token : JSON.stringify(token)).length
}

/** Any failure in the words of the command. What should not happen is told by its kind alone. */
export function toldOf(error: unknown): Told {
  const name = error instanceof Error ? error.name : typeof error
  return toldIn(error) ?? toTold('CS_INTERNAL', `something went wrong inside: ${name}.`)
}
