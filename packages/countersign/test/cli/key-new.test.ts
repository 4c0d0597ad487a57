import assert from 'node:assert/strict'
import * as crypto from 'node:crypto'
import { test } from 'node:test'
import { exportJwk, importKey, type Jwk, thumbprint } from 'countersign'
import { ALGORITHM } from '../../src/alg/algorithm.ts'
import { isHere, PRIVATE_MEMBERS, publicMembers } from '../support/keys.ts'
import { command, NOW, type Ran, type World } from './support/memory-host.ts'

const make = (args: readonly string[], world: World = {}): Promise<Ran> => command(['key', 'new', ...args], world)
const textIn = ({ written }: Ran, path: string): string => String(written.get(path)?.data)
const jwkIn = (ran: Ran, path: string): Jwk => JSON.parse(textIn(ran, path)) as Jwk
const OUT = ['--out', 'key.jwk']
const PASS = { env: { PASS: 'open sesame' } }
const SEALED = ['--encrypt', '--passphrase', 'env:PASS']

const REFUSED: readonly (readonly [why: string, args: readonly string[], told: RegExp, exit?: number])[] = [
  ['no place for the private key', ['ES256'], /needs a file for the private key: --out FILE[\s\S]*--out - to print/],
  ['no place for a secret', ['HS256'], /needs a file for the secret/],
  ['no algorithm', OUT, /key new needs ALG/],
  ['a misspelt algorithm', ['ES265', ...OUT], /did you mean ES256\?/],
  ['an algorithm in lower case', ['rs256', ...OUT], /did you mean RS256\?/],
  ['a kind of key', ['rsa', ...OUT], /a kind of key[\s\S]*key new RS256/],
  ['a curve to agree on', ['X25519', ...OUT], /key new ECDH-ES --crv X25519/],
  ['a name of nothing', ['frobnicate', ...OUT], /no algorithm that is known\.\n.*countersign algs/],
  ['no signature at all', ['none', ...OUT], /nobody signed is never made/],
  ['direct encryption', ['dir', ...OUT], /key new A256GCM --out/],
  ['a password', ['PBES2-HS256+A128KW', ...OUT], /takes a password, and no key[\s\S]*--password prompt:/],
  ['what is left out on purpose', ['RSA1_5', ...OUT], /Bleichenbacher/, 9],
  ['a size where there is one', ['ES256', ...OUT, '--bits', '256'], /for ES256 is fixed: leave out --bits/],
  [
    'an RSA key that is too short',
    ['RS256', ...OUT, '--bits', '1024'],
    /--bits for RS256 is a multiple of 8 from 2048/,
  ],
  ['a size that is no number', ['RS256', ...OUT, '--bits', 'many'], /--bits is a whole number/],
  ['a curve of something else', ['ECDH-ES', ...OUT, '--crv', 'P-999'], /--crv for ECDH-ES is one of P-256/],
  ['a curve where there is none', ['RS256', ...OUT, '--crv', 'P-256'], /--crv for RS256 has no choice/],
  ['a use that contradicts', ['ES256', ...OUT, '--use', 'enc'], /--use enc contradicts ES256/],
  ['the public half of a secret', ['HS256', ...OUT, '--public-out', 'p'], /a secret, which has no public half/],
  ['the PEM of a secret', ['HS256', ...OUT, '--format', 'pem'], /a secret, which has no form pem/],
  ['the DER of a secret', ['A256GCM', ...OUT, '--format', 'der'], /a secret, which has no form der/],
  ['the thumbprint of a secret', ['HS256', ...OUT, '--kid', 'thumbprint'], /would let others try secrets out/],
  ['a name that a PEM would lose', ['ES256', ...OUT, '--format', 'pem', '--kid', 'a'], /pem has no place for it/],
  ['two halves on one output', ['ES256', '--out', '-', '--public-out', '-'], /both are the standard output/],
  ['a set that is encrypted', ['ES256', ...OUT, '--encrypt', '--format', 'jwks'], /not encrypted as a whole/],
  ['a passphrase for nothing', ['ES256', ...OUT, '--passphrase', 'env:PASS'], /--encrypt is not there/],
  ['a passphrase in plain sight', ['ES256', ...OUT, '--encrypt', '--passphrase', 'hunter2hunter2'], /takes a SOURCE/],
  ['nobody to ask for a passphrase', ['ES256', ...OUT, '--encrypt', '--no-input'], /nobody can be asked/],
]

