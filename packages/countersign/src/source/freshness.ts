import type { FetchResponse } from './download.ts'

type Headers = FetchResponse['headers']

/** For how many seconds an answer says it may be used, from when it was made; nothing where it does not say. */
export function maxAgeOf(headers: Headers): number | undefined {
  const directives = (headers.get('cache-control') ?? '')
    .toLowerCase()
    .split(',')
    .map((part) => part.trim())
  if (directives.includes('no-store') || directives.includes('no-cache')) return 0
  return toWhole(directives.find((part) => part.startsWith('max-age='))?.slice('max-age='.length))
}

/** For how many more seconds an answer says it may be used (RFC 9111 §4.2): less the time that it spent in other caches. */
export function lifetimeOf(headers: Headers): number | undefined {
  const maxAge = maxAgeOf(headers)
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
