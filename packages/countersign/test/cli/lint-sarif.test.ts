import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Ajv } from 'ajv'
import type { SarifLog, SarifResult } from 'countersign/lint'
import { input } from '../support/forge.ts'
import { jwkFor, publicMembers } from '../support/keys.ts'
import { token, worldOf } from './support/golden-world.ts'
import { command, NOW, type Ran, type World } from './support/memory-host.ts'

/** The schema of OASIS, which sarif/README.md tells of. */
const SCHEMA = JSON.parse(readFileSync(new URL('sarif/sarif-schema-2.1.0.json', import.meta.url), 'utf8')) as object
const ajv = new Ajv({ strict: false, allErrors: true })
ajv.addFormat('uri', (text) => URL.canParse(text))
ajv.addFormat(
  'uri-reference',
  (text) => /^[\w.~:/?#[\]@!$&'()*+,;=%-]*$/.test(text) && URL.canParse(text, 'file:///a/'),
)
ajv.addFormat('date-time', (text) => !Number.isNaN(Date.parse(text)))
const validate = ajv.compile(SCHEMA)

const UNSIGNED = `${input({ alg: 'none', kid: '../../canary' }, { sub: 'canary' })}.`
const SOUND = token({ iat: NOW, sub: 'ada' }, { typ: 'x+jwt' })
const FILES = {
  'tokens/a b#1.jwt': `${UNSIGNED}\n`,
  'c:odd': UNSIGNED,
  '/srv/x.jwt': UNSIGNED,
  'all.txt': [SOUND, UNSIGNED, 'rubbish', UNSIGNED].join('\n'),
  'set.json': JSON.stringify({ keys: [publicMembers(jwkFor('ES256')), { kty: 'oct', k: 'c2hvcnQ' }] }),
}

const lint = (args: readonly string[], world: World = {}): Promise<Ran> =>
  command(['lint', '--format', 'sarif', ...args], worldOf({ ...world, files: { ...FILES } }))

/** The log of a command line, held against the schema. */
async function logOf(args: readonly string[], world?: World): Promise<SarifLog['runs'][0]> {
  const { out } = await lint(args, world)
  const log = JSON.parse(out) as SarifLog
  assert.ok(validate(log), JSON.stringify(validate.errors))
  return log.runs[0]
}

const filesOf = ({ results }: { readonly results: readonly SarifResult[] }): readonly (string | undefined)[] => [
  ...new Set(results.map(({ locations }) => locations[0]?.physicalLocation?.artifactLocation.uri)),
]

test('the schema refuses what is no log', async () => {
  const log = JSON.parse((await lint(['@set.json'])).out) as SarifLog
  assert.ok(validate(log))
  const [first] = log.runs
  for (const wrong of [
    {},
    { ...log, version: '2.0.0' },
    { ...log, more: 1 },
    { ...log, runs: [{ ...first, tool: {} }] },
    { ...log, runs: [{ ...first, results: [{ ...first.results[0], level: 'info' }] }] },
    { ...log, runs: [{ ...first, results: [{ ...first.results[0], message: 'text' }] }] },
    { ...log, runs: [{ ...first, columnKind: 'octets' }] },
  ])
    assert.ok(!validate(wrong), JSON.stringify(wrong).slice(0, 200))
})

test('every form of input makes a log that the schema takes', async () => {
  for (const args of [
    [SOUND],
    [UNSIGNED],
    ['-'],
    ['@set.json', '@tokens/a b#1.jwt', UNSIGNED],
    ['@all.txt', '--lines'],
    ['-', '--lines'],
    ['--secret', 'env:SECRET'],
  ])
    await logOf(args, { input: SOUND })
})

test('a finding names its rule, its level, its file and its place within', async () => {
  const { results, tool, invocations, columnKind } = await logOf(['@tokens/a b#1.jwt', '@set.json', UNSIGNED])
  const [first] = results
  assert.equal(first?.ruleId, 'CSL001')
  assert.equal(tool.driver.rules[first?.ruleIndex ?? -1]?.id, 'CSL001')
  assert.equal(first?.level, 'error')
  assert.deepEqual(first?.locations, [
    {
      physicalLocation: { artifactLocation: { uri: 'tokens/a%20b%231.jwt' }, region: { startLine: 1 } },
      logicalLocations: [{ fullyQualifiedName: 'header.alg' }],
    },
  ])
  assert.ok(results.some(({ level }) => level === 'warning') && results.some(({ level }) => level === 'note'))
  assert.deepEqual(filesOf({ results }), ['tokens/a%20b%231.jwt', 'set.json', undefined])
  assert.deepEqual([invocations[0].executionSuccessful, columnKind], [true, 'utf16CodeUnits'])
  assert.equal(tool.driver.version, '0.0.0')
})

test('files are named as URIs', async () => {
  assert.deepEqual(filesOf(await logOf(['@c:odd', '@/srv/x.jwt'])), ['c%3Aodd', 'file:///srv/x.jwt'])
})

test('with --lines a finding names its line, and what could not be read is a notification', async () => {
  const ran = await lint(['@all.txt', '--lines'])
  assert.equal(ran.code, 3)
  assert.match(ran.err, /^error\[CS_MALFORMED\]: line 3: not a token/)
  const { results, invocations } = await logOf(['@all.txt', '--lines'])
  const lines = new Set(results.map(({ locations }) => locations[0]?.physicalLocation?.region.startLine))
  assert.deepEqual([...lines], [2, 4])
  assert.equal(invocations[0].executionSuccessful, false)
  const [told] = invocations[0].toolExecutionNotifications ?? []
  assert.match(told?.message.text ?? '', /^not a token/)
  assert.equal(told?.locations?.[0]?.physicalLocation?.region.startLine, 3)
})

test('findings are known again, each by itself, also in a token that was made anew', async () => {
  const prints = async (file: string, text: string): Promise<readonly string[]> => {
    const { out } = await command(['lint', `@${file}`, '--format', 'sarif'], worldOf({ files: { [file]: text } }))
    const { results } = (JSON.parse(out) as SarifLog).runs[0]
    return results.map(({ partialFingerprints }) => partialFingerprints['countersignLint/v1'] ?? '')
  }
  const first = await prints('a.jwt', UNSIGNED)
  assert.equal(new Set(first).size, first.length)
  assert.deepEqual(await prints('a.jwt', `${input({ alg: 'none', kid: '../../x' }, { sub: 'other' })}.`), first)
  assert.notDeepEqual(await prints('b.jwt', UNSIGNED), first)
  const { results } = await logOf(['@all.txt', '--lines'])
  const all = results.map(({ partialFingerprints }) => partialFingerprints['countersignLint/v1'])
  assert.equal(new Set(all).size, all.length)
})

test('neither a token nor a secret is in the log', async () => {
  for (const args of [[UNSIGNED], ['@all.txt', '--lines'], ['@set.json', '@tokens/a b#1.jwt']]) {
    const { out } = await lint(args)
    assert.doesNotMatch(out, /eyJ\w{8}|c2hvcnQ|"canary"/)
  }
})

test('it goes to a file, and the exit code is as ever', async () => {
  for (const args of [
    ['@all.txt', '--lines', '-o', 'jwt.sarif'],
    ['@set.json', '-o', 'jwt.sarif'],
  ]) {
    const { code, out, written } = await lint(args)
    assert.equal(out, '')
    assert.equal(code, args.includes('--lines') ? 3 : 8)
    assert.ok(validate(JSON.parse(String(written.get('jwt.sarif')?.data))))
  }
  assert.equal((await lint([SOUND])).code, 0)
})
