import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync, type JsonWebKey, sign as signBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { JoseError, Jwk } from 'countersign'
import made from '../keys/matrix/keys.json' with { type: 'json' }
import { DOORS } from '../support/doors.ts'
import { b64, CLAIMS, fails, input, mac, macInput, now, POLICY, refuses } from '../support/forge.ts'
import {
  CURVES,
  der,
  isHere,
  jwkFor,
  lacks,
  ML_DSA,
  pkcs8,
  publicMembers,
  spki,
  TAG,
  taken,
  versionWithPublic,
} from '../support/keys.ts'

const octets = (value: bigint, length?: number): Buffer => {
  const hex = value.toString(16)
  return Buffer.from(hex.padStart(length === undefined ? hex.length + (hex.length % 2) : 2 * length, '0'), 'hex')
}
const number = (text: string): bigint => BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`)

const rsaJwk = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' }) as {
  n: string
  e: string
}
const withN = (n: bigint | Buffer): object => ({ kty: 'RSA', n: b64(typeof n === 'bigint' ? octets(n) : n), e: 'AQAB' })
const withE = (e: bigint | Buffer): object => ({
  kty: 'RSA',
  n: rsaJwk.n,
  e: b64(typeof e === 'bigint' ? octets(e) : e),
})

/** A modulus as the broken generator makes it: primes k·M + (65537^a mod M), M the product of the first primes. */
function rocaModulus(): bigint {
  const primes: bigint[] = []
  for (let n = 2n; primes.length < 126; n++) if (primes.every((prime) => n % prime !== 0n)) primes.push(n)
  const m = primes.reduce((product, prime) => product * prime, 1n)
  // Factors of this form need not be prime for the fingerprint, which is all that the check sees.
  const factor = (k: bigint, a: number): bigint => {
    let power = 1n
    for (let times = 0; times < a; times++) power = (power * 65537n) % m
    return k * m + power
  }
  return factor((1n << 60n) + 12345n, 1234) * factor((1n << 60n) + 54321n, 4321)
}

/** The remainder that is never negative. */
const mod = (value: bigint, p: bigint): bigint => ((value % p) + p) % p

function power(base: bigint, exponent: bigint, p: bigint): bigint {
  let result = 1n
  for (let square = mod(base, p), rest = exponent; rest > 0n; rest >>= 1n, square = (square * square) % p)
    if (rest & 1n) result = (result * square) % p
  return result
}

/** A square root modulo a prime that is 3 modulo 4; nothing where there is none. */
function rootOf(square: bigint, p: bigint): bigint | undefined {
  const root = power(square, (p + 1n) / 4n, p)
  return (root * root) % p === mod(square, p) ? root : undefined
}

/** The curves of EC keys: y² = x³ + ax + b modulo p, with a base point of order n (SP 800-186 §3.2.1, SEC 2 §2.4.1). */
const EC_CURVES = [
  {
    alg: 'ES256',
    crv: 'P-256',
    size: 32,
    a: -3n,
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  },
  {
    alg: 'ES384',
    crv: 'P-384',
    size: 48,
    a: -3n,
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  },
  {
    alg: 'ES512',
    crv: 'P-521',
    size: 66,
    a: -3n,
    p: 2n ** 521n - 1n,
    n: 2n ** 521n - 0x5ae79787c40d069948033feb708f65a2fc44a36477663b851449048e16ec79bf7n,
  },
  {
    alg: 'ES256K',
    crv: 'secp256k1',
    size: 32,
    a: 0n,
    p: 2n ** 256n - 2n ** 32n - 977n,
    n: 2n ** 256n - 0x14551231950b75fc4402da1732fc9bebfn,
  },
] as const

/** The y of the points with an x, where there are any; b comes from a point that node:crypto made. */
function curveOf({ crv, a, p }: (typeof EC_CURVES)[number]): (x: bigint) => bigint | undefined {
  const { x, y } = generateKeyPairSync('ec', { namedCurve: crv }).publicKey.export({ format: 'jwk' })
  const [x0, y0] = [number(x ?? ''), number(y ?? '')]
  const b = y0 * y0 - x0 * x0 * x0 - a * x0
  return (at) => rootOf(at * at * at + a * at + b, p)
}

/** The first x from 1 up for which something is so. */
function firstX(holds: (x: bigint) => boolean): bigint {
  for (let x = 1n; ; x++) if (holds(x)) return x
}

/** A private key of a kind in the matrix, and the body of the certificate that OpenSSL made for it. */
const CERTIFIED = made.forms
  .filter(({ form }) => form === 'certificate PEM')
  .map(({ key, pem = '' }) => {
    const jwk: Jwk | undefined = made.keys.find((row) => row.key === key)?.private
    return { key, jwk: jwk ?? assert.fail(key), body: pem.replace(/-----[^-]+-----|\s/g, '') }
  })

const element = (hex: string): Uint8Array => der(TAG.oid, Buffer.from(hex, 'hex'))
const unsigned = (value: bigint): Uint8Array =>
  der(TAG.integer, (octets(value)[0] ?? 0) < 0x80 ? [] : [0], octets(value))

/** Encrypted PKCS#8 with a key derivation and AES (RFC 8018 §A.4). */
function encryptedBy(derivation: string, ...parameters: Uint8Array[]): Uint8Array {
  const kdf = der(TAG.sequence, element(derivation), der(TAG.sequence, ...parameters))
  const cipher = der(TAG.sequence, element('60864801650304012a'), der(TAG.octets, new Uint8Array(16)))
  const scheme = der(TAG.sequence, element('2a864886f70d01050d'), der(TAG.sequence, kdf, cipher))
  return der(TAG.sequence, scheme, der(TAG.octets, new Uint8Array(64)))
}

/** One that asks for a number of iterations of PBKDF2 with SHA-256. */
function pbes2(count: Uint8Array): Uint8Array {
  const hash = der(TAG.sequence, element('2a864886f70d0209'), der(TAG.null))
  return encryptedBy('2a864886f70d01050c', der(TAG.octets, new Uint8Array(16)), count, hash)
}

/** One that asks for scrypt: N, r and p (RFC 7914 §7.1). */
const scrypt = (...numbers: readonly bigint[]): Uint8Array =>
  encryptedBy('2b06010401da47040b', der(TAG.octets, new Uint8Array(8)), ...numbers.map(unsigned))

/** The same before PBES2: SHA-1 and 3DES, as PKCS#12 has it (RFC 7292 §C). */
function pbes1(count: Uint8Array): Uint8Array {
  const parameters = der(TAG.sequence, der(TAG.octets, new Uint8Array(8)), count)
  const scheme = der(TAG.sequence, element('2a864886f70d010c0103'), parameters)
  return der(TAG.sequence, scheme, der(TAG.octets, new Uint8Array(64)))
}

/** The lengths of signatures of the algorithms that came after RFC 7518 (RFC 8812 §3.2, RFC 8032 §5.2.6, FIPS 204 §4). */
const SIGNATURE_OCTETS: readonly (readonly [alg: string, octets: number])[] = [
  ['ES256K', 64],
  ['Ed448', 114],
  ...ML_DSA.map((alg) => [alg, { 'ML-DSA-44': 2420, 'ML-DSA-65': 3309, 'ML-DSA-87': 4627 }[alg]] as const),
]

/** A signature by node:crypto, in the form that JOSE has. */
function signatureOf(jwk: Jwk, text: string): Buffer {
  const key = createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' })
  const hash = jwk.kty === 'EC' ? 'sha256' : null
  return signBytes(hash, Buffer.from(text), { key, ...(hash && { dsaEncoding: 'ieee-p1363' }) })
}

for (const { name, door } of DOORS) {
  const importing = (key: object, ...codes: string[]): Promise<JoseError> => fails(() => taken(door, key), ...codes)
  /** Holds that a key is refused by what we say of it, and not by the platform alone. */
  const refused = async (key: object, why: RegExp): Promise<void> =>
    assert.match((await importing(key, 'CS_KEY_INVALID')).message, why)

  test(`${name}: attack 19: RSA keys of the wrong size are refused`, async () => {
    for (const bits of [512, 1024, 2040]) {
      await importing(
        generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({ format: 'jwk' }),
        'CS_KEY_SIZE',
      )
    }
    await importing(withN((1n << 2047n) - 1n), 'CS_KEY_SIZE') // 2047 bits
    await importing(withN((1n << 8199n) | 1n), 'CS_KEY_SIZE')
    await importing({ ...withN((1n << 16383n) | 1n), e: b64(Buffer.alloc(2048, 0xff)) }, 'CS_KEY_SIZE')
    assert.equal(door.importKey(withN((1n << 8191n) | 1n) as never).bits, 8192)
  })
  test(`${name}: attack 19: RSA exponents that make signatures anyone can write are refused`, async () => {
    for (const e of [0n, 1n, 2n, 3n, 17n, 65536n, 65535n, 1n << 32n, (1n << 32n) + 1n])
      await importing(withE(e), 'CS_KEY_INVALID')
    await importing(withE(Buffer.alloc(0)), 'CS_KEY_INVALID')
    await importing(withE(Buffer.alloc(256, 0xff)), 'CS_KEY_INVALID')
    for (const e of [65537n, (1n << 32n) - 1n]) assert.equal(door.importKey(withE(e) as never).kty, 'RSA')
  })
  test(`${name}: attack 19: an even modulus and needless octets are refused`, async () => {
    await importing(withN(number(rsaJwk.n) - 1n), 'CS_KEY_INVALID')
    await importing(withN(Buffer.concat([Buffer.alloc(1), Buffer.from(rsaJwk.n, 'base64url')])), 'CS_KEY_INVALID')
    await importing(withE(Buffer.from([0, 1, 0, 1])), 'CS_KEY_INVALID')
  })
  test(`${name}: attack 19: a key with the ROCA fingerprint is refused`, async () => {
    const n = rocaModulus()
    assert.ok(n.toString(2).length >= 2048 && n % 2n === 1n)
    const error = await fails(() => door.importKey(withN(n) as never), 'CS_KEY_INVALID')
    assert.match(error.message, /ROCA/)
  })
  test(`${name}: attack 19: a private key with wrong numbers is refused`, async () => {
    const jwk = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }) as Record<
      string,
      string
    >
    assert.equal(door.importKey(jwk as never).kind, 'private')
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi']) {
      await importing({ ...jwk, [member]: b64(octets(number(jwk[member] ?? '') + 2n)) }, 'CS_KEY_INVALID')
      const { [member]: _, ...without } = jwk
      await importing(without, 'CS_UNSUPPORTED')
    }
  })

  const weak = ['', '   ', 'x'.repeat(31), 'secret', ' '.repeat(32), '\0'.repeat(32), '\n\t '.repeat(20)]
  for (const text of weak) {
    test(`${name}: attack 20: the secret ${JSON.stringify(text)} neither signs nor verifies`, async () => {
      await fails(() => door.secretKey({ text }, 'HS256'), 'CS_WEAK_SECRET')
      await fails(() => door.importKey({ kty: 'oct', alg: 'HS256', k: b64(text) }), 'CS_WEAK_SECRET')
      await fails(async () => {
        const key = door.secretKey({ text })
        await door.createSigner({ key, alg: 'HS256', expiresIn: 60 }).sign({})
      }, 'CS_WEAK_SECRET')
      await fails(async () => {
        const keys = door.secretKey({ text })
        await door.createVerifier({ keys, ...POLICY }).verify(mac({ alg: 'HS256' }, CLAIMS, text))
      }, 'CS_WEAK_SECRET')
    })
  }
  for (const [alg, hash, least] of [
    ['HS256', 'sha256', 32],
    ['HS384', 'sha384', 48],
    ['HS512', 'sha512', 64],
  ] as const) {
    test(`${name}: attack 20: ${alg} takes ${least} octets and not one fewer (RFC 7518 §3.2)`, async () => {
      const secret = Buffer.alloc(least, 7)
      await fails(() => door.secretKey(secret.subarray(1), alg), 'CS_WEAK_SECRET')
      const bare = door.createVerifier({
        keys: [door.secretKey(secret.subarray(1)), door.secretKey(Buffer.alloc(64, 42))],
        ...POLICY,
      })
      await refuses(bare, mac({ alg }, CLAIMS, secret.subarray(1), hash), 'CS_SIGNATURE')
      const token = mac({ alg }, CLAIMS, secret, hash)
      await door.createVerifier({ keys: door.secretKey(secret, alg), ...POLICY }).verify(token)
    })
  }
  test(`${name}: attack 20: allowWeak lifts the rule on length and no other`, async () => {
    const short = door.secretKey({ text: 'short' }, 'HS256', { allowWeak: true })
    await door.createVerifier({ keys: short, ...POLICY }).verify(mac({ alg: 'HS256' }, CLAIMS, 'short'))
    for (const text of ['', ' ', '\0', '\0'.repeat(32), '-----BEGIN PUBLIC KEY-----']) {
      await fails(() => door.secretKey({ text }, 'HS256', { allowWeak: true }), 'CS_WEAK_SECRET')
    }
  })
  test(`${name}: attack 20: a resolver that finds nothing never means an empty secret`, async () => {
    for (const found of [undefined, null, '', 0, false]) {
      const verifier = door.createVerifier({ keys: () => found as never, ...POLICY })
      await refuses(verifier, mac({ alg: 'HS256', kid: 'gone' }, CLAIMS, ''), 'CS_NO_KEY')
    }
  })

  for (const curve of EC_CURVES) {
    const { alg, crv, size, p, n } = curve
    const base = jwkFor(alg) as Jwk & { readonly x: string; readonly y: string }
    const at = (value: bigint): string => b64(octets(value, size))

    test(`${name}: attack 21: a point that is not on ${crv} is refused`, async () => {
      const { x, y } = generateKeyPairSync('ec', { namedCurve: crv }).publicKey.export({ format: 'jwk' }) as {
        x: string
        y: string
      }
      const point = { kty: 'EC', crv, x, y }
      assert.equal(door.importKey(point).crv, crv)
      for (const index of [0, size - 1]) {
        for (let bit = 0; bit < 8; bit++) {
          const flipped = Buffer.from(y, 'base64url')
          flipped[index] = (flipped[index] ?? 0) ^ (1 << bit)
          await importing({ ...point, y: b64(flipped) }, 'CS_KEY_INVALID')
        }
      }
      await importing({ ...point, x: b64(Buffer.alloc(size)), y: b64(Buffer.alloc(size)) }, 'CS_KEY_INVALID')
      await importing({ ...point, x: b64(Buffer.alloc(size, 0xff)) }, 'CS_KEY_INVALID')
      await importing({ ...point, x: y, y: x }, 'CS_KEY_INVALID')
      const whole = (...parts: Uint8Array[]): Promise<unknown> => importing(spki(['ec', crv], [4], ...parts))
      await whole(new Uint8Array(2 * size))
      await whole(Buffer.from(y, 'base64url'), Buffer.from(x, 'base64url'))
    })
    test(`${name}: attack 21: a coordinate on ${crv} that is not below p is refused, also where it stands for a point`, async () => {
      const yOf = curveOf(curve)
      const x = firstX((value) => yOf(value) !== undefined)
      const y = yOf(x) ?? 0n
      const point = { kty: 'EC', crv, x: at(x), y: at(y) }
      assert.equal(door.importKey(point).crv, crv)
      await refused({ ...point, x: at(x + p) }, /not below the prime/)
      await refused(spki(['ec', crv], [2], octets(x + p, size)), /no point of/)
      await refused(spki(['ec', crv], [4], octets(x + p, size), octets(y, size)), /not below the prime/)
      for (const value of [p, p + 1n, y + p]) {
        if (value < 2n ** BigInt(8 * size)) await refused({ ...point, y: at(value) }, /not below the prime/)
      }
      // The same small x without its zeros, one of them and all.
      for (const octetsOfX of [octets(x, size - 1), octets(x)]) {
        await refused({ ...point, x: b64(octetsOfX) }, new RegExp(`x takes ${size} octets`))
      }
    })
    test(`${name}: attack 21: a compressed point whose x has no point on ${crv} is refused`, async () => {
      const yOf = curveOf(curve)
      const none = firstX((value) => yOf(value) === undefined)
      for (const first of [2, 3]) await refused(spki(['ec', crv], [first], octets(none, size)), /no point of/)
      const some = firstX((value) => yOf(value) !== undefined)
      for (const first of [2, 3]) assert.equal(door.importKey(spki(['ec', crv], [first], octets(some, size))).crv, crv)
      await refused(spki(['ec', crv], [2], new Uint8Array(size).fill(0xff)), /no point of/)
      await refused(spki(['ec', crv], [2], octets(some, size - 1)), new RegExp(`takes ${size + 1} octets`))
    })
    test(`${name}: attack 21: members on ${crv} have exactly ${size} octets`, async () => {
      const jwk = generateKeyPairSync('ec', { namedCurve: crv }).privateKey.export({ format: 'jwk' }) as Record<
        string,
        string
      >
      for (const member of ['x', 'y', 'd']) {
        const bytes = Buffer.from(jwk[member] ?? '', 'base64url')
        await importing({ ...jwk, [member]: b64(Buffer.concat([Buffer.alloc(1), bytes])) }, 'CS_KEY_INVALID')
        await importing({ ...jwk, [member]: b64(Buffer.concat([bytes, Buffer.alloc(1)])) }, 'CS_KEY_INVALID')
        await importing({ ...jwk, [member]: b64(bytes.subarray(1)) }, 'CS_KEY_INVALID')
        await importing({ ...jwk, [member]: '' }, 'CS_KEY_INVALID')
        await importing({ ...jwk, [member]: `${jwk[member]}=` }, 'CS_KEY_INVALID')
      }
      await importing({ ...jwk, d: b64(Buffer.alloc(size)) }, 'CS_KEY_INVALID')
      await importing({ ...jwk, d: b64(Buffer.alloc(size, 0xff)) }, 'CS_KEY_INVALID')
    })
    test(`${name}: attack 21: a private key on ${crv} lies from 1 to n - 1`, async () => {
      const alone = (d: bigint): Uint8Array => pkcs8({ kty: 'EC', crv, d: at(d) })
      for (const d of [0n, n, n + 1n, 2n * n].filter((value) => value < 2n ** BigInt(8 * size))) {
        await refused({ ...base, d: at(d) }, /not below the order/)
        await refused(alone(d), /not below the order/)
      }
      // d and d + n belong to one point, and only d is a key.
      const beyond = number(base.d ?? '') + n
      if (beyond < 2n ** BigInt(8 * size)) await refused({ ...base, d: at(beyond) }, /not below the order/)
      const [first, last] = [door.importKey(alone(1n)), door.importKey(alone(n - 1n))]
      const [one, other] = [await door.exportJwk(first), await door.exportJwk(last)]
      assert.equal(one.x, other.x)
      assert.equal(number(one.y ?? '') + number(other.y ?? ''), p)
    })
    test(`${name}: attack 21: a private key on ${crv} with the opposite of its point is refused`, async () => {
      const opposite = { ...base, y: at(p - number(base.y)) }
      assert.equal(door.importKey(publicMembers(opposite)).crv, crv)
      await importing(opposite, 'CS_KEY_INVALID')
      await importing(pkcs8(base, { open: opposite }), 'CS_KEY_INVALID')
    })
  }
  for (const alg of CURVES) {
    test(`${name}: attack 21: the private half of one ${alg} key with the public half of another is refused (RFC 9964 §7.4)`, async () => {
      const [own, strange] = [jwkFor(alg), jwkFor(alg, 1)]
      const secret = own.kty === 'AKP' ? { priv: strange.priv } : { d: strange.d }
      await importing({ ...own, ...secret }, 'CS_KEY_INVALID')
      await importing(pkcs8(own, { open: strange, version: versionWithPublic(own) }), 'CS_KEY_INVALID')
      assert.equal(door.importKey({ ...strange, ...publicMembers(strange) }).kind, 'private')
    })
  }
  test(`${name}: attack 21: another curve's name on a point is refused`, async () => {
    const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
    for (const crv of ['P-384', 'P-521', 'secp256k1', 'Ed25519', 'Ed448'])
      await importing({ ...jwk, crv }, 'CS_KEY_INVALID')
    await importing({ ...publicMembers(jwkFor('ES256K')), crv: 'P-256' }, 'CS_KEY_INVALID')
    await importing({ ...publicMembers(jwkFor('Ed25519')), crv: 'Ed448' }, 'CS_KEY_INVALID')
    await importing({ ...publicMembers(jwkFor('Ed448')), crv: 'Ed25519' }, 'CS_KEY_INVALID')
    await importing({ ...publicMembers(jwkFor('Ed448')), crv: 'P-256' }, 'CS_KEY_INVALID')
    for (const crv of ['p-256', 'P-224', 'P-256K', 'SECP256K1', '__proto__', ''])
      await importing({ ...jwk, crv }, 'CS_UNSUPPORTED')
    for (const crv of [undefined, null, 256, ['P-256']]) await importing({ ...jwk, crv }, 'CS_KEY_INVALID')
  })

  const p = 2n ** 255n - 19n
  const reversed = (y: bigint, sign = 0n): string => b64(octets(y | (sign << 255n), 32).reverse())
  const order8 = BigInt(
    `0x${Buffer.from('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'hex').reverse().toString('hex')}`,
  )
  const smallOrder = [0n, 1n, p - 1n, order8, p - order8]
  for (const y of smallOrder) {
    test(`${name}: attack 21: the Ed25519 point of small order with y = ${y} is refused`, async () => {
      for (const sign of [0n, 1n])
        await importing({ kty: 'OKP', crv: 'Ed25519', x: reversed(y, sign) }, 'CS_KEY_INVALID')
    })
  }
  test(`${name}: attack 21: an Ed25519 key that is not canonical, off the curve or of another length is refused`, async () => {
    const okp = (x: string): object => ({ kty: 'OKP', crv: 'Ed25519', x })
    for (const y of [p, p + 1n, 2n ** 255n - 1n, 2n]) await importing(okp(reversed(y)), 'CS_KEY_INVALID')
    const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }) as { x: string }
    const bytes = Buffer.from(x, 'base64url')
    for (const other of [bytes.subarray(1), Buffer.concat([bytes, Buffer.alloc(1)]), Buffer.alloc(0)]) {
      await importing(okp(b64(other)), 'CS_KEY_INVALID')
    }
  })

  const p448 = 2n ** 448n - 2n ** 224n - 1n
  const encoded448 = (y: bigint, sign = 0n): string => b64(octets(y | (sign << 455n), 57).reverse())
  const ed448 = (x: string): object => ({ kty: 'OKP', crv: 'Ed448', x })
  // Four points have an order that divides 4: those with y of 1, of -1, and the two with y of 0.
  for (const least of [0n, 1n, p448 - 1n]) {
    for (const times of [0n, 1n, 2n, 126n]) {
      const y = least + times * p448
      test(`${name}: attack 21: the Ed448 point of small order with y = ${y} is refused, with either sign`, async () => {
        assert.ok(y < 2n ** 455n)
        for (const sign of [0n, 1n]) {
          await importing(ed448(encoded448(y, sign)), 'CS_KEY_INVALID')
          await importing(spki(['Ed448'], Buffer.from(encoded448(y, sign), 'base64url')), 'CS_KEY_INVALID')
        }
      })
    }
  }
  test(`${name}: attack 21: an Ed448 key that is not canonical, off the curve or of another length is refused`, {
    skip: lacks('Ed448'),
  }, async () => {
    const x = jwkFor('Ed448').x ?? ''
    const bytes = Buffer.from(x, 'base64url')
    const y = number(b64(Buffer.from(bytes).reverse())) & (2n ** 455n - 1n)
    assert.equal(door.importKey(ed448(encoded448(y)) as never).crv, 'Ed448')
    for (const value of [y + p448, y + 2n * p448, p448 + 2n, 2n ** 448n, 2n ** 455n - 1n]) {
      await refused(ed448(encoded448(value)), /not encoded canonically/)
    }
    // x² = (1 - y²) / (1 + 39081y²), which has no root for half of all y.
    const onCurve = (value: bigint): boolean => {
      const square = (1n - value * value) * power(1n + 39081n * value * value, p448 - 2n, p448)
      return rootOf(square, p448) !== undefined
    }
    assert.ok(onCurve(y))
    for (let value = 2n; value < 40n; value++) {
      if (onCurve(value)) assert.equal(door.importKey(ed448(encoded448(value, 1n)) as never).crv, 'Ed448')
      else await refused(ed448(encoded448(value)), /not on the curve/)
    }
    const zero = Buffer.alloc(1)
    for (const other of [bytes.subarray(1), bytes.subarray(0, 56), Buffer.concat([bytes, zero]), zero.subarray(1)]) {
      await importing(ed448(b64(other)), 'CS_KEY_INVALID')
      await importing(spki(['Ed448'], other), 'CS_KEY_INVALID')
    }
    for (const d of [bytes.subarray(1), Buffer.concat([bytes, zero]), bytes.subarray(0, 32), zero.subarray(1)]) {
      await importing({ ...jwkFor('Ed448'), d: b64(d) }, 'CS_KEY_INVALID')
    }
  })
  for (const [crv, least] of [
    ['Ed25519', 31],
    ['Ed448', 56],
  ] as const) {
    test(`${name}: attack 21: a private ${crv} key with the opposite of its point is refused`, {
      skip: lacks(crv),
    }, async () => {
      const jwk = jwkFor(crv)
      const bytes = Buffer.from(jwk.x ?? '', 'base64url')
      const opposite = { ...jwk, x: b64(bytes.with(least, (bytes[least] ?? 0) ^ 0x80)) }
      assert.equal(door.importKey(publicMembers(opposite)).crv, crv)
      await importing(opposite, 'CS_KEY_INVALID')
    })
  }
  test(`${name}: attack 21: the base points of RFC 8032 §5.1 and §5.2 are keys like any other`, () => {
    const y448 =
      298819210078481492676017930443930673437544040154080242095928241372331506189835876003536878655418784733982303233503462500531545062832660n
    if (!lacks('Ed448')) assert.equal(door.importKey(ed448(encoded448(y448)) as never).crv, 'Ed448')
    const y25519 = (4n * power(5n, p - 2n, p)) % p
    assert.equal(door.importKey({ kty: 'OKP', crv: 'Ed25519', x: reversed(y25519) }).crv, 'Ed25519')
  })

  for (const [alg, length] of [
    ['ML-DSA-44', 1312],
    ['ML-DSA-65', 1952],
    ['ML-DSA-87', 2592],
  ] as const) {
    const zeros = (count: number): string => b64(new Uint8Array(count))
    const akp = { kty: 'AKP', alg, pub: zeros(length) }
    test(`${name}: attack 21: members of an ${alg} key have exactly ${length} and 32 octets (RFC 9964 §4, §5)`, async () => {
      for (const count of [0, 31, 32, length - 1, length + 1, 1312, 1952, 2592].filter((count) => count !== length)) {
        await refused({ ...akp, pub: zeros(count) }, new RegExp(`pub takes ${length} octets`))
        await refused(spki([alg], new Uint8Array(count)), new RegExp(`pub takes ${length} octets`))
      }
      for (const count of [0, 31, 33, 64, 2560, 4032, 4896]) {
        await refused({ ...akp, priv: zeros(count) }, /takes the 32 octets of a seed/)
        await refused(pkcs8({ kty: 'AKP', alg, priv: zeros(count) }), /takes 32 octets/)
      }
    })
    test(`${name}: attack 21: an AKP key says whether it is ${alg}, and what its public half is (RFC 9964 §3)`, async () => {
      const { alg: _, ...nameless } = akp
      const { pub: __, ...halved } = akp
      await importing(nameless, 'CS_KEY_INVALID')
      await importing(halved, 'CS_KEY_INVALID')
      await importing({ ...halved, priv: zeros(32) }, 'CS_KEY_INVALID')
      for (const other of [alg.toLowerCase(), alg.replaceAll('-', ''), `${alg} `, 'ES256', 'constructor', '__proto__'])
        await importing({ ...akp, alg: other }, 'CS_UNSUPPORTED')
      for (const other of [null, 44, [alg]]) await importing({ ...akp, alg: other }, 'CS_KEY_INVALID')
      for (const crv of ['P-256', 'Ed25519', alg]) await importing({ kty: 'OKP', crv, x: akp.pub })
    })
  }
  for (const alg of ML_DSA) {
    test(`${name}: attack 21: one bit of the public half of a private ${alg} key is not to be changed (RFC 9964 §7.4)`, async () => {
      const jwk = jwkFor(alg)
      const bytes = Buffer.from(jwk.pub ?? '', 'base64url')
      for (const index of [0, 31, 32, bytes.length - 1]) {
        await importing({ ...jwk, pub: b64(bytes.with(index, (bytes[index] ?? 0) ^ 1)) }, 'CS_KEY_INVALID')
      }
    })
  }

  for (const { key, jwk, body } of CERTIFIED) {
    const others = CERTIFIED.filter((other) => other.key !== key)
    test(`${name}: attack 21: a certificate in the JWK of ${key} is for its key, or the JWK is refused (RFC 7517 §4.7)`, {
      skip: lacks(jwk.crv),
    }, async () => {
      for (const members of [jwk, publicMembers(jwk)]) {
        for (const x5c of [[body], [body, others[0]?.body ?? '']]) {
          assert.deepEqual(await door.exportJwk(door.importKey({ ...members, x5c })), members)
        }
        for (const other of others) {
          await importing({ ...members, x5c: [other.body] }, 'CS_KEY_INVALID')
          await importing({ ...members, x5c: [other.body, body] }, 'CS_KEY_INVALID')
        }
        const url = body.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
        const cut = Buffer.from(body, 'base64').subarray(0, -1).toString('base64')
        const pem = `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`
        for (const bad of [[], null, body, {}, { 0: body }, [7], [null], [''], [url], [cut], [pem], [[body]]]) {
          await importing({ ...members, x5c: bad }, 'CS_KEY_INVALID')
        }
      }
      await importing({ kty: 'oct', k: b64(Buffer.alloc(32, 7)), x5c: [body] }, 'CS_KEY_INVALID')
      const { skipped } = door.keySet({ keys: [{ ...publicMembers(jwk), x5c: [others[0]?.body ?? ''] }] })
      assert.equal(skipped.length, 1)
    })
  }

  for (const [how, encrypted] of [
    ['PBES2', pbes2],
    ['PBES1', pbes1],
  ] as const) {
    test(`${name}: as in attack 38: an encrypted private key (${how}) that asks for too many iterations is refused at once`, async () => {
      for (const count of [10_000_001n, 2n ** 31n - 1n, 2n ** 32n, 2n ** 63n, 2n ** 64n, 2n ** 500n]) {
        const octets = encrypted(unsigned(count))
        const base64 = Buffer.from(octets).toString('base64')
        const pem = `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${base64}\n-----END ENCRYPTED PRIVATE KEY-----\n`
        for (const form of [octets, pem, Buffer.from(pem).toString('base64')]) {
          await fails(() => door.importKey(form, { passphrase: 'x' }), 'CS_TOO_LARGE')
          await fails(() => door.importKey(form), 'CS_TOO_LARGE')
        }
      }
      for (const count of [der(TAG.integer, [0xff]), der(TAG.integer, []), der(TAG.octets, [1])]) {
        await fails(() => door.importKey(encrypted(count), { passphrase: 'x' }), 'CS_KEY_INVALID')
      }
    })
  }

  test(`${name}: as in attack 38: an encrypted private key (scrypt) that asks for too much work is refused at once`, async () => {
    // The first of these takes too much memory for OpenSSL, the others nothing but time: minutes to hours.
    for (const numbers of [
      [2n ** 24n, 8n, 1n],
      [2n ** 14n, 8n, 2n ** 14n],
      [2n ** 15n, 1n, 229_376n],
      [2n ** 14n, 8n, 2n ** 64n],
    ]) {
      await fails(() => door.importKey(scrypt(...numbers), { passphrase: 'x' }), 'CS_TOO_LARGE')
      await fails(() => door.importKey(scrypt(...numbers)), 'CS_TOO_LARGE')
    }
  })
  test(`${name}: as in attack 38: header lines of the way before PKCS#8 belong to RSA and EC keys alone`, async () => {
    const body = Buffer.from(pbes2(unsigned(2048n))).toString('base64')
    for (const label of ['ENCRYPTED PRIVATE KEY', 'PRIVATE KEY', 'PUBLIC KEY', 'CERTIFICATE', 'DSA PRIVATE KEY']) {
      const headers = `Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,${'0'.repeat(32)}\n`
      const pem = `-----BEGIN ${label}-----\n${headers}\n${body}\n-----END ${label}-----\n`
      await fails(() => door.importKey(pem, { passphrase: 'x' }), 'CS_UNSUPPORTED')
    }
  })

  for (const [alg, length] of SIGNATURE_OCTETS.filter(([alg]) => isHere(alg))) {
    test(`${name}: attack 5 and 7: a signature of ${alg} has exactly ${length} octets`, async () => {
      const jwk = jwkFor(alg)
      const verifier = door.createVerifier({ keys: publicMembers(jwk), ...POLICY })
      const text = input({ alg }, CLAIMS)
      const raw = signatureOf(jwk, text)
      assert.equal(raw.length, length)
      await verifier.verify(`${text}.${b64(raw)}`)
      const zero = Buffer.alloc(1)
      const [half, rest] = [raw.subarray(0, raw.length / 2), raw.subarray(raw.length / 2)]
      const forms = [
        raw.subarray(1),
        raw.subarray(0, -1),
        half,
        zero,
        Buffer.concat([raw, zero]),
        Buffer.concat([zero, raw]),
        Buffer.concat([zero, half, zero, rest]),
        Buffer.concat([raw, raw]),
        Buffer.alloc(length),
        Buffer.alloc(length, 0xff),
        ...[0, length >> 1, length - 1].map((index) => raw.with(index, (raw[index] ?? 0) ^ 1)),
      ]
      for (const form of forms) await refuses(verifier, `${text}.${b64(form)}`, 'CS_SIGNATURE')
      const signer = door.createSigner({ key: door.importKey(jwk), alg, expiresIn: 60, now })
      const [, , signature = ''] = (await signer.sign(CLAIMS)).split('.')
      assert.equal(Buffer.from(signature, 'base64url').length, length)
    })
  }
  test(`${name}: attack 6: signatures of edge values are refused with ES256K`, async () => {
    const { n } = EC_CURVES[3]
    const verifier = door.createVerifier({ keys: publicMembers(jwkFor('ES256K')), ...POLICY })
    const text = input({ alg: 'ES256K' }, CLAIMS)
    const edges = [0n, 1n, n - 1n, n, n + 1n, 2n ** 256n - 1n]
    for (const r of edges) {
      for (const s of edges)
        await refuses(verifier, `${text}.${b64(Buffer.concat([octets(r, 32), octets(s, 32)]))}`, 'CS_SIGNATURE')
    }
    const raw = signatureOf(jwkFor('ES256K'), text)
    for (const edge of [0n, n, n + 1n]) {
      for (const half of [0, 32]) {
        const changed = Buffer.from(raw)
        octets(edge, 32).copy(changed, half)
        await refuses(verifier, `${text}.${b64(changed)}`, 'CS_SIGNATURE')
      }
    }
  })
  test(`${name}: attack 7: a signature of ES256K in DER is refused, and an r with a leading zero octet is whole with it alone`, async () => {
    const jwk = jwkFor('ES256K')
    const verifier = door.createVerifier({ keys: publicMembers(jwk), ...POLICY })
    const key = createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' })
    const text = input({ alg: 'ES256K' }, CLAIMS)
    await refuses(verifier, `${text}.${b64(signBytes('sha256', Buffer.from(text), key))}`, 'CS_SIGNATURE')
    for (let jti = 0; ; jti++) {
      const own = input({ alg: 'ES256K' }, { ...CLAIMS, jti: String(jti) })
      const raw = signatureOf(jwk, own)
      if (raw[0] !== 0) continue
      await verifier.verify(`${own}.${b64(raw)}`)
      await refuses(verifier, `${own}.${b64(raw.subarray(1))}`, 'CS_SIGNATURE')
      return
    }
  })
  test(`${name}: attack 8: an Ed448 signature with S + L is refused, by either name of its algorithm`, {
    skip: lacks('Ed448'),
  }, async () => {
    const order = 2n ** 446n - 13818066809895115352007386748515426880336692474882178609894547503885n
    const jwk = jwkFor('Ed448')
    const verifier = door.createVerifier({ keys: publicMembers(jwk), ...POLICY })
    for (const alg of ['EdDSA', 'Ed448']) {
      const text = input({ alg }, CLAIMS)
      const raw = signatureOf(jwk, text)
      await verifier.verify(`${text}.${b64(raw)}`)
      const s = number(b64(Buffer.from(raw.subarray(57)).reverse()))
      for (const more of [order, 2n * order, 4n * order, 1n << 455n]) {
        const malleable = Buffer.concat([raw.subarray(0, 57), octets(s + more, 57).reverse()])
        await refuses(verifier, `${text}.${b64(malleable)}`, 'CS_SIGNATURE')
      }
    }
  })
  test(`${name}: attack 8: (r, n - s) is another text of one ES256K token, so only jti can name a token (RFC 8812 §3.2)`, async () => {
    const jwk = jwkFor('ES256K')
    const verifier = door.createVerifier({ keys: publicMembers(jwk), ...POLICY })
    const text = input({ alg: 'ES256K' }, { ...CLAIMS, jti: 'one' })
    const raw = signatureOf(jwk, text)
    const s = octets(EC_CURVES[3].n - number(b64(raw.subarray(32))), 32)
    for (const form of [raw, Buffer.concat([raw.subarray(0, 32), s])]) {
      assert.equal((await verifier.verify(`${text}.${b64(form)}`)).claims.jti, 'one')
    }
  })

  test(`${name}: attack 22: __proto__ in header, claims, JWK or set changes nothing`, async () => {
    const secret = Buffer.alloc(32, 7)
    const verifier = door.createVerifier({ keys: door.secretKey(secret, 'HS256'), ...POLICY })
    const evil = '"__proto__":{"admin":true,"alg":"none","kid":"x"},"constructor":{"prototype":{"admin":true}}'
    const { claims, header } = await verifier.verify(
      mac(`{"alg":"HS256",${evil}}`, `{${evil},${JSON.stringify(CLAIMS).slice(1)}`, secret),
    )
    assert.equal(claims['admin'], undefined)
    assert.equal(Object.getPrototypeOf(claims), Object.prototype)
    assert.equal(header['admin'], undefined)
    assert.equal(header.kid, undefined)
    assert.equal(({} as Record<string, unknown>)['admin'], undefined)
    // A claims set with that name goes through signing as plain data.
    const signer = door.createSigner({ key: door.secretKey(secret, 'HS256'), expiresIn: 60, now })
    const token = await signer.sign({ ...CLAIMS, ...(JSON.parse(`{${evil}}`) as object) })
    assert.deepEqual(Object.keys((await verifier.verify(token)).claims).includes('__proto__'), true)
  })
  test(`${name}: attack 22: members of a JWK count only where they are its own`, async () => {
    await importing(JSON.parse('{"__proto__":{"kty":"oct","k":"AAAA"}}') as object, 'CS_KEY_INVALID')
    await importing(Object.create({ kty: 'oct', k: b64(Buffer.alloc(32, 7)) }) as object, 'CS_KEY_INVALID')
    await fails(() => door.keySet(Object.create({ keys: [] }) as never), 'CS_JWKS_INVALID')
  })
  test(`${name}: attack 22: a required claim has to be the token's own`, async () => {
    const secret = Buffer.alloc(32, 7)
    const keys = door.secretKey(secret, 'HS256')
    for (const claim of ['toString', '__proto__', 'constructor', 'hasOwnProperty']) {
      const verifier = door.createVerifier({ keys, ...POLICY, requiredClaims: [claim] })
      await refuses(verifier, mac({ alg: 'HS256' }, CLAIMS, secret), 'CS_CLAIM_MISSING')
    }
  })

  test(`${name}: attack 23: what is too large is refused before it is decoded, under a right or wrong MAC`, async () => {
    const secret = Buffer.alloc(32, 7)
    const verifier = door.createVerifier({ keys: door.secretKey(secret, 'HS256'), ...POLICY })
    const big = { ...CLAIMS, pad: 'x'.repeat(16 * 1024) }
    await refuses(verifier, mac({ alg: 'HS256' }, big, secret), 'CS_TOO_LARGE')
    await refuses(verifier, mac({ alg: 'HS256' }, big, 'wrong'), 'CS_TOO_LARGE')
    await refuses(verifier, mac({ alg: 'HS256', pad: 'x'.repeat(8 * 1024) }, CLAIMS, secret), 'CS_TOO_LARGE')
    await refuses(verifier, 'x'.repeat(32 * 1024 * 1024), 'CS_TOO_LARGE')
    await refuses(verifier, `${'A'.repeat(16 * 1024 * 1024)}.e30.AAAA`, 'CS_TOO_LARGE')
  })
  test(`${name}: attack 23: nesting beyond the limit is refused in header and claims`, async () => {
    const secret = Buffer.alloc(32, 7)
    const verifier = door.createVerifier({ keys: door.secretKey(secret, 'HS256'), ...POLICY })
    const nest = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`
    const deep = (depth: number): string => `{"deep":${nest(depth)},${JSON.stringify(CLAIMS).slice(1)}`
    await verifier.verify(mac({ alg: 'HS256' }, deep(31), secret))
    await refuses(verifier, mac({ alg: 'HS256' }, deep(32), secret), 'CS_TOO_LARGE')
    await refuses(verifier, mac({ alg: 'HS256' }, deep(5000), secret), 'CS_TOO_LARGE')
    await refuses(verifier, mac(`{"alg":"HS256","deep":${nest(2500)}}`, CLAIMS, secret), 'CS_TOO_LARGE')
    await refuses(
      verifier,
      mac({ alg: 'HS256' }, `${'{"a":'.repeat(1500)}1${'}'.repeat(1500)}`, secret),
      'CS_TOO_LARGE',
    )
    const roomy = door.createVerifier({
      keys: door.secretKey(secret, 'HS256'),
      ...POLICY,
      limits: { tokenBytes: 1 << 24 },
    })
    await refuses(roomy, mac({ alg: 'HS256' }, deep(200_000), secret), 'CS_TOO_LARGE', 'CS_MALFORMED')
  })
  test(`${name}: attack 23: the limits are the caller's to set, and nothing is made that would not be read`, async () => {
    const secret = Buffer.alloc(32, 7)
    const key = door.secretKey(secret, 'HS256')
    const token = mac({ alg: 'HS256' }, CLAIMS, secret)
    const tight = door.createVerifier({ keys: key, ...POLICY, limits: { tokenBytes: token.length - 1 } })
    await refuses(tight, token, 'CS_TOO_LARGE')
    await door.createVerifier({ keys: key, ...POLICY, limits: { tokenBytes: token.length } }).verify(token)
    const signer = door.createSigner({ key, expiresIn: 60, now })
    await fails(() => signer.sign({ pad: 'x'.repeat(16 * 1024) }), 'CS_TOO_LARGE')
    await fails(() => signer.sign({ pad: 'x'.repeat(12 * 1024) }), 'CS_TOO_LARGE')
    await fails(
      () => signer.sign({ deep: JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`) as unknown }),
      'CS_TOO_LARGE',
    )
  })

  test(`${name}: attack 24: every wrong signature gives one and the same error`, async () => {
    const secret = Buffer.alloc(32, 7)
    const verifier = door.createVerifier({ keys: door.secretKey(secret, 'HS256'), ...POLICY })
    const [header, payload, signature] = mac({ alg: 'HS256' }, CLAIMS, secret).split('.') as [string, string, string]
    const bytes = Buffer.from(signature, 'base64url')
    const wrong = [0, 15, 31].map((index) => bytes.with(index, (bytes[index] ?? 0) ^ 1))
    const cut = [bytes.subarray(0, 31), Buffer.alloc(32), Buffer.alloc(64)]
    const errors = await Promise.all(
      [...wrong, ...cut].map((form) => refuses(verifier, `${header}.${payload}.${b64(form)}`, 'CS_SIGNATURE')),
    )
    assert.equal(new Set(errors.map((error) => JSON.stringify(error))).size, 1)
    const several = door.createVerifier({
      keys: [door.secretKey(Buffer.alloc(32, 8)), door.secretKey(Buffer.alloc(32, 42))],
      ...POLICY,
    })
    const other = await refuses(several, macInput(`${header}.${payload}`, secret), 'CS_SIGNATURE')
    assert.equal(JSON.stringify(other), JSON.stringify(errors[0]))
  })
}

test('attack 24: octets that someone else chose are compared in constant time alone', () => {
  const src = new URL('../../src/', import.meta.url)
  const files = readdirSync(src, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.ts'))
  assert.ok(files.length > 20)
  for (const file of files) {
    const text = readFileSync(new URL(file, src), 'utf8')
    assert.doesNotMatch(
      text,
      /Buffer\.compare|\.equals\(|signature\s*[!=]==(?!\s*(undefined|''|null))/,
      `${file} compares octets by hand`,
    )
  }
  assert.match(readFileSync(new URL('crypto/node-signatures.ts', src), 'utf8'), /timingSafeEqual/)
})
