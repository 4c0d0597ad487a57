import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import * as crypto from 'node:crypto'
import test from 'node:test'
import { inspect, promisify } from 'node:util'
import type { Jwk, Key, KeyInput, Signer, Verifier } from 'countersign'
import * as main from 'countersign'
import { decryptJwe, encryptJwe } from 'countersign/jwe'
import * as local from 'countersign/sync'
import { DOORS } from '../support/doors.ts'
import { b64, CLAIMS, fails, input, now, POLICY, refuses } from '../support/forge.ts'
import { assertRefused, jwkFor, publicMembers, STRONG } from '../support/keys.ts'

const { subtle } = globalThis.crypto
/** Whether this runtime has an algorithm to encrypt with: a key may serve others, too. */
const isHere = (alg: string): boolean => Object.values(main.capabilities()).some((list) => list.includes(alg))

type CryptoKey = crypto.webcrypto.CryptoKey
/** What WebCrypto has to be told when it takes a key in. */
interface Parameters {
  readonly name: string
  readonly hash?: string
  readonly namedCurve?: string
}

/** Every algorithm that WebCrypto has without calling it experimental, and the CryptoKeys that are bound to it. */
const BOUND: readonly (readonly [alg: string, parameters: Parameters, algorithms: readonly string[]])[] = [
  ...[256, 384, 512].flatMap((bits): (typeof BOUND)[number][] => [
    [`HS${bits}`, { name: 'HMAC', hash: `SHA-${bits}` }, [`HS${bits}`]],
    [`RS${bits}`, { name: 'RSASSA-PKCS1-v1_5', hash: `SHA-${bits}` }, [`RS${bits}`]],
    [`PS${bits}`, { name: 'RSA-PSS', hash: `SHA-${bits}` }, [`PS${bits}`]],
  ]),
  ['ES256', { name: 'ECDSA', namedCurve: 'P-256' }, ['ES256']],
  ['ES384', { name: 'ECDSA', namedCurve: 'P-384' }, ['ES384']],
  ['ES512', { name: 'ECDSA', namedCurve: 'P-521' }, ['ES512']],
  ['EdDSA', { name: 'Ed25519' }, ['EdDSA', 'Ed25519']],
  ['Ed25519', { name: 'Ed25519' }, ['EdDSA', 'Ed25519']],
]

const ECDH_ES = ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW']

/** CryptoKeys that sign nothing: the usages of a pair or of a secret, and all that they serve. */
const SEALING: readonly (readonly [parameters: object, usages: readonly string[], algorithms: readonly string[]])[] = [
  [{ name: 'AES-CBC', length: 256 }, ['encrypt', 'decrypt'], []],
  [{ name: 'AES-GCM', length: 256 }, ['encrypt', 'decrypt'], ['dir', 'A256GCMKW', 'A256GCM']],
  [{ name: 'AES-GCM', length: 128 }, ['encrypt', 'decrypt'], ['dir', 'A128GCMKW', 'A128GCM']],
  [{ name: 'AES-KW', length: 256 }, ['wrapKey', 'unwrapKey'], ['A256KW']],
  [{ name: 'AES-KW', length: 128 }, ['wrapKey', 'unwrapKey'], ['A128KW']],
  [rsaOf('RSA-OAEP', 'SHA-256'), ['encrypt', 'decrypt'], ['RSA-OAEP-256']],
  [rsaOf('RSA-OAEP', 'SHA-384'), ['encrypt', 'decrypt'], ['RSA-OAEP-384']],
  [rsaOf('RSA-OAEP', 'SHA-512'), ['encrypt', 'decrypt'], ['RSA-OAEP-512']],
  [rsaOf('RSA-OAEP', 'SHA-1'), ['encrypt', 'decrypt'], ['RSA-OAEP']],
  [{ name: 'ECDH', namedCurve: 'P-256' }, ['deriveBits'], ECDH_ES],
  [{ name: 'ECDH', namedCurve: 'P-521' }, ['deriveBits'], ECDH_ES],
  [{ name: 'X25519' }, ['deriveBits'], ECDH_ES],
]

/** The JWK that a CryptoKey for encryption is made of. */
function sealingJwk(parameters: object): Jwk {
  const { name, length, namedCurve = name } = parameters as { name: string; length?: number; namedCurve?: string }
  const kind = new Map([
    ['RSA-OAEP', 'RS256'],
    ['P-256', 'ES256'],
    ['P-521', 'ES512'],
    ['X25519', 'X25519'],
  ])
  return jwkFor(kind.get(namedCurve) ?? (length === 128 ? 'A128KW' : 'HS256'))
}

