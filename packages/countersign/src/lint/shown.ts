import { type ExactJson, quoted } from '../diagnosis/exact-json.ts'

const SHOWN = 80

/** A value from outside, short: what is in an array or an object stays there. */
export function shown(json: ExactJson): string {
  if (json.kind === 'string') return short(json.value)
  if (json.kind === 'number') return json.text.slice(0, SHOWN)
  return json.kind === 'literal' ? String(json.value) : `an ${json.kind}`
}

/** A text from outside in quotes, and cut. */
export function short(text: string): string {
  return quoted(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text)
}
