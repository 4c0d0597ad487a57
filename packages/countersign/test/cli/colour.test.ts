import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toProgress } from '../../src/cli/shown/progress.ts'
import { command, NOW, type World } from './support/memory-host.ts'

const TOKEN = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhZGEifQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c'
const ESC = '\u001b'

interface Case {
  readonly why: string
  readonly terminal?: World['terminal']
  readonly env?: World['env']
  readonly args?: readonly string[]
  /** Which of the two streams has colour. */
  readonly coloured: readonly ('output' | 'errors')[]
}

const BOTH = ['output', 'errors'] as const
const CASES: readonly Case[] = [
  { why: 'nothing is a terminal', coloured: [] },
  { why: 'both are terminals', terminal: true, coloured: BOTH },
  { why: 'the output is a terminal', terminal: 'output', coloured: ['output'] },
  { why: 'the errors are one', terminal: 'errors', coloured: ['errors'] },
  { why: 'NO_COLOR is set', terminal: true, env: { NO_COLOR: '1' }, coloured: [] },
  { why: 'NO_COLOR is empty', terminal: true, env: { NO_COLOR: '' }, coloured: BOTH },
  { why: 'the terminal is dumb', terminal: true, env: { TERM: 'dumb' }, coloured: [] },
  { why: 'FORCE_COLOR is set', env: { FORCE_COLOR: '1' }, coloured: BOTH },
  { why: 'FORCE_COLOR is 0', terminal: true, env: { FORCE_COLOR: '0' }, coloured: [] },
  { why: 'FORCE_COLOR is empty', env: { FORCE_COLOR: '' }, coloured: [] },
  { why: 'FORCE_COLOR and NO_COLOR are set', env: { FORCE_COLOR: '1', NO_COLOR: '1' }, coloured: BOTH },
  { why: '--color never', terminal: true, env: { FORCE_COLOR: '1' }, args: ['--color', 'never'], coloured: [] },
  { why: '--color always', env: { NO_COLOR: '1', TERM: 'dumb' }, args: ['--color=always'], coloured: BOTH },
  { why: '--color auto', terminal: 'errors', args: ['--color=auto'], coloured: ['errors'] },
  { why: 'the output goes to a file', terminal: true, args: ['--out', 'x', '--color=always'], coloured: ['errors'] },
  { why: 'the output is for programs', terminal: true, args: ['--json', '--color=always'], coloured: [] },
]

for (const { why, args = [], coloured, terminal = false, env = {} } of CASES) {
  test(`colour where ${why}: ${coloured.join(' and ') || 'none'}`, async () => {
    const { out, err, written } = await command(['decode', `Bearer ${TOKEN}`, ...args], { terminal, env, input: '' })
    assert.deepEqual(
      BOTH.filter((name) => (name === 'output' ? out : err).includes(ESC)),
      coloured,
    )
    for (const { data } of written.values()) assert.ok(!String(data).includes(ESC))
  })
}

test('a command line that is not understood has its colour, too', async () => {
  for (const args of [['--color=never'], ['--color', 'never']]) {
    const { err } = await command(['decode', '--nonsense', ...args], { terminal: true })
    assert.ok(err.startsWith('error[CS_USAGE]: '))
  }
  const { err } = await command(['decode', '--nonsense'], { terminal: true })
  assert.ok(err.startsWith(`${ESC}[31merror[CS_USAGE]${ESC}[0m: `))
})

/** A clock on which each look takes a fifth of a second. */
function slowClock(): () => number {
  let looks = 0
  return () => NOW + looks++ / 5
}

const MANY = { input: `${TOKEN}\n`.repeat(12) }
const WIPE = `\r${ESC}[K`

test('long work says on a terminal how far it is, and wipes that away', async () => {
  const { code, out, err } = await command(['decode', '--lines'], { ...MANY, terminal: 'errors', now: slowClock() })
  assert.equal(code, 0)
  assert.equal(out.split('\n').length, 13)
  assert.match(err, /decoded \d+/)
  assert.ok(err.startsWith(WIPE) && err.endsWith(WIPE))
  assert.equal(err.replaceAll(WIPE, '').replaceAll(/decoded \d+/g, ''), '')
})

test('the line is wiped before anything else is said there', async () => {
  const world = { input: `${`${TOKEN}\n`.repeat(6)}nonsense\n${TOKEN}\n`, terminal: true, now: slowClock() }
  const { err } = await command(['decode', '--lines', '--color=never'], world)
  assert.match(err, /decoded 7/)
  assert.ok(err.includes(`${WIPE}error[CS_MALFORMED]: line 7: `))
})

for (const [why, args, terminal] of [
  ['errors that are no terminal', [], 'output'],
  ['--quiet', ['--quiet'], true],
  ['--json', ['--json'], true],
] as const) {
  test(`no progress with ${why}`, async () => {
    const { err } = await command(['decode', '--lines', ...args], { ...MANY, terminal, now: slowClock() })
    assert.equal(err, '')
  })
}

test('short work says nothing, and a line is no longer than the terminal is wide', () => {
  let [now, shown] = [NOW, '']
  const write = async (data: unknown): Promise<void> => {
    shown += data
  }
  const errors = { isTerminal: true, columns: 20, write }
  const progress = toProgress(errors, true, () => now)
  progress.show(() => 'at once')
  progress.clear()
  assert.equal(shown, '')
  now += 1
  progress.show(() => 'x'.repeat(100))
  assert.equal(shown, `${WIPE}${'x'.repeat(19)}`)
})