/** The CryptoKey that decrypts and the one to encrypt with; of a secret one that does both. */
async function sealingHalves([parameters, usages]: (typeof SEALING)[number], extractable: boolean): Promise<Made> {
  const jwk = sealingJwk(parameters)
  const one = parameters as Parameters
  if (jwk.kty === 'oct') {
    const privateKey = await toCryptoKey(jwk, one, extractable, usages)
    return { privateKey, publicKey: privateKey }
  }
  const [encrypting, decrypting] = usages.length === 2 ? [usages.slice(0, 1), usages.slice(1)] : [[], usages]
  return {
    privateKey: await toCryptoKey(jwk, one, extractable, decrypting),
    publicKey: await toCryptoKey(publicMembers(jwk), one, extractable, encrypting),
  }
}

/** What to say to encrypt for an algorithm: for one of contents, that the key is shared. */
const toSay = (alg: string): { readonly alg: string; readonly enc?: string } =>
  alg.endsWith('GCM') ? { alg: 'dir', enc: alg } : { alg }

function rsaOf(name: string, hash: string, bits = 2048, exponent: readonly number[] = [1, 0, 1]): object {
  return { name, hash, modulusLength: bits, publicExponent: Uint8Array.from(exponent) }
}

/** The JWK behind the keys of an algorithm: one RSA key for all of its algorithms, as WebCrypto binds it anew each time. */
const jwkOf = (alg: string): Jwk => jwkFor(/^[RP]S/.test(alg) ? 'RS256' : alg === 'EdDSA' ? 'Ed25519' : alg)

async function toCryptoKey(
  jwk: Jwk,
  parameters: Parameters,
  extractable: boolean,
  usages: readonly string[],
): Promise<CryptoKey> {
  const taken = subtle.importKey('jwk', jwk as crypto.JsonWebKey, parameters, extractable, [...usages] as 'sign'[])
  return (await taken) as CryptoKey
}

/** The private and the public CryptoKey of a JWK; of a secret, one to sign and one to verify. */
async function halvesOf(alg: string, parameters: Parameters, extractable: boolean): Promise<readonly CryptoKey[]> {
  const jwk = jwkOf(alg)
  const open = jwk.kty === 'oct' ? jwk : publicMembers(jwk)
  return [
    await toCryptoKey(jwk, parameters, extractable, ['sign']),
    await toCryptoKey(open, parameters, extractable, ['verify']),
  ]
}

const take = (key: unknown): KeyInput => key as KeyInput

interface Made {
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}

/** A new pair; of a secret, the same key twice. */
async function generate(parameters: object, extractable: boolean, ...usages: string[]): Promise<Made> {
  const made = await subtle.generateKey(parameters as { name: 'Ed25519' }, extractable, usages as 'sign'[])
  return 'privateKey' in made ? (made as Made) : { privateKey: made as CryptoKey, publicKey: made as CryptoKey }
}

/** How node:crypto signs what JOSE calls by a name. */
function nodeOptions(alg: string, key: crypto.KeyObject): crypto.SignKeyObjectInput {
  const { RSA_PKCS1_PSS_PADDING: padding } = crypto.constants
  if (alg.startsWith('PS')) return { key, padding, saltLength: Number(alg.slice(2)) / 8 }
  return { key, dsaEncoding: 'ieee-p1363' }
}

const hashOf = (alg: string): string | null => (alg.startsWith('Ed') ? null : `sha${alg.slice(2)}`)

function nodeSigns(alg: string, jwk: Jwk, text: string): Buffer {
  if (jwk.k !== undefined)
    return crypto
      .createHmac(`sha${alg.slice(2)}`, Buffer.from(jwk.k, 'base64url'))
      .update(text)
      .digest()
  const key = crypto.createPrivateKey({ key: jwk as crypto.JsonWebKey, format: 'jwk' })
  return crypto.sign(hashOf(alg), Buffer.from(text), nodeOptions(alg, key))
}

function nodeVerifies(alg: string, jwk: Jwk, token: string): boolean {
  const [header = '', claims = '', signature = ''] = token.split('.')
  const [text, octets] = [`${header}.${claims}`, Buffer.from(signature, 'base64url')]
  if (jwk.kty === 'oct') return crypto.timingSafeEqual(nodeSigns(alg, jwk, text), octets)
  const key = crypto.createPublicKey({ key: publicMembers(jwk) as crypto.JsonWebKey, format: 'jwk' })
  return crypto.verify(hashOf(alg), Buffer.from(text), nodeOptions(alg, key), octets)
}

/** Where CryptoKeys work: those that are not extractable by promises alone. */
const PLACES = DOORS.flatMap(({ name, door }) =>
  (name === 'countersign' ? [true, false] : [true]).map((extractable) => ({
    where: `${name}: ${extractable ? 'an extractable' : 'a non-extractable'} CryptoKey`,
    door,
    extractable,
  })),
)

/** An RSA key with an exponent that is too small. */
const THREE: Jwk = crypto
  .generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 })
  .privateKey.export({ format: 'jwk' }) as Jwk

