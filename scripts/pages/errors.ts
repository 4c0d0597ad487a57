// Writes docs/errors.md from the table of messages. With --check it writes nothing and fails where the page is stale.
import { readFileSync, writeFileSync } from 'node:fs'
import { COMMANDS } from '../../packages/countersign/src/cli/rows/commands.ts'
import { exitsOf } from '../../packages/countersign/src/cli/rows/topics.ts'
import {
  COMMAND_MEANINGS,
  type CommandCode,
  type ErrorCode,
  EXIT,
  HINTS,
  MEANINGS,
  type NoteCode,
  REMEDIES,
} from '../../packages/countersign/src/messages.ts'

const page = new URL('../../docs/errors.md', import.meta.url)

const codes = Object.keys(MEANINGS) as ErrorCode[]
const others = Object.keys(COMMAND_MEANINGS) as (CommandCode | NoteCode)[]
const isNote = (code: CommandCode | NoteCode): code is NoteCode => !(code in REMEDIES)

const links = (names: readonly string[]): string => names.map((code) => `[${code}](#${code.toLowerCase()})`).join(' · ')

/** How the command ends, what it advises, and the section of a standard. */
function atTheTerminal(code: ErrorCode | CommandCode): string {
  const { exit, fix, spec } = REMEDIES[code]
  return `exit ${EXIT[exit]}, fix: ${fix}${spec === undefined ? '' : ` (${spec})`}`
}

const ofLibrary = (code: ErrorCode): string => `### ${code}

${MEANINGS[code]}

- **In a program:** ${HINTS[code]}
- **At the terminal:** ${atTheTerminal(code)}
`

const ofCommand = (code: CommandCode): string => `### ${code}

${COMMAND_MEANINGS[code]}

- **At the terminal:** ${atTheTerminal(code)}
`

const ofNote = (code: NoteCode): string => `### ${code}\n\n${COMMAND_MEANINGS[code]}\n`

const commandCodes = others.filter((code): code is CommandCode => !isNote(code))
const noteCodes = others.filter(isNote)

const text = `# Error codes

Built from \`packages/countersign/src/messages.ts\` by \`npm run docs\`. The library, the command and its JSON output have the
same codes. Each error has a message with the actual values, and this advice or some that fits better.

- **In a program** a \`JoseError\` has them as \`code\`, \`message\` and \`hint\`; \`unavailable: true\` says that the answer is 503 and
  not 401. A \`TypeError\` is a mistake in the program itself, and has no code.
- **At the terminal** \`countersign\` prints \`error[CODE]: message\` and \`fix: advice\`, or with \`--json\` the member \`error\`,
  and ends with the exit code:

| Exit | Meaning |
|---|---|
${exitsOf(COMMANDS)
  .map(([exit, about]) => `| ${exit} | ${about} |`)
  .join('\n')}

**Errors:** ${links(codes)}

**Errors of the command alone:** ${links(commandCodes)}

**Notes of the command**, which refuse nothing: ${links(noteCodes)}

## Errors

${codes.map(ofLibrary).join('\n')}
## Errors of the command alone

${commandCodes.map(ofCommand).join('\n')}
## Notes of the command

A note refuses nothing, and changes no exit code; \`--quiet\` leaves it out.

${noteCodes.map(ofNote).join('\n')}`

if (!process.argv.includes('--check')) writeFileSync(page, text)
else if (readFileSync(page, 'utf8') !== text) {
  console.error('docs/errors.md does not say what messages.ts says: npm run docs')
  process.exitCode = 1
}
