import type { DecodedToken } from '../../../../countersign/src/diagnosis/decode-token.ts'
import { type ExactJson, member, textOf } from '../../../../countersign/src/diagnosis/exact-json.ts'
import type { SecretSpelling } from '../../../../countersign/src/diagnosis/near-misses.ts'
import type { Expected } from '../judge.ts'
import { type GivenKeys, type GivenText, isSecret } from '../keys.ts'
import { tokenText } from '../share.ts'

/** What is to be verified or opened, without any key: code takes that from a file or from the environment. */
export interface Subject {
  /** Claims in compact form, something else that was signed, or something encrypted. */
  readonly form: 'jwt' | 'jws' | 'jwe'
  readonly serialization: 'compact' | 'flattened' | 'general'
  /** What was signed travels by itself. */
  readonly isDetached: boolean
  /** The token itself, where it is to stand in the code. */
  readonly token?: string
  readonly alg: string
  readonly enc?: string
  /** Which key of a set. */
  readonly kid?: string
  readonly key: 'secret' | 'key' | 'set'
  /** How the secret is written. */
  readonly spelling: SecretSpelling
  /** A secret that is shorter than its hash is to pass. */
  readonly isWeak: boolean
  readonly expected: Expected
  readonly hasExp: boolean
}

/** A subject, and the names of what it expects because the token says so itself. */
export interface Taken {
  readonly subject: Subject
  readonly assumed: readonly string[]
}

/**
 * What the code is to be about. Where nothing is expected, it expects what the token says of itself, since code that
 * expects nothing is worse.
 */
export function toSubject(
  { kind, serialization, header, payload, token }: DecodedToken,
  keys: GivenKeys | undefined,
  given: GivenText,
  expected: Expected,
): Taken {
  const [alg = '', enc, kid, typ] = ['alg', 'enc', 'kid', 'typ'].map((name) => textOf(member(header, name)))
  const claims = payload?.json?.kind === 'object' ? payload.json : undefined
  const found: readonly (readonly ['iss' | 'aud' | 'typ', string | undefined])[] = [
    ['iss', textOf(member(claims, 'iss'))],
    ['aud', firstOf(member(claims, 'aud'))],
    ['typ', typ === undefined || /^(application\/)?jwt$/i.test(typ) ? undefined : typ],
  ]
  const taken = found.filter(([name, text]) => text !== undefined && expected[name].trim() === '')
  const secretAlg = /^(HS|A\d|dir$|PBES2)/.test(alg)
  const key = keys?.as ?? (secretAlg ? 'secret' : 'key')
  const isJwk = key === 'secret' && given.text.trim() !== '' && !isSecret(given.text)
  return {
    assumed: taken.map(([name]) => name),
    subject: {
      form: kind === 'jwe' ? 'jwe' : claims && serialization === 'compact' ? 'jwt' : 'jws',
      serialization,
      isDetached: kind === 'jws' && payload === undefined,
      token: tokenText(token),
      alg,
      ...(enc !== undefined && { enc }),
      ...(kid !== undefined && { kid }),
      key,
      // A JWK has its octets in base64url.
      spelling: isJwk ? 'base64url' : given.spelling,
      isWeak: given.allowWeak,
      expected: { ...expected, ...Object.fromEntries(taken) },
      hasExp: member(claims, 'exp') !== undefined,
    },
  }
}

const firstOf = (json: ExactJson | undefined): string | undefined =>
  textOf(json?.kind === 'array' ? json.items[0] : json)

/** The file or the variable that the code takes the key from. */
export function placeOf({ form, key, alg }: Pick<Subject, 'form' | 'key' | 'alg'>): string {
  if (key === 'secret') return isPassword(alg) ? 'PASSWORD' : form === 'jwe' ? 'JWE_SECRET' : 'JWT_SECRET'
  return key === 'set' ? 'jwks.json' : form === 'jwe' ? 'private.pem' : 'public.pem'
}

/** Whether a key is made of what a person remembers. */
export const isPassword = (alg: string): boolean => alg.startsWith('PBES2')