for (const { where, door, extractable } of PLACES) {
  for (const [alg, parameters, algorithms] of BOUND) {
    test(`${where} of ${parameters.name} serves ${algorithms.join(' and ')} alone, signs with ${alg} and verifies`, async () => {
      const [signing, verifying] = await halvesOf(alg, parameters, extractable)
      const key = door.importKey(take(signing))
      const keys = door.importKey(take(verifying))
      assert.deepEqual([key.algorithms, keys.algorithms], [algorithms, algorithms])
      assert.deepEqual([key.extractable, keys.extractable], [extractable, extractable])
      assert.deepEqual([key.key_ops, keys.key_ops], [['sign'], ['verify']])
      const jwk = jwkOf(alg)
      const { kty, crv, bits } = door.importKey(jwk)
      assert.deepEqual([key.kty, key.crv, key.bits], [kty, crv, bits])
      assert.deepEqual([keys.kty, keys.crv, keys.bits], [kty, crv, bits])

      const signer = door.createSigner({ key, alg, expiresIn: 60, now })
      const verifier = door.createVerifier({ keys, ...POLICY })
      const token = await signer.sign(CLAIMS)
      assert.ok(nodeVerifies(alg, jwk, token))
      const text = input({ alg }, CLAIMS)
      const raw = nodeSigns(alg, jwk, text)
      for (const good of [token, `${text}.${b64(raw)}`]) {
        const { claims, header } = await verifier.verify(good)
        assert.deepEqual([claims.sub, header.alg], [CLAIMS.sub, alg])
      }
      const zero = Buffer.alloc(1)
      const forms = [
        ...[0, raw.length >> 1, raw.length - 1].map((index) => raw.with(index, (raw[index] ?? 0) ^ 1)),
        raw.subarray(1),
        raw.subarray(0, -1),
        Buffer.concat([raw, zero]),
        Buffer.concat([zero, raw]),
        Buffer.alloc(raw.length),
      ]
      for (const form of forms) await refuses(verifier, `${text}.${b64(form)}`, 'CS_SIGNATURE')
      const other = input({ alg }, { ...CLAIMS, sub: 'mallory' })
      await refuses(verifier, `${other}.${b64(raw)}`, 'CS_SIGNATURE')
    })

    test(`${where} of ${parameters.name} for ${alg} takes no other name: neither an option nor a header rebinds it`, async () => {
      const [signing, verifying] = await halvesOf(alg, parameters, extractable)
      const others = door.capabilities().signature.filter((name) => !algorithms.includes(name))
      const key = door.importKey(take(signing))
      const verifier = door.createVerifier({ keys: door.importKey(take(verifying)), ...POLICY })
      for (const other of others) {
        assertRefused(() => door.importKey(take(signing), { alg: other }), 'CS_KEY_TYPE', other)
        assertRefused(() => door.importKey(take(verifying), { alg: other }), 'CS_KEY_TYPE', other)
        assertRefused(() => door.createSigner({ key, alg: other, expiresIn: 60 }), 'CS_KEY_TYPE', other)
        await refuses(verifier, `${input({ alg: other }, CLAIMS)}.AAAA`, 'CS_KEY_TYPE', 'CS_ALG')
      }
      assert.deepEqual(door.importKey(take(signing), { alg }).algorithms, [alg])
      assertRefused(() => door.importKey(take(signing), { alg, use: 'enc' }), 'CS_KEY_TYPE', 'another use')
    })
  }

  test(`${where} minds its usages: one to verify does not sign, and one to sign does not verify`, async () => {
    for (const [alg, parameters] of BOUND) {
      const [signing, verifying] = (await halvesOf(alg, parameters, extractable)).map((key) =>
        door.importKey(take(key)),
      ) as [Key, Key]
      const told = alg.startsWith('HS') ? /key_ops/ : /./
      const sign = (): unknown => door.createSigner({ key: verifying, alg, expiresIn: 60 })
      assertRefused(sign, 'CS_KEY_TYPE', `${alg}: verify`, told)
      const verify = (): unknown => door.createVerifier({ keys: signing, algorithms: [alg], ...POLICY })
      assertRefused(verify, 'CS_KEY_TYPE', `${alg}: sign`, told)
      assertRefused(() => door.createVerifier({ keys: signing, ...POLICY }), 'CS_KEY_TYPE', `${alg}: sign`)
    }
    const idle = await toCryptoKey(
      publicMembers(jwkFor('ES256')),
      { name: 'ECDSA', namedCurve: 'P-256' },
      extractable,
      [],
    )
    const keys = door.importKey(take(idle))
    assert.deepEqual(keys.algorithms, [])
    assertRefused(() => door.createVerifier({ keys, ...POLICY }), 'CS_KEY_TYPE', 'no usage', /key_ops/)
    const both = await toCryptoKey(jwkFor('HS256'), { name: 'HMAC', hash: 'SHA-256' }, extractable, ['sign', 'verify'])
    const secret = door.importKey(take(both))
    const token = await door.createSigner({ key: secret, expiresIn: 60, now }).sign(CLAIMS)
    await door.createVerifier({ keys: secret, ...POLICY }).verify(token)
  })

  for (const row of SEALING) {
    const [parameters, usages, algorithms] = row
    const what = inspect(parameters, { breakLength: Number.POSITIVE_INFINITY })

    test(`${where} of ${what} neither signs nor verifies, and serves ${algorithms.join(', ') || 'nothing'}`, async () => {
      const { privateKey, publicKey } = await generate(parameters, extractable, ...usages)
      for (const half of [privateKey, publicKey]) {
        const key = door.importKey(take(half))
        assert.deepEqual([key.algorithms, key.use], [algorithms, 'enc'])
        const code = key.alg === undefined ? 'CS_KEY_TYPE' : 'CS_ALG'
        assertRefused(() => door.createSigner({ key, expiresIn: 60 }), code, 'signer without alg')
        assertRefused(() => door.createVerifier({ keys: key, ...POLICY }), 'CS_KEY_TYPE', 'verifier')
        for (const alg of ['HS256', 'RS256', 'ES256', 'ES512']) {
          assertRefused(() => door.createSigner({ key, alg, expiresIn: 60 }), 'CS_KEY_TYPE', alg)
          assertRefused(() => door.importKey(take(half), { alg }), 'CS_KEY_TYPE', alg)
        }
        assertRefused(() => door.importKey(take(half), { use: 'sig' }), 'CS_KEY_TYPE', 'another use')
      }
    })

    test(`${where} of ${what} does the work of its algorithms, and no other`, async () => {
      const { privateKey, publicKey } = await sealingHalves(row, extractable)
      const [own, open] = [door.importKey(take(privateKey)), door.importKey(take(publicKey))]
      const jwk = sealingJwk(parameters)
      const [bareOwn, bareOpen] = [jwk, jwk.kty === 'oct' ? jwk : publicMembers(jwk)].map((it) => main.importKey(it))
      assert.ok(bareOwn && bareOpen)
      assert.deepEqual([own.bits, own.crv, own.extractable], [bareOwn.bits, bareOwn.crv, extractable])
      for (const alg of algorithms.filter(isHere)) {
        for (const [key, keys] of [
          [open, own],
          [open, bareOwn],
          [bareOpen, own],
        ] as const) {
          const token = await encryptJwe('for you', { key, ...toSay(alg) })
          const { plaintext, header } = await decryptJwe(token, { keys })
          assert.deepEqual([new TextDecoder().decode(plaintext), header.alg], ['for you', toSay(alg).alg])
          const tag = token.slice(token.lastIndexOf('.') + 1)
          const changed = `${token.slice(0, -tag.length)}${tag.startsWith('A') ? 'B' : 'A'}${tag.slice(1)}`
          await assert.rejects(decryptJwe(changed, { keys }), { name: 'JoseError', code: 'CS_DECRYPTION' })
        }
        if (own.kind === 'private') {
          await assert.rejects(encryptJwe('x', { key: own, ...toSay(alg) }), { code: 'CS_KEY_TYPE' }, 'a private key')
          const token = await encryptJwe('x', { key: open, ...toSay(alg) })
          await assert.rejects(decryptJwe(token, { keys: open }), { code: 'CS_KEY_TYPE' }, 'a public key')
        }
      }
      const { management, content } = main.capabilities()
      for (const alg of [...management, ...content].filter((id) => !algorithms.includes(id))) {
        if (alg === 'dir') continue
        const say = toSay(/^A.*CBC/.test(alg) ? '' : alg)
        const refused = encryptJwe('x', { key: open, ...(say.alg === '' ? { alg: 'dir', enc: alg } : say) })
        await assert.rejects(refused, { name: 'JoseError', code: /^CS_KEY_(TYPE|SIZE)$/ }, alg)
      }
    })

    test(`${where} of ${what} makes and opens JWTs`, async () => {
      const { privateKey, publicKey } = await sealingHalves(row, extractable)
      const [keys, key] = [door.importKey(take(privateKey)), door.importKey(take(publicKey))]
      for (const alg of algorithms.filter((id) => !id.endsWith('GCM') && isHere(id))) {
        const token = await door.createEncrypter({ key, alg, expiresIn: 60, now }).encrypt(CLAIMS)
        const policy = { ...POLICY, ...(keys.kind === 'private' && ({ unsigned: 'accept' } as const)) }
        const { claims } = await door.createDecrypter({ keys, ...policy }).decrypt(token)
        assert.equal(claims.sub, CLAIMS.sub)
      }
    })
  }

  test(`${where} minds its usages: one to encrypt does not decrypt, and one without a usage that serves is refused`, async () => {
    const jwk = jwkFor('HS256')
    const halfOf = async (name: string, usage: string): Promise<Key> =>
      door.importKey(take(await toCryptoKey(jwk, { name }, extractable, [usage])))
    for (const [name, to, from, alg] of [
      ['AES-GCM', 'encrypt', 'decrypt', 'A256GCMKW'],
      ['AES-KW', 'wrapKey', 'unwrapKey', 'A256KW'],
    ] as const) {
      const [encrypting, decrypting] = [await halfOf(name, to), await halfOf(name, from)]
      const token = await encryptJwe('for you', { key: encrypting, alg })
      assert.ok(await decryptJwe(token, { keys: decrypting }))
      await assert.rejects(encryptJwe('x', { key: decrypting, alg }), { code: 'CS_KEY_TYPE', message: /key_ops/ })
      await assert.rejects(decryptJwe(token, { keys: encrypting }), { code: 'CS_KEY_TYPE', message: /key_ops/ })
    }
    const idle = await toCryptoKey(
      publicMembers(jwkFor('RS256')),
      { name: 'RSA-OAEP', hash: 'SHA-256' },
      extractable,
      [],
    )
    assert.deepEqual(door.importKey(take(idle)).algorithms, [])
  })

  if (!extractable)
    test(`${where} that may wrap or derive keys alone, which gives no octets, is refused and not tried`, async () => {
      for (const [alg, parameters, usages] of [
        ['A128GCMKW', { name: 'AES-GCM', length: 128 }, ['wrapKey', 'unwrapKey']],
        ['RSA-OAEP-256', rsaOf('RSA-OAEP', 'SHA-256'), ['wrapKey', 'unwrapKey']],
        ['ECDH-ES', { name: 'ECDH', namedCurve: 'P-256' }, ['deriveKey']],
      ] as const) {
        const keys = door.importKey(take((await generate(parameters, extractable, ...usages)).privateKey))
        assert.deepEqual(keys.algorithms, [])
        const jwk = sealingJwk(parameters)
        const key = main.importKey(jwk.kty === 'oct' ? jwk : publicMembers(jwk))
        const token = await encryptJwe('x', { key, alg })
        await assert.rejects(decryptJwe(token, { keys }), { name: 'JoseError', code: 'CS_KEY_TYPE' }, alg)
      }
    })

  for (const [what, parameters, usages] of [
    ['HMAC with SHA-1', { name: 'HMAC', hash: 'SHA-1' }, ['sign', 'verify']],
    ['RSASSA-PKCS1-v1_5 with SHA-1', rsaOf('RSASSA-PKCS1-v1_5', 'SHA-1'), ['sign', 'verify']],
    ['RSA-PSS with SHA-1', rsaOf('RSA-PSS', 'SHA-1'), ['sign', 'verify']],
    ['AES-CTR', { name: 'AES-CTR', length: 256 }, ['encrypt']],
  ] as const) {
    test(`${where} for ${what}, which is in no algorithm of JOSE, is refused (RFC 7518 §3.1)`, async () => {
      const { privateKey, publicKey } = await generate(parameters, extractable, ...usages)
      for (const half of [privateKey, publicKey]) {
        assertRefused(() => door.importKey(take(half)), 'CS_UNSUPPORTED', what, /SHA-1|AES-CTR/)
      }
    })
  }

  test(`${where} is as weak as any other key, and refused for it (attacks 19 and 20)`, async () => {
    for (const name of ['RSASSA-PKCS1-v1_5', 'RSA-PSS', 'RSA-OAEP']) {
      const usages = name === 'RSA-OAEP' ? ['encrypt', 'decrypt'] : ['sign', 'verify']
      const { privateKey, publicKey } = await generate(rsaOf(name, 'SHA-256', 1024), extractable, ...usages)
      for (const half of [privateKey, publicKey])
        assertRefused(() => door.importKey(take(half)), 'CS_KEY_SIZE', name, /1024/)
    }
    for (const [hash, bits] of [
      ['SHA-256', 248],
      ['SHA-384', 256],
      ['SHA-512', 384],
    ] as const) {
      const { privateKey } = await generate({ name: 'HMAC', hash, length: bits }, extractable, 'sign', 'verify')
      assertRefused(() => door.importKey(take(privateKey)), 'CS_WEAK_SECRET', hash, new RegExp(`${bits}`))
    }
  })

  test(`${where} of RSA has an exponent from 65537 up (attack 19)`, async () => {
    const { n } = jwkFor('RS256')
    for (const [alg, parameters] of BOUND.filter(([name]) => /^[RP]S/.test(name))) {
      for (const e of ['AQ', 'Aw', '__8']) {
        const half = await toCryptoKey({ kty: 'RSA', n: n ?? '', e }, parameters, extractable, ['verify'])
        assertRefused(() => door.importKey(take(half)), 'CS_KEY_INVALID', `${alg}, public: ${e}`, /exponent/)
      }
      const half = await toCryptoKey(THREE, parameters, extractable, ['sign'])
      assertRefused(() => door.importKey(take(half)), 'CS_KEY_INVALID', `${alg}, private`, /exponent/)
    }
  })

  // What a non-extractable one is made of is out of reach, also for this check.
  if (extractable)
    test(`${where} of Ed25519 is no point of small order (attack 21)`, async () => {
      for (const y of [0, 1]) {
        const x = b64(Uint8Array.of(y, ...new Uint8Array(31)))
        const half = await toCryptoKey({ kty: 'OKP', crv: 'Ed25519', x }, { name: 'Ed25519' }, extractable, ['verify'])
        const { message } = await fails(async () => door.exportJwk(door.importKey(take(half))), 'CS_KEY_INVALID')
        assert.match(message, /small order/, `y = ${y}`)
      }
    })

  test(`${where} is not shown by the key that is made of it`, async () => {
    for (const [alg, parameters] of BOUND) {
      const [signing] = await halvesOf(alg, parameters, extractable)
      const key = door.importKey(take(signing), { kid: 'the-kid', alg })
      await door.createSigner({ key, expiresIn: 60 }).sign({})
      const shown = inspect(key, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true })
      assert.match(shown, /the-kid/)
      assert.ok(!/CryptoKey|KeyObject|foreign/.test(shown), shown)
      const { d, k } = jwkOf(alg)
      assert.ok(!shown.includes(d ?? k ?? ''), `${alg} shows its key`)
    }
  })
}

