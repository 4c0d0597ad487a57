import { type Registry, toRegistry } from './row.ts'

const ENTRA = 'Microsoft Entra ID'
const COGNITO = 'Amazon Cognito'
const KEYCLOAK = 'Keycloak'

/** Claims that no registry has and many tokens do. Where no document defines one, it stands who writes it. */
export const UNREGISTERED: Registry = toRegistry([
  ['allowed-origins', 'array of strings', 'the web sites that may use the token from a browser', KEYCLOAK],
  ['appid', 'string', 'the client that asked for the token, in tokens of the first version', ENTRA],
  ['cid', 'string', 'the client that asked for the token', 'Okta'],
  ['cognito:groups', 'array of strings', 'the groups that the user belongs to', COGNITO],
  ['cognito:username', 'string', 'the name of the user in the pool', COGNITO],
  ['hd', 'string', 'the domain of the organization that the account belongs to', 'Google'],
  [
    'oid',
    'string',
    'the user, or the service, as an object of the directory: the same for every client',
    ENTRA,
    { watch: ['It is unique together with tid.'] },
  ],
  ['permissions', 'array of strings', 'what the user may do at the service', 'Auth0'],
  ['realm_access', 'object', 'the roles of the user in the whole realm', KEYCLOAK],
  ['resource_access', 'object', 'the roles of the user at each service', KEYCLOAK],
  [
    's_hash',
    'string',
    'half of the hash of the state that the client sent',
    'Financial-grade API Security Profile 1.0, Part 2 §5.1',
  ],
  ['scp', 'string or array of strings', 'as scope: what the client may do', `${ENTRA} and Okta`],
  ['session_state', 'string', 'the session at the issuer', KEYCLOAK],
  [
    'tid',
    'string',
    'the tenant: the organization that the user belongs to',
    ENTRA,
    { watch: ['Who takes users of any tenant has to look at it.'] },
  ],
  [
    'token_use',
    'string',
    'what the token is for: id or access',
    COGNITO,
    { watch: ['Demand it: both kinds are signed with the same keys.'] },
  ],
  ['uid', 'string', 'the user', 'Okta'],
  [
    'upn',
    'string',
    'what the user logs in with',
    ENTRA,
    { watch: ['It changes, and may be given to somebody else: keep accounts by tid and oid.'] },
  ],
  ['vct', 'string', 'the kind of credential that it is', 'draft-ietf-oauth-sd-jwt-vc §3.2.2.1'],
  ['ver', 'string', 'the version of the token', `${ENTRA} and Okta`],
])
