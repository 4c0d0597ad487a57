import { fromBase64url } from '../../../countersign/src/bytes.ts'
import type { DecodedToken } from '../../../countersign/src/diagnosis/decode-token.ts'
import { member, textOf } from '../../../countersign/src/diagnosis/exact-json.ts'
import { power, toInteger } from '../../../countersign/src/key/integer.ts'
import { Key } from '../../../countersign/src/key/key.ts'

const PARTS = ['header', 'payload', 'signature'] as const

/** Which parts of a token are not those of one that verified: told where others are the same. */
export function changedParts(good: string, bad: string): string | undefined {
  const [was, is] = [good.split('.'), bad.split('.')]
  if (was.length !== 3 || is.length !== 3) return undefined
  const changed = PARTS.filter((_, index) => was[index] !== is[index])
  if (changed.length === 0 || changed.length === 3) return undefined
  const [first] = changed
  const at = first === undefined ? 0 : firstDifference(was[PARTS.indexOf(first)] ?? '', is[PARTS.indexOf(first)] ?? '')
  const are = changed.length > 1 ? 'are' : 'is'
  return `The ${changed.join(' and the ')} ${are} not what verified before: other from character ${at} on.`
}

function firstDifference(old: string, now: string): number {
  let at = 0
  while (at < now.length && old[at] === now[at]) at++
  return at
}

/**
 * What an RSA signature tells by itself: only its key can make one that opens to a hash. Other signatures tell nothing.
 *
 * @returns a sentence
 */
export function whoseFault({ header, signature }: DecodedToken, keys: readonly Key[]): string | undefined {
  const [key, ...others] = keys
  if (key?.kty !== 'RSA' || others.length > 0 || signature === undefined) return undefined
  if (!textOf(member(header, 'alg'))?.startsWith('RS')) return undefined
  const { members } = Key.material(key)
  const [n, e, s] = [members['n'], members['e'], signature.text].map((text = '') =>
    toInteger(fromBase64url(text, 'it')),
  )
  if (n === undefined || e === undefined || s === undefined || n === 0n) return undefined
  const opened = power(s, e, n).toString(16)
  return /^1f{16,}003/.test(opened)
    ? 'This key made the signature, for something else: the header or the payload was changed.'
    : 'This key did not make the signature: the signature was changed, or another key made it.'
}