for (const [why, args, told, exit = 2] of REFUSED) {
  test(`key new refuses ${why}`, async () => {
    const { code, out, err, written } = await make(args)
    assert.equal(code, exit, err)
    assert.match(err, told)
    assert.doesNotMatch(err, /hunter2/)
    assert.equal(out, '')
    assert.equal(written.size, 0)
  })
}

test('key new overwrites neither file without --force, and writes none where one is there', async () => {
  for (const there of ['key.jwk', 'pub.jwk']) {
    const files = { [there]: 'precious' }
    const { code, err, written } = await make(['ES256', ...OUT, '--public-out', 'pub.jwk'], { files })
    assert.equal(code, 2)
    assert.match(err, new RegExp(`${there.replace('.', '\\.')} is there already, and nothing was written`))
    assert.equal(written.size, 0)
    assert.deepEqual(files, { [there]: 'precious' })
  }
  const ran = await make(['ES256', ...OUT, '--force'], { files: { 'key.jwk': 'old' } })
  assert.equal(ran.code, 0)
  assert.equal(jwkIn(ran, 'key.jwk').kty, 'EC')
})

test('octets go to no terminal', async () => {
  const { code, err, out } = await make(['ES256', '--format', 'der', '--out', '-'], { terminal: true })
  assert.equal(code, 2)
  assert.match(err, /der is octets, and a terminal shows text/)
  assert.equal(out, '')
})

/** Makes of these only where this runtime has them; RSA takes long, and one of it stands for all. */
const MADE = [...ALGORITHM.values()].filter(
  ({ id, generate, kty }) =>
    generate !== undefined &&
    (kty[0] !== 'RSA' || id === 'PS256') &&
    (kty[0] === 'oct' || kty[0] === 'RSA' || isMade(id)),
)

function isMade(id: string): boolean {
  return !/^(ES256K|Ed448|EdDSA|ML-DSA)/.test(id) || isHere(id)
}

test('every algorithm has its key: the private part in a file of its owner, the public half in another', async () => {
  assert.ok(MADE.length > 20)
  for (const { id, kty } of MADE) {
    const isSecret = kty[0] === 'oct'
    const ran = await make([id, ...OUT, ...(isSecret ? [] : ['--public-out', 'pub.jwk']), '--json'])
    assert.equal(ran.code, 0, `${id}: ${ran.err}`)
    const made = jwkIn(ran, 'key.jwk')
    assert.equal(made.alg, id)
    assert.equal(ran.written.get('key.jwk')?.isPrivate, true)
    const key = importKey(made)
    assert.ok(key.algorithms.includes(id), id)
    if (isSecret) {
      assert.deepEqual(ran.json(), { v: 1, ok: true, cmd: 'key new', alg: id, files: ['key.jwk'] })
      assert.equal(made.kid, undefined)
    } else {
      const open = publicMembers(made)
      assert.deepEqual(jwkIn(ran, 'pub.jwk'), open)
      assert.equal(ran.written.get('pub.jwk')?.isPrivate, false)
      const print = await thumbprint(key)
      assert.equal(made.kid, print)
      assert.deepEqual(ran.json(), {
        ...{ v: 1, ok: true, cmd: 'key new', alg: id, thumbprint: print },
        ...{ public: open, files: ['key.jwk', 'pub.jwk'] },
      })
    }
    for (const name of PRIVATE_MEMBERS) {
      const value = made[name as 'd']
      if (value !== undefined) assert.ok(!(ran.out + ran.err).includes(value), `${id} shows ${name}`)
    }
  }
})

