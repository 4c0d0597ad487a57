import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import {
  type AnySigner,
  type AnyVerifier,
  type ErrorCode,
  importKey,
  type JwtClaims,
  publicKey,
  remoteKey,
  secretKey,
} from 'countersign'
import { headerOf, OCTETS, sealed, toCompact } from '../jwe/keys.ts'
import { DOORS } from '../support/doors.ts'
import { b64, CLAIMS, fails, mac, NOW, now, POLICY } from '../support/forge.ts'
import { nested } from '../support/jwe.ts'
import { jwkFor } from '../support/keys.ts'

const signing = importKey(jwkFor('ES256'), { alg: 'ES256' })
const verifying = await publicKey(signing)
const stranger = importKey(jwkFor('ES256', 1), { alg: 'ES256' })
const sealing = importKey(jwkFor('ES256', 1), { alg: 'ECDH-ES' })
const open = await publicKey(sealing)
const secret = secretKey(OCTETS, 'A256GCM')
const MAC = Uint8Array.from({ length: 32 }, (_, index) => 255 - index)
const macKey = secretKey(MAC, 'HS256')

const deflated = async (plaintext: string): Promise<Uint8Array> => {
  const stream = new Blob([plaintext]).stream().pipeThrough(new CompressionStream('deflate-raw'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

for (const { name, door } of DOORS) {
  const signer = door.createSigner({ key: signing, issuer: CLAIMS.iss, audience: CLAIMS.aud, expiresIn: 600, now })
  const verifier = door.createVerifier({ keys: verifying, ...POLICY })
  const encrypter = door.createEncrypter({ key: open })
  const decrypter = door.createDecrypter(nested(sealing, verifier))
  const byMac = door.createDecrypter(nested(secret, door.createVerifier({ keys: macKey, ...POLICY })))

  /** A nested token by hand: any text inside, and any header outside. */
  const wrap = async (inside: string | Uint8Array, header: object = { cty: 'JWT' }): Promise<string> =>
    toCompact(await sealed({ alg: 'dir', enc: 'A256GCM', ...header }, inside))
  const inner = (claims: object = {}, header: object = {}, octets: Uint8Array = MAC): string =>
    mac({ alg: 'HS256', typ: 'JWT', ...header }, { ...CLAIMS, ...claims }, octets)

  // What is refused.

  test(`${name}: sign is what createSigner gave, and nothing that looks like it`, async () => {
    const refused = { name: 'TypeError', message: /sign is .*; give what createSigner gave/ }
    const lookAlikes = [
      null,
      true,
      'x',
      {},
      signing,
      encrypter,
      verifier,
      { ...signer },
      Object.create(signer),
      { sign: signer.sign },
    ]
    for (const sign of lookAlikes)
      await assert.rejects(async () => encrypter.encrypt({}, { sign: sign as AnySigner }), refused)
  })

  test(`${name}: then is what createVerifier gave, and nothing that looks like it`, () => {
    const refused = { name: 'TypeError', message: /then is .*; give what createVerifier gave/ }
    const lookAlikes = [
      null,
      true,
      'x',
      {},
      verifying,
      decrypter,
      signer,
      { ...verifier },
      Object.create(verifier),
      { verify: verifier.verify },
    ]
    for (const then of lookAlikes)
      assert.throws(() => door.createDecrypter(nested(sealing, then as AnyVerifier)), refused)
  })

  test(`${name}: then and what is demanded of the claims exclude each other, for the verifier demands it`, () => {
    const demands = {
      issuer: 'any',
      audience: 'any',
      subject: 'x',
      typ: 'JWT',
      requiredClaims: [],
      requireExp: true,
      ignoreExp: false,
      maxAge: 60,
      clockTolerance: 0,
      now,
      unsigned: 'accept',
    }
    for (const [option, value] of Object.entries(demands)) {
      const options = { ...nested(sealing, verifier), [option]: value }
      const refused = { name: 'TypeError', message: new RegExp(`${option} and then exclude each other`) }
      assert.throws(() => door.createDecrypter(options as never), refused)
    }
  })

  test(`${name}: where a signer signs, it says what the encrypter would say`, async () => {
    const said = { issuer: CLAIMS.iss, audience: 'api', subject: 's', expiresIn: 60, notBefore: 1, jti: true }
    for (const [option, value] of Object.entries(said)) {
      const one = door.createEncrypter({ key: open, [option]: value })
      const refused = { name: 'TypeError', message: new RegExp(`${option} is for the signer to say`) }
      await assert.rejects(async () => one.encrypt({}, { sign: signer }), refused)
    }
    await door.createEncrypter({ key: open, now }).encrypt({}, { sign: signer })
  })

  test(`${name}: bare claims are refused where signed ones are expected, and the other way round (RFC 7519 §5.2)`, async () => {
    const bare = await door.createEncrypter({ key: open, expiresIn: 60, now }).encrypt({ ...CLAIMS })
    const error = await fails(() => decrypter.decrypt(bare), 'CS_NESTED')
    assert.match(error.hint, /sign: signer/)
    const token = await encrypter.encrypt({}, { sign: signer })
    const accepting = door.createDecrypter({ keys: sealing, ...POLICY, unsigned: 'accept' })
    const other = await fails(() => accepting.decrypt(token), 'CS_NESTED')
    assert.match(other.hint, /then: createVerifier/)
  })

  test(`${name}: cty says JWT, in any case and with its prefix or without (RFC 7519 §5.2, RFC 7515 §4.1.10)`, async () => {
    for (const cty of [
      undefined,
      '',
      'JWS',
      'JOSE',
      'JWE',
      'text/jwt',
      'application/jwt+json',
      'application/application/jwt',
      ' JWT',
    ])
      await fails(async () => byMac.decrypt(await wrap(inner(), { cty })), 'CS_NESTED')
    const bare = door.createDecrypter({ keys: secret, ...POLICY })
    for (const cty of ['JWT', 'jwt', 'jWt', 'application/jwt', 'APPLICATION/JWT', 'Application/Jwt']) {
      assert.equal((await byMac.decrypt(await wrap(inner(), { cty }))).claims.sub, CLAIMS.sub)
      await fails(async () => bare.decrypt(await wrap(JSON.stringify(CLAIMS), { cty })), 'CS_NESTED')
    }
  })

  test(`${name}: what is inside is a signed JWT in three parts`, async () => {
    const refused: readonly (readonly [inside: string | Uint8Array, code: ErrorCode])[] = [
      ['', 'CS_NESTED'],
      [JSON.stringify(CLAIMS), 'CS_NESTED'],
      [await wrap(inner()), 'CS_NESTED'],
      [`${inner()}.`, 'CS_NESTED'],
      [inner().split('.').slice(0, 2).join('.'), 'CS_NESTED'],
      [JSON.stringify(inner()), 'CS_BASE64'],
      [`${inner()}\n`, 'CS_BASE64'],
      ['..', 'CS_MALFORMED'],
      [`${b64('{"alg":"none"}')}.${b64(JSON.stringify(CLAIMS))}.`, 'CS_UNSIGNED'],
      [Uint8Array.of(0x65, 0xff, 0x2e, 0x2e), 'CS_MALFORMED'],
    ]
    for (const [inside, code] of refused) await fails(async () => byMac.decrypt(await wrap(inside)), code)
  })

  const INNER_FAULTS: readonly (readonly [why: string, token: string, code: ErrorCode])[] = [
    ['expired', inner({ exp: NOW - 31 }), 'CS_EXPIRED'],
    ['without exp', inner({ exp: undefined }), 'CS_CLAIM_MISSING'],
    ['not valid yet', inner({ nbf: NOW + 31 }), 'CS_NOT_YET_VALID'],
    ['of another issuer', inner({ iss: 'x' }), 'CS_ISS'],
    ['for another audience', inner({ aud: 'x' }), 'CS_AUD'],
    ['with a claim of the wrong type', inner({ sub: 7 }), 'CS_CLAIM_TYPE'],
    ['of another type', inner({}, { typ: 'at+jwt' }), 'CS_TYP'],
    ['with an extension that is critical', inner({}, { crit: ['x'], x: 1 }), 'CS_CRIT'],
    ['with another algorithm', inner({}, { alg: 'HS512' }), 'CS_KEY_TYPE'],
    ['signed by a stranger', inner({}, {}, OCTETS), 'CS_SIGNATURE'],
    [
      'that was changed',
      inner().replace(/\.[^.]*\./, `.${b64(JSON.stringify({ ...CLAIMS, sub: 'x' }))}.`),
      'CS_SIGNATURE',
    ],
  ]
  for (const [why, token, code] of INNER_FAULTS) {
    test(`${name}: a token inside that is ${why} is refused as it would be outside`, async () => {
      const { message, hint, issues } = await fails(async () => byMac.decrypt(await wrap(token)), code)
      const outside = await fails(() => door.createVerifier({ keys: macKey, ...POLICY }).verify(token), code)
      assert.deepEqual([message, hint, issues], [outside.message, outside.hint, outside.issues])
    })
  }

  test(`${name}: the encryption does not vouch for the signature, nor the signature for the encryption`, async () => {
    const forger = door.createSigner({ key: stranger, issuer: CLAIMS.iss, audience: CLAIMS.aud, expiresIn: 600, now })
    await fails(
      async () => decrypter.decrypt(await encrypter.encrypt({}, { sign: forger })),
      'CS_NO_KEY',
      'CS_SIGNATURE',
    )
    const other = door.createEncrypter({ key: await publicKey(importKey(jwkFor('ES256'), { alg: 'ECDH-ES' })) })
    await fails(async () => decrypter.decrypt(await other.encrypt({}, { sign: signer })), 'CS_DECRYPTION')
    await fails(async () => decrypter.decrypt(await signer.sign({})), 'CS_MALFORMED')
    await fails(async () => verifier.verify(await encrypter.encrypt({}, { sign: signer })), 'CS_ENCRYPTED')
  })

  test(`${name}: claims that the outer header repeats are those that were signed (RFC 7519 §5.3)`, async () => {
    for (const [header, code] of [
      [{ iss: 'x' }, 'CS_ISS'],
      [{ sub: 'x' }, 'CS_SUB'],
      [{ aud: ['api'] }, 'CS_AUD'],
    ] as const)
      await fails(async () => byMac.decrypt(await wrap(inner(), { cty: 'JWT', ...header })), code)
    const { iss, sub, aud } = CLAIMS
    assert.equal((await byMac.decrypt(await wrap(inner(), { cty: 'JWT', iss, sub, aud }))).header['sub'], sub)
    const repeating = door.createEncrypter({ key: open, header: { iss } })
    assert.equal((await decrypter.decrypt(await repeating.encrypt({}, { sign: signer }))).claims.iss, iss)
  })

  test(`${name}: a signed token that is too large to be encrypted is refused, unless it is compressed`, async () => {
    await fails(() => encrypter.encrypt({ x: 'x'.repeat(12_000) }, { sign: signer }), 'CS_TOO_LARGE')
    await fails(() => encrypter.encrypt({ x: 'x'.repeat(9200) }, { sign: signer }), 'CS_TOO_LARGE')
    for (const zip of [true, false]) {
      const token = await door.createEncrypter({ key: open, zip }).encrypt({ x: 'x'.repeat(8000) }, { sign: signer })
      assert.equal((await decrypter.decrypt(token)).claims['x'], 'x'.repeat(8000))
    }
  })

  test(`${name}: what becomes too large for the verifier once it is inflated is refused by it`, async () => {
    const token = await wrap(await deflated(inner({ x: 'x'.repeat(16_000) })), { cty: 'JWT', zip: 'DEF' })
    assert.ok(token.length < 2000)
    const error = await fails(() => byMac.decrypt(token), 'CS_TOO_LARGE')
    assert.match(error.message, /16384 are allowed/)
    const bomb = await wrap(await deflated('x'.repeat(1_000_000)), { cty: 'JWT', zip: 'DEF' })
    assert.match((await fails(() => byMac.decrypt(bomb), 'CS_TOO_LARGE')).message, /262144/)
    const large = door.createVerifier({ keys: macKey, ...POLICY, limits: { tokenBytes: 32 * 1024 } })
    await door.createDecrypter(nested(secret, large)).decrypt(token)
  })

  test(`${name}: attack 66: no error of a nested token shows what is in it`, async () => {
    const canary = 'canary-4711'
    const claims: JwtClaims = { sub: canary, name: canary }
    for (const token of [
      await wrap(inner({ ...claims, exp: 1 })),
      await wrap(inner(claims, {}, OCTETS)),
      await wrap(inner(claims), {}),
      await wrap(JSON.stringify(claims)),
      await wrap(inner(claims), { cty: 'JWT', sub: `not ${canary}` }),
    ]) {
      const error = await fails(() => byMac.decrypt(token))
      const told = [JSON.stringify(error), inspect(error), String(error.cause), inspect(error.cause)].join('\n')
      assert.doesNotMatch(told, /canary|Y2FuYXJ5|eyJ/)
    }
  })

  // What is accepted.

  test(`${name}: claims are signed and encrypted in one call, and opened in one`, async () => {
    const token = await encrypter.encrypt({ sub: 'alice', roles: ['a'] }, { sign: signer })
    assert.deepEqual(Object.keys(headerOf(token.split('.')[0])), ['alg', 'enc', 'kid', 'cty', 'typ', 'epk'])
    assert.equal(headerOf(token.split('.')[0])['cty'], 'JWT')
    const { claims, header, key, signed } = await decrypter.decrypt(token)
    assert.deepEqual(
      { ...claims },
      { iss: CLAIMS.iss, aud: CLAIMS.aud, sub: 'alice', roles: ['a'], iat: NOW, exp: NOW + 600 },
    )
    assert.deepEqual([header.alg, header.cty, key], ['ECDH-ES', 'JWT', sealing])
    assert.deepEqual([signed?.header.alg, signed?.header.typ, signed?.key], ['ES256', 'JWT', verifying])
    const safe = await decrypter.safeDecrypt(token)
    assert.ok(safe.ok && safe.signed?.key === verifying)
    const refused = await decrypter.safeDecrypt(await encrypter.encrypt({ exp: 1 }, { sign: signer }))
    assert.ok(!refused.ok && refused.error.code === 'CS_EXPIRED')
  })

  test(`${name}: what a call says goes to the signer, and the claims of the caller stay as they are`, async () => {
    const given = Object.freeze({ sub: 'own', roles: Object.freeze(['a']) })
    const call = Object.freeze({ sign: signer, subject: 'call', audience: ['x', 'api'], jti: 'id', expiresIn: 60 })
    const { claims } = await decrypter.decrypt(await encrypter.encrypt(given, call))
    assert.deepEqual(
      { ...claims },
      { iss: CLAIMS.iss, sub: 'call', aud: ['x', 'api'], jti: 'id', roles: ['a'], iat: NOW, exp: NOW + 60 },
    )
    assert.deepEqual(given, { sub: 'own', roles: ['a'] })
    await fails(() => encrypter.encrypt({ iss: 'them' }, { sign: signer }), 'CS_ISS')
    await fails(() => encrypter.encrypt({ sub: 7 } as never, { sign: signer }), 'CS_CLAIM_TYPE')
  })

  test(`${name}: one encrypter makes both kinds of token, and tells them apart by cty`, async () => {
    const one = door.createEncrypter({ key: secret, now })
    const both = [
      await one.encrypt({}, { sign: signer }),
      await one.encrypt({}, { expiresIn: 60 }),
      await one.encrypt({}, { sign: signer }),
    ]
    assert.deepEqual(
      both.map((token) => headerOf(token.split('.')[0])['cty']),
      ['JWT', undefined, 'JWT'],
    )
  })

  test(`${name}: the type of the outer token is not that of the inner one`, async () => {
    const one = door.createEncrypter({ key: open, typ: 'sealed+jwt' })
    const typed = door.createSigner({
      key: signing,
      issuer: CLAIMS.iss,
      audience: 'api',
      typ: 'at+jwt',
      expiresIn: 60,
      now,
    })
    const token = await one.encrypt({}, { sign: typed })
    await fails(() => decrypter.decrypt(token), 'CS_TYP')
    const then = door.createVerifier({ keys: verifying, ...POLICY, typ: 'at+jwt' })
    const { header, signed } = await door.createDecrypter(nested(sealing, then)).decrypt(token)
    assert.deepEqual([header.typ, signed?.header.typ], ['sealed+jwt', 'at+jwt'])
  })

  test(`${name}: a verifier of many issuers, and one that is asked for keys, serve inside as they do outside`, async () => {
    const token = await encrypter.encrypt({}, { sign: signer })
    for (const options of [
      { issuers: { [CLAIMS.iss]: { keys: verifying, audience: 'api' } }, now },
      { keys: () => verifying, ...POLICY },
      { keys: door.keySet({ keys: [verifying] }), ...POLICY },
    ])
      assert.ok((await door.createDecrypter(nested(sealing, door.createVerifier(options))).decrypt(token)).signed)
    const down = door.createVerifier({
      ...POLICY,
      keys: () => {
        throw new Error('down')
      },
    })
    const error = await fails(() => door.createDecrypter(nested(sealing, down)).decrypt(token), 'CS_UNAVAILABLE')
    assert.equal(error.unavailable, true)
  })

  for (const { name: other, door: otherDoor } of DOORS) {
    test(`${name}: a signer and a verifier of ${other} serve as well`, async () => {
      const sign = otherDoor.createSigner({ key: signing, issuer: CLAIMS.iss, audience: 'api', expiresIn: 60, now })
      const then = otherDoor.createVerifier({ keys: verifying, ...POLICY })
      const token = await encrypter.encrypt({ sub: 'alice' }, { sign })
      assert.equal((await door.createDecrypter(nested(sealing, then)).decrypt(token)).claims.sub, 'alice')
    })
  }
}

for (const { door } of DOORS.slice(1)) {
  const [{ door: promise }] = DOORS

  test('countersign/sync waits for no verifier that answers with promises', async () => {
    const asking = promise.createVerifier({ keys: async () => verifying, ...POLICY })
    const decrypter = door.createDecrypter(nested(sealing, asking))
    const signer = door.createSigner({ key: signing, issuer: CLAIMS.iss, audience: 'api', expiresIn: 60, now })
    const token = await door.createEncrypter({ key: open }).encrypt({}, { sign: signer })
    assert.throws(() => decrypter.decrypt(token), { name: 'TypeError', message: /promise/ })
    assert.throws(() => decrypter.safeDecrypt(token), { name: 'TypeError', message: /promise/ })
  })

  test('countersign/sync waits for no signer that answers with promises', () => {
    const key = remoteKey({ jwk: verifying, sign: async () => new Uint8Array(64) })
    const sign = promise.createSigner({ key, expiresIn: 60 })
    const encrypter = door.createEncrypter({ key: open })
    assert.throws(() => encrypter.encrypt({}, { sign }), { name: 'TypeError', message: /promise/ })
  })
}
