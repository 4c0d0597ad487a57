import assert from 'node:assert/strict'
import { test } from 'node:test'
import { COMMANDS } from '../../src/cli/main.ts'
import { parseCommandLine } from '../../src/cli/parse.ts'
import { run } from './fake-host.ts'

const REFUSED: readonly (readonly [line: string, why: RegExp])[] = [
  ['', /^there is no command\n/],
  ['srve', /"srve" is no command, did you mean serve\?/],
  ['user ad', /"user ad" is no command, did you mean user add\?/],
  ['usr add a@example.com', /"usr" is no command, did you mean user add\?/],
  ['keys', /^keys is not all: keys list, keys rotate, keys revoke\ncountersign-authority keys --help/],
  ['keys drop', /"keys drop" is no command: keys list, keys rotate, keys revoke/],
  ['constructor', /"constructor" is no command\n/],
  ['--json keys list', /^--json stands where a command should/],
  ['keys list --jsn', /^keys list has no option --jsn, did you mean --json\?\ncountersign-authority keys list --help/],
  ['keys list --no-json', /keys list has no option --no-json\n/],
  ['keys list -x', /keys list has no option -x\n/],
  ['keys list --constructor', /keys list has no option --constructor\n/],
  ['keys list --json=yes', /^--json takes no value/],
  ['keys list further', /^keys list takes no further words/],
  ['keys revoke', /^keys revoke needs KID: the key, as keys list names it/],
  ['keys revoke a b', /^keys revoke takes one KID, and there are more words/],
  ['keys revoke a --reason', /^--reason needs a value: TEXT/],
  ['keys revoke a --reason=', /^--reason needs a value/],
  ['keys revoke a --reason --json', /^--reason needs a value; one that begins with a dash is written --reason=-/],
  ['keys revoke a --reason b --reason c', /^--reason is given twice/],
  ['user add', /^user add needs EMAIL/],
  ['user list --limit 0', /^--limit is a whole number from 1 to 1000000/],
  ['user list --limit 5x', /^--limit is a whole number/],
  ['user list --limit 1e3', /^--limit is a whole number/],
  ['user list --limit -5', /^--limit needs a value/],
  ['user list --limit 5 --all', /^--all and --limit say different things/],
  ['user update', /^user update needs USER: the user, by e-mail address or id/],
  ['user update a@example.com', /^nothing changes: there is --email, --name, --role and --no-roles/],
  ['user update a@example.com --role x --no-roles', /^--role and --no-roles say different things/],
  ['user delete a@example.com', /^this is final, and there is nobody to ask: add --yes/],
  ['user reset-pasword a@example.com', /is no command, did you mean user reset-password\?/],
  ['client rotate-secret shop --now --finish', /^--finish and --now say different things/],
  ['session end', /^either one session is ended, by ID, or all of one user, by --user/],
  ['session end id --user a@example.com', /^either one session is ended/],
  ['audit tail -n 10001', /^--lines is a whole number from 0 to 10000/],
  ['audit tail -n', /^--lines needs a value: N/],
  ['client add --type wbe', /^--type is one of web, public, service, device, did you mean web\?/],
  ['client add --resource https://api.example', /^--resource is URI=SCOPE,…, such as/],
  ['client add --resource =read', /^--resource is URI=SCOPE/],
  ['client add --resource https://api.example=', /^--resource is URI=SCOPE/],
  ['client add --resource https://a.example=x --resource https://a.example=y', /names the same API twice/],
  ['client add --id-token-encryption RSA-OAEP-256,A256GCM,x', /^--id-token-encryption is ALG,ENC/],
]

for (const [line, why] of REFUSED) {
  test(`"${line}" is refused with exit code 2, and where help is`, async () => {
    const { code, out, err, asked } = await run(line.split(' ').filter(Boolean))
    assert.equal(code, 2)
    assert.equal(out, '')
    assert.match(err, why)
    assert.match(err, /--help says what there is$/)
    assert.deepEqual(asked, [])
  })
}

test('what is refused repeats no value: it may be a password', async () => {
  for (const line of [
    'user add a@example.com hunter22',
    'user add a@example.com --password=hunter22',
    'user add a@example.com --password hunter22',
    'user add a@example.com -p=hunter22',
    'user add a@example.com --json=hunter22',
    'client add --type hunter22',
    'user list --limit hunter22',
    'user delete hunter22',
    'session end hunter22 --user hunter22',
    '--password=hunter22 user add a@example.com',
  ]) {
    const { code, out, err } = await run(line.split(' '))
    assert.equal(code, 2)
    assert.ok(!`${out}${err}`.includes('hunter22'), line)
  }
})

test('every command has help, with each of its options, and so has each group and the whole', async () => {
  const whole = await run(['--help'])
  assert.equal(whole.code, 0)
  for (const line of whole.out.split('\n')) assert.ok(line.length <= 80, line)
  for (const { name, options } of COMMANDS) {
    assert.ok(whole.out.includes(`\n  ${name} `), name)
    for (const args of [
      [...name.split(' '), '--help'],
      ['help', ...name.split(' ')],
      [...name.split(' '), '-h'],
    ]) {
      const { code, out, err } = await run(args)
      assert.deepEqual([code, err], [0, ''])
      assert.match(out, new RegExp(`^countersign-authority ${name}\\b`))
      for (const option of Object.keys(options)) assert.match(out, new RegExp(`^  (-\\w, )?--${option}\\b`, 'm'))
      for (const line of out.split('\n')) assert.ok(line.length <= 80, line)
    }
  }
  const { out } = await run(['keys', '--help'])
  assert.match(out, /keys list .*\n {2}keys rotate .*\n {2}keys revoke KID /)
  assert.doesNotMatch(out, /user add/)
})

test('the help on everything has each command once, under a heading', async () => {
  const { out } = await run(['--help'])
  const listed = out.split('\n').filter((line) => /^ {2}\S/.test(line))
  const names = listed.map((line) =>
    line
      .slice(2)
      .replace(/ (\[?[A-Z]+\]?)? {2,}.*$/, '')
      .trim(),
  )
  assert.deepEqual(names.toSorted(), COMMANDS.map(({ name }) => name).toSorted())
  assert.match(out, /^People\n {2}user add EMAIL {2,}/m)
  assert.match(out, /^ {2}session end \[ID\] {2,}/m)
  assert.doesNotMatch(out, /^More$/m)
})

test('every command that prints something can print JSON', () => {
  const without = COMMANDS.filter(({ options }) => !('json' in options)).map(({ name }) => name)
  assert.deepEqual(without, ['serve'])
})

test('--version says the version', async () => {
  assert.deepEqual(await run(['--version']), { code: 0, out: '1.2.3', err: '', asked: [] })
})

test('options stand before and behind the word, with and without an equals sign, and after -- all are words', () => {
  const parse = (line: string): unknown => {
    const { kind: _, ...rest } = parseCommandLine(line.split(' '), COMMANDS) as { command?: unknown; kind: string }
    const { command: __, ...said } = rest
    return said
  }
  const expected = { argument: 'kid', values: { reason: '-x', json: true } }
  assert.deepEqual(parse('keys revoke kid --reason=-x --json'), expected)
  assert.deepEqual(parse('keys revoke --json --reason=-x kid'), expected)
  assert.deepEqual(parse('keys revoke --json --reason=-x -- kid'), expected)
  assert.deepEqual(parse('keys revoke -- -kid'), { argument: '-kid', values: { reason: undefined, json: false } })
})
