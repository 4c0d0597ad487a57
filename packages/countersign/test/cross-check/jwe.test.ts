import assert from 'node:assert/strict'
import test from 'node:test'
import { importKey, type Jwk, type Key, publicKey, secretKey, thumbprint } from 'countersign'
import {
  type DecryptedJwe,
  decryptJwe,
  type EncryptJweOptions,
  encryptJwe,
  type FlattenedJwe,
  type GeneralJwe,
} from 'countersign/jwe'
import * as jose from 'jose'
import { CONTENT, choiceOf, headerOf, isDirect, OCTETS, pairOf, ROWS, type Row } from '../jwe/keys.ts'
import { DOORS } from '../support/doors.ts'
import { nested } from '../support/jwe.ts'
import { jwkFor } from '../support/keys.ts'
import { shareOf } from '../support/share.ts'
import { joseJwk, tidyWarnings } from './crossing.ts'

tidyWarnings()

type AnyJwe = string | FlattenedJwe | GeneralJwe
type Members = Readonly<Record<string, unknown>>

/** Every octet once, four times over: neither JSON nor UTF-8, and worth compressing. */
const PLAINTEXT = Uint8Array.from({ length: 1024 }, (_, index) => index & 255)
const AAD = Uint8Array.of(0, 255, 46)
const EXTENSION = 'https://extension.example'

/** What jose does not have, and why; a test holds that this is so. */
const JOSE_LACKS: ReadonlyMap<string, string> = new Map(
  ROWS.filter(({ crv }) => crv === 'X448').map(({ name }) => [name, 'it has no X448']),
)
const JOSE_ROWS = ROWS.filter(({ name }) => !JOSE_LACKS.has(name))

/** A key on both sides: ours, and as jose takes it. */
interface Crossing extends Row {
  readonly enc: string
  readonly encrypting: Key
  readonly decrypting: Key
  /** What goes across is the JWK that we write. */
  readonly joseEncrypting: jose.JWK
  readonly joseDecrypting: jose.JWK
}

async function crossing(row: Row, enc: string, which: 0 | 1 = 0): Promise<Crossing> {
  const { encrypting, decrypting } = await pairOf(row, enc, which)
  const [joseEncrypting, joseDecrypting] = [await joseJwk(encrypting), await joseJwk(decrypting)]
  return { ...row, enc, encrypting, decrypting, joseEncrypting, joseDecrypting }
}

/** jose takes a password only where it is named, as we do. */
const joseRules = ({ alg }: Row): jose.DecryptOptions => ({
  keyManagementAlgorithms: [alg as jose.JWEKeyManagementAlgorithm],
  crit: { [EXTENSION]: true },
})
const ourRules = ({ alg }: Row) => ({ algorithms: [alg], crit: [EXTENSION] })
const parametersOf = ({ alg }: Row): jose.JWEKeyManagementHeaderParameters =>
  alg.startsWith('PBES2') ? { p2c: 1000 } : {}

/** What either side gives back for a JWE that it opened. */
interface Read {
  readonly plaintext: Uint8Array
  /** All members that somebody asked for, wherever they stand. */
  readonly header: Members
}

/** One way to write a JWE that both sides have. */
interface Form {
  readonly name: string
  /** Members of the protected header, beside alg and enc. */
  readonly guarded: Members
  readonly shared?: Members
  readonly own?: Members
  /** What our side is told on top of that. */
  readonly ours: Partial<EncryptJweOptions>
  joseEncrypts(
    key: jose.JWK,
    form: Form,
    head: Members,
    parameters: jose.JWEKeyManagementHeaderParameters,
  ): Promise<AnyJwe>
  joseDecrypts(key: jose.JWK, token: AnyJwe, options: jose.DecryptOptions): Promise<jose.GeneralDecryptResult>
}

const CRIT: jose.EncryptOptions = { crit: { [EXTENSION]: true } }

