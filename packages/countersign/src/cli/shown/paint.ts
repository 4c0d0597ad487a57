import type { Paint } from '../../diagnosis/exact-json.ts'
import type { Host, Output } from '../host.ts'
import type { Settings } from '../rows/table.ts'

/** What a piece of text is, for its colour. */
export type Tone = 'good' | 'bad' | 'warn' | 'dim' | 'bold' | 'key' | 'text' | 'number' | 'literal'

/** Gives a text its colour, or leaves it as it is. */
export type Brush = (tone: Tone, text: string) => string

const CODES: Readonly<Record<Tone, string>> = {
  good: '32',
  bad: '31',
  warn: '33',
  dim: '2',
  bold: '1',
  key: '36',
  text: '32',
  number: '33',
  literal: '35',
}

/** Whether a stream shows colour: by the flag, then by FORCE_COLOR, NO_COLOR and TERM, then by what the stream is. */
export function hasColour({ isTerminal }: Output, { env }: Pick<Host, 'env'>, { color }: Settings): boolean {
  if (color === 'always' || color === 'never') return color === 'always'
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: term } = env
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false'
  if (no !== undefined && no !== '') return false
  return isTerminal && term !== 'dumb'
}

export function brushFor(colour: boolean): Brush {
  return colour ? (tone, text) => (text === '' ? '' : `\u001b[${CODES[tone]}m${text}\u001b[0m`) : (_, text) => text
}

/** The colours of JSON. */
export function jsonPaint(brush: Brush): Paint {
  const tones = {
    name: 'key',
    string: 'text',
    number: 'number',
    literal: 'literal',
    object: 'dim',
    array: 'dim',
  } as const
  return (kind, text) => brush(tones[kind], text)
}
