import assert from 'node:assert/strict'
import { test } from 'node:test'
import { COMMANDS } from '../../src/cli/rows/commands.ts'
import { SECRET, shared, token, worldOf } from './support/golden-world.ts'
import { ENCRYPTED, NESTED } from './support/goldens.ts'
import { command } from './support/memory-host.ts'
import { AT, hold, isSchema, SCHEMAS, schemaFor } from './support/schemas.ts'

const T = token()
const PUB = ['--key', '@pub.jwk']
const UNSIGNED = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.'

/** A command line of each command that does what it is for: its document is held against its schema when it runs. */
const SAMPLES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  decode: [[T], [ENCRYPTED], ['-', '--lines']],
  verify: [
    [T, ...PUB],
    [shared(SECRET), '--secret', 'env:SECRET'],
    ['-', '--lines', ...PUB],
  ],
  sign: [
    ['--key', '@key.jwk', '--sub', 'ada', '--exp', '15m'],
    ['{"sub":"ada"}', '--key', '@key.jwk', '--serialization', 'flattened'],
    ['{"sub":"ada"}', '--key', '@key.jwk', '--serialization', 'general'],
    ['@claims.json', '--detached', '--key', '@key.jwk'],
  ],
  encrypt: [
    ['{"sub":"ada"}', '--to', '@enc-pub.jwk'],
    [T, '--secret', '@secret-32.txt', '--alg', 'dir'],
  ],
  decrypt: [
    [ENCRYPTED, '--key', '@enc.jwk'],
    [NESTED, '--key', '@enc.jwk'],
  ],
  'key new': [
    ['ES256', '--out', 'new.jwk', '--public-out', 'new-pub.jwk'],
    ['HS256', '--out', '-'],
    ['Ed25519', '--out', '-', '--format', 'pem'],
  ],
  'key convert': [
    ['@pub.jwk', '--to', 'pem'],
    ['@pub.jwk', '--to', 'der'],
    ['@key.jwk', '--out', 'new.jwk'],
  ],
  'key public': [['@key.jwk'], ['@key.jwk', '--to', 'jwks']],
  'key inspect': [['@key.jwk'], ['@jwks.json'], ['@pub.pem'], ['@secret.jwk'], ['@mixed.json'], ['@small.jwk']],
  'key thumbprint': [['@pub.jwk'], ['@pub.jwk', '--hash', 'sha512']],
  'key set': [
    ['new.json', 'add', '@key.jwk'],
    ['jwks.json', 'remove', '--kid', '2026-b'],
    ['jwks.json', 'list'],
  ],
  jwks: [
    ['@jwks.json'],
    ['@jwks.json', '--lint'],
    ['https://id.example.com/jwks'],
    ['@jwks.json', '--kid', '2026-a', '--pick'],
    ['@mixed.json'],
  ],
  explain: [
    ['aud'],
    [T],
    [ENCRYPTED],
    ['@pub.jwk'],
    ['@jwks.json'],
    ['@mixed.json'],
    ['ES256'],
    ['CS_AUD'],
    ['CSL003'],
    ['4'],
  ],
  lint: [['@pub.jwk'], [T], [T, '@jwks.json'], ['--list-rules'], [UNSIGNED], ['-', '--lines']],
  algs: [[], ['--kind', 'sig'], ['--kind', 'key'], ['--kind', 'enc']],
  debug: [['--print-path'], ['--no-open']],
  completion: [['bash'], ['zsh'], ['fish'], ['powershell']],
  help: [[], ['decode'], ['key'], ['sources']],
}
const WORLD = { input: `${T}\n\nnot a token\n${ENCRYPTED}\n`, page: '/usr/share/countersign/debugger.html' }

/** What a command prints for programs. */
async function documentOf(words: readonly string[]): Promise<Record<string, unknown>> {
  const { out } = await command([...words, '--json'], worldOf(WORLD))
  return JSON.parse(out.split('\n', 1)[0] ?? '') as Record<string, unknown>
}

