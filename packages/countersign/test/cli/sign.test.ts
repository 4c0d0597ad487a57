import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importKey } from 'countersign'
import { verifyJws } from 'countersign/jws'
import fc from 'fast-check'
import { type ExactJson, parseExact, toText, toValue } from '../../src/diagnosis/exact-json.ts'
import { jwkFor, nodePair, pemOf, publicMembers, verifyingKey } from '../support/keys.ts'
import { command, NOW, type Ran, type World } from './support/memory-host.ts'

const EC_JWK = jwkFor('ES256')
const FILES = {
  'key.jwk': JSON.stringify(EC_JWK),
  'key.pem': pemOf(publicMembers(EC_JWK)),
  'private.pem': pemOf(EC_JWK),
  'rsa.pem': pemOf(jwkFor('RS256')),
  'rsa-public.pem': pemOf(publicMembers(jwkFor('RS256'))),
  'ed.pem': pemOf(jwkFor('Ed25519')),
  'public.jwk': JSON.stringify(publicMembers(EC_JWK)),
  'other.jwk': JSON.stringify({ ...EC_JWK, alg: 'ECDH-ES' }),
  'secret.txt': 'tooshort1\n',
  'strong.txt': 'x'.repeat(40),
  'claims.json': '{"sub":"ada","exp":1}',
  'broken.json': '{"sub":}',
  'utf16.json': Uint8Array.of(0xff, 0xfe, 0x7b, 0x00),
}
const SECRETS = ['hunter2hunter2', JSON.stringify(EC_JWK), EC_JWK.d ?? '']

/** Signs in a world that has these files. */
const sign = (args: readonly string[], world: World = {}): Promise<Ran> =>
  command(['sign', ...args], { ...world, files: { ...FILES, ...world.files } })
const WITH = ['--key', '@key.jwk']

/** The text of a segment of a token. */
const part = (token: string, index: 0 | 1): string =>
  Buffer.from(token.split('.')[index] ?? '', 'base64url').toString('utf8')

const REFUSED: readonly (readonly [why: string, args: readonly string[], exit: number, told: RegExp])[] = [
  ['no key', [], 2, /needs a key: --key or --secret/],
  ['two keys', [...WITH, '--secret', '@strong.txt'], 2, /--key and --secret exclude each other/],
  ['a secret in plain sight', ['--secret', 'hunter2hunter2'], 2, /takes a SOURCE/],
  ['a private JWK in plain sight', ['--key', JSON.stringify(EC_JWK)], 2, /in plain sight/],
  ['a time that is none, before a key is read', ['--key', '@none', '--exp', '15'], 2, /--exp is a time such as/],
  ['two readers of one input', ['-', '--key', '-'], 2, /both read the standard input/],
  ['a private key for claims', ['@key.jwk', ...WITH], 2, /@key.jwk is a private key or a secret, and claims are for/],
  ['a set of them', [JSON.stringify({ keys: [EC_JWK] }), ...WITH], 2, /CLAIMS is a private key or a secret/],
  ['an encoding of no secret', [...WITH, '--secret-encoding', 'hex'], 2, /there is none/],
  ['a passphrase of no key', ['--secret', '@strong.txt', '--passphrase', 'env:P'], 2, /opens --key/],
  [
    'a key for several algorithms',
    ['--key', '@rsa.pem'],
    2,
    /signs with RS256, RS384, RS512, PS256, PS384, PS512: say which/,
  ],
  ['an Ed25519 key without a name', ['--key', '@ed.pem'], 2, /EdDSA, Ed25519: say which[\s\S]*older libraries/],
  ['a misspelt algorithm', [...WITH, '--alg', 'ES265'], 2, /did you mean ES256\?/],
  ['an algorithm in lower case', [...WITH, '--alg', 'es256'], 2, /did you mean ES256\?/],
  ['no signature at all', [...WITH, '--alg', 'none'], 2, /nobody signed is never made/],
  ['an algorithm that encrypts', [...WITH, '--alg', 'A256GCM'], 2, /A256GCM, which is no signature algorithm/],
  [
    'an algorithm of another key',
    [...WITH, '--alg', 'ES384'],
    6,
    /cannot sign with ES384: @key\.jwk holds a private key \(JWK, EC P-256\), which signs with ES256/,
  ],
  ['a key for encryption', ['--key', '@other.jwk'], 6, /the key is for "ECDH-ES" alone/],
  ['a file without its @', ['claims.json', ...WITH], 2, /named with an @/],
  [
    'claims that are no JSON',
    ['@broken.json', ...WITH],
    3,
    /@broken\.json is not JSON: "}" stands where a value should at character 7/,
  ],
  ['claims that are no object', ['[1]', ...WITH], 3, /and not an object/],
  ['claims in UTF-16', ['@utf16.json', ...WITH], 3, /@utf16\.json is not UTF-8/],
  ['a claim twice', ['{"a":1,"a":2}', ...WITH], 3, /has the name "a" twice/],
  ['a claim of the wrong type', ['{"exp":"soon"}', ...WITH], 3, /exp is a string/],
  ['a time without end', ['{"exp":1e999}', ...WITH], 3, /not a finite number/],
  [
    'claims that are nested too deep',
    [`{"a":${'['.repeat(40)}${']'.repeat(40)}}`, ...WITH],
    3,
    /deeper than 32 levels/,
  ],
  ['claims that are too large', ['@big.json', ...WITH], 3, /octets|characters/],
  ['--claim twice', [...WITH, '-c', 'role=a', '-c', 'role=b'], 2, /"role" twice[\s\S]*role:=\["a","b"\]/],
  ['--claim beside its option', [...WITH, '-c', 'sub=a', '--sub', 'b'], 2, /given by --sub and by --claim/],
  ['--claim beside --exp never', [...WITH, '-c', 'exp:=1', '--exp', 'never'], 2, /given by --exp and by --claim/],
  ['a time that is none', [...WITH, '--exp', 'soon'], 2, /--exp is a time/],
  ['alg by -H', [...WITH, '-H', 'alg=ES256'], 2, /for --alg to say/],
  ['kid by -H', [...WITH, '-H', 'kid=a'], 2, /for --kid to say/],
  ['b64 by -H', [...WITH, '-H', 'b64:=false'], 2, /--detached sets/],
  ['crit by -H', [...WITH, '-H', 'crit:=["a"]'], 2, /acts upon/],
  ['typ by -H and --typ', [...WITH, '-H', 'typ=a', '--typ', 'b'], 2, /so does --typ/],
  ['typ that is no text', [...WITH, '-H', 'typ:=5'], 2, /typ of the header is text/],
  ['a private key in the header', [...WITH, '-H', `jwk:=${JSON.stringify(EC_JWK)}`], 2, /private members/],
  ['a header that would be rounded', [...WITH, '-H', 'n:=12345678901234567890'], 2, /would be rounded/],
  ['the thumbprint of a secret', ['--secret', '@strong.txt', '--kid', 'thumbprint'], 2, /try secrets out/],
]

