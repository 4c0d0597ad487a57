import { unknownCommand } from '../line/parse.ts'
import { COMMANDS, FIRST_STEPS, GROUPS, SECTIONS } from '../rows/commands.ts'
import { HELP } from '../rows/others.ts'
import { type Argument, type Command, GLOBAL, type Options } from '../rows/table.ts'
import { exitsInShort, exitsOf, type Topic, topicsOf } from '../rows/topics.ts'
import type { Outcome } from '../shown/outcome.ts'
import type { Brush } from '../shown/paint.ts'
import { aboutOption, spell, usageOf, valuesOf } from './describe.ts'
import { foldCommand, table, wrap } from './layout.ts'

/** More columns than these make lines that are hard to read. */
const WIDEST = 80
const NARROWEST = 40

const TITLE = 'JSON Web Tokens: read, check, sign and encrypt them'

/**
 * Says what there is.
 *
 * @param name - a command, a group of commands or a topic; nothing for everything
 * @param columns - of the terminal
 * @throws {CommandError} `CS_USAGE` where there is nothing of that name
 */
export function helpOn(name: string, columns: number): Outcome {
  const width = Math.max(NARROWEST, Math.min(WIDEST, columns))
  const topics = topicsOf(COMMANDS)
  const found = name === '' ? COMMANDS : [...COMMANDS, HELP].filter((row) => isOf(name, row))
  const topic = topics.find((row) => row.name === name)
  if (topic !== undefined) return { json: { name, topics: [topic] }, text: (brush) => topicText(topic, brush, width) }
  const [row] = found
  if (row === undefined)
    throw unknownCommand(
      name.split(' '),
      COMMANDS,
      topics.map((each) => each.name),
    )
  const json = { ...(name !== '' && { name }), commands: found.map(toJson), global: optionsJson(GLOBAL) }
  if (name === '')
    return { json: { ...json, topics, exits: exitsOf(COMMANDS) }, text: (brush) => wholeText(topics, brush, width) }
  return { json, text: (brush) => (row.name === name ? commandText : groupText)(name, found, brush, width) }
}

/** What fits on a screen, for who has typed the name of the program and no more. */
export function shortHelp(version: string): Outcome {
  const rows = table([...SECTIONS.flatMap(({ commands }) => inShort(commands)), [HELP.name, HELP.about]], {
    width: WIDEST,
  })
  const steps = table(
    FIRST_STEPS.map(([line, about]) => [line, `# ${about}`]),
    { width: WIDEST, most: 52 },
  )
  return {
    json: { ...helpOn('', WIDEST).json },
    text: (brush) =>
      lines([
        ...titled(`countersign ${version}`, TITLE, brush, WIDEST),
        '',
        ...steps,
        '',
        ...rows,
        '',
        `${brush('bold', 'countersign help COMMAND')} has examples and all options.`,
      ]),
  }
}

function isOf(name: string, row: Command): boolean {
  return row.name === name || row.name.startsWith(`${name} `)
}

/** A line for each command, and one for each group of them. */
function inShort(commands: readonly Command[]): readonly (readonly [string, string])[] {
  const groups = new Map<string, (readonly [string, string])[]>()
  for (const { name, about } of commands) {
    const [first = '', second = ''] = name.split(' ')
    groups.set(first, [...(groups.get(first) ?? []), [second, about]])
  }
  return [...groups].map(([first, rows]) => {
    const about = GROUPS[first]
    return about === undefined
      ? [first, rows[0]?.[1] ?? '']
      : [first, `${about}: ${rows.map(([second]) => second).join(', ')}`]
  })
}

function wholeText(topics: readonly Topic[], brush: Brush, width: number): string {
  const heading = (text: string): string => brush('bold', text)
  const commands = SECTIONS.flatMap(({ title, commands: rows }) => [
    heading(title),
    ...table(
      rows.map(({ name, about }) => [name, about]),
      { width },
    ),
    '',
  ])
  return lines([
    ...titled('countersign', TITLE, brush, width),
    '',
    heading('Examples'),
    ...examplesText(FIRST_STEPS, brush, width),
    '',
    heading('Usage'),
    '  countersign COMMAND [WORDS] [OPTIONS]',
    '',
    ...commands,
    heading('Options of every command'),
    ...optionsText(GLOBAL, width),
    '',
    heading('Topics'),
    ...table(
      topics.map(({ name, about }) => [name, about]),
      { width },
    ),
    '',
    heading('Exit codes'),
    ...table(exitsOf(COMMANDS), { width }),
    '',
    ...wrap('`countersign help WHAT` says more of a command or a topic, such as `countersign help verify`.', width),
  ])
}

