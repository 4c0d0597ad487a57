import { randomBytes } from 'node:crypto'
import { remoteKeySet, type Verifier } from 'countersign'
import {
  type IdTokenClaims,
  type IdTokenVerifier,
  idToken,
  type LogoutTokenClaims,
  logoutToken,
} from 'countersign/profile'
import { expiringStore, oneTime } from 'countersign/revocation'
import * as oidc from 'openid-client'

/** What a client of the authority knows from its registration. */
export interface DemoClientOptions {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** Where the authority sends the browser with a code, and after a logout. */
  readonly redirectUri: string
  readonly signedOutUri: string
  /** The API that access tokens are for, and the scopes there. */
  readonly resource: string
  readonly scope: string
  /** The time in epoch seconds. */
  readonly now: () => number
}

/** What a login leaves behind. */
export interface Login {
  /** As it came; a logout names it, so that the authority knows whose session is meant. */
  readonly idToken: string
  readonly claims: IdTokenClaims
  /** How the signature of the ID token was checked. */
  readonly verified: { readonly alg: string; readonly kid: string | undefined }
  readonly accessToken: string
  /** When the access token ends, in epoch seconds. */
  readonly expiresAt: number
  readonly refreshToken: string | undefined
}

/** What has to be remembered between sending a browser to the authority and its return. */
export interface Departure {
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
}

/**
 * One application as a client of the authority. openid-client speaks the protocol: PKCE, state, `iss`, and the claims of
 * the ID token with its nonce. The signatures of ID tokens and logout tokens are checked by countersign, with the keys
 * that the authority publishes: an ID token travels over plain http here, so TLS does not vouch for it (OIDC Core §3.1.3.7).
 */
export class DemoClient {
  readonly #options: DemoClientOptions
  readonly #idTokens: IdTokenVerifier
  readonly #logoutTokens: Verifier<LogoutTokenClaims>
  #configuration: Promise<oidc.Configuration> | undefined

  constructor(options: DemoClientOptions) {
    const { issuer, clientId } = options
    this.#options = options
    const keys = remoteKeySet(`${issuer}/.well-known/jwks.json`)
    this.#idTokens = idToken.createVerifier({ keys, issuer, audience: clientId })
    const revoked = oneTime({ store: expiringStore({ max: 10_000 }) })
    this.#logoutTokens = logoutToken.createVerifier({ keys, issuer, audience: clientId, revoked })
  }

  /** Where to send a browser that wants to log in. */
  async depart(): Promise<{ readonly url: URL; readonly departure: Departure }> {
    const { redirectUri, resource, scope } = this.#options
    const departure = {
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      codeVerifier: oidc.randomPKCECodeVerifier(),
    }
    const url = oidc.buildAuthorizationUrl(await this.#discovered(), {
      redirect_uri: redirectUri,
      scope: `openid profile email ${scope}`,
      resource,
      state: departure.state,
      nonce: departure.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(departure.codeVerifier),
      code_challenge_method: 'S256',
    })
    return { url, departure }
  }

  /**
   * Takes the answer of the authority for a departure, and changes its code for tokens.
   *
   * @param query - of the URL that the browser came back to
   */
  async arrive(query: URLSearchParams, { state, nonce, codeVerifier }: Departure): Promise<Login> {
    const { redirectUri, resource } = this.#options
    const url = new URL(`${redirectUri}?${query}`) // never the Host header's idea of where this is
    const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: codeVerifier, idTokenExpected: true }
    const answer = await oidc.authorizationCodeGrant(await this.#discovered(), url, checks, { resource })
    const text = answer.id_token ?? ''
    const { claims, header, key } = await this.#idTokens.verify(text, { nonce })
    return {
      idToken: text,
      claims,
      verified: { alg: header.alg, kid: key.kid },
      ...this.#access(answer),
    }
  }

  /** The same login with a new access token. */
  async refresh(login: Login): Promise<Login> {
    if (login.refreshToken === undefined) throw new Error('the authority gave no refresh token')
    const { resource } = this.#options
    const answer = await oidc.refreshTokenGrant(await this.#discovered(), login.refreshToken, { resource })
    const sub = answer.claims()?.sub
    if (sub !== undefined && sub !== login.claims.sub) throw new Error('the new tokens are of another user') // OIDC Core §12.2
    return { ...login, ...this.#access(answer, login.refreshToken) }
  }

  /** Gives the refresh token back: one for offline access would outlive the session of the authority (RFC 7009). */
  async revoke({ refreshToken }: Login): Promise<void> {
    if (refreshToken === undefined) return
    await oidc.tokenRevocation(await this.#discovered(), refreshToken, { token_type_hint: 'refresh_token' })
  }

  /** Where to send a browser that wants to log out everywhere (RP-Initiated Logout §2). */
  async leave(login: Login): Promise<{ readonly url: URL; readonly state: string }> {
    const state = randomBytes(32).toString('base64url')
    // Without a hint the authority knows the app by its client_id, and asks the person; of a token that has expired, the
    // key may be gone, and a hint that cannot be verified is refused.
    const good = login.claims.exp > this.#options.now()
    const url = oidc.buildEndSessionUrl(await this.#discovered(), {
      ...(good && { id_token_hint: login.idToken }),
      post_logout_redirect_uri: this.#options.signedOutUri,
      state,
    })
    return { url, state }
  }

  /** The claims of a logout token (Back-Channel Logout §2.6), which is taken once. @throws {JoseError} */
  async readLogout(token: string): Promise<LogoutTokenClaims> {
    return (await this.#logoutTokens.verify(token)).claims
  }

  #access(
    answer: oidc.TokenEndpointResponse,
    before?: string,
  ): Pick<Login, 'accessToken' | 'expiresAt' | 'refreshToken'> {
    return {
      accessToken: answer.access_token,
      expiresAt: this.#options.now() + (answer.expires_in ?? 0),
      refreshToken: answer.refresh_token ?? before,
    }
  }

  /** What the authority says of itself, asked when it is first needed, and again where that failed. */
  #discovered(): Promise<oidc.Configuration> {
    const { issuer, clientId, clientSecret } = this.#options
    this.#configuration ??= oidc
      .discovery(new URL(issuer), clientId, undefined, oidc.ClientSecretBasic(clientSecret), {
        // The settings of the authority allow http on loopback alone.
        execute: issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : [],
        timeout: 10,
      })
      .catch((error: unknown) => {
        this.#configuration = undefined
        throw error
      })
    return this.#configuration
  }
}
