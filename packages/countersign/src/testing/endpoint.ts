import { kindOf } from '../errors.ts'
import type { JwkSet } from '../key/jwk.ts'
import type { PlatformResponse } from '../platform.ts'
import type { FetchResponse } from '../source/download.ts'
import type { Answer } from './serve.ts'

/** What {@link TestFetch} gives: the platform's Response, where the program has its types. */
export type TestResponse = PlatformResponse<FetchResponse>

/**
 * Fits the platform's own `fetch`, and stands in for it wherever one can be given: `fetch` of {@link createTestIssuer}.
 *
 * @example
 * ```ts
 * import { createVerifier, discover } from 'countersign'
 * import { createTestIssuer } from 'countersign/testing'
 *
 * const { issuer, jwksUri, fetch, requests, mint, clock } = await createTestIssuer()
 * const { keys } = await discover(issuer, { fetch, now: clock.now })
 * const verifier = createVerifier({ keys, issuer, audience: 'api', now: clock.now })
 * console.log((await verifier.safeVerify(await mint.valid())).ok, requests.length) // true 2
 * console.log((await fetch(jwksUri)).status) // 200
 * ```
 */
export type TestFetch = (
  url: string | { readonly href: string } | { readonly url: string },
  request?: object,
) => Promise<TestResponse>

/** Where an issuer is and what it says there. */
export interface EndpointRules {
  readonly issuer: string
  /** The URL that its documents are under, without a slash at its end. */
  readonly base: string
  readonly alg: string
  jwks(): Promise<JwkSet>
}

/** What an issuer publishes, by whatever way it is asked. */
export class Endpoint {
  readonly jwksUri: string
  /** The URL of every request so far. */
  readonly requests: string[] = []
  readonly #origin: string
  readonly #documents: ReadonlyMap<string, () => Promise<Answer>>
  #outage: boolean | number = false

  constructor({ issuer, base, alg, jwks }: EndpointRules) {
    const { origin, pathname } = new URL(base)
    const path = pathname.replace(/\/$/, '')
    this.#origin = origin
    this.jwksUri = `${base}/.well-known/jwks.json`
    const metadata = JSON.stringify(metadataOf(issuer, base, this.jwksUri, alg))
    const described = async (): Promise<Answer> => ({ status: 200, type: 'application/json', body: metadata })
    this.#documents = new Map([
      [
        `${path}/.well-known/jwks.json`,
        async () => ({ status: 200, type: 'application/jwk-set+json', body: JSON.stringify(await jwks()) }),
      ],
      [`${path}/.well-known/openid-configuration`, described], // OpenID Connect Discovery §4
      [`/.well-known/oauth-authorization-server${path}`, described], // RFC 8414 §3.1
    ])
  }

  /** @throws {TypeError} for what is neither a boolean nor a status */
  outage(what: unknown): void {
    const isStatus = typeof what === 'number' && Number.isInteger(what) && what >= 400 && what <= 599
    if (typeof what !== 'boolean' && !isStatus)
      throw new TypeError(`outage takes true, false or an HTTP status from 400 to 599, not ${kindOf(what)}`)
    this.#outage = what as boolean | number
  }

  /**
   * The answer to a request over HTTP.
   *
   * @param target - its path, or whatever stands in place of one
   * @returns nothing where nobody answers
   */
  async answer(target: string): Promise<Answer | undefined> {
    return this.#answer(`${this.#origin}${target}`, target.split('?')[0])
  }

  readonly fetch: TestFetch = async (url) => {
    const { href, origin, pathname } = new URL(toHref(url))
    const answer = await this.#answer(href, origin === this.#origin ? pathname : undefined)
    // What the platform's own says.
    if (answer === undefined) throw new TypeError('fetch failed')
    const { status, type, body } = answer
    return new Response(body, { status, headers: { 'content-type': type } }) as TestResponse
  }

  async #answer(url: string, path: string | undefined): Promise<Answer | undefined> {
    this.requests.push(url)
    if (this.#outage === true) return undefined
    if (this.#outage !== false) return failure(this.#outage)
    const document = path === undefined ? undefined : this.#documents.get(path)
    return document?.() ?? failure(404)
  }
}

const failure = (status: number): Answer => ({ status, type: 'text/plain', body: '' })

function toHref(url: Parameters<TestFetch>[0]): string {
  if (typeof url === 'string') return url
  return 'href' in url ? url.href : url.url
}

/** What clients demand of metadata (OpenID Connect Discovery §3, RFC 8414 §2). Behind the other endpoints is nothing. */
function metadataOf(issuer: string, base: string, jwksUri: string, alg: string): object {
  return {
    issuer,
    jwks_uri: jwksUri,
    authorization_endpoint: `${base}/authorize`,
    token_endpoint: `${base}/token`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [alg],
  }
}
