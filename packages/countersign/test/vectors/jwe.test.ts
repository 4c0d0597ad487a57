import assert from 'node:assert/strict'
import { importKey, type Jwk, type Key } from 'countersign'
import { CONTENT } from '../../src/alg/content.ts'
import { type Bytes, base64url, fromBase64url, fromUtf8, utf8 } from '../../src/bytes.ts'
import type { KeySpec } from '../../src/crypto/backend.ts'
import { deriveKey } from '../../src/jwe/agreement.ts'
import { decryptJwe } from '../../src/jwe/decrypt-jwe.ts'
import { encryptJwe } from '../../src/jwe/encrypt-jwe.ts'
import type { EncryptJweOptions } from '../../src/jwe/encrypt-plan.ts'
import { Key as BareKey } from '../../src/key/key.ts'
import { rawSecret } from '../../src/key/secret.ts'
import { use } from '../../src/op.ts'
import { DOORS } from '../support/doors.ts'
import {
  encryptParts,
  given,
  type Instead,
  JWE_RUNTIMES,
  type JweRuntime,
  nested,
  refusedBy,
  rowOf,
  sealParts,
} from '../support/jwe.ts'
import { publicMembers, verifyingKey } from '../support/keys.ts'
import { oneKey, the } from './examples.ts'
import { type AnyJwe, type JweExample, jweExampleOf, type RecipientExample, withEncrypted } from './jwe-examples.ts'
import { exercise, SUITES } from './suites.ts'

/** What `decryptJwe` has to be told about an example, apart from its keys. */
const optionsFor = ({ openEnc, enc }: JweExample, alg: string) => ({
  algorithms: [alg],
  encryptions: [enc],
  ...(openEnc && { allowUnprotectedAlg: true }),
})

const isLeftOut = ({ alg }: RecipientExample): boolean => alg === 'RSA1_5'

/** A JWE with one bit of its tag changed. */
function withChangedTag({ token, recipients, iv, ciphertext, tag }: JweExample): AnyJwe {
  const encryptedKeys = recipients.map(({ encryptedKey }) => base64url(encryptedKey))
  const changed = base64url(tag.with(0, (tag[0] ?? 0) ^ 1))
  return withEncrypted(token, {
    encryptedKeys,
    iv: base64url(iv),
    ciphertext: base64url(ciphertext),
    tag: changed,
  })
}

exercise(
  'jweRefused',
  JWE_RUNTIMES,
  ({ id }) => `RSA1_5 is refused, and it is said why: ${id}`,
  async (vector, { backend, run }) => {
    const { token, recipients } = jweExampleOf(vector)
    const keys = recipients.map(({ key }) => key)
    const refusal = {
      name: 'JoseError',
      code: 'CS_UNSUPPORTED',
      message: /RSA1_5.* left out on purpose: .*Bleichenbacher.*RSA-OAEP/,
    }
    await assert.rejects(async () => run(decryptJwe(token, { keys }, backend)), refusal)
    await assert.rejects(async () => run(decryptJwe(token, { keys, algorithms: ['RSA1_5'] }, backend)), refusal)
    await refusedBy(token, 'CS_UNSUPPORTED', { keys })
  },
)

exercise(
  'jwe',
  JWE_RUNTIMES,
  ({ id }) => `a JWE decrypts, and with one bit changed it does not (RFC 7516 §5.2): ${id}`,
  async (vector, { backend, run }) => {
    const example = jweExampleOf(vector)
    const { token, plaintext, recipients, protectedHeader } = example
    for (const { key, alg, header } of recipients.filter((recipient) => !isLeftOut(recipient))) {
      const options = { ...optionsFor(example, alg), keys: key }
      await assert.rejects(async () => run(decryptJwe(withChangedTag(example), options, backend)), {
        code: 'CS_DECRYPTION',
      })
      const opened = await run(decryptJwe(token, options, backend))
      assert.deepEqual(opened.plaintext, plaintext)
      assert.deepEqual({ ...opened.header }, header)
      assert.deepEqual({ ...opened.protectedHeader }, protectedHeader)
      assert.equal(opened.key, key)
      if (alg.startsWith('PBES2')) await refusedBy(token, 'CS_ALG', { keys: [key] }, 'a password that nobody asked for')
    }
  },
)

