import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import {
  createEncrypter,
  type DecrypterOptions,
  type ErrorCode,
  importKey,
  type JoseError,
  keySet,
  publicKey,
  secretKey,
} from 'countersign'
import { OCTETS, sealed, toCompact, toFlattened } from '../jwe/keys.ts'
import { DOORS } from '../support/doors.ts'
import { CLAIMS, fails, mac, NOW, now, POLICY } from '../support/forge.ts'
import { nested } from '../support/jwe.ts'
import { jwkFor } from '../support/keys.ts'

const key = secretKey(OCTETS, 'A256GCM')
const plain = secretKey(OCTETS)
const password = secretKey({ text: 'correct horse battery staple' }, 'PBES2-HS256+A128KW')
const private_ = importKey(jwkFor('ES256'), { alg: 'ECDH-ES' })
const open = await publicKey(private_)
const OPTIONS = { keys: key, ...POLICY } as const

const HEADER = { alg: 'dir', enc: 'A256GCM', typ: 'JWT' }
/** A token with claims and a header by hand. */
const forge = async (claims: unknown, header: object = {}): Promise<string> =>
  toCompact(await sealed({ ...HEADER, ...header }, typeof claims === 'string' ? claims : JSON.stringify(claims)))
const good = await forge(CLAIMS)

const MISUSES: readonly (readonly [why: string, options: unknown, message: RegExp])[] = [
  ['no options', undefined, /options object/],
  ['no keys', { ...POLICY }, /keys is nothing/],
  ['a key under the name key', { ...POLICY, key }, /no option "key"/],
  ['a misspelt option', { ...OPTIONS, audiences: 'x' }, /no option "audiences"/],
  ['issuers, which a verifier has', { keys: key, issuers: {} }, /no option "issuers"/],
  ['crit, since no extension is for JWTs', { ...OPTIONS, crit: ['x'] }, /no option "crit"/],
  ['no issuer', { keys: key, audience: 'api' }, /issuer is required; 'any' says/],
  ['no audience', { keys: key, issuer: 'i' }, /audience is required; 'any' says/],
  ['an issuer that is null', { ...OPTIONS, issuer: null }, /issuer/],
  ['an audience that is a RegExp', { ...OPTIONS, audience: /api/ }, /audience/],
  ['no audiences', { ...OPTIONS, audience: [] }, /audience is an empty array/],
  ['a subject that is a number', { ...OPTIONS, subject: 7 }, /subject/],
  ['a typ that is null', { ...OPTIONS, typ: null }, /typ/],
  ['required claims that are text', { ...OPTIONS, requiredClaims: 'sub' }, /requiredClaims/],
  ['requireExp that is no boolean', { ...OPTIONS, requireExp: 0 }, /requireExp/],
  ['ignoreExp that is no boolean', { ...OPTIONS, ignoreExp: 'yes' }, /ignoreExp/],
  ['an age that is no duration', { ...OPTIONS, maxAge: 'old' }, /maxAge/],
  ['a tolerance that is NaN', { ...OPTIONS, clockTolerance: Number.NaN }, /clockTolerance/],
  ['a clock that is a number', { ...OPTIONS, now: NOW }, /now is a function/],
  ['then that is null', nested(key, null as never), /then is null; give what createVerifier gave/],
  ['unsigned that is a boolean', { ...OPTIONS, unsigned: true }, /unsigned is 'accept' or left out/],
  ['unsigned that is null', { ...OPTIONS, unsigned: null }, /unsigned is 'accept' or left out/],
  ['an empty allow-list', { ...OPTIONS, algorithms: [] }, /algorithms/],
  ['a signature in the allow-list', { ...OPTIONS, algorithms: ['dir', 'HS256'] }, /algorithms names "HS256"/],
  ['encryptions that are text', { ...OPTIONS, encryptions: 'A256GCM' }, /encryptions is an array/],
  ['an unknown limit', { ...OPTIONS, limits: { recipients: 1 } }, /no option "recipients"/],
  ['a limit of none', { ...OPTIONS, limits: { inflatedBytes: 0 } }, /limits\.inflatedBytes/],
]

