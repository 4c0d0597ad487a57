import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importKey, secretKey } from 'countersign'
import { decryptJwe } from 'countersign/jwe'
import fc from 'fast-check'
import { jwkFor, lacks, pemOf, publicMembers } from '../support/keys.ts'
import { command, NOW, type Ran, type World } from './support/memory-host.ts'

const EC_JWK = jwkFor('ES256')
const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => 7 * index + 1)
const PASSWORD = 'correct horse battery staple'
const FILES = {
  'ec.jwk': JSON.stringify(publicMembers(EC_JWK)),
  'ec-private.pem': pemOf(EC_JWK),
  'rsa.pem': pemOf(publicMembers(jwkFor('RS256'))),
  'ed.pem': pemOf(publicMembers(jwkFor('Ed25519'))),
  'x25519.jwk': JSON.stringify(publicMembers(jwkFor('X25519'))),
  'sign.jwk': JSON.stringify({ ...publicMembers(EC_JWK), alg: 'ES256' }),
  'use-sig.jwk': JSON.stringify({ ...publicMembers(EC_JWK), use: 'sig' }),
  'kw128.jwk': JSON.stringify({ ...publicMembers(EC_JWK), alg: 'ECDH-ES+A128KW', kid: 'enc-1' }),
  'gcm.jwk': JSON.stringify({ kty: 'oct', k: Buffer.from(bytes(32)).toString('base64url'), alg: 'A256GCM' }),
  'password.jwk': JSON.stringify({ kty: 'oct', k: 'cGFzc3dvcmQ', alg: 'PBES2-HS256+A128KW' }),
  ...Object.fromEntries([16, 20, 24, 32, 48, 64].map((length) => [`${length}.bin`, bytes(length)])),
  'password.txt': `${PASSWORD}\n`,
  'blank.txt': '   \n',
}

const encrypt = (args: readonly string[], world: World = {}): Promise<Ran> =>
  command(['encrypt', ...args], { ...world, files: { ...FILES, ...world.files } })

const headerOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8'))

const TO = ['--to', '@ec.jwk']

const REFUSED: readonly (readonly [why: string, args: readonly string[], exit: number, told: RegExp])[] = [
  ['no key', [], 2, /needs a key: --to, --secret or --password/],
  ['two keys', [...TO, '--password', '@password.txt'], 2, /--to and --password exclude each other/],
  ['a password in plain sight', ['--password', PASSWORD], 2, /takes a SOURCE/],
  ['a secret in plain sight', ['--secret', PASSWORD], 2, /takes a SOURCE/],
  ['a misspelt algorithm', [...TO, '--alg', 'ECDH-ES+A256WK'], 2, /did you mean ECDH-ES\+A256KW\?/],
  ['a misspelt content encryption', [...TO, '--enc', 'a256gcm'], 2, /did you mean A256GCM\?/],
  ['an algorithm that signs', [...TO, '--alg', 'ES256'], 2, /ES256, which is no key management/],
  ['an algorithm that is left out', ['--to', '@rsa.pem', '--alg', 'RSA1_5'], 9, /left out on purpose/],
  [
    'an algorithm of another key',
    [...TO, '--alg', 'RSA-OAEP-256'],
    6,
    /cannot encrypt with RSA-OAEP-256: @ec\.jwk holds a public key \(JWK, EC P-256\)/,
  ],
  [
    'a key that signs',
    ['--to', '@ed.pem'],
    6,
    /@ed\.pem holds a public key \(PUBLIC KEY, Ed25519\), which is for EdDSA, Ed25519/,
  ],
  ['a key that is for signatures by its alg', ['--to', '@sign.jwk'], 6, /which is for ES256/],
  ['a key that is for signatures by its use', ['--to', '@use-sig.jwk'], 6, /which is for ES256/],
  [
    'a secret of another size',
    ['--secret', '@20.bin'],
    6,
    /@20\.bin has 20 bytes; a secret to encrypt with has 16, 24, 32, 48 or 64\.[\s\S]*key new A256KW/,
  ],
  [
    'a secret of another size for its enc',
    ['--secret', '@32.bin', '--alg', 'dir', '--enc', 'A128GCM'],
    6,
    /has 32 bytes; A128GCM takes 16\.[\s\S]*key new A128GCM/,
  ],
  [
    'a password by --alg alone',
    ['--secret', '@32.bin', '--alg', 'PBES2-HS512+A256KW'],
    2,
    /takes a password[\s\S]*--password/,
  ],
  ['a password by its JWK', ['--to', '@password.jwk'], 2, /which is for --password to name/],
  ['another algorithm with a password', ['--password', '@password.txt', '--alg', 'A256KW'], 2, /takes no password/],
  ['a blank password', ['--password', '@blank.txt'], 6, /blank/],
  ['--p2c without a password', [...TO, '--p2c', '3000'], 2, /there is none/],
  ['--p2c above what is allowed', ['--password', '@password.txt', '--p2c', '300000'], 2, /at most 210000/],
  ['--p2c that is too low', ['--password', '@password.txt', '--p2c', '999'], 2, /whole number from 1000/],
  ['enc by -H', [...TO, '-H', 'enc=A128GCM'], 2, /for --enc to say/],
  ['zip by -H', [...TO, '-H', 'zip=DEF'], 2, /its length would tell/],
  ['epk by -H', [...TO, '-H', 'epk:={}'], 2, /the encryption itself writes/],
  ['cty by -H around a token', [...TO, '--sign-with', '@ec-private.pem', '-H', 'cty=x'], 2, /a token is inside/],
  ['a public key to sign with', [...TO, '--sign-with', '@ec.jwk'], 6, /cannot sign: @ec\.jwk holds a public key/],
  ['claims of the wrong type', ['{"sub":7}', ...TO], 3, /sub is a number and not a string/],
  ['claims that are too large', ['@big.json', ...TO], 3, /are allowed/],
]

