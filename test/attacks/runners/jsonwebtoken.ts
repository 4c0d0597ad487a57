import { createPrivateKey, type JsonWebKey } from 'node:crypto'
import jwt from 'jsonwebtoken'
import type { KeyGiven, SignAsk, VerifyAsk } from '../case.ts'
import { Lacks } from '../case.ts'
import { CLAIMS, NOW } from '../material.ts'
import { asked, given, pemFor, type Runner } from './runner.ts'

/** A secret as octets, a public key as PEM. */
export function jsonwebtokenKey(key: KeyGiven): string | Buffer {
  if ('secret' in key) return Buffer.from(key.secret)
  if ('jwk' in key && 'k' in key.jwk) return Buffer.from(String(key.jwk.k), 'base64url')
  return pemFor(key)
}

/** Options as it calls them. */
export function jsonwebtokenOptions(ask: VerifyAsk, well: boolean): jwt.VerifyOptions {
  const { algorithms, demands = {}, options } = ask
  if (demands.typ !== undefined) throw new Lacks('has no option for typ')
  if (demands.requiredClaims !== undefined) throw new Lacks('has no option for required claims')
  const { maxAge, issuer, audience, subject, clockTolerance } = demands
  const own = well ? { algorithms, issuer: CLAIMS.iss, audience: CLAIMS.aud } : {}
  const demanded = given({ maxAge, issuer, audience, subject, clockTolerance })
  return { clockTimestamp: NOW, ...own, ...demanded, ...options?.jsonwebtoken } as jwt.VerifyOptions
}

function sign({ claims, key, alg, header }: SignAsk): string {
  const its = 'secret' in key ? Buffer.from(key.secret) : pairOf('jwk' in key ? (key.jwk as JsonWebKey) : {})
  const options = { algorithm: alg as jwt.Algorithm, expiresIn: 300, ...(header && { header: header as never }) }
  return jwt.sign(claims as object, its, options)
}

/** A private key as PEM, or a public one as its caller has it. */
export function pairOf(jwk: JsonWebKey): string {
  if (jwk.d === undefined) return pemFor({ jwk })
  return createPrivateKey({ key: jwk, format: 'jwk' }).export({ format: 'pem', type: 'pkcs8' }).toString()
}

function runner(well: boolean): Runner {
  return {
    name: well ? 'jsonwebtoken +' : 'jsonwebtoken',
    library: 'jsonwebtoken',
    use: well ? 'well' : 'plain',
    how: well ? 'algorithms, issuer and audience' : 'token and key, as in its first example',
    isOwn: (error) => error instanceof jwt.JsonWebTokenError,
    ask: (ask) =>
      asked(
        'jsonwebtoken',
        {
          verify: (one) => jwt.verify(one.token as string, jsonwebtokenKey(one.key), jsonwebtokenOptions(one, well)),
          sign,
          door: jwt,
        },
        ask,
      ),
  }
}

export const JSONWEBTOKEN: readonly Runner[] = [runner(false), runner(true)]
