import type { Fetch, Jwk } from 'countersign'
import { type IssuerLintOptions, type IssuerReport, lintIssuer, type Severity } from 'countersign/lint'
import { NOW } from './forge.ts'
import { jwkFor, publicMembers } from './keys.ts'
import { type Answerer, answer } from './remote.ts'

export const ISSUER = 'https://issuer.example'
export const JWKS = `${ISSUER}/jwks`
export const OIDC = `${ISSUER}/.well-known/openid-configuration`
export const OAUTH = `${ISSUER}/.well-known/oauth-authorization-server`

/** Metadata that no rule finds anything about. */
export const METADATA = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/authorize`,
  token_endpoint: `${ISSUER}/token`,
  userinfo_endpoint: `${ISSUER}/userinfo`,
  jwks_uri: JWKS,
  scopes_supported: ['openid', 'offline_access'],
  response_types_supported: ['code'],
  grant_types_supported: ['authorization_code', 'refresh_token'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['ES256', 'RS256'],
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt'],
  token_endpoint_auth_signing_alg_values_supported: ['ES256', 'Ed25519', 'EdDSA'],
  code_challenge_methods_supported: ['S256'],
  authorization_response_iss_parameter_supported: true,
} as const

/** A key as it is published. */
export const published = (alg: string, which: 0 | 1 = 0, members: object = {}): Jwk => ({
  ...publicMembers(jwkFor(alg, which)),
  kid: `${alg}-${which}`,
  alg,
  use: 'sig',
  ...members,
})

/** Two keys of each algorithm, so that there is a next one. */
export const KEYS: readonly Jwk[] = [
  published('ES256', 0),
  published('ES256', 1),
  published('RS256', 0),
  published('RS256', 1),
]

export const METADATA_HEADERS = { 'content-type': 'application/json; charset=utf-8' }
export const KEYS_HEADERS = { 'content-type': 'application/jwk-set+json', 'cache-control': 'public, max-age=300' }

export const json = (value: unknown, headers: Readonly<Record<string, string>> = METADATA_HEADERS): Answerer =>
  answer(JSON.stringify(value), headers)

/** What an issuer serves: by members of its metadata, its keys, its headers, or place by place. */
export interface Served {
  readonly metadata?: object
  readonly keys?: readonly object[]
  readonly headers?: Readonly<Record<string, string>>
  readonly places?: Readonly<Record<string, Answerer>>
}

/** A web in which the issuer serves what is told, and what it was asked for. */
export function webOf({ metadata = {}, keys = KEYS, headers = KEYS_HEADERS, places = {} }: Served): {
  readonly asked: string[]
  readonly fetch: Fetch
} {
  const asked: string[] = []
  const all: Readonly<Record<string, Answerer>> = {
    [OIDC]: json({ ...METADATA, ...metadata }),
    [JWKS]: json({ keys }, headers),
    ...places,
  }
  const fetch: Fetch = (url, request) => {
    asked.push(url)
    return (all[url] ?? answer('Not Found', {}, 404))(request, url)
  }
  return { asked, fetch }
}

/** Looks at an issuer that serves what is told. */
export function audit(served: Served = {}, options: IssuerLintOptions = {}): Promise<IssuerReport> {
  return lintIssuer(ISSUER, { now: () => NOW, fetch: webOf(served).fetch, ...options })
}

/** Findings as rows: the rule, what it weighs, and where. */
export const rowsOf = ({ findings }: IssuerReport): readonly (readonly [string, Severity, string])[] =>
  findings.map(({ rule, severity, path }) => [rule, severity, path])
