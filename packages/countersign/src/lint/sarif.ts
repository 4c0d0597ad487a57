import type { Finding } from './lint.ts'
import type { Kind, RuleInfo, Severity, Weight } from './rule.ts'
import { RULES } from './rules.ts'

/** Findings of one thing, and where that is, for {@link toSarif}. */
export interface Located {
  /** What was found. */
  readonly findings: readonly Finding[]
  /** A path within the repository, with slashes, or an absolute URI; nothing for what is in no file. */
  readonly uri?: string
  /** The line that it stands on; the first is 1. */
  readonly line?: number
}

/** Something that could not be read, so that nothing is said of it in a log of {@link toSarif}. */
export interface Unread extends Omit<Located, 'findings'> {
  /** Why. */
  readonly message: string
}

/** What a log of {@link toSarif} says beside its findings. */
export interface SarifAbout {
  /** The version of countersign. */
  readonly version?: string
  /** What could not be read. */
  readonly unread?: readonly Unread[]
}

/**
 * A log of findings as other tools take it, made by {@link toSarif}: SARIF 2.1.0 §3.13 (OASIS). It has neither a token
 * nor a secret in it.
 */
export interface SarifLog {
  readonly $schema: string
  readonly version: '2.1.0'
  readonly runs: readonly [SarifRun]
}

/** What one look at some things came to, in a log of {@link toSarif} (SARIF 2.1.0 §3.14). */
export interface SarifRun {
  readonly tool: { readonly driver: SarifDriver }
  readonly columnKind: 'utf16CodeUnits'
  readonly invocations: readonly [SarifInvocation]
  readonly results: readonly SarifResult[]
}

/** The tool, and its rules, in a log of {@link toSarif} (SARIF 2.1.0 §3.19). */
export interface SarifDriver {
  readonly name: 'countersign'
  readonly semanticVersion?: string
  readonly version?: string
  readonly informationUri: string
  readonly rules: readonly SarifRule[]
}

/** A rule in a log of {@link toSarif} (SARIF 2.1.0 §3.49). */
export interface SarifRule {
  readonly id: string
  readonly name: string
  readonly shortDescription: SarifText
  readonly fullDescription: SarifText
  readonly help: SarifText
  readonly helpUri: string
  readonly defaultConfiguration: { readonly level: SarifLevel }
  readonly properties: { readonly tags: readonly string[]; readonly spec: string }
}

/** A finding in a log of {@link toSarif} (SARIF 2.1.0 §3.27). */
export interface SarifResult {
  readonly ruleId: string
  readonly ruleIndex: number
  readonly level: SarifLevel
  readonly message: SarifText
  readonly locations: readonly SarifLocation[]
  /** By what the finding is known again, also in another token from the same place. */
  readonly partialFingerprints: { readonly [name: string]: string }
  readonly properties: { readonly fix: string; readonly spec: string }
}

/** Where a finding of {@link toSarif} is: in a file, and in what stands there (SARIF 2.1.0 §3.28). */
export interface SarifLocation {
  readonly physicalLocation?: {
    readonly artifactLocation: { readonly uri: string }
    readonly region: { readonly startLine: number }
  }
  readonly logicalLocations?: readonly [{ readonly fullyQualifiedName: string }]
}

/** Whether all could be looked at, in a log of {@link toSarif} (SARIF 2.1.0 §3.20). */
export interface SarifInvocation {
  readonly executionSuccessful: boolean
  readonly toolExecutionNotifications?: readonly {
    readonly level: 'error'
    readonly message: SarifText
    readonly locations?: readonly SarifLocation[]
  }[]
}

/** Text in a log of {@link toSarif} (SARIF 2.1.0 §3.11). */
export interface SarifText {
  /** The text, without any markup. */
  readonly text: string
}

/** How much a finding weighs in a log of {@link toSarif} (SARIF 2.1.0 §3.27.10). */
export type SarifLevel = 'error' | 'warning' | 'note'

const LEVELS: Readonly<Record<Severity, SarifLevel>> = { error: 'error', warn: 'warning', info: 'note' }