exercise(
  'jweOpenEnc',
  JWE_RUNTIMES,
  ({ id }) => `a JWE that protects no header is refused unless the caller accepts that (RFC 7520 §5.12): ${id}`,
  async (vector, { backend, run }) => {
    const example = jweExampleOf(vector)
    for (const { key } of example.recipients) {
      await assert.rejects(async () => run(decryptJwe(example.token, { keys: key }, backend)), {
        code: 'CS_HEADER',
        hint: /RFC 7520 §5\.12/,
      })
    }
  },
)

exercise(
  'jweSeveral',
  JWE_RUNTIMES,
  ({ id }) =>
    `a key of any recipient opens the JWE, but for RSA1_5; all together the first that can (RFC 7516 §5.2): ${id}`,
  async (vector, { backend, run }) => {
    const { token, plaintext, recipients } = jweExampleOf(vector)
    const [leftOut, ...others] = recipients as readonly [RecipientExample, ...RecipientExample[]]
    assert.deepEqual([isLeftOut(leftOut), others.some(isLeftOut)], [true, false])
    await assert.rejects(async () => run(decryptJwe(token, { keys: leftOut.key }, backend)), { code: 'CS_DECRYPTION' })
    const opened = await run(decryptJwe(token, { keys: recipients.map(({ key }) => key) }, backend))
    assert.deepEqual(opened.plaintext, plaintext)
    assert.equal(opened.key, others[0]?.key)
    assert.deepEqual({ ...opened.header }, others[0]?.header)
  },
)

/** The CEK of RFC 7517 Appendix C.2, which the vector does not hold. */
const CEK_OF_C = fromBase64url('bxsZNEIdFE5csDjwQdBScKGDJDfK7LmsgReZwsMw_bY', 'cek')

/** What is drawn by chance to make an example again: the CEK, what its key management takes, and the vector. */
function chanceFor(id: string, { cek, iv, recipients }: JweExample): readonly Bytes[] {
  const [{ alg, header }] = recipients as readonly [RecipientExample]
  const own = ['iv', 'p2s'].flatMap((name) =>
    header[name] === undefined ? [] : [fromBase64url(String(header[name]), name)],
  )
  const made = alg === 'dir' || alg === 'ECDH-ES' ? [] : [id === 'rfc/rfc7517.json C' ? CEK_OF_C : (cek ?? cekOf(id))]
  return [...made, ...own, iv]
}

/** RFC 7516 A.4 and A.5 have the CEK of A.3. */
function cekOf(id: string): Bytes {
  assert.ok(['rfc/rfc7516.json A.4', 'rfc/rfc7516.json A.5'].includes(id), 'the vector prints no CEK')
  const same = SUITES.jwe.find((vector) => vector.id === 'rfc/rfc7516.json A.3')
  return the(same && jweExampleOf(same).cek, 'CEK')
}

/** The key that encrypts to a recipient. */
const encryptingKey = ({ key, jwk }: RecipientExample): Key =>
  jwk && key.kind === 'private' ? importKey(publicMembers(jwk)) : key

/** A backend on which nothing is left to chance, nor to the taste of a compressor. */
function chosen(ephemeral: Jwk | undefined, chance: readonly Bytes[] = [], deflated?: Bytes) {
  const { left, random } = given(...chance)
  const material = ephemeral && BareKey.material(importKey(ephemeral))
  const generate = ({ kty, crv }: KeySpec) => {
    assert.deepEqual([kty, crv], [material?.kty, material?.crv])
    return the(material, 'ephemeral key')
  }
  const instead: Instead = () => ({ random, generate, ...(deflated && { deflate: () => deflated }) })
  return { left, instead }
}

/** What only chance decides: RSA-OAEP draws its own, which nobody can give. */
const isOaep = ({ alg }: RecipientExample): boolean => alg.startsWith('RSA-OAEP')