for (const [why, args, exit, told] of REFUSED) {
  test(`encrypt refuses ${why}`, async () => {
    const files = { 'big.json': JSON.stringify({ a: 'x'.repeat(1_100_000) }) }
    const { code, out, err } = await encrypt(args, { files, input: '' })
    assert.match(err, told)
    assert.deepEqual([code, out], [exit, ''])
    assert.ok(!err.includes(PASSWORD))
  })
}

/** What is chosen where nobody says, which the help tells. */
const CHOSEN: readonly (readonly [key: string, alg: string, enc: string])[] = [
  ['--to @rsa.pem', 'RSA-OAEP-256', 'A256GCM'],
  ['--to @ec.jwk', 'ECDH-ES', 'A256GCM'],
  ['--to @x25519.jwk', 'ECDH-ES', 'A256GCM'],
  ['--to @kw128.jwk', 'ECDH-ES+A128KW', 'A256GCM'],
  ['--to @gcm.jwk', 'dir', 'A256GCM'],
  ['--secret @16.bin', 'A128KW', 'A256GCM'],
  ['--secret @24.bin', 'A192KW', 'A256GCM'],
  ['--secret @32.bin', 'A256KW', 'A256GCM'],
  ['--secret @48.bin', 'dir', 'A192CBC-HS384'],
  ['--secret @64.bin', 'dir', 'A256CBC-HS512'],
  ['--password @password.txt --p2c 1000', 'PBES2-HS512+A256KW', 'A256GCM'],
  ['--to @rsa.pem --alg RSA-OAEP --enc A128CBC-HS256', 'RSA-OAEP', 'A128CBC-HS256'],
]

for (const [key, alg, enc] of CHOSEN) {
  const skip = key.includes('x25519') ? lacks('X25519') : false
  test(`encrypt ${key} takes ${alg} and ${enc}`, { skip }, async () => {
    const { code, out, err } = await encrypt(['{"a":1}', ...key.split(' '), '--exp', '5m', '-q'])
    assert.deepEqual([code, err], [0, ''])
    const header = headerOf(out)
    assert.deepEqual([header['alg'], header['enc'], header['typ']], [alg, enc, 'JWT'])
  })
}

test('the help names what is chosen', async () => {
  const { out } = await command(['help', 'encrypt'])
  for (const [, alg] of CHOSEN.filter(([key]) => !/alg|128/.test(key))) assert.ok(out.includes(alg), alg)
})

test('a password takes the most work that is allowed, unless --p2c says less', async () => {
  const { out } = await encrypt(['--password', '@password.txt', '--exp', '1h'])
  assert.equal(headerOf(out)['p2c'], 210_000)
  assert.equal(headerOf((await encrypt(['--password', '@password.txt', '--p2c', '2000'])).out)['p2c'], 2000)
})

test('a password that is typed is asked for twice', async () => {
  const args = ['--password', 'prompt:', '--p2c', '1000', '--exp', '1h']
  const differ = await encrypt(args, { terminal: true, answers: [PASSWORD, 'correct hosre'] })
  assert.deepEqual([differ.code, differ.out], [3, ''])
  assert.match(differ.err, /the two passwords differ/)
  const same = await encrypt(args, { terminal: true, answers: [PASSWORD, PASSWORD] })
  assert.deepEqual(same.questions, ['password: ', 'password again: '])
  const options = { keys: secretKey({ text: PASSWORD }), algorithms: ['PBES2-HS512+A256KW'] }
  await decryptJwe(same.out.trim(), options)
  assert.match((await encrypt(args, { input: '' })).err, /nobody sits at a terminal/)
})