for (const { name, door } of DOORS) {
  test(`${name}: an extractable CryptoKey goes on as a key like any other`, async () => {
    for (const [alg, parameters, algorithms] of BOUND) {
      const [signing, verifying] = await halvesOf(alg, parameters, true)
      const [key, open] = [door.importKey(take(signing)), door.importKey(take(verifying))]
      const [own] = algorithms.length === 1 ? algorithms : []
      const said = { ...(own !== undefined && { alg: own }) }
      assert.deepEqual(await door.exportJwk(key), { ...jwkOf(alg), ...said, key_ops: ['sign'] })
      assert.equal(await door.thumbprint(key), await door.thumbprint(door.importKey(jwkOf(alg))))
      if (key.kind === 'secret') continue
      assert.deepEqual(await door.exportJwk(await door.publicKey(key)), {
        ...publicMembers(jwkOf(alg)),
        ...said,
        key_ops: ['verify'],
      })
      assert.equal(await door.exportPem(key), await door.exportPem(door.importKey(jwkOf(alg))))
      assert.equal(await door.exportPem(open), await door.exportPem(door.importKey(publicMembers(jwkOf(alg)))))
      const token = await door.createSigner({ key, alg, expiresIn: 60, now }).sign(CLAIMS)
      assert.equal(door.decodeUnverified(token).header.kid, await door.thumbprint(open))
      await door.createVerifier({ keys: await door.publicJwks([key]), ...POLICY }).verify(token)
    }
  })

  test(`${name}: a non-extractable CryptoKey gives nothing out, and says what to do`, async () => {
    for (const [alg, parameters] of BOUND) {
      const [signing, verifying] = await halvesOf(alg, parameters, false)
      const [key, open] = [door.importKey(take(signing)), door.importKey(take(verifying))]
      for (const give of [door.exportJwk, door.exportPem, door.thumbprint, door.thumbprintUri] as const) {
        const { hint } = await fails(() => give(key), 'CS_KEY_TYPE')
        assert.ok(hint, `${alg}: ${give.name}`)
      }
      await fails(() => door.exportJwk(open), 'CS_KEY_TYPE')
      const { hint, message } = await fails(() => door.publicKey(key), 'CS_KEY_TYPE')
      await fails(() => door.publicJwks([key]), 'CS_KEY_TYPE')
      if (key.kind === 'secret') assert.match(message, /secret has no public key/)
      else assert.match(hint, /publicKey of its pair/)
    }
  })

  test(`${name}: a pair of keys is told to come by halves`, async () => {
    const pairs = [
      await generate({ name: 'Ed25519' }, true, 'sign', 'verify'),
      await generate({ name: 'ECDSA', namedCurve: 'P-256' }, false, 'sign', 'verify'),
      crypto.generateKeyPairSync('ed25519'),
    ]
    for (const pair of pairs)
      assertRefused(() => door.importKey(take(pair)), 'CS_KEY_INVALID', 'pair', /pair[\s\S]*privateKey[\s\S]*publicKey/)
  })

  test(`${name}: what only looks like a CryptoKey is no key`, async () => {
    const { privateKey } = await generate({ name: 'Ed25519' }, false, 'sign', 'verify')
    const { type, extractable, algorithm, usages } = privateKey
    const hmac = { name: 'HMAC', hash: { name: 'SHA-256' }, length: 256 }
    for (const [what, copy] of [
      ['the same members', { type, extractable, algorithm, usages }],
      ['the members of a secret', { type: 'secret', extractable: true, algorithm: hmac, usages }],
      ['what a spread copies', { ...privateKey }],
      ['the same prototype', Object.create(Object.getPrototypeOf(privateKey))],
      ['the constructor', privateKey.constructor],
    ] as const) {
      assertRefused(() => door.importKey(take(copy)), 'CS_KEY_INVALID', what)
    }
  })
}

