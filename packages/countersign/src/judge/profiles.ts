import { SIGNATURE } from '../alg/signature.ts'
import type { Backend } from '../crypto/backend.ts'
import { JoseError } from '../errors.ts'
import { prepareVerifier, type VerifyToken } from '../jwt/verifier.ts'
import { thumbprint } from '../key/ops.ts'
import { run } from '../op.ts'
import { ACCESS_TOKEN } from '../profile/access-token.ts'
import { prepareProofVerifier } from '../profile/dpop-proof.ts'
import { ID_TOKEN, prepareIdTokenVerifier } from '../profile/id-token.ts'
import { prepareKindVerifier } from '../profile/kind.ts'
import type { Asked, Profile, Signed, Terms } from './terms.ts'

/** What a kind of token takes beside the terms of every token. */
export interface Particulars {
  readonly nonce?: string | undefined
  /** The method and the URL of a request. */
  readonly htm?: string | undefined
  readonly htu?: string | undefined
}

/**
 * What a kind of token has to be, by the verifier that the library has for it: so a token is accepted where a program
 * would accept it, and nowhere else. Who calls holds that the terms have what the kind takes.
 */
export type ToProfile = (terms: Terms, particulars: Particulars, backend: Backend) => Profile

/** RFC 8725, as far as a verifier can hold to it. */
export const bestPractice: ToProfile = (terms, _, backend) => ({
  asked: names(['exp']),
  hold: async (signed) =>
    held(
      prepareVerifier({ ...shared(signed, terms), typ: terms.typ ?? '', requireExp: true }, backend),
      signed,
      backend,
    ),
})

/** RFC 9068. */
export const accessToken: ToProfile = (terms, _, backend) => ({
  asked: names(ACCESS_TOKEN.required, ['typ']),
  hold: async (signed) => held(prepareKindVerifier(ACCESS_TOKEN, shared(signed, terms), backend), signed, backend),
})

/** OpenID Connect Core 1.0 §3.1.3.7. */
export const idToken: ToProfile = (terms, { nonce }, backend) => {
  const [client = '', ...others] = terms.audience
  const demands = nonce === undefined ? {} : { nonce }
  return {
    asked: names(ID_TOKEN.required, ['typ', ...(nonce === undefined ? [] : ['nonce'])]),
    last: ['nonce'],
    async hold(signed) {
      const own = others.length > 0 ? { otherAudiences: others } : {}
      const verify = prepareIdTokenVerifier({ ...shared(signed, terms), audience: client, ...own }, backend)
      await run(verify(signed.token, demands), backend)
    },
  }
}

/** A proof is for one request: nobody here knows whether it was used before. */
const UNUSED = { add: () => true } as const

/** RFC 9449 §4.3. */
export const proof: ToProfile = (terms, { htm = '', htu = '', nonce }, backend) => {
  const request = { method: htm, url: htu, ...(nonce !== undefined && { nonce }) }
  return {
    asked: new Map([
      ...names([], ['typ', 'jwk', 'iat', 'htm', 'htu', ...(nonce === undefined ? [] : ['nonce'])]),
      ...names(['jti']),
    ]),
    async hold({ token, key, algorithms }) {
      const { leeway: clockTolerance, maxAge } = terms
      const open = algorithms?.filter((id) => SIGNATURE.get(id)?.family !== 'hmac')
      const verify = prepareProofVerifier(
        {
          replay: UNUSED,
          clockTolerance,
          now: () => terms.now,
          ...(open?.length && { algorithms: open }),
          ...(maxAge !== undefined && { maxAge }),
        },
        backend,
      )
      const demands = { ...request, thumbprint: await run(thumbprint(key), backend) }
      await run(verify(token, demands), backend).catch(otherKey)
    },
  }
}

/** The signature holds with the key that was given, so it can only be another one that the proof names. */
function otherKey(error: unknown): never {
  if (!(error instanceof JoseError) || error.code !== 'CS_SIGNATURE') throw error
  throw new JoseError('CS_SIGNATURE', 'jwk of the header is another key than the one that signed the proof', {
    hint: 'refuse the proof: it has to bring the public key that verifies it. (RFC 9449 §4.3)',
  })
}

async function held(verify: VerifyToken<unknown>, { token }: Signed, backend: Backend): Promise<void> {
  await verify(token, backend)
}

/** The options of every verifier. */
function shared({ keys, algorithms }: Pick<Signed, 'keys' | 'algorithms'>, terms: Terms): SharedOptions {
  const { issuer, audience, subject, required, maxAge, allowExpired, leeway, now } = terms
  return {
    keys,
    issuer: issuer === undefined ? 'any' : [issuer],
    audience: audience.length === 0 ? 'any' : audience,
    requiredClaims: required,
    ignoreExp: allowExpired,
    clockTolerance: leeway,
    now: () => now,
    ...(algorithms && { algorithms }),
    ...(subject !== undefined && { subject }),
    ...(maxAge !== undefined && { maxAge }),
  }
}

type SharedOptions = Omit<Extract<Parameters<typeof prepareVerifier>[0], { keys: unknown }>, 'typ' | 'requireExp'>

const names = (there: readonly string[], right: readonly string[] = []): Asked =>
  new Map([...right.map((name) => [name, 'value'] as const), ...there.map((name) => [name, 'presence'] as const)])
