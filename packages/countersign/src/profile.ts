/**
 * countersign/profile: tokens for one purpose each. A profile makes a kind of token as its standard has it, and takes
 * that kind and no other, though issuer, audience and key are the same.
 *
 * @module countersign/profile
 */
import { backend } from '#crypto'
import { toSigner, toVerifier } from './jwt/promises.ts'
import { SIGNERS, type SignToken } from './jwt/signer.ts'
import { VERIFIERS } from './jwt/verifier.ts'
import { run, start } from './op.ts'
import { ACCESS_TOKEN, type AccessTokenProfile } from './profile/access-token.ts'
import { both } from './profile/both.ts'
import {
  type ClientAssertionProfile,
  prepareAssertionSigner,
  prepareAssertionVerifier,
} from './profile/client-assertion.ts'
import { type DpopProofProfile, prepareProofSigner, prepareProofVerifier } from './profile/dpop-proof.ts'
import {
  type IdTokenDemands,
  type IdTokenProfile,
  prepareIdTokenSigner,
  prepareIdTokenVerifier,
} from './profile/id-token.ts'
import { INTROSPECTION, type IntrospectionProfile } from './profile/introspection.ts'
import { prepareKindSigner, prepareKindVerifier } from './profile/kind.ts'
import { type LogoutTokenProfile, prepareLogoutSigner, prepareLogoutVerifier } from './profile/logout-token.ts'
import { SECURITY_EVENT, type SecurityEventProfile } from './profile/security-event.ts'

export { JoseError } from './errors.ts'
export type { Safe } from './jwt/promises.ts'
export type { AccessTokenClaims, AccessTokenProfile, Confirmation } from './profile/access-token.ts'
export type {
  ClientAssertionClaims,
  ClientAssertionProfile,
  ClientAssertionSigner,
  ClientAssertionSignerOptions,
  ClientAssertionVerifier,
  ClientAssertionVerifierOptions,
  ClientFinder,
  VerifiedAssertion,
} from './profile/client-assertion.ts'
export type {
  DpopProofClaims,
  DpopProofProfile,
  ProofDemands,
  ProofInput,
  ProofSigner,
  ProofSignerOptions,
  ProofVerifier,
  ProofVerifierOptions,
  ProvenRequest,
  VerifiedProof,
} from './profile/dpop-proof.ts'
export type { EventClaims } from './profile/events.ts'
export type {
  IdTokenClaims,
  IdTokenContext,
  IdTokenDemands,
  IdTokenProfile,
  IdTokenSigner,
  IdTokenVerifier,
  IdTokenVerifierOptions,
} from './profile/id-token.ts'
export type { IntrospectionClaims, IntrospectionProfile, TokenIntrospection } from './profile/introspection.ts'
export type { LastingSignerOptions, ProfileSignerOptions, ProfileVerifierOptions } from './profile/kind.ts'
export type {
  LogoutInput,
  LogoutTokenClaims,
  LogoutTokenProfile,
  LogoutTokenSignerOptions,
  LogoutTokenVerifierOptions,
} from './profile/logout-token.ts'
export type { SecurityEventClaims, SecurityEventProfile } from './profile/security-event.ts'

/**
 * Access tokens (RFC 9068): type `at+jwt`, with `client_id` and a jti, for a resource server to check. The options are
 * those of `createSigner` and `createVerifier` without `typ`; a guard takes the verifier.
 *
 * @example
 * ```ts
 * import { generateKey, publicKey } from 'countersign'
 * import { accessToken } from 'countersign/profile'
 *
 * const key = await generateKey('ES256')
 * const [issuer, audience] = ['https://issuer.example', 'https://api.example']
 *
 * const signer = accessToken.createSigner({ key, issuer, audience, expiresIn: '5m' })
 * const token = await signer.sign({ sub: 'alice', client_id: 'web', scope: 'orders:read' })
 *
 * const verifier = accessToken.createVerifier({ keys: await publicKey(key), issuer, audience })
 * const { claims } = await verifier.verify(token)
 * console.log(claims.client_id, claims.scope, typeof claims.jti) // web orders:read string
 * ```
 */
