import { CommandError, type Told, toldIn } from '../../diagnosis/told.ts'
import { type Finding, lintSubject, type Setup, summarize } from '../../lint/lint.ts'
import { SEVERITIES, type Severity } from '../../lint/rule.ts'
import { RULES } from '../../lint/rules.ts'
import type { Located, Unread } from '../../lint/sarif.ts'
import { toSubject } from '../../lint/subject.ts'
import { backend } from '../engine.ts'
import { sayNotes } from '../given/subjects.ts'
import { tokenLines } from '../given/tokens.ts'
import { inTotal, isGrave, sarifText, shortLines, TONES } from '../shown/findings.ts'
import type { Outcome } from '../shown/outcome.ts'
import type { Brush } from '../shown/paint.ts'
import { uriOf } from './lint-subjects.ts'
import { auditOf, type LintCall, type LintTerms, publishedIn } from './lint-terms.ts'

/** What was found in many lines. Of the tokens themselves nothing is kept. */
interface Tally {
  lines: number
  unread: number
  /** How often each rule found something, by what that weighed. */
  readonly counts: Map<string, { readonly rule: string; readonly severity: Severity; count: number }>
}

/** Looks at one token a line. What cannot be read is told, and the next line goes on. */
export async function lintLines(call: LintCall, { setup, failOn, isSarif }: LintTerms): Promise<Outcome | undefined> {
  const { values, words, settings, host, progress } = call
  const tally: Tally = { lines: 0, unread: 0, counts: new Map() }
  const located: Located[] = []
  const unread: Unread[] = []
  const uri = uriOf(words[0] ?? '-')
  const place = uri === undefined ? {} : { uri }
  /** Tells what was found in one thing at once, or keeps it for the log. */
  const found = async (findings: readonly Finding[], json: object, where: string, at: Omit<Located, 'findings'>) => {
    add(findings, tally)
    const isFailure = isGrave(findings, failOn)
    if (!isSarif)
      await call.answer({
        json: { ...json, findings, summary: summarize(findings) },
        text: (brush) => shortLines(findings, where, brush).join(''),
        isFailure,
      })
    else if (findings.length > 0) located.push({ findings, ...at })
    return isFailure
  }
  let isFailure = false
  let known = setup
  if (values.issuer !== undefined) {
    const { issuer, metadataUrl, published, findings } = await auditOf(call, values.issuer, setup)
    const set = publishedIn([published])
    known = { ...setup, ...(set && { published: set }) }
    const named = findings.map((finding) => ({ ...finding, in: issuer }))
    isFailure = await found(named, {}, issuer, { uri: metadataUrl })
  }
  for await (const [line, text] of tokenLines(call, words[0])) {
    tally.lines++
    const findings = await lookAtLine(line, text, known, call)
    if ('code' in findings) {
      tally.unread++
      unread.push({ ...place, line, message: findings.message })
      await call.answer(unreadOutcome(line, findings, isSarif))
    } else if (await found(findings, { line }, `line ${line}`, { ...place, line })) isFailure = true
    progress.show(() => `looked at ${tally.lines} lines, ${total(tally)} findings`)
  }
  if (tally.lines === 0)
    throw new CommandError('CS_MALFORMED', 'no line of the input has a token.', {
      hint: '--lines takes one token a line.',
    })
  if (isSarif) return { json: {}, text: sarifText(located, { version: host.version, unread }), isFailure }
  if (settings.json) return undefined
  return { json: {}, text: (brush) => (settings.quiet ? '' : tallyText(tally, brush)) }
}

async function lookAtLine(
  line: number,
  text: string,
  setup: Setup,
  call: LintCall,
): Promise<readonly Finding[] | Told> {
  try {
    const subject = toSubject(text, backend, { strict: call.settings.strict })
    if (subject.kind === 'token') sayNotes(call, subject.token.notes, call.settings.json ? '' : `line ${line}`)
    return await lintSubject(subject, setup, backend)
  } catch (error) {
    const told = toldIn(error)
    if (told !== undefined) return told
    throw error
  }
}

function unreadOutcome(line: number, told: Told, isSarif: boolean): Outcome {
  // A log has no place for it among the findings, so that it is told beside, too.
  if (isSarif) return { json: {}, text: '', error: { ...told, message: `line ${line}: ${told.message}` } }
  return {
    json: { line },
    text: (brush) => `line ${line}: ${brush('bad', 'not read')}  ${told.code}: ${told.message}\n`,
    error: told,
    isTold: true,
  }
}

function add(findings: readonly Finding[], { counts }: Tally): void {
  for (const { rule, severity } of findings) {
    const known = counts.get(`${severity} ${rule}`)
    if (known) known.count++
    else counts.set(`${severity} ${rule}`, { rule, severity, count: 1 })
  }
}

function total({ counts }: Tally): number {
  return [...counts.values()].reduce((sum, { count }) => sum + count, 0)
}

/** What there is to do in the end: each rule once, with how often it found something. */
function tallyText(tally: Tally, brush: Brush): string {
  const rows = [...tally.counts.values()].sort(
    (a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || b.count - a.count,
  )
  const width = Math.max(0, ...rows.map(({ count }) => String(count).length))
  const lines = rows.flatMap(({ rule, severity, count }) => {
    const { title = '', fix = '', spec = '' } = RULES.find(({ id }) => id === rule) ?? {}
    const head = `  ${brush(TONES[severity], severity.padEnd(5))}  ${rule}  ${String(count).padStart(width)}  ${title}`
    return [head, brush('dim', `${' '.repeat(19 + width)}fix: ${fix} (${spec})`)]
  })
  const sum = (severity: Severity): number =>
    rows.filter((row) => row.severity === severity).reduce((all, { count }) => all + count, 0)
  const counts = inTotal({ error: sum('error'), warn: sum('warn'), info: sum('info') })
  const read = tally.lines - tally.unread
  const left = tally.unread === 0 ? '' : `; ${tally.unread} not read`
  const last = `${counts} in ${read} ${read === 1 ? 'line' : 'lines'}${left}`
  return `${[...(lines.length === 0 ? [] : ['', ...lines, '']), last].join('\n')}\n`
}