function groupText(name: string, rows: readonly Command[], brush: Brush, width: number): string {
  const examples = rows.flatMap(({ examples: [first] }) => (first === undefined ? [] : [first]))
  return lines([
    ...titled(`countersign ${name}`, GROUPS[name] ?? '', brush, width),
    '',
    brush('bold', 'Examples'),
    ...examplesText(examples, brush, width),
    '',
    brush('bold', 'Commands'),
    ...table(
      rows.map((row) => [row.name, row.about]),
      { width },
    ),
    '',
    `\`countersign help ${rows[0]?.name ?? name}\` has all options of one.`,
  ])
}

function commandText(name: string, [row]: readonly Command[], brush: Brush, width: number): string {
  if (row === undefined) return ''
  const heading = (text: string): string => brush('bold', text)
  const options = Object.keys(row.options).length > 0
  const values = valuesOf(row)
  return lines([
    ...titled(`countersign ${name}`, row.about, brush, width),
    '',
    heading('Examples'),
    ...examplesText(row.examples, brush, width),
    '',
    heading('Usage'),
    `  ${usageOf(row)}`,
    ...(row.arguments.length > 0 ? ['', ...table(row.arguments.map(argumentRow), { width })] : []),
    ...(row.more ?? []).flatMap((paragraph) => ['', ...wrap(paragraph, width)]),
    ...(options ? ['', heading('Options'), ...optionsText(row.options, width)] : []),
    '',
    heading('Options of every command'),
    ...optionsText(GLOBAL, width),
    ...(values.length > 0
      ? [
          '',
          heading('Values'),
          ...table(
            values.map(([value, about]) => [value, about]),
            { width },
          ),
          moreOn(values.map(([, , topic]) => topic)),
        ]
      : []),
    '',
    heading('Exit codes'),
    ...wrap(exitsInShort([row]), width - 2).map((line) => `  ${line}`),
    '  More: countersign help exit-codes',
  ])
}

function argumentRow(argument: Argument): readonly [string, string] {
  return [argument.name, argument.about]
}

/** Options below each other; the long names stand in one column, whether they have a short one or not. */
function optionsText(options: Options, width: number): readonly string[] {
  const entries = Object.entries(options)
  const hasShort = entries.some(([, { short }]) => short !== undefined)
  return table(
    entries.map(([name, option]) => [
      `${hasShort && option.short === undefined ? '    ' : ''}${spell(name, option)}`,
      aboutOption(option),
    ]),
    { width },
  )
}

function examplesText(rows: Command['examples'], brush: Brush, width: number): readonly string[] {
  return rows.flatMap(([line, about]) => [
    `  ${brush('dim', `# ${about}`)}`,
    ...foldCommand(line, width - 2).map((part) => `  ${part}`),
  ])
}

function topicText({ name, title, about, before, rows, after, examples }: Topic, brush: Brush, width: number): string {
  return lines([
    ...titled(`${title} (${name})`, about, brush, width),
    ...(before ?? []).flatMap((paragraph) => ['', ...wrap(paragraph, width)]),
    ...(rows ? ['', ...table(rows, { width })] : []),
    ...(after ?? []).flatMap((paragraph) => ['', ...wrap(paragraph, width)]),
    ...(examples ? ['', brush('bold', 'Examples'), ...examplesText(examples, brush, width)] : []),
  ])
}

function titled(title: string, about: string, brush: Brush, width: number): readonly string[] {
  const [first = '', ...rest] = wrap(`${title}: ${about}`, width)
  return [first.startsWith(title) ? `${brush('bold', title)}${first.slice(title.length)}` : first, ...rest]
}

function moreOn(topics: readonly string[]): string {
  const [first = '', ...rest] = new Set(topics)
  return `  More: countersign help ${first}${rest.length > 0 ? `; also ${rest.join(', ')}` : ''}`
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`
}

function toJson(row: Command): object {
  const { name, about, more = [], examples, arguments: words } = row
  return {
    name,
    about,
    usage: usageOf(row),
    more,
    examples: examples.map(([line, what]) => ({ line, about: what })),
    arguments: words.map((word) => ({ ...word, optional: word.optional ?? false })),
    options: optionsJson(row.options),
    exits: exitsOf([row]),
  }
}

function optionsJson(options: Options): readonly object[] {
  return Object.entries(options).map(([name, option]) => ({ name: `--${name}`, ...option }))
}