for (const [why, args, exit, told] of REFUSED) {
  test(`sign refuses ${why}`, async () => {
    const files = { 'big.json': JSON.stringify({ a: 'x'.repeat(1_100_000) }) }
    const { code, out, err } = await sign(args, { files, input: '' })
    assert.match(err, told)
    assert.deepEqual([code, out], [exit, ''])
    for (const secret of SECRETS) assert.ok(!err.includes(secret))
  })
}

test('a public key cannot sign, and the error says what holds it', async () => {
  const { code, err } = await sign(['--key', '@key.pem'])
  assert.equal(code, 6)
  assert.equal(
    err,
    `error[CS_KEY_TYPE]: cannot sign: @key.pem holds a public key (PUBLIC KEY, EC P-256).
   fix: pass the private key, a file that starts -----BEGIN PRIVATE KEY----- or -----BEGIN EC PRIVATE KEY-----. See \`countersign key inspect @key.pem\`.
`,
  )
  assert.match((await sign(['--key', '@rsa-public.pem'])).err, /\(PUBLIC KEY, RSA 2048\)[\s\S]*BEGIN RSA PRIVATE KEY/)
  assert.match((await sign(['--key', '@public.jwk'])).err, /\(JWK, EC P-256\)[\s\S]*the JWK that has a member d\./)
})

test('a secret that is too short cannot sign (RFC 7518 §3.2)', async () => {
  const { code, err } = await sign(['--secret', '@secret.txt', '--alg', 'HS256'])
  assert.equal(code, 6)
  assert.equal(
    err,
    `note[CS_NOTE_SECRET]: removed one trailing newline from @secret.txt.
error[CS_WEAK_SECRET]: HS256 needs a secret of 32 bytes or more; @secret.txt has 9 (one trailing newline removed).
   fix: countersign key new HS256 --out secret.jwk. To check an old token all the same: verify --allow-weak-secret. (RFC 7518 §3.2)
`,
  )
  assert.match(
    (await sign(['--secret', '@strong.txt', '--alg', 'HS512'])).err,
    /HS512 needs a secret of 64 bytes or more; @strong.txt has 40\./,
  )
})

