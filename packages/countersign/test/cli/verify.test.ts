import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importKey } from 'countersign'
import { signJws } from 'countersign/jws'
import { b64, input, mac } from '../support/forge.ts'
import { jwkFor, publicMembers } from '../support/keys.ts'
import { OLD_KEY, over, SECRET, sealed, shared, today, token, worldOf } from './support/golden-world.ts'
import { command, NOW, type Ran } from './support/memory-host.ts'

const PUB = ['--key', '@pub.jwk']
const ISS = 'https://id.example.com'
const AUD = 'https://api.example.com'

interface Shown {
  readonly name: string
  readonly status: string
  readonly code?: string
  readonly expected?: unknown
  readonly actual?: unknown
}

const verify = (args: readonly string[], world: Parameters<typeof worldOf>[0] = {}): Promise<Ran> =>
  command(['verify', ...args], worldOf(world))
const checksOf = (ran: Ran): readonly Shown[] => ran.json()['checks'] as readonly Shown[]
const statusesOf = (ran: Ran): readonly string[] =>
  checksOf(ran).map(({ name, status, code }) => `${name} ${code ?? status}`)
/** A fetch that tells whether anybody asked. */
const watched = (): { asked: number; readonly fetch: typeof globalThis.fetch } => {
  const state = {
    asked: 0,
    fetch: (async () => {
      state.asked++
      throw new TypeError('fetch failed')
    }) as typeof globalThis.fetch,
  }
  return state
}

const T = token()

