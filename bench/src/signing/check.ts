import { constants, verify } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { fail } from '../contender.ts'
import type { Tool } from './contenders.ts'
import { AUDIENCE, ISSUER, type Keys, LIFE_SECONDS, type Sample, type Scheme, tampered, toSample } from './workload.ts'

type Verifying = Pick<Tool, 'verify'>

/** Before a contender is timed it accepts the good token with its claims, and refuses the tampered one. */
export async function checkVerify(name: string, scheme: Scheme, tool: Verifying, sample: Sample): Promise<void> {
  if (!(await accepts(tool, sample))) fail(name, scheme, 'refuses a good token')
  if (await accepts(tool, tampered(scheme, sample))) fail(name, scheme, 'accepts a tampered token')
}

/**
 * What a contender signs holds: a token by the verdict of several libraries, a bare signature by that of node:crypto.
 *
 * @param judges - verifiers of the same keys, of more than one origin
 */
export async function checkSign(
  name: string,
  scheme: Scheme,
  tool: Tool,
  sample: Sample,
  keys: Keys,
  judges: readonly Tool[],
): Promise<void> {
  const made = await tool.sign(sample)
  if (made instanceof Uint8Array) {
    if (!holdsBare(scheme, keys, sample, made)) fail(name, scheme, 'makes a signature that does not verify')
    return
  }
  if (typeof made !== 'string') fail(name, scheme, 'makes no token')
  const token = toSample(scheme, sample.claims, made)
  for (const judge of judges) {
    if (!(await accepts(judge, token))) fail(name, scheme, 'makes a token that is refused')
    if (await accepts(judge, tampered(scheme, token))) fail(name, scheme, 'makes a token that may be tampered with')
  }
}

/** Verifiers answer by claims, by a boolean or by the MAC to compare, and some refuse by throwing. */
async function accepts(tool: Verifying, sample: Sample): Promise<boolean> {
  let outcome: unknown
  try {
    outcome = await tool.verify(sample)
  } catch {
    return false
  }
  if (typeof outcome === 'boolean') return outcome
  if (outcome instanceof Uint8Array) return sample.signature.equals(outcome)
  return hasClaims(claimsOf(outcome), sample)
}

/** The claims as they are, or as a member of what else there is to say. */
export function claimsOf(outcome: unknown): Record<string, unknown> {
  const { claims, payload } = outcome as { readonly claims?: unknown; readonly payload?: unknown }
  return (claims ?? payload ?? outcome) as Record<string, unknown>
}

function hasClaims({ iat, exp, ...others }: Record<string, unknown>, { claims }: Sample): boolean {
  const expected: Record<string, unknown> = { iss: ISSUER, aud: AUDIENCE, ...claims }
  return Number(exp) - Number(iat) === LIFE_SECONDS && isDeepStrictEqual({ ...others }, expected)
}

function holdsBare({ name, hash }: Scheme, keys: Keys, { input, signature }: Sample, made: Uint8Array): boolean {
  if (name === 'HS256') return signature.equals(made)
  if (name === 'PS256') {
    const padding = constants.RSA_PKCS1_PSS_PADDING
    return verify(hash, input, { key: keys.verify, padding, saltLength: 32 }, made)
  }
  const dsaEncoding = made.length === 64 ? 'ieee-p1363' : 'der'
  return verify(hash, input, { key: keys.verify, dsaEncoding }, made)
}