exercise(
  'jweMade',
  JWE_RUNTIMES,
  ({ id }) => `the same key, plaintext, header and chance are encrypted to the same bytes (RFC 7516 §5.1): ${id}`,
  async (vector, runtime) => {
    const example = jweExampleOf(vector)
    const made =
      example.recipients.length === 1
        ? encryptedAgain(vector.id, example, runtime)
        : partsAgain(vector.id, example, runtime)
    const { token, cek } = await made
    if (example.recipients.some(isOaep)) {
      const [{ key }] = example.recipients as readonly [RecipientExample]
      assert.deepEqual(withoutKey(token), withoutKey(example.token))
      const opened = await runtime.run(decryptJwe(token, { keys: key }, runtime.backend))
      assert.deepEqual(opened.plaintext, example.plaintext)
    } else assert.deepEqual(token, example.token)
    const agreed = vector.from === 'cookbook' ? vector.entry.encrypting_key : undefined
    if (agreed && 'cek' in agreed) assert.equal(base64url(cek), agreed.cek)
  },
)

/** A JWE for one recipient without its encrypted key. */
function withoutKey(token: AnyJwe): AnyJwe {
  if (typeof token === 'string') return token.split('.').with(1, '').join('.')
  const { iv = '', ciphertext, tag = '' } = token
  return withEncrypted(token, { encryptedKeys: ['-'], iv, ciphertext, tag })
}

interface Made {
  readonly token: AnyJwe
  readonly cek: Bytes
}

/** Makes a JWE for one recipient again, under the exact text of its header. */
async function encryptedAgain(id: string, example: JweExample, { run }: JweRuntime): Promise<Made> {
  const { enc, encoded, plaintext, protectedHeader, recipients } = example
  const [recipient] = recipients as readonly [RecipientExample]
  const { alg, header, ephemeral } = recipient
  const { left, instead } = chosen(ephemeral, chanceFor(id, example), example.deflated)
  const party = (name: 'apu' | 'apv') =>
    header[name] === undefined ? {} : { [name]: fromBase64url(String(header[name]), name) }
  const { managed, sealed } = await run(
    encryptParts({
      ...{ alg, enc, encoded, plaintext },
      key: encryptingKey(recipient),
      management: {
        ...(header['p2c'] !== undefined && { p2c: Number(header['p2c']) }),
        ...party('apu'),
        ...party('apv'),
      },
      aad: example.aad && base64url(example.aad),
      zip: protectedHeader['zip'] === 'DEF',
    }),
    instead,
  )
  assert.equal(left.length, 0, 'chance that was not asked for')
  assert.deepEqual(
    managed.parameters,
    Object.fromEntries(Object.keys(managed.parameters).map((name) => [name, header[name]])),
  )
  const token = withEncrypted(example.token, {
    encryptedKeys: [base64url(managed.encryptedKey)],
    iv: base64url(sealed.iv),
    ciphertext: base64url(sealed.ciphertext),
    tag: base64url(sealed.tag),
  })
  return { token, cek: managed.cek.secret ?? new Uint8Array() }
}

/** The same for several recipients: each by itself, and the content once. What RSA1_5 encrypted is taken as it is. */
async function partsAgain(id: string, example: JweExample, runtime: JweRuntime): Promise<Made> {
  const cek = example.cek ?? cekOf(id)
  const encryptedKeys: string[] = []
  for (const recipient of example.recipients) {
    if (isLeftOut(recipient)) encryptedKeys.push(base64url(recipient.encryptedKey))
    else {
      const { token } = await encryptedAgain(id, { ...example, cek, token: '....', recipients: [recipient] }, runtime)
      encryptedKeys.push(String(token).split('.')[1] ?? '')
    }
  }
  const { enc, encoded, plaintext } = example
  const { instead } = chosen(undefined, [example.iv])
  const sealed = await runtime.run(sealParts({ enc, encoded, plaintext }, { cek: rawSecret(cek) }), instead)
  const token = withEncrypted(example.token, {
    encryptedKeys,
    iv: base64url(sealed.iv),
    ciphertext: base64url(sealed.ciphertext),
    tag: base64url(sealed.tag),
  })
  return { token, cek }
}

