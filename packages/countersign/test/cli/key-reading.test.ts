import assert from 'node:assert/strict'
import * as crypto from 'node:crypto'
import { test } from 'node:test'
import type { Jwk } from 'countersign'
import certificates from '../support/certificates.json' with { type: 'json' }
import { derOf, jwkFor, nodePair, pemOf, publicMembers } from '../support/keys.ts'
import { command, type Ran, type World } from './support/memory-host.ts'

const EC = jwkFor('ES256')
const PEM = pemOf(EC)
const OPEN = JSON.stringify(publicMembers(EC))
const { certificate } = certificates.certificates.ES256
const { certificate: other } = certificates.certificates.RS256
const { privateKey } = nodePair(EC)
const sec1 = privateKey.export({ format: 'pem', type: 'sec1' }).toString()
const cipher = { cipher: 'aes-256-cbc', passphrase: 'open sesame' } as const
const sealed = privateKey.export({ format: 'pem', type: 'pkcs8', ...cipher }).toString()
const sealedDer = privateKey.export({ format: 'der', type: 'pkcs8', ...cipher })
const legacy = privateKey.export({ format: 'pem', type: 'sec1', ...cipher }).toString()
const PARAMETERS = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n'

type Content = string | Uint8Array
const inspect = (content: Content, args: readonly string[] = [], world: World = {}): Promise<Ran> =>
  command(['key', 'inspect', '@k', '--json', ...args], { files: { k: content }, ...world })

/** What a key comes in, and what it is then called. */
const READ: readonly (readonly [what: string, content: Content, form: string, kind?: string])[] = [
  ['a JWK', JSON.stringify(EC), 'JWK'],
  ['a JWK behind a byte order mark', `\ufeff${JSON.stringify(EC)}\r\n`, 'JWK'],
  ['a PEM', PEM, 'PEM PRIVATE KEY'],
  ['a PEM with CRLF', PEM.replaceAll('\n', '\r\n'), 'PEM PRIVATE KEY'],
  ['a PEM behind a byte order mark', `\ufeff${PEM}`, 'PEM PRIVATE KEY'],
  ['a PEM of one line with \\n in it', JSON.stringify(PEM), 'PEM PRIVATE KEY'],
  ['a PEM in base64', Buffer.from(PEM).toString('base64'), 'PEM'],
  ['a PEM with its curve before it', PARAMETERS + sec1, 'PEM EC PRIVATE KEY'],
  ['a PEM with words around it', `Bag Attributes\n    friendlyName: k\n${PEM}\nbye\n`, 'PEM PRIVATE KEY'],
  ['a DER', derOf(PEM), 'DER PRIVATE KEY'],
  ['a DER in base64', Buffer.from(derOf(PEM)).toString('base64'), 'DER PRIVATE KEY'],
  ['SEC 1 in a DER', derOf(sec1), 'DER EC PRIVATE KEY'],
  ['a public PEM', pemOf(publicMembers(EC)), 'PEM PUBLIC KEY', 'public'],
  ['a certificate', certificate, 'PEM CERTIFICATE', 'public'],
  ['a certificate in a DER', derOf(certificate), 'DER CERTIFICATE', 'public'],
]

for (const [what, content, form, kind = 'private'] of READ) {
  test(`${what} is read`, async () => {
    const ran = await inspect(content)
    assert.equal(ran.code, 0, ran.out)
    const json = ran.json()
    assert.deepEqual([json['form'], json['kind'], json['crv']], [form, kind, 'P-256'])
    assert.equal(json['notes'], undefined)
    assert.ok(!ran.out.includes(EC.d ?? ''), 'the private member')
  })
}

test('of a file with several blocks the key is taken, or else the first certificate, and that is said', async () => {
  for (const [content, form, note] of [
    [PEM + certificate + other, 'PEM PRIVATE KEY', 'of the 3 blocks in @k, the PRIVATE KEY was taken.'],
    [certificate + other, 'PEM CERTIFICATE', 'of the 2 blocks in @k, the first CERTIFICATE was taken.'],
  ] as const) {
    const json = (await inspect(content)).json()
    assert.deepEqual([json['form'], json['crv']], [form, 'P-256'])
    assert.deepEqual(json['notes'], [{ code: 'CS_NOTE_KEY', message: note }])
  }
  const { code, out } = await inspect(PEM + pemOf(jwkFor('ES256', 1)))
  assert.equal(code, 3)
  assert.match(out, /holds 2 PEM blocks: PRIVATE KEY, PRIVATE KEY/)
})

const WITH = (passphrase: string): World => ({ env: { P: passphrase } })
const P = ['--passphrase', 'env:P']

