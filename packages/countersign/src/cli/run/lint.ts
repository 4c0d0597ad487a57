import { lintSecret, lintSubject } from '../../lint/lint.ts'
import { RULES } from '../../lint/rules.ts'
import type { Located } from '../../lint/sarif.ts'
import type { Run } from '../call.ts'
import { backend } from '../engine.ts'
import type { LintNames } from '../rows/others.ts'
import { findingsJson, findingsText, isGrave, type Looked, sarifText, UNVERIFIED } from '../shown/findings.ts'
import type { Outcome } from '../shown/outcome.ts'
import { lintLines } from './lint-lines.ts'
import { listRules } from './lint-rules.ts'
import { describeSubject, readSubjects } from './lint-subjects.ts'
import { auditOf, checkLint, isShared, type LintCall, type LintTerms, publishedIn, readTerms } from './lint-terms.ts'

/** Looks for what is wrong, or risky, about tokens, keys, sets, secrets and issuers. */
export const lint: Run<LintNames> = async (call) => {
  checkLint(call)
  if (call.values['list-rules']) return listRules(RULES)
  const terms = await readTerms(call)
  if (call.values.lines) return lintLines(call, terms)
  return toOutcome(await lookAtAll(call, terms), call, terms)
}

/** What was looked at, for people and for other tools. */
interface Place extends Looked, Located {
  readonly isToken?: boolean
}

async function lookAtAll(call: LintCall, { setup, secretName = '--secret' }: LintTerms): Promise<readonly Place[]> {
  const { issuer } = call.values
  const isAlone = call.words.length === 0 && (setup.secret !== undefined || issuer !== undefined)
  const given = await readSubjects(call, isAlone ? [] : call.words.length === 0 ? ['-'] : call.words)
  const audit = issuer === undefined ? undefined : await auditOf(call, issuer, setup)
  const sets = given.map(({ subject }) => (subject.kind === 'set' ? subject : undefined))
  const published = publishedIn([audit?.published, ...sets])
  const known = { ...setup, ...(published && { published }) }
  const all: Place[] = []
  if (audit) {
    const { issuer: name, metadataUrl: uri, keys, findings } = audit
    const what = `an issuer${keys === undefined ? '' : keys === 1 ? ' with one key' : ` with ${keys} keys`}`
    all.push({ name, what, uri, findings })
  }
  for (const { name, uri, subject } of given) {
    const findings = await lintSubject(subject, known, backend)
    const what = describeSubject(subject)
    all.push({ name, what, findings, isToken: subject.kind === 'token', ...(uri !== undefined && { uri }) })
  }
  const { secret } = setup
  if (secret !== undefined && !given.some(({ subject }) => isShared(subject)))
    all.push({ name: secretName, what: 'a secret', findings: await lintSecret(secret, setup, backend) })
  return all
}

function toOutcome(all: readonly Place[], { settings, host }: LintCall, { failOn, isSarif }: LintTerms): Outcome {
  const json = findingsJson(all)
  const isFailure = isGrave(
    all.flatMap(({ findings }) => findings),
    failOn,
  )
  if (isSarif) return { json, text: sarifText(all, { version: host.version }), isFailure }
  const isClean = json.findings.length === 0 && all.some(({ isToken }) => isToken) && !settings.quiet
  return {
    json,
    text: (brush) => `${findingsText(all, settings, brush)}${isClean ? `${UNVERIFIED}\n` : ''}`,
    isFailure,
  }
}