test('what was written is said beside the output, and with --quiet it is not', async () => {
  const said = await make(['ES256', ...OUT, '--public-out', 'pub.jwk', '--kid', 'mine'])
  assert.equal(said.out, '')
  assert.equal(said.err, 'wrote key.jwk (private, mode 0600): ES256 key, kid mine\nwrote pub.jwk: its public half\n')
  const quiet = await make(['ES256', ...OUT, '--quiet'])
  assert.equal(quiet.out + quiet.err, '')
})

test('--out - prints the private key, and with --json it is a member', async () => {
  const printed = await make(['ES256', '--out', '-'])
  assert.equal(importKey(JSON.parse(printed.out) as Jwk).kind, 'private')
  assert.equal(printed.written.size, 0)
  const { private: jwk, public: open, files } = (await make(['ES256', '--out', '-', '--json'])).json()
  assert.deepEqual(publicMembers(jwk as Jwk), open)
  assert.deepEqual(files, [])
  const pem = (await make(['ES256', '--out', '-', '--json', '--format', 'pem'])).json()
  assert.match(String(pem['private']), /^-----BEGIN PRIVATE KEY-----\n/)
  const der = (await make(['ES256', '--out', '-', '--json', '--format', 'der'])).json()
  assert.equal(importKey(Buffer.from(String(der['private']), 'base64')).kind, 'private')
})

test('--public-out - prints the public half', async () => {
  const ran = await make(['ES256', ...OUT, '--public-out', '-'])
  assert.deepEqual(JSON.parse(ran.out), publicMembers(jwkIn(ran, 'key.jwk')))
})

test('kid, use, size, curve and form are as they are asked for', async () => {
  const named = await make(['RSA-OAEP-256', '--bits', '2056', '--kid', 'enc-1', '--use', 'enc', ...OUT])
  const { kid, use, alg } = jwkIn(named, 'key.jwk')
  assert.deepEqual({ kid, use, alg }, { kid: 'enc-1', use: 'enc', alg: 'RSA-OAEP-256' })
  assert.equal(importKey(jwkIn(named, 'key.jwk')).bits, 2056)
  assert.equal(jwkIn(await make(['ECDH-ES', '--crv', 'X25519', ...OUT]), 'key.jwk').crv, 'X25519')
  assert.equal(
    Buffer.from(jwkIn(await make(['HS256', '--bits', '512', ...OUT]), 'key.jwk').k ?? '', 'base64url').length,
    64,
  )
  const set = await make(['ES256', '--format', 'jwks', ...OUT, '--public-out', 'jwks.json'])
  assert.equal((JSON.parse(textIn(set, 'key.jwk')) as { keys: Jwk[] }).keys[0]?.d?.length, 43)
  const open = (JSON.parse(textIn(set, 'jwks.json')) as { keys: Jwk[] }).keys
  assert.deepEqual(Object.keys(open[0] ?? {}).sort(), ['alg', 'crv', 'kid', 'kty', 'x', 'y'])
  const pem = await make(['ES256', '--format', 'pem', ...OUT, '--public-out', 'pub.pem'])
  const pair = [
    crypto.createPrivateKey(textIn(pem, 'key.jwk')),
    crypto.createPublicKey(textIn(pem, 'pub.pem')),
  ] as const
  assert.deepEqual(crypto.createPublicKey(pair[0]).export({ format: 'jwk' }), pair[1].export({ format: 'jwk' }))
  const der = await make(['Ed25519', '--format', 'der', ...OUT, '--public-out', 'pub.der'])
  assert.equal(importKey(der.written.get('key.jwk')?.data as Uint8Array).kind, 'private')
  assert.equal(importKey(der.written.get('pub.der')?.data as Uint8Array).kind, 'public')
})

