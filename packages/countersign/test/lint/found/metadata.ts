import type { Severity } from 'countersign/lint'
import { ISSUER, json, METADATA, METADATA_HEADERS, OAUTH, OIDC, type Served } from '../../support/audited.ts'
import { answer } from '../../support/remote.ts'

const CODES = 'metadata.code_challenge_methods_supported'
const GRANTS = 'metadata.grant_types_supported'
const RESPONSES = 'metadata.response_types_supported'
export const ID_ALGS = 'metadata.id_token_signing_alg_values_supported'

/** Further algorithms of ID tokens. */
export const offering = (...algs: readonly string[]): Served => ({
  metadata: { id_token_signing_alg_values_supported: ['ES256', 'RS256', ...algs] },
})

/** What is served, and the one finding that there is then. */
export type Found = readonly [what: string, served: Served, rule: string, severity: Severity, path: string]

/** What an issuer says of itself. */
export const IN_METADATA: readonly Found[] = [
  ['another issuer', { metadata: { issuer: 'https://other.example' } }, 'CSL101', 'error', 'metadata.issuer'],
  ['the issuer with a slash', { metadata: { issuer: `${ISSUER}/` } }, 'CSL101', 'error', 'metadata.issuer'],
  ['no issuer', { metadata: { issuer: undefined } }, 'CSL101', 'error', 'metadata.issuer'],
  ['an issuer that is no text', { metadata: { issuer: [ISSUER] } }, 'CSL101', 'error', 'metadata.issuer'],
  ['no token_endpoint', { metadata: { token_endpoint: undefined } }, 'CSL102', 'error', 'metadata.token_endpoint'],
  ['no jwks_uri', { metadata: { jwks_uri: undefined } }, 'CSL102', 'error', 'metadata.jwks_uri'],
  ['no response types', { metadata: { response_types_supported: undefined } }, 'CSL102', 'error', RESPONSES],
  [
    'private_key_jwt without its algorithms',
    { metadata: { token_endpoint_auth_signing_alg_values_supported: undefined } },
    'CSL102',
    'error',
    'metadata.token_endpoint_auth_signing_alg_values_supported',
  ],
  ['scopes as one text', { metadata: { scopes_supported: 'openid' } }, 'CSL103', 'error', 'metadata.scopes_supported'],
  [
    'a scope that is a number',
    { metadata: { scopes_supported: ['openid', 1] } },
    'CSL103',
    'error',
    'metadata.scopes_supported',
  ],
  ['an empty list', { metadata: { acr_values_supported: [] } }, 'CSL103', 'info', 'metadata.acr_values_supported'],
  [
    'a switch that is a text',
    { metadata: { request_parameter_supported: 'false' } },
    'CSL103',
    'error',
    'metadata.request_parameter_supported',
  ],
  [
    'metadata as HTML',
    { places: { [OIDC]: json(METADATA, { 'content-type': 'text/html' }) } },
    'CSL104',
    'warn',
    'metadata',
  ],
  ['metadata as text', { places: { [OIDC]: json(METADATA, {}) } }, 'CSL104', 'warn', 'metadata'],
  [
    'metadata as other JSON',
    { places: { [OIDC]: json(METADATA, { 'content-type': 'application/ld+json' }) } },
    'CSL104',
    'info',
    'metadata',
  ],
  [
    'a first place that fails',
    { places: { [OIDC]: answer('', {}, 500), [OAUTH]: json(METADATA) } },
    'CSL105',
    'warn',
    'metadata',
  ],
  ['a second place that fails', { places: { [OAUTH]: answer('', {}, 503) } }, 'CSL105', 'info', 'metadata'],
  ['a second place that is a page', { places: { [OAUTH]: answer('<!doctype html>') } }, 'CSL105', 'info', 'metadata'],
  [
    'other keys at the second place',
    { places: { [OAUTH]: json({ ...METADATA, jwks_uri: `${ISSUER}/old` }) } },
    'CSL106',
    'warn',
    'metadata',
  ],
  [
    'a token endpoint by http',
    { metadata: { token_endpoint: 'http://issuer.example/token' } },
    'CSL107',
    'error',
    'metadata.token_endpoint',
  ],
  [
    'an endpoint on this machine',
    { metadata: { userinfo_endpoint: 'https://localhost/me' } },
    'CSL107',
    'error',
    'metadata.userinfo_endpoint',
  ],
  [
    'an endpoint on this machine by http',
    { metadata: { revocation_endpoint: 'http://127.0.0.1:8080/' } },
    'CSL107',
    'error',
    'metadata.revocation_endpoint',
  ],
  [
    'an alias for certificates by http',
    { metadata: { mtls_endpoint_aliases: { token_endpoint: 'http://mtls.example/token' } } },
    'CSL107',
    'error',
    'metadata.mtls_endpoint_aliases.token_endpoint',
  ],
  ['keys by http', { metadata: { jwks_uri: 'http://issuer.example/jwks' } }, 'CSL107', 'error', 'metadata.jwks_uri'],
  ['keys on this machine', { metadata: { jwks_uri: 'https://[::1]/jwks' } }, 'CSL107', 'error', 'metadata.jwks_uri'],
  [
    'an endpoint that is no URL',
    { metadata: { token_endpoint: '/token' } },
    'CSL108',
    'error',
    'metadata.token_endpoint',
  ],
  [
    'an endpoint that is a number',
    { metadata: { end_session_endpoint: 7 } },
    'CSL108',
    'error',
    'metadata.end_session_endpoint',
  ],
  [
    'an endpoint with a fragment',
    { metadata: { authorization_endpoint: `${ISSUER}/a#b` } },
    'CSL108',
    'error',
    'metadata.authorization_endpoint',
  ],
  [
    'an endpoint with a password',
    { metadata: { token_endpoint: 'https://ada:hunter2@issuer.example/' } },
    'CSL108',
    'error',
    'metadata.token_endpoint',
  ],
  ['no word of PKCE', { metadata: { code_challenge_methods_supported: undefined } }, 'CSL109', 'warn', CODES],
  [
    'PKCE plain beside S256',
    { metadata: { code_challenge_methods_supported: ['S256', 'plain'] } },
    'CSL110',
    'warn',
    CODES,
  ],
  [
    'the response type token',
    { metadata: { response_types_supported: ['code', 'token'] } },
    'CSL111',
    'warn',
    RESPONSES,
  ],
  [
    'a response type with token',
    { metadata: { response_types_supported: ['code', 'code id_token token'] } },
    'CSL111',
    'warn',
    RESPONSES,
  ],
  [
    'the grant implicit alone',
    { metadata: { grant_types_supported: ['authorization_code', 'implicit'] } },
    'CSL111',
    'info',
    GRANTS,
  ],
  ['no grants, which means implicit', { metadata: { grant_types_supported: undefined } }, 'CSL111', 'info', GRANTS],
  [
    'the grant password',
    { metadata: { grant_types_supported: ['authorization_code', 'password'] } },
    'CSL112',
    'error',
    GRANTS,
  ],
  [
    'no iss in responses',
    { metadata: { authorization_response_iss_parameter_supported: undefined } },
    'CSL113',
    'info',
    'metadata.authorization_response_iss_parameter_supported',
  ],
  ['ID tokens by none', offering('none'), 'CSL114', 'error', ID_ALGS],
  ['ID tokens by NONE', offering('NONE'), 'CSL114', 'error', ID_ALGS],
  [
    'clients that sign by none',
    { metadata: { token_endpoint_auth_signing_alg_values_supported: ['ES256', 'none'] } },
    'CSL114',
    'error',
    'metadata.token_endpoint_auth_signing_alg_values_supported',
  ],
  [
    'requests by none',
    { metadata: { request_object_signing_alg_values_supported: ['ES256', 'none'] } },
    'CSL114',
    'warn',
    'metadata.request_object_signing_alg_values_supported',
  ],
  [
    'userinfo by none',
    { metadata: { userinfo_signing_alg_values_supported: ['none'] } },
    'CSL114',
    'info',
    'metadata.userinfo_signing_alg_values_supported',
  ],
  ['ID tokens by HS256', offering('HS256'), 'CSL115', 'info', ID_ALGS],
  [
    'proofs by HS256',
    { metadata: { dpop_signing_alg_values_supported: ['ES256', 'HS256'] } },
    'CSL115',
    'error',
    'metadata.dpop_signing_alg_values_supported',
  ],
  [
    'RSA1_5',
    { metadata: { id_token_encryption_alg_values_supported: ['RSA-OAEP-256', 'RSA1_5'] } },
    'CSL116',
    'warn',
    'metadata.id_token_encryption_alg_values_supported',
  ],
  [
    'SHA-1',
    { metadata: { dpop_signing_alg_values_supported: ['RS1'] } },
    'CSL116',
    'warn',
    'metadata.dpop_signing_alg_values_supported',
  ],
  ['an algorithm that is not known', offering('ES257'), 'CSL117', 'info', ID_ALGS],
  [
    'an algorithm where it does not belong',
    { metadata: { id_token_encryption_enc_values_supported: ['A256GCM', 'RSA-OAEP'] } },
    'CSL117',
    'info',
    'metadata.id_token_encryption_enc_values_supported',
  ],
  [
    'EdDSA alone',
    { metadata: { dpop_signing_alg_values_supported: ['ES256', 'EdDSA'] } },
    'CSL117',
    'info',
    'metadata.dpop_signing_alg_values_supported',
  ],
  ['no RS256', { metadata: { id_token_signing_alg_values_supported: ['ES256'] } }, 'CSL118', 'info', ID_ALGS],
  [
    'a name twice in the metadata',
    {
      places: {
        [OIDC]: answer(`{"scopes_supported":["openid"],${JSON.stringify(METADATA).slice(1)}`, METADATA_HEADERS),
      },
    },
    'CSL018',
    'error',
    'metadata.scopes_supported',
  ],
]
