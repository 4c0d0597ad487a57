// Writes docs/lint.md from the table of rules. With --check it writes nothing and fails where the page is stale.
import { readFileSync, writeFileSync } from 'node:fs'
import { backend } from '../../packages/countersign/src/cli/engine.ts'
import { parseCommandLine } from '../../packages/countersign/src/cli/line/parse.ts'
import { wrap } from '../../packages/countersign/src/cli/manual/layout.ts'
import { COMMANDS } from '../../packages/countersign/src/cli/rows/commands.ts'
import { findingsText } from '../../packages/countersign/src/cli/shown/findings.ts'
import { brushFor } from '../../packages/countersign/src/cli/shown/paint.ts'
import { lintSubject } from '../../packages/countersign/src/lint/lint.ts'
import type { Kind, RuleInfo, Weight } from '../../packages/countersign/src/lint/rule.ts'
import { RULES } from '../../packages/countersign/src/lint/rules.ts'
import { toSubject } from '../../packages/countersign/src/lint/subject.ts'

const page = new URL('../../docs/lint.md', import.meta.url)
const WIDTH = 118

/** A token with most of the faults that a token can have: alg none, a key by URL, no end. */
const TOKEN = 'eyJhbGciOiJub25lIiwiamt1IjoiaHR0cHM6Ly9ldmlsLmV4YW1wbGUvandrcyJ9.eyJzdWIiOiJhbGljZSJ9.'

/** What the command prints about it. */
async function session(): Promise<string> {
  const findings = await lintSubject(toSubject(TOKEN, backend), { rules: RULES, now: 0 }, backend)
  const { settings } = parseCommandLine(['lint', TOKEN], COMMANDS)
  return findingsText([{ name: 'the command line', what: 'a token (JWS)', findings }], settings, brushFor(false))
}

const cell = (text: string): string => text.replaceAll('|', '\\|')
const link = (id: string): string => `[${id}](#${id.toLowerCase()})`
/** It may begin with the name of a member, which has no capital. */
const sentence = (text: string): string => text.replace(/\.?$/, '.')
const prose = (text: string): string => wrap(text, WIDTH).join('\n')
const item = (text: string): string => `- ${wrap(text, WIDTH - 2).join('\n  ')}`

function tableOf(rules: readonly RuleInfo[]): string {
  const rows = rules.map(({ id, name, severity, title }) => `| ${link(id)} | ${name} | ${severity} | ${cell(title)} |`)
  return ['| rule | name | weighs | what is wrong |', '|---|---|---|---|', ...rows].join('\n')
}

/** What the word of a kind stands for. */
const KINDS: Readonly<Record<Kind, string>> = {
  bcp: '`--profile bcp`',
  'oidc-id-token': 'ID tokens',
  rfc9068: 'access tokens (at+jwt)',
  dpop: 'DPoP proofs',
  logout: 'logout tokens',
  introspection: 'answers about tokens (token-introspection+jwt)',
  event: 'security events',
}

function changes({ kinds = {} }: RuleInfo): string {
  const weights = new Map<Weight, string[]>()
  for (const [kind, weight] of Object.entries(kinds) as [Kind, Weight][])
    weights.set(weight, [...(weights.get(weight) ?? []), KINDS[kind]])
  return [...weights].map(([weight, who]) => `${weight} for ${who.join(', ')}`).join('; ')
}

function section(rule: RuleInfo): string {
  const { id, name, severity, title, text, fix, spec } = rule
  const other = changes(rule)
  return [
    `### ${id}`,
    prose(`**${name}** (${severity}): ${sentence(title)}`),
    prose(text),
    [
      item(`**To mend it:** ${sentence(fix)}`),
      item(`**Where it is said:** ${spec}`),
      ...(other === '' ? [] : [item(`**It weighs otherwise:** ${other}.`)]),
    ].join('\n'),
  ].join('\n\n')
}

const things = RULES.filter(({ id }) => id < 'CSL1')
const issuers = RULES.filter(({ id }) => id >= 'CSL1')

