import { printable } from '../../../countersign/src/diagnosis/exact-json.ts'
import type { SecretSpelling } from '../../../countersign/src/diagnosis/near-misses.ts'
import type { Told } from '../../../countersign/src/diagnosis/told.ts'
import type { Check } from '../../../countersign/src/judge/checks.ts'
import type { Expected } from './judge.ts'
import type { GivenText } from './keys.ts'

/** A change that would make a token match, for a button. */
export interface Offer {
  readonly text: string
  readonly given?: GivenText
  readonly expected?: Expected
}

/** How a secret may be written, in words. */
export const SPELLINGS: readonly (readonly [spelling: SecretSpelling, text: string])[] = [
  ['utf8', 'text'],
  ['base64', 'base64'],
  ['base64url', 'base64url'],
  ['hex', 'hex'],
]

/** What can be done about a refusal with one click: what its words advise, or say that it does match with. */
export function offersOf(
  { code, message, hint }: Told,
  checks: readonly Check[],
  given: GivenText,
  expected: Expected,
): readonly Offer[] {
  const [, spelling] = /^--secret-encoding (\w+)$/.exec(hint) ?? []
  const [, kid] = /--kid ([\w.~-]+)$/.exec(hint) ?? []
  const word = SPELLINGS.find(([name]) => name === spelling)
  if (word) return [{ text: `Apply: read the secret as ${word[1]}`, given: { ...given, spelling: word[0] } }]
  if (kid !== undefined && kid !== 'ID') return [{ text: `Apply: use kid ${kid}`, given: { ...given, kid } }]
  if (/without the white space/.test(message))
    return [{ text: 'Apply: take the white space away', given: { ...given, text: given.text.trim() } }]
  if (/without the quotes/.test(message))
    return [{ text: 'Apply: take the quotes away', given: { ...given, text: given.text.trim().slice(1, -1) } }]
  if (/with a newline at its end/.test(message))
    return [{ text: 'Apply: put a newline at its end', given: { ...given, text: `${given.text}\n\n` } }]
  if (code === 'CS_WEAK_SECRET') return [{ text: 'Apply: accept a weak one', given: { ...given, allowWeak: true } }]
  return checks.flatMap(({ name, status, actual }): readonly Offer[] => {
    const isNear = (name === 'iss' || name === 'aud') && /differ by/.test(message)
    if (!isNear || status !== 'fail' || typeof actual !== 'string' || actual.includes(', ')) return []
    return [{ text: `Apply: expect ${name} ${printable(actual)}`, expected: { ...expected, [name]: actual } }]
  })
}
