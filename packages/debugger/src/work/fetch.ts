import { CommandError } from '../../../countersign/src/diagnosis/told.ts'
import { show } from '../../../countersign/src/errors.ts'

const [MOST_OCTETS, MOST_MILLISECONDS] = [1024 * 1024, 10_000]
const LOOPBACK = /^(?:localhost|127\.0\.0\.1)$/

/** Whom an address would be asked of; nothing for one that this page may not ask. */
export function hostOf(address: string): string | undefined {
  const url = urlOf(address)
  return url && (url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname)))
    ? url.host
    : undefined
}

function urlOf(address: string): URL | undefined {
  try {
    return new URL(address.trim())
  } catch {
    return undefined
  }
}

/**
 * Fetches a JWK Set, at its own address or where an issuer says that it is (OpenID Connect Discovery 1.0 §4, RFC 8414 §3).
 *
 * @returns its text
 * @throws {CommandError}
 */
export async function fetchJwks(address: string, what: 'jwks' | 'issuer'): Promise<string> {
  const bare = address.trim()
  if (what === 'jwks') return lines(await fetchJson(bare))
  const url = new URL(bare)
  const path = url.pathname.replace(/\/$/, '')
  const first = `${url.origin}${path}/.well-known/openid-configuration`
  const second = `${url.origin}/.well-known/oauth-authorization-server${path}`
  const metadata = await fetchJson(first).catch(() => fetchJson(second))
  const { issuer, jwks_uri: uri } = Object(metadata) as { readonly issuer?: unknown; readonly jwks_uri?: unknown }
  // To the character, as tokens have it in iss.
  if (issuer !== bare)
    throw new CommandError('CS_DISCOVERY', `the metadata names the issuer ${show(issuer)} and not the one asked.`)
  if (typeof uri !== 'string' || hostOf(uri) === undefined)
    throw new CommandError('CS_DISCOVERY', 'the metadata names no address of keys (jwks_uri) that can be asked.')
  return lines(await fetchJson(uri))
}

const lines = (value: unknown): string => JSON.stringify(value, undefined, 2)

async function fetchJson(url: string): Promise<unknown> {
  const { host } = new URL(url)
  const fail = (why: string, hint?: string): CommandError =>
    new CommandError('CS_JWKS_FETCH', `could not fetch ${url}: ${why}`, hint === undefined ? {} : { hint })
  let response: Response
  try {
    response = await fetch(url, {
      credentials: 'omit',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
      cache: 'no-store',
      signal: AbortSignal.timeout(MOST_MILLISECONDS),
      headers: { accept: 'application/json' },
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'TimeoutError') throw fail('no answer in 10 s.')
    throw fail(
      `${host} cannot be reached, leads elsewhere, or does not let pages of others read it (CORS).`,
      `a browser does not say which. At the terminal none of it is in the way: countersign jwks ${url}`,
    )
  }
  if (!response.ok) throw fail(`${host} answers ${response.status}.`)
  const text = await bodyOf(response).catch(() => {
    throw fail('no whole answer came.')
  })
  if (text === undefined) throw fail(`the answer is larger than ${MOST_OCTETS / 1024} kB.`)
  try {
    return JSON.parse(text)
  } catch {
    throw fail('the answer is no JSON.')
  }
}

/** The text of an answer; nothing where it is too large. */
async function bodyOf(response: Response): Promise<string | undefined> {
  const reader = response.body?.getReader()
  const decoder = new TextDecoder()
  let [text, octets] = ['', 0]
  for (;;) {
    const part = await reader?.read()
    if (part === undefined || part.done) return text + decoder.decode()
    octets += part.value.length
    if (octets > MOST_OCTETS) {
      await reader?.cancel()
      return undefined
    }
    text += decoder.decode(part.value, { stream: true })
  }
}
