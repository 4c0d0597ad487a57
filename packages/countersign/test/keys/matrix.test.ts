import assert from 'node:assert/strict'
import * as crypto from 'node:crypto'
import test from 'node:test'
import { inspect } from 'node:util'
import { type ErrorCode, type ImportOptions, JoseError, type Jwk, type Key } from 'countersign'
import { decryptJwe, encryptJwe } from 'countersign/jwe'
import { DOORS, HAS_SYNC } from '../support/doors.ts'
import { derOf, resultOf } from '../support/keys.ts'
import made from './matrix/keys.json' with { type: 'json' }

type Door = (typeof DOORS)[number]['door']

/** An input of `matrix/keys.json`: text or octets, and what opens it where it is encrypted. */
interface Input {
  readonly pem?: string
  readonly der?: string
  readonly passphrase?: string
}

interface Form extends Input {
  readonly key: string
  readonly form: string
  readonly kind: 'private' | 'public'
  /** A wrong passphrase under which the padding of the cipher happens to be right. */
  readonly nearly?: string
}

type Halves = Readonly<Record<Form['kind'], Jwk>>

const KEYS: ReadonlyMap<string, Halves> = new Map(
  (made.keys as readonly (Halves & { readonly key: string })[]).map((halves) => [halves.key, halves]),
)
const FORMS = made.forms as readonly Form[]
const REFUSED = made.refused as readonly (Input & { readonly what: string })[]

const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']

/** Every algorithm that a key may sign with. */
const ALGS: Readonly<Record<string, readonly string[]>> = {
  'RSA 2048': RSA,
  'RSA 3072': RSA,
  'P-256': ['ES256'],
  'P-384': ['ES384'],
  'P-521': ['ES512'],
  secp256k1: ['ES256K'],
  Ed25519: ['EdDSA', 'Ed25519'],
  Ed448: ['EdDSA', 'Ed448'],
  X25519: [],
  X448: [],
  'ML-DSA-44': ['ML-DSA-44'],
  'ML-DSA-65': ['ML-DSA-65'],
  'ML-DSA-87': ['ML-DSA-87'],
}

const OAEP = ['RSA-OAEP', 'RSA-OAEP-256', 'RSA-OAEP-384', 'RSA-OAEP-512']
const ECDH = ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW']

/** Every algorithm that a key may encrypt with. */
const SEALS: Readonly<Record<string, readonly string[]>> = {
  'RSA 2048': OAEP,
  'RSA 3072': OAEP,
  'P-256': ECDH,
  'P-384': ECDH,
  'P-521': ECDH,
  X25519: ECDH,
  X448: ECDH,
}

/** What an error has to tell, a text or every label of the PEM, and the codes that it may have. */
type Reason = readonly [told: RegExp | 'labels', ...codes: ErrorCode[]]