test('a document with a member too many, one too few, or another v is not what its schema says', async () => {
  for (const [name, [words = []] = []] of Object.entries(SAMPLES)) {
    const document = await documentOf([...name.split(' '), ...words])
    const schema = schemaFor(name)
    hold(schema, document)
    const wrong: readonly object[] = [
      { ...document, more: 1 },
      { ...document, v: 2 },
      { ...document, ok: undefined },
      { ...document, cmd: 'nothing' },
      { ...document, ok: false },
      { ...document, notes: [] },
      { ...document, notes: [{ code: 'CS_EXPIRED', message: 'x' }] },
    ]
    for (const other of wrong)
      assert.throws(() => hold(schema, JSON.parse(JSON.stringify(other))), /not what schema/, JSON.stringify(other))
  }
})

test('no schema lets a private member into a public key', async () => {
  const key = await documentOf(['key', 'new', 'ES256', '--out', 'new.jwk'])
  const picked = await documentOf(['jwks', '@jwks.json', '--kid', '2026-a', '--pick'])
  for (const document of [key, picked]) {
    hold(schemaFor(document['cmd'] as string), document)
    const open = document['public'] as object
    for (const name of ['d', 'k', 'p', 'priv'])
      assert.throws(() =>
        hold(schemaFor(document['cmd'] as string), { ...document, public: { ...open, [name]: 'AA' } }),
      )
  }
})

test('a document that says no error has none, and one that is refused has a whole one', async () => {
  const { error, ...rest } = await documentOf(['decode', 'x'])
  hold('error', { ...rest, error })
  hold('decode', { ...rest, error })
  for (const wrong of [
    rest,
    { ...rest, ok: true, error },
    { ...rest, error: { ...(error as object), exit: 0 } },
    { ...rest, error: { ...(error as object), stack: 'x' } },
    { ...rest, error: { ...(error as object), docs: 'https://example.com/#cs_malformed' } },
    { ...rest, error: { code: 'CS_MALFORMED' } },
  ])
    for (const schema of ['error', 'decode']) assert.throws(() => hold(schema, wrong), JSON.stringify(wrong))
})

for (const [name, lines] of Object.entries(SAMPLES)) {
  test(`${name}: what it prints for programs is what its schema says`, async () => {
    for (const words of lines) {
      const { code, out, err } = await command([...name.split(' '), ...words, '--json'], worldOf(WORLD))
      assert.equal(err, '')
      // Of several lines one is wrong, and so is one key; one token is not signed.
      const ends = words.includes('--lines') ? 3 : words.includes('@small.jwk') ? 6 : words.includes(UNSIGNED) ? 8 : 0
      assert.equal(code, ends, `${name} ${words.join(' ')}: ${out}`)
      if (words.includes('--lines')) assert.equal(out.trim().split('\n').length, 3)
    }
  })
}

test('where a command line is not understood, and for --version, there is a document, too', async () => {
  for (const args of [['nope'], ['--nope'], ['key'], ['decode', '--nope'], ['--version'], ['decode', '-V']])
    await command([...args, '--json'], worldOf())
})

test('each command has its schema, and each schema its address', () => {
  const names = [...COMMANDS.map(({ name }) => schemaFor(name)), 'help', 'version', 'error', 'common']
  assert.deepEqual([...SCHEMAS.keys()].sort(), names.map((name) => `${name}.json`).sort())
  for (const [file, schema] of SCHEMAS) {
    assert.equal(schema['$id'], `${AT}${file}`)
    assert.equal(schema['$schema'], 'https://json-schema.org/draft/2020-12/schema')
    assert.ok(isSchema(schema), file)
  }
})

test('the samples cover every command', () => {
  assert.deepEqual(Object.keys(SAMPLES), [...COMMANDS.map(({ name }) => name), 'help'])
})

test('a program finds a schema under its name in the package', async () => {
  const { default: schema } = await import('countersign/schema/decode.json', { with: { type: 'json' } })
  assert.equal(schema.$id, `${AT}decode.json`)
})