for (const [what, content, form] of [
  ['PKCS#8', sealed, 'PEM ENCRYPTED PRIVATE KEY'],
  ['PKCS#8 with CRLF', sealed.replaceAll('\n', '\r\n'), 'PEM ENCRYPTED PRIVATE KEY'],
  ['PKCS#8 in base64', Buffer.from(sealed).toString('base64'), 'PEM'],
  ['PKCS#8 in a DER', sealedDer, 'DER ENCRYPTED PRIVATE KEY'],
  ['an old PEM of OpenSSL', legacy, 'PEM EC PRIVATE KEY'],
] as const) {
  test(`${what} that is encrypted takes its passphrase: none, a wrong one, the right one, one that is typed`, async () => {
    const none = await inspect(content, ['--no-input'])
    assert.equal(none.code, 2)
    assert.match(none.out, /@k is encrypted\.".*--passphrase @FILE or --passphrase env:NAME/)
    const wrong = await inspect(content, P, WITH('open barley'))
    assert.equal(wrong.code, 3)
    assert.match(wrong.out, /cannot use @k: .*the passphrase is wrong/)
    assert.doesNotMatch(wrong.out, /barley/)
    const right = await inspect(content, P, WITH('open sesame'))
    assert.equal(right.code, 0, right.out)
    assert.equal(right.json()['form'], form)
    const files = { k: content, p: 'open sesame\r\n' }
    assert.equal((await command(['key', 'inspect', '@k', '--passphrase', '@p'], { files })).code, 0)
    const typed = await command(['key', 'inspect', '@k'], { files, terminal: true, answers: ['open sesame'] })
    assert.equal(typed.code, 0, typed.err)
    assert.deepEqual(typed.questions, ['passphrase of @k: '])
  })
}

test('where the public half is enough, that is what is advised, and no passphrase', async () => {
  const lines = [
    ['verify', 'eyJhbGciOiJFUzI1NiJ9.e30.AAAA', '--key', '@k'],
    ['encrypt', '-c', 'a=b', '--to', '@k', '--sign-with', '@s'],
  ]
  for (const line of lines) {
    const { code, err } = await command(line, { files: { k: sealed, s: PEM } })
    assert.equal(code, 2)
    assert.match(
      err,
      /fix: its public half is enough: countersign key public @k --passphrase @FILE --out public\.jwk, then --(key|to) @public\.jwk\./,
    )
  }
})

test('a passphrase that was not needed is said', async () => {
  for (const content of [PEM, JSON.stringify(EC)]) {
    const { notes } = (await inspect(content, P, WITH('x'))).json()
    assert.deepEqual(notes, [{ code: 'CS_NOTE_KEY', message: '@k is not encrypted, so --passphrase was not used.' }])
  }
})

const utf16 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(`\ufeff${text}`, 'utf16le'))
const block = (label: string): string => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`
const weak = crypto.generateKeyPairSync('rsa', { modulusLength: 1024 })
const pss = crypto.generateKeyPairSync('rsa-pss', { modulusLength: 2048 })
const ssh = `ssh-ed25519 ${'A'.repeat(68)} me@here\n`

const REFUSED: readonly (readonly [what: string, content: Content, exit: number, told: RegExp, hint?: RegExp])[] = [
  ['an empty file', '', 3, /@k is empty\./],
  ['a blank file', ' \n\n', 3, /@k is empty\./],
  ['words', 'hello there', 3, /holds no key: neither a JWK nor a PEM nor a DER/, /--secret/],
  ['octets', Uint8Array.of(1, 2, 3, 0, 255), 3, /holds no key/],
  ['text in UTF-16', utf16(OPEN), 3, /UTF-16/, /write it as UTF-8/],
  ['JSON that is broken', '{"kty":"EC",}', 3, /@k is not JSON: .* at character 12/],
  ['a name that is there twice', '{"kty":"EC","kty":"RSA"}', 3, /@k has the name "kty" twice/],
  ['a JSON array', `[${OPEN}]`, 3, /a JSON array, and a JWK Set is/],
  ['JSON that is no JWK', '{"a":1}', 3, /cannot use @k: this object has no kty/],
  ['a pair of keys', JSON.stringify({ publicKey: {}, privateKey: {} }), 3, /a pair of keys/],
  ['a private key of OpenSSH', block('OPENSSH PRIVATE KEY'), 9, /the format of OpenSSH/, /ssh-keygen -p/],
  ['a public key of OpenSSH', ssh, 9, /public key in the format of OpenSSH/, /ssh-keygen -e/],
  ['a certificate request', block('CERTIFICATE REQUEST'), 9, /a certificate request/, /openssl req/],
  ['a PEM without its last line', PEM.replace(/-----END.*/, ''), 3, /no END line/],
  ['a PEM that says something else', PEM.replaceAll('PRIVATE KEY', 'PUBLIC KEY'), 3, /says PUBLIC KEY and holds/],
  [
    'a PKCS#12',
    Buffer.from('3010020103300b06092a864886f70d010701', 'hex'),
    9,
    /this is a PKCS#12 file/,
    /openssl pkcs12/,
  ],
  [
    'an RSA key of 1024 bits',
    weak.privateKey.export({ format: 'pem', type: 'pkcs1' }).toString(),
    6,
    /has 1024 bits; 2048/,
  ],
  ['an RSA key bound to PSS', pss.publicKey.export({ format: 'pem', type: 'spki' }).toString(), 9, /bound to PSS/],
  [
    'an encrypted token',
    `${Buffer.from('{"alg":"RSA-OAEP","enc":"A256GCM"}').toString('base64url')}.a.b.c.d`,
    3,
    /an encrypted token, and no JWK/,
  ],
]

for (const [what, content, exit, told, hint = /./] of REFUSED) {
  test(`${what} is refused as a key, and what to do is said`, async () => {
    const { code, json, out } = await inspect(content, P, WITH('open sesame'))
    assert.equal(code, exit, out)
    const { error } = json() as { error: { message: string; hint: string } }
    assert.match(error.message, told)
    assert.match(error.hint, hint)
    assert.doesNotMatch(error.hint, /importKey|secretKey|generateKey|Buffer/)
  })
}

test('a private key on the command line is refused and not repeated, alone, in a set, and encrypted', async () => {
  const secret = jwkFor('HS256')
  const enc = await command(['key', 'new', 'ES256', '--out', '-', '--encrypt', ...P], WITH('open sesame'))
  const given = [EC, secret, { keys: [EC] }, { keys: [publicMembers(EC), secret] }].map((jwk) => JSON.stringify(jwk))
  for (const text of [...given, enc.out.trim(), PEM.replace(/^-+/, ''), derBase64()]) {
    const { code, out, err } = await command(['key', 'inspect', text])
    assert.equal(code, 2, err)
    assert.match(err, /command line|and not a key itself/)
    for (const part of [EC.d, secret.k, text.slice(30, 60)]) assert.ok(!(out + err).includes(part ?? '?'))
  }
  const { code, out } = await command(['key', 'thumbprint', OPEN])
  assert.equal(code, 0)
  assert.match(out, /^[\w-]{43}\n$/)
})

const derBase64 = (): string => Buffer.from(derOf(PEM)).toString('base64')

test('where one key is wanted, a set of one is that key, and a set of several is refused', async () => {
  const set = (...keys: Jwk[]): World => ({ files: { s: JSON.stringify({ keys }) } })
  const one = await command(['key', 'thumbprint', '@s'], set(EC))
  assert.equal(one.code, 0)
  const two = await command(['key', 'thumbprint', '@s'], set(EC, jwkFor('ES256', 1)))
  assert.equal(two.code, 6)
  assert.match(two.err, /@s holds a JWK Set of 2 keys, and SRC takes one key[\s\S]*jwks @s --kid ID --pick/)
  const none = await command(['key', 'thumbprint', '@s'], set())
  assert.equal(none.code, 6)
  assert.match(none.err, /of 0 keys/)
})

test('a JWK that another program encrypted under a passphrase is read', async () => {
  const files: Record<string, Content> = { 'key.json': JSON.stringify(EC) }
  const args = ['encrypt', '@key.json', '--password', 'env:P', '--alg', 'PBES2-HS256+A128KW', '--p2c', '10000']
  const made = await command(args, { files, env: { P: 'open sesame' } })
  assert.equal(made.code, 0, made.err)
  const { json } = await inspect(made.out, P, WITH('open sesame'))
  assert.deepEqual([json()['form'], json()['kind']], ['encrypted JWK', 'private'])
})

test('a secret may begin with a brace, and a JWK is no bare secret', async () => {
  const files = { brace: `{${'x'.repeat(40)}`, jwk: JSON.stringify(jwkFor('HS256')) }
  const sign = (name: string): Promise<Ran> =>
    command(['sign', '--secret', `@${name}`, '--alg', 'HS256', '--exp', '15m'], { files })
  assert.equal((await sign('brace')).code, 0)
  const refused = await sign('jwk')
  assert.equal(refused.code, 6)
  assert.match(refused.err, /holds a JWK, and --secret takes the bare secret/)
})
