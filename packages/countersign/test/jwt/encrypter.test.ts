import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EncrypterOptions, type ErrorCode, importKey, type JwtClaims, publicKey, secretKey } from 'countersign'
import { headerOf, OCTETS } from '../jwe/keys.ts'
import { DOORS } from '../support/doors.ts'
import { CLAIMS, fails, NOW, now } from '../support/forge.ts'
import { jwkFor, publicMembers } from '../support/keys.ts'

const key = secretKey(OCTETS, 'A256GCM', { kid: '2026-11' })
const plain = secretKey(OCTETS)
const password = secretKey({ text: 'correct horse battery staple' }, 'PBES2-HS256+A128KW')
const private_ = importKey(jwkFor('ES256'), { alg: 'ECDH-ES' })
const open = await publicKey(private_)
const KEY = { key, expiresIn: 60, now } as const

const cycle: Record<string, unknown> = {}
cycle['self'] = cycle
const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)])

const MISUSES: readonly (readonly [why: string, options: unknown, message: RegExp])[] = [
  ['no options', undefined, /options object/],
  ['a key in place of the options', key, /no option/],
  ['no key', { expiresIn: 60 }, /is nothing/],
  ['a password as text', { key: 'secret' }, /is a string/],
  ['the name that createDecrypter has', { keys: key }, /no option "keys"/],
  ['a misspelt option', { ...KEY, expires: 60 }, /no option "expires"/],
  ['sign, which is for each call', { ...KEY, sign: {} }, /no option "sign"/],
  ['aad, which a compact JWE has not', { ...KEY, aad: 'x' }, /no option "aad"/],
  ['several recipients', { recipients: [KEY] }, /no option "recipients"/],
  ['limits, which are fixed', { ...KEY, limits: {} }, /no option "limits"/],
  ['an unknown alg', { ...KEY, alg: 'A256' }, /alg names "A256"/],
  ['a key that serves several', { ...KEY, key: plain }, /say which/],
  ['an unknown enc', { ...KEY, enc: 'A256' }, /enc names "A256"/],
  ['zip that is no boolean', { ...KEY, zip: 'DEF' }, /zip is true or false/],
  ['a typ without text', { ...KEY, typ: '' }, /typ is a string with text/],
  ['a typ that is null', { ...KEY, typ: null }, /typ is a string with text/],
  ['a header that is text', { ...KEY, header: 'x' }, /header is a string/],
  ['a header that is null', { ...KEY, header: null }, /header is null/],
  ['a header with a cycle', { ...KEY, header: cycle }, /nested deeper|JSON does not have/],
  ['a header with a private jwk', { ...KEY, header: { jwk: jwkFor('ES256') } }, /private members/],
  ['a life of nothing', { ...KEY, expiresIn: 0 }, /born expired/],
  ['a life that is no duration', { ...KEY, expiresIn: 'soon' }, /expiresIn is a number of seconds/],
  ['a life that is NaN', { ...KEY, expiresIn: Number.NaN }, /expiresIn/],
  ['a life before now', { ...KEY, expiresIn: -1 }, /expiresIn/],
  ['notBefore that is no duration', { ...KEY, notBefore: 'never' }, /notBefore/],
  ['an issuer without text', { ...KEY, issuer: '' }, /issuer/],
  ['an audience without any', { ...KEY, audience: [] }, /audience is an empty array/],
  ['an audience that is a RegExp', { ...KEY, audience: /api/ }, /audience/],
  ['a subject that is a number', { ...KEY, subject: 7 }, /subject/],
  ['jti that is text', { ...KEY, jti: 'x' }, /jti is true or a function/],
  ['a clock that is a number', { ...KEY, now: NOW }, /now is a function/],
  ['apu for a shared key', { ...KEY, apu: 'Alice' }, /apu is for ECDH-ES/],
  ['p2c for a shared key', { ...KEY, p2c: 1000 }, /p2c is for passwords/],
  ['too few iterations', { ...KEY, key: password, p2c: 999 }, /1000 to 600000/],
]

/** Members that have an option, or would change what the token means (RFC 7516 §4.1, RFC 7519 §5). */
const RESERVED = [
  'alg',
  'enc',
  'typ',
  'kid',
  'cty',
  'zip',
  'crit',
  'b64',
  'epk',
  'apu',
  'apv',
  'p2c',
  'p2s',
  'iv',
  'tag',
]

