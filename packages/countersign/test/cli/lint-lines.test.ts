import assert from 'node:assert/strict'
import { test } from 'node:test'
import { input } from '../support/forge.ts'
import { token, worldOf } from './support/golden-world.ts'
import { command, NOW, type Ran, type World } from './support/memory-host.ts'

const SOUND = token({ iat: NOW, sub: 'ada' }, { typ: 'x+jwt' })
const UNSIGNED = `${input({ alg: 'none' }, { sub: 'ada' })}.`
const LONG = token({ iat: NOW, exp: NOW + 90_000 }, { typ: 'x+jwt' })

const lint = (text: string, args: readonly string[] = [], world: World = {}): Promise<Ran> =>
  command(['lint', '-', '--lines', ...args], worldOf({ input: text, ...world }))

interface Document {
  readonly ok: boolean
  readonly line?: number
  readonly findings?: readonly { readonly rule: string; readonly in?: string }[]
  readonly error?: { readonly code: string }
}

const documents = ({ out }: Ran): readonly Document[] =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Document)

test('an input without a token is an error', async () => {
  for (const text of ['', '\n \n']) {
    for (const way of [[], ['--format', 'sarif']]) {
      const { code, out, err } = await lint(text, way)
      assert.deepEqual([code, out], [3, ''])
      assert.match(err, /no line of the input has a token/)
    }
  }
  assert.equal((await command(['lint', SOUND, '--lines'], worldOf())).code, 2)
})

test('a line that cannot be read is told and counted, and the run goes on', async () => {
  const ran = await lint([UNSIGNED, 'rubbish', '', SOUND, UNSIGNED].join('\n'))
  assert.equal(ran.code, 3)
  const lines = ran.out.split('\n')
  assert.equal(lines[0], 'line 1: error CSL001 header.alg: alg is "none": nobody signed the token.')
  assert.ok(lines.some((line) => /^line 2: not read {2}CS_MALFORMED: not a token: /.test(line)))
  assert.ok(lines.some((line) => line.startsWith('line 5: error CSL001 ')))
  assert.ok(!lines.some((line) => line.startsWith('line 4:')))
  assert.match(ran.out, /\n2 errors, 6 warnings, 2 infos in 3 lines; 1 not read\n$/)
  assert.equal(ran.err, '')
})

test('the exit code tells of what could not be read first, then of what was found', async () => {
  const exit = async (...lines: string[]): Promise<number> => (await lint(lines.join('\n'))).code
  assert.equal(await exit(SOUND, SOUND), 0)
  assert.equal(await exit(SOUND, UNSIGNED), 8)
  assert.equal(await exit('x', UNSIGNED), 3)
  assert.equal(await exit(UNSIGNED, 'x', UNSIGNED), 3)
  assert.equal((await lint(LONG, [])).code, 0)
  assert.equal((await lint(LONG, ['--fail-on', 'warn'])).code, 8)
  assert.equal((await lint(LONG, ['--fail-on', 'warn', '--rule', 'CSL010=off'])).code, 0)
})

test('in the end each rule is named once, with how often it found something and what to do', async () => {
  const { out } = await lint(`${UNSIGNED}\n${SOUND}\n${UNSIGNED}\n`)
  const [, end = ''] = out.split('\n\n  ')
  assert.match(`  ${end}`, /^ {2}error {2}CSL001 {2}2 {2}the token is not signed.*\n {20}fix: refuse it/)
  assert.equal((await lint(`${SOUND}\n${SOUND}\n`)).out, 'no findings in 2 lines\n')
})

test('--quiet leaves the findings alone', async () => {
  assert.equal((await lint(`${SOUND}\n`, ['-q'])).out, '')
  const { out } = await lint(`${UNSIGNED}\n`, ['-q'])
  assert.ok(out.split('\n').every((line) => line === '' || line.startsWith('line 1: ')))
})

test('as JSON: one document a line, with its number', async () => {
  const ran = await lint([SOUND, UNSIGNED, 'rubbish'].join('\r\n'), ['--json'])
  assert.equal(ran.err, '')
  assert.deepEqual(
    documents(ran).map(({ line, ok, findings, error }) => [line, ok, findings?.[0]?.rule, error?.code]),
    [
      [1, true, undefined, undefined],
      [2, false, 'CSL001', undefined],
      [3, false, undefined, 'CS_MALFORMED'],
    ],
  )
})

test('a note says which line it is about', async () => {
  const { err } = await lint(`${SOUND}\nBearer ${SOUND}\n`)
  assert.equal(err, 'note[CS_NOTE_BEARER]: line 2: removed "Bearer " before the token.\n')
})

test('five thousand tokens, with progress for who watches, and nothing kept of them', async () => {
  let now = NOW
  const tokens = Array.from({ length: 5000 }, (_, index) => {
    return `${input({ alg: 'none', typ: 'x+jwt' }, { jti: `canary-${index}`, iss: 'i', aud: 'a', exp: NOW + 60 })}.`
  })
  tokens[4000] = 'rubbish'
  const world: World = { terminal: 'errors', now: () => (now += 0.01) }
  const ran = await lint(tokens.join('\n'), ['--rule', 'CSL009=off', '--rule', 'CSL012=off'], world)
  assert.equal(ran.code, 3)
  assert.match(ran.out, /^line 1: error CSL001 /)
  assert.match(ran.out, /^line 5000: error CSL001 /m)
  assert.match(ran.out, /\n4999 errors in 4999 lines; 1 not read\n$/)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is how a line is written anew
  assert.match(ran.err, /\r\u001b\[Klooked at \d+ lines, \d+ findings/)
  assert.doesNotMatch(ran.out + ran.err, /canary|eyJ\w{8}/)
  assert.doesNotMatch((await lint(tokens.slice(0, 50).join('\n'), ['-q'], world)).err, /looked at/)
})

test('what it prints for many may go to a file', async () => {
  const ran = await lint(`${UNSIGNED}\nrubbish\n`, ['--out', 'report.txt'])
  assert.deepEqual([ran.code, ran.out], [3, ''])
  const report = String(ran.written.get('report.txt')?.data)
  assert.match(report, /^line 1: error CSL001 .*\nline 2: not read .* in 1 line; 1 not read\n$/s)
})

test('the findings of an issuer stand before those of the lines', async () => {
  const answers: typeof globalThis.fetch = async (url) =>
    Response.json(String(url).endsWith('/jwks') ? { keys: [] } : { issuer: 'https://id.example.com' })
  const issuer = 'https://id.example.com'
  const ran = await lint(`${UNSIGNED}\n`, ['--issuer', issuer, '--json'], { fetch: answers })
  const [first, second] = documents(ran)
  assert.ok(first?.findings?.every(({ in: where }) => where === issuer))
  assert.equal(first?.line, undefined)
  assert.equal(second?.line, 1)
})
