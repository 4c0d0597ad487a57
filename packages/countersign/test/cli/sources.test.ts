import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { readClipboard } from '../../src/cli/host/clipboard.ts'
import { createFile, openFile, readWhole, writeFile } from '../../src/cli/host/files.ts'
import { COMMANDS } from '../../src/cli/rows/commands.ts'
import type { Command } from '../../src/cli/rows/table.ts'
import { RUNS } from '../../src/cli/runs.ts'
import { command } from './support/memory-host.ts'

const TOKEN = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhZGEifQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c'
const home = mkdtempSync(join(tmpdir(), 'countersign-sources-'))
after(() => rmSync(home, { recursive: true }))

/** The arguments and options of a command that take a SOURCE. */
function sourcesOf({ arguments: args, options }: Command): readonly string[] {
  return [
    ...args.filter(({ value }) => value?.startsWith('SOURCE')).map(({ name }) => name),
    ...Object.entries(options)
      .filter(([, { value }]) => value?.startsWith('SOURCE'))
      .map(([name]) => `--${name}`),
  ]
}

const PAIRS = COMMANDS.filter(({ name }) => RUNS[name]).flatMap((row) => {
  const sources = sourcesOf(row)
  return sources.flatMap((one, at) => sources.slice(at + 1).map((other) => ({ row, one, other })))
})

for (const { row, one, other } of PAIRS) {
  test(`${row.name}: ${one} and ${other} cannot both be the standard input`, async () => {
    const words = row.arguments.map(({ name, oneOf }) => ([one, other].includes(name) ? '-' : (oneOf?.[0] ?? 'x')))
    const flags = [one, other].flatMap((name) => (name.startsWith('--') ? [name, '-'] : []))
    const { code, out, err } = await command([...row.name.split(' '), ...words, ...flags], { input: TOKEN })
    assert.equal(code, 2, err)
    assert.equal(out, '')
    assert.match(err, /both read the standard input, which can be read once/)
  })
}

const REFUSED: readonly (readonly [source: string, code: number, message: RegExp])[] = [
  ['@', 2, /TOKEN is @ without the name of a file/],
  ['env:', 2, /TOKEN is env: without the name of a variable/],
  ['env:NONE', 3, /cannot read TOKEN: no variable has that name/],
  ['env:EMPTY', 3, /cannot read env:EMPTY: the variable is empty/],
  ['fd:', 2, /TOKEN is fd: without the number of a descriptor/],
  ['fd:x', 2, /TOKEN is fd: without/],
  ['fd:-1', 2, /TOKEN is fd: without/],
  ['fd:99999', 2, /TOKEN is fd: without/],
  ['@none', 3, /cannot read @none: there is no such file/],
  ['clip:', 3, /cannot read clip/],
]

for (const [source, expected, message] of REFUSED) {
  test(`a source that is none: ${source}`, async () => {
    const { code, out, err } = await command(['decode', source], { env: { EMPTY: '' }, input: '' })
    assert.equal(code, expected)
    assert.equal(out, '')
    assert.match(err, message)
  })
}

test('a token comes from wherever it is', async () => {
  const world = { env: { T: TOKEN }, files: { 't.txt': `${TOKEN}\r\n`, 'fd:3': TOKEN }, clipboard: TOKEN, input: TOKEN }
  for (const source of ['-', '@t.txt', '@/dev/stdin', 'env:T', 'fd:3', 'fd:0', 'clip:', TOKEN]) {
    const { code, out, err } = await command(['decode', source, '--claim', 'sub'], world)
    assert.deepEqual({ code, out, err }, { code: 0, out: 'ada\n', err: '' }, source)
  }
})

test('--out takes all lines of an answer, and nothing else goes to the output', async () => {
  const world = { input: `${TOKEN}\n${TOKEN}\n`, files: { 'old.txt': 'old' } as Record<string, string> }
  const refused = await command(['decode', '--lines', '--out', 'old.txt'], world)
  assert.deepEqual([refused.code, refused.out, world.files['old.txt']], [2, '', 'old'])
  for (const args of [[], ['--json']]) {
    const { code, out, written } = await command(['decode', '--lines', '--out', 'new.txt', ...args], {
      input: world.input,
    })
    assert.deepEqual([code, out], [0, ''])
    assert.equal(String(written.get('new.txt')?.data).split('\n').length, 3)
  }
})

const isRefused = (code: string, message: RegExp) => (error: { told?: { code: string }; message: string }) => {
  assert.equal(error.told?.code, code)
  assert.match(error.message, message)
  return true
}
const OWN = { isPrivate: true, force: false }

