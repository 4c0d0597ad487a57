import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { commandIn, parseCommandLine, type Request } from '../../src/cli/line/parse.ts'
import { COMMANDS } from '../../src/cli/rows/commands.ts'
import { GLOBAL, type Option } from '../../src/cli/rows/table.ts'
import { CommandError } from '../../src/diagnosis/told.ts'
import { command } from './support/memory-host.ts'

const parse = (...args: readonly string[]): Request => parseCommandLine(args, COMMANDS)

/** What is said about a command line that says nothing that can be done. */
function refusal(...args: readonly string[]): string {
  try {
    parse(...args)
  } catch (error) {
    assert.ok(error instanceof CommandError)
    assert.equal(error.told.code, 'CS_USAGE')
    assert.equal(error.told.exit, 2)
    return `${error.told.message} ${error.told.hint}`
  }
  return assert.fail(`${args.join(' ')} is not refused`)
}

function values(...args: readonly string[]): Readonly<Record<string, unknown>> {
  const request = parse(...args)
  return request.kind === 'run' ? request.values : assert.fail(`${request.kind}, and not a command`)
}

const REFUSED: readonly (readonly [why: string, args: readonly string[], says: RegExp])[] = [
  ['a command that is misspelt', ['deocde'], /"deocde" is no command, did you mean decode\?/],
  ['a command that is cut short', ['dec'], /did you mean decode or decrypt\?/],
  ['a command as others call it', ['keygen'], /did you mean key new\?/],
  ['the second word of a command alone', ['thumbprint'], /did you mean key thumbprint\?/],
  ['a second word that is misspelt', ['key', 'nwe'], /"key nwe" is no command, did you mean key new\?/],
  ['a group without its second word', ['key'], /key needs one more word: new, convert, .*countersign help key/],
  [
    'a token for a command',
    ['eyJhbGciOiJIUzI1NiJ9.e30.c2ln'],
    /a token stands where a command should.*countersign decode/,
  ],
  ['a SOURCE for a command', ['@token.txt'], /a SOURCE stands where a command should/],
  ['what is nothing at all', ['xyzzy'], /"xyzzy" is no command\. `countersign help`/],
  [
    'an option that is misspelt',
    ['verify', '--leewya', '5s'],
    /verify has no option --leewya, did you mean --leeway\?/,
  ],
  ['an option that is cut short', ['verify', '--allow-exp'], /did you mean --allow-expired\?/],
  ['an option as others call it', ['verify', '--audience', 'x'], /did you mean --aud\?/],
  ['--no-color', ['decode', '--no-color'], /did you mean --color never\?/],
  [
    'an option of another command',
    ['decode', '--leeway', '5s'],
    /decode has no option --leeway\. --leeway is an option of verify\./,
  ],
  ['a letter of another command', ['decode', '-c', 'a=b'], /-c is an option of sign, encrypt\./],
  ['an option of a command before its name', ['--kid', 'a', 'verify'], /stands behind the name of the command/],
  ['a long name with one dash', ['verify', '-kid', 'a'], /did you mean --kid\?/],
  ['an option without its value, at the end', ['sign', '--exp'], /--exp needs a value: --exp TIME/],
  ['an option without its value, before another', ['sign', '--exp', '--sub', 'a'], /--exp needs a value: --exp TIME/],
  ['an option without its value, before --', ['sign', '--exp', '--', 'a'], /--exp needs a value: --exp TIME/],
  [
    'a value that begins with a dash',
    ['sign', '--exp', '-5m'],
    /begins with a dash.* behind an equals sign: --exp=-5m/,
  ],
  ['another such value', ['sign', '--nbf', '-1w2d'], /--nbf=-1w2d/],
  ['such a value that may be a secret', ['sign', '--sub', '-x7Zq'], /--sub=-…/],
  ['an empty value', ['verify', '--aud', ''], /--aud needs a value: --aud S, and an empty one stands there.*variable/],
  ['an empty value behind an equals sign', ['verify', '--aud='], /and an empty one stands there/],
  ['a value for a flag', ['decode', '--lines=yes'], /--lines takes no value/],
  ['an option twice', ['sign', '--exp', '1m', '--exp=2m'], /--exp is given twice/],
  [
    'another word than the known ones',
    ['decode', '--part', 'paylaod'],
    /one of header, payload, signature, did you mean payload\?/,
  ],
  ['what is no number', ['key', 'new', 'RS256', '--bits', '4k'], /--bits is a whole number from 128 to 8192/],
  ['a number that is too large', ['key', 'new', 'RS256', '--bits', '9000'], /from 128 to 8192/],
  ['too few words', ['key', 'set', 'jwks.json'], /key set needs WHAT: add, remove or list/],
  ['too many words', ['decode', 'a', 'b'], /decode takes one TOKEN, and there are more words/],
  ['words where there are none', ['algs', 'a'], /algs takes no further words/],
  ['a shell that there is no script for', ['completion', 'tcsh'], /SHELL is one of bash, zsh, fish, powershell/],
]

