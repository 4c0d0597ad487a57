import jwt from 'jsonwebtoken'
import jwks from 'jwks-rsa'
import type { VerifyAsk } from '../case.ts'
import { Lacks } from '../case.ts'
import { jsonwebtokenOptions } from './jsonwebtoken.ts'
import { asked, type Runner } from './runner.ts'

/** Verifies as the README of jsonwebtoken does it together with jwks-rsa. */
function verifyBy(client: jwks.JwksClient, token: unknown, options: jwt.VerifyOptions): Promise<unknown> {
  const find: jwt.GetPublicKeyOrSecret = (header, callback) => {
    client.getSigningKey(header.kid, (error, key) => callback(error, key?.getPublicKey()))
  }
  return new Promise((resolve, reject) => {
    jwt.verify(token as string, find, options, (error, claims) => (error ? reject(error) : resolve(claims)))
  })
}

function runner(well: boolean): Runner {
  const limits = well ? { rateLimit: true, jwksRequestsPerMinute: 10 } : {}
  const client = (options: object): jwks.JwksClient => jwks({ ...limits, ...options } as jwks.Options)
  return {
    name: well ? 'jwks-rsa +' : 'jwks-rsa',
    library: 'jwks-rsa',
    use: well ? 'well' : 'plain',
    how: well
      ? 'with jsonwebtoken as above, cache, and rateLimit of 10 requests a minute'
      : 'with jsonwebtoken, as in the example that both READMEs share',
    // What it fails with reaches the caller as an error of jsonwebtoken.
    isOwn: (error) =>
      error instanceof jwt.JsonWebTokenError ||
      error instanceof jwks.JwksError ||
      error instanceof jwks.SigningKeyNotFoundError ||
      error instanceof jwks.JwksRateLimitError ||
      error instanceof jwks.ArgumentError,
    ask: (ask) =>
      asked(
        'jwks-rsa',
        {
          verify(one: VerifyAsk) {
            if (!('set' in one.key)) throw new Lacks('is for JWK Sets alone')
            const { set } = one.key
            const its = client({ jwksUri: 'https://issuer.example/jwks.json', fetcher: async () => set })
            return verifyBy(its, one.token, jsonwebtokenOptions(one, well))
          },
          async open(url, { fetch, timeout } = {}) {
            const deadline = timeout === undefined ? {} : { timeout: timeout * 1000 }
            const fetcher = fetch && (async (at: string) => (await fetch(at)).json())
            const its = client({ jwksUri: url, ...deadline, ...(fetcher && { fetcher }) })
            const ask = { do: 'verify', token: '', key: { set: {} }, algorithms: ['ES256', 'RS256'] } as const
            return (token) => verifyBy(its, token, jsonwebtokenOptions(ask, well))
          },
        },
        ask,
      ),
  }
}

export const JWKS_RSA: readonly Runner[] = [runner(false), runner(true)]
