import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NAMES } from '../../src/explain/names.ts'
import { EXIT } from '../../src/messages.ts'
import certificates from '../support/certificates.json' with { type: 'json' }
import { input, mac } from '../support/forge.ts'
import { publicMembers } from '../support/keys.ts'
import * as canaries from './support/canaries.ts'
import { sealed, token } from './support/golden-world.ts'
import { command, NOW, type Ran, type World } from './support/memory-host.ts'

const { SECRET, PASSPHRASE, PRIVATE, RSA, PEM, SEC1, ENCRYPTED_PEM, leakedIn } = canaries
const { certificate } = certificates.certificates.ES256
const json = (value: unknown): string => JSON.stringify(value)
const OCT = json({ kty: 'oct', k: Buffer.from(SECRET).toString('base64url') })
const T = token({ iat: NOW, sub: 'ada' })

const explain = (what: readonly string[], world: World = {}): Promise<Ran> => command(['explain', ...what], world)

test('at a terminal it says what it takes, and does not wait', async () => {
  const { code, out, err } = await explain([])
  assert.deepEqual([code, out], [EXIT.usage, ''])
  assert.match(err, /explain needs something to explain\.?\n {3}fix: countersign explain aud, or TOKEN, or @FILE/)
})

test('a private key or a secret on the command line is refused, and never repeated', async () => {
  for (const what of [json(PRIVATE), json(RSA), OCT, json({ keys: [PRIVATE] }), ` ${PEM}`, ` ${SEC1}`]) {
    const { code, out, err } = await explain([what])
    assert.equal(code, EXIT.usage, err)
    assert.equal(leakedIn(out + err), undefined)
  }
})

test('a word that is not known is not repeated, and what is near to it is named', async () => {
  for (const [word, told] of [
    [SECRET, /^error\[CS_MALFORMED\]: nothing that is known has this name\.\n/],
    ['token.txt', /has this name/],
    ['audience_', /has this name/],
    ['audd', /did you mean aud\?/],
  ] as const) {
    const { code, out, err } = await explain([word])
    assert.deepEqual([code, out], [EXIT.input, ''])
    assert.match(err, told)
    assert.ok(!err.includes(word.slice(0, 30)) || word === 'audd', err)
  }
})

test('a file that is not there, and what cannot be read, is refused', async () => {
  for (const [what, code] of [
    ['@nothing', 'CS_INPUT'],
    ['env:NOTHING', 'CS_INPUT'],
    ['a b c', 'CS_MALFORMED'],
    ['x.y.z', 'CS_MALFORMED'],
    ['{"a":1}', 'CS_MALFORMED'],
    ['@empty', 'CS_MALFORMED'],
    ['@binary', 'CS_MALFORMED'],
  ] as const) {
    const { err, code: exit } = await explain([what], { files: { empty: '', binary: Uint8Array.of(0, 1, 2, 255) } })
    assert.deepEqual([exit, /^error\[(\w+)\]/.exec(err)?.[1]], [EXIT.input, code], err)
  }
})

test('no secret is in any output, whatever it stands in', async () => {
  const claims = { exp: 4e9, password: SECRET, nested: { api_key: SECRET }, key: PRIVATE }
  const files = {
    'key.jwk': json({ ...PRIVATE, kid: 'a' }),
    'rsa.jwk': json(RSA),
    'oct.jwk': OCT,
    'set.json': json({ keys: [PRIVATE, RSA] }),
    'key.pem': PEM,
    'sec1.pem': SEC1,
    'encrypted.pem': ENCRYPTED_PEM,
    'key.der': Uint8Array.from(Buffer.from(PEM.replace(/-----.*-----/g, ''), 'base64')),
    'odd.jwk': json({ ...PRIVATE, d: `${PRIVATE.d}A` }),
    'broken.jwk': `${json(PRIVATE).slice(0, -2)},,`,
    'header.txt': `${input({ alg: 'ES256', jwk: PRIVATE }, {})}.AA`,
    'claims.txt': mac({ alg: 'HS256' }, claims, SECRET),
    'secret.txt': SECRET,
    pp: PASSPHRASE,
  }
  for (const name of Object.keys(files)) {
    for (const way of [[], ['--json'], ['--verbose', '--color', 'always'], ['--passphrase', '@pp']]) {
      if (name === 'encrypted.pem' && !way.includes('--passphrase')) continue
      const { code, out, err } = await explain([`@${name}`, ...way], { files: { ...files } })
      assert.equal(leakedIn(out + err), undefined, `${name} ${way.join(' ')}`)
      assert.notEqual(code, EXIT.internal, `${name}: ${err}`)
    }
  }
})

test('an encrypted key is opened with its passphrase, which is asked for where somebody sits', async () => {
  const files = { k: ENCRYPTED_PEM, pp: `${PASSPHRASE}\n`, wrong: 'x' }
  assert.equal((await explain(['@k'], { files, input: '' })).code, EXIT.usage)
  assert.equal((await explain(['@k', '--passphrase', '@wrong'], { files })).code, EXIT.input)
  assert.match((await explain(['@k', '--passphrase', '@pp'], { files })).out, /^a P-256 private key/)
  const asked = await explain(['@k'], { files, answers: [PASSPHRASE], terminal: true })
  assert.deepEqual([asked.code, asked.questions.length], [0, 1])
  const open = await explain(['@k', '--passphrase', '@pp'], { files: { ...files, k: json(publicMembers(PRIVATE)) } })
  assert.match(open.err, /^note\[CS_NOTE_KEY\]: @k is not encrypted, so --passphrase was not used\.\n/)
})

