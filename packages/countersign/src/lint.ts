/**
 * countersign/lint: what is wrong, or risky, about tokens, keys, secrets, JWK Sets and issuers, rule by rule; and what
 * each of them is, in plain words. Nothing is verified, and nothing is believed: a token without findings may be forged
 * all the same.
 *
 * @module countersign/lint
 */
import { backend } from '#crypto'
import { CommandError } from './diagnosis/told.ts'
import { type ErrorCode, JoseError } from './errors.ts'
import { explainAnything } from './explain/explain.ts'
import type { Explanation } from './explain/explanation.ts'
import { type ExplainOptions, toKnowledge } from './explain/options.ts'
import { parseSecret, type SecretInput } from './key/secret.ts'
import { auditIssuer } from './lint/issuer/audit.ts'
import { type IssuerLintOptions, partOptions } from './lint/issuer/options.ts'
import { type Finding, lintSecret as lintOctets, lintSubject, type Summary, summarize } from './lint/lint.ts'
import { type LintOptions, toSetup } from './lint/options.ts'
import type { RuleInfo } from './lint/rule.ts'
import { RULES } from './lint/rules.ts'
import { type Located, type SarifAbout, type SarifLog, toSarifLog } from './lint/sarif.ts'
import { type Shown, type Subject, toSubject } from './lint/subject.ts'

export { JoseError } from './errors.ts'
export type { Explanation, ExplanationKind, Part } from './explain/explanation.ts'
export type { ExplainOptions } from './explain/options.ts'
export type { Source } from './explain/registry/row.ts'
export type { IssuerLintOptions } from './lint/issuer/options.ts'
export type { Finding, Summary } from './lint/lint.ts'
export type { LintOptions } from './lint/options.ts'
export type { Kind, Profile, RuleInfo, Severity, Weight } from './lint/rule.ts'
export type {
  Located,
  SarifAbout,
  SarifDriver,
  SarifInvocation,
  SarifLevel,
  SarifLocation,
  SarifLog,
  SarifResult,
  SarifRule,
  SarifRun,
  SarifText,
  Unread,
} from './lint/sarif.ts'

/** What {@link lint} or {@link lintSecret} found. */
export interface LintReport {
  /** What was looked at. */
  readonly kind: 'token' | 'key' | 'set' | 'secret'
  /** The gravest first. */
  readonly findings: readonly Finding[]
  /** How many findings there are of each severity. */
  readonly summary: Summary
}

/** What {@link lintIssuer} found about an issuer. */
export interface IssuerReport {
  /** What was looked at. */
  readonly kind: 'issuer'
  /** The issuer, as it was asked for. */
  readonly issuer: string
  /** Where its metadata is. */
  readonly metadataUrl: string
  /** Where it publishes its keys, as its metadata says. */
  readonly jwksUri?: string
  /** How many keys it publishes, where they could be fetched. */
  readonly keys?: number
  /** For how many seconds they may be kept, as the issuer says. */
  readonly maxAge?: number
  /** The gravest first. */
  readonly findings: readonly Finding[]
  /** How many findings there are of each severity. */
  readonly summary: Summary
}

/**
 * Looks at a token, a key or a JWK Set by every rule; many are those of RFC 8725 §3. A token may be compact or in JSON,
 * and stand in other text; a key is a JWK, a PEM, a DER or a certificate. The signature is checked against the secrets
 * that everybody knows, and nothing else.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} `CS_MALFORMED`, `CS_KEY_INVALID` and the like for what cannot be read
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
 * Looks at the strength of a secret (RFC 8725 §3.5).
 *
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} `CS_KEY_INVALID` for a secret that cannot be read
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
 * Looks at a live issuer by every rule: fetches its metadata (RFC 8414 §3) and its JWK Set, each once, and asks nothing
 * else of it.
 *
 * @param options - `timeout` counts for each answer; by http a host is asked only on this machine, or with `allowHttp`
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} `CS_DISCOVERY` where there is no metadata, with `unavailable: true` where the issuer cannot be
 *   reached
 * @example
 * ```ts
 * import { lintIssuer } from 'countersign/lint'
 *
 * const issuer = 'https://issuer.example'
 * const metadata = { issuer, token_endpoint: 'http://issuer.example/token', grant_types_supported: ['password'] }
 * const fetch = async () => Response.json(metadata) // leave it out, and the issuer itself is asked
 *
 * const { findings } = await lintIssuer(issuer, { fetch })
 * console.log(findings.find(({ rule }) => rule === 'CSL112')?.path) // metadata.grant_types_supported
 * ```
 */