export const accessToken: AccessTokenProfile = {
  createSigner: (options) => toSigner(prepareKindSigner(ACCESS_TOKEN, options, backend), backend),
  createVerifier: (options) => toVerifier(prepareKindVerifier(ACCESS_TOKEN, options, backend), backend),
}

/**
 * ID tokens (OpenID Connect Core 1.0 §2): who logged in, for the one client that asked. `verify` takes what the client
 * knows of this login: the nonce that it sent, the access token or code that came along, how old a login may be.
 *
 * @example
 * ```ts
 * import { generateKey, publicKey } from 'countersign'
 * import { idToken } from 'countersign/profile'
 *
 * const key = await generateKey('RS256')
 * const [issuer, audience] = ['https://issuer.example', 'my-client']
 * const nonce = crypto.randomUUID() // of this login, kept in the session
 *
 * const signer = idToken.createSigner({ key, issuer, audience, expiresIn: '5m' })
 * const token = await signer.sign({ sub: 'alice', email: 'alice@example.com' }, { nonce, accessToken: 'abc' })
 *
 * const verifier = idToken.createVerifier({ keys: await publicKey(key), issuer, audience })
 * const { claims } = await verifier.verify(token, { nonce, accessToken: 'abc' })
 * console.log(claims.sub, claims.at_hash) // alice ungWv48Bz-pBQUDeXa4iIw
 * const stolen = await verifier.safeVerify(token, { nonce: 'of another session' })
 * console.log(stolen.ok || stolen.error.code) // CS_CLAIM_VALUE
 * ```
 */
export const idToken: IdTokenProfile = {
  createSigner(options) {
    const sign = prepareIdTokenSigner(options, backend)
    const make: SignToken = (claims, platform, call) =>
      start(sign(claims as Parameters<typeof sign>[0], call), platform)
    return SIGNERS.tie({ sign: (claims, call) => run(sign(claims, call), backend) }, make)
  },
  createVerifier(options) {
    const verify = prepareIdTokenVerifier(options, backend)
    const door = both((token: unknown, demands?: IdTokenDemands) => verify(token, demands), backend)
    return VERIFIERS.tie(door, (token, platform, look) => start(verify(token, {}, look), platform))
  },
}

/**
 * Logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.4): a provider tells a client that a user, or one session, is
 * logged out. They are good for two minutes; the option `revoked: oneTime({ store })` takes each once.
 *
 * @example
 * ```ts
 * import { generateKey, publicKey } from 'countersign'
 * import { logoutToken } from 'countersign/profile'
 *
 * const key = await generateKey('ES256')
 * const [issuer, audience] = ['https://issuer.example', 'my-client']
 *
 * const token = await logoutToken.createSigner({ key, issuer, audience }).sign({ sub: 'alice', sid: 'a1b2' })
 *
 * const verifier = logoutToken.createVerifier({ keys: await publicKey(key), issuer, audience })
 * const { claims } = await verifier.verify(token)
 * console.log(claims.sub, claims.sid) // alice a1b2
 * ```
 */
export const logoutToken: LogoutTokenProfile = {
  createSigner: (options) => toSigner(prepareLogoutSigner(options, backend), backend),
  createVerifier: (options) => toVerifier(prepareLogoutVerifier(options, backend), backend),
}

/**
 * Client assertions (RFC 7523 §3, `private_key_jwt`): how a client authenticates to an authorization server with a key in
 * place of a password. Each is good once, for a minute.
 *
 * @example
 * ```ts
 * import { generateKey, publicKey } from 'countersign'
 * import { clientAssertion } from 'countersign/profile'
 * import { expiringStore } from 'countersign/revocation'
 *
 * const key = await generateKey('ES256') // of the client
 * const audience = 'https://issuer.example' // the server, by its issuer identifier
 *
 * const assertion = await clientAssertion.createSigner({ key, clientId: 'web', audience }).sign()
 *
 * const clients = { web: await publicKey(key) } // or a function that looks into a database
 * const verifier = clientAssertion.createVerifier({ clients, audience, replay: expiringStore() })
 * const { clientId, claims } = await verifier.verify(assertion)
 * console.log(clientId, claims.sub, claims.aud) // web web https://issuer.example
 * const again = await verifier.safeVerify(assertion)
 * console.log(again.ok || again.error.code) // CS_REPLAY
 * ```
 */