test('nothing that a terminal acts upon comes out of a token, and it takes no long time', async () => {
  const evil = '\u001b]0;x\u0007\u001b[31m\u202e\u2028'
  const claims = {
    [`a${evil}`]: evil,
    iss: evil,
    sub: 'x'.repeat(1e5),
    deep: JSON.parse('['.repeat(200) + ']'.repeat(200)),
  }
  const shown = mac({ alg: 'HS256', typ: evil, kid: evil, [evil]: 1 }, claims, 'x')
  const { code, out, err } = await explain(['-'], { input: shown })
  assert.equal(code, 0, err)
  assert.doesNotMatch(out + err, /[^\P{Cc}\n]|\u202e|\u2028/u)
  assert.ok(out.length < 20_000)
  for (const hostile of [
    'eyA'.repeat(1e6),
    '.'.repeat(1e6),
    `${'ey'.repeat(1e5)}.e30.`,
    '-----BEGIN A-----\n'.repeat(1e5),
    '{'.repeat(1e5),
  ])
    assert.equal((await explain(['-'], { input: hostile })).code, EXIT.input)
})

test('a claim is told in lines that fit', async () => {
  const { code, out, err } = await explain(['aud'])
  assert.deepEqual([code, err], [0, ''])
  assert.equal(
    out.split('\n\naud,')[0],
    `aud, a claim
  Who the token is meant for.

  type    string or array of strings
  for     A service takes only tokens that name it. Otherwise a token that was
          made for one service opens every other that trusts the same issuer.
  watch   - Compare whole strings: a final slash counts, and a part of a name is
            another name.
          - One string and a list of one mean the same; a reader has to take
            both.
          - Where it names several, each of them can use the token at the
            others.
  read    RFC 7519 §4.1.3
  source  IANA, JSON Web Token Claims, as of 2026-07-20`,
  )
})

test('no line of any word is longer than 80 characters, and each document fits its schema', async () => {
  for (const name of NAMES) {
    const { code, out } = await explain([name])
    assert.equal(code, 0, name)
    for (const line of out.split('\n')) assert.ok(line.length <= 80, `${name}: ${line}`)
  }
  for (const name of ['aud', 'kid', 'jkt', 'at+jwt', 'ES256', 'CS_AUD', 'CS_NOTE_CUT', 'CSL003', 'tid', '4'])
    await explain([name, '--json'])
})

test('a word may come from anywhere, with white space around it', async () => {
  const { out } = await explain(['aud'])
  assert.equal((await explain([], { input: 'aud\n' })).out, out)
  assert.equal((await explain(['@f'], { files: { f: ' AUD\n' } })).out, out)
  assert.equal((await explain(['clip:'], { clipboard: 'aud' })).out, out)
  assert.equal((await explain(['env:W'], { env: { W: 'aud' } })).out, out)
})

test('an exit code is a word as well', async () => {
  for (const code of Object.values(EXIT)) {
    const { out } = await explain([String(code)])
    assert.match(out, new RegExp(`^${code}, an exit code of the command\\n {2}\\S`))
  }
  assert.equal((await explain(['77'])).code, EXIT.input)
})

test('a token is told member by member, with what lint finds, and what stood around it is noted', async () => {
  const { code, out, err } = await explain(['-'], { input: `Authorization: Bearer ${T}` })
  assert.equal(code, 0)
  assert.match(err, /^note\[CS_NOTE_BEARER\]: /)
  assert.match(out, /^a token, signed \(JWS\)\n {2}It has claims, and nothing in it says what it is for\.\n/)
  assert.match(out, /\n {2}It says that "https:\/\/id\.example\.com" issued it/)
  assert.match(out, /\nheader\n {2}alg {2}"ES256"\n {7}an ECDSA signature/)
  assert.match(out, /\npayload\n(?:.*\n)* {2}exp {2}2026-11-21T23:00:00Z \(in 25m\)\n {7}when the token expires/)
  assert.match(out, /\n {2}watch {3}Nothing was verified: /)
  assert.match(out, /\n {2}lint {4}.*CSL015/)
  for (const line of out.split('\n')) assert.ok(line.length <= 80, line)
})

test('a token, a key, a set and a certificate are told to programs', async () => {
  const kindsOf = ({ json: document }: Ran): unknown =>
    (document()['explanations'] as { kind: string }[]).map(({ kind }) => kind)
  const JWE = await sealed('{"sub":"ada"}')
  const open = publicMembers(PRIVATE)
  for (const [what, ...kinds] of [
    [T, 'token'],
    [JWE, 'token'],
    [json(open), 'key'],
    [json({ keys: [open] }), 'set'],
    [` ${certificate}`, 'certificate', 'key'],
    ['kid', 'header', 'jwk', 'confirmation'],
  ] as const)
    assert.deepEqual(kindsOf(await explain([what, '--json'])), kinds)
})

test('of several certificates the first is told, and that there are others', async () => {
  const chain = certificate + certificates.certificates.RS256.certificate
  const { code, out, err } = await explain(['@chain'], { files: { chain } })
  assert.equal(code, 0, err)
  assert.match(out, /^an X\.509 certificate\n[\s\S]*subject {4}CN=ES256 test, O=countersign\n/)
  assert.match(err, /note\[CS_NOTE_KEY\]: of the 2 blocks in @chain/)
})

test('what others call it leads to explain', async () => {
  for (const word of ['describe', 'what', 'define']) {
    const { code, err } = await command([word, 'aud'])
    assert.equal(code, EXIT.usage)
    assert.match(err, /did you mean explain\?/)
  }
})

test('colour is for terminals, and changes no word', async () => {
  const plain = (await explain([T])).out
  const { out } = await explain([T, '--color', 'always'])
  assert.notEqual(out, plain)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it begins what gives colour
  assert.equal(out.replaceAll(/\u001b\[\d+m/g, ''), plain)
})