/** The schema that every log keeps to, at the address that its publisher gives. */
const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json'
const HOME = 'https://www.npmjs.com/package/countersign'
/** The page of the rules, which is published with the package. */
const DOCS = 'https://unpkg.com/countersign/docs/lint.md'

/** The section of a rule. */
export function docsOf(id: string): string {
  return `${DOCS}#${id.toLowerCase()}`
}

/** Findings as a log for other tools, such as code scanning. */
export function toSarifLog(all: Iterable<Located>, { version, unread = [] }: SarifAbout = {}): SarifLog {
  const seen = new Map<string, number>()
  const results = [...all].flatMap((one) => one.findings.map((finding) => toResult(finding, one, seen)))
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'countersign',
            ...(version !== undefined && { version, semanticVersion: version }),
            informationUri: HOME,
            rules: RULES.map(toRule),
          },
        },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: unread.length === 0,
            ...(unread.length > 0 && { toolExecutionNotifications: unread.map(toNotification) }),
          },
        ],
        results,
      },
    ],
  }
}

function toRule({ id, name, severity, title, text, fix, spec, kinds = {} }: RuleInfo): SarifRule {
  const changes = Object.entries(kinds) as [Kind, Weight][]
  const profiles = changes.map(([kind, weight]) => ` With ${kind} it is ${weight}.`).join('')
  return {
    id,
    // As its names are written everywhere else in SARIF: ByWordsLikeThese (§3.49.7).
    name: name.replace(/(^|-)(\w)/g, (_, _dash, letter: string) => letter.toUpperCase()),
    shortDescription: { text: `${title}.` },
    fullDescription: { text },
    help: { text: `${text} To mend it: ${fix} (${spec})${profiles}` },
    helpUri: docsOf(id),
    defaultConfiguration: { level: LEVELS[severity] },
    properties: { tags: ['security', 'jwt'], spec },
  }
}

/** @param seen - how often what a fingerprint is made of was there before */
function toResult(finding: Finding, where: Located, seen: Map<string, number>): SarifResult {
  const { rule, severity, path, message, fix, spec } = finding
  const { uri = '', line = 0 } = where
  const known = [rule, path, uri, line].join(' ')
  const count = (seen.get(known) ?? 0) + 1
  seen.set(known, count)
  return {
    ruleId: rule,
    ruleIndex: RULES.findIndex(({ id }) => id === rule),
    level: LEVELS[severity],
    message: { text: message },
    locations: locationsOf(where, path),
    partialFingerprints: { 'countersignLint/v1': `${known} ${count}` },
    properties: { fix, spec },
  }
}

function toNotification({
  message,
  ...where
}: Unread): NonNullable<SarifInvocation['toolExecutionNotifications']>[number] {
  const locations = locationsOf(where)
  return { level: 'error', message: { text: message }, ...(locations.length > 0 && { locations }) }
}

/** A file without lines of its own is shown from its first on: code scanning takes nothing that has no line. */
function locationsOf({ uri, line = 1 }: Omit<Located, 'findings'>, path = ''): readonly SarifLocation[] {
  if (uri === undefined && path === '') return []
  return [
    {
      ...(uri !== undefined && {
        physicalLocation: { artifactLocation: { uri: toUri(uri) }, region: { startLine: line } },
      }),
      ...(path !== '' && { logicalLocations: [{ fullyQualifiedName: path }] }),
    },
  ]
}

/** A path as a relative reference, or as the URI of a file; what is a URI already stays as it is (RFC 3986 §4.2). */
function toUri(path: string): string {
  if (/^[a-z][a-z0-9+.-]+:/i.test(path)) return path
  const slashed = path.replaceAll('\\', '/').replace(/^(\.\/+)+/, '')
  const encoded = slashed.toWellFormed().split('/').map(encodeURIComponent).join('/')
  if (/^[a-z]%3A\//i.test(encoded)) return `file:///${encoded.slice(0, 1)}:${encoded.slice(4)}`
  return encoded.startsWith('/') ? `file://${encoded}` : encoded
}
