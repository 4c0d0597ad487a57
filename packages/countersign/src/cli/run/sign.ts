import type { SignatureAlg } from '../../alg/signature.ts'
import { exactly, toExact, toLine, toText } from '../../diagnosis/exact-json.ts'
import { CommandError } from '../../diagnosis/told.ts'
import { JoseError } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import type { JwsPayload } from '../../jws/pieces.ts'
import { type JwsSerialization, signJws } from '../../jws/sign-jws.ts'
import type { Key } from '../../key/key.ts'
import { run } from '../../op.ts'
import type { FlattenedJws, GeneralJws } from '../../serialization/jws.ts'
import type { CallOf, Run } from '../call.ts'
import { backend } from '../engine.ts'
import { readSigningKey } from '../given/signing-key.ts'
import { checkAsked, claimsText, headerMembers, headerOf, kidOf, toClaims } from '../given/written.ts'
import { usage } from '../line/usage.ts'
import type { SignNames } from '../rows/tokens.ts'
import type { Outcome } from '../shown/outcome.ts'

type SignCall = CallOf<SignNames>

/** Makes a signed token, or the detached signature of a payload. */
export const sign: Run<SignNames> = async (call) => {
  const { values, words, sources } = call
  sources.claim(words[0], 'CLAIMS')
  for (const name of ['key', 'secret', 'passphrase'] as const) sources.claim(values[name], `--${name}`)
  return values.detached ? signPayload(call) : signClaims(call)
}

/** Members of the header that are not given by -H, and how they are. */
const TAKEN = {
  alg: 'which is for --alg to say',
  kid: 'which is for --kid to say',
  b64: 'which --detached sets',
  crit: 'which would demand what nobody here acts upon',
} as const

async function signClaims(call: SignCall): Promise<Outcome> {
  const { values } = call
  const members = ownMembers(values, 'JWT')
  checkAsked(values, call)
  const { given, alg } = await readSigningKey(call, values)
  const claims = await toClaims(await claimsText(call), values, call, 'sign')
  const token = await signed(toText(claims), { alg, key: given.key, members, values })
  return { json: { ...documentOf(token), payload: exactly(claims) }, text: `${textOf(token)}\n` }
}

/** Options that say something about claims, which a payload of its own has none of. */
const ABOUT_CLAIMS = ['claim', 'iss', 'sub', 'aud', 'jti', 'exp', 'nbf', 'no-iat'] as const

/** Signs a payload as it is, in pieces, and leaves it out (RFC 7515 Appendix F, RFC 7797). */
async function signPayload(call: SignCall): Promise<Outcome> {
  const { values, words, host } = call
  const given = ABOUT_CLAIMS.filter((name) => {
    const value = values[name]
    return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false
  })
  if (given.length > 0) throw usage(`--${given[0]} is about claims, and --detached signs a payload as it is`, 'sign')
  const [source = '-'] = words
  if (words.length === 0 && host.input.isTerminal)
    throw usage(
      'sign --detached needs a payload',
      'sign',
      'name its file: countersign sign --detached @FILE --key @key.jwk',
    )
  const members = ownMembers(values)
  const { given: key, alg } = await readSigningKey(call, values)
  const { detachedPayload, readFault } = await import('../given/detached.ts')
  const payload = await detachedPayload(call, source, 'CLAIMS', [alg.id], 'signing')
  let token: Awaited<ReturnType<typeof signed>>
  try {
    token = await signed(payload, { alg, key: key.key, members, values })
  } catch (error) {
    throw readFault(error)
  }
  return { json: { ...documentOf(token), detached: true }, text: `${textOf(token)}\n` }
}

/** What -H and --typ say. */
function ownMembers({ header, typ }: SignCall['values'], otherwise?: string): JsonObject {
  const members = headerMembers(header, typ === undefined ? TAKEN : { ...TAKEN, typ: 'and so does --typ' }, 'sign')
  const type = typ ?? otherwise
  return { ...(type !== undefined && { typ: type }), ...members }
}

interface Signing {
  readonly alg: SignatureAlg
  readonly key: Key
  readonly members: JsonObject
  readonly values: SignCall['values']
}

async function signed(
  payload: JwsPayload,
  { alg, key, members, values }: Signing,
): Promise<string | FlattenedJws | GeneralJws> {
  const { typ, ...others } = members
  const kid = await kidOf(key, values.kid, 'sign')
  const header = { alg: alg.id, ...(typ !== undefined && { typ }), ...(kid !== undefined && { kid }), ...others }
  const how = values.detached ? { detached: true, b64: false } : {}
  const serialization = (values.serialization ?? 'compact') as JwsSerialization
  try {
    return await run(signJws(payload, { key, alg: alg.id, protected: header, serialization, ...how }, backend), backend)
  } catch (error) {
    if (!(error instanceof JoseError) || error.code !== 'CS_TOO_LARGE') throw error
    throw new CommandError(error.code, error.message, {
      hint: 'put less into the token; a payload of any size is signed with --detached.',
    })
  }
}

/** The protected header, and a JSON serialization as the object that it is. */
function documentOf(token: string | FlattenedJws | GeneralJws): Outcome['json'] {
  if (typeof token === 'string') return { token, header: exactly(headerOf(token.split('.', 1)[0] ?? '')) }
  const [first] = 'signatures' in token ? token.signatures : [token]
  return { token, header: exactly(headerOf(first?.protected ?? '')) }
}

const textOf = (token: string | FlattenedJws | GeneralJws): string =>
  typeof token === 'string' ? token : toLine(toExact(token))
