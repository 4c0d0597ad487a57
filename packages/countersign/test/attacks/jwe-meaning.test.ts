import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DecrypterOptions, importKey, type Jwk, type Keys, keySet, secretKey } from 'countersign'
import { verifyJws } from 'countersign/jws'
import { DOORS } from '../support/doors.ts'
import { b64, CLAIMS, fails, input, mac, now, POLICY } from '../support/forge.ts'
import { compact, everyForm, flattened, forge, general, keyFor } from '../support/forge-jwe.ts'
import { nested, openedBy, refusedBy } from '../support/jwe.ts'
import { pemOf, publicMembers, STRONG } from '../support/keys.ts'

const ALG = 'RSA-OAEP-256'
const ENC = 'A256GCM'
const RSA = keyFor(ALG)
const SECRET = keyFor('A256KW')
/** A good token of whoever knows `STRONG`. */
const SIGNED = mac({ alg: 'HS256', typ: 'JWT' }, CLAIMS, STRONG)

/** A JWE that anyone can make who has the public key, whatever is in it. */
const sealed = async (plaintext: string, header: Readonly<Record<string, unknown>> = {}): Promise<string> =>
  compact(await forge({ alg: ALG, enc: ENC, key: publicMembers(RSA), plaintext, header }))

/** The same under a secret. */
const shared = async (plaintext: string, header: Readonly<Record<string, unknown>> = {}): Promise<string> =>
  compact(await forge({ alg: 'A256KW', enc: ENC, key: SECRET, plaintext, header }))

type Door = (typeof DOORS)[number]['door']
const verifierOf = (door: Door, keys: Keys = secretKey(STRONG, 'HS256')) => door.createVerifier({ keys, ...POLICY })
const nestedOf = (door: Door, keys: Keys = RSA, verifier = verifierOf(door)) =>
  door.createDecrypter(nested(keys, verifier))
const bareOf = (door: Door, options: object = {}) =>
  door.createDecrypter({ keys: RSA, ...POLICY, unsigned: 'accept', ...options } as DecrypterOptions)

const NESTED = { cty: 'JWT' }
const BARE = JSON.stringify(CLAIMS)

