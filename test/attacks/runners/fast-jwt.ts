import type { JsonWebKey } from 'node:crypto'
import * as fast from 'fast-jwt'
import type { SignAsk, VerifyAsk } from '../case.ts'
import { CLAIMS, NOW } from '../material.ts'
import { jsonwebtokenKey, pairOf } from './jsonwebtoken.ts'
import { asked, given, type Runner } from './runner.ts'

const ms = (seconds: unknown): unknown => (typeof seconds === 'number' ? seconds * 1000 : seconds)

function verify({ token, key, algorithms, demands = {}, options }: VerifyAsk, well: boolean): unknown {
  const { issuer, audience, subject, typ, maxAge, clockTolerance, crit, requiredClaims = [] } = demands
  const own = well
    ? {
        algorithms,
        allowedIss: CLAIMS.iss,
        allowedAud: CLAIMS.aud,
        requiredClaims: ['iss', 'aud', 'exp', ...(maxAge === undefined ? [] : ['iat']), ...requiredClaims],
      }
    : {}
  const demanded = given({
    allowedIss: issuer,
    allowedAud: audience,
    allowedSub: subject,
    checkTyp: typ,
    maxAge: ms(maxAge),
    clockTolerance: ms(clockTolerance),
    allowedCritHeaders: crit,
  })
  const all = { key: jsonwebtokenKey(key), clockTimestamp: NOW * 1000, ...own, ...demanded, ...options?.['fast-jwt'] }
  return fast.createVerifier(all as never)(token as string)
}

function sign({ claims, key, alg, header }: SignAsk): string {
  const its = 'secret' in key ? Buffer.from(key.secret) : pairOf('jwk' in key ? (key.jwk as JsonWebKey) : {})
  const options = { key: its, algorithm: alg, expiresIn: 300_000, ...(header && { header }) }
  return fast.createSigner(options as never)(claims as object)
}

function runner(well: boolean): Runner {
  return {
    name: well ? 'fast-jwt +' : 'fast-jwt',
    library: 'fast-jwt',
    use: well ? 'well' : 'plain',
    how: well
      ? 'algorithms, allowedIss, allowedAud and requiredClaims: iss, aud, exp'
      : 'the key alone, as in its first example',
    isOwn: (error) => error instanceof Error && error.constructor.name === 'TokenError',
    ask: (ask) => asked('fast-jwt', { verify: (one) => verify(one, well), sign, door: fast }, ask),
  }
}

export const FAST_JWT: readonly Runner[] = [runner(false), runner(true)]