describe('files', { skip: process.platform === 'win32' ? 'Windows has other files' : false }, () => {
  test('what is no file to read is refused by its kind', async () => {
    await assert.rejects(readWhole(home, 100), isRefused('CS_INPUT', /it is a folder/))
    await assert.rejects(readWhole(join(home, 'none'), 100), isRefused('CS_INPUT', /there is no such file/))
    await assert.rejects(readWhole(join(home, 'a\0b'), 100), isRefused('CS_INPUT', /no file has such a name/))
    await assert.rejects(openFile('x'.repeat(5000)), isRefused('CS_INPUT', /the name is too long/))
    symlinkSync(join(home, 'circle'), join(home, 'circle'))
    await assert.rejects(readWhole(join(home, 'circle'), 100), isRefused('CS_INPUT', /lead in a circle/))
    writeFileSync(join(home, 'large'), 'x'.repeat(101))
    await assert.rejects(readWhole(join(home, 'large'), 100), { code: 'CS_TOO_LARGE' })
  })

  test('a file that is there stays as it is without --force', async () => {
    const path = join(home, 'there')
    writeFileSync(path, 'old')
    await assert.rejects(
      writeFile(path, 'new', OWN),
      isRefused('CS_OUTPUT', /is there already, and nothing was written/),
    )
    assert.equal(readFileSync(path, 'utf8'), 'old')
    const link = join(home, 'leads-nowhere')
    symlinkSync(join(home, 'nowhere'), link)
    await assert.rejects(writeFile(link, 'new', OWN), isRefused('CS_OUTPUT', /is there already/))
    assert.ok(!existsSync(join(home, 'nowhere')))
    assert.deepEqual(
      readdirSync(home).filter((name) => name.endsWith('.part')),
      [],
    )
  })

  test('a place where nothing can be written is told', async () => {
    await assert.rejects(writeFile(join(home, 'no/such'), 'x', OWN), isRefused('CS_OUTPUT', /there is no such folder/))
    await assert.rejects(writeFile(home, 'x', OWN), isRefused('CS_OUTPUT', /it is a folder/))
    writeFileSync(join(home, 'file'), '')
    await assert.rejects(writeFile(join(home, 'file/x'), 'x', OWN), isRefused('CS_OUTPUT', /there is no such folder/))
  })

  test('a private file is for its owner alone, also where an open one was', async () => {
    const path = join(home, 'private')
    await writeFile(path, 'secret', OWN)
    assert.equal(statSync(path).mode & 0o777, 0o600)
    chmodSync(path, 0o644)
    await writeFile(path, 'newer', { isPrivate: true, force: true })
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.equal(readFileSync(path, 'utf8'), 'newer')
  })

  test('with --force a link stays one, and what it leads to is replaced as a whole', async () => {
    mkdirSync(join(home, 'elsewhere'))
    const [target, link] = [join(home, 'elsewhere/target'), join(home, 'link')]
    writeFileSync(target, 'a text that is longer')
    symlinkSync(target, link)
    await writeFile(link, 'new', { isPrivate: false, force: true })
    assert.ok(lstatSync(link).isSymbolicLink())
    assert.equal(readFileSync(target, 'utf8'), 'new')
    assert.deepEqual(readdirSync(join(home, 'elsewhere')), ['target'])
  })

  test('what comes in pieces has its name once it is whole, and leaves nothing where it is given up', async () => {
    const path = join(home, 'pieces')
    const given = await createFile(path, OWN)
    await given.write('never seen')
    await given.abandon()
    const kept = await createFile(path, OWN)
    await kept.write('one ')
    assert.ok(!existsSync(path))
    await kept.write(new TextEncoder().encode('two'))
    await kept.finish()
    assert.equal(readFileSync(path, 'utf8'), 'one two')
    assert.deepEqual(
      readdirSync(home).filter((name) => name.endsWith('.part')),
      [],
    )
  })

  test('who was faster is not overwritten', async () => {
    const path = join(home, 'race')
    const late = await createFile(path, OWN)
    await late.write('late')
    writeFileSync(path, 'early')
    await assert.rejects(late.finish(), isRefused('CS_OUTPUT', /is there already/))
    await late.abandon()
    assert.equal(readFileSync(path, 'utf8'), 'early')
    assert.deepEqual(
      readdirSync(home).filter((name) => name.endsWith('.part')),
      [],
    )
  })

  test('a pipe is read to its end', async () => {
    const path = join(home, 'fifo')
    execFileSync('mkfifo', [path])
    const [bytes] = await Promise.all([readWhole(path, 100), writeFile(path, TOKEN.slice(0, 50), OWN)])
    assert.equal(new TextDecoder().decode(bytes), TOKEN.slice(0, 50))
  })
})

/** What each program for the clipboard does. */
const CLIPBOARDS: readonly {
  readonly why: string
  readonly programs: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly gives: string | RegExp
}[] = [
  { why: 'none is installed', programs: {}, gives: /there is no program for it \(xclip, xsel, wl-paste\)/ },
  { why: 'the only one fails', programs: { xclip: 'echo oh no >&2; exit 1' }, gives: /: xclip found no text\.$/ },
  { why: 'it is empty', programs: { xsel: ':' }, gives: /: xsel says that it is empty\.$/ },
  { why: 'one hangs', programs: { xclip: 'exec /bin/sleep 60' }, gives: /: xclip gave no answer in 0\.2s\.$/ },
  { why: 'one may not be run', programs: { 'xclip!': 'exit 1' }, gives: /there is no program for it/ },
  { why: 'the first one fails', programs: { xclip: 'exit 1', xsel: 'printf %s two' }, gives: 'two' },
  {
    why: 'there is Wayland',
    programs: { xclip: 'printf x11', 'wl-paste': 'test "$1" = --no-newline && printf wayland' },
    env: { WAYLAND_DISPLAY: 'wayland-0' },
    gives: 'wayland',
  },
]

describe('clip:', { skip: process.platform === 'linux' ? false : 'other systems have programs of their own' }, () => {
  for (const [index, { why, programs, env = {}, gives }] of CLIPBOARDS.entries()) {
    test(`where ${why}`, async () => {
      const folder = join(home, `bin-${index}`)
      mkdirSync(folder)
      for (const [name, script] of Object.entries(programs))
        writeFileSync(join(folder, name.replace('!', '')), `#!/bin/sh\n${script}\n`, {
          mode: name.endsWith('!') ? 0o600 : 0o700,
        })
      const { PATH } = process.env
      process.env['PATH'] = folder
      try {
        const read = readClipboard(env, 200)
        if (typeof gives === 'string') assert.equal(await read, gives)
        else await assert.rejects(read, isRefused('CS_INPUT', gives))
      } finally {
        process.env['PATH'] = PATH
      }
    })
  }
})
