import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importKey, type Key, publicKey } from 'countersign'
import { accessToken, dpopProof, idToken } from 'countersign/profile'
import { jwkFor } from '../support/keys.ts'
import { OLD_KEY, shared, token, worldOf } from './support/golden-world.ts'
import { command, NOW, type Ran } from './support/memory-host.ts'

const PUB = ['--key', '@pub.jwk']
const ISS = 'https://id.example.com'
const AUD = 'https://api.example.com'
const WHO = ['--iss', ISS, '--aud', AUD]
const now = (): number => NOW
const key: Key = importKey({ ...jwkFor('ES256', 0), kid: '2026-a' })
const keys = await publicKey(key)

const verify = (args: readonly string[]): Promise<Ran> => command(['verify', ...args], worldOf())
const checksOf = (ran: Ran): readonly string[] =>
  (ran.json()['checks'] as { name: string; status: string; code?: string }[]).map(
    ({ name, status, code }) => `${name} ${code ?? status}`,
  )

test('a profile says what it takes, and what it excludes', async () => {
  const T = token()
  for (const [args, says] of [
    [['bcp'], /takes --iss \(or --issuer\) and --aud and --typ, too/],
    [['bcp', ...WHO], /takes --typ, too/],
    [['bcp', ...WHO, '--typ', 'any'], /would demand nothing/],
    [['bcp', ...WHO, '--typ', 'at+jwt', '--allow-expired'], /exclude each other/],
    [['rfc9068', '--aud', AUD], /takes --iss \(or --issuer\), too/],
    [['rfc9068', '--iss', ISS], /takes --aud, too/],
    [['rfc9068', ...WHO, '--nonce', 'n'], /--nonce exclude each other/],
    [['oidc-id-token', '--iss', ISS], /takes --aud \(the id of the client\), too/],
    [['oidc-id-token', '--iss', ISS, '--aud', 'any'], /any is none/],
    [['dpop'], /takes --htm \(the method of the request\) and --htu \(its URL\), too/],
    [['dpop', '--htm', 'GET', '--htu', '/orders'], /--htu is the whole URL/],
    [['dpop', '--htm', 'GET', '--htu', 'ftp://a.example/'], /--htu is the whole URL/],
    [['dpip'], /did you mean dpop\?/],
  ] as const) {
    const { code, err } = await verify([T, ...PUB, '--profile', ...args])
    assert.equal(code, 2, args.join(' '))
    assert.match(err, says)
  }
  const weak = ['--secret', '@secret.txt', '--allow-weak-secret', '--profile', 'bcp', ...WHO, '--typ', 'x']
  assert.match((await verify([T, ...weak])).err, /--allow-weak-secret exclude each other/)
  const secret = ['--secret', 'env:SECRET', '--profile', 'dpop', '--htm', 'GET', '--htu', AUD]
  assert.match((await verify([T, ...secret])).err, /dpop and --secret exclude each other/)
})

test('a signature that does not hold is no matter of a profile', async () => {
  const ran = await verify([token({}, {}, OLD_KEY), ...PUB, ...WHO, '--profile', 'rfc9068', '--json'])
  assert.equal(ran.code, 4)
  assert.deepEqual(checksOf(ran).slice(0, 2), ['signature CS_SIGNATURE', 'iss unchecked'])
  assert.ok(
    checksOf(ran)
      .slice(1)
      .every((check) => check.endsWith('unchecked')),
  )
})

test('bcp: exp and the type are demanded, in a compact token (RFC 8725)', async () => {
  const args = [...PUB, ...WHO, '--typ', 'at+jwt', '--profile', 'bcp', '--json']
  const none = await verify([token({ exp: undefined }, { typ: 'at+jwt' }), ...args])
  assert.deepEqual(
    [none.code, checksOf(none)],
    [5, ['signature pass', 'iss pass', 'aud pass', 'typ pass', 'exp CS_CLAIM_MISSING']],
  )
  assert.equal((await verify([token({}, { typ: 'JWT' }), ...args])).code, 5)
  assert.equal((await verify([token(), ...args])).code, 5)
  const critical = await verify([token({}, { typ: 'at+jwt', crit: ['x'], x: 1 }), ...args, '--crit', 'x'])
  assert.deepEqual([critical.code, checksOf(critical).includes('crit CS_CRIT')], [4, true])
  const right = await verify([token({}, { typ: 'at+jwt' }), ...args])
  assert.deepEqual(
    [right.code, checksOf(right)],
    [0, ['signature pass', 'exp pass', 'iss pass', 'aud pass', 'typ pass']],
  )
})

