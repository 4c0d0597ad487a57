import type { HttpBindings } from '@hono/node-server'
import { createGuard } from 'countersign/guard/hono'
import type { KeyRing } from 'countersign/keyring'
import { type AccessTokenClaims, accessToken } from 'countersign/profile'
import type { Context } from 'hono'
import { MULTI_FACTOR } from '../../accounts/assurance.ts'
import type { Factors } from '../../accounts/factors.ts'
import { ADMIN_ROLE, type Users } from '../../accounts/users.ts'
import type { Audit } from '../../audit.ts'
import { AuthorityError } from '../../errors.ts'
import type { Actor } from '../../operations/parts.ts'
import type { Clients } from '../../protocol/clients.ts'
import { hashOf } from '../../protocol/sealed.ts'
import { SIGNING_ALGS } from '../../settings.ts'
import type { Store } from '../../store/database.ts'
import { hasSecond } from '../account-desk.ts'
import { clientAddress } from '../client-address.ts'

export const ADMIN_SCOPE = 'admin'

/** What it takes to know who may administer by a token. */
export interface BearerParts {
  readonly issuer: string
  readonly trustProxy: number
  readonly ring: KeyRing
  readonly store: Store
  readonly users: Users
  readonly factors: Factors
  readonly clients: Clients
  readonly audit: Audit
  readonly log: (line: object) => void
}

/** A request that is not let in, as RFC 6750 has it. */
export interface Denied {
  readonly status: 400 | 401 | 403 | 503
  readonly error: string
  readonly message: string
  readonly headers: Readonly<Record<string, string>>
}

/** Why somebody is not let in, and what the challenge says of it beside that. */
type Refusal = Omit<Denied, 'headers'> & { readonly more?: string }

/** Finds out who a request is from, and whether they may administer. */
export type Admission = (c: Context<{ Bindings: HttpBindings }>) => Promise<Actor | Denied>

/**
 * Lets in who has an access token of ours for the admin API. The token says who it is; whether they may is for the
 * database to say, at each request: a role, a user or a client may have gone since the token was made.
 */
export function createAdmission(parts: BearerParts): Admission {
  const { issuer, ring, store, users, factors, clients, audit, log } = parts
  const verifier = accessToken.createVerifier({
    ...{ keys: ring, issuer, audience: `${issuer}/admin`, algorithms: [...SIGNING_ALGS] },
  })
  const guard = createGuard({
    ...{ verifier, scope: ADMIN_SCOPE, realm: ADMIN_SCOPE, dpop: { origin: issuer, replay: proofsOf(store) } },
    onRefusal: ({ reason, error }) => log({ level: 'info', event: 'admin.api.refused', reason, error: error?.code }),
  })
  return async (c) => {
    const result = await guard.check(c)
    if (!result.ok) {
      const { status, body, headers } = result
      return { status, error: body.error, message: body.error_description, headers }
    }
    const { claims } = result.jwt
    const who: Actor = { actor: claims.sub, ip: clientAddress(c.env.incoming, parts.trustProxy) }
    const refusal = await whyNot(claims)
    if (refusal === undefined) return who
    await audit.record({ ...who, event: 'admin.refused', data: { client: claims.client_id, reason: refusal.message } })
    const scheme = /^dpop /i.test(c.req.header('authorization') ?? '') ? 'DPoP' : 'Bearer'
    const { status, error, message, more = '' } = refusal
    const challenge = `${scheme} realm="${ADMIN_SCOPE}", error="${error}", error_description="${message}"${more}`
    return { status, error, message, headers: { 'www-authenticate': challenge } }
  }

  async function whyNot(claims: AccessTokenClaims): Promise<Refusal | undefined> {
    // Of whoever a service acts for by token exchange (RFC 8693), nobody asked whether it may do that here.
    if (claims['act'] !== undefined) return forbidden('a token that came of another one does not administer')
    const client = await clients.demand(claims.client_id).catch(unlessUnknown)
    if (client === undefined || client.disabledAt !== undefined) return over('the client is disabled, or gone')
    const user = await users.find(claims.sub)
    // A client may be called as a user is, and is a machine only where no user is meant.
    if (user === undefined && claims.sub === claims.client_id) return undefined
    if (user?.state !== 'active') return over('the user is disabled, or gone')
    if (!user.roles.includes(ADMIN_ROLE)) return forbidden(`the user does not have the role ${ADMIN_ROLE}`)
    const weak = claims['acr'] !== MULTI_FACTOR && hasSecond(await factors.of(user.id))
    return weak ? tooWeak : undefined
  }
}

const forbidden = (message: string) => ({ status: 403, error: 'insufficient_scope', message }) as const
const over = (message: string) => ({ status: 401, error: 'invalid_token', message }) as const
/** Who has a second factor administers with it, here as on the pages (RFC 9470 §3). */
const tooWeak = {
  status: 401,
  error: 'insufficient_user_authentication',
  message: 'the login was not with two factors, and the user has a second one',
  more: `, acr_values="${MULTI_FACTOR}"`,
} as const

function unlessUnknown(error: unknown): undefined {
  if (!(error instanceof AuthorityError && error.code === 'CLIENT_UNKNOWN')) throw error
}

/** Where all instances keep which proofs were used (RFC 9449 §11.1). */
function proofsOf({ db }: Store): { add(key: string, value: number, until: number): Promise<boolean> } {
  return {
    async add(key, _value, until) {
      const now = Math.floor(Date.now() / 1000)
      const expires_at = Math.ceil(until)
      const rest = { grant_id: null, uid: null, user_code: null, account: null, payload: '', consumed_at: null }
      const [result] = await db
        .insertInto('oidc_state')
        .values({ model: 'AdminProof', id_hash: hashOf('AdminProof', key), expires_at, ...rest })
        .onConflict((conflict) =>
          conflict.columns(['model', 'id_hash']).doUpdateSet({ expires_at }).where('oidc_state.expires_at', '<=', now),
        )
        .execute()
      return result?.numInsertedOrUpdatedRows === 1n
    },
  }
}