const compactEncrypt: Form['joseEncrypts'] = (key, { guarded }, head, parameters) =>
  new jose.CompactEncrypt(PLAINTEXT)
    .setProtectedHeader({ ...head, ...guarded } as jose.CompactJWEHeaderParameters)
    .setKeyManagementParameters(parameters)
    .encrypt(key, CRIT)

const compactDecrypt: Form['joseDecrypts'] = (key, token, options) => jose.compactDecrypt(token as string, key, options)

const FORMS: readonly Form[] = [
  {
    name: 'compact',
    guarded: { typ: 'example', kid: 'a' },
    ours: {},
    joseEncrypts: compactEncrypt,
    joseDecrypts: compactDecrypt,
  },
  {
    name: 'compact and compressed',
    guarded: { zip: 'DEF' },
    ours: { zip: true },
    joseEncrypts: compactEncrypt,
    joseDecrypts: compactDecrypt,
  },
  {
    name: 'flattened with every header and aad',
    guarded: { crit: [EXTENSION], [EXTENSION]: { deep: [true] } },
    shared: { kid: 'a' },
    own: { note: 'für Jörg' },
    ours: { serialization: 'flattened', aad: AAD },
    joseEncrypts: (key, { guarded, shared, own }, head, parameters) =>
      new jose.FlattenedEncrypt(PLAINTEXT)
        .setProtectedHeader({ ...head, ...guarded })
        .setSharedUnprotectedHeader({ ...shared })
        .setUnprotectedHeader({ ...own })
        .setAdditionalAuthenticatedData(AAD)
        .setKeyManagementParameters(parameters)
        .encrypt(key, CRIT) as Promise<FlattenedJwe>,
    joseDecrypts: (key, token, options) => jose.flattenedDecrypt(token as jose.FlattenedJWE, key, options),
  },
  {
    name: 'general with one recipient',
    guarded: {},
    own: { kid: 'a' },
    ours: { serialization: 'general', aad: AAD },
    joseEncrypts: (key, { own }, head, parameters) =>
      new jose.GeneralEncrypt(PLAINTEXT)
        .setProtectedHeader({ ...head })
        .setAdditionalAuthenticatedData(AAD)
        .addRecipient(key)
        .setUnprotectedHeader({ ...own })
        .setKeyManagementParameters(parameters)
        .encrypt() as Promise<GeneralJwe>,
    joseDecrypts: (key, token, options) => jose.generalDecrypt(token as jose.GeneralJWE, key, options),
  },
]

/** Forms in their order from one of them on: all of them, or as many as there is a share for. */
function formsFrom(index: number): readonly Form[] {
  const first = index % FORMS.length
  return [...FORMS.slice(first), ...FORMS.slice(0, first)].slice(0, shareOf(FORMS.length))
}

/** What was asked for, out of all that stands in the headers. */
const only = (form: Form, header: Members): Members => {
  const names = Object.keys({ alg: 0, enc: 0, ...form.guarded, ...form.shared, ...form.own })
  return Object.fromEntries(names.map((name) => [name, header[name]]))
}
const expected = (form: Form, { alg, enc }: Crossing): Read => ({
  plaintext: PLAINTEXT,
  header: { alg, enc, ...form.guarded, ...form.shared, ...form.own },
})

function ofJose(form: Form, result: jose.GeneralDecryptResult): Read {
  const { plaintext, protectedHeader, sharedUnprotectedHeader, unprotectedHeader } = result
  if (result.additionalAuthenticatedData) assert.deepEqual(Uint8Array.from(result.additionalAuthenticatedData), AAD)
  const header = { ...protectedHeader, ...sharedUnprotectedHeader, ...unprotectedHeader }
  return { plaintext: Uint8Array.from(plaintext), header: only(form, header) }
}

const ofOurs = (form: Form, { plaintext, header }: DecryptedJwe): Read => ({
  plaintext: Uint8Array.from(plaintext),
  header: only(form, header),
})

/** zip is an option of ours, and a member of jose's. */
const protectedOf = ({ guarded: { zip: _, ...rest } }: Form): Members => rest

