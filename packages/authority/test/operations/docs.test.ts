import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { blocksOf } from '../../../../test/support/run-block.ts'
import { COMMANDS } from '../../src/cli/main.ts'
import { parseCommandLine } from '../../src/cli/parse.ts'
import { createMetrics } from '../../src/server/metrics.ts'
import { Traffic } from '../../src/server/traffic.ts'
import { ROOT } from './deploy-files.ts'

const GUIDE = readFileSync(new URL('docs/authority.md', ROOT), 'utf8')
const README = readFileSync(new URL('packages/authority/README.md', ROOT), 'utf8')
const NAME = 'countersign-authority'

/** The words of a line, as a shell makes them: quotes hold words together. */
const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare = '']) => quoted ?? bare)

const lines = blocksOf(GUIDE, 'docs/authority.md')
  .flatMap(({ text }) => text.replaceAll('\\\n', ' ').split('\n'))
  .filter((line) => line !== '')
const inline = [...GUIDE.matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text)
/** What stands behind the name of the command, wherever it is called. */
const commands = [...lines, ...inline].flatMap((line) => {
  const words = wordsOf(line)
  const at = words.lastIndexOf(NAME)
  return at < 0 || at === words.length - 1 || words.includes('systemctl') ? [] : [words.slice(at + 1)]
})

test('the guide shows how to start in its first lines', () => {
  assert.ok(GUIDE.split('\n').indexOf(`npx ${NAME} serve`) < 15)
  assert.ok(commands.length > 25, `${commands.length} commands`)
})

for (const command of new Map(commands.map((words) => [words.join(' '), words])).values())
  test(`${NAME} ${command.join(' ')} is a command line that is understood`, () => {
    assert.equal(parseCommandLine(command, COMMANDS).kind, 'run')
  })

test('every command has its place in the guide', () => {
  for (const { name } of COMMANDS) assert.ok(GUIDE.includes(`${NAME} ${name}`) || GUIDE.includes(`\`${name}`), name)
})

test('the guide calls no programs but those that it says are needed', () => {
  const known = ['npm', 'npx', NAME, 'sudo', 'cd', 'cp', 'docker', 'openssl', 'createuser', 'createdb', 'echo']
  for (const line of lines) {
    const [program = ''] = wordsOf(line.replace(/^\(umask 077 && /, '').replace(/^DATABASE_URL=\S+ /, ''))
    assert.ok(known.includes(program), line)
  }
})

test('the settings that the guide speaks of are settings', () => {
  const [, table = ''] = README.split('| name | default | |')
  const settings = [...table.matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, name]) => name)
  const named = inline.flatMap((text) => [...text.matchAll(/^([A-Z]+_[A-Z_]+)(?:=.*)?$/g)].map(([, name]) => name))
  const codes = ['KEK_WRONG', 'DATA_IN_USE']
  for (const name of new Set(named)) assert.ok(settings.includes(name) || codes.includes(name ?? ''), name)
})

test('the table of metrics is that of the server', async () => {
  const metrics = createMetrics('sixteen-letters!')
  const pool = { totalCount: 0, idleCount: 0, waitingCount: 0 }
  const measured = { ring: { list: () => [] }, store: { raw: { kind: 'postgres', pool } }, now: () => 0 }
  metrics.measure({ ...measured, traffic: new Traffic() } as unknown as Parameters<typeof metrics.measure>[0])
  const served = [...(await metrics.read()).matchAll(/^# TYPE (countersign_\w+)/gm)].map(([, name]) => name)
  const [, section = ''] = GUIDE.split('\n## Metrics\n')
  const [table = ''] = section.split('### Alerts')
  const told = [...table.matchAll(/^\| `(countersign_\w+)` \|/gm)].map(([, name]) => name)
  assert.deepEqual([...told].sort(), [...served].sort())
  for (const [, name] of GUIDE.matchAll(/`(countersign_\w+)/g)) assert.ok(served.includes(name), name)
})

test('the files that the guide speaks of are there', () => {
  for (const [, path = ''] of GUIDE.matchAll(/\]\(([^)#:]+)/g))
    assert.ok(existsSync(new URL(path, new URL('docs/', ROOT))), path)
  const anchors = [...GUIDE.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  )
  for (const [, anchor = ''] of GUIDE.matchAll(/\]\(#([^)]+)\)/g)) assert.ok(anchors.includes(anchor), anchor)
})
