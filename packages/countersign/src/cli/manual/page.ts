import { COMMANDS, SECTIONS } from '../rows/commands.ts'
import { HELP } from '../rows/others.ts'
import { type Command, GLOBAL, type Options } from '../rows/table.ts'
import { type Topic, topicsOf } from '../rows/topics.ts'
import { aboutOption, spell, usageOf, valuesOf } from './describe.ts'
import { foldCommand, wrap } from './layout.ts'

const WIDTH = 118

/** What somebody types first, and what comes back. `…` stands for what is different each time. */
export const SESSION: readonly { readonly about: string; readonly lines: readonly string[] }[] = [
  {
    about:
      'Make a key pair. The private half goes into a file that only you can read; it is never printed, and no file that is there is overwritten:',
    lines: [
      '$ countersign key new ES256 --out key.jwk --public-out pub.jwk',
      'wrote key.jwk (private, mode 0600): ES256 key, kid …',
      'wrote pub.jwk: its public half',
    ],
  },
  {
    about: 'Make a token that is good for 15 minutes, and look at it:',
    lines: [
      '$ TOKEN=$(countersign sign --key @key.jwk --iss https://id.example.com --sub ada --aud api --exp 15m -c admin:=true)',
      '$ countersign decode "$TOKEN"',
      'JWS header  not verified',
      '{',
      '  "alg": "ES256",',
      '  "typ": "JWT",',
      '  "kid": "…"',
      '}',
      '',
      'payload',
      '{',
      '  "iss": "https://id.example.com",',
      '  "sub": "ada",',
      '  "aud": "api",',
      '  "admin": true,',
      '  "iat": 1795300500,',
      '  "exp": 1795301400',
      '}',
      '',
      'exp  2026-11-21T22:50:00Z  (in 15m)',
      'iat  2026-11-21T22:35:00Z  (now)',
      '',
      'signature  64 bytes, not checked: …',
    ],
  },
  {
    about:
      'Check it. The key decides which algorithms count, and what was asked for is checked; what was not is said, too. A program goes by the exit code:',
    lines: [
      '$ countersign verify "$TOKEN" --key @pub.jwk --iss https://id.example.com --aud api; echo $?',
      '✓ signature  ES256, kid …, from @pub.jwk',
      '✓ exp  in 15m',
      '✓ iss  ✓ aud',
      '– unchecked: sub, typ',
      '0',
    ],
  },
  {
    about: 'What is refused is said with what was found and what to do:',
    lines: [
      '$ countersign verify "$TOKEN" --key @pub.jwk --aud https://api; echo $?',
      '✓ signature  ES256, kid …, from @pub.jwk',
      '✓ exp  in 15m',
      '✗ aud  CS_AUD',
      '– unchecked: iss, sub, typ',
      'error[CS_AUD]: aud is "api" but "https://api" is required (they differ by "https://" in front).',
      '   fix: the token is meant for someone else; refuse it, or correct --aud. …',
      '5',
    ],
  },
]