function weEncrypt({ encrypting, enc, alg }: Crossing, form: Form): Promise<AnyJwe> {
  const named = [form.guarded, form.shared, form.own].some((members) => members && 'kid' in members)
  return encryptJwe(PLAINTEXT, {
    ...{ key: encrypting, enc, ...choiceOf({ alg }) },
    protected: named ? protectedOf(form) : { ...protectedOf(form), kid: undefined },
    ...(form.shared && { unprotected: form.shared }),
    ...(form.own && { header: form.own }),
    ...form.ours,
  } as EncryptJweOptions)
}

const WRONG_KEY = { code: 'ERR_JWE_DECRYPTION_FAILED' }

for (const row of JOSE_ROWS) {
  test(`${row.name}: jose refuses what we encrypt to another key, and opens what we encrypt, with every content encryption`, async () => {
    for (const [index, enc] of CONTENT.entries()) {
      const [own, strange] = [await crossing(row, enc), await crossing(row, enc, 1)]
      for (const form of formsFrom(index)) {
        const token = await weEncrypt(own, form)
        await assert.rejects(form.joseDecrypts(strange.joseDecrypting, token, joseRules(row)), WRONG_KEY, form.name)
        const read = ofJose(form, await form.joseDecrypts(own.joseDecrypting, token, joseRules(row)))
        assert.deepEqual(read, expected(form, own), `${enc}, ${form.name}`)
      }
    }
  })

  test(`${row.name}: we refuse what jose encrypts to another key, and open what it encrypts, with every content encryption`, async () => {
    for (const [index, enc] of CONTENT.entries()) {
      const [own, strange] = [await crossing(row, enc), await crossing(row, enc, 1)]
      for (const form of formsFrom(index)) {
        const head = { alg: row.alg, enc }
        const token = await form.joseEncrypts(own.joseEncrypting, form, head, parametersOf(row))
        const refused = { name: 'JoseError', code: 'CS_DECRYPTION' }
        await assert.rejects(decryptJwe(token, { keys: strange.decrypting, ...ourRules(row) }), refused, form.name)
        const read = ofOurs(form, await decryptJwe(token, { keys: own.decrypting, ...ourRules(row) }))
        assert.deepEqual(read, expected(form, own), `${enc}, ${form.name}`)
      }
    }
  })
}

// Several recipients.

const SEVERAL = JOSE_ROWS.filter((row) => !isDirect(row))

for (const enc of CONTENT) {
  test(`${enc}: jose opens for each of the recipients what we encrypt to several (RFC 7516 §7.2.1)`, async () => {
    for (let from = 0; from < SEVERAL.length; from += 16) {
      const keys = await Promise.all(SEVERAL.slice(from, from + 16).map((row) => crossing(row, enc)))
      const recipients = keys.map((key) => ({ key: key.encrypting, ...choiceOf(key), header: { note: key.name } }))
      const jwe = await encryptJwe(PLAINTEXT, { recipients, enc, aad: AAD, zip: true, unprotected: { typ: 'example' } })
      for (const key of keys) {
        const result = await jose.generalDecrypt(jwe as object as jose.GeneralJWE, key.joseDecrypting, joseRules(key))
        assert.deepEqual(Uint8Array.from(result.plaintext), PLAINTEXT, key.name)
        assert.deepEqual(
          [result.unprotectedHeader?.['note'], result.sharedUnprotectedHeader],
          [key.name, { typ: 'example' }],
        )
      }
      const stranger = await joseJwk(secretKey(OCTETS, 'A256KW'))
      await assert.rejects(jose.generalDecrypt(jwe as object as jose.GeneralJWE, stranger), WRONG_KEY)
    }
  })

  test(`${enc}: we open for each of the recipients what jose encrypts to several (RFC 7516 §7.2.1)`, async () => {
    for (let from = 0; from < SEVERAL.length; from += 16) {
      const keys = await Promise.all(SEVERAL.slice(from, from + 16).map((row) => crossing(row, enc)))
      const all = new jose.GeneralEncrypt(PLAINTEXT)
        .setProtectedHeader({ enc: enc as jose.JWEContentEncryptionAlgorithm, zip: 'DEF' })
        .setSharedUnprotectedHeader({ typ: 'example' })
        .setAdditionalAuthenticatedData(AAD)
      for (const key of keys) {
        const header = { alg: key.alg as jose.JWEKeyManagementAlgorithm, note: key.name }
        all.addRecipient(key.joseEncrypting).setUnprotectedHeader(header).setKeyManagementParameters(parametersOf(key))
      }
      const jwe = (await all.encrypt()) as GeneralJwe
      for (const key of keys) {
        const rules = { keys: key.decrypting, algorithms: [key.alg] }
        const { plaintext, header } = await decryptJwe(jwe, rules)
        assert.deepEqual([Uint8Array.from(plaintext), header['note'], header.typ], [PLAINTEXT, key.name, 'example'])
      }
      const refused = { code: 'CS_DECRYPTION' }
      await assert.rejects(decryptJwe(jwe, { keys: secretKey(OCTETS, 'A256KW') }), refused)
    }
  })
}