test('a passphrase is asked for twice, and nothing is made where the answers differ or there is none', async () => {
  for (const answers of [['one', 'two'], [''], []]) {
    const { code, questions, written } = await make(['ES256', ...OUT, '--encrypt'], { terminal: true, answers })
    assert.equal(code, answers.length === 0 ? 130 : 3)
    assert.ok(questions.length > 0)
    assert.equal(written.size, 0)
  }
  const ran = await make(['ES256', ...OUT, '--encrypt'], { terminal: true, answers: ['open sesame', 'open sesame'] })
  assert.equal(ran.code, 0, ran.err)
  assert.deepEqual(ran.questions, ['passphrase for the new key: ', 'the same again: '])
  assert.equal(textIn(ran, 'key.jwk').split('.').length, 5)
})

test('an encrypted key opens with its passphrase again, in every form', async () => {
  for (const [form, alg, starts] of [
    ['jwk', 'ES256', /^eyJ/],
    ['jwk', 'HS256', /^eyJ/],
    ['pem', 'ES256', /^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/],
    ['der', 'Ed25519', /^0/],
  ] as const) {
    const files: Record<string, string | Uint8Array> = {}
    const made = await make([alg, ...OUT, '--format', form, ...SEALED], { files, ...PASS })
    assert.equal(made.code, 0, made.err)
    assert.match(Buffer.from(files['key.jwk'] ?? '').toString('latin1'), starts)
    const inspect = ['key', 'inspect', '@key.jwk', '--json', '--passphrase', 'env:PASS']
    const opened = await command(inspect, { files, ...PASS })
    assert.equal(opened.code, 0, opened.out)
    assert.equal(opened.json()['kind'], alg === 'HS256' ? 'secret' : 'private')
    const wrong = await command(inspect, { files, env: { PASS: 'open barley' } })
    assert.equal(wrong.code, 3)
    assert.doesNotMatch(wrong.out, /barley|sesame/)
    const none = await command(['key', 'inspect', '@key.jwk', '--no-input'], { files })
    assert.equal(none.code, 2)
    assert.match(none.err, /@key\.jwk is encrypted\.\n.*--passphrase @FILE/)
  }
})

test('an encrypted PEM costs whoever guesses at it 600,000 iterations for each guess', async () => {
  const { written } = await make(['ES256', ...OUT, '--format', 'pem', ...SEALED], PASS)
  const der = Buffer.from(String(written.get('key.jwk')?.data).replace(/-----.*-----/g, ''), 'base64')
  assert.ok(der.includes(Buffer.from('020309' + '27c0', 'hex')), 'INTEGER 600000')
  assert.ok(der.includes(Buffer.from('2a864886f70d0209', 'hex')), 'HMAC-SHA-256')
})

test('long work says how far it is, on a terminal alone', async () => {
  let now = NOW
  const later = (): number => (now += 1)
  const shown = await make(['RS256', '--bits', '2048', ...OUT], { terminal: 'errors', now: later })
  assert.match(shown.err, /making a key for RS256 of 2048 bits: \d+s/)
  assert.ok(shown.err.includes('\r\u001b[Kwrote key.jwk'), 'the line is taken away')
  const hidden = await make(['ES256', ...OUT], { now: later })
  assert.doesNotMatch(hidden.err, /making/)
})

test('the kid of a key goes with what it signs', async () => {
  const files: Record<string, string | Uint8Array> = {}
  await make(['ES256', ...OUT, '--public-out', 'pub.jwk', '--kid', '2026-a'], { files })
  const signed = await command(['sign', '--key', '@key.jwk', '--sub', 'ada', '--exp', '15m'], { files })
  const verified = await command(['verify', signed.out.trim(), '--key', '@pub.jwk', '--json'], { files })
  assert.equal(verified.code, 0, verified.out)
  assert.equal((verified.json()['header'] as { kid: string }).kid, '2026-a')
  const { kid } = await exportJwk(importKey(JSON.parse(String(files['pub.jwk'])) as Jwk))
  assert.equal(kid, '2026-a')
})
