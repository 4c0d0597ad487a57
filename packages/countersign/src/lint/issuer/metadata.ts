import { type ExactJson, textOf, toText } from '../../diagnosis/exact-json.ts'
import { memberAt, type Rule } from '../rule.ts'
import { short } from '../shown.ts'
import { listOf, type Metadata, mediaTypeOf, memberOf, shown } from './subject.ts'

/** What an issuer says of itself, and where. */
export const METADATA_RULES: readonly Rule[] = [
  {
    id: 'CSL101',
    name: 'other-issuer',
    severity: 'error',
    title: 'the metadata names another issuer than the one that was asked',
    text: 'Clients refuse it then, since somebody else may have written it: with the endpoints of another server, tokens and codes go there. A slash at the end is a difference, too.',
    fix: 'configure the issuer as its clients know it, to the character, and have iss of tokens be the same.',
    spec: 'RFC 8414 §3.3',
    *issuer({ issuer, metadata }) {
      const named = memberOf(metadata, 'issuer')
      if (textOf(named) === issuer) return
      const fact = named === undefined ? 'names no issuer' : `names the issuer ${shown(named)}`
      yield { path: 'metadata.issuer', message: `the metadata ${fact}, and ${short(issuer)} was asked.` }
    },
  },
  {
    id: 'CSL102',
    name: 'incomplete-metadata',
    severity: 'error',
    title: 'the metadata lacks what it has to have',
    text: 'Clients configure themselves by it. What is missing they guess, or they refuse the issuer.',
    fix: 'add it; most servers do where the feature is switched on by its setting.',
    spec: 'RFC 8414 §2',
    *issuer({ metadata }) {
      for (const [name, why] of demandsOn(metadata))
        if (memberOf(metadata, name) === undefined)
          yield { path: memberAt('metadata', name), message: `${name} is missing: ${why}.` }
    },
  },
  {
    id: 'CSL103',
    name: 'malformed-metadata',
    severity: 'error',
    title: 'a member of the metadata is of another type than it should be',
    text: 'One client takes the text "false" for true, and another stops reading.',
    fix: 'write lists as arrays of strings, switches as true and false, and leave out what would be empty.',
    spec: 'RFC 8414 §2',
    *issuer({ metadata }) {
      for (const [name, value] of metadata.json.members) {
        const path = memberAt('metadata', name)
        if (SWITCHES.has(name) && !(value.kind === 'literal' && value.value !== null))
          yield { path, message: `${name} is ${shown(value)}, and neither true nor false.` }
        if (!isList(name)) continue
        if (value.kind !== 'array' || value.items.some(({ kind }) => kind !== 'string'))
          yield { path, message: `${name} is ${shown(value)}, and no list of texts.` }
        else if (value.items.length === 0)
          yield { path, message: `${name} is empty, and to be left out then. (RFC 8414 §3.2)`, severity: 'info' }
      }
    },
  },
  {
    id: 'CSL104',
    name: 'metadata-type',
    severity: 'warn',
    title: 'the metadata does not come as application/json',
    text: 'Strict clients refuse it, and a browser may make a page of it.',
    fix: 'serve it with Content-Type: application/json, and with X-Content-Type-Options: nosniff.',
    spec: 'RFC 8414 §3.2',
    *issuer({ metadata }) {
      const type = mediaTypeOf(metadata.contentType)
      if (type === 'application/json') return
      const fact = type === '' ? 'has no Content-Type' : `is ${short(type)}`
      yield { path: 'metadata', message: `what ${metadata.place} serves ${fact}.`, ...lighter(type.endsWith('+json')) }
    },
  },
  {
    id: 'CSL105',
    name: 'failing-place',
    severity: 'warn',
    title: 'one of the two places for metadata fails, where it should answer or say that it has nothing',
    text: 'Libraries ask at one of them first, and go on to the other only after a 404. At any other answer they give up, and never find the issuer.',
    fix: 'serve the same document at both places, or answer with 404.',
    spec: 'RFC 8414 §3',
    *issuer({ failed }) {
      for (const { place, why, isFirst } of failed)
        yield { path: 'metadata', message: `${place} has no metadata: ${why}.`, ...lighter(!isFirst) }
    },
  },
  {
    id: 'CSL106',
    name: 'two-answers',
    severity: 'warn',
    title: 'the metadata is not the same at both of its places',
    text: 'Which endpoints and which keys a client takes then depends on where it asked.',
    fix: 'serve one document at both places.',
    spec: 'RFC 8414 §5',
    *issuer({ metadata, other }) {
      if (other === undefined) return
      const names = DECISIVE.filter((name) => toWhole(metadata, name) !== toWhole(other, name))
      if (names.length > 0)
        yield { path: 'metadata', message: `${metadata.place} and ${other.place} differ in ${names.join(', ')}.` }
    },
  },
]

const lighter = (isLight: boolean): { readonly severity?: 'info' } => (isLight ? { severity: 'info' } : {})

const DECISIVE = ['issuer', 'jwks_uri', 'authorization_endpoint', 'token_endpoint']

function toWhole(metadata: Metadata, name: string): string | undefined {
  const value: ExactJson | undefined = memberOf(metadata, name)
  return value && toText(value)
}

const OPENID = 'OpenID Connect Discovery 1.0 §3 requires it'

/** The members that have to be there, with the reason. */
function* demandsOn(metadata: Metadata): Generator<readonly [name: string, why: string]> {
  const { isOpenid } = metadata
  const grants = listOf(metadata, 'grant_types_supported')
  if (isOpenid || (grants?.some((grant) => BY_LOGIN.includes(grant)) ?? true))
    yield ['authorization_endpoint', 'it is where people log in']
  if (grants?.length !== 1 || grants[0] !== 'implicit') yield ['token_endpoint', 'it is where clients get their tokens']
  yield ['response_types_supported', 'it is always required']
  if (isOpenid) {
    yield ['jwks_uri', OPENID]
    yield ['subject_types_supported', OPENID]
    yield ['id_token_signing_alg_values_supported', OPENID]
  }
  for (const endpoint of ['token_endpoint', 'revocation_endpoint', 'introspection_endpoint']) {
    const methods = `${endpoint}_auth_methods_supported`
    const signed = listOf(metadata, methods)?.find((method) => BY_ASSERTION.includes(method))
    if (signed !== undefined)
      yield [`${endpoint}_auth_signing_alg_values_supported`, `${methods} has ${signed}, which signs with one of them`]
  }
}

const BY_LOGIN = ['authorization_code', 'implicit']
const BY_ASSERTION = ['private_key_jwt', 'client_secret_jwt']

/** Members that are lists of texts. */
const LISTS: ReadonlySet<string> = new Set(
  ['acr_values', 'claims', 'code_challenge_methods', 'grant_types', 'response_modes', 'response_types', 'scopes']
    .concat('subject_types', 'prompt_values', 'claim_types', 'display_values', 'claims_locales', 'ui_locales')
    .map((name) => `${name}_supported`),
)
const isList = (name: string): boolean =>
  LISTS.has(name) || /_(alg_values|enc_values|auth_methods)_supported$/.test(name)

/** Members that are true or false. */
const SWITCHES: ReadonlySet<string> = new Set([
  'authorization_response_iss_parameter_supported',
  'backchannel_logout_session_supported',
  'backchannel_logout_supported',
  'claims_parameter_supported',
  'frontchannel_logout_session_supported',
  'frontchannel_logout_supported',
  'request_parameter_supported',
  'request_uri_parameter_supported',
  'require_pushed_authorization_requests',
  'require_request_uri_registration',
  'require_signed_request_object',
  'tls_client_certificate_bound_access_tokens',
])
