import { duplicates, parseExact } from '../../../packages/countersign/src/diagnosis/exact-json.ts'
import { isObject, type JsonObject, own } from '../../../packages/countersign/src/json.ts'
import { createVerifier } from '../../../packages/countersign/src/sync.ts'
import { mutateJson } from '../mutate/json.ts'
import { cut, mutateSections } from '../mutate/token.ts'
import { hold, refused } from '../oracle.ts'
import type { Bytes, Outcome, Target } from '../target.ts'
import { CLAIM_WORDS, HEADER_WORDS } from '../words.ts'
import { AUDIENCE, CLAIMS, ISSUER, macOf, NOW, SECRETS, verifies } from './issued.ts'

const MARK = 0
const TOLERANCE = 30
const inBoth = mutateSections(MARK, [mutateJson(HEADER_WORDS), mutateJson([...CLAIM_WORDS, ISSUER, AUDIENCE])])

/** A header, NUL, a payload: signed as they are, so that what the claims say decides. */
export const target: Target = {
  name: 'claims',
  words: [...CLAIM_WORDS, ...HEADER_WORDS, ISSUER, `"${AUDIENCE}"`, `${NOW}`],
  mutators: [inBoth, inBoth],
  seeds: () => [
    `{"alg":"HS256","typ":"JWT"}\0${JSON.stringify(CLAIMS)}`,
    `{"alg":"HS256","kid":"HS256","crit":["x"],"x":1}\0${JSON.stringify(CLAIMS)}`,
    `{"alg":"HS256"}\0${JSON.stringify({ ...CLAIMS, aud: ['a', AUDIENCE], exp: NOW + 0.5, nbf: NOW + 29 })}`,
  ],
  prepare: () => {
    const common = {
      keys: verifies('HS256'),
      issuer: ISSUER,
      audience: AUDIENCE,
      now: () => NOW,
      clockTolerance: TOLERANCE,
    }
    const plain = createVerifier(common)
    const strict = createVerifier({
      ...common,
      subject: CLAIMS.sub,
      maxAge: '10m',
      requiredClaims: ['jti'],
      clockTolerance: 0,
      revoked: ({ claims }) => claims['revoked'] === true,
    })
    return (input) => {
      const [header, payload] = cut(input, MARK, 2)
      if (header === undefined || payload === undefined) return 'no sections'
      const token = macOf(header, payload)
      const outcome = held(plain, token, header, payload)
      const other = held(strict, token, header, payload)
      hold(other !== 'accepted' || outcome === 'accepted', 'who demands more accepts more')
      return outcome
    }
  },
}

function held(verifier: ReturnType<typeof createVerifier>, token: string, header: Bytes, payload: Bytes): Outcome {
  try {
    verifier.verify(token)
  } catch (error) {
    return refused(error, SECRETS)
  }
  hold(isSound(objectOf(header), objectOf(payload)), 'claims are accepted that must not be')
  return 'accepted'
}

/** The object that a part is by another reader. */
function objectOf(part: Bytes): JsonObject {
  const text = Buffer.from(part).toString()
  hold(duplicates(parseExact(text, 'the part')).length === 0, 'a name is there twice')
  const value: unknown = JSON.parse(text)
  hold(isObject(value), 'it is no object')
  return value
}

/** What every accepted token has, read in the plainest way there is. */
function isSound(header: JsonObject, claims: JsonObject): boolean {
  const [exp, nbf, aud] = ['exp', 'nbf', 'aud'].map((name) => own(claims, name))
  const inTime =
    typeof exp === 'number' && exp > NOW - TOLERANCE && (nbf === undefined || (nbf as number) <= NOW + TOLERANCE)
  const isForUs = aud === AUDIENCE || (Array.isArray(aud) && aud.includes(AUDIENCE))
  const isPlain =
    own(header, 'alg') === 'HS256' && own(header, 'crit') === undefined && own(header, 'b64') === undefined
  const typ = own(header, 'typ')
  return (
    inTime &&
    isForUs &&
    isPlain &&
    own(claims, 'iss') === ISSUER &&
    (typ === undefined || /^(application\/)?jwt$/i.test(`${typ}`))
  )
}