export async function lintIssuer(issuer: string, options: IssuerLintOptions = {}): Promise<IssuerReport> {
  const { look, lint: own } = partOptions(options)
  const { published, ...audit } = await auditIssuer(issuer, toSetup(own, backend, 'lintIssuer'), look, backend)
  return { kind: 'issuer', ...audit, summary: summarize(audit.findings) }
}

/**
 * Reports as one log for other tools, such as code scanning: SARIF 2.1.0 §3.13. A finding is known again by its rule,
 * its path and its place, and by nothing that is in a token.
 *
 * @param reports - with `uri`, the file within the repository, and `line`, where there are such
 * @example
 * ```ts
 * import { lint, toSarif } from 'countersign/lint'
 *
 * const report = await lint('eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.')
 * const unread = [{ uri: 'fixtures/bob.jwt', message: 'it is empty' }]
 * const log = toSarif([{ ...report, uri: 'fixtures/alice.jwt', line: 1 }], { version: '0.1.0', unread })
 *
 * const [{ tool, invocations, results }] = log.runs
 * const [{ ruleId, level, message, locations }] = results
 * console.log(log.version, ruleId, level, message.text) // 2.1.0 CSL001 error …
 * console.log(locations[0]?.physicalLocation?.artifactLocation.uri) // fixtures/alice.jwt
 * console.log(tool.driver.version, tool.driver.rules[0]?.id) // 0.1.0 CSL…
 * console.log(invocations[0].executionSuccessful) // false
 * ```
 */
export function toSarif(reports: Iterable<Located>, about: SarifAbout = {}): SarifLog {
  return toSarifLog(reports, about)
}

/**
 * Says what something is in plain words, what it is for and what to watch, with the sections to read. A word is a
 * claim, an algorithm, a member of a header or a key, a type, an error code or a rule, and may be several of them: then
 * the likeliest comes first. A token, a key, a JWK Set or a certificate is told member by member. Nothing is verified,
 * and nothing that is a secret is told.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} `CS_MALFORMED` for a word that is not known, and for what cannot be read
 * @example
 * ```ts
 * import { explain } from 'countersign/lint'
 *
 * const [aud] = await explain('aud')
 * console.log(aud?.title, aud?.text[0], aud?.spec[0]) // aud, a claim Who the token is meant for. RFC 7519 §4.1.3
 *
 * const [token] = await explain('eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.')
 * console.log(token?.text[1]) // Nobody signed it: its signature is empty.
 * console.log(token?.parts?.[0]?.path, aud?.source?.name) // header.alg …
 * ```
 */
export async function explain(what: Shown, options: ExplainOptions = {}): Promise<readonly Explanation[]> {
  const knowledge = toKnowledge(options)
  try {
    return await explainAnything(what, knowledge, backend)
  } catch (error) {
    throw asJoseError(error)
  }
}

/**
 * Every rule there is: its id, what it weighs, why it is there and what to do. Many are those of RFC 8725 §3.
 *
 * @example
 * ```ts
 * import { rules } from 'countersign/lint'
 *
 * console.log(rules[0]?.id, rules[0]?.severity, rules[0]?.spec) // CSL001 error RFC 8725 §3.2
 * ```
 */
export const rules: readonly RuleInfo[] = Object.freeze(
  RULES.map(({ id, name, severity, title, text, fix, spec, kinds }) =>
    Object.freeze({ id, name, severity, title, text, fix, spec, ...(kinds && { kinds: Object.freeze({ ...kinds }) }) }),
  ),
)

function toReport(kind: LintReport['kind'], findings: readonly Finding[]): LintReport {
  return { kind, findings, summary: summarize(findings) }
}

/** What the command tells as an error of its own is one of the library here. */
function read(work: () => Subject): Subject {
  try {
    return work()
  } catch (error) {
    throw asJoseError(error)
  }
}

function asJoseError(error: unknown): unknown {
  if (!(error instanceof CommandError)) return error
  const { code, message, hint } = error.told
  return new JoseError(code as ErrorCode, message, { hint })
}
