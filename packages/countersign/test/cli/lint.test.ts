import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { COMMANDS } from '../../src/cli/rows/commands.ts'
import { RULES } from '../../src/lint/rules.ts'
import { b64, input } from '../support/forge.ts'
import { ENCRYPTED_PEM, leakedIn, PEM, PRIVATE, SECRET } from './support/canaries.ts'
import { token } from './support/golden-world.ts'
import { type Document, FILES, found, json, lint, UNSIGNED } from './support/lint-world.ts'
import { NOW } from './support/memory-host.ts'
import { run } from './support/process.ts'

test('a command line that cannot be done is refused, and repeats nothing of it', async () => {
  for (const [args, says] of [
    [[], /lint needs something to look at/],
    [['--lines'], /lint needs something to look at/],
    [['@sound', '--json', '--format', 'sarif'], /--json and --format sarif exclude each other/],
    [['@sound', '--json', '--format', 'pretty'], /exclude each other/],
    [['@sound', '--format', 'xml'], /--format is one of pretty, json, sarif/],
    [['@sound', '--fail-on', 'warning'], /--fail-on is one of error, warn, info/],
    [['@sound', '--rule', 'CSL015'], /--rule CSL015 takes one of CSL015=off, CSL015=error, /],
    [['@sound', '--rule', 'CSL015=fatal'], /--rule CSL015 takes one of/],
    [['@sound', '--rule', 'CSL015=off=warn'], /--rule CSL015 takes one of/],
    [['@sound', '--rule', 'CLS015=off'], /--rule names no rule, did you mean CSL015\?/],
    [['@sound', '--rule', 'csl015=off'], /did you mean CSL015\?/],
    [['@sound', '--rule', 'untyped=off'], /did you mean CSL015\?/],
    [['@sound', '--rule', 'hunter2=off'], /--rule names no rule\.\n.*--list-rules/],
    [['@sound', '--profile', 'oidc'], /--profile is one of bcp, oidc-id-token, rfc9068, dpop/],
    [['@sound', '@shared', '--lines'], /--lines takes one SOURCE of many tokens/],
    [['-', '-'], /WHAT 1 and WHAT 2 both read the standard input/],
    [['-', '--secret', '-'], /both read the standard input/],
    [['@sound', '--secret-encoding', 'hex'], /there is none/],
    [['--secret', 'hunter2'], /--secret takes a SOURCE, and not the thing itself/],
    [['hunter2'], /WHAT is neither a SOURCE nor a token nor a key\.\n.*a secret is looked at with --secret/],
    [['tokens.jwt'], /a file is named with @/],
    [['https://id.example.com/jwks'], /countersign jwks URL --lint/],
    [['--issuer', 'https://id.example.com', '--offline'], /--offline forbids/],
    [['--issuer', 'http://id.example.com'], /keys that come so may be anybody's/],
    [['--issuer', 'https://ada:hunter2@id.example.com'], /has a name or a password in it/],
    [['--list-rules', '@sound'], /--list-rules looks at nothing, and WHAT stands beside it/],
    [['--list-rules', '--rule', 'CSL015=off'], /and --rule stands beside it/],
    [['--list-rules', '--format', 'sarif'], /and --format sarif stands beside it/],
  ] as const) {
    const { code, out, err } = await lint(args)
    assert.equal(code, 2, `${args.join(' ')}: ${err}${out}`)
    assert.match(`${out}${err}`, says)
    assert.doesNotMatch(`${out}${err}`, /hunter2/)
  }
})

test('a private key or a secret on the command line is refused, and not repeated', async () => {
  for (const text of [
    json(PRIVATE),
    PEM,
    ENCRYPTED_PEM,
    json({ kty: 'oct', k: b64(Buffer.from(SECRET)) }),
    FILES['mixed.json'],
    SECRET,
  ]) {
    const { code, out, err } = await lint([text])
    assert.equal(code, 2, err)
    assert.equal(leakedIn(out + err), undefined)
  }
})

test('what cannot be read ends it with 3, before anything is looked at, and says what it was', async () => {
  for (const [args, says] of [
    [['@broken'], /error\[CS_MALFORMED\]: not a token/],
    [['@unsigned', '@broken'], /error\[CS_MALFORMED\]: @broken: not a token/],
    [['@unsigned', '@absent'], /error\[CS_INPUT\]: cannot read @absent/],
    [['@encrypted.pem', '--passphrase', '@broken'], /the passphrase is wrong/],
  ] as const) {
    const { code, out, err } = await lint(args)
    assert.deepEqual([code, out], [3, ''], args.join(' '))
    assert.match(err, says)
  }
  assert.equal((await lint(['-'], { input: '' })).code, 3)
  // Nobody can be asked for what it is encrypted with.
  assert.equal((await lint(['@encrypted.pem'])).code, 2)
})

test('it exits with 8 where something is as grave as --fail-on says', async () => {
  for (const [args, exit] of [
    [['@sound'], 0],
    [['@sound', '--fail-on', 'info'], 0],
    [['@unsigned'], 8],
    [['@unsigned', '--rule', 'CSL001=warn'], 0],
    [['@unsigned', '--rule', 'CSL001=warn', '--fail-on', 'warn'], 8],
    [['@unsigned', '--rule', 'CSL001=info', '--rule', 'CSL001=off', '--fail-on', 'error'], 0],
    [[token({ iat: NOW }, { typ: 'JWT' })], 0],
    [[token({ iat: NOW }, { typ: 'JWT' }), '--fail-on', 'info'], 8],
    [[token({ iat: NOW }, { typ: 'JWT' }), '--fail-on', 'warn'], 0],
    [[token({ iat: NOW, sub: 'ada' }, { typ: 'at+jwt' }), '--profile', 'dpop'], 8],
  ] as const) {
    for (const way of [[], ['--json'], ['--quiet'], ['--format', 'sarif']]) {
      const { code, out } = await lint([...args, ...way])
      assert.equal(code, exit, `${args.slice(1).join(' ')} ${way}: ${out}`)
      if (way[0] === '--json') assert.equal((JSON.parse(out) as Document).ok, exit === 0)
    }
  }
})

test('for people: what was found, gravest first, with what to do, and how much there is', async () => {
  const { out, err, code } = await lint(['@unsigned'])
  assert.deepEqual([code, err], [8, ''])
  const lines = out.split('\n')
  assert.equal(lines[0], '@unsigned  a token (JWS)')
  assert.equal(lines[1], '  error  CSL001  header.alg: alg is "none": nobody signed the token.')
  assert.match(lines[2] ?? '', /^ {17}fix: refuse it.* \(RFC 8725 §3\.2\)$/)
  assert.match(out, /\n\n1 error, 3 warnings, 1 info\n$/)
  const order = [...out.matchAll(/^ {2}(error|warn|info) /gm)].map(([, severity]) => severity)
  assert.deepEqual(order, ['error', 'warn', 'warn', 'warn', 'info'])
})

test('without findings it says that nothing was verified; of a key it does not', async () => {
  const { out } = await lint(['@sound'])
  assert.equal(
    out,
    '@sound  a token (JWS)\n  no findings\nNothing was verified: a token without findings may be forged all the same. `countersign verify` finds out.\n',
  )
  assert.equal((await lint(['@open.jwk'])).out, '@open.jwk  a key (JWK)\n  no findings\n')
})

test('--quiet leaves a line for each finding, --verbose says why it matters', async () => {
  const quiet = await lint(['@unsigned', '-q'])
  assert.match(quiet.out, /^error CSL001 header\.alg: alg is "none": nobody signed the token\.\nwarn CSL009 /)
  assert.equal(quiet.out.trimEnd().split('\n').length, 5)
  assert.equal((await lint(['@sound', '-q'])).out, '')
  assert.match((await lint(['@unsigned', '@sound', '-q'])).out, /^@unsigned: error CSL001 header\.alg: /)
  assert.match((await lint(['@unsigned', '-v'])).out, /^ {17}why: With alg "none"/m)
})

test('of several things each has its findings, and says so for programs', async () => {
  const { out } = await lint(['@unsigned', '@sound', '@private.pem', UNSIGNED])
  assert.match(out, /^@sound {2}a token \(JWS\)\n {2}no findings\n\n@private\.pem {2}a key \(PEM PRIVATE KEY\)\n/m)
  assert.match(out, /\n\nWHAT 4 {2}a token \(JWS\)\n/)
  assert.match(out, /\n2 errors, 6 warnings, 2 infos\n$/)
  const { findings, summary } = await found(['@unsigned', '@sound', UNSIGNED])
  assert.deepEqual([...new Set(findings.map((finding) => finding.in))], ['@unsigned', 'WHAT 3'])
  assert.deepEqual(summary, { error: 2, warn: 6, info: 2 })
  assert.ok((await found(['@unsigned'])).findings.every((finding) => finding.in === undefined))
})

test('what a stranger wrote into a token does nothing to a terminal', async () => {
  const evil = '\u001b]0;owned\u0007\u202egpj\r\n'
  const texts = `${input({ alg: 'none', kid: `../${evil}`, jku: evil, crit: [evil], [evil]: 1 }, { [evil]: { password: evil, exp: evil }, exp: evil })}.`
  for (const way of [[], ['-q'], ['-v'], ['--json'], ['--format', 'sarif']]) {
    const { out } = await lint([texts, ...way], { terminal: 'output', env: { NO_COLOR: '1' } })
    assert.match(out, /CSL005/)
    assert.doesNotMatch(out.replaceAll('\n', ''), /\p{Cc}|\u202e/u)
  }
})

test('colour is for those who see it', async () => {
  const { out } = await lint(['@unsigned', '--color', 'always'])
  assert.ok(out.includes('\u001b[31merror\u001b[0m'))
  assert.ok(!(await lint(['@unsigned'])).out.includes('\u001b'))
})

test('--format json is --json, also for what goes wrong', async () => {
  assert.equal((await lint(['@unsigned', '--format=json'])).out, (await lint(['@unsigned', '--json'])).out)
  assert.equal((await lint(['@unsigned', '--json', '--format', 'json'])).code, 8)
  for (const args of [
    ['@broken', '--format', 'json'],
    ['--format=json', '--bogus'],
    ['--format=json', '--rule', 'x'],
  ]) {
    const { out, err } = await lint(args)
    assert.equal(err, '')
    assert.deepEqual((JSON.parse(out) as { ok: boolean }).ok, false)
  }
})

test('--list-rules has every rule, for people and for programs', async () => {
  const { out, code } = await lint(['--list-rules'])
  assert.equal(code, 0)
  for (const { id, name, title } of RULES) assert.match(out, new RegExp(`^${id} .* ${name} .*`, 'm'), title)
  const { rules } = (await lint(['--list-rules', '--format=json'])).json() as { rules: { id: string; docs: string }[] }
  assert.deepEqual(
    rules.map(({ id }) => id),
    RULES.map(({ id }) => id),
  )
  assert.ok(rules.every(({ id, docs }) => docs.endsWith(`/docs/lint.md#${id.toLowerCase()}`)))
})

test('completion offers every rule that there is', () => {
  const { offers } = COMMANDS.find(({ name }) => name === 'lint')?.options['rule'] ?? {}
  assert.deepEqual(
    offers,
    RULES.map(({ id }) => `${id}=`),
  )
})

test('the README shows what lint prints', async () => {
  const john =
    'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c'
  const readme = readFileSync(new URL('../../../../README.md', import.meta.url), 'utf8')
  const [, shown] = /^\$ countersign lint "\$TOKEN"\n((?:.*\n)*?)```$/m.exec(readme) ?? []
  assert.equal((await lint([john])).out, shown)
})

test('as a process', async () => {
  const { code, out, err } = await run(['lint', '-', '--format', 'json'], { input: UNSIGNED })
  assert.deepEqual([code, err], [8, ''])
  assert.equal((JSON.parse(out) as Document).findings[0]?.rule, 'CSL001')
})