test('claims are signed to their last digit, in their order, whatever they are called', async () => {
  const given = '{"id":12345678901234567890,"price":1.10,"e":1E3,"__proto__":{"a":-0.0},"z":[],"a":"\u200b\ufffd"}'
  const { code, out, err } = await sign([given, ...WITH, '--no-iat', '--exp', 'never'])
  assert.deepEqual([code, err], [0, ''])
  assert.equal(part(out, 1), given)
  const { payload } = await verifyJws(out.trim(), { keys: verifyingKey(EC_JWK) })
  assert.equal(new TextDecoder().decode(payload), given)
})

test('options add to the claims or take the place of what they say', async () => {
  const flags = ['--iss', 'i', '--sub', '007', '--aud', 'a', '--aud', 'b', '--jti=x', '--exp', '15m', '--nbf=-5m']
  const { out } = await sign([
    '@claims.json',
    ...WITH,
    ...flags,
    '-c',
    'admin:=true',
    '-c',
    'n=12345678901234567890',
    '-c',
    'eq=a=b',
  ])
  assert.equal(
    part(out, 1),
    `{"sub":"007","exp":${NOW + 900},"iss":"i","aud":["a","b"],"jti":"x","admin":true,"n":"12345678901234567890","eq":"a=b","iat":${NOW},"nbf":${NOW - 300}}`,
  )
  const alone = await sign([...WITH, '--aud', 'a', '--exp', '@2000000000'])
  assert.equal(part(alone.out, 1), `{"aud":"a","iat":${NOW},"exp":2000000000}`)
  assert.equal(part((await sign(['@claims.json', ...WITH, '--exp', 'never', '--no-iat'])).out, 1), '{"sub":"ada"}')
  assert.equal(part((await sign(['{"iat":5}', ...WITH, '--exp', 'never'])).out, 1), '{"iat":5}')
})

test('--jti alone gives each token a random UUID (RFC 9562 §5.4)', async () => {
  const ids = await Promise.all([1, 2].map(async () => JSON.parse(part((await sign([...WITH, '--jti'])).out, 1)).jti))
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.notEqual(ids[0], ids[1])
})

test('what is odd about the life of a token is noted, and not refused', async () => {
  const noteOf = async (...args: string[]): Promise<string> => {
    const { code, err } = await sign([...WITH, ...args])
    assert.equal(code, 0)
    return err
  }
  assert.match(await noteOf(), /^note\[CS_NOTE_TIME\]: the token never expires: it has no exp\./)
  assert.equal(await noteOf('--exp', 'never'), '')
  assert.equal(await noteOf('--exp', '1h'), '')
  assert.match(await noteOf('--exp=-5m'), /has expired already: exp is 5m ago/)
  assert.match(await noteOf('-c', 'exp:=1795300500000'), /looks like milliseconds/)
  assert.match(await noteOf('--exp', '5m', '--nbf', '1h'), /never valid/)
  assert.equal(await noteOf('-q'), '')
})

test('the header has alg, typ, kid, and then what -H says', async () => {
  const thumbprint = 'thumbprint' // of the key, which has no kid of its own
  const { out } = await sign([...WITH, `--kid=${thumbprint}`, '-H', 'x=1', '-H', 'y:={"a":[1]}'])
  const named = await sign([...WITH, '-H', 'typ=at+jwt'])
  assert.equal(Object.keys(JSON.parse(part(out, 0))).join(), 'alg,typ,kid,x,y')
  assert.match(part(out, 0), /^{"alg":"ES256","typ":"JWT","kid":"[\w-]{43}","x":"1","y":{"a":\[1\]}}$/)
  assert.equal(JSON.parse(part(named.out, 0)).kid, JSON.parse(part(out, 0)).kid)
  assert.equal(JSON.parse(part(named.out, 0)).typ, 'at+jwt')
  assert.equal(
    part((await sign([...WITH, '--kid', '2026-a', '--typ', 't'])).out, 0),
    '{"alg":"ES256","typ":"t","kid":"2026-a"}',
  )
  assert.equal(part((await sign(['--secret', '@strong.txt'])).out, 0), '{"alg":"HS256","typ":"JWT"}')
})