for (const { name, door } of DOORS) {
  const create = (options: unknown) => door.createDecrypter(options as DecrypterOptions)
  const decrypter = door.createDecrypter(OPTIONS)
  const refuses = (token: unknown, code: ErrorCode, options: object = {}): Promise<JoseError> =>
    fails(() => create({ ...OPTIONS, ...options }).decrypt(token as string), code)

  for (const [why, options, message] of MISUSES) {
    test(`${name}: createDecrypter: ${why}: a mistake of the program is a TypeError`, () => {
      assert.throws(() => create(options), { name: 'TypeError', message })
    })
  }

  test(`${name}: createDecrypter refuses keys that could never decrypt`, async () => {
    const refused: readonly (readonly [options: object, code: ErrorCode])[] = [
      [{ keys: open, unsigned: 'accept' }, 'CS_KEY_TYPE'],
      [{ keys: jwkFor('Ed25519'), unsigned: 'accept' }, 'CS_KEY_TYPE'],
      [{ keys: secretKey(OCTETS, 'HS256') }, 'CS_KEY_TYPE'],
      [{ keys: key, encryptions: ['A128CBC-HS256'] }, 'CS_KEY_TYPE'],
      [{ keys: plain, algorithms: ['A128KW'] }, 'CS_KEY_SIZE'],
      [{ keys: password }, 'CS_ALG'],
      [{ keys: { kty: 'oct' } }, 'CS_KEY_INVALID'],
      [{ keys: key, algorithms: ['RSA1_5'] }, 'CS_UNSUPPORTED'],
    ]
    for (const [options, code] of refused) await fails(() => create({ ...POLICY, ...options }), code)
  })

  test(`${name}: with a private key somebody has to say who wrote the claims, for anyone has the public one`, async () => {
    const refused = {
      name: 'TypeError',
      message: /whoever has the public key can write such claims: give then: .*unsigned/,
    }
    for (const keys of [
      private_,
      [key, private_],
      keySet({ keys: [private_] }),
      jwkFor('ES256'),
      { keys: [jwkFor('RS256')] },
    ])
      assert.throws(() => create({ ...POLICY, keys }), refused)
    const token = await createEncrypter({ key: open, expiresIn: 60, now }).encrypt({ ...CLAIMS })
    const finding = create({ ...POLICY, keys: () => private_ })
    const error = await fails(() => finding.decrypt(token), 'CS_NESTED')
    assert.match(error.hint, /then: createVerifier/)
    for (const keys of [private_, () => private_, [key, private_]]) {
      const { claims, key: used, signed } = await create({ ...POLICY, keys, unsigned: 'accept' }).decrypt(token)
      assert.deepEqual([claims.sub, used, signed], [CLAIMS.sub, private_, undefined])
    }
  })

  test(`${name}: a shared secret says who wrote the claims: those who have it`, async () => {
    for (const options of [{}, { unsigned: 'accept' }])
      assert.equal((await create({ ...OPTIONS, ...options }).decrypt(good)).claims.sub, CLAIMS.sub)
  })

  const CLAIM_FAULTS: readonly (readonly [why: string, claims: object, code: ErrorCode, options?: object])[] = [
    ['another issuer', { iss: 'https://evil.example' }, 'CS_ISS'],
    ['no issuer', { iss: undefined }, 'CS_CLAIM_MISSING'],
    ['an issuer that is a part of it', { iss: `${CLAIMS.iss}/` }, 'CS_ISS'],
    ['another audience', { aud: 'web' }, 'CS_AUD'],
    ['no audience', { aud: undefined }, 'CS_CLAIM_MISSING'],
    ['an audience that holds ours as a part', { aud: ['my-api'] }, 'CS_AUD'],
    ['another subject', { sub: 'bob' }, 'CS_SUB', { subject: 'alice' }],
    ['no subject', { sub: undefined }, 'CS_CLAIM_MISSING', { subject: 'alice' }],
    ['no exp', { exp: undefined }, 'CS_CLAIM_MISSING'],
    ['an exp that has passed', { exp: NOW - 30 }, 'CS_EXPIRED'],
    ['an exp that has passed without tolerance', { exp: NOW }, 'CS_EXPIRED', { clockTolerance: 0 }],
    ['an exp that is text', { exp: String(NOW + 60) }, 'CS_CLAIM_TYPE'],
    ['an nbf to come', { nbf: NOW + 31 }, 'CS_NOT_YET_VALID'],
    ['an nbf that is null', { nbf: null }, 'CS_CLAIM_TYPE'],
    ['an age beyond maxAge', { iat: NOW - 3631 }, 'CS_TOO_OLD', { maxAge: '1h' }],
    ['no iat where an age is asked for', { iat: undefined }, 'CS_CLAIM_MISSING', { maxAge: '1h' }],
    ['an iat to come', { iat: NOW + 31 }, 'CS_NOT_YET_VALID', { maxAge: '1h' }],
    ['no claim that is required', {}, 'CS_CLAIM_MISSING', { requiredClaims: ['scope'] }],
    ['an inherited claim that is required', {}, 'CS_CLAIM_MISSING', { requiredClaims: ['toString'] }],
    ['a jti that is a number', { jti: 7 }, 'CS_CLAIM_TYPE'],
    ['an aud with a number in it', { aud: ['api', 7] }, 'CS_CLAIM_TYPE'],
  ]
  for (const [why, claims, code, options] of CLAIM_FAULTS) {
    test(`${name}: without then a decrypter refuses ${why} (RFC 7519 §4.1)`, async () => {
      const error = await refuses(await forge({ ...CLAIMS, ...claims }), code, options)
      assert.equal(error.issues[0]?.code, code)
    })
  }

  test(`${name}: every fault of the claims is told at once`, async () => {
    const token = await forge({ ...CLAIMS, iss: 'x', aud: 'y', exp: NOW - 100 }, { typ: 'at+jwt' })
    const { issues } = await refuses(token, 'CS_TYP')
    assert.deepEqual(
      issues.map(({ code }) => code),
      ['CS_TYP', 'CS_ISS', 'CS_AUD', 'CS_EXPIRED'],
    )
  })

  test(`${name}: typ is that of the header: JWT or none by default, and otherwise as it was asked for`, async () => {
    for (const [typ, options, code] of [
      ['at+jwt', {}, 'CS_TYP'],
      [undefined, { typ: 'at+jwt' }, 'CS_TYP'],
      ['JWT', { typ: 'at+jwt' }, 'CS_TYP'],
      ['', {}, 'CS_TYP'],
      [undefined, {}, undefined],
      ['jwt', {}, undefined],
      ['application/JWT', {}, undefined],
      ['AT+jwt', { typ: 'at+jwt' }, undefined],
      ['application/at+jwt', { typ: 'at+jwt' }, undefined],
      ['what you like', { typ: 'any' }, undefined],
    ] as const) {
      const token = await forge(CLAIMS, { typ })
      if (code) await refuses(token, code, options)
      else await create({ ...OPTIONS, ...options }).decrypt(token)
    }
  })

  test(`${name}: times are taken as they are asked for`, async () => {
    for (const [claims, options] of [
      [{ exp: NOW - 29 }, {}],
      [{ exp: NOW - 100 }, { ignoreExp: true }],
      [{ exp: NOW - 100 }, { clockTolerance: 101 }],
      [{ exp: undefined }, { requireExp: false }],
      [{ nbf: NOW + 30 }, {}],
      [{ iat: NOW - 3630 }, { maxAge: 3600 }],
      [
        { iss: 'x', aud: undefined },
        { issuer: 'any', audience: 'any' },
      ],
      [{ aud: ['x', 'api'] }, { audience: ['y', 'api'] }],
      [{ scope: null }, { requiredClaims: ['scope'] }],
    ] as const) {
      const { claims: got } = await create({ ...OPTIONS, ...options }).decrypt(await forge({ ...CLAIMS, ...claims }))
      assert.equal(got.sub, CLAIMS.sub)
    }
  })

  test(`${name}: claims that the header repeats are those of the claims set (RFC 7519 §5.3)`, async () => {
    const refused: readonly (readonly [header: object, code: ErrorCode, claims?: object])[] = [
      [{ iss: 'https://evil.example' }, 'CS_ISS'],
      [{ iss: null }, 'CS_ISS'],
      [{ iss: CLAIMS.iss }, 'CS_ISS', { iss: undefined }],
      [{ sub: 'bob' }, 'CS_SUB'],
      [{ sub: 1234567890 }, 'CS_SUB'],
      [{ aud: ['api'] }, 'CS_AUD'],
      [{ aud: 'web' }, 'CS_AUD'],
      [{ aud: ['web', 'api'] }, 'CS_AUD', { aud: ['api', 'web'] }],
    ]
    const options = { issuer: 'any' }
    for (const [header, code, claims] of refused) {
      const error = await refuses(await forge({ ...CLAIMS, ...claims }, header), code, options)
      assert.match(error.message, /header/)
    }
    const { iss, sub } = CLAIMS
    const aud = ['api', 'web']
    const { header } = await decrypter.decrypt(await forge({ ...CLAIMS, aud }, { iss, sub, aud }))
    assert.deepEqual([header['iss'], header['sub'], header['aud']], [iss, sub, aud])
    // Other claims in the header have no such rule.
    await decrypter.decrypt(await forge(CLAIMS, { exp: 1, jti: 'x' }))
  })

  test(`${name}: a plaintext that is no claims set is refused`, async () => {
    const refused: readonly (readonly [plaintext: string, code: ErrorCode])[] = [
      ['', 'CS_MALFORMED'],
      ['hello', 'CS_MALFORMED'],
      ['null', 'CS_MALFORMED'],
      ['[]', 'CS_MALFORMED'],
      ['"x"', 'CS_MALFORMED'],
      ['{"sub":"a","sub":"b"}', 'CS_MALFORMED'],
      ['{"sub":"a"} x', 'CS_MALFORMED'],
      ['\ufeff{}', 'CS_MALFORMED'],
      [`{"x":${'['.repeat(40)}${']'.repeat(40)}}`, 'CS_TOO_LARGE'],
    ]
    for (const [plaintext, code] of refused) await refuses(await forge(plaintext), code)
    await refuses(toCompact(await sealed(HEADER, Uint8Array.of(0x7b, 0xff, 0x7d))), 'CS_MALFORMED')
  })

  test(`${name}: a token that is signed and not encrypted is told to be that`, async () => {
    const error = await refuses(mac({ alg: 'HS256' }, CLAIMS, OCTETS), 'CS_MALFORMED')
    assert.match(error.message, /is a JWS, and a JWE is expected/)
  })

  test(`${name}: JWTs are compact: an object is refused, and so is everything else that is no string (RFC 7519 §7.2)`, async () => {
    const texts = toFlattened(await sealed(HEADER, JSON.stringify(CLAIMS)))
    for (const token of [texts, { ...texts, recipients: [{}] }, undefined, null, 7, [good], JSON.stringify(texts)])
      await refuses(token, 'CS_MALFORMED')
  })

  test(`${name}: no extension is understood in a JWT`, async () => {
    for (const header of [
      { crit: ['exp'], exp: 1 },
      { crit: ['b64'], b64: true },
      { crit: ['x'], x: 1 },
    ])
      await refuses(await forge(CLAIMS, header), 'CS_CRIT')
  })

  test(`${name}: limits bound the token, its header, its nesting and what becomes of it`, async () => {
    await refuses(`${good}${'A'.repeat(16 * 1024)}`, 'CS_TOO_LARGE')
    await refuses(good, 'CS_TOO_LARGE', { limits: { tokenBytes: good.length - 1 } })
    await create({ ...OPTIONS, limits: { tokenBytes: good.length } }).decrypt(good)
    await refuses(good, 'CS_TOO_LARGE', { limits: { headerBytes: 20 } })
    const deep = await forge({ ...CLAIMS, x: [[[1]]] })
    await refuses(deep, 'CS_TOO_LARGE', { limits: { jsonDepth: 3 } })
    await create({ ...OPTIONS, limits: { jsonDepth: 4 } }).decrypt(deep)
    const zipped = await createEncrypter({ key, expiresIn: 60, zip: true, now }).encrypt({
      ...CLAIMS,
      x: 'x'.repeat(10_000),
    })
    await refuses(zipped, 'CS_TOO_LARGE', { limits: { inflatedBytes: 10_000 } })
    await create({ ...OPTIONS, limits: { inflatedBytes: 11_000 } }).decrypt(zipped)
    const large = await forge({ ...CLAIMS, x: 'x'.repeat(20_000) })
    await refuses(large, 'CS_TOO_LARGE')
    await create({ ...OPTIONS, limits: { tokenBytes: 40_000 } }).decrypt(large)
  })

  test(`${name}: a password opens a token where algorithms names it`, async () => {
    const token = await createEncrypter({ key: password, p2c: 1000, expiresIn: 60, now }).encrypt({ ...CLAIMS })
    const algorithms = ['PBES2-HS256+A128KW']
    await refuses(token, 'CS_ALG', { keys: [password, key] })
    await refuses(token, 'CS_DECRYPTION', { keys: secretKey({ text: 'guess' }), algorithms })
    assert.equal((await create({ ...OPTIONS, keys: password, algorithms }).decrypt(token)).key, password)
  })

  test(`${name}: algorithms and encryptions narrow what the keys allow`, async () => {
    await refuses(good, 'CS_ALG', { keys: plain, algorithms: ['A256KW'] })
    await refuses(good, 'CS_ALG', { keys: plain, encryptions: ['A128CBC-HS256'] })
    await create({ ...OPTIONS, keys: plain, algorithms: ['dir'], encryptions: ['A256GCM'] }).decrypt(good)
  })

  test(`${name}: safeDecrypt gives what decrypt gives or throws`, async () => {
    const result = await decrypter.safeDecrypt(good)
    assert.ok(result.ok && result.claims.sub === CLAIMS.sub && result.key === key && result.header.enc === 'A256GCM')
    for (const token of [undefined, 7, '', `${good.slice(0, -4)}AAAA`, await forge({ ...CLAIMS, exp: 1 })]) {
      const refused = await decrypter.safeDecrypt(token as string)
      assert.ok(!refused.ok)
      const { code, message } = await fails(() => decrypter.decrypt(token as string))
      assert.deepEqual([refused.error.code, refused.error.message], [code, message])
    }
  })

  test(`${name}: a header that was given out cannot be changed for later tokens, and claims belong to the caller`, async () => {
    const token = await forge(CLAIMS, { nested: { list: [1] } })
    const { header, claims } = await decrypter.decrypt(token)
    assert.throws(() => Object.assign(header, { alg: 'none' }), TypeError)
    assert.throws(() => (header['nested'] as { list: number[] }).list.push(2), TypeError)
    Object.assign(claims, { sub: 'changed' })
    assert.equal((await decrypter.decrypt(token)).claims.sub, CLAIMS.sub)
  })

  test(`${name}: nothing is said about the claims of a token that does not open`, async () => {
    const token = await forge({ ...CLAIMS, exp: 1, iss: 'x' })
    const error = await refuses(`${token.slice(0, -4)}AAAA`, 'CS_DECRYPTION')
    assert.deepEqual(error.issues, [])
    await refuses(token, 'CS_DECRYPTION', { keys: secretKey(OCTETS.map((octet) => octet ^ 1)) })
  })

  test(`${name}: attack 66: no error shows a token, a key, or a claim but iss, aud and times`, async () => {
    const canary = 'canary-4711'
    const claims = { ...CLAIMS, sub: canary, name: canary, exp: 1 }
    const secret = Buffer.from(OCTETS)
    const spellings = ['base64url', 'hex'].map((how) => secret.toString(how as 'hex').slice(0, 20))
    const tokens = [
      await forge(claims),
      await forge({ ...claims, iss: 'x', aud: ['y'], jti: 7 }),
      await forge(claims, { sub: `not ${canary}` }),
      await forge({ ...claims, exp: NOW + 60 }, { sub: `not ${canary}` }),
      await forge(`{"sub":"${canary}",}`),
      await forge(canary),
      await forge(claims, { cty: 'JWT' }),
      await forge(claims, { zip: 'DEF' }),
      await forge(claims, { crit: [canary], [canary]: 1 }),
      await forge(claims, { epk: { [canary]: canary }, alg: 'ECDH-ES' }),
      (await forge(claims)).replace(/....$/, 'AAAA'),
    ]
    for (const token of tokens) {
      const deciders = [decrypter, create({ ...OPTIONS, subject: `other-${canary}`, requiredClaims: ['scope'] })]
      for (const one of deciders) {
        const error = await fails(() => one.decrypt(token))
        const causes = [error, error.cause].map(
          (cause) => `${JSON.stringify(cause)}\n${inspect(cause)}\n${String(cause)}`,
        )
        const told = causes.join('\n')
        assert.doesNotMatch(told, /canary|Y2FuYXJ5/)
        for (const part of [...token.split('.').slice(3), ...spellings])
          assert.ok(part.length < 6 || !told.includes(part))
      }
    }
  })
}
