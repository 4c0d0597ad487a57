import { backend } from '../../../countersign/src/crypto/web.ts'
import { CommandError, type Told } from '../../../countersign/src/diagnosis/told.ts'
import { askedOf } from '../../../countersign/src/judge/claims.ts'
import { type Judgement, judge, readMatter } from '../../../countersign/src/judge/judge.ts'
import type { Demands } from '../../../countersign/src/judge/terms.ts'
import { type GivenKeys, type GivenText, readKeys } from './keys.ts'
import { open } from './open.ts'
import { type Reading, toldOf } from './read.ts'

/** What somebody expects of a token; what is empty is not demanded. */
export interface Expected {
  readonly iss: string
  readonly aud: string
  readonly typ: string
  /** Seconds. */
  readonly leeway: number
}

/** What became of a token and a key. */
export type Outcome =
  | { readonly kind: 'no key' }
  /** The key, or the token, is none to work with. */
  | { readonly kind: 'unusable'; readonly told: Told; readonly of: 'key' | 'token' }
  | { readonly kind: 'judged'; readonly judgement: Judgement; readonly given: GivenKeys }
  /** It was encrypted, and the key opened it. */
  | { readonly kind: 'opened'; readonly plaintext: Uint8Array; readonly given: GivenKeys }

/** Holds a token against a key and against what is expected, or opens it with the key. @param now - epoch seconds */
export async function judgeText(
  text: string,
  reading: Reading,
  key: GivenText,
  expected: Expected,
  now: number,
): Promise<Outcome> {
  if (reading.kind !== 'token' || key.text.trim() === '') return { kind: 'no key' }
  let given: GivenKeys
  try {
    given = await readKeys(key)
  } catch (error) {
    return { kind: 'unusable', told: toldOf(error), of: 'key' }
  }
  try {
    if (reading.token.kind === 'jwe') return { kind: 'opened', plaintext: await open(reading.token, given), given }
    const matter = readMatter(text, false)
    if (matter.refused) return { kind: 'judged', judgement: matter.refused, given }
    if (given.judging.algorithms === undefined) {
      const told = new CommandError('CS_KEY_TYPE', `${given.title}: it verifies no signatures.`).told
      return { kind: 'unusable', told, of: 'key' }
    }
    return { kind: 'judged', judgement: await judge(matter, given.judging, toDemands(expected, now), backend), given }
  } catch (error) {
    return { kind: 'unusable', told: toldOf(error), of: 'token' }
  }
}

function toDemands({ iss, aud, typ, leeway }: Expected, now: number): Demands {
  const said = (text: string): string | undefined => (text.trim() === '' ? undefined : text.trim())
  const audience = said(aud)
  const terms = {
    now: Math.floor(now),
    leeway,
    maxAge: undefined,
    allowExpired: false,
    issuer: said(iss),
    audience: audience === undefined ? [] : [audience],
    subject: undefined,
    typ: said(typ),
    required: [],
  }
  return { ...terms, algorithms: undefined, crit: undefined, profile: undefined, asked: askedOf(terms, undefined) }
}