/** The text of docs/cli.md, from the table of commands. */
export function cliPage(): string {
  const topics = topicsOf(COMMANDS)
  return `${[
    '# The `countersign` command',
    ...prose(
      'Read, check, sign, encrypt and decrypt tokens, make keys and look at those of others: in a terminal, in scripts, in CI. Who should read this: whoever has a token and a question. `countersign help` says the same in short, and so does `man countersign`.',
      'Built from the table of commands in `packages/countersign/src/cli` by `npm run docs`. The command comes with the library, takes the same engine, and works on Node 22.12 and later, Bun and Deno.',
    ),
    '## From a key to a checked token',
    ...SESSION.flatMap(({ about, lines }) => [...prose(about), fenced(lines)]),
    ...prose(
      'Where the issuer publishes its keys, no file is needed: `--issuer https://id.example.com` finds them by discovery, and `--jwks URL` fetches them. A shared secret is named by where it is, `--secret env:JWT_SECRET`, and never written out.',
      'What this page calls SOURCE, TIME and CLAIM is told [below](#source). Why something was refused, each code says in [docs/errors.md](errors.md).',
    ),
    '## Commands',
    tableOf(
      ['command', 'what it does'],
      [...COMMANDS, HELP].map(({ name, about }) => [`[\`${name}\`](#${anchor(`countersign ${name}`)})`, about]),
    ),
    ...SECTIONS.flatMap(({ commands }) => commands.flatMap(commandPart)),
    ...commandPart(HELP),
    '## Options of every command',
    ...prose(
      'Options are written in full. They stand anywhere on the line, those of a command behind its name; what begins with a dash and is no option stands behind `--`, or behind the equals sign of its option: `--exp=-5m`.',
    ),
    optionTable(GLOBAL),
    ...topics.flatMap(topicPart),
  ].join('\n\n')}\n`
}

function commandPart(row: Command): readonly string[] {
  const values = valuesOf(row).map(([value, , topic]) => {
    const title = topicsOf(COMMANDS).find(({ name }) => name === topic)?.title ?? topic
    return `[${value}](#${anchor(title)})`
  })
  return [
    `### countersign ${row.name}`,
    ...prose(`${row.about.slice(0, 1).toUpperCase()}${row.about.slice(1)}: \`${usageOf(row)}\`.`),
    fenced(row.examples.flatMap(([line, about]) => [`# ${about}`, ...prompted(line)])),
    ...(row.more ?? []).flatMap((paragraph) => prose(paragraph)),
    ...(row.arguments.length > 0
      ? [
          tableOf(
            ['word', 'what it is'],
            row.arguments.map(({ name, about, optional }) => [
              `\`${name}\``,
              optional && !about.includes('left out') ? `${about}; may be left out` : about,
            ]),
          ),
        ]
      : []),
    ...(Object.keys(row.options).length > 0 ? [optionTable(row.options)] : []),
    ...(values.length > 0 ? [`How values are written: ${[...new Set(values)].join(', ')}.`] : []),
  ]
}

function topicPart({ title, before = [], rows, after = [], examples }: Topic): readonly string[] {
  return [
    `## ${title}`,
    ...before.flatMap((paragraph) => prose(paragraph)),
    ...(rows
      ? [
          tableOf(
            ['', 'meaning'],
            rows.map(([term, about]) => [`\`${term}\``, about]),
          ),
        ]
      : []),
    ...after.flatMap((paragraph) => prose(paragraph)),
    ...(examples ? [fenced(examples.flatMap(([line, about]) => [`# ${about}`, ...prompted(line)]))] : []),
  ]
}

function optionTable(options: Options): string {
  return tableOf(
    ['option', 'what it does'],
    Object.entries(options).map(([name, option]) => [`\`${spell(name, option)}\``, aboutOption(option)]),
  )
}

function prompted(line: string): readonly string[] {
  return foldCommand(line, WIDTH).map((part, index) => (index === 0 ? `$ ${part}` : part))
}

function fenced(lines: readonly string[]): string {
  return ['```console', ...lines, '```'].join('\n')
}

/** Paragraphs, in which what looks like an option is code. */
function prose(...paragraphs: readonly string[]): readonly string[] {
  return paragraphs.map((text) => wrap(asCode(text), WIDTH).join('\n'))
}

function tableOf(heads: readonly [string, string], rows: readonly (readonly [string, string])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(heads), '|---|---|', ...rows.map(([name, about]) => line([name, asCode(about)]))].join('\n')
}

/** Options stand as code, where they do not yet. */
function asCode(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part) =>
      part.startsWith('`') ? part : part.replaceAll(/(?<![\w`-])--?[a-zA-Z][\w-]*(?:=[^\s,;)]+)?/g, '`$&`'),
    )
    .join('')
}

/** The address of a heading within the page, as GitHub makes it. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .replaceAll(' ', '-')
}
