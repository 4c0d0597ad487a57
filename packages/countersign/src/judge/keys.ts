import { SIGNATURE, type SignatureAlg } from '../alg/signature.ts'
import { quoted } from '../diagnosis/exact-json.ts'
import { CommandError, describe, type GivenKeys } from '../diagnosis/told.ts'
import type { Key } from '../key/key.ts'

/**
 * The algorithms that may be used: what the keys can do, narrowed by what they say of themselves, then by what is wanted.
 * What a token says is not looked at.
 *
 * @throws {CommandError} `CS_KEY_TYPE` for keys that verify nothing, `CS_ALG` where nothing is left
 */
export function allowedAlgorithms(
  { as, keys, name }: GivenKeys,
  wanted: readonly string[] | undefined,
): readonly string[] | undefined {
  if (keys.length === 0) return wanted
  // A secret that is too short for one of them is told as such when it comes to it.
  const serves = ({ kind, alg: own, algorithms }: Key, { id, family }: SignatureAlg): boolean =>
    algorithms.includes(id) || (kind === 'secret' && family === 'hmac' && (own === undefined || own === id))
  const can = [...SIGNATURE.values()].filter((row) => keys.some((key) => serves(key, row))).map(({ id }) => id)
  if (can.length === 0) {
    const [key, ...others] = keys
    const what = key && others.length === 0 ? describe(key) : `${keys.length} keys`
    if (as === 'set' && key?.kid !== undefined && others.length === 0)
      throw new CommandError(
        'CS_KEY_TYPE',
        `kid ${quoted(key.kid.slice(0, 100))} from ${name} verifies no signatures: it is ${what} for something else.`,
      )
    throw new CommandError('CS_KEY_TYPE', `${name} verifies no signatures: it holds ${what} for something else.`)
  }
  if (wanted === undefined) return can
  const left = can.filter((id) => wanted.includes(id))
  if (left.length > 0) return left
  throw new CommandError('CS_ALG', `--alg allows ${wanted.join(', ')}, and ${name} serves ${can.join(', ')} alone.`, {
    hint: 'pass the key that belongs to the algorithm, or leave out --alg.',
  })
}
