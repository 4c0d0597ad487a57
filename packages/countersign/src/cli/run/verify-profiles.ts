import { SIGNATURE } from '../../alg/signature.ts'
import { JoseError } from '../../errors.ts'
import { prepareVerifier, type VerifyToken } from '../../jwt/verifier.ts'
import { thumbprint } from '../../key/ops.ts'
import { run } from '../../op.ts'
import { ACCESS_TOKEN } from '../../profile/access-token.ts'
import { prepareProofVerifier } from '../../profile/dpop-proof.ts'
import { ID_TOKEN, prepareIdTokenVerifier } from '../../profile/id-token.ts'
import { prepareKindVerifier } from '../../profile/kind.ts'
import type { CallOf } from '../call.ts'
import { backend } from '../engine.ts'
import { usage } from '../line/usage.ts'
import type { VerifyNames } from '../rows/tokens.ts'
import type { Asked, Profile, Signed, Terms } from './verify-terms.ts'

type Values = CallOf<VerifyNames>['values']
type ToProfile = (values: Values, terms: Terms) => Profile

/**
 * What a kind of token has to be, by the verifier that the library has for it: so the command accepts what a program
 * would, and no more.
 *
 * @throws {CommandError} `CS_USAGE` where something is not said that it takes
 */
export function toProfile(name: string, { values }: CallOf<VerifyNames>, terms: Terms): Profile {
  const make = PROFILES[name]
  if (make === undefined) throw usage('--profile names a kind of token that is none', 'verify')
  return make(values, terms)
}

const PROFILES: Readonly<Record<string, ToProfile>> = {
  bcp: bestPractice,
  'oidc-id-token': idToken,
  rfc9068: accessToken,
  dpop: proof,
}

/** RFC 8725, as far as a verifier can hold to it. */
function bestPractice(values: Values, terms: Terms): Profile {
  demand('bcp', {
    '--iss (or --issuer)': terms.issuer,
    '--aud': terms.audience[0],
    '--typ': terms.typ,
  })
  exclude('bcp', values, ['allow-expired', 'allow-weak-secret', 'nonce', 'htm', 'htu'])
  const { typ = '' } = terms
  return {
    asked: names(['exp']),
    hold: async (signed) => held(prepareVerifier({ ...shared(signed, terms), typ, requireExp: true }, backend), signed),
  }
}

/** RFC 9068. */
function accessToken(values: Values, terms: Terms): Profile {
  demand('rfc9068', { '--iss (or --issuer)': terms.issuer, '--aud': terms.audience[0] })
  exclude('rfc9068', values, ['nonce', 'htm', 'htu'])
  return {
    asked: names(ACCESS_TOKEN.required, ['typ']),
    hold: async (signed) => held(prepareKindVerifier(ACCESS_TOKEN, shared(signed, terms), backend), signed),
  }
}

/** OpenID Connect Core 1.0 §3.1.3.7. */
function idToken(values: Values, terms: Terms): Profile {
  demand('oidc-id-token', { '--iss (or --issuer)': terms.issuer, '--aud (the id of the client)': terms.audience[0] })
  exclude('oidc-id-token', values, ['htm', 'htu'])
  const [client = '', ...others] = terms.audience
  if (client === 'any') throw usage('--aud is the id of the client, and any is none', 'verify')
  const demands = values.nonce === undefined ? {} : { nonce: values.nonce }
  return {
    asked: names(ID_TOKEN.required, ['typ', ...(values.nonce === undefined ? [] : ['nonce'])]),
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
function proof(values: Values, terms: Terms): Profile {
  const { htm, htu } = values
  demand('dpop', { '--htm (the method of the request)': htm, '--htu (its URL)': htu })
  exclude('dpop', values, ['secret', 'allow-expired'])
  const { protocol } = URL.canParse(htu ?? '') ? new URL(htu ?? '') : { protocol: '' }
  if (protocol !== 'https:' && protocol !== 'http:')
    throw usage('--htu is the whole URL of the request: https://api.example.com/orders', 'verify')
  const request = { method: htm ?? '', url: htu ?? '', ...(values.nonce !== undefined && { nonce: values.nonce }) }
  return {
    asked: new Map([
      ...names([], ['typ', 'jwk', 'iat', 'htm', 'htu', ...(values.nonce === undefined ? [] : ['nonce'])]),
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

async function held(verify: VerifyToken<unknown>, { token }: Signed): Promise<void> {
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

function demand(profile: string, wanted: Readonly<Record<string, string | undefined>>): void {
  const missing = Object.entries(wanted).filter(([, value]) => value === undefined)
  if (missing.length > 0)
    throw usage(`--profile ${profile} takes ${missing.map(([flag]) => flag).join(' and ')}, too`, 'verify')
}

function exclude(profile: string, values: Values, flags: readonly (keyof Values)[]): void {
  const given = flags.find((flag) => values[flag] !== undefined && values[flag] !== false)
  if (given !== undefined) throw usage(`--profile ${profile} and --${given} exclude each other`, 'verify')
}
