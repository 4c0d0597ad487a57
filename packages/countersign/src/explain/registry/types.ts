import { type Registry, toRegistry } from './row.ts'

const federation = (section: string): string => `OpenID Federation 1.0 §${section}`
const TYPE = 'value of typ'

/** Values of typ that say what a token is for, without `application/`. */
export const TYPES: Registry = toRegistry([
  [
    'at+jwt',
    TYPE,
    'an access token: it grants access to a service',
    'RFC 9068 §2.1',
    { watch: ['It is for the service in aud. A client does not look into it, and takes no login from it.'] },
  ],
  [
    'client-authentication+jwt',
    TYPE,
    'a client assertion: by it a client proves who it is, in place of a password',
    'draft-ietf-oauth-rfc7523bis §4',
  ],
  ['dc+sd-jwt', TYPE, 'a credential, of which its holder shows as much as he likes', 'draft-ietf-oauth-sd-jwt-vc §3.1'],
  [
    'dpop+jwt',
    TYPE,
    'a DPoP proof: whoever sends a request has the key that a token is bound to',
    'RFC 9449 §4.2',
    { watch: ['It grants nothing by itself. It is for one request, and counts once.'] },
  ],
  ['entity-statement+jwt', TYPE, 'a statement of a federation: what one service says about another', federation('3.1')],
  ['jwt', TYPE, 'a token with claims: what for, it does not say', 'RFC 7519 §5.1'],
  ['kb+jwt', TYPE, 'a proof of the holder: the credential before it is his', 'RFC 9901 §4.3'],
  [
    'logout+jwt',
    TYPE,
    'a logout token: it tells an application that a session is over',
    'OpenID Connect Back-Channel Logout 1.0 §2.4',
    { watch: ['It is no login: it has no nonce, and it has an event.'] },
  ],
  ['oauth-authz-req+jwt', TYPE, 'a request of a client: what it asks for, signed', 'RFC 9101 §10.8'],
  ['passport', TYPE, 'a PASSporT: it vouches for who calls', 'RFC 8225 §4.1'],
  [
    'secevent+jwt',
    TYPE,
    'a security event: an account was closed, a password changed',
    'RFC 8417 §2.3',
    { watch: ['It grants nothing, and has no exp as a rule.'] },
  ],
  ['statuslist+jwt', TYPE, 'a status list: which tokens are revoked', 'draft-ietf-oauth-status-list-17 §5.1'],
  [
    'token-introspection+jwt',
    TYPE,
    'an answer to an introspection: what the issuer says about a token that was asked about',
    'RFC 9701 §5',
    { watch: ['It is an answer, and never to be taken for the token that it is about.'] },
  ],
  ['trust-mark+jwt', TYPE, 'a trust mark: what others attest a service of a federation', federation('7')],
])