test('countersign: a JWK is taken as the platform exports it, without a word about its type', async () => {
  const pair = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  const jwk = await subtle.exportKey('jwk', pair.publicKey)
  assert.equal(main.importKey(jwk).kind, 'public')
  const { kty: _, ...rest } = jwk
  assert.throws(() => main.importKey({ ...rest, kty: undefined }), { code: 'CS_KEY_INVALID' })
})

test('countersign: a non-extractable CryptoKey has no name but the one that it is given', async () => {
  for (const [alg, parameters] of BOUND) {
    const [signing, verifying] = await halvesOf(alg, parameters, false)
    const nameless = main.importKey(take(signing))
    const bare = await main.createSigner({ key: nameless, alg, expiresIn: 60, now }).sign(CLAIMS)
    assert.deepEqual({ ...main.decodeUnverified(bare).header }, { alg, typ: 'JWT' })
    const named = main.importKey(take(signing), { kid: '2026-11' })
    const token = await main.createSigner({ key: named, alg, expiresIn: 60, now }).sign(CLAIMS)
    assert.deepEqual({ ...main.decodeUnverified(token).header }, { alg, typ: 'JWT', kid: '2026-11' })
    const keys = main.importKey(take(verifying), { kid: '2026-11' })
    for (const source of [keys, [keys], main.keySet({ keys: [keys] }), () => keys, async () => [keys]]) {
      await main.createVerifier({ keys: source, ...POLICY }).verify(token)
    }
    const stranger = main.importKey(take(verifying), { kid: '2026-12' })
    await refuses(main.createVerifier({ keys: main.keySet({ keys: [stranger] }), ...POLICY }), token, 'CS_NO_KEY')
    await main.createVerifier({ keys: main.keySet({ keys: [stranger] }), ...POLICY }).verify(bare)
  }
})

