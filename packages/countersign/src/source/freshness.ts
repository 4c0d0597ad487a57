import type { FetchResponse } from './download.ts'

type Headers = FetchResponse['headers']

/**
 * For how many more seconds an answer says it may be used (RFC 9111 §4.2): max-age, less the time that it has spent in
 * other caches; nothing where it does not say.
 */
export function lifetimeOf(headers: Headers): number | undefined {
  const directives = (headers.get('cache-control') ?? '')
    .toLowerCase()
    .split(',')
    .map((part) => part.trim())
  if (directives.includes('no-store') || directives.includes('no-cache')) return 0
  const maxAge = toWhole(directives.find((part) => part.startsWith('max-age='))?.slice('max-age='.length))
  return maxAge === undefined ? undefined : Math.max(0, maxAge - (toWhole(headers.get('age')) ?? 0))
}

/** The entity tag of an answer, if it is one that can be sent back: another would make each later request fail. */
export function etagOf(headers: Headers): string | undefined {
  const tag = headers.get('etag') ?? ''
  return /^(W\/)?"[\x21\x23-\x7e]{0,256}"$/.test(tag) ? tag : undefined
}

/** For how many seconds a server asks to be left alone (RFC 9110 §10.2.3); a date is not read. */
export function retryAfterOf(headers: Headers): number {
  return toWhole(headers.get('retry-after')) ?? 0
}

/** A whole number of at most ten digits, perhaps quoted. */
function toWhole(text: string | null | undefined): number | undefined {
  const [, digits] = /^"?(\d{1,10})"?$/.exec(text?.trim() ?? '') ?? []
  return digits === undefined ? undefined : Number(digits)
}