for (const { name, door } of DOORS) {
  test(`${name}: the tokens that attack 36 starts from are good ones`, async () => {
    const opened = await nestedOf(door).decrypt(await sealed(SIGNED, NESTED))
    assert.deepEqual(opened.claims, CLAIMS)
    assert.equal(opened.signed?.header.alg, 'HS256')
    assert.deepEqual((await bareOf(door).decrypt(await sealed(BARE))).claims, CLAIMS)
  })

  test(`${name}: attack 36: a verifier refuses a JWE, whatever is in it`, async () => {
    const verifier = verifierOf(door)
    for (const token of [await sealed(SIGNED, NESTED), await sealed(BARE), await shared(SIGNED, NESTED)]) {
      await fails(() => verifier.verify(token), 'CS_ENCRYPTED')
      const safe = await verifier.safeVerify(token)
      assert.equal(safe.ok ? 'accepted' : safe.error.code, 'CS_ENCRYPTED')
    }
    const ofPublic = verifierOf(door, publicMembers(RSA))
    await fails(async () => ofPublic.verify(await sealed(BARE)), 'CS_ENCRYPTED')
    await fails(() => ofPublic.verify('a.b.c.d.e'), 'CS_ENCRYPTED')
  })

  test(`${name}: attack 36: a decrypter refuses a JWS, which nobody encrypted`, async () => {
    for (const token of [SIGNED, `${input({ alg: 'none' }, CLAIMS)}.`, 'a.b.c', 'a.b', 'a.b.c.d', 'a.b.c.d.e.f', '']) {
      for (const decrypter of [nestedOf(door), bareOf(door), bareOf(door, { keys: SECRET, unsigned: undefined })])
        await fails(() => decrypter.decrypt(token), 'CS_MALFORMED')
    }
    const { hint } = await fails(() => bareOf(door).decrypt(SIGNED), 'CS_MALFORMED')
    assert.match(hint, /Verify it/)
  })

  for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
    test(`${name}: attack 36: a JWE around a token of alg "${alg}" is refused, with a signature and without`, async () => {
      const text = input({ alg, typ: 'JWT' }, CLAIMS)
      for (const inner of [`${text}.`, `${text}.${b64(new Uint8Array(32))}`]) {
        for (const header of [NESTED, {}]) {
          const codes = ['CS_UNSIGNED', 'CS_ALG', 'CS_NESTED', 'CS_MALFORMED']
          await fails(async () => nestedOf(door).decrypt(await sealed(inner, header)), ...codes)
          await fails(async () => bareOf(door).decrypt(await sealed(inner, header)), 'CS_NESTED', 'CS_MALFORMED')
        }
      }
    })
  }

  test(`${name}: attack 36: bare claims are refused where signed ones are expected, whatever cty says`, async () => {
    const decrypter = nestedOf(door)
    for (const header of [{}, NESTED, { cty: 'json' }, { typ: 'JWT' }, { cty: 'jwt', typ: 'JWT' }]) {
      await fails(async () => decrypter.decrypt(await sealed(BARE, header)), 'CS_NESTED')
      await fails(async () => decrypter.decrypt(await sealed('', header)), 'CS_NESTED')
      await fails(
        async () => decrypter.decrypt(await sealed(`{"a":"..","b":${BARE}}`, header)),
        'CS_NESTED',
        'CS_BASE64',
      )
    }
  })

  test(`${name}: attack 36: signed claims are refused where bare ones are expected, and with another cty nothing is guessed`, async () => {
    for (const cty of ['JWT', 'jwt', 'application/jwt', 'application/JWT']) {
      await fails(async () => bareOf(door).decrypt(await sealed(SIGNED, { cty })), 'CS_NESTED')
      await fails(async () => bareOf(door).decrypt(await sealed(BARE, { cty })), 'CS_NESTED')
      await nestedOf(door).decrypt(await sealed(SIGNED, { cty }))
    }
    for (const cty of [
      undefined,
      '',
      'JWT ',
      ' JWT',
      'JWS',
      'JOSE',
      'json',
      'at+jwt',
      'text/jwt',
      'application/',
      'application/json',
      'JWT;a=b',
      'ＪＷＴ',
    ]) {
      await fails(async () => nestedOf(door).decrypt(await sealed(SIGNED, { cty })), 'CS_NESTED')
      await fails(async () => bareOf(door).decrypt(await sealed(SIGNED, { cty })), 'CS_MALFORMED')
    }
    for (const cty of [null, 1, true, ['JWT'], { JWT: 1 }]) {
      await fails(async () => nestedOf(door).decrypt(await sealed(SIGNED, { cty })), 'CS_HEADER')
      await fails(async () => bareOf(door).decrypt(await sealed(BARE, { cty })), 'CS_HEADER')
    }
  })

  test(`${name}: attack 36: a JWE inside a JWE is no signed token`, async () => {
    const layers = [await sealed(SIGNED, NESTED), await shared(SIGNED, NESTED)]
    for (const inner of [...layers, 'a.b.c.d', 'a.b.c.d.e.f', 'a.b', 'a', '.', '....'])
      await fails(async () => nestedOf(door).decrypt(await sealed(inner, NESTED)), 'CS_NESTED')
  })

  test(`${name}: attack 36: the signature inside is verified like any other`, async () => {
    const decrypt = async (inner: string, keys?: Keys) =>
      nestedOf(door, RSA, verifierOf(door, keys)).decrypt(await sealed(inner, NESTED))
    const changed = `${SIGNED.slice(0, -2)}${SIGNED.endsWith('AA') ? 'BA' : 'AA'}`
    await fails(() => decrypt(changed), 'CS_SIGNATURE', 'CS_BASE64')
    await fails(() => decrypt(mac({ alg: 'HS256' }, CLAIMS, new Uint8Array(32).fill(7))), 'CS_SIGNATURE')
    const expired = mac({ alg: 'HS256' }, { ...CLAIMS, exp: now() - 60 }, STRONG)
    await fails(() => decrypt(expired), 'CS_EXPIRED')
    await fails(() => decrypt(mac({ alg: 'HS256' }, { ...CLAIMS, iss: 'https://other.example' }, STRONG)), 'CS_ISS')
    // The public key that everyone encrypts to, as the secret of an HMAC (attack 2).
    const open = publicMembers(RSA)
    for (const secret of [pemOf(open), JSON.stringify(open), Buffer.from(open.n ?? '', 'base64url')])
      await fails(() => decrypt(mac({ alg: 'HS256' }, CLAIMS, secret), open), 'CS_KEY_TYPE', 'CS_ALG')
  })

  test(`${name}: attack 36: claims that anyone may have written are taken only where that is said`, async () => {
    const key = importKey(RSA)
    const policy = { ...POLICY }
    const make = (options: object) => () => door.createDecrypter({ ...policy, ...options } as DecrypterOptions)
    const sources: readonly [string, unknown][] = [
      ['a key', key],
      ['a JWK', RSA],
      ['an array', [key]],
      ['an array with a secret', [secretKey(STRONG), key]],
      ['a key set', keySet({ keys: [key] })],
      ['a JWK Set', { keys: [RSA] }],
      ['an EC key', keyFor('ECDH-ES')],
    ]
    for (const [what, keys] of sources) {
      assert.throws(make({ keys }), { name: 'TypeError', message: /unsigned: 'accept'/ }, what)
      make({ keys, unsigned: 'accept' })()
      for (const unsigned of [true, 'ACCEPT', 'accept ', '', null, 1])
        assert.throws(make({ keys, unsigned }), TypeError, `${what}, unsigned: ${unsigned}`)
    }
    await bareOf(door, { keys: SECRET, unsigned: undefined }).decrypt(await shared(BARE))
  })

  test(`${name}: attack 36: a key function that finds a private key is asked about that only when a token comes`, async () => {
    const finding = (jwk: Jwk) => {
      const key = importKey(jwk)
      return () => key
    }
    const decrypter = bareOf(door, { keys: finding(RSA), unsigned: undefined })
    const { hint } = await fails(async () => decrypter.decrypt(await sealed(BARE)), 'CS_NESTED')
    assert.match(hint, /unsigned: 'accept'/)
    const several = bareOf(door, { keys: () => [importKey(RSA), importKey(keyFor(ALG, ENC, 1))], unsigned: undefined })
    await fails(async () => several.decrypt(await sealed(BARE)), 'CS_NESTED')
    await bareOf(door, { keys: finding(RSA) }).decrypt(await sealed(BARE))
    await nestedOf(door, finding(RSA)).decrypt(await sealed(SIGNED, NESTED))
    await bareOf(door, { keys: finding(SECRET), unsigned: undefined }).decrypt(await shared(BARE))
  })

  test(`${name}: attack 36: what was accepted as written by anyone still has to keep the policy`, async () => {
    const decrypt = async (claims: object, options: object = {}) =>
      bareOf(door, options).decrypt(await sealed(JSON.stringify(claims)))
    await fails(() => decrypt({ ...CLAIMS, exp: now() - 60 }), 'CS_EXPIRED')
    await fails(() => decrypt({ ...CLAIMS, iss: 'https://other.example' }), 'CS_ISS')
    await fails(() => decrypt({ ...CLAIMS, aud: 'other' }), 'CS_AUD')
    await fails(() => decrypt({ iss: CLAIMS.iss, aud: CLAIMS.aud }), 'CS_CLAIM_MISSING')
    await fails(() => decrypt(CLAIMS, { subject: 'someone else' }), 'CS_SUB')
    await fails(async () => bareOf(door).decrypt(await sealed(BARE, { typ: 'at+jwt' })), 'CS_TYP')
    for (const plaintext of ['', '[]', 'null', '"a"', '1', `${BARE} `.repeat(2), `${BARE.slice(0, -1)},"sub":"x"}`])
      await fails(async () => bareOf(door).decrypt(await sealed(plaintext)), 'CS_MALFORMED')
    assert.throws(() => bareOf(door, { issuer: undefined }), TypeError)
    assert.throws(() => bareOf(door, { audience: undefined }), TypeError)
  })

  test(`${name}: attack 36: what expects a signature inside is what createVerifier gave, and has the only say about the claims`, () => {
    const verifier = verifierOf(door)
    for (const then of [null, true, () => ({}), {}, { ...verifier }, { verify: verifier.verify }, bareOf(door)])
      assert.throws(() => door.createDecrypter(nested(RSA, then as never)), TypeError)
    for (const option of [
      { unsigned: 'accept' },
      { issuer: 'any' },
      { audience: 'any' },
      { requireExp: false },
      { now },
    ])
      assert.throws(() => door.createDecrypter({ ...nested(RSA, verifier), ...option } as DecrypterOptions), TypeError)
  })

  test(`${name}: attack 36: a public key decrypts nothing`, () => {
    const open = importKey(publicMembers(RSA))
    for (const keys of [open, publicMembers(RSA)]) {
      assert.throws(() => nestedOf(door, keys), {
        name: 'JoseError',
        code: 'CS_KEY_TYPE',
        message: /public key cannot decrypt/,
      })
    }
  })
}

test('attack 36: verifyJws refuses a JWE in every serialization, and what decrypts refuses a JWS', async () => {
  const forged = await forge({ alg: ALG, enc: ENC, key: publicMembers(RSA), plaintext: SIGNED, header: NESTED })
  const keys = secretKey(STRONG, 'HS256')
  for (const token of everyForm(forged)) {
    await fails(() => verifyJws(token as string, { keys }), 'CS_ENCRYPTED')
    if (typeof token !== 'string') await openedBy(token, { keys: RSA })
  }
  const [header = '', payload = '', signature = ''] = SIGNED.split('.')
  const part = { protected: header, signature }
  for (const token of [SIGNED, { payload, ...part }, { payload, signatures: [part] }, { signatures: [part] }])
    await refusedBy(token, 'CS_MALFORMED', { keys: RSA })
  // An object that is both is neither.
  for (const both of [
    { ...flattened(forged), payload, signature },
    { ...general(forged), payload, signatures: [part] },
  ])
    await fails(() => verifyJws(both as never, { keys }), 'CS_ENCRYPTED')
})