test('countersign: the fitting one of several CryptoKeys verifies, and each token has its own', async () => {
  const keys: Key[] = []
  const tokens: string[] = []
  for (const [alg, parameters] of BOUND.filter(([name]) => /256|Ed25519/.test(name))) {
    const [signing, verifying] = await halvesOf(alg, parameters, false)
    keys.push(main.importKey(take(verifying)))
    tokens.push(await main.createSigner({ key: main.importKey(take(signing)), alg, expiresIn: 60, now }).sign(CLAIMS))
  }
  const stranger = await toCryptoKey(jwkFor('ES256', 1), { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
  const verifier: Verifier = main.createVerifier({ keys, ...POLICY })
  const results = await Promise.all(tokens.map((token) => verifier.verify(token)))
  assert.deepEqual(
    results.map(({ key }) => key),
    keys,
  )
  const signer: Signer = main.createSigner({ key: main.importKey(take(stranger)), expiresIn: 60, now })
  await refuses(verifier, await signer.sign(CLAIMS), 'CS_SIGNATURE')
})

test('countersign/sync: a non-extractable CryptoKey is a TypeError where it is given, since it works by promises', async () => {
  for (const [alg, parameters] of BOUND) {
    const [signing, verifying] = (await halvesOf(alg, parameters, false)).map((key) => local.importKey(take(key))) as [
      Key,
      Key,
    ]
    const hmac = verifying.kind === 'secret'
    const told = { name: 'TypeError', message: /countersign\/sync[\s\S]*use countersign$/ }
    assert.throws(() => local.createSigner({ key: signing, alg, expiresIn: 60 }), told, alg)
    // A public key has nothing to hide, so another door may well take it; a secret stays where it is.
    if (!hmac) continue
    const set = local.keySet({ keys: [verifying] })
    for (const keys of [verifying, [verifying], [local.importKey(jwkFor('ES256'), {}), verifying], set]) {
      assert.throws(() => local.createVerifier({ keys, ...POLICY }), told, alg)
    }
    const found = local.createVerifier({ keys: () => verifying, ...POLICY })
    const token = `${input({ alg }, CLAIMS)}.${b64(STRONG.subarray(0, Number(alg.slice(2)) / 8))}`
    for (const use of [found.verify, found.safeVerify]) assert.throws(() => use(token), told, alg)
  }
})

test('countersign/sync: a non-extractable CryptoKey for encryption is a TypeError where it is given', async () => {
  const told = { name: 'TypeError', message: /countersign\/sync[\s\S]*use countersign$/ }
  for (const row of SEALING.filter(([, , algorithms]) => algorithms.length > 0)) {
    const { privateKey, publicKey } = await sealingHalves(row, false)
    const [own, open] = [local.importKey(take(privateKey)), local.importKey(take(publicKey))]
    const [alg = ''] = row[2]
    for (const keys of [own, [own], local.keySet({ keys: [own] })])
      assert.throws(() => local.createDecrypter({ keys, unsigned: 'accept', ...POLICY }), told, alg)
    // A public key has nothing to hide, so it may well be taken.
    if (own.kind === 'secret') assert.throws(() => local.createEncrypter({ key: open, alg, expiresIn: 60 }), told, alg)
  }
})

test('countersign/sync: a non-extractable CryptoKey is refused in every form that keys have', async () => {
  const secret = await toCryptoKey(jwkFor('HS256'), { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
  const key = local.importKey(take(secret))
  for (const keys of [{ keys: [key] }, secret, [secret], { keys: [secret] }]) {
    const construct = (): unknown => local.createVerifier({ keys: keys as never, ...POLICY })
    assert.throws(construct, { name: 'TypeError', message: /countersign\/sync|importKey/ })
  }
})

/** Runs a program that prints what it has to say, in a process of its own. */
async function run(
  program: string,
  ...options: string[]
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const cwd = new URL('../../', import.meta.url)
  return promisify(execFile)(process.execPath, [...options, '--input-type=module', '--eval', program], { cwd })
}

const USE_CRYPTO_KEYS = `
  import { capabilities, createSigner, createVerifier, generateKey, importKey, publicKey } from 'countersign'
  const policy = { issuer: 'any', audience: 'any' }
  for (const parameters of PARAMETERS) {
    for (const extractable of [true, false]) {
      const publicExponent = new Uint8Array([1, 0, 1])
      const all = { ...parameters, modulusLength: 2048, publicExponent }
      const made = await crypto.subtle.generateKey(all, extractable, ['sign', 'verify'])
      const key = importKey(made.privateKey ?? made)
      const keys = importKey(made.publicKey ?? made)
      for (const alg of key.algorithms) {
        const token = await createSigner({ key, alg, expiresIn: 60 }).sign({ sub: alg })
        const { claims } = await createVerifier({ keys, ...policy }).verify(token)
        const other = await createVerifier({ keys, ...policy }).safeVerify(token.slice(0, -8) + 'AAAAAAAA')
        console.log(claims.sub, key.extractable, key.bits, other.ok)
      }
    }
  }
  if (ALL) for (const alg of capabilities().signature) {
    const key = await generateKey(alg)
    const token = await createSigner({ key, expiresIn: 60 }).sign({ sub: alg })
    const keys = key.kind === 'secret' ? key : await publicKey(key)
    console.log((await createVerifier({ keys, ...policy }).verify(token)).claims.sub)
  }
`

const program = (parameters: readonly Parameters[], all: boolean): string =>
  USE_CRYPTO_KEYS.replace('PARAMETERS', JSON.stringify(parameters)).replace('ALL', String(all))

test('countersign: CryptoKeys and every algorithm work without a word to standard error', async () => {
  const parameters = BOUND.filter(([alg]) => alg !== 'EdDSA').map(([, row]) => row)
  const { stdout, stderr } = await run(program(parameters, true))
  assert.equal(stderr, '')
  const lines = stdout.trimEnd().split('\n')
  for (const [alg] of BOUND)
    for (const extractable of [true, false])
      assert.ok(
        lines.some((line) => line.startsWith(`${alg} ${extractable} `) && line.endsWith(' false')),
        alg,
      )
  assert.deepEqual(lines.slice(-main.capabilities().signature.length), main.capabilities().signature)
})

/** WebCrypto calls these experimental and says so, which a process of its own can be told not to. */
const EXPERIMENTAL = ['Ed448', 'ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'].filter((alg) =>
  main.capabilities().signature.includes(alg),
)
for (const alg of EXPERIMENTAL) {
  test(`countersign: a CryptoKey of ${alg} works too, which WebCrypto calls experimental`, async (t) => {
    const { stdout, stderr } = await run(
      program([{ name: alg }], false),
      '--disable-warning=ExperimentalWarning',
    ).catch((error: { stderr: string }) => ({ stdout: '', stderr: error.stderr }))
    if (/NotSupportedError|Unrecognized algorithm name/.test(stderr)) return t.skip(`WebCrypto has no ${alg} here`)
    assert.equal(stderr, '')
    const { bits } = main.importKey(jwkFor(alg))
    for (const extractable of [true, false]) assert.ok(stdout.includes(`${alg} ${extractable} ${bits} false\n`), stdout)
  })
}
