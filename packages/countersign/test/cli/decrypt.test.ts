import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importKey, secretKey } from 'countersign'
import { encryptJwe } from 'countersign/jwe'
import { signJws } from 'countersign/jws'
import { jwkFor, pemOf, publicMembers } from '../support/keys.ts'
import { command, type Ran, type World } from './support/memory-host.ts'

const EC_JWK = jwkFor('ES256')
const OPEN = importKey(publicMembers(EC_JWK), { kid: 'enc-1' })
const SECRET = Uint8Array.from({ length: 32 }, (_, index) => 7 * index + 1)
const PASSWORD = 'correct horse battery staple'
const FILES = {
  'ec.pem': pemOf(EC_JWK),
  'ec.jwk': JSON.stringify({ ...EC_JWK, kid: 'enc-1' }),
  'other.jwk': JSON.stringify({ ...jwkFor('ES256', 1), kid: 'enc-2' }),
  'public.pem': pemOf(publicMembers(EC_JWK)),
  'rsa.pem': pemOf(jwkFor('RS256')),
  'set.jwk': JSON.stringify({
    keys: [
      { ...jwkFor('ES256', 1), kid: 'enc-2' },
      { ...EC_JWK, kid: 'enc-1' },
    ],
  }),
  'strangers.jwk': JSON.stringify({
    keys: [
      { ...jwkFor('ES256', 1), kid: 'enc-2' },
      { ...jwkFor('RS256', 1), kid: 'r' },
    ],
  }),
  'open.jwk': JSON.stringify({
    keys: [
      { ...publicMembers(EC_JWK), kid: 'enc-1' },
      { ...jwkFor('ES256', 1), kid: 'enc-2' },
    ],
  }),
  'published.jwk': JSON.stringify({ keys: [{ ...publicMembers(jwkFor('ES256', 1)), kid: 'enc-2' }] }),
  'secret.bin': SECRET,
  'wrong.bin': SECRET.map((octet) => octet ^ 1),
  'password.txt': `${PASSWORD}\n`,
  'wrong.txt': 'incorrect horse\n',
  'password.jwk': JSON.stringify({ kty: 'oct', k: 'cGFzc3dvcmQ', alg: 'PBES2-HS256+A128KW' }),
}
const CLAIMS = '{"id":12345678901234567890,"sub":"ada"}'

const decrypt = (args: readonly string[], world: World = {}): Promise<Ran> =>
  command(['decrypt', ...args], { ...world, files: { ...FILES, ...world.files } })

const toEc = (plaintext: string | Uint8Array = CLAIMS): Promise<string> =>
  encryptJwe(plaintext, { key: OPEN, alg: 'ECDH-ES+A256KW' })
const byPassword = (p2c: number): Promise<string> =>
  encryptJwe(CLAIMS, { key: secretKey({ text: PASSWORD }), alg: 'PBES2-HS256+A128KW', p2c })
const TOKEN = await toEc()
const WORK = await byPassword(200_000)

const REFUSED: readonly (readonly [why: string, args: readonly string[], exit: number, told: RegExp])[] = [
  ['no key', [TOKEN], 2, /needs a key: --key, --secret or --password/],
  ['two keys', [TOKEN, '--key', '@ec.pem', '--secret', '@secret.bin'], 2, /--key and --secret exclude each other/],
  ['a password in plain sight', [TOKEN, '--password', PASSWORD], 2, /takes a SOURCE/],
  ['a passphrase of no key', [TOKEN, '--secret', '@secret.bin', '--passphrase', 'env:P'], 2, /opens --key/],
  ['two readers of one input', ['-', '--key', '-'], 2, /both read the standard input/],
  ['no token', ['nothing', '--key', '@ec.pem'], 3, /not a token/],
  ['a token that is cut', [TOKEN.split('.').slice(0, 2).join('.'), '--key', '@ec.pem'], 3, /found 2/],
  ['a misspelt algorithm', [TOKEN, '--key', '@ec.pem', '--alg', 'ECDH-SE'], 2, /did you mean ECDH-ES\?/],
  ['a misspelt content encryption', [TOKEN, '--key', '@ec.pem', '--enc', 'A256GMC'], 2, /did you mean A256GCM\?/],
  ['an algorithm that is left out', [TOKEN, '--key', '@ec.pem', '--alg', 'RSA1_5'], 9, /left out on purpose/],
  [
    'an algorithm that --alg does not name',
    [TOKEN, '--key', '@ec.pem', '--alg', 'ECDH-ES,RSA-OAEP'],
    6,
    /says alg ECDH-ES\+A256KW, and --alg allows ECDH-ES, RSA-OAEP alone/,
  ],
  [
    'an enc that --enc does not name',
    [TOKEN, '--key', '@ec.pem', '--enc', 'A128GCM,A192GCM'],
    6,
    /says enc A256GCM, and --enc allows A128GCM, A192GCM alone/,
  ],
  [
    'a public key',
    [TOKEN, '--key', '@public.pem'],
    6,
    /cannot decrypt: @public\.pem holds a public key \(PUBLIC KEY, EC P-256\)/,
  ],
  [
    'a set that has the public half of its key alone',
    [TOKEN, '--key', '@open.jwk'],
    6,
    /cannot decrypt: @open\.jwk holds the public half alone of the key with kid "enc-1"/,
  ],
  [
    'a set that is one to publish',
    [TOKEN, '--key', '@published.jwk'],
    6,
    /cannot decrypt: @published\.jwk holds public keys alone/,
  ],
  [
    'a key of another kind',
    [TOKEN, '--key', '@rsa.pem'],
    6,
    /says ECDH-ES\+A256KW with A256GCM, and @rsa\.pem holds a private key \(PRIVATE KEY, RSA 2048\)/,
  ],
  [
    'a set without the key',
    [TOKEN, '--key', '@strangers.jwk'],
    6,
    /no key with kid "enc-1" among 2 at @strangers\.jwk: enc-2/,
  ],
  ['a password where a key is needed', [TOKEN, '--password', '@password.txt'], 6, /takes no password/],
  [
    'a token that takes a password, without one',
    [WORK, '--secret', '@secret.bin'],
    6,
    /encrypted with a password \(PBES2-HS256\+A128KW\)[\s\S]*--password/,
  ],
  ['a password in a JWK', [WORK, '--key', '@password.jwk'], 6, /encrypted with a password/],
  [
    'a password by --alg alone',
    [WORK, '--key', '@password.jwk', '--alg', 'PBES2-HS256+A128KW'],
    2,
    /takes a password[\s\S]*--password/,
  ],
  ['--max-p2c without a password', [TOKEN, '--key', '@ec.pem', '--max-p2c', '2000'], 2, /there is none/],
  [
    'a signed token',
    [await signJws('{}', { key: importKey(EC_JWK) }), '--key', '@ec.pem'],
    3,
    /signed and not encrypted \(JWS, ES256\)[\s\S]*countersign verify/,
  ],
]