for (const [why, args, says] of REFUSED) {
  test(`${why} is refused, and what is near is named`, () => assert.match(refusal(...args), says))
}

test('an abbreviation is no option, even where nothing else begins like it', () => {
  assert.match(refusal('decode', '--lin'), /has no option --lin, did you mean --lines\?/)
})

test('names of JavaScript are neither commands nor options nor words', () => {
  for (const name of ['__proto__', 'constructor', 'toString']) {
    assert.match(refusal(name), /is no command/)
    assert.match(refusal('decode', `--${name}`), /has no option/)
    assert.match(refusal('decode', `--part=${name}`), /is one of/)
  }
})

test('a command line that is wrong is answered in JSON where it says so anywhere, with the name of its command', async () => {
  for (const [args, cmd] of [
    [['verify', '--bogus', '--json'], 'verify'],
    [['--json', 'key', 'nwe'], 'countersign'],
    [['key', 'set', '-j'], 'key set'],
    [['deocde', '--json'], 'countersign'],
  ] as const) {
    const { code, json, err } = await command(args)
    assert.equal(code, 2)
    assert.equal(err, '')
    assert.equal(json()['cmd'], cmd)
    assert.equal((json()['error'] as { code: string }).code, 'CS_USAGE')
  }
})

test('the name of the command is found on a line that is wrong otherwise', () => {
  assert.equal(commandIn(['--color', 'always', 'key', '--bogus', 'new', '--exp'], COMMANDS), 'key new')
  assert.equal(commandIn(['nothing'], COMMANDS), '')
})

test('options stand before, between and behind the words of a command', () => {
  const request = parse('--json', 'key', '-q', 'new', '--kid', 'a', 'X', '--color=never')
  assert.ok(request.kind === 'run')
  assert.equal(request.command.name, 'key new')
  assert.deepEqual(request.words, ['X'])
  assert.equal(request.settings.json && request.settings.quiet, true)
  assert.equal(request.settings.color, 'never')
  assert.equal(request.values['kid'], 'a')
})

test('options of one letter stand together, and the last may have its value', () => {
  assert.equal(values('decode', '-jqofile', 'x')['out'], 'file')
  assert.equal(values('decode', '-jo', 'file', 'x')['out'], 'file')
  assert.equal(values('decode', '-o=file', 'x')['out'], 'file')
  assert.equal(values('decode', '-o-', 'x')['out'], '-')
  assert.equal(values('decode', '-o', '-', 'x')['out'], '-')
  assert.equal(values('decode', '-jqo-')['json'], true)
})

test('options that may be given several times keep their order', () => {
  assert.deepEqual(values('sign', '--aud', 'b', '-ca=1', '--aud=a', '-c', 'a=2')['aud'], ['b', 'a'])
  assert.deepEqual(values('sign', '--aud', 'b', '-ca=1', '--aud=a', '-c', 'a=2')['claim'], ['a=1', 'a=2'])
})

test('a value may begin with a dash behind an equals sign, and hold further ones', () => {
  assert.equal(values('sign', '--exp=-5m')['exp'], '-5m')
  assert.equal(values('sign', '--sub=a=b')['sub'], 'a=b')
  assert.equal(values('sign', '--key', '-')['key'], '-')
})

test('a value that may be left out stands behind an equals sign, or is a number', () => {
  assert.equal(values('sign', '--jti')['jti'], '')
  assert.equal(values('sign', '--jti=a')['jti'], 'a')
  assert.equal(values('sign', '--jti', '@claims.json')['jti'], '')
  assert.equal(values('debug', '--serve')['serve'], '')
  assert.equal(values('debug', '--serve', '8080')['serve'], '8080')
})

test('behind -- everything is a word', () => {
  const request = parse('decode', '--lines', '--', '--json')
  assert.ok(request.kind === 'run')
  assert.deepEqual(request.words, ['--json'])
  assert.equal(request.settings.json, false)
  assert.equal(values('--', 'decode', '-')['json'], false)
})