test('a private key given as the recipient is used by its public half, with a note', async () => {
  const { code, out, err } = await encrypt(['{}', '--to', '@ec-private.pem', '--exp', '1h'])
  assert.equal(code, 0)
  assert.match(err, /^note\[CS_NOTE_KEY\]: @ec-private\.pem is a private key; its public half is what encrypts\.\n$/)
  await decryptJwe(out.trim(), { keys: importKey(EC_JWK) })
})

test('claims are encrypted to their last digit, with iat and exp', async () => {
  const { out, err } = await encrypt([
    '{"id":12345678901234567890}',
    ...TO,
    '-c',
    'a:=1.50',
    '--exp',
    '5m',
    '-H',
    'x=1',
  ])
  assert.equal(err, '')
  const { plaintext, header } = await decryptJwe(out.trim(), { keys: importKey(EC_JWK) })
  const text = `{"id":12345678901234567890,"a":1.50,"iat":${NOW},"exp":${NOW + 300}}`
  assert.equal(new TextDecoder().decode(plaintext), text)
  assert.deepEqual(Object.keys(header).slice(0, 5), ['alg', 'enc', 'typ', 'kid', 'x'])
  assert.match((await encrypt(TO)).err, /^note\[CS_NOTE_TIME\]: the token never expires/)
})

test('the kid is that of the key, or what --kid says', async () => {
  assert.equal(headerOf((await encrypt(['--to', '@kw128.jwk', '-q'])).out)['kid'], 'enc-1')
  assert.equal(headerOf((await encrypt(['--to', '@kw128.jwk', '-q', '--kid', 'b'])).out)['kid'], 'b')
  assert.match(String(headerOf((await encrypt([...TO, '-q'])).out)['kid']), /^[\w-]{43}$/)
  assert.equal(headerOf((await encrypt(['--secret', '@32.bin', '-q'])).out)['kid'], undefined)
})

test('with --json there is one document, and a file of it is for its owner alone', async () => {
  const { out, json } = await encrypt(['{"id":12345678901234567890}', ...TO, '--exp', 'never', '--json'])
  const { token, header, ...rest } = json()
  assert.deepEqual(header, headerOf(String(token)))
  assert.deepEqual(rest, { v: 1, ok: true, cmd: 'encrypt', payload: { id: 1.2345678901234567e19, iat: NOW } })
  assert.ok(out.includes('"payload":{"id":12345678901234567890,'))
  const { written } = await encrypt([...TO, '--json', '-o', 'out.json'])
  assert.equal(written.get('out.json')?.isPrivate, true)
})

test('what is encrypted decrypts to the same claims, with every kind of key', async () => {
  const keys = CHOSEN.map(([key]) => key).filter((key) => !key.includes('x25519') || !lacks('X25519'))
  const opener = (key: string): readonly string[] => {
    const [option = '', source = ''] = key.split(' ')
    if (option !== '--to' || source === '@gcm.jwk') return [option.replace('--to', '--key'), source]
    return [
      '--key',
      source.includes('rsa') ? '@rsa-private.pem' : source.includes('x25519') ? '@x-private.jwk' : '@ec-private.pem',
    ]
  }
  const files = {
    'rsa-private.pem': pemOf(jwkFor('RS256')),
    'x-private.jwk': JSON.stringify(jwkFor('X25519')),
    ...FILES,
  }
  const claims = fc.dictionary(
    fc.string({ minLength: 8 }),
    fc.oneof(fc.bigInt(), fc.string({ unit: 'grapheme' }), fc.boolean()),
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...keys), claims, async (key, given) => {
      const each = Object.entries(given).map(
        ([name, value]) => `${JSON.stringify(name)}:${typeof value === 'bigint' ? value : JSON.stringify(value)}`,
      )
      const text = `{${[...each, '"iat":0'].join(',')}}`
      const { out } = await encrypt(['@claims.json', ...key.split(' '), '-q'], { files: { 'claims.json': text } })
      const opened = await command(['decrypt', out, ...opener(key), '-q'], { files: { ...files } })
      assert.equal(opened.code, 0, opened.err)
      assert.equal(opened.out, text)
    }),
    { numRuns: 60 },
  )
})