const KEYS_REFUSED: readonly (readonly [why: string, options: object, code: ErrorCode])[] = [
  ['a private key', { key: private_ }, 'CS_KEY_TYPE'],
  ['a private JWK', { key: jwkFor('ES256'), alg: 'ECDH-ES' }, 'CS_KEY_TYPE'],
  ['a key that signs', { key: publicMembers({ ...jwkFor('ES256'), use: 'sig' }), alg: 'ECDH-ES' }, 'CS_KEY_TYPE'],
  ['a key for another alg', { key: open, alg: 'ECDH-ES+A256KW' }, 'CS_KEY_TYPE'],
  ['a key for another enc', { key, enc: 'A128CBC-HS256' }, 'CS_KEY_TYPE'],
  ['a secret of another size', { key: plain, alg: 'A128KW' }, 'CS_KEY_SIZE'],
  ['an alg that is left out', { key: publicMembers(jwkFor('RS256')), alg: 'RSA1_5' }, 'CS_UNSUPPORTED'],
]

for (const { name, door } of DOORS) {
  for (const [why, options, message] of MISUSES) {
    test(`${name}: createEncrypter: ${why}: a mistake of the program is a TypeError`, () => {
      assert.throws(() => door.createEncrypter(options as EncrypterOptions), { name: 'TypeError', message })
    })
  }

  test(`${name}: createEncrypter: the header has no member that has an option or a meaning of its own`, () => {
    for (const member of RESERVED) {
      const refused = { name: 'TypeError', message: new RegExp(`header holds ${member}`) }
      for (const value of ['JWT', null])
        assert.throws(() => door.createEncrypter({ ...KEY, header: { [member]: value } }), refused)
    }
  })

  for (const [why, options, code] of KEYS_REFUSED) {
    test(`${name}: createEncrypter refuses ${why} before there is any claim`, async () => {
      await fails(() => door.createEncrypter({ expiresIn: 60, ...options } as EncrypterOptions), code)
    })
  }

  const encrypter = door.createEncrypter(KEY)
  const decrypter = door.createDecrypter({
    keys: [key, plain],
    issuer: 'any',
    audience: 'any',
    typ: 'any',
    requireExp: false,
    now,
  })
  const read = async (
    token: string | Promise<string>,
  ): Promise<{ readonly header: object; readonly claims: JwtClaims }> => {
    const { header, claims } = await decrypter.decrypt(await token)
    return { header: { ...header }, claims: { ...claims } }
  }
  const claimsOf = async (token: string | Promise<string>): Promise<JwtClaims> => (await read(token)).claims

  test(`${name}: claims that nobody signs have a life, by the encrypter or by the call`, async () => {
    const without = door.createEncrypter({ key, now })
    const refused = { name: 'TypeError', message: /expiresIn is required where the claims are not signed/ }
    await assert.rejects(async () => without.encrypt({ sub: 'alice' }), refused)
    await assert.rejects(async () => without.encrypt({ exp: NOW + 60 }), refused)
    await assert.rejects(async () => without.encrypt({}, { expiresIn: 0 }), {
      name: 'TypeError',
      message: /born expired/,
    })
    assert.equal((await claimsOf(without.encrypt({}, { expiresIn: '1m' }))).exp, NOW + 60)
    assert.deepEqual(await claimsOf(without.encrypt({}, { expiresIn: 'never' })), { iat: NOW })
  })

  test(`${name}: a life that is null is none, and a TypeError`, async () => {
    const options = { ...KEY, expiresIn: null } as unknown as EncrypterOptions
    assert.throws(() => door.createEncrypter(options), { name: 'TypeError', message: /expiresIn/ })
  })

  test(`${name}: what a call says is checked by name and by type`, async () => {
    const call = (options: unknown) => async () => encrypter.encrypt({}, options as object)
    for (const options of [null, 7, 'x', [], { expires: 60 }, { issuer: 'x' }, { header: {} }, { key }])
      await assert.rejects(call(options), TypeError)
    await assert.rejects(call({ expiresIn: 'soon' }), TypeError)
    for (const options of [{ subject: 7 }, { audience: {} }, { jti: null }, { subject: ['x'] }])
      await fails(call(options), 'CS_CLAIM_TYPE')
  })

  test(`${name}: claims that no token can hold are refused as data`, async () => {
    const refused: readonly (readonly [claims: unknown, code: ErrorCode])[] = [
      ...[undefined, null, 'x', 7, []].map((claims) => [claims, 'CS_CLAIM_TYPE'] as const),
      [{ iss: 7 }, 'CS_CLAIM_TYPE'],
      [{ aud: [1] }, 'CS_CLAIM_TYPE'],
      [{ exp: 'tomorrow' }, 'CS_CLAIM_TYPE'],
      [{ nbf: Number.NaN }, 'CS_CLAIM_TYPE'],
      [{ n: 1n }, 'CS_CLAIM_TYPE'],
      [cycle, 'CS_CLAIM_TYPE'],
      [{ f: () => 1 }, 'CS_CLAIM_TYPE'],
      [{ toJSON: () => 'x' }, 'CS_CLAIM_TYPE'],
      [{ x: deep(40) }, 'CS_TOO_LARGE'],
    ]
    for (const [claims, code] of refused) await fails(() => encrypter.encrypt(claims as JwtClaims), code)
    const ours = door.createEncrypter({ ...KEY, issuer: 'us' })
    const error = await fails(() => ours.encrypt({ iss: 'them' }), 'CS_ISS')
    assert.match(error.message, /"them".*"us"/)
  })

  test(`${name}: nothing is made that a decrypter would find too large`, async () => {
    await fails(() => encrypter.encrypt({ x: 'x'.repeat(16 * 1024) }), 'CS_TOO_LARGE')
    // The claims fit, and the token that they become does not.
    await fails(() => encrypter.encrypt({ x: 'x'.repeat(13 * 1024) }), 'CS_TOO_LARGE')
    const token = await encrypter.encrypt({ x: 'x'.repeat(12_000) })
    assert.ok(token.length <= 16 * 1024)
    await read(token)
    const packing = door.createEncrypter({ ...KEY, zip: true })
    await read(packing.encrypt({ x: 'x'.repeat(16_000) }))
    await fails(() => packing.encrypt({ x: 'x'.repeat(17_000) }), 'CS_TOO_LARGE')
    assert.throws(() => door.createEncrypter({ ...KEY, header: { x: 'x'.repeat(8192) } }), { code: 'CS_TOO_LARGE' })
    const large = door.createEncrypter({ ...KEY, header: { x: 'x'.repeat(8192 - 20) } })
    await fails(() => large.encrypt({}), 'CS_TOO_LARGE')
  })

  test(`${name}: an encrypter writes iat, exp, typ and kid, and leaves out what it was not given`, async () => {
    const { header, claims } = await read(encrypter.encrypt({ sub: 'alice' }))
    assert.deepEqual(header, { alg: 'dir', enc: 'A256GCM', kid: '2026-11', typ: 'JWT' })
    assert.deepEqual(claims, { sub: 'alice', iat: NOW, exp: NOW + 60 })
    const bare = door.createEncrypter({ key: plain, alg: 'dir', enc: 'A128CBC-HS256', expiresIn: 'never', now })
    assert.deepEqual(await read(bare.encrypt({})), {
      header: { alg: 'dir', enc: 'A128CBC-HS256', typ: 'JWT' },
      claims: { iat: NOW },
    })
  })

  test(`${name}: the call counts before the claims, and the claims before the encrypter`, async () => {
    const full = door.createEncrypter({
      ...KEY,
      issuer: 'i',
      subject: 's',
      audience: ['a', 'b'],
      notBefore: 5,
      jti: () => 'made',
    })
    const all = { iss: 'i', sub: 's', aud: ['a', 'b'], jti: 'made', iat: NOW, nbf: NOW + 5, exp: NOW + 60 }
    const soon = door.createDecrypter({
      keys: key,
      issuer: 'any',
      audience: 'any',
      ignoreExp: true,
      now: () => NOW + 5,
    })
    const got = async (token: string | Promise<string>): Promise<object> => ({
      ...(await soon.decrypt(await token)).claims,
    })
    assert.deepEqual(await got(full.encrypt({})), all)
    const given = { iss: 'i', sub: 'own', aud: 'own', jti: 'own', iat: 1, nbf: 2, exp: 3 }
    assert.deepEqual(await got(full.encrypt(given)), given)
    const call = { subject: 'call', audience: 'call', jti: 'call', expiresIn: '1h' } as const
    const called = { sub: 'call', aud: 'call', jti: 'call', exp: NOW + 3600 }
    assert.deepEqual(await got(full.encrypt(given, call)), { ...given, ...called })
  })

  test(`${name}: claims and options are not changed, and may be frozen`, async () => {
    const claims = Object.freeze({
      sub: 'alice',
      roles: Object.freeze(['a']),
      'https://claims.example/x': Object.freeze({ y: 1 }),
    })
    const header = Object.freeze({ cty: undefined, 'urn:x': Object.freeze([1]) })
    const options = Object.freeze({ ...KEY, header, audience: Object.freeze(['a']) })
    const [before, told] = [JSON.stringify(claims), JSON.stringify({ ...options, key: 0 })]
    const one = door.createEncrypter(options)
    const { header: written, claims: got } = await read(one.encrypt(claims, Object.freeze({ jti: 'x' })))
    assert.deepEqual([JSON.stringify(claims), JSON.stringify({ ...options, key: 0 })], [before, told])
    assert.deepEqual(got, { ...claims, aud: ['a'], jti: 'x', iat: NOW, exp: NOW + 60 })
    assert.deepEqual((written as Record<string, unknown>)['urn:x'], [1])
  })

  test(`${name}: typ and further members go into the header, and jti: true makes ids`, async () => {
    const one = door.createEncrypter({
      ...KEY,
      typ: 'at+jwt',
      header: { 'urn:x': [1], iss: 'us' },
      issuer: 'us',
      jti: true,
    })
    const tokens = await Promise.all([1, 2, 3].map(async () => read(one.encrypt({}))))
    assert.equal(new Set(tokens.map(({ claims }) => claims.jti)).size, 3)
    const [{ header } = { header: {} }] = tokens
    assert.deepEqual(header, { alg: 'dir', enc: 'A256GCM', kid: '2026-11', typ: 'at+jwt', 'urn:x': [1], iss: 'us' })
  })

  test(`${name}: claims that the header repeats are repeated truly (RFC 7519 §5.3)`, async () => {
    const repeating = door.createEncrypter({ ...KEY, issuer: 'us', header: { iss: 'them' } })
    await fails(() => repeating.encrypt({}), 'CS_ISS')
    const about = door.createEncrypter({ ...KEY, header: { sub: 'alice' } })
    await fails(() => about.encrypt({ sub: 'bob' }), 'CS_SUB')
  })

  test(`${name}: zip compresses the claims, and says so`, async () => {
    const claims = { text: 'the same words over and over '.repeat(100) }
    const token = await door.createEncrypter({ ...KEY, zip: true }).encrypt(claims)
    assert.ok(token.length < 600)
    const { header, claims: got } = await read(token)
    assert.equal((header as Record<string, unknown>)['zip'], 'DEF')
    assert.equal(got['text'], claims.text)
  })

  test(`${name}: a password takes its p2c, and a public key its apu and apv`, async () => {
    const sealed = await door.createEncrypter({ ...KEY, key: password, p2c: 1234 }).encrypt({ ...CLAIMS })
    assert.equal(headerOf(sealed.split('.')[0])['p2c'], 1234)
    const agreed = await door.createEncrypter({ ...KEY, key: open, apu: 'Alice', apv: 'Bob' }).encrypt({ ...CLAIMS })
    const header = headerOf(agreed.split('.')[0])
    assert.deepEqual([header['apu'], header['apv']], ['QWxpY2U', 'Qm9i'])
  })

  test(`${name}: no two tokens are the same, though their claims are`, async () => {
    for (const own of [key, open]) {
      const one = door.createEncrypter({ ...KEY, key: own })
      const tokens = await Promise.all(Array.from({ length: 10 }, () => one.encrypt({})))
      assert.equal(new Set(tokens.map((token) => token.split('.')[2])).size, 10)
    }
  })
}
