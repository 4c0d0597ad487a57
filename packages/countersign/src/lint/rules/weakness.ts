import type { SignatureAlg } from '../../alg/signature.ts'
import type { Bytes } from '../../bytes.ts'
import { JoseError } from '../../errors.ts'
import { secretMaterial } from '../../key/secret.ts'
import { isCommonSecret } from '../common-secrets.ts'

/** So few different octets are no random secret, whatever its length. */
const LEAST_VARIETY = 8
/** A part that comes over and over is looked for up to this length, in octets: a longer one is a secret by itself. */
const MOST_REPEATED = 31
/** So many equal octets at an end are there to fill it up, where what is left is less than a key of AES. */
const [FILLING, LEAST_FILLED] = [8, 16]

/**
 * What is wrong about a secret, in a sentence that tells nothing of what it is.
 *
 * @param alg - what it signs with; left out where nobody says
 * @param isMac - whether it signs at all: the length of what encrypts is another matter
 */
export function weaknessOf(secret: Bytes, alg?: SignatureAlg, isMac = true): string | undefined {
  const { length } = secret
  if (length === 0) return 'the secret is empty.'
  if (isCommonSecret(secret)) return 'the secret is on the list of common ones, which everybody has.'
  const why = unfitness(secret)
  if (why !== undefined) return `${why}.`
  const least = (alg?.minBits ?? 256) / 8
  if (isMac && length < least)
    return `the secret has ${bytesOf(length)}; ${alg?.id ?? 'the shortest hash'} takes ${least} or more.`
  const [variety, period, kept] = [new Set(secret).size, periodOf(secret), keptOf(secret)]
  if (variety < LEAST_VARIETY) return `the secret has ${bytesOf(length)}, of which only ${variety} are different.`
  if (period !== undefined) return `the secret has ${bytesOf(length)}, which are the same ${period} over and over.`
  if (isCounting(secret)) return `the secret has ${bytesOf(length)}, each of which follows from the one before it.`
  return kept < LEAST_FILLED && length - kept >= FILLING
    ? `the secret has ${bytesOf(kept)}, filled up to ${length}.`
    : undefined
}

const bytesOf = (count: number): string => `${count} byte${count === 1 ? '' : 's'}`

/** A public key that was taken for a secret, blanks, zeros: what no key is made of. */
function unfitness(secret: Bytes): string | undefined {
  try {
    return secretMaterial(secret).weakness
  } catch (error) {
    if (error instanceof JoseError) return error.message
    throw error
  }
}

function periodOf(secret: Bytes): number | undefined {
  for (let period = 1; period <= Math.min(MOST_REPEATED, secret.length / 2); period++)
    if (secret.every((byte, index) => index < period || byte === secret[index - period])) return period
  return undefined
}

/** How many octets are there but for those at the longer end that are all the same. */
function keptOf(secret: Bytes): number {
  const [first, last] = [
    secret.findIndex((byte) => byte !== secret[0]),
    secret.findLastIndex((byte) => byte !== secret.at(-1)),
  ]
  return first < 0 ? 0 : Math.min(secret.length - first, last + 1)
}

/** Up or down by steps of one size, as in test data. */
function isCounting(secret: Bytes): boolean {
  const step = (index: number): number => ((secret[index] ?? 0) - (secret[index - 1] ?? 0)) & 0xff
  return secret.length > 2 && secret.every((_, index) => index === 0 || step(index) === step(1))
}
