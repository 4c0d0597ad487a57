import assert from 'node:assert/strict'
import { constants, createPublicKey, generateKeyPairSync, sign as signBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { DOORS } from '../support/doors.ts'
import { b64, CLAIMS, fails, input, mac, macInput, NOW, now, POLICY, refuses, signed } from '../support/forge.ts'
import { CURVES, jwkFor, lacks, ML_DSA, nodePair, publicMembers } from '../support/keys.ts'

const SECRET = Buffer.from('5e'.repeat(32), 'hex')
const HS = { alg: 'HS256' }
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ed = generateKeyPairSync('ed25519')
const jwk = (key: typeof ec.publicKey): never => key.export({ format: 'jwk' }) as never
const REFUSALS_16 = ['CS_BASE64', 'CS_SIGNATURE', 'CS_MALFORMED']
const es256 = { key: ec.privateKey, dsaEncoding: 'ieee-p1363' } as const

/** The order of each curve of ECDSA (FIPS 186-5, SEC 2 §2.4.1). */
const ORDERS = {
  ES256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  ES384: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  ES512:
    0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  ES256K: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
} as const

/** The order of each curve of EdDSA, and the octets of half a signature (RFC 8032 §5.1, §5.2). */
const EDDSA = [
  ['Ed25519', 2n ** 252n + 27742317777372353535851937790883648493n, 32],
  ['Ed448', 2n ** 446n - 13818066809895115352007386748515426880336692474882178609894547503885n, 57],
] as const

/** How many octets at the end of a signature tell its hints (FIPS 204 §4, ω + k). */
const HINT_OCTETS: Readonly<Record<string, number>> = { 'ML-DSA-44': 84, 'ML-DSA-65': 61, 'ML-DSA-87': 83 }

/** The signing input and the signature of a token. */
function taken(token: string): { readonly text: string; readonly raw: Buffer } {
  const text = token.slice(0, token.lastIndexOf('.'))
  return { text, raw: Buffer.from(token.slice(text.length + 1), 'base64url') }
}

for (const { name, door } of DOORS) {
  const secret = door.secretKey(SECRET, 'HS256')
  const verifier = door.createVerifier({ keys: secret, ...POLICY })
  const ecVerifier = door.createVerifier({ keys: jwk(ec.publicKey), ...POLICY })
  const rsaVerifier = door.createVerifier({ keys: jwk(rsa.publicKey), ...POLICY })
  const edVerifier = door.createVerifier({ keys: jwk(ed.publicKey), ...POLICY })

  test(`${name}: the tokens that the attacks start from are good ones`, async () => {
    assert.equal((await verifier.verify(mac(HS, CLAIMS, SECRET))).claims.sub, CLAIMS.sub)
    assert.equal((await ecVerifier.verify(signed({ alg: 'ES256' }, CLAIMS, 'sha256', es256))).header.alg, 'ES256')
    assert.equal((await rsaVerifier.verify(signed({ alg: 'RS256' }, CLAIMS, 'sha256', rsa.privateKey))).key.kty, 'RSA')
    assert.equal((await edVerifier.verify(signed({ alg: 'EdDSA' }, CLAIMS, null, ed.privateKey))).key.crv, 'Ed25519')
  })

  const nones = ['none', 'None', 'NONE', 'nOnE', 'none ', ' none', 'none\n', 'NoNe\t']
  for (const alg of nones) {
    test(`${name}: attack 1: alg ${JSON.stringify(alg)} is refused with and without a signature`, async () => {
      const text = input({ alg }, CLAIMS)
      await refuses(verifier, `${text}.`, 'CS_UNSIGNED')
      await refuses(verifier, `${text}.c3RyYXk`, 'CS_UNSIGNED')
      await refuses(verifier, macInput(text, SECRET), 'CS_UNSIGNED')
      await refuses(ecVerifier, macInput(text, SECRET), 'CS_UNSIGNED')
    })
  }

  const brokenAlgs = [undefined, null, [], ['HS256'], {}, 0, true]
  for (const alg of brokenAlgs) {
    test(`${name}: attack 1: an alg of ${JSON.stringify(alg)} is a broken header`, async () => {
      await refuses(verifier, mac({ alg }, CLAIMS, SECRET), 'CS_HEADER')
      await refuses(verifier, `${input({ alg }, CLAIMS)}.`, 'CS_HEADER')
    })
  }
  const unknownAlgs = ['', 'hs256', 'HS256 ', 'HS1', 'constructor', '__proto__', 'toString', 'A256GCM', 'dir', 'null']
  for (const alg of unknownAlgs) {
    test(`${name}: attack 1: alg ${JSON.stringify(alg)} is no algorithm`, async () => {
      await refuses(verifier, mac({ alg }, CLAIMS, SECRET), 'CS_ALG')
    })
  }

  const prefixes = ['', ' ', '\n', '\ufeff', '\u200b', '\0', '# ']
  const publicForms: readonly (readonly [what: string, bytes: Buffer])[] = [
    ['PEM', Buffer.from(rsa.publicKey.export({ format: 'pem', type: 'spki' }))],
    [
      'PEM without its last line break',
      Buffer.from(rsa.publicKey.export({ format: 'pem', type: 'spki' }).toString().trim()),
    ],
    ['PKCS#1 PEM', Buffer.from(rsa.publicKey.export({ format: 'pem', type: 'pkcs1' }))],
    ['DER', rsa.publicKey.export({ format: 'der', type: 'spki' })],
    ['JWK', Buffer.from(JSON.stringify(jwk(rsa.publicKey)))],
    ['JWK Set', Buffer.from(JSON.stringify({ keys: [jwk(rsa.publicKey)] }))],
    ['modulus', Buffer.from((jwk(rsa.publicKey) as { n: string }).n, 'base64url')],
    ['modulus text', Buffer.from((jwk(rsa.publicKey) as { n: string }).n)],
  ]
  for (const [what, bytes] of publicForms) {
    test(`${name}: attack 2: the public key as ${what} is no HMAC secret for the verifier that holds it`, async () => {
      for (const prefix of prefixes) {
        const token = mac(HS, CLAIMS, Buffer.concat([Buffer.from(prefix), bytes]))
        await refuses(rsaVerifier, token, 'CS_KEY_TYPE')
        await refuses(
          door.createVerifier({ keys: door.keySet({ keys: [jwk(rsa.publicKey)] }), ...POLICY }),
          token,
          'CS_NO_KEY',
        )
      }
    })
  }
  test(`${name}: attack 2: a public key in any spelling is refused as a secret`, async () => {
    for (const [what, bytes] of publicForms.filter(([form]) => !form.startsWith('modulus'))) {
      for (const prefix of what === 'DER' ? [''] : prefixes) {
        await fails(() => door.secretKey(Buffer.concat([Buffer.from(prefix), bytes])), 'CS_WEAK_SECRET')
      }
    }
    await fails(() => door.importKey({ kty: 'oct', k: b64(publicForms[0]?.[1] ?? '') }), 'CS_WEAK_SECRET')
    await fails(() => door.importKey('a plain text secret, 32 octets long or more'), 'CS_KEY_INVALID')
  })
  test(`${name}: attack 2: one key never serves HMACs and signatures from one allow-list`, () => {
    const algorithms = ['HS256', 'RS256']
    assert.throws(() => door.createVerifier({ keys: jwk(rsa.publicKey), algorithms, ...POLICY }), TypeError)
    assert.throws(() => door.createVerifier({ keys: secret, algorithms, ...POLICY }), TypeError)
  })

  test(`${name}: attack 3: an RSA JWK without alg does not become an HMAC key`, async () => {
    const { n } = jwk(rsa.publicKey) as { n: string }
    for (const key of ['', n, Buffer.from(n, 'base64url')]) {
      await refuses(rsaVerifier, mac(HS, CLAIMS, key), 'CS_KEY_TYPE')
      const narrowed = door.createVerifier({ keys: jwk(rsa.publicKey), algorithms: ['RS256'], ...POLICY })
      await refuses(narrowed, mac(HS, CLAIMS, key), 'CS_ALG')
    }
  })

  test(`${name}: attack 4: an algorithm that the allow-list leaves out is refused, though the key serves it`, async () => {
    const narrowed = door.createVerifier({ keys: jwk(rsa.publicKey), algorithms: ['PS256'], ...POLICY })
    await refuses(narrowed, signed({ alg: 'RS256' }, CLAIMS, 'sha256', rsa.privateKey), 'CS_ALG')
  })
  test(`${name}: attack 4: header and signature of two algorithms do not verify`, async () => {
    await refuses(rsaVerifier, signed({ alg: 'PS256' }, CLAIMS, 'sha256', rsa.privateKey), 'CS_SIGNATURE')
    await refuses(rsaVerifier, signed({ alg: 'RS512' }, CLAIMS, 'sha256', rsa.privateKey), 'CS_SIGNATURE')
    await refuses(rsaVerifier, signed({ alg: 'ES256' }, CLAIMS, 'sha256', rsa.privateKey), 'CS_KEY_TYPE')
    await refuses(ecVerifier, signed({ alg: 'ES384' }, CLAIMS, 'sha384', es256), 'CS_KEY_TYPE')
    await refuses(edVerifier, signed({ alg: 'ES256' }, CLAIMS, 'sha256', es256), 'CS_KEY_TYPE')
  })
  test(`${name}: attack 4: every pair of an algorithm and another algorithm's key is refused`, async () => {
    const keys = await Promise.all(door.capabilities().signature.map(async (alg) => door.generateKey(alg)))
    let pairs = 0
    for (const signing of keys) {
      const token = await door.createSigner({ key: signing, expiresIn: 60, now }).sign(CLAIMS)
      for (const verifying of keys) {
        const keyOf = verifying.kind === 'secret' ? verifying : await door.publicKey(verifying)
        const cell = door.createVerifier({ keys: keyOf, ...POLICY })
        if (signing === verifying) await cell.verify(token)
        else await refuses(cell, token, 'CS_KEY_TYPE', 'CS_SIGNATURE')
        pairs++
      }
    }
    assert.equal(pairs, keys.length ** 2)
  })
  test(`${name}: attack 4: an allow-list that is empty or no list is a mistake of the program`, () => {
    for (const algorithms of [[], '', 'HS256', null, {}, ['none'], ['HS257'], [undefined]]) {
      assert.throws(() => door.createVerifier({ keys: secret, ...POLICY, algorithms: algorithms as never }), TypeError)
    }
  })

  test(`${name}: attack 5: a MAC cut to any length is refused`, async () => {
    const [header, payload, signature] = mac(HS, CLAIMS, SECRET).split('.') as [string, string, string]
    const bytes = Buffer.from(signature, 'base64url')
    await refuses(verifier, `${header}.${payload}`, 'CS_MALFORMED')
    await refuses(verifier, `${header}.${payload}.`, 'CS_MALFORMED')
    for (let length = 1; length < bytes.length; length++) {
      await refuses(verifier, `${header}.${payload}.${b64(bytes.subarray(0, length))}`, 'CS_SIGNATURE')
    }
    await refuses(verifier, `${header}.${payload}.${b64(Buffer.concat([bytes, bytes]))}`, 'CS_SIGNATURE')
  })

  for (const alg of ['RS256', 'PS256', ...CURVES]) {
    test(`${name}: attack 5: a signature with one octet less, one more, or twice, is refused: ${alg}`, async () => {
      const signing = door.importKey(jwkFor(alg === 'PS256' ? 'RS256' : alg), { alg })
      const cell = door.createVerifier({ keys: await door.publicKey(signing), ...POLICY })
      const token = await door.createSigner({ key: signing, expiresIn: 60, now }).sign(CLAIMS)
      await cell.verify(token)
      const { text, raw } = taken(token)
      const zero = Buffer.alloc(1)
      const forms = [raw.subarray(1), raw.subarray(0, -1), Buffer.concat([raw, zero]), Buffer.concat([zero, raw])]
      for (const form of [...forms, raw.subarray(0, 1), Buffer.concat([raw, raw])])
        await refuses(cell, `${text}.${b64(form)}`, 'CS_SIGNATURE')
    })
  }

  for (const [alg, order] of Object.entries(ORDERS)) {
    test(`${name}: attack 6: signatures of edge values are refused: ${alg}`, async () => {
      const cell = door.createVerifier({ keys: publicMembers(jwkFor(alg)), ...POLICY })
      const text = input({ alg }, CLAIMS)
      const digits = 2 * Math.ceil(order.toString(2).length / 8)
      const half = (number: bigint): string => number.toString(16).padStart(digits, '0')
      const edges = [0n, 1n, order - 1n, order, order + 1n, 16n ** BigInt(digits) - 1n]
      for (const r of edges) {
        for (const s of edges) {
          await refuses(cell, `${text}.${b64(Buffer.from(half(r) + half(s), 'hex'))}`, 'CS_SIGNATURE')
        }
      }
    })
  }

  for (const [alg, order] of Object.entries(ORDERS)) {
    test(`${name}: attack 7: an ECDSA signature in DER, padded or cut is refused: ${alg}`, async () => {
      const { privateKey, publicKey } = nodePair(jwkFor(alg))
      const cell = door.createVerifier({ keys: jwk(publicKey), ...POLICY })
      const hash = { ES384: 'sha384', ES512: 'sha512' }[alg] ?? 'sha256'
      const text = input({ alg }, CLAIMS)
      const raw = signBytes(hash, Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' })
      const half = Math.ceil(order.toString(2).length / 8)
      const zero = Buffer.alloc(1)
      const forms = [
        signBytes(hash, Buffer.from(text), privateKey),
        raw.subarray(1),
        raw.subarray(0, -1),
        Buffer.concat([raw, zero]),
        Buffer.concat([zero, raw.subarray(0, half), zero, raw.subarray(half)]),
        Buffer.concat([raw, Buffer.alloc(4096)]),
      ]
      for (const form of forms) await refuses(cell, `${text}.${b64(form)}`, 'CS_SIGNATURE')
      await cell.verify(`${text}.${b64(raw)}`)
    })
  }
  test(`${name}: attack 7: an r that starts with a zero octet verifies whole and is refused without it`, async () => {
    for (let jti = 0; ; jti++) {
      const text = input({ alg: 'ES256' }, { ...CLAIMS, jti: String(jti) })
      const raw = signBytes('sha256', Buffer.from(text), es256)
      if (raw[0] !== 0) continue
      await ecVerifier.verify(`${text}.${b64(raw)}`)
      await refuses(ecVerifier, `${text}.${b64(raw.subarray(1))}`, 'CS_SIGNATURE')
      return
    }
  })

  for (const [crv, order, octets] of EDDSA) {
    test(`${name}: attack 8: an ${crv} signature with S + L is refused`, { skip: lacks(crv) }, async () => {
      const { privateKey, publicKey } = nodePair(jwkFor(crv))
      const cell = door.createVerifier({ keys: jwk(publicKey), ...POLICY })
      for (const alg of [crv, 'EdDSA']) {
        const text = input({ alg }, CLAIMS)
        const raw = signBytes(null, Buffer.from(text), privateKey)
        const s = BigInt(`0x${Buffer.from(raw.subarray(octets)).reverse().toString('hex')}`) + order
        const malleable = Buffer.concat([
          raw.subarray(0, octets),
          Buffer.from(s.toString(16).padStart(2 * octets, '0'), 'hex').reverse(),
        ])
        await cell.verify(`${text}.${b64(raw)}`)
        await refuses(cell, `${text}.${b64(malleable)}`, 'CS_SIGNATURE')
      }
    })
  }
  for (const alg of ML_DSA) {
    test(`${name}: attack 8: the hints of an ${alg} signature are written in one way alone (FIPS 204 §7.1)`, async () => {
      const key = door.importKey(jwkFor(alg))
      const cell = door.createVerifier({ keys: await door.publicKey(key), ...POLICY })
      const token = await door.createSigner({ key, expiresIn: 60, now }).sign(CLAIMS)
      await cell.verify(token)
      const { text, raw } = taken(token)
      const start = raw.length - (HINT_OCTETS[alg] ?? 0)
      const used = raw.at(-1) ?? 0
      const changes: readonly (readonly [at: number, value: number])[] = [
        [start + used, 1], // behind the last hint stand zeros
        [raw.length - 1, used + 1], // no zero is a hint
        [raw.length - 1, 255],
        [start + 1, raw[start] ?? 0], // hints rise
      ]
      for (const [at, value] of changes.filter(([at, value]) => raw[at] !== value)) {
        const changed = Buffer.from(raw)
        changed[at] = value
        await refuses(cell, `${text}.${b64(changed)}`, 'CS_SIGNATURE')
      }
    })
  }
  test(`${name}: attack 8: (r, n - s) is another text of one ECDSA token, so only jti can name a token`, async () => {
    const text = input({ alg: 'ES256' }, { ...CLAIMS, jti: 'one' })
    const raw = signBytes('sha256', Buffer.from(text), es256)
    const s = ORDERS.ES256 - BigInt(`0x${raw.subarray(32).toString('hex')}`)
    const other = Buffer.concat([raw.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')])
    const [a, b] = [await ecVerifier.verify(`${text}.${b64(raw)}`), await ecVerifier.verify(`${text}.${b64(other)}`)]
    assert.equal(a.claims.jti, b.claims.jti)
  })

  test(`${name}: attack 9: an RSA signature of another length or value than the modulus allows is refused`, async () => {
    const text = input({ alg: 'RS256' }, CLAIMS)
    const raw = signBytes('sha256', Buffer.from(text), rsa.privateKey)
    const modulus = BigInt(`0x${Buffer.from((jwk(rsa.publicKey) as { n: string }).n, 'base64url').toString('hex')}`)
    const plusN = (BigInt(`0x${raw.toString('hex')}`) + modulus).toString(16)
    const forms = [
      Buffer.concat([Buffer.alloc(1), raw]),
      Buffer.concat([raw, Buffer.alloc(1)]),
      raw.subarray(1),
      raw.subarray(0, 255),
      Buffer.from(plusN.padStart(plusN.length > 512 ? 514 : 512, '0'), 'hex'),
      Buffer.alloc(256),
      Buffer.alloc(256, 0xff),
    ]
    for (const form of forms) await refuses(rsaVerifier, `${text}.${b64(form)}`, 'CS_SIGNATURE')
  })
  for (const saltLength of [0, 20, 31, 33, constants.RSA_PSS_SALTLEN_MAX_SIGN]) {
    test(`${name}: attack 9: PSS with a salt of ${saltLength} is refused`, async () => {
      const key = { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }
      await refuses(rsaVerifier, signed({ alg: 'PS256' }, CLAIMS, 'sha256', key), 'CS_SIGNATURE')
    })
  }
  test(`${name}: attack 9: PKCS#1 padding with garbage behind the hash is refused`, async () => {
    // Any block that is not the one right padding: here the private operation runs over blocks made by hand.
    const text = input({ alg: 'RS256' }, CLAIMS)
    const { n: modulus, d } = rsa.privateKey.export({ format: 'jwk' }) as { n: string; d: string }
    const number = (value: string): bigint => BigInt(`0x${Buffer.from(value, 'base64url').toString('hex')}`)
    const { createHash } = await import('node:crypto')
    const info = Buffer.concat([
      Buffer.from('3031300d060960864801650304020105000420', 'hex'),
      createHash('sha256').update(text).digest(),
    ])
    const block = (padding: number, tail: Buffer): Buffer =>
      Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(padding, 0xff), Buffer.from([0]), info, tail])
    const sign = (bytes: Buffer): string => {
      let [result, base, exponent] = [1n, BigInt(`0x${bytes.toString('hex')}`), number(d)]
      const m = number(modulus)
      for (; exponent > 0n; exponent >>= 1n, base = (base * base) % m) if (exponent & 1n) result = (result * base) % m
      return b64(Buffer.from(result.toString(16).padStart(512, '0'), 'hex'))
    }
    await rsaVerifier.verify(`${text}.${sign(block(202, Buffer.alloc(0)))}`)
    await refuses(rsaVerifier, `${text}.${sign(block(8, Buffer.alloc(194)))}`, 'CS_SIGNATURE')
    await refuses(rsaVerifier, `${text}.${sign(block(201, Buffer.alloc(1)))}`, 'CS_SIGNATURE')
  })

  test(`${name}: attack 10: a key inside the header is not used`, async () => {
    const attacker = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const header = { alg: 'ES256', jwk: attacker.publicKey.export({ format: 'jwk' }) }
    const token = signed(header, CLAIMS, 'sha256', { key: attacker.privateKey, dsaEncoding: 'ieee-p1363' })
    await refuses(ecVerifier, token, 'CS_SIGNATURE')
    await refuses(door.createVerifier({ keys: () => undefined, ...POLICY }), token, 'CS_NO_KEY')
    await refuses(door.createVerifier({ keys: { keys: [] }, ...POLICY }), token, 'CS_NO_KEY')
    assert.throws(() => door.createVerifier({ ...POLICY } as never), TypeError)
    assert.throws(() => door.createVerifier({ keys: null, ...POLICY } as never), TypeError)
  })

  test(`${name}: attack 11: URLs in the header are not fetched`, async () => {
    let hits = 0
    const server = createServer((_request, response) => {
      hits++
      response.end(JSON.stringify({ keys: [jwk(ec.publicKey)] }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/jwks.json`
    const header = { alg: 'ES256', kid: 'k', jku: url, x5u: url, x5c: [url] }
    const token = signed(header, CLAIMS, 'sha256', es256)
    await refuses(door.createVerifier({ keys: { keys: [] }, ...POLICY }), token, 'CS_NO_KEY')
    await ecVerifier.verify(token)
    server.close()
    assert.equal(hits, 0)
  })

  const kids = ['../../dev/null', '__proto__', 'constructor', 'toString', 'A', "' OR 1=1 --", '', 'k\0', 'ﬀ', 'K']
  for (const kid of kids) {
    test(`${name}: attack 12: kid ${JSON.stringify(kid)} finds no key`, async () => {
      const keys = door.keySet({ keys: [{ kty: 'oct', k: b64(SECRET), kid: 'k' }] })
      const byLookup: Record<string, typeof secret> = { k: secret }
      for (const key of ['', SECRET]) {
        const token = mac({ alg: 'HS256', kid }, CLAIMS, key)
        await refuses(door.createVerifier({ keys, ...POLICY }), token, 'CS_NO_KEY')
        const finder = door.createVerifier({ keys: (header) => byLookup[header.kid ?? ''], ...POLICY })
        await refuses(finder, token, 'CS_NO_KEY')
      }
    })
  }
  test(`${name}: attack 12: a kid that is not a string is a broken header`, async () => {
    for (const kid of [1, null, ['k'], {}, true]) {
      await refuses(verifier, mac({ alg: 'HS256', kid }, CLAIMS, SECRET), 'CS_HEADER')
    }
  })
  test(`${name}: attack 12: what a key function gives instead of a key is a key not found`, async () => {
    for (const found of ['', null, undefined, 0, {}, SECRET, 'secret', [], [null], [secret, {}], Object.prototype]) {
      await refuses(door.createVerifier({ keys: () => found as never, ...POLICY }), mac(HS, CLAIMS, ''), 'CS_NO_KEY')
    }
  })

  const duplicates = [
    ['two alg', '{"alg":"none","alg":"HS256"}', CLAIMS],
    ['two alg the other way', '{"alg":"HS256","alg":"none"}', CLAIMS],
    ['an escaped alg', '{"alg":"HS256","\\u0061lg":"none"}', CLAIMS],
    ['a nested pair in the header', '{"alg":"HS256","x":{"a":1,"a":2}}', CLAIMS],
    ['two sub', HS, `{"sub":"a","sub":"b",${JSON.stringify(CLAIMS).slice(1)}`],
    ['an escaped sub', HS, `{"s\\u0075b":"admin",${JSON.stringify(CLAIMS).slice(1)}`],
    ['white space before the colon', HS, `{"sub" :"admin",${JSON.stringify(CLAIMS).slice(1)}`],
    ['a pair deep in an array', HS, `{"x":[1,{"a":1,"b":[{"c":1,"c":1}]}],${JSON.stringify(CLAIMS).slice(1)}`],
    ['two __proto__', HS, `{"__proto__":1,"__proto__":1,${JSON.stringify(CLAIMS).slice(1)}`],
    ['a comment', HS, `/**/${JSON.stringify(CLAIMS)}`],
    ['trailing text', HS, `${JSON.stringify(CLAIMS)}{}`],
    ['a trailing comma', HS, `${JSON.stringify(CLAIMS).slice(0, -1)},}`],
  ] as const
  for (const [what, header, payload] of duplicates) {
    test(`${name}: attack 15: ${what} is refused under a valid MAC`, async () => {
      await refuses(verifier, mac(header, payload, SECRET), 'CS_MALFORMED')
    })
  }

  test(`${name}: attack 16: a token has one text: each other spelling of a segment is refused`, async () => {
    const good = mac(HS, { ...CLAIMS, pad: 'x' }, SECRET)
    const segments = good.split('.')
    const spoil = [
      (text: string) => `${text}=`,
      (text: string) => `${text}==`,
      (text: string) => ` ${text}`,
      (text: string) => `${text}\n`,
      (text: string) => `${text.slice(0, 4)}\t${text.slice(4)}`,
      (text: string) => `${text}A`,
      (text: string) => `${text}!`,
      (text: string) => `${text.slice(0, 3)}ÿ${text.slice(4)}`,
      (text: string) => `${text.slice(0, 3)}Ł${text.slice(4)}`,
      (text: string) => text.replaceAll('-', '+').replaceAll('_', '/').replace(/^.../, '+/+'),
    ]
    for (const index of [0, 1, 2]) {
      for (const change of spoil) {
        const changed = segments.with(index, change(segments[index] ?? ''))
        await refuses(verifier, changed.join('.'), ...REFUSALS_16)
        // Where the segment is signed, a right MAC over the wrong spelling does not help.
        if (index < 2) await refuses(verifier, macInput(changed.slice(0, 2).join('.'), SECRET), ...REFUSALS_16)
      }
    }
  })
  test(`${name}: attack 16: a character that is a right one once cut to eight bits is refused`, async () => {
    const segments = mac(HS, CLAIMS, SECRET).split('.')
    for (const index of [0, 1, 2]) {
      const text = segments[index] ?? ''
      const wide = String.fromCharCode(text.charCodeAt(4) + 0x100)
      // A payload is decoded once it is verified, and WebCrypto is given no text that is cut to octets.
      const codes = index === 1 ? ['CS_BASE64', 'CS_SIGNATURE'] : ['CS_BASE64']
      await refuses(verifier, segments.with(index, text.slice(0, 4) + wide + text.slice(5)).join('.'), ...codes)
    }
  })
  test(`${name}: attack 16: unused bits that are not zero are refused in each segment`, async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const next = (text: string): string => text.slice(0, -1) + alphabet.charAt(alphabet.indexOf(text.at(-1) ?? '') + 1)
    const header = b64('{"alg":"HS256" }') // 16 octets leave unused bits
    const payload = b64(`${JSON.stringify(CLAIMS)}${' '.repeat((3 - (JSON.stringify(CLAIMS).length % 3) + 1) % 3)}`)
    assert.notEqual(payload.length % 4, 0)
    const token = macInput(`${header}.${payload}`, SECRET)
    await verifier.verify(token)
    await refuses(verifier, next(token), 'CS_BASE64')
    await refuses(verifier, macInput(`${next(header)}.${payload}`, SECRET), 'CS_BASE64')
    await refuses(verifier, macInput(`${header}.${next(payload)}`, SECRET), 'CS_BASE64')
  })

  const good = mac(HS, CLAIMS, SECRET)
  const [head, body] = good.split('.') as [string, string]
  const shapes: readonly (readonly [what: string, token: unknown])[] = [
    ['nothing', undefined],
    ['null', null],
    ['a number', 42],
    ['an object', { token: good }],
    ['an array', [good]],
    ['a String object', new String(good)],
    ['octets', Buffer.from(good)],
    ['an object that turns into a token', { toString: () => good }],
    ['an empty text', ''],
    ['a dot', '.'],
    ['two dots', '..'],
    ['three dots', '...'],
    ['four dots', '....'],
    ['a million dots', '.'.repeat(1_000_000)],
    ['16 000 dots', '.'.repeat(16_000)],
    ['one segment', head],
    ['two segments', `${head}.${body}`],
    ['four segments', `${good}.${body}`],
    ['six segments', `${good}.a.b.c`],
    ['an empty header', `.${body}.AAAA`],
    ['an empty payload', macInput(`${head}.`, SECRET)],
    ['a header that is an array', mac('["HS256"]', CLAIMS, SECRET)],
    ['a header that is a string', mac('"HS256"', CLAIMS, SECRET)],
    ['a header that is null', mac('null', CLAIMS, SECRET)],
    ['a header that is a number', mac('1', CLAIMS, SECRET)],
    ['a header that is no JSON', mac('{alg:HS256}', CLAIMS, SECRET)],
    ['a header cut short', mac('{"alg":"HS256"', CLAIMS, SECRET)],
    ['a header with a byte order mark', mac('\ufeff{"alg":"HS256"}', CLAIMS, SECRET)],
    ['a header with invalid UTF-8', macInput(`${b64(Buffer.from('7b22616c67223a22ff227d', 'hex'))}.${body}`, SECRET)],
    ['the scheme in front', `Bearer ${good}`],
    ['quotes around it', JSON.stringify(good)],
    ['a line break behind it', `${good}\n`],
    ['a space in front', ` ${good}`],
  ]
  for (const [what, token] of shapes) {
    test(`${name}: attack 17: ${what} is not a token`, async () => {
      await refuses(verifier, token, 'CS_MALFORMED', 'CS_TOO_LARGE', 'CS_BASE64', 'CS_HEADER')
      await fails(
        () => door.decodeUnverified(token as string),
        'CS_MALFORMED',
        'CS_TOO_LARGE',
        'CS_BASE64',
        'CS_HEADER',
      )
    })
  }
  test(`${name}: attack 17: five segments are a JWE, and not what is verified`, async () => {
    await refuses(verifier, `${good}.AAAA.AAAA`, 'CS_ENCRYPTED')
    await refuses(verifier, `${b64('{"alg":"dir","enc":"A256GCM"}')}..AAAA.AAAA.AAAA`, 'CS_ENCRYPTED')
  })
  test(`${name}: attack 17: a critical extension is refused however it is written`, async () => {
    for (const crit of [['exp'], [], null, 'exp', ['alg'], [1], ['b64'], ['__proto__']]) {
      await refuses(verifier, mac({ alg: 'HS256', crit, exp: NOW, b64: false }, CLAIMS, SECRET), 'CS_CRIT')
    }
    await refuses(verifier, mac({ alg: 'HS256', b64: false }, CLAIMS, SECRET), 'CS_CRIT')
  })
  test(`${name}: attack 17: a key that was made from another public key's PEM is another key`, async () => {
    const other = door.importKey(
      createPublicKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
        .export({ format: 'pem', type: 'spki' })
        .toString(),
    )
    await refuses(
      door.createVerifier({ keys: other, ...POLICY }),
      signed({ alg: 'ES256' }, CLAIMS, 'sha256', es256),
      'CS_SIGNATURE',
    )
  })
}
