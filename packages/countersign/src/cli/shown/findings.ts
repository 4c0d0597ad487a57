import { type Finding, type Summary, summarize } from '../../lint/lint.ts'
import { SEVERITIES, type Severity } from '../../lint/rule.ts'
import { RULES } from '../../lint/rules.ts'
import { type Located, type SarifAbout, toSarifLog } from '../../lint/sarif.ts'
import type { Settings } from '../rows/table.ts'
import type { Brush, Tone } from './paint.ts'

/** Something that was looked at, with what was found. */
export interface Looked {
  /** Where it came from, as it was written: `@token.txt`. */
  readonly name: string
  /** What it is: `a signed token`. */
  readonly what: string
  readonly findings: readonly Finding[]
}

/** The colour of each severity. */
export const TONES: Readonly<Record<Severity, Tone>> = { error: 'bad', warn: 'warn', info: 'key' }

/** Whether something was found that is as grave as that, or graver. */
export function isGrave(findings: readonly Finding[], failOn: Severity): boolean {
  const most = SEVERITIES.indexOf(failOn)
  return findings.some(({ severity }) => SEVERITIES.indexOf(severity) <= most)
}

/** Findings for programs, with their counts. Of several things, each says where it was found. */
export function findingsJson(all: readonly Looked[]): {
  readonly findings: readonly object[]
  readonly summary: Summary
} {
  const findings = all.flatMap(({ name, findings: own }) =>
    all.length > 1 ? own.map((finding) => ({ ...finding, in: name })) : own,
  )
  return { findings, summary: summarize(all.flatMap(({ findings: own }) => own)) }
}

/** Findings for people, by what they were found in, with what to do about each. */
export function findingsText(all: readonly Looked[], { quiet, verbose }: Settings, brush: Brush): string {
  if (quiet) return all.flatMap((one) => shortLines(one.findings, all.length > 1 ? one.name : '', brush)).join('')
  const total = inTotal(summarize(all.flatMap(({ findings }) => findings)))
  const groups = all.map(({ name, what, findings }) => {
    const head = `${brush('bold', name)}  ${brush('dim', what)}`
    const lines = findings.flatMap((finding) => findingLines(finding, verbose, brush))
    return `${[head, ...(lines.length === 0 ? ['  no findings'] : lines)].join('\n')}\n`
  })
  // Of one thing without findings all is said.
  const isSaid = all.length === 1 && all[0]?.findings.length === 0
  return isSaid ? groups.join('') : `${groups.join('\n')}\n${total}\n`
}

const BEHIND = ' '.repeat(17)

function findingLines(finding: Finding, isVerbose: boolean, brush: Brush): readonly string[] {
  const { rule, severity, path, message, fix, spec } = finding
  const place = path === '' ? '' : `${brush('bold', path)}: `
  const why = RULES.find(({ id }) => id === rule)?.text
  return [
    `  ${brush(TONES[severity], severity.padEnd(5))}  ${rule}  ${place}${message}`,
    ...(isVerbose && why !== undefined ? [brush('dim', `${BEHIND}why: ${why}`)] : []),
    brush('dim', `${BEHIND}fix: ${fix} (${spec})`),
  ]
}

/** Findings in a line each, as a search in them takes it: `line 3: error CSL001 header.alg: …`. */
export function shortLines(findings: readonly Finding[], where: string, brush: Brush): readonly string[] {
  return findings.map(({ rule, severity, path, message }) => {
    const before = where === '' ? '' : `${where}: `
    return `${before}${brush(TONES[severity], severity)} ${rule} ${path === '' ? '' : `${path}: `}${message}\n`
  })
}

/** How many there are of each severity, where there are some: `1 error, 2 warnings`. */
export function inTotal({ error, warn, info }: Summary): string {
  const counts = [
    [error, 'error', 'errors'],
    [warn, 'warning', 'warnings'],
    [info, 'info', 'infos'],
  ] as const
  const told = counts.flatMap(([count, one, many]) => (count === 0 ? [] : [`${count} ${count === 1 ? one : many}`]))
  return told.length === 0 ? 'no findings' : told.join(', ')
}

/** Findings as a log for other tools. */
export function sarifText(all: Iterable<Located>, about: SarifAbout): string {
  return `${JSON.stringify(toSarifLog(all, about), undefined, 2)}\n`
}

/** What has to be said where a token has no findings. */
export const UNVERIFIED =
  'Nothing was verified: a token without findings may be forged all the same. `countersign verify` finds out.'