/** Every token is judged by the command and by the library, which have to be of one opinion. */
async function agree(
  texts: readonly string[],
  args: readonly string[],
  library: (token: string) => Promise<{ readonly ok: boolean }>,
): Promise<readonly boolean[]> {
  const verdicts: boolean[] = []
  for (const text of texts) {
    const { ok } = await library(text)
    const ran = await verify([text, ...args, '--json'])
    assert.equal(ran.code === 0, ok, `${ran.out}`)
    assert.equal(ran.json()['verdict'], ok ? 'accepted' : 'rejected')
    const isFailed = checksOf(ran).some((check) => !/ (pass|unchecked)$/.test(check))
    assert.equal(isFailed, !ok, 'what refuses a token is one of its checks')
    verdicts.push(ok)
  }
  return verdicts
}

test('rfc9068: accepts exactly what the library does', async () => {
  const full = { sub: 'ada', client_id: 'web', iat: NOW, jti: 'j' }
  const typ = { typ: 'at+jwt' }
  const verifier = accessToken.createVerifier({ keys, issuer: ISS, audience: AUD, now })
  const verdicts = await agree(
    [
      token(full, typ),
      token(full, { typ: 'application/AT+JWT' }),
      token(full, { typ: 'JWT' }),
      token(full),
      ...Object.keys(full).map((name) => token({ ...full, [name]: undefined }, typ)),
      token({ ...full, exp: undefined }, typ),
      token({ ...full, exp: NOW - 31 }, typ),
      token({ ...full, scope: ['a'] }, typ),
      token({ ...full, cnf: { jkt: 7 } }, typ),
      token({ ...full, cnf: { jkt: 'x' } }, typ),
      token({ ...full, aud: 'x' }, typ),
    ],
    [...PUB, ...WHO, '--profile', 'rfc9068'],
    (text) => verifier.safeVerify(text),
  )
  assert.deepEqual(verdicts.filter(Boolean).length, 3)
  const ran = await verify([
    token({ ...full, client_id: 7 }, { typ: 'JWT' }),
    ...PUB,
    ...WHO,
    '--profile',
    'rfc9068',
    '--json',
  ])
  assert.deepEqual(checksOf(ran), [
    ...['signature pass', 'exp pass', 'iss pass', 'aud pass', 'typ CS_TYP'],
    ...['sub pass', 'client_id CS_CLAIM_TYPE', 'iat pass', 'jti pass'],
  ])
  assert.equal(ran.code, 5)
  const { out } = await verify([token(full, typ), ...PUB, ...WHO, '--profile', 'rfc9068'])
  assert.match(out, /^✓ present: sub, client_id, iat, jti$/m)
})

test('oidc-id-token: accepts exactly what the library does', async () => {
  const full = { sub: 'ada', iat: NOW }
  const demands = { keys, issuer: ISS, audience: AUD, now }
  const verifier = idToken.createVerifier(demands)
  const cases = [
    token(full),
    token({ ...full, nonce: 'n' }),
    token({ ...full, nonce: 'm' }),
    token({ ...full, nonce: 7 }),
    token({ ...full, sub: ISS }),
    token({ ...full, azp: 'other' }),
    token({ ...full, azp: AUD }),
    token({ ...full, aud: [AUD, 'other'] }),
    token({ ...full, aud: [AUD, 'other'], azp: AUD }),
    token({ ...full, events: {} }),
    token({ ...full, iat: undefined }),
    token(full, { typ: 'at+jwt' }),
  ]
  const base = [...PUB, ...WHO, '--profile', 'oidc-id-token']
  assert.deepEqual((await agree(cases, base, (text) => verifier.safeVerify(text))).filter(Boolean).length, 2)
  const nonce = await agree(cases, [...base, '--nonce', 'n'], (text) => verifier.safeVerify(text, { nonce: 'n' }))
  assert.deepEqual(nonce.indexOf(true), 1)
  assert.deepEqual(nonce.filter(Boolean).length, 1)
  const trusting = idToken.createVerifier({ ...demands, otherAudiences: ['other'] })
  const others = await agree(cases, [...base, '--aud', 'other'], (text) => trusting.safeVerify(text))
  assert.equal(others.filter(Boolean).length, 3)

  const asked = await verify([token({ ...full, nonce: 'n' }), ...base])
  assert.match(asked.err, /fix: pass the nonce that was sent when the token was asked for: --nonce\./)
  const late = await verify([token({ ...full, nonce: 'n', exp: 1 }), ...base, '--nonce', 'x', '--json'])
  assert.ok(checksOf(late).includes('nonce unchecked'), 'the nonce is looked at once all else holds')
})