for (const [why, args, exit, told] of REFUSED) {
  test(`decrypt refuses ${why}`, async () => {
    const { code, out, err } = await decrypt(args, { input: '' })
    assert.match(err, told)
    assert.deepEqual([code, out], [exit, ''])
    assert.ok(!err.includes(PASSWORD) && !err.includes(TOKEN))
  })
}

test('work that a token asks for is refused before anything is done for it, the password read or not', async () => {
  const { code, err } = await decrypt([WORK, '--password', 'env:NOT_SET', '--max-p2c', '100000'])
  assert.equal(code, 3)
  assert.match(err, /p2c of the header is 200000, and --max-p2c allows 100000\./)
  // What the library allows at most is refused whatever --max-p2c says.
  const [, ...rest] = WORK.split('.')
  const header = { alg: 'PBES2-HS512+A256KW', enc: 'A256GCM', p2s: 'AAAAAAAAAAA', p2c: 500_000 }
  const forged = [Buffer.from(JSON.stringify(header)).toString('base64url'), ...rest].join('.')
  const much = await decrypt([forged, '--password', '@password.txt', '--max-p2c', '600000'])
  assert.equal(much.code, 3)
  assert.match(much.err, /210000 are allowed/)
})

test('each way in which a token does not open is told in the same words', async () => {
  const parts = TOKEN.split('.')
  const flipped = parts.slice(1).map((part, index) => {
    const changed = part.startsWith('A') ? `B${part.slice(1)}` : `A${part.slice(1)}`
    return parts.with(index + 1, changed).join('.')
  })
  const texts = await Promise.all(
    flipped.map(async (token) => {
      const { code, out, err } = await decrypt([token, '--key', '@ec.jwk'])
      assert.deepEqual([code, out], [4, ''])
      return err
    }),
  )
  assert.equal(flipped.length, 4)
  assert.equal(new Set(texts).size, 1)
  assert.match(
    texts[0] ?? '',
    /^error\[CS_DECRYPTION\]: the JWE cannot be decrypted\.\n {3}fix: .*Why it failed is not told, on purpose/,
  )
})

test('a wrong key is told as nothing more, but for the kid that everyone can see', async () => {
  const { code, err } = await decrypt([TOKEN, '--key', '@other.jwk'])
  assert.equal(code, 4)
  assert.match(
    err,
    /the JWE cannot be decrypted\.\n {3}fix: the token names kid "enc-1", and @other\.jwk has kid "enc-2"; pass that key\./,
  )
  const shared = await encryptJwe(CLAIMS, { key: secretKey(SECRET), alg: 'A256KW' })
  assert.equal((await decrypt([shared, '--secret', '@wrong.bin'])).code, 4)
  const wrong = await decrypt([await byPassword(1000), '--password', '@wrong.txt'])
  assert.equal(wrong.code, 4)
  assert.match(wrong.err, /the password is another one, or the token was changed/)
})

