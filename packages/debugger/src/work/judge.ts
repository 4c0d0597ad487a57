import { backend } from '../../../countersign/src/crypto/web.ts'
import type { DecodedToken } from '../../../countersign/src/diagnosis/decode-token.ts'
import { type ExactJson, member, numberOf, textOf, toValue } from '../../../countersign/src/diagnosis/exact-json.ts'
import { CommandError, type Told } from '../../../countersign/src/diagnosis/told.ts'
import { isObject } from '../../../countersign/src/json.ts'
import { askedOf } from '../../../countersign/src/judge/claims.ts'
import { type Judgement, judge, readMatter } from '../../../countersign/src/judge/judge.ts'
import type { Demands } from '../../../countersign/src/judge/terms.ts'
import { whoseFault } from './blame.ts'
import { type GivenKeys, type KeysRead, readKeys } from './keys.ts'
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
  | {
      readonly kind: 'judged'
      readonly judgement: Judgement
      readonly given: GivenKeys
      /** Which part of the token was changed, where that can be known. */
      readonly fault?: string
    }
  /** It was encrypted, and the key opened it. */
  | { readonly kind: 'opened'; readonly plaintext: Uint8Array; readonly given: GivenKeys }

export const NO_OUTCOME: Outcome = { kind: 'no key' }

/** Holds a token against a key and against what is expected, or opens it with the key. @param now - epoch seconds */
export async function judgeText(
  text: string,
  reading: Reading,
  read: KeysRead,
  expected: Expected,
  now: number,
): Promise<Outcome> {
  if (reading.kind !== 'token' || read.kind === 'none') return NO_OUTCOME
  if (read.kind === 'fault') return { kind: 'unusable', told: read.told, of: 'key' }
  const given = read.keys
  try {
    if (reading.token.kind === 'jwe') return { kind: 'opened', plaintext: await open(reading.token, given), given }
    const matter = readMatter(text, false)
    if (matter.refused) return { kind: 'judged', judgement: matter.refused, given }
    if (given.judging.algorithms === undefined) {
      const told = new CommandError('CS_KEY_TYPE', `the ${given.title} verifies no signatures.`).told
      return { kind: 'unusable', told, of: 'key' }
    }
    const judgement = await judge(matter, given.judging, toDemands(expected, now), backend)
    const fault = judgement.error?.code === 'CS_SIGNATURE' ? whoseFault(reading.token, given.keys) : undefined
    return { kind: 'judged', judgement, given, ...(fault && { fault }) }
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

/** Told to the second for so long after a moment, and then to the minute. */
const CLOSE = 120

/** A number that changes when what is said of a token's times may change, so that it is judged again then. */
export function phaseOf(claims: ExactJson | undefined, leeway: number, now: number): number {
  const [exp, nbf] = ['exp', 'nbf'].map((name) => numberOf(member(claims, name)))
  const moments = [exp, exp && exp + leeway, nbf, nbf && nbf - leeway].filter((moment) => moment !== undefined)
  if (moments.every((moment) => now < moment) && nbf === undefined) return 0
  const near = Math.min(...moments.map((moment) => Math.abs(now - moment)))
  return Math.floor(near < CLOSE ? now : now / 60)
}

/** What a token says of the key that it was signed with, if it brings it along. */
export function keyInside({ header }: DecodedToken): 'jwk' | 'x5c' | undefined {
  return (['jwk', 'x5c'] as const).find((name) => member(header, name) !== undefined)
}

/**
 * What the key inside a token makes of it, which proves nothing: whoever writes a token chooses that key, too.
 *
 * @returns a sentence
 */
export async function tryKeyInside(text: string, token: DecodedToken, now: number): Promise<string> {
  try {
    const header = toValue(token.header)
    const { jwk, x5c } = isObject(header) ? header : {}
    const key = isObject(jwk) ? JSON.stringify(jwk) : (textOf(member(token.header, 'x5c')) ?? String([x5c].flat()[0]))
    const given = await readKeys({ text: key, spelling: 'utf8', allowWeak: false })
    const expected = { iss: '', aud: '', typ: '', leeway: 0 }
    const outcome = await judgeText(text, { kind: 'token', token }, { kind: 'keys', keys: given }, expected, now)
    if (outcome.kind === 'judged' && outcome.judgement.checks[0]?.status === 'pass')
      return 'It matches the key that it brings along, which proves nothing: anyone can make such a token.'
    return 'It does not even match the key that it brings along.'
  } catch {
    return 'The key that it brings along is none that can be used.'
  }
}