// Keys that jose makes.

for (const row of JOSE_ROWS.filter(({ jwk, alg }) => jwk !== undefined && !alg.startsWith('PBES2'))) {
  test(`${row.name}: a key that jose makes is the same key for us, and opens both ways`, async () => {
    const secret = !/^(RSA|ECDH)/.test(row.alg)
    const options = { extractable: true, ...(row.crv && { crv: row.crv }) }
    const pair = secret ? undefined : await jose.generateKeyPair(row.alg, options)
    const made = pair ?? (await jose.generateSecret(row.alg, { extractable: true }))
    const [theirs, theirsOpen] = 'privateKey' in made ? [made.privateKey, made.publicKey] : [made, made]
    const [jwk, openJwk] = [(await jose.exportJWK(theirs)) as Jwk, (await jose.exportJWK(theirsOpen)) as Jwk]
    const [key, open] = [importKey(jwk, { alg: row.alg }), importKey(openJwk, { alg: row.alg })]
    if (!secret) assert.equal(await thumbprint(key), await jose.calculateJwkThumbprint(openJwk as jose.JWK))
    const ours = await encryptJwe(PLAINTEXT, { key: open })
    assert.deepEqual(Uint8Array.from((await jose.compactDecrypt(ours, theirs)).plaintext), PLAINTEXT)
    const token = await new jose.CompactEncrypt(PLAINTEXT)
      .setProtectedHeader({ alg: row.alg as jose.JWEKeyManagementAlgorithm, enc: 'A256GCM' })
      .encrypt(theirsOpen)
    assert.deepEqual(Uint8Array.from((await decryptJwe(token, { keys: key })).plaintext), PLAINTEXT)
  })
}

test('apu and apv that one side writes are those that the other derives the key with (RFC 7518 §4.6.2)', async () => {
  for (const row of JOSE_ROWS.filter(({ alg }) => alg.startsWith('ECDH-ES'))) {
    const own = await crossing(row, 'A128GCM')
    const [apu, apv] = [Uint8Array.of(1, 2), Uint8Array.of(0, 255)]
    const ours = await encryptJwe(PLAINTEXT, { key: own.encrypting, enc: own.enc, apu, apv })
    assert.deepEqual(Uint8Array.from((await jose.compactDecrypt(ours, own.joseDecrypting)).plaintext), PLAINTEXT)
    const theirs = await new jose.CompactEncrypt(PLAINTEXT)
      .setProtectedHeader({ alg: row.alg as jose.JWEKeyManagementAlgorithm, enc: 'A128GCM' })
      .setKeyManagementParameters({ apu, apv })
      .encrypt(own.joseEncrypting)
    assert.deepEqual(Uint8Array.from((await decryptJwe(theirs, { keys: own.decrypting })).plaintext), PLAINTEXT)
    assert.deepEqual(headerOf(theirs.split('.')[0])['apu'], headerOf(ours.split('.')[0])['apu'])
  }
})

// JWTs.