test('what was encrypted is printed octet by octet', async () => {
  for (const text of [CLAIMS, '{ "spaced" :1.10 }\n', 'no JSON', '', '\u001b[31mred']) {
    const { code, out } = await decrypt([await toEc(text), '--key', '@ec.pem'])
    assert.deepEqual([code, out], [0, text])
  }
  const octets = Uint8Array.from({ length: 256 }, (_, index) => index)
  const { written, out } = await decrypt([await toEc(octets), '--key', '@ec.pem', '-o', 'out.bin'])
  assert.equal(out, '')
  assert.deepEqual(written.get('out.bin'), { data: octets, isPrivate: true })
})

test('at a terminal JSON is laid out, and no text moves the cursor', async () => {
  const shown = async (text: string | Uint8Array): Promise<string> =>
    (await decrypt([await toEc(text), '--key', '@ec.pem', '--color', 'never'], { terminal: true })).out
  assert.equal(await shown(CLAIMS), '{\n  "id": 12345678901234567890,\n  "sub": "ada"\n}\n')
  assert.equal(await shown('two "lines"\n\u001b[31mred\\'), 'two "lines"\n\\u001b[31mred\\\n')
  assert.equal(await shown(Uint8Array.of(0xff, 0xfe)), '2 bytes that are no text; --out FILE, or a pipe, takes them\n')
})

test('claims that anyone may have written are not taken for checked', async () => {
  const open = await decrypt([TOKEN, '--key', '@ec.pem'])
  assert.match(
    open.err,
    /^note\[CS_NOTE_UNCHECKED\]: the claims are not signed, and were not checked: whoever has the public key/,
  )
  const shared = await encryptJwe(CLAIMS, { key: secretKey(SECRET), alg: 'A256KW' })
  assert.match(
    (await decrypt([shared, '--secret', '@secret.bin'])).err,
    /the claims were not checked: it may have expired/,
  )
  assert.equal((await decrypt([TOKEN, '--key', '@ec.pem', '-q'])).err, '')
})

test('every source of a key opens what was encrypted to it', async () => {
  const shared = await encryptJwe(CLAIMS, { key: secretKey(SECRET), alg: 'A256KW' })
  const hex = Buffer.from(SECRET).toString('hex')
  for (const [token, ...args] of [
    [TOKEN, '--key', '@ec.pem'],
    [TOKEN, '--key', '@set.jwk'],
    [TOKEN, '--key', '@ec.jwk', '--alg', 'ECDH-ES+A256KW,ECDH-ES', '--enc', 'A256GCM'],
    [`Authorization: Bearer ${TOKEN}`, '--key', '@ec.jwk'],
    [shared, '--secret', '@secret.bin'],
    [shared, '--secret', 'env:HEX', '--secret-encoding', 'hex'],
    [await byPassword(1000), '--password', '@password.txt'],
    [await byPassword(1000), '--password', 'env:PW', '--max-p2c', '1000', '--alg', 'PBES2-HS256+A128KW'],
    ['-', '--key', '@ec.jwk'],
  ] as const) {
    const { code, out, err } = await decrypt([token, ...args], { env: { HEX: hex, PW: PASSWORD }, input: TOKEN })
    assert.deepEqual([code, out], [0, CLAIMS], err)
  }
  const typed = await decrypt([await byPassword(1000), '--password', 'prompt:', '-q'], {
    terminal: true,
    answers: [PASSWORD],
  })
  assert.deepEqual([typed.code, typed.questions], [0, ['password: ']])
})

test('the JSON serializations are opened, each recipient by its own key', async () => {
  const recipients = [
    { key: importKey(publicMembers(jwkFor('RS256'))), alg: 'RSA-OAEP-256' },
    { key: OPEN, alg: 'ECDH-ES+A256KW' },
  ]
  const general = JSON.stringify(await encryptJwe(CLAIMS, { recipients }))
  for (const key of ['@ec.jwk', '@rsa.pem']) {
    const { code, out, err } = await decrypt(['@token.json', '--key', key], { files: { 'token.json': general } })
    assert.deepEqual([code, out], [0, CLAIMS], err)
  }
})

test('--part prints one part alone', async () => {
  const header = await decrypt([TOKEN, '--key', '@ec.pem', '--part', 'header'])
  assert.equal(JSON.parse(header.out).alg, 'ECDH-ES+A256KW')
  assert.equal((await decrypt([TOKEN, '--key', '@ec.pem', '--part', 'payload'])).out, CLAIMS)
})

test('with --json there is one document, whatever was encrypted', async () => {
  const document = async (plaintext: string | Uint8Array): Promise<Ran> =>
    decrypt([await toEc(plaintext), '--key', '@ec.pem', '--json'])
  const claims = await document(CLAIMS)
  assert.ok(claims.out.includes(`"payload":${CLAIMS},"nested":false`))
  const { header, notes, ...rest } = claims.json()
  assert.equal((header as { enc: string }).enc, 'A256GCM')
  assert.equal((notes as readonly { code: string }[])[0]?.code, 'CS_NOTE_UNCHECKED')
  assert.deepEqual(rest, { v: 1, ok: true, cmd: 'decrypt', payload: JSON.parse(CLAIMS), nested: false })
  assert.equal((await document('text')).json()['payload'], 'text')
  assert.equal((await document(Uint8Array.of(0xff))).json()['payloadBase64url'], '_w')
})
