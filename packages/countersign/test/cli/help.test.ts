import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCommandLine } from '../../src/cli/line/parse.ts'
import { aboutOption, spell, valuesOf } from '../../src/cli/manual/describe.ts'
import { foldCommand, table, wrap } from '../../src/cli/manual/layout.ts'
import { COMMANDS, SECTIONS } from '../../src/cli/rows/commands.ts'
import { HELP } from '../../src/cli/rows/others.ts'
import { GLOBAL } from '../../src/cli/rows/table.ts'
import { topicsOf } from '../../src/cli/rows/topics.ts'
import { RUNS } from '../../src/cli/runs.ts'
import { EXIT } from '../../src/messages.ts'
import { command, type Ran, type World } from './support/memory-host.ts'
import { run } from './support/process.ts'
import { callsIn } from './support/shell-words.ts'

const TOPICS = topicsOf(COMMANDS)
const NAMES = [...COMMANDS.map(({ name }) => name), HELP.name]
const PAGES = ['', 'key', ...NAMES, ...TOPICS.map(({ name }) => name)]
const help = (name: string, world: World = {}): Promise<Ran> =>
  command(['help', ...name.split(' ').filter(Boolean)], world)
// biome-ignore lint/suspicious/noControlCharactersInRegex: it begins what gives colour
const COLOUR = /\u001b\[\d+m/g
const flat = (text: string): string => text.replaceAll(/\s+/g, ' ')

test('help on what there is not is refused, and what is near is named', async () => {
  for (const [name, near] of [
    ['sorces', /did you mean sources\?/],
    ['verfiy', /did you mean verify\?/],
    ['key nwe', /did you mean key new\?/],
    ['xyzzy', /"xyzzy" is no command and no topic\./],
  ] as const) {
    const { code, out, err } = await help(name)
    assert.equal(code, 2)
    assert.equal(out, '')
    assert.match(err, near)
  }
})

test('a script that names no command is told so, and nothing waits for its input', async () => {
  const { code, out, err } = await command([], { input: '' })
  assert.equal(code, 2)
  assert.equal(out, '')
  assert.match(err, /no command is named\.\n {3}fix: `countersign help`/)
})

test('as a process, too, nothing waits for its input', async () => {
  const { code, err } = await run([])
  assert.equal(code, 2)
  assert.match(err, /no command is named/)
})

test('somebody at a terminal who names no command gets help that fits on a screen', async () => {
  const { code, out, err } = await command([], { terminal: true, env: { NO_COLOR: '1' } })
  assert.equal(code, 0)
  assert.equal(err, '')
  const lines = out.trimEnd().split('\n')
  assert.ok(lines.length <= 24, `${lines.length} lines`)
  for (const line of lines) assert.ok(line.length <= 80, line)
  assert.ok(lines[2]?.startsWith('  countersign '), 'it does not lead with examples')
  for (const { name } of COMMANDS) assert.match(out, new RegExp(`\\b${name.split(' ').at(-1)}\\b`))
})

for (const name of PAGES) {
  test(`help ${name || 'on everything'} leads with examples where it has some, and fits a terminal of 80 columns`, async () => {
    const { code, out, err } = await help(name)
    assert.equal(code, 0)
    assert.equal(err, '')
    const lines = out.trimEnd().split('\n')
    for (const line of lines) assert.ok(line.length <= 80, line)
    if (name === '' || name === 'key' || NAMES.includes(name)) assert.deepEqual([lines[1], lines[2]], ['', 'Examples'])
  })
}

for (const row of COMMANDS) {
  test(`help ${row.name} has its words, its options and those of every command, its values and its exit codes`, async () => {
    const out = flat((await help(row.name)).out)
    assert.ok(out.includes(row.about))
    for (const [name, option] of Object.entries({ ...row.options, ...GLOBAL }))
      assert.ok(out.includes(flat(`${spell(name, option)} ${aboutOption(option)}`)), name)
    for (const argument of row.arguments) assert.ok(out.includes(flat(`${argument.name} ${argument.about}`)))
    for (const [value, , topic] of valuesOf(row)) {
      assert.ok(out.includes(`${value} `))
      assert.ok(TOPICS.some(({ name }) => name === topic))
    }
    for (const exit of row.exits ?? []) assert.match(out, new RegExp(`[ ,]${EXIT[exit]} `))
    for (const paragraph of row.more ?? []) assert.ok(out.includes(paragraph))
  })

  test(`the examples of ${row.name} are command lines that are understood`, () => {
    assert.ok(row.examples.length > 0)
    for (const [line] of row.examples) {
      const calls = callsIn(line)
      assert.ok(
        calls.some((args) => args.join(' ').startsWith(row.name)),
        line,
      )
      for (const args of calls) assert.equal(parseCommandLine(args, COMMANDS).kind, 'run', line)
    }
  })

  test(`${row.name} has something that runs it`, () => assert.ok(RUNS[row.name]))
}

test('the examples of the topics are command lines that are understood', () => {
  for (const { examples = [] } of TOPICS)
    for (const [line] of examples) for (const args of callsIn(line)) parseCommandLine(args, COMMANDS)
})

test('help on everything names each command, each topic and each exit code', async () => {
  const { out } = await help('')
  for (const { title } of SECTIONS) assert.match(out, new RegExp(`^${title}$`, 'm'))
  for (const { name, about } of COMMANDS) assert.ok(flat(out).includes(`${name} ${about}`))
  for (const { name, about } of TOPICS) assert.ok(out.includes(`${name} `) && out.includes(about))
  for (const code of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 130]) assert.match(out, new RegExp(`^ {2}${code} `, 'm'))
})