exercise(
  'jweWritten',
  JWE_RUNTIMES,
  ({ id }) => `encryptJwe writes the whole JWE of a standard, with the same chance (RFC 7516 §7): ${id}`,
  async (vector, { backend, run }) => {
    const example = jweExampleOf(vector)
    const [recipient] = example.recipients as readonly [RecipientExample]
    const { token, aad, protectedHeader, sharedHeader, openEnc } = example
    const { epk: _, p2s: __, p2c, zip, iv: ___, tag: ____, ...members } = protectedHeader
    const options = {
      key: encryptingKey(recipient),
      serialization: typeof token === 'string' ? 'compact' : 'recipients' in token ? 'general' : 'flattened',
      // No kid of the key comes in where the vector has none.
      protected: recipient.header['kid'] === undefined ? { ...members, kid: undefined } : members,
      ...(sharedHeader && { unprotected: sharedHeader }),
      ...(recipient.ownHeader && { header: recipient.ownHeader }),
      ...(aad && { aad }),
      ...(p2c !== undefined && { p2c: Number(p2c) }),
      zip: zip === 'DEF',
      allowUnprotectedAlg: openEnc,
    } as EncryptJweOptions
    const { left, instead } = chosen(recipient.ephemeral, chanceFor(vector.id, example), example.deflated)
    const written = await run(encryptJwe(example.plaintext, options, backend), instead)
    assert.deepEqual(written, token)
    assert.equal(left.length, 0, 'chance that was not asked for')
    // Whatever compressor there is: it can be read again.
    const again = await run(encryptJwe(example.plaintext, options, backend))
    const keys = { ...optionsFor(example, recipient.alg), keys: recipient.key }
    assert.deepEqual((await run(decryptJwe(again, keys, backend))).plaintext, example.plaintext)
  },
)

exercise(
  'aesCbcHmac',
  JWE_RUNTIMES,
  ({ id }) => `AES-CBC-HMAC gives the ciphertext and the tag of the RFC, and back (RFC 7518 §5.2.2): ${id}`,
  async ({ value }, { run }) => {
    const octets = (name: 'cek_b64u' | 'iv_b64u' | 'ciphertext_b64u' | 'tag_b64u') =>
      fromBase64url(the(value[name], name), name)
    const content = rowOf(CONTENT, the(value.enc, 'enc'))
    const [cek, iv] = [rawSecret(octets('cek_b64u')), octets('iv_b64u')]
    const [aad, plaintext] = [utf8(the(value.aad_utf8, 'aad')), utf8(the(value.plaintext_utf8, 'plaintext'))]
    const sealed = { ciphertext: octets('ciphertext_b64u'), tag: octets('tag_b64u') }
    const step = function* (tag: Bytes) {
      return yield* use((backend) => backend.open(content, cek, iv, { ...sealed, tag }, aad))
    }
    assert.equal(await run(step(sealed.tag.with(15, (sealed.tag[15] ?? 0) ^ 1))), undefined)
    assert.deepEqual(toPlain(await run(step(sealed.tag))), plaintext)
    const made = await run(
      (function* () {
        return yield* use((backend) => backend.seal(content, cek, iv, plaintext, aad))
      })(),
    )
    assert.deepEqual([toPlain(made.ciphertext), toPlain(made.tag)], [sealed.ciphertext, sealed.tag])
  },
)

/** Octets without the class that a platform gives them. */
const toPlain = (octets: Bytes | undefined): Bytes => Uint8Array.from(the(octets, 'octets'))

exercise(
  'agreement',
  JWE_RUNTIMES,
  ({ id, value }) => `${value.kind} gives the secret and the key of the RFC (RFC 7518 §4.6.2, RFC 8037 §3.2): ${id}`,
  async ({ value }, { backend, run }) => {
    const [ephemeral, recipient] = [the(value.ephemeral_key, 'ephemeral'), the(value.recipient_key, 'recipient')]
    const agree = function* (own: Jwk, other: Jwk) {
      const [mine, theirs] = [importKey(own), importKey(publicMembers(other))].map(BareKey.material)
      return yield* use((backend) => backend.agree(the(mine, 'key'), the(theirs, 'key')))
    }
    const { kty, crv = '' } = recipient
    if (!backend.supports({ key: { kty: kty as 'OKP', crv } })) {
      // A WebCrypto that does not say what it has may have it nevertheless.
      const outcome = await (async () => run(agree(ephemeral, recipient)))().then(
        (octets) => base64url(toPlain(octets)),
        (error: { code: string }) => error.code,
      )
      assert.ok(['CS_UNSUPPORTED', value.z_b64u].includes(outcome), outcome)
      return
    }
    const secret = toPlain(await run(agree(ephemeral, recipient)))
    assert.equal(base64url(secret), value.z_b64u)
    if (recipient.d !== undefined) assert.deepEqual(toPlain(await run(agree(recipient, ephemeral))), secret)
    const header = the(value.header, 'header')
    if (value.derived_key_b64u === undefined) {
      assert.deepEqual(header['epk'], publicMembers(ephemeral))
      return
    }
    const [apu, apv] = [String(header['apu']), String(header['apv'])].map((text) => fromBase64url(text, 'party'))
    const parties = { apu: the(apu, 'apu'), apv: the(apv, 'apv') }
    const derived = await run(deriveKey(secret, 128, String(header['enc']), parties))
    assert.equal(base64url(the(derived.secret, 'key')), value.derived_key_b64u)
    // The same by way of a whole JWE, whose header says what the RFC's does.
    const { managed } = await run(
      encryptParts({
        ...{ alg: String(header['alg']), enc: String(header['enc']), plaintext: new Uint8Array() },
        key: importKey(publicMembers(recipient)),
        management: parties,
      }),
      chosen(ephemeral, [new Uint8Array(12)]).instead,
    )
    assert.equal(base64url(the(managed.cek.secret, 'key')), value.derived_key_b64u)
    const { alg: _, enc: __, ...parameters } = header
    assert.deepEqual(managed.parameters, parameters)
  },
)