test('help is given whatever else stands on the line, and of the command that it names', () => {
  for (const [args, name] of [
    [['-h'], ''],
    [['help'], ''],
    [['--help', 'verify'], 'verify'],
    [['verify', '--bogus', '-h'], 'verify'],
    [['verify', '--key', '-h'], 'verify'],
    [['key', 'new', '--bits', 'many', '--help'], 'key new'],
    [['key', '-h'], 'key'],
    [['key', 'help'], 'key'],
    [['key', 'help', 'new'], 'key new'],
    [['help', 'key', 'new'], 'key new'],
    [['help', 'sources', '--json'], 'sources'],
  ] as const) {
    const request = parse(...args)
    assert.ok(request.kind === 'help', args.join(' '))
    assert.equal(request.name, name)
  }
})

test('-h behind -- is a word', () => {
  const request = parse('decode', '--', '-h')
  assert.ok(request.kind === 'run')
  assert.deepEqual(request.words, ['-h'])
})

test('the version is told with and without a command', () => {
  for (const args of [['-V'], ['--version'], ['decode', '--version']]) assert.equal(parse(...args).kind, 'version')
})

test('nothing at all is not understood as anything', () => {
  for (const args of [[], ['--json'], ['--'], ['-q']]) assert.equal(parse(...args).kind, 'none')
})

// What follows holds for command lines that nobody thought of.

const OPTIONS: readonly (readonly [string, Option])[] = [GLOBAL, ...COMMANDS.map(({ options }) => options)].flatMap(
  (options) => Object.entries(options),
)
const word = fc.oneof(
  fc.constantFrom(...COMMANDS.flatMap(({ name }) => name.split(' ')), 'help', '--', '-', '', '@f', 'env:A'),
  fc.constantFrom(...OPTIONS.map(([name]) => `--${name}`)),
  fc.constantFrom('-j', '-jq', '-o', '-c', '-H', '-ofile', '-jx', '-5m', '-h', '-V', '--no', '---', '-='),
  fc.tuple(fc.constantFrom(...OPTIONS.map(([name]) => name)), fc.string()).map(([name, text]) => `--${name}=${text}`),
  fc.string({ unit: 'binary' }),
  fc.string().map((text) => `-${text}`),
)

test('any command line is understood or refused as misuse, and nothing else happens', () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), (args) => {
      try {
        assert.ok(['run', 'help', 'version', 'none'].includes(parse(...args).kind))
      } catch (error) {
        assert.ok(error instanceof CommandError, String(error))
        assert.equal(error.told.code, 'CS_USAGE')
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
        assert.doesNotMatch(error.told.message + error.told.hint, /[\u0000-\u001f\u007f-\u009f\u202e]/)
      }
    }),
    { numRuns: 2000 },
  )
})

test('nothing that is longer than a misspelt word is repeated, wherever it stands', () => {
  const secret = fc
    .string({ minLength: 25, maxLength: 60, unit: 'grapheme-ascii' })
    .map((text) => text.replaceAll(/[\s-]/g, 'x'))
  fc.assert(
    fc.property(
      fc.array(word, { maxLength: 5 }),
      secret,
      fc.array(word, { maxLength: 5 }),
      fc.nat(3),
      (a, text, b, form) => {
        const hidden = [text, `--${text}`, `--secret=${text}`, `-${text}`][form] ?? text
        try {
          parse(...a, hidden, ...b)
        } catch (error) {
          const { told } = error as CommandError
          assert.ok(!JSON.stringify(told).includes(JSON.stringify(text).slice(1, -1)), `${told.message} ${told.hint}`)
        }
      },
    ),
    { numRuns: 2000 },
  )
})

test('a value of an option, or a word behind a command, is never repeated, however short', () => {
  const row = fc.constantFrom(...COMMANDS)
  fc.assert(
    fc.property(
      row,
      fc.array(word, { maxLength: 4 }),
      fc.nat(2),
      fc.nat(100),
      ({ name, options }, rest, form, pick) => {
        const secret = 'hunter2-Zq7'
        const names = Object.keys({ ...GLOBAL, ...options })
        const option = `--${names[pick % names.length]}`
        const given = [[option, secret], [`${option}=${secret}`], [secret]][form] ?? []
        const others = rest.filter((each) => each !== '--')
        try {
          parse(...name.split(' '), ...given, ...others)
        } catch (error) {
          assert.ok(!JSON.stringify((error as CommandError).told).includes('hunter2'))
        }
      },
    ),
    { numRuns: 1000 },
  )
})