export const clientAssertion: ClientAssertionProfile = {
  createSigner(options) {
    const sign = prepareAssertionSigner(options, backend)
    return { sign: () => run(sign(), backend) }
  },
  createVerifier: (options) => both(prepareAssertionVerifier(options, backend), backend),
}

/**
 * DPoP proofs (RFC 9449 §4): a client shows with each request that it has the key that its access token is bound to. The
 * key is in the proof, so a proof says nothing unless `thumbprint`, the `cnf.jkt` of the access token, is compared. A guard
 * with the option `dpop` does all of it.
 *
 * @example
 * ```ts
 * import { generateKey, thumbprint } from 'countersign'
 * import { dpopProof } from 'countersign/profile'
 * import { expiringStore } from 'countersign/revocation'
 *
 * const key = await generateKey('ES256') // of the client
 * const request = { method: 'GET', url: 'https://api.example/orders', accessToken: 'abc' }
 *
 * const proof = await dpopProof.createSigner({ key }).sign(request)
 *
 * const verifier = dpopProof.createVerifier({ replay: expiringStore() })
 * const bound = await thumbprint(key) // out of the access token: claims.cnf?.jkt
 * const { claims } = await verifier.verify(proof, { ...request, thumbprint: bound })
 * console.log(claims.htm, claims.htu) // GET https://api.example/orders
 * ```
 */
export const dpopProof: DpopProofProfile = {
  createSigner(options) {
    const sign = prepareProofSigner(options, backend)
    return { sign: (request) => run(sign(request), backend) }
  },
  createVerifier: (options) => both(prepareProofVerifier(options, backend), backend),
}

/**
 * Introspection responses (RFC 9701): what an authorization server says about a token, signed for the one resource server
 * that asked.
 *
 * @example
 * ```ts
 * import { generateKey, publicKey } from 'countersign'
 * import { introspection } from 'countersign/profile'
 *
 * const key = await generateKey('ES256')
 * const [issuer, audience] = ['https://issuer.example', 'https://api.example']
 *
 * const signer = introspection.createSigner({ key, issuer, audience })
 * const response = await signer.sign({ token_introspection: { active: true, sub: 'alice', scope: 'read' } })
 *
 * const verifier = introspection.createVerifier({ keys: await publicKey(key), issuer, audience })
 * const { claims } = await verifier.verify(response)
 * console.log(claims.token_introspection.active, claims.token_introspection.scope) // true read
 * ```
 */
export const introspection: IntrospectionProfile = {
  createSigner: (options) => toSigner(prepareKindSigner(INTROSPECTION, options, backend), backend),
  createVerifier: (options) => toVerifier(prepareKindVerifier(INTROSPECTION, options, backend), backend),
}

/**
 * Security event tokens (RFC 8417): something happened, such as a password that was reset. They do not expire, since it
 * stays true; `maxAge` of the verifier bounds how late one may come.
 *
 * @example
 * ```ts
 * import { generateKey, publicKey } from 'countersign'
 * import { securityEvent } from 'countersign/profile'
 *
 * const key = await generateKey('ES256')
 * const [issuer, audience] = ['https://issuer.example', 'https://receiver.example']
 * const REVOKED = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked'
 *
 * const signer = securityEvent.createSigner({ key, issuer, audience })
 * const token = await signer.sign({ events: { [REVOKED]: {} }, txn: '8675309' })
 *
 * const verifier = securityEvent.createVerifier({ keys: await publicKey(key), issuer, audience })
 * const { claims } = await verifier.verify(token)
 * console.log(REVOKED in claims.events, claims.txn) // true 8675309
 * ```
 */
export const securityEvent: SecurityEventProfile = {
  createSigner: (options) => toSigner(prepareKindSigner(SECURITY_EVENT, options, backend), backend),
  createVerifier: (options) => toVerifier(prepareKindVerifier(SECURITY_EVENT, options, backend), backend),
}