test('an exit code that a command does not have is not told of it', async () => {
  assert.match((await help('lint')).out, new RegExp(` ${EXIT.findings} findings`))
  assert.doesNotMatch((await help('verify')).out, new RegExp(` ${EXIT.findings} findings`))
})

test('headings are bold where there is colour, and the text is the same', async () => {
  const { out: plain } = await help('verify', { terminal: true, env: { NO_COLOR: '1' } })
  const { out: bold } = await help('verify', { terminal: true })
  assert.ok(bold.includes('\u001b[1mExamples\u001b[0m'))
  assert.ok(!plain.includes('\u001b'))
  assert.equal(bold.replaceAll(COLOUR, ''), plain)
})

test('a narrow terminal gets shorter lines, and a wide one none that are hard to read', async () => {
  const longest = ({ out }: Ran): number => Math.max(...out.split('\n').map((line) => line.length))
  assert.ok(longest(await help('sources', { columns: 60 })) <= 60)
  assert.ok(longest(await help('sources', { columns: 200 })) <= 80)
})

test('-h, --help and help say the same', async () => {
  const { out } = await help('key new')
  for (const args of [
    ['key', 'new', '-h'],
    ['--help', 'key', 'new'],
    ['key', 'help', 'new'],
    ['key', 'new', '--bits', 'x', '-h'],
  ])
    assert.equal((await command(args)).out, out)
})

test('help --json has the rows of the table, for programs', async () => {
  const { json } = await command(['help', 'key', 'new', '--json'])
  const { ok, cmd, name, commands, global } = json()
  assert.deepEqual([ok, cmd, name], [true, 'help', 'key new'])
  const [row] = commands as [Record<string, unknown>]
  assert.equal(row['usage'], 'countersign key new ALG [OPTIONS]')
  const options = row['options'] as { name: string }[]
  assert.deepEqual(
    options.map(({ name: own }) => own),
    Object.keys(COMMANDS.find((each) => each.name === 'key new')?.options ?? {}).map((own) => `--${own}`),
  )
  assert.equal((global as unknown[]).length, Object.keys(GLOBAL).length)
  const whole = (await command(['help', '--json'])).json()
  assert.equal((whole['commands'] as unknown[]).length, COMMANDS.length)
  assert.equal((whole['topics'] as unknown[]).length, TOPICS.length)
})

test('help can be written to a file', async () => {
  const { out, written } = await command(['help', 'verify', '--out', 'verify.txt'])
  assert.equal(out, '')
  assert.match(String(written.get('verify.txt')?.data), /^countersign verify: /)
})

test('an option means the same in every command: a letter, and whether it takes a value', () => {
  const seen = new Map<string, string>()
  const letters = new Map<string, string>()
  for (const { name: row, options } of [{ name: 'any', options: GLOBAL }, ...COMMANDS]) {
    for (const [name, { type, short, optional }] of Object.entries(options)) {
      assert.ok(row === 'any' || !Object.hasOwn(GLOBAL, name), `${row} has --${name}, as every command`)
      const what = `${type} ${optional}`
      assert.equal(seen.get(name) ?? what, what, `--${name} of ${row}`)
      seen.set(name, what)
      if (short !== undefined) assert.equal(letters.get(short) ?? name, name, `-${short} of ${row}`)
      if (short !== undefined) letters.set(short, name)
    }
  }
})

test('texts are folded so that they can be read, and commands so that they can be copied', () => {
  assert.deepEqual(wrap('one two three', 7), ['one two', 'three'])
  assert.deepEqual(wrap('a-word-that-is-long b', 5), ['a-word-that-is-long', 'b'])
  assert.deepEqual(
    table(
      [
        ['a', 'one two three'],
        ['a-name-that-is-long', 'four'],
      ],
      { width: 28, most: 4 },
    ),
    ['  a  one two three', '  a-name-that-is-long', '     four'],
  )
  assert.deepEqual(foldCommand('a --b c', 20), ['a --b c'])
  assert.deepEqual(foldCommand("a b --long 'c d' --other e | f g", 22), ["a b --long 'c d' \\", '  --other e | f g'])
  assert.deepEqual(foldCommand('countersign decode x | jq -r .a', 26), ['countersign decode x \\', '  | jq -r .a'])
})
