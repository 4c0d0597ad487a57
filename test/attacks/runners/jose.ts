import * as jose from 'jose'
import type { DecryptAsk, JwsAsk, KeyGiven, SignAsk } from '../case.ts'
import { CLAIMS, NOW } from '../material.ts'
import { asked, given, type Runner } from './runner.ts'

const currentDate = new Date(NOW * 1000)
const octetsOf = (jwk: jose.JWK): Uint8Array => jose.base64url.decode(String(jwk.k))
/** A secret as octets and a key pair as a JWK, as the functions take them. */
const keyOf = (key: object): Uint8Array | jose.JWK =>
  'kty' in key && key.kty === 'oct' ? octetsOf(key as jose.JWK) : (key as jose.JWK)

async function keysFor(key: KeyGiven, alg: string): Promise<Parameters<typeof jose.jwtVerify>[1]> {
  if ('secret' in key) return key.secret
  if ('pem' in key) return jose.importSPKI(key.pem, alg)
  if ('jwk' in key) return keyOf(key.jwk)
  return jose.createLocalJWKSet(key.set as jose.JSONWebKeySet) as never
}

const algOf = (algorithms: unknown): string => (Array.isArray(algorithms) ? String(algorithms[0]) : 'RS256')

function decrypt({ token, key, algorithms, encryptions, claims }: DecryptAsk, well: boolean): Promise<unknown> {
  // PBES2 is off until it is allowed, so there is no other use of it.
  const lists = well || algorithms.some((alg) => alg.startsWith('PBES2'))
  const options = (
    lists ? { keyManagementAlgorithms: [...algorithms], contentEncryptionAlgorithms: [...encryptions] } : {}
  ) as jose.DecryptOptions
  const its = keyOf(key)
  if (claims) {
    const policy = { issuer: CLAIMS.iss, audience: CLAIMS.aud, currentDate }
    return jose.jwtDecrypt(token as string, its, { ...policy, ...options })
  }
  if (typeof token === 'string') return jose.compactDecrypt(token, its, options)
  const object = token as object
  if ('recipients' in object) return jose.generalDecrypt(object as jose.GeneralJWE, its, options)
  return jose.flattenedDecrypt(object as jose.FlattenedJWE, its, options)
}

async function verifyJws({ token, key, algorithms }: JwsAsk, well: boolean): Promise<unknown> {
  const its = (await keysFor(key, algOf(algorithms))) as Uint8Array
  const options = (well ? { algorithms: [...algorithms] } : {}) as jose.VerifyOptions
  if (typeof token === 'string') return jose.compactVerify(token, its, options)
  const object = token as object
  if ('signatures' in object) return jose.generalVerify(object as jose.GeneralJWSInput, its, options)
  return jose.flattenedVerify(object as jose.FlattenedJWSInput, its, options)
}

async function sign({ claims, key, alg, header }: SignAsk): Promise<string> {
  const its = 'secret' in key ? key.secret : keyOf('jwk' in key ? key.jwk : {})
  const builder = new jose.SignJWT(claims as jose.JWTPayload).setProtectedHeader({ alg, ...header } as never)
  return builder
    .setIssuedAt(NOW)
    .setExpirationTime(NOW + 300)
    .sign(its)
}

function runner(well: boolean): Runner {
  return {
    name: well ? 'jose +' : 'jose',
    library: 'jose',
    use: well ? 'well' : 'plain',
    how: well ? 'algorithms, issuer, audience and requiredClaims: exp' : 'issuer and audience, as in its first example',
    isOwn: (error) => error instanceof jose.errors.JOSEError,
    ask: (ask) =>
      asked(
        'jose',
        {
          async verify({ token, key, algorithms, demands = {}, options }) {
            const { maxAge, requiredClaims = [], ...others } = demands
            const its = (await keysFor(key, algOf(algorithms))) as Uint8Array
            const own = { issuer: CLAIMS.iss, audience: CLAIMS.aud, currentDate }
            const demanded = given({ ...others, crit: undefined, maxTokenAge: maxAge })
            const wanted = well ? { algorithms, requiredClaims: ['exp', ...requiredClaims] } : {}
            const all = { ...own, ...wanted, ...demanded, ...options?.jose } as jose.JWTVerifyOptions
            return (await jose.jwtVerify(token as string, its, all)).payload
          },
          jws: (one) => verifyJws(one, well),
          decrypt: (one) => decrypt(one, well),
          sign,
          open: async (url, { fetch, timeout } = {}) => {
            const deadline = timeout === undefined ? {} : { timeoutDuration: timeout * 1000 }
            const options = { ...deadline, ...(fetch && { [jose.customFetch]: (at: string) => fetch(at) }) }
            const keys = jose.createRemoteJWKSet(new URL(url), options as jose.RemoteJWKSetOptions)
            const algorithms = well ? { algorithms: ['ES256', 'RS256'] } : {}
            const policy = { issuer: CLAIMS.iss, audience: CLAIMS.aud, currentDate, ...algorithms }
            return (token) => jose.jwtVerify(token, keys, policy as jose.JWTVerifyOptions)
          },
          door: jose,
        },
        ask,
      ),
  }
}

export const JOSE: readonly Runner[] = [runner(false), runner(true)]