const CLAIMS = {
  iss: 'https://issuer.example',
  sub: '1234567890',
  aud: 'api',
  iat: 1_700_000_000,
  exp: 4_102_444_800,
  name: 'Jörg 🔑',
  nested: { deep: [null, 1.5, true] },
}
const POLICY = { issuer: CLAIMS.iss, audience: CLAIMS.aud } as const

for (const { name, door } of DOORS) {
  for (const row of JOSE_ROWS) {
    test(`${name}: ${row.name}: a JWT that one side encrypts is the same claims for the other, and nothing for a stranger`, async () => {
      const [own, strange] = [await crossing(row, 'A256GCM'), await crossing(row, 'A256GCM', 1)]
      const said = { key: own.encrypting, enc: own.enc, expiresIn: 'never', ...choiceOf(row) } as const
      const token = await door.createEncrypter(said).encrypt(CLAIMS)
      const options = { ...joseRules(row), issuer: CLAIMS.iss, audience: CLAIMS.aud }
      await assert.rejects(jose.jwtDecrypt(token, strange.joseDecrypting, options), WRONG_KEY)
      assert.deepEqual((await jose.jwtDecrypt(token, own.joseDecrypting, options)).payload, CLAIMS)
      const theirs = await new jose.EncryptJWT({ ...CLAIMS })
        .setProtectedHeader({ alg: row.alg as jose.JWEKeyManagementAlgorithm, enc: 'A256GCM', typ: 'JWT' })
        .setKeyManagementParameters(parametersOf(row))
        .replicateIssuerAsHeader()
        .replicateSubjectAsHeader()
        .replicateAudienceAsHeader()
        .encrypt(own.joseEncrypting)
      const rules = { ...POLICY, algorithms: [row.alg], unsigned: 'accept' } as const
      const refusing = door.createDecrypter({ ...rules, keys: strange.decrypting })
      await assert.rejects(async () => refusing.decrypt(theirs), { code: 'CS_DECRYPTION' })
      const { claims, header } = await door.createDecrypter({ ...rules, keys: own.decrypting }).decrypt(theirs)
      assert.deepEqual([claims, header['sub']], [CLAIMS, CLAIMS.sub])
    })
  }

  test(`${name}: a JWT that was signed and then encrypted opens on the other side (RFC 7519 §11.2)`, async () => {
    const signing = importKey(jwkFor('ES256'), { alg: 'ES256' })
    const sealing = importKey(jwkFor('ES256', 1), { alg: 'ECDH-ES' })
    const [verifying, open] = [await publicKey(signing), await publicKey(sealing)]
    const sign = door.createSigner({ key: signing, expiresIn: 'never' })
    const token = await door.createEncrypter({ key: open, zip: true }).encrypt(CLAIMS, { sign })
    const { plaintext, protectedHeader } = await jose.compactDecrypt(token, await joseJwk(sealing))
    assert.equal(protectedHeader.cty, 'JWT')
    const inner = new TextDecoder().decode(plaintext)
    assert.deepEqual((await jose.jwtVerify(inner, await joseJwk(verifying))).payload, CLAIMS)
    const signed = await new jose.SignJWT({ ...CLAIMS })
      .setProtectedHeader({ alg: 'ES256' })
      .sign(await joseJwk(signing))
    for (const [cty, code] of [
      ['JWT', undefined],
      ['application/jwt', undefined],
      ['', 'CS_NESTED'],
    ] as const) {
      const theirs = await new jose.CompactEncrypt(new TextEncoder().encode(signed))
        .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', cty })
        .encrypt(await joseJwk(open))
      const decrypter = door.createDecrypter(nested(sealing, door.createVerifier({ keys: verifying, ...POLICY })))
      if (code) await assert.rejects(async () => decrypter.decrypt(theirs), { code })
      else assert.deepEqual((await decrypter.decrypt(theirs)).claims, CLAIMS)
    }
  })
}

// What one side has and the other has not.