test('dpop: accepts exactly what the library does, of the key that was given', async () => {
  const request = { method: 'POST', url: `${AUD}/orders` }
  const signer = dpopProof.createSigner({ key, now })
  const later = dpopProof.createSigner({ key, now: () => NOW + 31 })
  const early = dpopProof.createSigner({ key, now: () => NOW - 91 })
  const other = dpopProof.createSigner({ key: importKey(OLD_KEY as never), now })
  const { d: _, ...jwk } = jwkFor('ES256', 0)
  const claims = { htm: 'POST', htu: request.url, jti: 'j', iat: NOW, iss: undefined, aud: undefined, exp: undefined }
  const cases = [
    await signer.sign(request),
    await signer.sign({ ...request, nonce: 'n' }),
    await signer.sign({ ...request, method: 'GET' }),
    await signer.sign({ ...request, url: `${AUD}/orders?page=2` }),
    await signer.sign({ ...request, url: `${AUD}/users` }),
    await later.sign(request),
    await early.sign(request),
    token(claims, { typ: 'dpop+jwt', jwk }),
    token({ ...claims, jti: undefined }, { typ: 'dpop+jwt', jwk }),
    token(claims, { typ: 'JWT', jwk }),
    token(claims, { typ: 'dpop+jwt' }),
    token(claims, { typ: 'dpop+jwt', jwk: jwkFor('ES256', 0) }),
  ]
  const base = [...PUB, '--profile', 'dpop', '--htm', 'POST', '--htu', request.url]
  const library = (nonce?: string) => (text: string) =>
    dpopProof.createVerifier({ replay: { add: () => true } as never, now }).safeVerify(text, { ...request, nonce })
  assert.deepEqual((await agree(cases, base, library())).filter(Boolean).length, 4)
  assert.deepEqual((await agree(cases, [...base, '--nonce', 'n'], library('n'))).indexOf(true), 1)

  // The proof of somebody else holds, and is not by the key that was given.
  assert.equal((await verify([await other.sign(request), ...base])).code, 4)
  const lying = token(claims, { typ: 'dpop+jwt', jwk: (({ d, ...open }) => open)(jwkFor('ES256', 1)) })
  const ran = await verify([lying, ...base, '--json'])
  assert.equal(ran.code, 4)
  assert.deepEqual(
    checksOf(ran),
    [
      ...['signature pass', 'jwk CS_SIGNATURE'],
      ...['typ', 'iat', 'htm', 'htu', 'jti'].map((name) => `${name} unchecked`),
    ].sort((a, b) => checksOf(ran).indexOf(a) - checksOf(ran).indexOf(b)),
  )
  const right = await verify([cases[0] ?? '', ...base, '--json'])
  assert.deepEqual(checksOf(right), [
    ...['signature', 'typ', 'jwk', 'iat', 'htm', 'htu', 'jti'].map((name) => `${name} pass`),
  ])
})

test('a profile and the other demands both count', async () => {
  const full = { sub: 'ada', client_id: 'web', iat: NOW - 100, jti: 'j' }
  const args = [token(full, { typ: 'at+jwt' }), ...PUB, ...WHO, '--profile', 'rfc9068']
  assert.equal((await verify(args)).code, 0)
  for (const more of [
    ['--sub', 'bob'],
    ['--require', 'scope'],
    ['--max-age', '1m'],
    ['--typ', 'JWT'],
    ['--at', '2026-11-22'],
    ['--alg', 'ES256,RS256', '--require', 'nonce'],
  ])
    assert.equal((await verify([...args, ...more])).code, 5, more.join(' '))
  assert.equal((await verify([...args, '--sub', 'ada', '--max-age', '2m', '--require', 'client_id'])).code, 0)
})

test('a JSON serialization is no JWT, and a shared secret may sign an ID token', async () => {
  const [header = '', payload = '', signature = ''] = token({ sub: 'ada', iat: NOW }).split('.')
  const json = JSON.stringify({ protected: header, payload, signature })
  assert.equal((await verify([json, ...PUB])).code, 0)
  const ran = await verify([json, ...PUB, ...WHO, '--profile', 'oidc-id-token', '--json'])
  assert.deepEqual([ran.code, ran.json()['verdict']], [3, 'rejected'])
  assert.ok(checksOf(ran).includes('claims CS_MALFORMED'))
  const secret = 'c2VjcmV0IHRoYXQgaXMgbG9uZyBlbm91Z2ggZm9yIEhTMjU2'
  const hs = ['--secret', 'env:SECRET', ...WHO, '--profile', 'oidc-id-token']
  assert.equal((await verify([shared(secret), ...hs])).code, 5)
})