/** The moment at which the claims of the RFCs live. */
const EXPIRES = 1_300_819_380

exercise(
  'jweNested',
  DOORS,
  ({ id }) => `a nested JWT gives its claims and who signed them, while it lives (RFC 7519 §5.2, RFC 7520 §6): ${id}`,
  async (vector, { door }) => {
    const { token, plaintext, recipients } = jweExampleOf(vector)
    const { entry } = the(
      SUITES.jws.find(({ id }) => id === vector.id.replace(' encrypt ', ' sign ')) as typeof vector | undefined,
      'signature',
    )
    const keys = the(recipients[0], 'recipient').key
    const decrypterAt = (now: number, signer = oneKey(entry.input?.key as Jwk)) => {
      const verifier = door.createVerifier({
        ...{ keys: verifyingKey(signer), issuer: 'hobbiton.example', audience: 'any', clockTolerance: 0 },
        now: () => now,
      })
      return door.createDecrypter(nested(keys, verifier))
    }
    await assert.rejects(async () => decrypterAt(EXPIRES).decrypt(String(token)), { code: 'CS_EXPIRED' })
    const stranger = the(recipients[0]?.jwk, 'key')
    const { use: _, alg: __, ...unbound } = stranger
    await assert.rejects(async () => decrypterAt(EXPIRES - 1, unbound).decrypt(String(token)), {
      code: 'CS_SIGNATURE',
    })
    const opened = await decrypterAt(EXPIRES - 1).decrypt(String(token))
    assert.deepEqual(opened.claims, JSON.parse(the(entry.input?.payload, 'payload')))
    assert.equal(opened.header.cty, 'JWT')
    assert.equal(opened.signed?.header.alg, 'PS256')
    assert.equal(fromUtf8(plaintext, 'the plaintext'), entry.output['compact'])
  },
)

exercise(
  'sealedJwtRefused',
  DOORS,
  ({ id }) => `an encrypted JWT with RSA1_5 is refused, and it is said why; what is inside it is good: ${id}`,
  async ({ value }, { door }) => {
    const keys = importKey(oneKey(value.key))
    const policy = {
      issuer: 'joe',
      audience: 'any',
      clockTolerance: 0,
      now: () => the(value.evaluate_at, 'now'),
    } as const
    const refusal = {
      name: 'JoseError',
      code: 'CS_UNSUPPORTED',
      message: /RSA1_5 is left out on purpose: .*Bleichenbacher/,
    }
    const bare = door.createDecrypter({ keys, ...policy, unsigned: 'accept' })
    await assert.rejects(async () => bare.decrypt(the(value.jwt, 'jwt')), refusal)
    if (value.inner_jws === undefined) return
    const verifier = door.createVerifier({ keys: oneKey(value.inner_key), ...policy })
    const decrypter = door.createDecrypter(nested(keys, verifier))
    await assert.rejects(async () => decrypter.decrypt(the(value.jwt, 'jwt')), refusal)
    assert.deepEqual((await verifier.verify(value.inner_jws)).claims, value.claims)
  },
)