/** Why an input is refused, by what stands before the colon of its name. */
const REASONS: Readonly<Record<string, Reason>> = {
  'ML-DSA without its seed': [/seed/, 'CS_UNSUPPORTED'],
  'explicit parameters': [/parameters/, 'CS_UNSUPPORTED'],
  'hybrid point': [/point/, 'CS_KEY_INVALID'],
  secp224r1: [/secp224r1|P-224|1\.3\.132\.0\.33/, 'CS_UNSUPPORTED'],
  brainpoolP256r1: [/brainpoolP256r1|1\.3\.36\.3\.3\.2\.8\.1\.1\.7/, 'CS_UNSUPPORTED'],
  DH: [/Diffie-Hellman/, 'CS_UNSUPPORTED'],
  DSA: [/DSA/, 'CS_UNSUPPORTED'],
  'RSASSA-PSS': [/id-RSASSA-PSS/, 'CS_UNSUPPORTED'],
  'RSA 1024': [/1024 bits/, 'CS_KEY_SIZE'],
  'RSA with exponent 3': [/exponent is 3\b/, 'CS_KEY_INVALID'],
  'RSA of three primes': [/more than two primes/, 'CS_UNSUPPORTED'],
  'old cipher': [/encrypted|cipher/, 'CS_UNSUPPORTED'],
  'several blocks': ['labels', 'CS_KEY_INVALID'],
  'text around': [/more than its PEM block/, 'CS_KEY_INVALID'],
  'certificate of OpenSSL alone': [/OpenSSL alone[\s\S]*openssl x509 -in/, 'CS_UNSUPPORTED'],
  'bundle of certificates': [/bundle of certificates[\s\S]*openssl pkcs7 -in/, 'CS_UNSUPPORTED'],
  'curve without a key': [/name of a curve[\s\S]*EC PRIVATE KEY/, 'CS_UNSUPPORTED'],
  'certificate request': [/certificate request[\s\S]*openssl req -in/, 'CS_UNSUPPORTED'],
  'certificate request in DER': [/DER|certificate request/, 'CS_KEY_INVALID', 'CS_UNSUPPORTED'],
  'PKCS#12': [/PKCS#12[\s\S]*openssl pkcs12 -in/, 'CS_UNSUPPORTED'],
  OpenSSH: [/OpenSSH[\s\S]*ssh-keygen/, 'CS_UNSUPPORTED'],
  SSH2: [/OpenSSH[\s\S]*ssh-keygen/, 'CS_UNSUPPORTED'],
}

const inLines = (base64: string): string => base64.replace(/.{1,76}/g, '$&\n')
const asBase64 = (text: string): string => Buffer.from(text).toString('base64')

/** How a PEM arrives from files, shells, environment variables and secret stores. */
const SPELLINGS: readonly (readonly [how: string, spell: (pem: string) => string])[] = [
  ['as it is', (pem) => pem],
  ['indented', (pem) => pem.replace(/^(?=.)/gm, '    ')],
  ['with CRLF', (pem) => pem.replaceAll('\n', '\r\n')],
  ['with CR alone', (pem) => pem.replaceAll('\n', '\r')],
  ['in one line with \\n', (pem) => pem.replaceAll('\n', '\\n')],
  ['in one line with \\r\\n', (pem) => pem.replaceAll('\n', '\\r\\n')],
  ['in one line with spaces', (pem) => pem.replaceAll('\n', ' ')],
  ['behind a blank line', (pem) => `\n${pem}`],
  ['with spaces behind each line', (pem) => pem.replaceAll('\n', '  \n')],
  ['without its last line break', (pem) => pem.trimEnd()],
  ['in double quotes', (pem) => `"${pem}"`],
  ['in single quotes', (pem) => `'${pem.trimEnd()}'`],
  ['in double quotes and one line with \\n', (pem) => JSON.stringify(pem)],
  ['as base64', asBase64],
  ['as base64 in lines', (pem) => inLines(asBase64(pem))],
  ['as base64url', (pem) => Buffer.from(pem).toString('base64url')],
  ['as base64 of the text with CRLF', (pem) => asBase64(pem.replaceAll('\n', '\r\n'))],
]

/** A form that says the key twice; WebCrypto compares nothing, so the library refuses it there. */
const SEED_TWICE = 'seed and expanded key'
const isRead = (form: string): boolean => HAS_SYNC || !form.includes(SEED_TWICE)

const octetsOf = (base64 = ''): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))
const inputOf = ({ pem, der }: Input): string | Uint8Array => pem ?? octetsOf(der)
const optionsOf = ({ passphrase }: Input): ImportOptions => ({ ...(passphrase !== undefined && { passphrase }) })
const jwkOf = ({ key, kind }: Form): Jwk => KEYS.get(key)?.[kind] ?? assert.fail(`no key ${key}`)
const labelsOf = (pem = ''): string[] => [...pem.matchAll(/-----BEGIN ([^-]+)-----/g)].map(([, label = '']) => label)
const formOf = (key: string, form: string): Form =>
  FORMS.find((row) => row.key === key && row.form === form) ?? assert.fail(`no ${form} of ${key}`)

/** Whether the runtime has the algorithms of a key; of the two names that Edwards curves have, one is shared. */
const serves = (door: Door, key: string): boolean =>
  (ALGS[key] ?? []).every((alg) => door.capabilities().signature.includes(alg)) &&
  (!key.startsWith('X') || door.capabilities().curves.includes(key))

/** The private key of OpenSSL or Node in its plainest form. */
const privateForm = (key: string): Form =>
  FORMS.filter(({ form }) => isRead(form)).find(
    (row) => row.key === key && row.kind === 'private' && row.passphrase === undefined,
  ) ?? assert.fail(key)