test('a command line that cannot be done is refused before anything is read or fetched, and repeats no value', async () => {
  const state = watched()
  for (const [args, says] of [
    [[T], /needs a source of keys/],
    [[T, ...PUB, '--jwks', 'https://id.example.com/jwks'], /--key and --jwks exclude each other/],
    [[T, '--secret', 'hunter2-hunter2'], /takes a SOURCE/],
    [[T, '--secret', 'env:SECRET', '--kid', 'hunter2'], /--kid chooses a key out of a set/],
    [[T, ...PUB, '--kid', 'hunter2'], /--key holds one key/],
    [[T, ...PUB, '--secret-encoding', 'hex'], /there is none/],
    [[T, ...PUB, '--allow-weak-secret'], /there is none/],
    [[T, ...PUB, '--alg', 'HS265'], /did you mean HS256\?/],
    [[T, ...PUB, '--alg', 'none'], /--alg names no algorithm that is known/],
    [[T, ...PUB, '--leeway', 'hunter2'], /--leeway is a duration/],
    [[T, ...PUB, '--max-age', 'hunter2'], /--max-age is a duration/],
    [[T, ...PUB, '--at', 'never'], /--at is a moment/],
    [[T, ...PUB, '--require', 'exp,,aud'], /--require is a list of names/],
    [[T, ...PUB, '--crit', ','], /--crit is a list of names/],
    [[T, ...PUB, '--typ', 'any'], /would demand nothing/],
    [[T, ...PUB, '--nonce', 'hunter2'], /--nonce is for a kind of token/],
    [[T, ...PUB, '--htm', 'GET'], /--htm is for a kind of token/],
    [[T, '--issuer', ISS, '--iss', 'https://hunter2.example'], /two issuers/],
    [[T, '--jwks', 'jwks.json'], /a file is named with @/],
    [[T, '--jwks', 'http://id.example.com/jwks'], /keys that come so may be anybody's/],
    [[T, '--jwks', 'https://ada:hunter2@id.example.com/jwks'], /a name or a password in it/],
    [[T, '--issuer', 'id.example.com'], /--issuer is no URL/],
    [[T, '--issuer', ISS, '--timeout', 'hunter2'], /--timeout is a duration/],
    [[T, '--issuer', ISS, '--timeout', '999999999999'], /--timeout is a day at most/],
    [[T, ...PUB, '--lines', '--payload', '@claims.json'], /exclude each other/],
    [[T, ...PUB, '--payload', '@claims.json', '--iss', ISS], /nothing is demanded of its claims/],
    [['-', '--key', '-'], /both read the standard input/],
  ] as const) {
    const { code, out, err } = await verify(args, { fetch: state.fetch })
    assert.deepEqual([code, out], [2, ''], args.join(' '))
    assert.match(err, says)
    assert.doesNotMatch(err, /hunter2/)
  }
  assert.equal(state.asked, 0)
})

test('--offline forbids to fetch', async () => {
  const state = watched()
  for (const source of [
    ['--jwks', 'https://id.example.com/jwks'],
    ['--issuer', ISS],
  ]) {
    const { code, err } = await verify([T, ...source, '--offline'], { fetch: state.fetch })
    assert.equal(code, 2)
    assert.match(err, /^error\[CS_OFFLINE\]/)
  }
  assert.equal(state.asked, 0)
})

test('where nothing could be judged there is an error, no verdict and no check', async () => {
  const encrypted = await sealed('{}')
  for (const [args, exit, code] of [
    [['not.a-token', ...PUB], 3, 'CS_MALFORMED'],
    [[T.split('.').slice(0, 2).join('.'), ...PUB], 3, 'CS_MALFORMED'],
    [[T.replace('.', '.+'), ...PUB], 3, 'CS_BASE64'],
    [[encrypted, ...PUB], 6, 'CS_ENCRYPTED'],
    [[shared('too short'), '--secret', '@secret.txt'], 6, 'CS_WEAK_SECRET'],
    [[T, '--key', '@x25519.jwk'], 6, 'CS_KEY_TYPE'],
    [[T, ...PUB, '--payload', '@claims.json'], 3, 'CS_MALFORMED'],
    [[T, '--key', '@notes.txt'], 3, 'CS_KEY_INVALID'],
    [[T, '--key', '@nowhere'], 3, 'CS_INPUT'],
    [[T, ...PUB, '--alg', 'ES384'], 6, 'CS_ALG'],
    [[T, '--jwks', '@jwks.json', '--kid', 'x'], 6, 'CS_NO_KEY'],
    [[T, '--jwks', 'https://down.example.com/jwks'], 7, 'CS_JWKS_FETCH'],
    [[T, '--issuer', 'https://down.example.com'], 7, 'CS_DISCOVERY'],
    [[T, '--issuer', 'https://wrong.example.com'], 7, 'CS_DISCOVERY'],
  ] as const) {
    const ran = await verify([...args, '--json'])
    const document = ran.json()
    assert.deepEqual([ran.code, (document['error'] as Shown).code], [exit, code], args.join(' '))
    assert.ok(['verdict', 'checks', 'header', 'payload'].every((name) => !(name in document)))
    assert.equal((await verify(args)).out, '')
  }
})

test('what is no token, what nobody signed and what is encrypted is refused without a request', async () => {
  const state = watched()
  const unsigned = ['none', 'None', 'nOnE', ' none'].map((alg) => `${input({ alg }, { sub: 'ada' })}.`)
  for (const text of ['x', ...unsigned, await sealed('{}')]) {
    const { code } = await verify([text, '--issuer', ISS], { fetch: state.fetch })
    assert.ok([3, 4, 6].includes(code))
  }
  assert.equal(state.asked, 0)
})

test('alg none is never verified, whatever key is given (RFC 8725 §3.2)', async () => {
  for (const alg of ['none', 'None', 'NONE'])
    for (const source of [PUB, ['--secret', 'env:SECRET'], ['--secret', '@secret.txt'], ['--jwks', '@jwks.json']]) {
      const ran = await verify([`${input({ alg }, { sub: 'ada' })}.`, ...source, '--json'])
      assert.deepEqual([ran.code, ran.json()['verdict']], [4, 'rejected'])
      assert.deepEqual(statusesOf(ran), ['signature CS_UNSIGNED'])
    }
})

test('a signature that does not hold says nothing of the claims, not even where they are at fault', async () => {
  const secret = 'https://nobody.example/'
  const forged = token({ iss: secret, sub: secret, exp: 1, nbf: 9e9 }, {}, OLD_KEY)
  const demands = ['--iss', ISS, '--aud', AUD, '--require', 'exp,jti', '--max-age', '1m']
  const ran = await verify([forged, ...PUB, ...demands, '--json'])
  assert.equal(ran.code, 4)
  assert.deepEqual(statusesOf(ran), [
    'signature CS_SIGNATURE',
    ...['iss', 'aud', 'iat', 'exp', 'jti'].map((name) => `${name} unchecked`),
  ])
  assert.equal(ran.json()['payload'], undefined)
  const people = await verify([forged, ...PUB, ...demands])
  for (const text of [ran.out, people.out + people.err]) assert.doesNotMatch(text, /nobody|CS_EXPIRED|ago/)
  // Nor does it say that it would have been in time.
  assert.deepEqual(statusesOf(await verify([token({}, {}, OLD_KEY), ...PUB, '--json'])), ['signature CS_SIGNATURE'])
})

test('a secret that is too short is no matter for a token that was signed with something else', async () => {
  const { code, err } = await verify([T, '--secret', '@secret.txt'])
  assert.equal(code, 6)
  assert.match(err, /token says ES256, but @secret\.txt is a secret, which can only verify HS256 HS384 HS512/)
})

test('how short a secret is depends on what the token says (RFC 7518 §3.2)', async () => {
  const { err } = await verify([mac({ alg: 'HS512' }, {}, 'x', 'sha512'), '--secret', '@secret.txt'])
  assert.match(err, /HS512 needs a secret of 64 bytes or more; @secret\.txt has 9 \(one trailing newline removed\)/)
  assert.match(err, /key new HS512/)
})

const CASES: readonly {
  readonly about: string
  readonly claims?: object
  readonly header?: object
  readonly args?: readonly string[]
  readonly code: number
  readonly checks: readonly string[]
}[] = [
  {
    about: 'exp, nbf and iss, all at fault',
    claims: { exp: NOW - 31, nbf: NOW + 31, iss: 'https://other.example' },
    args: ['--iss', ISS],
    code: 5,
    checks: ['exp CS_EXPIRED', 'nbf CS_NOT_YET_VALID', 'iss CS_ISS', 'aud unchecked'],
  },
  {
    about: 'an expired token that is let pass, and another audience',
    claims: { exp: NOW - 3600 },
    args: ['--allow-expired', '--aud', 'x'],
    code: 5,
    checks: ['exp unchecked', 'aud CS_AUD', 'iss unchecked'],
  },
  {
    about: 'exp of a wrong type, though expired ones are let pass',
    claims: { exp: 'tomorrow' },
    args: ['--allow-expired'],
    code: 5,
    checks: ['exp CS_CLAIM_TYPE', 'iss unchecked', 'aud unchecked'],
  },
  {
    about: 'claims that have to be there and are not',
    claims: { exp: undefined },
    args: ['--require', 'exp,jti,iss'],
    code: 5,
    checks: ['exp CS_CLAIM_MISSING', 'jti CS_CLAIM_MISSING', 'iss pass', 'aud unchecked'],
  },
  {
    about: 'a claim of a wrong type that nobody asked for',
    claims: { jti: 7, sub: ['ada'] },
    code: 5,
    checks: ['exp pass', 'sub CS_CLAIM_TYPE', 'jti CS_CLAIM_TYPE', 'iss unchecked', 'aud unchecked'],
  },
  {
    about: 'another subject, and another type',
    claims: { sub: 'ada' },
    header: { typ: 'JWT' },
    args: ['--sub', 'bob', '--typ', 'at+jwt'],
    code: 5,
    checks: ['exp pass', 'sub CS_SUB', 'typ CS_TYP', 'iss unchecked', 'aud unchecked'],
  },
  {
    about: 'a token that is too old',
    claims: { iat: NOW - 3631 },
    args: ['--max-age', '1h'],
    code: 5,
    checks: ['exp pass', 'iat CS_TOO_OLD', 'iss unchecked', 'aud unchecked'],
  },
  {
    about: 'no iat where an age is demanded',
    args: ['--max-age', '1h'],
    code: 5,
    checks: ['exp pass', 'iat CS_CLAIM_MISSING', 'iss unchecked', 'aud unchecked'],
  },
  {
    about: 'a token that is judged as of a moment past its end',
    args: ['--at', '2026-11-21T23:00:30Z'],
    code: 5,
    checks: ['exp CS_EXPIRED', 'iss unchecked', 'aud unchecked'],
  },
  {
    about: 'nothing asked for',
    claims: { sub: 'ada', nbf: NOW, iat: NOW },
    header: { typ: 'JWT' },
    code: 0,
    checks: ['exp pass', 'nbf pass', 'iss unchecked', 'aud unchecked', 'sub unchecked', 'typ unchecked'],
  },
  {
    about: 'everything asked for',
    claims: { sub: 'ada', iat: NOW - 60, aud: ['x', AUD] },
    header: { typ: 'Application/AT+JWT' },
    args: [
      ...['--iss', ISS, '--aud', 'y', '--aud', AUD, '--sub', 'ada', '--typ', 'at+jwt'],
      ...['--max-age', '1m', '--require', 'aud,exp'],
    ],
    code: 0,
    checks: ['exp pass', 'iss pass', 'aud pass', 'sub pass', 'typ pass', 'iat pass'],
  },
  {
    about: 'a token that never expires',
    claims: { exp: undefined },
    code: 0,
    checks: ['exp unchecked', 'iss unchecked', 'aud unchecked'],
  },
  {
    about: 'a token whose end is fine where expired ones are let pass',
    args: ['--allow-expired'],
    code: 0,
    checks: ['exp pass', 'iss unchecked', 'aud unchecked'],
  },
]

for (const { about, claims = {}, header = {}, args = [], code, checks } of CASES) {
  test(`checks: ${about}`, async () => {
    const ran = await verify([token(claims, header), ...PUB, ...args, '--json'])
    assert.deepEqual(statusesOf(ran), ['signature pass', ...checks])
    assert.deepEqual(
      [ran.code, ran.json()['verdict'], ran.json()['ok']],
      [code, code === 0 ? 'accepted' : 'rejected', code === 0],
    )
    if (code === 0) return
    const failed = checksOf(ran).filter(({ status }) => status === 'fail')
    assert.ok(failed.some((check) => check.code === (ran.json()['error'] as Shown).code))
  })
}

test('a check says what was found and what was expected, as it is and without quotes', async () => {
  const ran = await verify([token({ aud: ['a', 'b'], exp: 5 }), ...PUB, '--aud', 'c', '--aud', 'd', '--json'])
  const [, exp, aud] = checksOf(ran)
  assert.deepEqual(exp, { name: 'exp', status: 'fail', code: 'CS_EXPIRED', expected: NOW, actual: 5 })
  assert.deepEqual(aud, { name: 'aud', status: 'fail', code: 'CS_AUD', expected: 'c, d', actual: 'a, b' })
  const there = checksOf(await verify([token({ sub: 'ada' }), ...PUB, '--require', 'sub', '--json']))
  assert.deepEqual(there[2], { name: 'sub', status: 'pass', expected: 'present' })
})

test('what -v shows is exact to the last digit', async () => {
  const text = input({ alg: 'ES256', kid: '2026-a' }, {}).replace(
    /\.e30$/,
    `.${b64('{"big":12345678901234567890,"1":1.0,"0":-0}')}`,
  )
  const { code, out } = await verify([over(text), ...PUB, '-v'])
  assert.equal(code, 0)
  assert.ok(out.endsWith('\n{\n  "big": 12345678901234567890,\n  "1": 1.0,\n  "0": -0\n}\n'), out)
})

test('a value of sub is never told', async () => {
  const { out, err } = await verify([token({ sub: 'ada-lovelace' }), ...PUB, '--sub', 'grace-hopper'])
  assert.doesNotMatch(out + err, /lovelace|hopper/)
})

test('what passes only because the command is lenient says so, and what is refused all the same does not', async () => {
  const note = async (claims: object, ...args: string[]): Promise<string> => {
    const { err, code } = await verify([token(claims), ...PUB, ...args])
    assert.equal(code, args.includes('x') ? 5 : 0)
    return err.split('\n')[0] ?? ''
  }
  assert.equal(
    await note({ exp: NOW - 12 }),
    'note[CS_NOTE_ACCEPTED]: token expired 12s ago; only the leeway of 30s lets it pass.',
  )
  assert.match(await note({ exp: NOW - 3600 }, '--allow-expired'), /expired 1h ago; --allow-expired lets it pass/)
  assert.match(await note({ exp: NOW - 3 }, '--allow-expired'), /only the leeway of 30s/)
  assert.match(await note({ nbf: NOW + 12 }), /valid from 12s from now; only the leeway/)
  assert.match(await note({ iat: NOW + 12 }, '--max-age', '1m'), /issued 12s from now; only the leeway/)
  assert.match(await note({ iat: NOW - 70 }, '--max-age', '1m'), /issued 1m 10s ago, which is more than 1m/)
  assert.equal(await note({}), '')
  assert.doesNotMatch(await note({ exp: NOW - 12 }, '--aud', 'x'), /CS_NOTE_ACCEPTED/)
  assert.equal((await verify([token({ exp: NOW - 12 }), ...PUB, '--leeway', '5s'])).code, 5)

  const weak = (secret: string): Promise<Ran> =>
    verify([shared(secret), '--secret', 'env:S', '--allow-weak-secret'], { env: { S: secret } })
  assert.match(
    (await weak('hunter2!!')).err,
    /needs a secret of 32 bytes or more, and this one has 9; --allow-weak-secret lets it pass/,
  )
  assert.doesNotMatch((await weak(SECRET)).err, /CS_NOTE_ACCEPTED/)
})

test('a name that is there twice refuses the claims, and not the signature', async () => {
  const twice = over(`${b64('{"alg":"ES256"}')}.${b64('{"aud":"a","aud":"b"}')}`)
  const ran = await verify([twice, ...PUB, '--aud', 'b', '--json'])
  assert.equal(ran.code, 3)
  assert.deepEqual(statusesOf(ran), ['signature pass', 'claims CS_MALFORMED', 'aud unchecked'])
})

test('what is called a JWT, or begins as claims do, and cannot be read as claims is refused: it may have expired', async () => {
  const deep = `{"exp":1,"x":${'['.repeat(600)}${']'.repeat(600)}}`
  for (const [text, code] of [
    [deep, 'CS_TOO_LARGE'],
    ['\ufeff{"exp":1}', 'CS_MALFORMED'],
    ['{"exp":1}x', 'CS_MALFORMED'],
    [' { "exp":1,}', 'CS_MALFORMED'],
    [Buffer.from('{"exp":1,"x":"\xff"}', 'latin1'), 'CS_MALFORMED'],
  ] as const) {
    const ran = await verify([over(`${b64('{"alg":"ES256"}')}.${b64(text)}`), ...PUB, '--json'])
    assert.deepEqual([ran.code, statusesOf(ran)], [3, ['signature pass', `claims ${code}`]])
  }
  for (const [typ, text] of [
    ['JWT', '[{"exp":1}]'],
    ['JWT', ''],
    ['at+jwt', 'hello'],
    ['application/jwt', '"x"'],
  ] as const) {
    const ran = await verify([over(`${b64(JSON.stringify({ alg: 'ES256', typ }))}.${b64(text)}`), ...PUB, '--json'])
    assert.deepEqual([ran.code, statusesOf(ran)], [3, ['signature pass', 'claims CS_MALFORMED']])
  }
})

test('of several signatures the header of the one that holds is shown, and nothing that stands unprotected', async () => {
  const payload = b64(JSON.stringify({ exp: NOW + 60 }))
  const part = (header: string, jwk?: object): object => {
    const [, , signature] = over(`${b64(header)}.${payload}`, jwk).split('.')
    return { protected: b64(header), signature }
  }
  const evil = part('{"alg":"ES256","kid":"evil","typ":"at+jwt","role":"admin"}', OLD_KEY)
  const good = part('{"alg":"ES256","kid":"2026-a","serial":12345678901234567890}')
  const general = JSON.stringify({ payload, signatures: [evil, { ...good, header: { typ: 'at+jwt', role: 'admin' } }] })
  const ran = await verify([general, ...PUB, '--json'])
  assert.equal(ran.code, 0)
  assert.match(ran.out, /"header":\{"alg":"ES256","kid":"2026-a","serial":12345678901234567890\}/)
  const typed = await verify([general, ...PUB, '--typ', 'at+jwt'])
  assert.equal(typed.code, 5)
  assert.match(typed.err, /^error\[CS_TYP\]/)
  const flat = JSON.stringify({ payload, ...good, header: { typ: 'at+jwt' } })
  assert.equal((await verify([flat, ...PUB, '--typ', 'at+jwt'])).code, 5)
})

test('a serialization in JSON that has a name twice is refused: another reader would take the other', async () => {
  const [header = '', payload = '', signature = ''] = T.split('.')
  const twice = `{"payload":"${b64('{"sub":"evil"}')}","payload":"${payload}","protected":"${header}","signature":"${signature}"}`
  const ran = await verify([twice, ...PUB, '--at', '2026-01-01'])
  assert.deepEqual([ran.code, ran.out], [3, ''])
  assert.match(ran.err, /has the name "payload" twice/)
})

test('a text that is no claims set is checked as what it is, unless claims are demanded', async () => {
  for (const text of ['hello', '{{ template }}', '[1]', '"x"', '', Buffer.from([0xff, 0])]) {
    const signed = over(`${b64('{"alg":"ES256","typ":"x"}')}.${b64(text)}`)
    const ran = await verify([signed, ...PUB, '--typ', 'x', '--json'])
    assert.deepEqual([ran.code, statusesOf(ran)], [0, ['signature pass', 'typ pass', 'claims unchecked']])
    const refused = await verify([signed, ...PUB, '--iss', ISS, '--require', 'exp', '--json'])
    assert.equal(refused.code, 5)
    assert.deepEqual(statusesOf(refused), [
      'signature pass',
      'iss CS_CLAIM_MISSING',
      'exp CS_CLAIM_MISSING',
      'typ unchecked',
    ])
    assert.match((refused.json()['error'] as { message: string }).message, /is no claims set, so it has no/)
  }
})

test('the JSON serializations, b64 of false, and a payload by itself are verified, too', async () => {
  const key = importKey(jwkFor('ES256'), { kid: '2026-a', alg: 'ES256' })
  const made = async (serialization: 'flattened' | 'general', claims: object = {}): Promise<string> =>
    JSON.stringify(await signJws(JSON.stringify({ exp: NOW + 60, ...claims }), { key, serialization }))
  for (const serialization of ['flattened', 'general'] as const) {
    assert.equal((await verify([await made(serialization), ...PUB])).code, 0)
    assert.equal((await verify([await made(serialization, { exp: 1 }), ...PUB])).code, 5)
    assert.equal((await verify([await made(serialization), '--key', '@old.jwk'])).code, 4)
  }
  const plain = (await signJws('hello', { key, b64: false })) as string
  assert.equal((await verify([plain, ...PUB])).code, 0)
  for (const b64 of [true, false]) {
    const detached = (await signJws('a file', { key, detached: true, b64 })) as string
    const args = [detached, ...PUB, '--payload', '@file']
    const ran = await verify([...args, '--json'], { files: { file: 'a file' } })
    assert.deepEqual([ran.code, statusesOf(ran)], [0, ['signature pass', 'claims unchecked']])
    assert.equal((await verify(args, { files: { file: 'A file' } })).code, 4)
    const without = await verify([detached, ...PUB])
    assert.equal(without.code, 4)
    assert.match(without.err, /--payload @FILE/)
  }
})

test('an extension that is critical is refused unless it is named', async () => {
  const special = token({}, { crit: ['urn:x'], 'urn:x': 1 })
  const ran = await verify([special, ...PUB, '--json'])
  assert.deepEqual([ran.code, statusesOf(ran)[0]], [4, 'signature CS_CRIT'])
  assert.equal((await verify([special, ...PUB, '--crit', 'urn:y, urn:x'])).code, 0)
})

test('--alg narrows what the key allows, and never widens it', async () => {
  const secret = ['--secret', 'env:SECRET']
  assert.equal((await verify([shared(SECRET), ...secret, '--alg', 'HS384'])).code, 6)
  assert.equal((await verify([shared(SECRET), ...secret, '--alg', 'HS384,HS256'])).code, 0)
  assert.equal((await verify([shared(SECRET), ...PUB, '--alg', 'HS256'])).code, 6)
  assert.equal((await verify([T, ...PUB, '--alg', 'ES256,RS256'])).code, 0)
})

test('the key of a set is the one that the token names, or the one that --kid does', async () => {
  const set = ['--jwks', '@jwks.json']
  assert.equal((await verify([T, ...set])).code, 0)
  assert.equal((await verify([token({}, { kid: 'unheard' }), ...set])).code, 6)
  assert.equal((await verify([token({}, { kid: 'unheard' }), ...set, '--kid', '2026-a'])).code, 0)
  assert.equal((await verify([T, ...set, '--kid', '2026-b'])).code, 4)
  // A key without kid goes by its thumbprint.
  const two = await command(['jwks', '@two.json', '--json'], worldOf())
  const [first] = two.json()['keys'] as { thumbprint: string }[]
  assert.equal((await verify([T, '--jwks', '@two.json', `--kid=${first?.thumbprint}`])).code, 0)
  assert.equal((await verify([token({}, { kid: undefined }), '--jwks', '@two.json'])).code, 6)
})

test('a private key does as well, and is told to be one; nothing of it is printed', async () => {
  const { d } = jwkFor('ES256')
  const set = JSON.stringify({ keys: [{ ...jwkFor('ES256'), kid: '2026-a' }] })
  for (const [source, says] of [
    [['--key', '@key.jwk'], '@key.jwk is a private key; its public half is what verifies.'],
    [['--key', '@set'], '@set is a private key; its public half is what verifies.'],
    [['--jwks', '@set'], '@set is a private key; its public half is what verifies.'],
  ] as const) {
    const ran = await verify([T, ...source, '--json'], { files: { set } })
    assert.deepEqual([ran.code, ran.json()['notes']], [0, [{ code: 'CS_NOTE_KEY', message: says }]])
    assert.ok(!ran.out.includes(String(d)))
  }
})

test('a set may stand on the command line, and one with a private key may not', async () => {
  const open = publicMembers({ ...jwkFor('ES256'), kid: '2026-a' })
  assert.equal((await verify([T, '--jwks', JSON.stringify({ keys: [open] })])).code, 0)
  const { code, err } = await verify([T, '--jwks', JSON.stringify({ keys: [jwkFor('ES256')] })])
  assert.equal(code, 2)
  assert.ok(!err.includes(String(jwkFor('ES256').d)))
})

test('the thumbprint of a key is told, and that of a secret is not', async () => {
  assert.ok('thumbprint' in (checksOf(await verify([T, ...PUB, '--json']))[0] ?? {}))
  assert.ok(!('thumbprint' in (checksOf(await verify([shared(SECRET), '--secret', 'env:SECRET', '--json']))[0] ?? {})))
})

test('for people: the checks on one line where they fit, and else one a line', async () => {
  const args = [token({ sub: 'ada', exp: today('22:49:12') }, { typ: 'JWT' }), '--issuer', ISS, '--aud', AUD]
  const wide = await verify(args, { columns: 140 })
  assert.equal(
    wide.out,
    '✓ signature  ES256, kid 2026-a, from https://id.example.com/jwks      ✓ exp  in 14m 12s      ✓ iss  ✓ aud      – unchecked: sub, typ\n',
  )
  assert.deepEqual((await verify(args)).out.split('\n'), [
    '✓ signature  ES256, kid 2026-a, from https://id.example.com/jwks',
    '✓ exp  in 14m 12s',
    '✓ iss  ✓ aud',
    '– unchecked: sub, typ',
    '',
  ])
  assert.equal((await verify([...args, '--quiet'])).out, '')
  const many = [token({ exp: undefined, sub: 'ada' }), ...PUB, '--require', 'iss,sub', '--aud', 'x']
  assert.deepEqual((await verify(many)).out.split('\n'), [
    '✓ signature  ES256, kid 2026-a, from @pub.jwk',
    '✗ aud  CS_AUD',
    '✓ present: iss, sub',
    '– unchecked: exp (there is none)',
    '',
  ])
})

test('--verbose shows the claims of a token that was verified, and of no other', async () => {
  assert.match((await verify([T, ...PUB, '--verbose'])).out, /\n\{\n {2}"iss": "https:\/\/id\.example\.com",/)
  assert.doesNotMatch((await verify([token({}, {}, OLD_KEY), ...PUB, '--verbose'])).out, /"iss"/)
})

test('what comes from outside commands no terminal', async () => {
  const odd = 'k\u001b[2J\u202e'
  const jwk = JSON.stringify({ ...publicMembers(jwkFor('ES256')), kid: odd })
  const { out, err, code } = await verify([token({ aud: odd }, { kid: odd }), '--key', '@odd', '--aud', odd.slice(1)], {
    files: { odd: jwk },
  })
  assert.equal(code, 5)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
  assert.doesNotMatch(out + err, /[\u001b\u202e]/)
})
