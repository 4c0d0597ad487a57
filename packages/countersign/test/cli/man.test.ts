import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { manPage } from '../../src/cli/manual/man.ts'
import { COMMANDS } from '../../src/cli/rows/commands.ts'
import type { Command } from '../../src/cli/rows/table.ts'
import { topicsOf } from '../../src/cli/rows/topics.ts'

const page = manPage('1.2.3', COMMANDS, '2026-11-21')

/** A command whose texts are what roff would act upon. */
const ODD: Command = {
  name: 'odd',
  about: '.so /etc/hosts',
  more: ["'tis \\fBnot\\fR a request", '.de x', 'a "quote", a back`slash \\` and a ~tilde ^ – …'],
  examples: [[".odd --x 'a \\n b' -- -o", "'an apostrophe first"]],
  arguments: [{ name: '.A', about: "'.B" }],
  options: { 'a-b': { type: 'string', value: 'S', about: '\\(dq .tp' } },
}

function withPage<Result>(text: string, use: (path: string) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-man-'))
  try {
    const path = join(folder, 'countersign.1')
    writeFileSync(path, text)
    return use(path)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const CHECKERS: readonly (readonly [program: string, version: string, ...args: string[]])[] = [
  ['mandoc', '-h', '-Tlint', '-Wstyle'],
  ['groff', '--version', '-man', '-ww', '-Kutf8', '-Tutf8', '-z'],
  ['man', '--version', '--warnings', '-Tutf8', '-l'],
]

for (const [program, version, ...args] of CHECKERS) {
  const isThere = spawnSync(program, [version]).error === undefined
  const skip = isThere ? false : `${program} is not installed`
  test(`${program} finds nothing wrong with the manual page`, { skip }, () => {
    for (const text of [page, manPage('1.2.3', [ODD], '2026-11-21')]) {
      withPage(text, (path) => {
        const env = { ...process.env, MANWIDTH: '80', LC_ALL: 'C.UTF-8' }
        const { stdout, stderr } = spawnSync(program, [...args, path], { encoding: 'utf8', env })
        if (program === 'man' && /unrecognized option|illegal option/.test(stderr)) return
        const complaints = program === 'mandoc' ? stdout + stderr : stderr
        // What mandoc says of a page for another system, or of one that its own database lacks, is none of the page's.
        assert.equal(complaints.replaceAll(/^.*(?:STYLE: referenced manual not found).*\n/gm, ''), '')
      })
    }
  })
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: bold is a letter, a step back and the letter again
const OVERSTRUCK = /.\u0008/g
const renders = ['mandoc', 'groff'].find((program) => spawnSync(program, ['--version']).error === undefined)

test('what roff would act upon is printed as it is', {
  skip: renders ? false : 'neither mandoc nor groff is installed',
}, () => {
  const program = renders ?? ''
  const args = program === 'mandoc' ? ['-Tutf8', '-Owidth=200'] : ['-man', '-Kutf8', '-Tutf8', '-P-c', '-rLL=200n']
  const shown = withPage(manPage('1.2.3', [ODD], ''), (path) =>
    spawnSync(program, [...args, path], { encoding: 'utf8' }).stdout.replaceAll(OVERSTRUCK, ''),
  )
  for (const text of [
    '.so /etc/hosts',
    "'tis \\fBnot\\fR a request",
    '.de x',
    'a "quote", a backslash \\ and a ~tilde ^ – …',
    ".odd --x 'a \\n b' -- -o",
    "'an apostrophe first",
    "'.B",
    '--a-b S',
    '\\(dq .tp',
  ])
    assert.ok(shown.includes(text), text)
})

test('the manual page has its sections in the usual order, and says when and of which version it is', () => {
  assert.match(page, /^\.TH COUNTERSIGN 1 "2026-11-21" "countersign 1\.2\.3" "User Commands"$/m)
  const sections = [...page.matchAll(/^\.SH (.*)$/gm)].map(([, name]) => name)
  assert.deepEqual(
    sections.filter((name) => !/^[A-Z]+S$|JSON|FILES/.test(name ?? '')),
    ['NAME', 'DESCRIPTION', 'EXIT STATUS', 'ENVIRONMENT', 'SEE ALSO'],
  )
  assert.deepEqual(sections.slice(0, 5), ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'COMMANDS', 'OPTIONS'])
  assert.match(page, /^\.SH NAME\ncountersign \\- /m)
})

test('the manual page has every command, option, topic and example', () => {
  const plain = page.replaceAll('\\-', '-').replaceAll(/\\f[BIR]/g, '')
  for (const { name, options, examples } of COMMANDS) {
    assert.match(plain, new RegExp(`^\\.SS "${name}[ "]`, 'm'))
    for (const option of Object.keys(options)) assert.match(plain, new RegExp(`^(?:-\\w, )?--${option}\\b`, 'm'))
    assert.ok(examples.every(([line]) => plain.includes(line.slice(0, 20))))
  }
  for (const { rows = [] } of topicsOf(COMMANDS))
    for (const [term] of rows) assert.ok(plain.includes(`\n.TP\n${term}\n`), term)
})

test('the manual page is the same whenever it is made', () => {
  assert.equal(manPage('1.2.3', COMMANDS, '2026-11-21'), page)
  assert.match(manPage('1.2.3'), /^\.TH COUNTERSIGN 1 "" /m)
  for (const line of page.split('\n')) assert.ok(line.length <= 200 && !/\s$/.test(line), line)
})
