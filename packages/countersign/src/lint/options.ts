import type { KeyAdmission } from '../crypto/backend.ts'
import { kindOf, show } from '../errors.ts'
import { isObject } from '../json.ts'
import { isJwkSet, type JwkSet } from '../key/jwk.ts'
import { parseSecret, type SecretInput } from '../key/secret.ts'
import { checkNames, toClock } from '../options.ts'
import type { Setup } from './lint.ts'
import { PROFILES, type Profile, SEVERITIES, type Weight } from './rule.ts'
import { RULES } from './rules.ts'
import { type SetSubject, toSubject } from './subject.ts'

/** How {@link lint} weighs its findings, and what is known beside what is looked at. */
export interface LintOptions {
  /** What the token is held to, beyond what holds for every token. */
  readonly profile?: Profile
  /** What rules weigh, by their ids, in place of their own severity: `{ CSL015: 'off', CSL009: 'error' }`. */
  readonly rules?: Readonly<Record<string, Weight>>
  /** What the token is signed with, where its strength is to be looked at. It is in no finding. */
  readonly secret?: SecretInput
  /** The JWK Set that the issuer of the token publishes. */
  readonly published?: JwkSet
  /** What an encrypted private key was encrypted with. */
  readonly passphrase?: string | Uint8Array
  /** The time in epoch seconds. Default: the clock of the machine. */
  readonly now?: () => number
}

const NAMES = ['profile', 'rules', 'secret', 'published', 'passphrase', 'now'] as const

/**
 * @throws {TypeError} for an option that is not what it should be, such as a rule that there is not
 * @throws {JoseError} for a secret that cannot be read
 */
export function toSetup(options: LintOptions, backend: KeyAdmission, what: string): Setup {
  checkNames<LintOptions>(options, NAMES, what)
  const { profile, rules = {}, secret, published, now, passphrase } = options
  if (profile !== undefined && !PROFILES.includes(profile))
    throw new TypeError(`profile is none of ${PROFILES.join(', ')}`)
  if (passphrase !== undefined && typeof passphrase !== 'string' && !(passphrase instanceof Uint8Array))
    throw new TypeError(`passphrase is text or octets, not ${kindOf(passphrase)}`)
  checkWeights(rules)
  return {
    rules: RULES,
    now: toClock(now)(),
    weights: rules,
    ...(profile !== undefined && { profile }),
    ...(secret !== undefined && { secret: parseSecret(secret) }),
    ...(published !== undefined && { published: toPublished(published, backend) }),
  }
}

/** @throws {TypeError} */
function checkWeights(rules: unknown): asserts rules is Readonly<Record<string, Weight>> {
  if (!isObject(rules)) throw new TypeError(`rules is ${kindOf(rules)}, and takes an object`)
  for (const [id, weight] of Object.entries(rules)) {
    if (!RULES.some((rule) => rule.id === id)) throw new TypeError(`rules names ${show(id)}, which is no rule`)
    if (![...SEVERITIES, 'off'].includes(weight as string))
      throw new TypeError(`rules gives ${id} a weight that is none of ${SEVERITIES.join(', ')}, off`)
  }
}

/** @throws {TypeError} for what is no set, @throws {JoseError} for one that is too large */
function toPublished(jwks: unknown, backend: KeyAdmission): SetSubject {
  const subject = isJwkSet(jwks) && Array.isArray(jwks.keys) ? toSubject(jwks, backend) : undefined
  if (subject?.kind === 'set') return subject
  throw new TypeError('published is no JWK Set')
}