test('a key that is encrypted is opened by its passphrase, from a source or from a terminal', async () => {
  const pem = nodePair(EC_JWK).privateKey.export({
    format: 'pem',
    type: 'pkcs8',
    cipher: 'aes-256-cbc',
    passphrase: 'p w',
  })
  const files = { 'sealed.pem': String(pem), 'pass.txt': 'p w\n' }
  const keys = verifyingKey(EC_JWK)
  assert.match(
    (await sign(['--key', '@sealed.pem'], { files, input: '' })).err,
    /is encrypted[\s\S]*--passphrase @FILE/,
  )
  const wrong = await sign(['--key', '@sealed.pem', '--passphrase', 'env:P'], { files, env: { P: 'other' } })
  assert.equal(wrong.code, 3)
  const read = await sign(['--key', '@sealed.pem', '--passphrase', '@pass.txt'], { files })
  await verifyJws(read.out.trim(), { keys })
  const asked = await sign(['--key', '@sealed.pem', '--exp', '1h'], { files, terminal: true, answers: ['p w'] })
  assert.deepEqual(asked.questions, ['passphrase of @sealed.pem: '])
  await verifyJws(asked.out.trim(), { keys })
})

test('the JSON serializations are written as objects (RFC 7515 §7.2)', async () => {
  for (const serialization of ['flattened', 'general']) {
    const args = ['{"id":12345678901234567890}', ...WITH, '--serialization', serialization, '--exp', '1h']
    const { out } = await sign(args)
    const token = JSON.parse(out)
    assert.equal('signatures' in token, serialization === 'general')
    const { payload } = await verifyJws(token, { keys: verifyingKey(EC_JWK) })
    assert.match(new TextDecoder().decode(payload), /^{"id":12345678901234567890,/)
    assert.equal(typeof (await sign([...args, '--json'])).json()['token'], 'object')
  }
})

test('with --json there is one document with the token, its header and its payload', async () => {
  const { out, json } = await sign(['{"id":12345678901234567890}', ...WITH, '--kid', 'a', '--exp', 'never', '--json'])
  const { token, ...rest } = json()
  assert.match(out, /"payload":{"id":12345678901234567890,"iat":/)
  assert.deepEqual(rest, {
    v: 1,
    ok: true,
    cmd: 'sign',
    header: { alg: 'ES256', typ: 'JWT', kid: 'a' },
    payload: { id: 1.2345678901234567e19, iat: NOW },
  })
  assert.equal(part(String(token), 0), '{"alg":"ES256","typ":"JWT","kid":"a"}')
  const refused = await sign(['--key', '@key.pem', '--json'])
  assert.equal(refused.code, 6)
  assert.equal((refused.json()['error'] as { code: string }).code, 'CS_KEY_TYPE')
})

/** Any JSON, with numbers that no double holds. */
const exactJson: fc.Arbitrary<ExactJson> = fc.letrec<{ json: ExactJson }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3 },
    fc.string({ unit: 'binary' }).map((value): ExactJson => ({ kind: 'string', value })),
    fc
      .bigInt({ min: -(10n ** 40n), max: 10n ** 40n })
      .map((value): ExactJson => ({ kind: 'number', text: String(value) })),
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .map((value): ExactJson => ({ kind: 'number', text: JSON.stringify(value) })),
    fc.constantFrom(true, false, null).map((value): ExactJson => ({ kind: 'literal', value })),
    fc.array(tie('json'), { maxLength: 4 }).map((items): ExactJson => ({ kind: 'array', items })),
    members(tie('json')),
  ),
})).json

function members(value: fc.Arbitrary<ExactJson>): fc.Arbitrary<ExactJson & { kind: 'object' }> {
  const pair = fc.tuple(fc.string({ unit: 'binary', maxLength: 12 }), value)
  return fc
    .uniqueArray(pair, { selector: ([name]) => name, maxLength: 6 })
    .map((all) => ({ kind: 'object', members: all }))
}

const REGISTERED = ['iss', 'sub', 'aud', 'jti', 'exp', 'nbf', 'iat']

test('what is signed verifies, and says to the last digit what was given', async () => {
  const key = importKey(jwkFor('HS256'))
  const claims = members(exactJson).filter((json) => !json.members.some(([name]) => REGISTERED.includes(name)))
  await fc.assert(
    fc.asyncProperty(claims, async (json) => {
      const given = toText(json)
      const files = { 'secret.jwk': JSON.stringify(jwkFor('HS256')), 'claims.json': given }
      const { out, err } = await sign(
        ['@claims.json', '--key', '@secret.jwk', '--alg', 'HS256', '--no-iat', '--exp', 'never'],
        { files },
      )
      assert.equal(err, '')
      const { payload } = await verifyJws(out.trim(), { keys: key, algorithms: ['HS256'] })
      const text = new TextDecoder().decode(payload)
      assert.equal(text, given)
      assert.deepEqual(JSON.stringify(toValue(parseExact(text, 'it'))), JSON.stringify(toValue(json)))
    }),
    { numRuns: 60 },
  )
})
