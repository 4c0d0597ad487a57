import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { blocksOf, runBlock } from '../../../../test/support/run-block.ts'
import { COMMANDS } from '../../src/cli/main.ts'
import { parseCommandLine } from '../../src/cli/parse.ts'
import { startProcess } from '../support/processes.ts'
import { execute, settingsFor } from './command-process.ts'

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const blocks = blocksOf(README, 'packages/authority/README.md')
const lines = blocks
  .filter(({ language }) => language === 'sh')
  .flatMap(({ text }) => text.replaceAll('\\\n', ' ').trim().split('\n'))
const commands = lines
  .filter((line) => line.startsWith('npx countersign-authority '))
  .map((line) => line.split(/\s+/).slice(2))

test('the README has its first success in the first ten lines', () => {
  assert.ok(README.split('\n').indexOf('npx countersign-authority serve') < 10)
})

test('every command of the README is one', () => {
  assert.ok(commands.length >= 4)
  for (const command of commands) assert.equal(parseCommandLine(command, COMMANDS).kind, 'run')
  for (const { name } of COMMANDS) assert.ok(README.includes(`\`${name}\``), name)
})

const skip = process.platform === 'win32' ? 'there are no sockets for commands' : false

test('what the README does works, from the first command to the verified token', { skip }, async (t) => {
  const { env } = settingsFor(t)
  const server = await startProcess({ program: 'cli', env })
  t.after(() => server.kill())
  const issuer = server.origin.replace('127.0.0.1', 'localhost')
  const outputs: string[] = []
  for (const command of commands.filter(([name]) => name !== 'serve')) {
    const { code, out, err } = await execute(command, env)
    assert.deepEqual([code, err], [0, ''], command.join(' '))
    outputs.push(out)
  }
  assert.match(outputs[0] ?? '', /^password {2}\S+$/m)
  const [, secret = ''] = /^client_secret {2}(\S+)$/m.exec(outputs[1] ?? '') ?? []
  const curl = lines.find((line) => line.startsWith('curl '))
  assert.ok(curl && secret)
  const [program = '', ...args] = curl.replace('PASTE_THE_SECRET', secret).split(/\s+/)
  const there = args.map((arg) => arg.replace('http://localhost:3000', issuer))
  const { stdout } = await promisify(execFile)(program, there)
  const { access_token: token } = JSON.parse(stdout) as { access_token: string }
  const block = blocks.find(({ language }) => language === 'ts')
  assert.ok(block && token)
  const text = block.text.replace('http://localhost:3000', issuer).replace('PASTE_THE_TOKEN', token)
  await runBlock({ ...block, text })
})

test('the README names every setting that there is, and no other', () => {
  const source = readFileSync(new URL('../../src/settings.ts', import.meta.url), 'utf8')
  const known = [...source.matchAll(/(?:read(?:<[^(]*>)?\(|env\[|', )'([A-Z][A-Z_]+)'/g)].map(([, name]) => name)
  const [, table = ''] = README.split('| name | default | |')
  const named = [...table.matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, name]) => name)
  assert.deepEqual([...new Set(named)].sort(), [...new Set(known)].sort())
})
