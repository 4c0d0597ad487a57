import { type ExactJson, quoted } from '../diagnosis/exact-json.ts'

const SHOWN = 80

/** A text from outside in quotes, and cut. */
export function short(text: string): string {
  return quoted(withoutTokens(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text))
}

/** A header and what stands behind its dot: as much of a token as is left of it. */
const TOKEN = /ey[A-DI-L][\w-]{5,}(?:\.[\w-]*)+/g

/** A text that is short, with a mark in place of each token in it: a token is as good as what it grants. */
export function withoutTokens(text: string): string {
  return text.replace(TOKEN, '(a token)')
}

/** What a value is, in words that tell nothing of it: `a string`, `an array`, `null`. */
export function kindIn(json: ExactJson): string {
  if (json.kind === 'literal') return String(json.value)
  return `${json.kind === 'array' || json.kind === 'object' ? 'an' : 'a'} ${json.kind}`
}

/** The host that a URL leads to. What else is in it may be nobody's to see: a password, or a token. */
export function hostIn(url: string): string | undefined {
  const { protocol, host } = URL.canParse(url) ? new URL(url) : { protocol: '', host: '' }
  return host === '' ? undefined : short(`${protocol}//${host}`)
}
