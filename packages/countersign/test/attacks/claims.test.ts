import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { IssuerRules } from 'countersign'
import { DOORS } from '../support/doors.ts'
import { b64, CLAIMS, fails, mac, macInput, NOW, now, POLICY, refuses } from '../support/forge.ts'

const SECRET = Buffer.alloc(32, 7)
const HS = { alg: 'HS256' }
const without = (claim: keyof typeof CLAIMS): object =>
  Object.fromEntries(Object.entries(CLAIMS).filter(([name]) => name !== claim))
const text = (claims: object, ...members: string[]): string => `{${members.join()},${JSON.stringify(claims).slice(1)}`

for (const { name, door } of DOORS) {
  const key = door.secretKey(SECRET, 'HS256')
  const verifier = door.createVerifier({ keys: key, ...POLICY })
  const exact = door.createVerifier({ keys: key, ...POLICY, clockTolerance: 0 })

  for (const claim of ['exp', 'nbf', 'iat'] as const) {
    const wrong = ['"9999999999"', 'null', '[9999999999]', '{}', 'true', '1e400', '-1e400', '""']
    for (const value of wrong) {
      test(`${name}: attack 26: ${claim} ${value} is of the wrong type`, async () => {
        const { [claim]: _, ...rest } = { nbf: 0, ...CLAIMS }
        const error = await refuses(verifier, mac(HS, text(rest, `"${claim}":${value}`), SECRET), 'CS_CLAIM_TYPE')
        assert.equal(error.issues[0]?.path, claim)
      })
    }
  }
  test(`${name}: attack 22: a claim that all objects inherit is none of the token's`, async () => {
    const inheriting = async (claim: string, value: unknown, check: () => Promise<unknown>): Promise<void> => {
      Object.defineProperty(Object.prototype, claim, { value, configurable: true })
      try {
        await check()
      } finally {
        Reflect.deleteProperty(Object.prototype, claim)
      }
    }
    for (const claim of ['iss', 'aud', 'exp'] as const) {
      const token = mac(HS, without(claim), SECRET)
      await inheriting(claim, CLAIMS[claim], () => refuses(verifier, token, 'CS_CLAIM_MISSING'))
    }
    const token = mac(HS, CLAIMS, SECRET)
    for (const [claim, value] of Object.entries({ ...CLAIMS, exp: 0, nbf: NOW + 900, sub: 7, jti: 7, iat: 'now' }))
      await inheriting(claim, value, async () => verifier.verify(token))
  })
  test(`${name}: attack 26: exp is the first moment that is too late, and nbf the first that is not too early`, async () => {
    await refuses(exact, mac(HS, { ...CLAIMS, exp: NOW }, SECRET), 'CS_EXPIRED')
    await exact.verify(mac(HS, { ...CLAIMS, exp: NOW + 0.5 }, SECRET))
    await exact.verify(mac(HS, { ...CLAIMS, exp: NOW + 1 }, SECRET))
    await exact.verify(mac(HS, { ...CLAIMS, nbf: NOW }, SECRET))
    await refuses(exact, mac(HS, { ...CLAIMS, nbf: NOW + 0.5 }, SECRET), 'CS_NOT_YET_VALID')
    await verifier.verify(mac(HS, { ...CLAIMS, exp: NOW - 29 }, SECRET))
    await refuses(verifier, mac(HS, { ...CLAIMS, exp: NOW - 30 }, SECRET), 'CS_EXPIRED')
    await verifier.verify(mac(HS, { ...CLAIMS, nbf: NOW + 30 }, SECRET))
    await refuses(verifier, mac(HS, { ...CLAIMS, nbf: NOW + 31 }, SECRET), 'CS_NOT_YET_VALID')
  })
  test(`${name}: attack 26: huge times are numbers like others, and no message chokes on them`, async () => {
    await refuses(verifier, mac(HS, { ...CLAIMS, exp: -1e300 }, SECRET), 'CS_EXPIRED')
    await refuses(verifier, mac(HS, { ...CLAIMS, nbf: 1e300 }, SECRET), 'CS_NOT_YET_VALID')
    await verifier.verify(mac(HS, { ...CLAIMS, exp: 1e300, nbf: -1e300, iat: 1e300 }, SECRET))
    const aged = door.createVerifier({ keys: key, ...POLICY, maxAge: '1h' })
    await refuses(aged, mac(HS, { ...CLAIMS, iat: -1e300 }, SECRET), 'CS_TOO_OLD')
    await refuses(aged, mac(HS, { ...CLAIMS, iat: 1e300 }, SECRET), 'CS_NOT_YET_VALID')
  })

  const wrongAudiences: readonly (readonly [value: unknown, code: string])[] = [
    [undefined, 'CS_CLAIM_MISSING'],
    [[], 'CS_AUD'],
    ['', 'CS_AUD'],
    [[''], 'CS_AUD'],
    [['API'], 'CS_AUD'],
    ['api.evil', 'CS_AUD'],
    ['my-api', 'CS_AUD'],
    ['ap', 'CS_AUD'],
    ['api ', 'CS_AUD'],
    [[['api']], 'CS_CLAIM_TYPE'],
    [{ 0: 'api' }, 'CS_CLAIM_TYPE'],
    [{ length: 1, 0: 'api' }, 'CS_CLAIM_TYPE'],
    [['api', 1], 'CS_CLAIM_TYPE'],
    [null, 'CS_CLAIM_TYPE'],
    [1, 'CS_CLAIM_TYPE'],
    [true, 'CS_CLAIM_TYPE'],
  ]
  for (const [aud, code] of wrongAudiences) {
    test(`${name}: attack 27: aud ${JSON.stringify(aud)} is not for the audience "api"`, async () => {
      await refuses(verifier, mac(HS, { ...without('aud'), aud }, SECRET), code)
    })
  }
  test(`${name}: attack 27: one exact audience among several is enough, on either side`, async () => {
    await verifier.verify(mac(HS, { ...CLAIMS, aud: ['other', 'api'] }, SECRET))
    const several = door.createVerifier({ keys: key, ...POLICY, audience: ['billing', 'api'] })
    await several.verify(mac(HS, CLAIMS, SECRET))
    await refuses(several, mac(HS, { ...CLAIMS, aud: 'billing,api' }, SECRET), 'CS_AUD')
  })

  const wrongIssuers: readonly (readonly [value: unknown, code: string])[] = [
    [undefined, 'CS_CLAIM_MISSING'],
    [['https://issuer.example'], 'CS_CLAIM_TYPE'],
    [['https://issuer.example', 'https://evil.example'], 'CS_CLAIM_TYPE'],
    [null, 'CS_CLAIM_TYPE'],
    ['https://issuer.example/', 'CS_ISS'],
    ['https://issuer.exampl', 'CS_ISS'],
    ['https://issuer.example.evil', 'CS_ISS'],
    ['HTTPS://issuer.example', 'CS_ISS'],
    ['', 'CS_ISS'],
  ]
  for (const [iss, code] of wrongIssuers) {
    test(`${name}: attack 28: iss ${JSON.stringify(iss)} is not the issuer`, async () => {
      await refuses(verifier, mac(HS, { ...without('iss'), iss }, SECRET), code)
      const table = { [CLAIMS.iss]: { keys: key, audience: 'api' } }
      await refuses(door.createVerifier({ issuers: table, now }), mac(HS, { ...without('iss'), iss }, SECRET), 'CS_ISS')
    })
  }
  test(`${name}: attack 28: each issuer's keys count for its own tokens alone`, async () => {
    const other = door.secretKey(Buffer.alloc(32, 42), 'HS256')
    const issuers = {
      [CLAIMS.iss]: { keys: key, audience: 'api' },
      'https://other.example': { keys: other, audience: 'api' },
    }
    const many = door.createVerifier({ issuers, now })
    await many.verify(mac(HS, CLAIMS, SECRET))
    await refuses(many, mac(HS, { ...CLAIMS, iss: 'https://other.example' }, SECRET), 'CS_SIGNATURE')
    for (const iss of ['__proto__', 'constructor', 'https://third.example']) {
      await refuses(many, mac(HS, { ...CLAIMS, iss }, SECRET), 'CS_ISS')
      const found = door.createVerifier({
        issuers: (wanted: string) => (issuers as Readonly<Record<string, IssuerRules>>)[wanted],
        now,
      })
      await refuses(found, mac(HS, { ...CLAIMS, iss }, SECRET), 'CS_ISS')
    }
  })

  for (const claim of ['sub', 'jti'] as const) {
    for (const value of [1, null, {}, ['x'], true]) {
      test(`${name}: attack 29: ${claim} ${JSON.stringify(value)} is no string`, async () => {
        await refuses(verifier, mac(HS, { ...CLAIMS, [claim]: value }, SECRET), 'CS_CLAIM_TYPE')
      })
    }
  }
  test(`${name}: attack 29: a required claim that is absent refuses the token, and one that is null does not pass as a sub`, async () => {
    const strict = door.createVerifier({ keys: key, ...POLICY, requiredClaims: ['jti', 'scope'], subject: CLAIMS.sub })
    const error = await refuses(strict, mac(HS, CLAIMS, SECRET), 'CS_CLAIM_MISSING')
    assert.deepEqual(
      error.issues.map(({ path }) => path),
      ['jti', 'scope'],
    )
    await refuses(strict, mac(HS, { ...without('sub'), jti: 'a', scope: '' }, SECRET), 'CS_CLAIM_MISSING')
    await refuses(strict, mac(HS, { ...CLAIMS, sub: '1234567891', jti: 'a', scope: '' }, SECRET), 'CS_SUB')
    await strict.verify(mac(HS, { ...CLAIMS, jti: 'a', scope: '' }, SECRET))
    await refuses(verifier, mac(HS, without('exp'), SECRET), 'CS_CLAIM_MISSING')
    await door.createVerifier({ keys: key, ...POLICY, requireExp: false }).verify(mac(HS, without('exp'), SECRET))
  })
  test(`${name}: attack 29: an error tells the expected and actual iss and aud, and nothing of sub`, async () => {
    const strict = door.createVerifier({ keys: key, ...POLICY, subject: 'alice-canary' })
    const error = await refuses(strict, mac(HS, { ...CLAIMS, aud: 'x', sub: 'bob-canary' }, SECRET), 'CS_SUB')
    assert.deepEqual(
      error.issues.map(({ code }) => code),
      ['CS_SUB', 'CS_AUD'],
    )
    assert.doesNotMatch(JSON.stringify(error), /canary/)
  })

  const badOptions: readonly (readonly [option: string, values: readonly unknown[]])[] = [
    ['clockTolerance', [Number.NaN, '5 min', -1, Number.POSITIVE_INFINITY, null, {}, '5', '1.5h', '']],
    ['audience', [undefined, [], '', [''], null, 0, {}, [undefined], [/api/], true]],
    ['issuer', [undefined, [], '', [''], null, 0, {}, [undefined], [/issuer/], true]],
    ['subject', ['', null, 0, []]],
    ['maxAge', [Number.NaN, 'soon', -5, null]],
    ['requireExp', [0, null, 'false', 'true']],
    ['ignoreExp', [1, null, 'true', 'false']],
    ['requiredClaims', ['sub', null, [1], [''], {}]],
    ['typ', ['', null, 1, []]],
    ['now', [null, NOW, '0', new Date()]],
    [
      'limits',
      [null, 1, { tokenBytes: 0 }, { tokenBytes: Number.NaN }, { headerBytes: -1 }, { jsonDepth: '32' }, { depth: 1 }],
    ],
    ['keys', [undefined, null, '', 'secret', 0, SECRET, [], [null], ['secret'], new Map()]],
    ['maxage', ['5m']],
    ['ignoreExpiration', [true]],
  ]
  for (const [option, values] of badOptions) {
    for (const value of values) {
      test(`${name}: attack 30: ${option} ${value instanceof Date ? 'a Date' : JSON.stringify(value)} (${typeof value}) switches no check off`, async () => {
        const expired = mac(HS, { ...CLAIMS, exp: NOW - 3600 }, SECRET)
        try {
          await door.createVerifier({ keys: key, ...POLICY, [option]: value } as never).verify(expired)
        } catch (error) {
          assert.ok(error instanceof TypeError || (option === 'keys' && error instanceof door.JoseError), String(error))
          return
        }
        assert.fail('an expired token was accepted')
      })
    }
  }
  for (const time of [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    '0',
    null,
    undefined,
    new Date(0),
  ]) {
    test(`${name}: attack 30: a clock that says ${String(time)} accepts nothing`, async () => {
      const broken = door.createVerifier({ keys: key, ...POLICY, now: () => time as never })
      await assert.rejects(async () => broken.verify(mac(HS, CLAIMS, SECRET)), TypeError)
      await assert.rejects(async () => broken.safeVerify(mac(HS, CLAIMS, SECRET)), TypeError)
    })
  }
  test(`${name}: attack 30: maxAge requires iat`, async () => {
    const aged = door.createVerifier({ keys: key, ...POLICY, maxAge: '10m' })
    await refuses(aged, mac(HS, without('iat'), SECRET), 'CS_CLAIM_MISSING')
    await aged.verify(mac(HS, { ...CLAIMS, iat: NOW - 630 }, SECRET))
    await refuses(aged, mac(HS, { ...CLAIMS, iat: NOW - 631 }, SECRET), 'CS_TOO_OLD')
    await refuses(aged, mac(HS, { ...CLAIMS, iat: NOW + 31 }, SECRET), 'CS_NOT_YET_VALID')
  })
  test(`${name}: attack 30: the options object is read once, and changing it later changes nothing`, async () => {
    const options = { keys: key, ...POLICY, issuer: [CLAIMS.iss] as string[], audience: ['api'] as string[] }
    const prepared = door.createVerifier(options)
    options.issuer.push('https://evil.example')
    options.audience.push('evil')
    await refuses(prepared, mac(HS, { ...CLAIMS, iss: 'https://evil.example', aud: 'evil' }, SECRET), 'CS_ISS')
  })

  test(`${name}: attack 68: a demand that got lost on its way is an error, and not one demand less`, () => {
    const lost = ['subject', 'typ', 'requiredClaims', 'maxAge', 'algorithms', 'claims', 'revoked', 'issuer', 'audience']
    for (const option of lost) {
      const options = { keys: key, ...POLICY, [option]: undefined }
      assert.throws(() => door.createVerifier(options as never), TypeError, option)
    }
    const sealed = door.secretKey(SECRET, 'A256GCM')
    for (const option of [...lost, 'encryptions']) {
      const options = { keys: sealed, ...POLICY, [option]: undefined }
      assert.throws(() => door.createDecrypter(options as never), TypeError, option)
    }
    assert.throws(() => door.createSigner({ key, expiresIn: 60, claims: undefined } as never), TypeError)
  })
  test(`${name}: attack 31: a RegExp is no matcher`, () => {
    for (const pattern of [/^(a+)+$/, /api/g, /(?:)/]) {
      for (const option of ['issuer', 'audience', 'subject', 'typ']) {
        assert.throws(() => door.createVerifier({ keys: key, ...POLICY, [option]: pattern } as never), TypeError)
        assert.throws(() => door.createVerifier({ keys: key, ...POLICY, [option]: [pattern] } as never), TypeError)
      }
    }
  })

  const typs = [
    'at+jwt',
    'logout+jwt',
    'dpop+jwt',
    'secevent+jwt',
    'JWE',
    'JOSE',
    'jwt ',
    '',
    'application/at+jwt',
    'text/jwt',
  ]
  for (const typ of typs) {
    test(`${name}: attack 32: typ ${JSON.stringify(typ)} is not taken for a plain JWT`, async () => {
      await refuses(verifier, mac({ ...HS, typ }, CLAIMS, SECRET), 'CS_TYP')
      await door.createVerifier({ keys: key, ...POLICY, typ: 'any' }).verify(mac({ ...HS, typ }, CLAIMS, SECRET))
    })
  }
  test(`${name}: attack 32: a demanded typ is matched without case and with application/ implied, and not left out`, async () => {
    const access = door.createVerifier({ keys: key, ...POLICY, typ: 'at+jwt' })
    for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/AT+jwt']) {
      await access.verify(mac({ ...HS, typ }, CLAIMS, SECRET))
    }
    for (const typ of [undefined, 'JWT', 'at+jwt2', 'application/application/at+jwt', 'x/at+jwt', 'at/jwt']) {
      await refuses(access, mac({ ...HS, typ }, CLAIMS, SECRET), 'CS_TYP')
    }
    for (const typ of [undefined, 'JWT', 'jwt', 'application/jwt'])
      await verifier.verify(mac({ ...HS, typ }, CLAIMS, SECRET))
  })

  const payloads: readonly (readonly [what: string, payload: string | Buffer])[] = [
    ['an array', JSON.stringify([CLAIMS])],
    ['a string', '"x"'],
    ['null', 'null'],
    ['a number', '1'],
    ['true', 'true'],
    ['nothing', ''],
    ['plain text', 'foo'],
    ['cut JSON', JSON.stringify(CLAIMS).slice(0, -1)],
    ['a byte order mark first', `\ufeff${JSON.stringify(CLAIMS)}`],
    [
      'invalid UTF-8',
      Buffer.concat([
        Buffer.from('{"sub":"'),
        Buffer.from([0xc3, 0x28]),
        Buffer.from(`",${JSON.stringify(CLAIMS).slice(1)}`),
      ]),
    ],
    [
      'an overlong UTF-8 form',
      Buffer.concat([
        Buffer.from('{"x":"'),
        Buffer.from([0xc0, 0xaf]),
        Buffer.from(`",${JSON.stringify(CLAIMS).slice(1)}`),
      ]),
    ],
    [
      'a surrogate in UTF-8',
      Buffer.concat([
        Buffer.from('{"x":"'),
        Buffer.from([0xed, 0xa0, 0x80]),
        Buffer.from(`",${JSON.stringify(CLAIMS).slice(1)}`),
      ]),
    ],
    ['single quotes', `{'sub':'x'}`],
    ['a raw control character', '{"x":"\u0001"}'],
  ]
  for (const [what, payload] of payloads) {
    test(`${name}: attack 33: ${what} is no claims set`, async () => {
      await refuses(verifier, macInput(`${b64('{"alg":"HS256"}')}.${b64(payload)}`, SECRET), 'CS_MALFORMED')
    })
  }

  test(`${name}: attack 35: a signer refuses keys that cannot or must not sign`, async () => {
    const pair = await door.generateKey('ES256')
    await fails(async () => door.createSigner({ key: await door.publicKey(pair), expiresIn: 60 }), 'CS_KEY_TYPE')
    const encryption = door.importKey({ ...(await door.exportJwk(pair)), alg: undefined, use: 'enc' } as never)
    await fails(() => door.createSigner({ key: encryption, expiresIn: 60 }), 'CS_KEY_TYPE')
    await fails(
      () => door.createSigner({ key: door.secretKey({ text: 'x'.repeat(31) }), alg: 'HS256', expiresIn: 60 }),
      'CS_WEAK_SECRET',
    )
    await fails(() => door.createSigner({ key: pair, alg: 'ES384', expiresIn: 60 }), 'CS_KEY_TYPE')
    for (const bad of [undefined, null, '', SECRET, 'secret', {}, { kind: 'private' }, [pair]]) {
      assert.throws(() => door.createSigner({ key: bad as never, expiresIn: 60 }), TypeError)
    }
    assert.throws(() => door.createSigner({ key: pair, alg: 'none', expiresIn: 60 }), TypeError)
    const both = door.importKey(await door.exportPem(await door.generateKey('RS256')))
    assert.throws(() => door.createSigner({ key: both, expiresIn: 60 }), TypeError)
  })
  for (const options of [
    {},
    { expiresIn: 0 },
    { expiresIn: -1 },
    { expiresIn: 'soon' },
    { expiresIn: Number.NaN },
    { expiresIn: 60, header: { alg: 'none' } },
    { expiresIn: 60, header: { typ: 'x' } },
    { expiresIn: 60, header: { kid: 'x' } },
    { expiresIn: 60, header: { crit: ['b64'] } },
    { expiresIn: 60, header: { b64: false } },
    { expiresIn: 60, header: [] },
    { expiresIn: 60, header: { jwk: { kty: 'EC', d: 'AA' } } },
    { expiresIn: 60, header: { jwk: { kty: 'oct', k: 'AA' } } },
    { expiresIn: 60, alg: null },
    { expiresIn: 60, issuer: '' },
    { expiresIn: 60, audience: [] },
    { expiresIn: 60, subject: 1 },
    { expiresIn: 60, jti: 'x' },
    { expiresIn: 60, typ: '' },
    { expiresIn: 60, notBefore: 'x' },
    { expiresIn: 60, algorithm: 'none' },
    { expiresIn: 60, now: 1 },
  ]) {
    test(`${name}: attack 35: a signer refuses the options ${JSON.stringify(options)}`, () => {
      assert.throws(() => door.createSigner({ key, ...options } as never), TypeError)
    })
  }
  const badClaims: readonly unknown[] = [
    undefined,
    null,
    'x',
    1,
    [],
    { exp: '1' },
    { exp: Number.NaN },
    { exp: Number.POSITIVE_INFINITY },
    { iat: null },
    { nbf: {} },
    { exp: new Date() },
    { sub: 1 },
    { iss: ['x'] },
    { jti: {} },
    { aud: { 0: 'x' } },
    { aud: [1] },
    { big: 1n },
    { toJSON: () => ({ sub: 'evil' }) },
    { toJSON: () => 'text' },
  ]
  for (const [index, claims] of badClaims.entries()) {
    test(`${name}: attack 35: bad claims ${index} are not signed`, async () => {
      await fails(() => door.createSigner({ key, expiresIn: 60, now }).sign(claims as never), 'CS_CLAIM_TYPE')
    })
  }
  test(`${name}: attack 35: a cycle is refused, a past exp is signed, and the caller's object stays as it was`, async () => {
    const signer = door.createSigner({
      key,
      issuer: CLAIMS.iss,
      audience: 'api',
      expiresIn: 60,
      notBefore: 0,
      jti: true,
      now,
    })
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    await fails(() => signer.sign(cycle), 'CS_CLAIM_TYPE')
    const claims = Object.freeze({ sub: 'x', exp: 1, roles: Object.freeze(['a']) })
    const { claims: signed } = door.decodeUnverified(await signer.sign(claims))
    assert.equal(signed.exp, 1)
    assert.deepEqual(claims, { sub: 'x', exp: 1, roles: ['a'] })
    await fails(() => signer.sign({ iss: 'https://evil.example' }), 'CS_ISS')
  })
}