/** The error of a refusal, which may show neither the input nor a passphrase. */
function refusalOf(
  run: () => unknown,
  why: string,
  given: readonly string[],
  passphrases: readonly string[],
): JoseError {
  const error = resultOf(run)
  assert.ok(error instanceof JoseError, `${why}: ${error instanceof Error ? error.stack : 'it was accepted'}`)
  const shown = inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true })
  const pieces = given.flatMap((text) => text.replace(/-----[^-]+-----|\s/g, '').match(/.{16}/g) ?? [])
  for (const piece of [...pieces, ...passphrases]) assert.ok(!shown.includes(piece), `${why}: the error shows ${piece}`)
  return error
}

/** What may not be shown of an input: its text, or its octets as base64 and hex. */
const textsOf = ({ pem, der }: Input): string[] =>
  pem ? [pem] : [der ?? '', Buffer.from(octetsOf(der)).toString('hex')]

/** The platform's own object for a PEM. */
const nodeKey = ({ pem: key = '', kind, passphrase }: Form): crypto.KeyObject =>
  kind === 'public'
    ? crypto.createPublicKey(key)
    : crypto.createPrivateKey({ key, format: 'pem', ...(passphrase !== undefined && { passphrase }) })

/** Holds that a key is what its form says, and nothing more. */
async function assertSame(door: Door, key: Key, form: Form, why: string): Promise<void> {
  const jwk = jwkOf(form)
  assert.deepEqual(await door.exportJwk(key), jwk, why)
  const { kind, kty, crv, alg, kid, use, key_ops, extractable } = key
  const { signature, management } = door.capabilities()
  const algorithms = key.algorithms.filter((name) => signature.includes(name) || management.includes(name))
  const seals = (SEALS[form.key] ?? []).filter((name) => management.includes(name))
  assert.deepEqual(algorithms, [...(ALGS[form.key] ?? []), ...seals], `${why}: algorithms`)
  assert.deepEqual(
    { kind, kty, crv, alg, kid, use, key_ops, extractable },
    {
      kind: form.kind,
      kty: jwk.kty,
      crv: jwk.crv,
      alg: jwk.alg,
      kid: undefined,
      use: undefined,
      key_ops: undefined,
      extractable: true,
    },
    why,
  )
}

test('every key has its algorithms, and every refused input its reason', () => {
  assert.deepEqual([...KEYS.keys()], Object.keys(ALGS))
  for (const { key } of FORMS) assert.ok(KEYS.has(key), key)
  const reasons = new Set(REFUSED.map(({ what }) => what.split(':')[0]))
  assert.deepEqual([...reasons].sort(), Object.keys(REASONS).sort())
})

