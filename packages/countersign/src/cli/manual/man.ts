import { COMMANDS, FIRST_STEPS } from '../rows/commands.ts'
import { type Command, GLOBAL, type Option, type Options } from '../rows/table.ts'
import { type Topic, topicsOf } from '../rows/topics.ts'
import { aboutOption, usageOf } from './describe.ts'
import { foldCommand, wrap } from './layout.ts'

/** Where the macros of man(7) begin a line anew, lines of the source are short, as is the custom. */
const WIDTH = 76

/**
 * The manual page, in the macros of man(7). It says the same whenever it is made.
 *
 * @param version - of the package
 * @param date - when that version came out, as 2026-11-21; nothing for one that did not yet
 */
export function manPage(version: string, commands: readonly Command[] = COMMANDS, date = ''): string {
  const topics = new Map(topicsOf(commands).map((topic) => [topic.name, topic]))
  const topic = (heading: string, name: string): readonly string[] => {
    const found = topics.get(name)
    return found === undefined ? [] : [`.SH ${heading}`, ...topicBody(found)]
  }
  return [
    '.\\" Made from the table of commands. It is not to be changed by hand.',
    `.TH COUNTERSIGN 1 "${date}" ${inQuotes(`countersign ${version}`)} "User Commands"`,
    '.SH NAME',
    'countersign \\- JSON Web Tokens: read, check, sign and encrypt them',
    '.SH SYNOPSIS',
    '.B countersign',
    `${italic('COMMAND')} [${italic('WORDS')}] [${italic('OPTIONS')}]`,
    '.br',
    '.B countersign help',
    `[${italic('COMMAND')} | ${italic('TOPIC')}]`,
    '.SH DESCRIPTION',
    ...paragraphs([
      'countersign works on JSON Web Tokens (RFC 7519), signed (JWS) and encrypted (JWE), and on their keys (JWK).',
      'What it prints for programs goes to the standard output, everything else to the standard error. It has no file of settings, and reports nothing to anyone.',
      '`decode` shows what a token says and checks nothing; `verify` finds out whether it is true.',
    ]),
    '.SH COMMANDS',
    ...commands.flatMap(commandPart),
    '.SH OPTIONS',
    ...lines('Every command has these. Options are written in full, and stand anywhere before --.'),
    ...optionRows(GLOBAL),
    ...topic('SOURCES', 'sources'),
    ...topic('TIMES', 'times'),
    ...topic('CLAIMS', 'claims'),
    ...topic('JSON OUTPUT', 'json'),
    ...topic('EXIT STATUS', 'exit-codes'),
    ...topic('ENVIRONMENT', 'environment'),
    ...topic('FILES, SECRETS AND THE NETWORK', 'files'),
    '.SH EXAMPLES',
    ...examplePart(FIRST_STEPS).slice(1),
    '.SH SEE ALSO',
    '.BR jose (1),',
    '.BR openssl (1)',
    '.PP',
    ...lines(
      'RFC 7515 (JWS), RFC 7516 (JWE), RFC 7517 (JWK), RFC 7518 (JWA), RFC 7519 (JWT), RFC 8725 (best practices).',
    ),
    '',
  ].join('\n')
}

function commandPart(row: Command): readonly string[] {
  return [
    `.SS ${inQuotes(usageOf(row).replace(/^countersign /, ''))}`,
    ...lines(sentence(row.about)),
    ...(row.more ?? []).flatMap((paragraph) => ['.PP', ...lines(paragraph)]),
    ...row.arguments.flatMap(({ name, about }) => ['.TP', italic(name), ...lines(about)]),
    ...optionRows(row.options),
    ...examplePart(row.examples),
  ]
}

function optionRows(options: Options): readonly string[] {
  return Object.entries(options).flatMap(([name, option]) => [
    '.TP',
    optionHead(name, option),
    ...lines(aboutOption(option)),
  ])
}

function optionHead(name: string, { type, short, value = 'S', optional }: Option): string {
  const long = bold(`--${name}`)
  const behind = type === 'boolean' ? '' : optional ? `[=${italic(value)}]` : ` ${italic(value)}`
  return `${short === undefined ? '' : `${bold(`-${short}`)}, `}${long}${behind}`
}

function topicBody({ before = [], rows = [], after = [], examples }: Topic): readonly string[] {
  return [
    ...paragraphs(before),
    ...rows.flatMap(([term, about]) => ['.TP', bold(term), ...lines(about)]),
    ...after.flatMap((paragraph) => ['.PP', ...lines(paragraph)]),
    ...(examples ? examplePart(examples) : []),
  ]
}

function examplePart(rows: Command['examples']): readonly string[] {
  return rows.flatMap(([line, about]) => [
    '.PP',
    ...lines(`${sentence(about).replace(/\.$/, '')}:`),
    '.PP',
    '.RS 4',
    '.nf',
    ...foldCommand(line, WIDTH - 10).map((part) => guarded(escaped(part))),
    '.fi',
    '.RE',
  ])
}

function paragraphs(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text, index) => [...(index > 0 ? ['.PP'] : []), ...lines(text)])
}

/** A text as lines of the source; what stands between backticks is bold. */
function lines(text: string): readonly string[] {
  const parts = text.split('`').map((part, index) => (index % 2 === 1 ? bold(part) : escaped(part)))
  // A sentence ends its line, so that the space behind it is that of a sentence.
  return parts
    .join('')
    .split(/(?<=[.:] )(?=[A-Z])/)
    .flatMap((one) => wrap(one.trimEnd(), WIDTH))
    .map(guarded)
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`
}

const SPECIAL: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
}

/** A text that roff prints as it is. */
function escaped(text: string): string {
  return Array.from(text, (char) => {
    const code = char.codePointAt(0) ?? 0
    return SPECIAL[char] ?? (code < 127 ? char : `\\[u${code.toString(16).toUpperCase().padStart(4, '0')}]`)
  }).join('')
}

/** A line of text that begins with a dot or an apostrophe would be a request. */
function guarded(line: string): string {
  return /^[.']/.test(line) ? `\\&${line}` : line
}

function bold(text: string): string {
  return `\\fB${escaped(text)}\\fR`
}

function italic(text: string): string {
  return `\\fI${escaped(text)}\\fR`
}

function inQuotes(text: string): string {
  return `"${escaped(text).replaceAll('"', '\\(dq')}"`
}