const text = `# Lint: what is wrong, or risky, about tokens, keys and issuers

${prose(
  '`countersign lint` looks at tokens, keys, JWK Sets, secrets and live issuers by the rules below; so does `countersign/lint`, as functions. Who should read this: whoever issues tokens, publishes keys or takes over a system that does, and whoever has found an id such as CSL003 in a log. Built from the rules in `packages/countersign/src/lint` by `npm run docs`.',
)}

${prose(
  'Nothing is verified: lint reads what a token says, and checks its signature against secrets that everybody knows and against nothing else. A token without findings may be forged all the same; `countersign verify` finds out.',
)}

## At the terminal

\`\`\`console
$ countersign lint ${TOKEN}; echo $?
${(await session()).trimEnd()}
8
\`\`\`

\`\`\`console
# a token, a key and what its issuer publishes: the set counts for the token beside it
$ countersign lint @token.txt @key.pem @jwks.json
# what a token is signed with; alone, how strong a secret is
$ countersign lint @token.txt --secret env:JWT_SECRET
# a live issuer: its metadata and its keys
$ countersign lint --issuer https://id.example.com
# a set, as a part of its list
$ countersign jwks https://id.example.com/jwks --lint
# every rule
$ countersign lint --list-rules
\`\`\`

${prose(
  '**Severities.** An error is what has been used to break in, or what does not work; a warning is what makes an attack worth more, or fails one day; an info is what could be better. `--fail-on error|warn|info` says from where on the exit code is 8; without it errors count. 0 says that nothing as grave was found, 3 that something could not be read.',
)}

${prose(
  '**Rules of your own.** `--rule ID=off|info|warn|error` sets what a rule weighs, as often as you like: `--rule CSL015=off --rule CSL009=error`. It counts before all else.',
)}

${prose(
  '**Profiles.** `--profile` holds a token to what its kind has to be: `bcp` (RFC 8725), `oidc-id-token`, `rfc9068` (access tokens) or `dpop`. A token that says by its typ that it is one of these, a logout token or a security event is looked at as such without being asked.',
)}

## In CI

${prose(
  'With `--lines` one SOURCE has one token a line, thousands of them if need be: each finding is told on a line with the number of its own, what cannot be read is told and counted, and in the end each rule is named once with how often it found something. `--json` prints one document a line then, and one document otherwise (`countersign/schema/lint.json`).',
)}

\`\`\`console
$ countersign lint @tokens.txt --lines --fail-on warn
$ countersign lint @fixtures/access.jwt @config/jwks.json --json
\`\`\`

${prose(
  '`--format sarif` prints a log for code scanning (SARIF 2.1.0), with neither a token nor a secret in it. A finding is known again by its rule, its path, its file and its line, so that a token that is made anew each time raises no new alert. On GitHub:',
)}

\`\`\`yaml
permissions:
  security-events: write
steps:
  - uses: actions/checkout@v5
  - run: npx countersign lint @fixtures/access.jwt @config/jwks.json --format sarif -o jwt.sarif
  - uses: github/codeql-action/upload-sarif@v4
    if: always()
    with:
      sarif_file: jwt.sarif
\`\`\`

## In a program

\`\`\`ts
import { lint, toSarif } from 'countersign/lint'

const report = await lint('${TOKEN}', {
  rules: { CSL009: 'error', CSL015: 'off' },
})
console.log(report.findings[0]?.rule, report.findings[0]?.path) // CSL001 header.alg
console.log(report.summary.error) // 3
console.log(toSarif([{ ...report, uri: 'fixtures/access.jwt' }]).runs[0].results.length) // 5
\`\`\`

## Tokens, keys, secrets and sets

${tableOf(things)}

## Issuers

${prose('What `--issuer` looks at beside, in the metadata and in how the keys are published.')}

${tableOf(issuers)}

## What each rule says

${prose('An id never means anything else. The weights are those without `--rule`.')}

${RULES.map(section).join('\n\n')}
`

if (!process.argv.includes('--check')) writeFileSync(page, text)
else if (readFileSync(page, 'utf8') !== text) {
  console.error('docs/lint.md does not say what the rules say: npm run docs')
  process.exitCode = 1
}