for (const { name, door } of DOORS) {
  for (const refused of REFUSED) {
    const { what, pem } = refused
    const [told, ...codes] = REASONS[what.split(':')[0] ?? ''] ?? assert.fail(what)
    const spellings = pem?.startsWith('-----BEGIN') ? SPELLINGS.map(([how, spell]) => [how, spell(pem)] as const) : []

    test(`${name}: importKey refuses and names, ${what}`, () => {
      for (const [how, input] of [['as it is', inputOf(refused)], ...spellings] as const) {
        const given = typeof input === 'string' ? [input, ...textsOf(refused)] : textsOf(refused)
        const passphrases = refused.passphrase === undefined ? [] : [refused.passphrase]
        const error = refusalOf(() => door.importKey(input, optionsOf(refused)), how, given, passphrases)
        const text = `${error.message}\n${error.hint}`
        assert.ok(codes.includes(error.code), `${how}: ${error.code} ${text}`)
        if (told === 'labels') for (const label of labelsOf(pem)) assert.ok(text.includes(label), `${how}: ${text}`)
        else assert.match(text, told, how)
      }
    })
  }

  for (const form of FORMS.filter(({ passphrase }) => passphrase !== undefined)) {
    if (!serves(door, form.key)) continue
    const { passphrase = '' } = form

    test(`${name}: importKey opens with its passphrase alone, ${form.key} as ${form.form}`, async () => {
      const WRONG = 'staple battery horse correct'
      const refusal = (why: string, options: ImportOptions): JoseError =>
        refusalOf(() => door.importKey(inputOf(form), options), why, textsOf(form), [passphrase, WRONG])
      const missing = refusal('no passphrase', {})
      assert.equal(missing.code, 'CS_KEY_INVALID', missing.message)
      assert.match(`${missing.message}\n${missing.hint}`, /encrypted[\s\S]*passphrase/)
      for (const [why, wrong] of [
        ['a wrong one', WRONG],
        ['a wrong one as octets', new TextEncoder().encode(WRONG)],
        ['an empty one', ''],
        ['an empty one as octets', new Uint8Array()],
        ['with a line break behind', `${passphrase}\n`],
        ...(form.nearly === undefined ? [] : ([['a wrong one whose padding is right', form.nearly]] as const)),
      ] as const) {
        const { code, message, hint } = refusal(why, { passphrase: wrong })
        assert.equal(code, 'CS_KEY_INVALID', `${why}: ${message}`)
        assert.match(`${message}\n${hint}`, /passphrase/, why)
      }
      const octets = { passphrase: new TextEncoder().encode(passphrase) }
      await assertSame(door, door.importKey(inputOf(form), octets), form, 'octets')
    })
  }

  test(`${name}: a passphrase that is no string and no octets is a TypeError`, () => {
    const { pem = '' } = formOf('P-256', 'PKCS#8 PEM')
    for (const passphrase of [7, null, ['x'], {}, true]) {
      assert.throws(() => door.importKey(pem, { passphrase } as object), TypeError, inspect(passphrase))
    }
  })

  for (const key of KEYS.keys()) {
    if (serves(door, key)) continue
    test(`${name}: importKey refuses every form of ${key}, which this runtime does not have`, () => {
      for (const form of FORMS.filter((row) => row.key === key)) {
        const error = refusalOf(() => door.importKey(inputOf(form), optionsOf(form)), form.form, textsOf(form), [])
        // What stands inside an encrypted key that OpenSSL cannot read may as well come from a wrong passphrase.
        if (form.passphrase !== undefined && error.code === 'CS_KEY_INVALID') continue
        assert.equal(error.code, 'CS_UNSUPPORTED', `${form.form}: ${error.message}`)
      }
      for (const jwk of Object.values(KEYS.get(key) ?? {})) {
        if (typeof jwk === 'object') assert.throws(() => door.importKey(jwk), { code: 'CS_UNSUPPORTED' })
      }
    })
  }

  test(`${name}: capabilities() names ML-DSA exactly where node:crypto has it`, () => {
    const { signature } = door.capabilities()
    for (const alg of Object.keys(ALGS).filter((key) => key.startsWith('ML-DSA'))) {
      const type = alg.toLowerCase()
      const platform = !(resultOf(() => crypto.generateKeyPairSync(type as 'ed25519')) instanceof Error)
      assert.equal(signature.includes(alg), platform, alg)
    }
  })

  for (const form of FORMS.filter(({ key, form: what }) => serves(door, key) && isRead(what))) {
    const { key, form: what, pem, passphrase } = form

    test(`${name}: importKey reads ${key} as ${what}`, async () => {
      await assertSame(door, door.importKey(inputOf(form), optionsOf(form)), form, 'as it is')
      if (passphrase !== undefined) return
      const needless = { passphrase: 'not asked for' }
      await assertSame(door, door.importKey(inputOf(form), needless), form, 'with a passphrase that it does not need')
    })

    if (pem !== undefined) {
      test(`${name}: importKey reads ${key} as ${what}, however its text arrives (RFC 7468 §2)`, async () => {
        const expected = jwkOf(form)
        const faults: string[] = []
        for (const [how, spell] of SPELLINGS) {
          const imported = resultOf(() => door.importKey(spell(pem), optionsOf(form)))
          if (imported instanceof Error) faults.push(`${how}: ${imported.message}`)
          else assert.deepEqual(await door.exportJwk(imported as Key), expected, how)
        }
        assert.deepEqual(faults, [])
      })
    }
  }

  for (const [key, halves] of KEYS) {
    if (!serves(door, key)) continue
    const ownForms = FORMS.filter((form) => form.key === key && isRead(form.form))

    test(`${name}: importKey refuses ${key} for an algorithm that is not its own`, () => {
      const others = door.capabilities().signature.filter((alg) => !ALGS[key]?.includes(alg))
      assert.ok(others.includes('HS256'))
      for (const form of [privateForm(key), formOf(key, 'SPKI PEM')]) {
        for (const alg of others) {
          assert.throws(() => door.importKey(inputOf(form), { alg }), { code: 'CS_KEY_TYPE' }, `${form.form}: ${alg}`)
        }
      }
    })

    test(`${name}: ${key} stays what it is through JWK, PEM and DER`, async () => {
      for (const kind of ['private', 'public'] as const) {
        const imported = door.importKey(halves[kind])
        const form = { key, form: 'JWK', kind }
        await assertSame(door, imported, form, kind)
        const pem = await door.exportPem(imported)
        await assertSame(door, door.importKey(pem), form, `${kind}: PEM`)
        await assertSame(door, door.importKey(derOf(pem)), form, `${kind}: DER`)
        await assertSame(door, door.importKey(await door.exportJwk(door.importKey(pem))), form, `${kind}: JWK`)
      }
    })

    test(`${name}: node:crypto reads ${key} out of the PEM that is written`, async () => {
      for (const kind of ['private', 'public'] as const) {
        const pem = await door.exportPem(door.importKey(halves[kind]))
        const { ...jwk } = nodeKey({ key, form: 'PEM', kind, pem }).export({ format: 'jwk' })
        assert.deepEqual(jwk, halves[kind], kind)
      }
    })

    test(`${name}: the public half of ${key} is the same SPKI as OpenSSL's, from every private form`, async () => {
      const spki = octetsOf(formOf(key, 'SPKI DER').der)
      const opens = ({ passphrase }: Form): boolean => HAS_SYNC || passphrase === undefined
      for (const form of ownForms.filter((form) => form.kind === 'private' && opens(form))) {
        const half = await door.publicKey(door.importKey(inputOf(form), optionsOf(form)))
        assert.deepEqual(await door.exportJwk(half), halves.public, form.form)
        assert.deepEqual(derOf(await door.exportPem(half)), spki, form.form)
      }
    })

    test(`${name}: importKey takes the KeyObject of every PEM of ${key}`, async () => {
      for (const form of ownForms.filter(({ pem }) => pem !== undefined)) {
        await assertSame(door, door.importKey(nodeKey(form)), form, form.form)
      }
    })

    for (const alg of ALGS[key] ?? []) {
      test(`${name}: what ${key} signs with ${alg}, each of its public forms verifies`, async () => {
        const issuer = 'https://issuer.example'
        const signing = door.importKey(inputOf(privateForm(key)), { alg })
        const signer = door.createSigner({ key: signing, issuer, audience: 'api', expiresIn: 60 })
        const token = await signer.sign({ sub: 'alice' })
        const [head, claims, signature = ''] = token.split('.')
        const changed = Buffer.from(signature, 'base64url')
        changed[9] = (changed[9] ?? 0) ^ 1
        for (const form of ownForms.filter(({ kind }) => kind === 'public')) {
          const verifier = door.createVerifier({
            keys: door.importKey(inputOf(form), { alg }),
            issuer,
            audience: 'api',
          })
          const forged = await verifier.safeVerify(`${head}.${claims}.${changed.toString('base64url')}`)
          assert.equal(forged.ok ? 'accepted' : forged.error.code, 'CS_SIGNATURE', form.form)
          const verified = await verifier.verify(token)
          assert.deepEqual([verified.header.alg, verified.claims.sub], [alg, 'alice'], form.form)
        }
      })
    }
    for (const alg of SEALS[key]?.slice(0, 2) ?? []) {
      test(`${name}: what is encrypted to each public form of ${key} with ${alg}, the private one decrypts`, async () => {
        if (!door.capabilities().management.includes(alg)) return
        const keys = door.importKey(inputOf(privateForm(key)))
        for (const form of ownForms.filter(({ kind }) => kind === 'public')) {
          const token = await encryptJwe('for you', { key: door.importKey(inputOf(form)), alg, enc: 'A128CBC-HS256' })
          const { plaintext } = await decryptJwe(token, { keys })
          assert.equal(new TextDecoder().decode(plaintext), 'for you', form.form)
        }
      })
    }
  }

  test(`${name}: importKey refuses an ML-DSA key whose seed is not that of its expanded key (RFC 9881 §8.2)`, () => {
    if (!serves(door, 'ML-DSA-44')) return
    const der = Buffer.from(octetsOf(formOf('ML-DSA-44', `PKCS#8 DER (${SEED_TWICE})`).der))
    const seed = Buffer.from(octetsOf(formOf('ML-DSA-44', 'PKCS#8 DER (seed)').der)).subarray(-32)
    const at = der.indexOf(seed)
    der[at] = (der[at] ?? 0) ^ 1
    const error = refusalOf(() => door.importKey(new Uint8Array(der)), 'another seed', [der.toString('base64')], [])
    assert.equal(error.code, isRead(SEED_TWICE) ? 'CS_KEY_INVALID' : 'CS_UNSUPPORTED', error.message)
  })
}
