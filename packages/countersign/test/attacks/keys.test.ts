import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { DOORS } from '../support/doors.ts'
import { b64, CLAIMS, fails, mac, macInput, now, POLICY, refuses } from '../support/forge.ts'

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

for (const { name, door } of DOORS) {
  const importing = (jwk: object, ...codes: string[]): Promise<unknown> =>
    fails(() => door.importKey(jwk as never), ...codes)

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
      if (member === 'd') assert.equal(door.importKey(without as never).kind, 'public')
      else await importing(without, 'CS_UNSUPPORTED')
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

  for (const [crv, size] of [
    ['P-256', 32],
    ['P-384', 48],
    ['P-521', 66],
  ] as const) {
    test(`${name}: attack 21: a point that is not on ${crv} is refused`, async () => {
      const { x, y } = generateKeyPairSync('ec', { namedCurve: crv }).publicKey.export({ format: 'jwk' }) as {
        x: string
        y: string
      }
      const point = { kty: 'EC', crv, x, y }
      assert.equal(door.importKey(point).crv, crv)
      const flipped = Buffer.from(y, 'base64url')
      flipped[size - 1] = (flipped[size - 1] ?? 0) ^ 1
      await importing({ ...point, y: b64(flipped) }, 'CS_KEY_INVALID')
      await importing({ ...point, x: b64(Buffer.alloc(size)), y: b64(Buffer.alloc(size)) }, 'CS_KEY_INVALID')
      await importing({ ...point, x: b64(Buffer.alloc(size, 0xff)) }, 'CS_KEY_INVALID')
      await importing({ ...point, x: y, y: x }, 'CS_KEY_INVALID')
    })
    test(`${name}: attack 21: members on ${crv} have exactly ${size} octets`, async () => {
      const jwk = generateKeyPairSync('ec', { namedCurve: crv }).privateKey.export({ format: 'jwk' }) as Record<
        string,
        string
      >
      for (const member of ['x', 'y', 'd']) {
        const bytes = Buffer.from(jwk[member] ?? '', 'base64url')
        await importing({ ...jwk, [member]: b64(Buffer.concat([Buffer.alloc(1), bytes])) }, 'CS_KEY_INVALID')
        await importing({ ...jwk, [member]: b64(bytes.subarray(1)) }, 'CS_KEY_INVALID')
        await importing({ ...jwk, [member]: '' }, 'CS_KEY_INVALID')
        await importing({ ...jwk, [member]: `${jwk[member]}=` }, 'CS_KEY_INVALID')
      }
      await importing({ ...jwk, d: b64(Buffer.alloc(size)) }, 'CS_KEY_INVALID')
      await importing({ ...jwk, d: b64(Buffer.alloc(size, 0xff)) }, 'CS_KEY_INVALID')
    })
  }
  test(`${name}: attack 21: another curve's name on a point is refused`, async () => {
    const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
    for (const crv of ['P-384', 'P-521', 'Ed25519']) await importing({ ...jwk, crv }, 'CS_KEY_INVALID')
    for (const crv of ['p-256', 'P-224', '__proto__', '']) await importing({ ...jwk, crv }, 'CS_UNSUPPORTED')
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
  assert.match(readFileSync(new URL('crypto/node.ts', src), 'utf8'), /timingSafeEqual/)
})
