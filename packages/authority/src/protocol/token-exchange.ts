import { randomBytes } from 'node:crypto'
import { createSigner, createVerifier, JoseError, type Signer, type Verifier } from 'countersign'
import type { KeyRing } from 'countersign/keyring'
import { errors, type TokenEndpointGrantContext } from 'oidc-provider'
import type { Users } from '../accounts/users.ts'
import { ACCESS_TOKEN_SECONDS } from '../settings.ts'
import { unavailable } from '../unavailable.ts'
import { resourceOf } from './resources.ts'

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const JWT = 'urn:ietf:params:oauth:token-type:jwt'

/** The parameters of the grant (RFC 8693 §2.1). */
export const EXCHANGE_PARAMETERS = [
  'subject_token',
  'subject_token_type',
  'requested_token_type',
  'resource',
  'audience',
  'scope',
  'actor_token',
  'actor_token_type',
] as const

type Parameters = Partial<Record<(typeof EXCHANGE_PARAMETERS)[number], unknown>>

/** What the grant needs. */
export interface Exchange {
  readonly issuer: string
  readonly ring: KeyRing
  readonly users: Users
}

/**
 * Token exchange (RFC 8693): a service turns the access token that it was called with into one for the service that it
 * calls next, of the same person, with itself as the actor. The new token says no more than the old one did: its scopes
 * are among the old one's and among what the client may ask for there, it lives no longer, and roles are those of now.
 */
export function createTokenExchange({
  issuer,
  ring,
  users,
}: Exchange): (ctx: TokenEndpointGrantContext) => Promise<void> {
  const options = { issuer, typ: 'at+jwt', requiredClaims: ['sub', 'client_id', 'exp', 'iat', 'jti', 'aud'] } as const
  const verifier = createVerifier({ keys: ring, audience: 'any', ...options })
  const signer = createSigner({ key: ring, alg: 'ES256', issuer, typ: 'at+jwt', expiresIn: ACCESS_TOKEN_SECONDS })
  return async (ctx) => {
    const { client, params } = ctx.oidc
    const asked = params as Parameters
    if (client['dpopBoundAccessTokens'] === true)
      throw new errors.InvalidRequest('a client whose tokens are bound by DPoP gets none by token exchange')
    if (typeof asked.actor_token === 'string' || typeof asked.actor_token_type === 'string')
      throw new errors.InvalidRequest('actor_token is not supported: the client itself is the actor')
    const requested = asked.requested_token_type ?? ACCESS_TOKEN
    if (requested !== ACCESS_TOKEN && requested !== JWT)
      throw new errors.InvalidRequest('requested_token_type is neither an access token nor a JWT')
    const subject = await readSubject(verifier, asked)
    // Delegation is among those who know each other: the client is meant by the token, or has got it itself.
    const audiences = [subject['aud']].flat()
    const resources = resourceOf(client)
    const own = [client.clientId, ...resources.keys()]
    if (subject['client_id'] !== client.clientId && !audiences.some((one) => own.includes(one as string)))
      throw new errors.InvalidGrant('the subject token is not for this client')
    if (subject['cnf'] !== undefined)
      throw new errors.InvalidGrant('the subject token is bound to a key of another, and so cannot be exchanged')
    const resource = only(asked.resource ?? asked.audience)
    const allowed = resources.get(resource)
    if (allowed === undefined) throw new errors.InvalidTarget('the client may not ask for tokens for this resource')
    const scope = narrowed(String(subject['scope'] ?? ''), allowed, asked.scope)
    const roles = await rolesOf(users, subject)
    const now = Math.floor(Date.now() / 1000)
    const expiresIn = Math.min(ACCESS_TOKEN_SECONDS, Number(subject['exp']) - now)
    if (expiresIn <= 0) throw new errors.InvalidGrant('the subject token has expired')
    const accessToken = await sign(signer, {
      sub: String(subject['sub']),
      aud: resource,
      exp: now + expiresIn,
      iat: now,
      jti: randomBytes(16).toString('base64url'),
      client_id: client.clientId,
      act: { sub: client.clientId, ...(subject['act'] !== undefined && { act: subject['act'] }) },
      ...(scope !== '' && { scope }),
      ...(roles && { roles }),
    })
    ctx.body = {
      access_token: accessToken,
      issued_token_type: requested,
      token_type: 'Bearer',
      expires_in: expiresIn,
      ...(scope !== '' && { scope }),
    }
  }
}

async function sign(signer: Signer, claims: Readonly<Record<string, unknown>>): Promise<string> {
  try {
    return await signer.sign(claims)
  } catch (error) {
    throw error instanceof JoseError && error.unavailable ? unavailable(error) : error
  }
}

/** The claims of the token that is exchanged: an access token of ours, and no other kind. */
async function readSubject(verifier: Verifier, asked: Parameters): Promise<Readonly<Record<string, unknown>>> {
  const { subject_token: token, subject_token_type: type } = asked
  if (typeof token !== 'string' || token === '') throw new errors.InvalidRequest('subject_token is missing')
  if (type !== ACCESS_TOKEN && type !== JWT)
    throw new errors.InvalidRequest('subject_token_type is not an access token')
  const result = await verifier.safeVerify(token)
  if (result.ok) return result.claims
  if (result.error.unavailable) throw unavailable(result.error)
  throw new errors.InvalidGrant('the subject token is refused')
}

function only(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new errors.InvalidTarget('one resource has to be named')
}

/** The scopes of the new token: those asked for, or else all that both sides have. */
function narrowed(subject: string, allowed: string, asked: unknown): string {
  const [had, may] = [words(subject), new Set(words(allowed))]
  const both = had.filter((scope) => may.has(scope))
  if (asked === undefined) return both.join(' ')
  const wanted = words(String(asked))
  const more = wanted.filter((scope) => !both.includes(scope))
  if (more.length > 0) throw new errors.InvalidScope('the subject token does not have this scope', more.join(' '))
  return wanted.join(' ')
}

const words = (text: string): readonly string[] => text.split(' ').filter((word) => word !== '')

/** The roles of now. A machine has none; somebody who is gone gets no token. */
async function rolesOf(
  users: Users,
  subject: Readonly<Record<string, unknown>>,
): Promise<readonly string[] | undefined> {
  if (subject['sub'] === subject['client_id']) return undefined
  const user = await users.find(String(subject['sub'])).catch((error) => {
    throw unavailable(error)
  })
  if (user === undefined || user.state !== 'active') throw new errors.InvalidGrant('the subject is gone')
  return user.roles
}
