// An issuer for the demonstration. A real one is another service, and gives tokens to those who log in.
import { generateKey, publicJwks, publicKey } from 'countersign'
import { accessToken } from 'countersign/profile'
import { serve } from './serve.ts'

/** An issuer that listens on this machine, and publishes its key there. */
export interface Issuer {
  readonly url: string
  readonly jwksUrl: string
  /** A token for the audience that is good for an hour. */
  token(claims: { readonly sub: string; readonly scope: string; readonly roles?: readonly string[] }): Promise<string>
  close(): Promise<void>
}

export async function startIssuer(audience: string): Promise<Issuer> {
  const key = await generateKey('ES256')
  const jwks = await publicJwks([await publicKey(key)])
  const { url, close } = await serve(() => Response.json(jwks, { headers: { 'cache-control': 'max-age=300' } }), 0)
  const signer = accessToken.createSigner({ key, issuer: url, audience, expiresIn: '1h' })
  return {
    url,
    jwksUrl: `${url}/jwks.json`,
    token: (claims) => signer.sign({ ...claims, client_id: 'demo' }),
    close,
  }
}