test('jose lacks what the table says that it lacks', async (t) => {
  for (const row of ROWS.filter(({ name }) => JOSE_LACKS.has(name))) {
    t.diagnostic(`${row.name} is not checked with jose: ${JOSE_LACKS.get(row.name)}`)
    const own = await crossing(row, 'A128GCM')
    const has = `jose has ${row.name} by now: take it off the list`
    const token = await encryptJwe(PLAINTEXT, { key: own.encrypting, enc: own.enc })
    const unknown = { message: /not supported|[Uu]nsupported|Invalid keyData|crv|NamedCurve/ }
    await assert.rejects(jose.compactDecrypt(token, own.joseDecrypting), unknown, has)
    const head = { alg: row.alg as jose.JWEKeyManagementAlgorithm, enc: 'A128GCM' } as const
    const encrypting = new jose.CompactEncrypt(PLAINTEXT).setProtectedHeader(head).encrypt(own.joseEncrypting)
    await assert.rejects(encrypting, unknown, has)
  }
  t.diagnostic(`${JOSE_ROWS.length} of ${ROWS.length} are checked with jose, each with ${CONTENT.length} encryptions`)
})

test('what jose refuses to read, and we write or read, is named here', async () => {
  const password = secretKey({ text: 'correct horse' }, 'PBES2-HS512+A256KW')
  const slow = await encryptJwe('x', { key: password })
  const named: jose.DecryptOptions = { keyManagementAlgorithms: ['PBES2-HS512+A256KW'] }
  const tooMany = { code: 'ERR_JWE_INVALID', message: /p2c/ }
  await assert.rejects(
    jose.compactDecrypt(slow, await joseJwk(password), named),
    tooMany,
    'more than 10,000 iterations',
  )
  const opened = await jose.compactDecrypt(slow, await joseJwk(password), { ...named, maxPBES2Count: 210_000 })
  assert.equal(Buffer.from(opened.plaintext).toString(), 'x')

  const row = JOSE_ROWS.find(({ alg }) => alg === 'ECDH-ES')
  assert.ok(row)
  const own = await crossing(row, 'A256GCM')
  const alike = await encryptJwe('x', { key: own.encrypting, apu: 'same', apv: 'same' })
  const distinct = { code: 'ERR_JWE_INVALID', message: /distinct/ }
  await assert.rejects(jose.compactDecrypt(alike, own.joseDecrypting), distinct, 'apu and apv that are the same')
  await decryptJwe(alike, { keys: own.decrypting })
})

test('what jose reads, and we refuse, is named here', async () => {
  const one = await crossing({ name: 'A256KW', alg: 'A256KW', jwk: 'HS256' }, 'A256GCM')
  const unguarded = (await new jose.FlattenedEncrypt(PLAINTEXT)
    .setSharedUnprotectedHeader({ alg: 'A256KW', enc: 'A256GCM' })
    .encrypt(one.joseEncrypting)) as FlattenedJwe
  await jose.flattenedDecrypt(unguarded as jose.FlattenedJWE, one.joseDecrypting)
  await assert.rejects(
    decryptJwe(unguarded, { keys: one.decrypting }),
    { code: 'CS_HEADER' },
    'enc that is not protected',
  )
  await decryptJwe(unguarded, { keys: one.decrypting, allowUnprotectedAlg: true })

  const password = secretKey({ text: 'correct horse' }, 'PBES2-HS256+A128KW')
  const quick = await new jose.CompactEncrypt(PLAINTEXT)
    .setProtectedHeader({ alg: 'PBES2-HS256+A128KW', enc: 'A256GCM' })
    .setKeyManagementParameters({ p2c: 999 })
    .encrypt(await joseJwk(password))
  const named: jose.DecryptOptions = { keyManagementAlgorithms: ['PBES2-HS256+A128KW'] }
  await jose.compactDecrypt(quick, await joseJwk(password), named)
  const rules = { keys: password, algorithms: ['PBES2-HS256+A128KW'] }
  await assert.rejects(decryptJwe(quick, rules), { code: 'CS_HEADER' }, 'fewer than 1000 iterations')
})
