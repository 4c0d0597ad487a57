/**
 * countersign/lint: what is wrong, or risky, about tokens, keys, secrets and JWK Sets, rule by rule. Nothing is verified,
 * and nothing is believed: a token without findings may be forged all the same.
 *
 * @packageDocumentation
 */
import { backend } from '#crypto'
import { CommandError } from './diagnosis/told.ts'
import { type ErrorCode, JoseError } from './errors.ts'
import { parseSecret, type SecretInput } from './key/secret.ts'
import { type Finding, lintSecret as lintOctets, lintSubject, type Summary, summarize } from './lint/lint.ts'
import { type LintOptions, toSetup } from './lint/options.ts'
import type { RuleInfo } from './lint/rule.ts'
import { RULES } from './lint/rules.ts'
import { type Shown, type Subject, toSubject } from './lint/subject.ts'

export { JoseError } from './errors.ts'
export type { Finding, Summary } from './lint/lint.ts'
export type { LintOptions } from './lint/options.ts'
export type { Kind, Profile, RuleInfo, Severity, Weight } from './lint/rule.ts'

/** What was found. */
export interface LintReport {
  /** What was looked at. */
  readonly kind: 'token' | 'key' | 'set' | 'secret'
  /** The gravest first. */
  readonly findings: readonly Finding[]
  readonly summary: Summary
}

/**
 * Looks at a token, a key or a JWK Set by every rule. A token may be compact or in JSON, and stand in other text; a key
 * is a JWK, a PEM, a DER or a certificate. The signature is checked against the secrets that everybody knows, and nothing
 * else.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} for what cannot be read
 * @example
 * ```ts
 * import { lint } from 'countersign/lint'
 *
 * const token = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.'
 * const { findings, summary } = await lint(token, { profile: 'rfc9068', rules: { CSL027: 'off' } })
 * console.log(findings[0]?.rule, findings[0]?.path, findings[0]?.severity) // CSL001 header.alg error
 * console.log(summary.error) // 5
 * ```
 */
export async function lint(what: Shown, options: LintOptions = {}): Promise<LintReport> {
  const setup = toSetup(options, backend, 'lint')
  const { passphrase } = options
  const subject = read(() => toSubject(what, backend, passphrase === undefined ? {} : { passphrase }))
  return toReport(subject.kind, await lintSubject(subject, setup, backend))
}

/**
 * Looks at the strength of a secret.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} for a secret that cannot be read
 * @example
 * ```ts
 * import { lintSecret } from 'countersign/lint'
 *
 * const { findings } = await lintSecret({ text: 'your-256-bit-secret' })
 * console.log(findings[0]?.rule, findings[0]?.message)
 * // CSL007 the secret is on the list of common ones, which everybody has.
 * ```
 */
export async function lintSecret(secret: SecretInput, options: LintOptions = {}): Promise<LintReport> {
  const setup = toSetup(options, backend, 'lintSecret')
  return toReport('secret', await lintOctets(parseSecret(secret), setup, backend))
}

/**
 * Every rule there is: its id, what it weighs, why it is there and what to do.
 *
 * @example
 * ```ts
 * import { rules } from 'countersign/lint'
 *
 * console.log(rules[0]?.id, rules[0]?.severity, rules[0]?.spec) // CSL001 error RFC 8725 §3.2
 * ```
 */
export const rules: readonly RuleInfo[] = RULES.map(({ id, name, severity, title, text, fix, spec, kinds }) =>
  Object.freeze({ id, name, severity, title, text, fix, spec, ...(kinds && { kinds }) }),
)

function toReport(kind: LintReport['kind'], findings: readonly Finding[]): LintReport {
  return { kind, findings, summary: summarize(findings) }
}

/** What the command tells as an error of its own is one of the library here. */
function read(work: () => Subject): Subject {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    const { code, message, hint } = error.told
    throw new JoseError(code as ErrorCode, message, { hint })
  }
}
