import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { generateKey, importKey, type JoseError, type Key, publicKey, secretKey } from 'countersign'
import { type JwsPart, signJws, type VerifyJwsOptions, verifyJws } from 'countersign/jws'
import { DOORS } from '../support/doors.ts'
import { b64, CLAIMS, fails, macInput, POLICY, refuses } from '../support/forge.ts'
import { jwkFor } from '../support/keys.ts'

const SECRET = Buffer.from('5e'.repeat(32), 'hex')
const secret = secretKey(SECRET, 'HS256')
const stranger = secretKey(Buffer.alloc(32, 7), 'HS256')
const HS = { alg: 'HS256' }
const HELLO = b64('hello')

const macOf = (input: string | Uint8Array): string => createHmac('sha256', SECRET).update(input).digest('base64url')
const jsonOf = (header: unknown): string => b64(typeof header === 'string' ? header : JSON.stringify(header))

/** One signature with a valid MAC over whatever its header says; `payload` stands as it is in the signing input. */
function part(header: unknown, payload = HELLO): JwsPart & { readonly protected: string } {
  const guarded = jsonOf(header)
  return { protected: guarded, signature: macOf(`${guarded}.${payload}`) }
}

/** One signature whose header is not protected. */
const openPart = (header: unknown, payload = HELLO): JwsPart => ({
  header: header as Record<string, unknown>,
  signature: macOf(`.${payload}`),
})

type Form = readonly [serialization: string, token: unknown]
const objects = (one: JwsPart, payload: string | undefined = HELLO): readonly Form[] => [
  ['flattened', { payload, ...one }],
  ['general', { payload, signatures: [one] }],
]

/** A JWS in every serialization, with a valid MAC whatever its header says. */
function forms(header: unknown, payload = HELLO): readonly Form[] {
  const one = part(header, payload)
  return [['compact', `${one.protected}.${payload}.${one.signature}`], ...objects(one, payload)]
}

/** `verifyJws` for what no type lets through. */
const verify = (
  token: unknown,
  options: Partial<VerifyJwsOptions> = {},
): Promise<{ readonly header: Readonly<Record<string, unknown>>; readonly payload: Uint8Array; readonly key: Key }> =>
  verifyJws(
    token as string,
    { keys: secret, ...options } as VerifyJwsOptions & {
      readonly detachedPayload?: Uint8Array
    },
  )

const refused = (token: unknown, code: string | readonly string[], options?: Partial<VerifyJwsOptions>) =>
  fails(() => verify(token, options), ...[code].flat())

/** Verifiers of JWTs, which know no extension and have no options for any. */
const JWT = DOORS.map(({ name, door }) => ({ name, verifier: door.createVerifier({ keys: secret, ...POLICY }) }))

test('the JWS that the attacks start from are good ones', async () => {
  for (const [, token] of forms(HS)) assert.equal(Buffer.from((await verify(token)).payload).toString(), 'hello')
  for (const { verifier } of JWT) await verifier.verify(compactOf(HS, CLAIMS))
})

/** A JWT with a valid MAC. */
function compactOf(header: unknown, claims: object): string {
  return macInput(`${jsonOf(header)}.${b64(JSON.stringify(claims))}`, SECRET)
}

// 5. Length

test('attack 5: a MAC of any other length is refused in every serialization', async () => {
  const mac = Buffer.from(macOf(`${jsonOf(HS)}.${HELLO}`), 'base64url')
  for (let length = 0; length < mac.length; length++) {
    const one = { protected: jsonOf(HS), signature: b64(mac.subarray(0, length)) }
    const code = length === 0 ? 'CS_MALFORMED' : 'CS_SIGNATURE'
    for (const [, token] of objects(one)) await refused(token, code)
    await refused(`${one.protected}.${HELLO}.${one.signature}`, code)
  }
  for (const longer of [Buffer.concat([mac, Buffer.alloc(1)]), Buffer.concat([mac, mac]), Buffer.alloc(4096)]) {
    for (const [, token] of objects({ protected: jsonOf(HS), signature: b64(longer) }))
      await refused(token, 'CS_SIGNATURE')
  }
})

// 13. crit

const EVERY = ['exp-ext', 'absent', 'toString', 'constructor', 'hasOwnProperty', 'alg', 'kid', 'enc', 'crit', 'x', '0']
const MALFORMED_CRITS: readonly (readonly [why: string, members: object | string])[] = [
  ['null', { crit: null }],
  ['false', { crit: false }],
  ['true', { crit: true }],
  ['0', { crit: 0 }],
  ['a number', { crit: 1 }],
  ['an empty string', { crit: '' }],
  ['a string', { crit: 'exp-ext' }],
  ['an object', { crit: { 0: 'exp-ext', length: 1 } }],
  ['an empty object', { crit: {} }],
  ['an empty array', { crit: [] }],
  ['an array of an empty name', { crit: [''], '': 1 }],
  ['an array of null', { crit: [null], null: 1 }],
  ['an array of a number', { crit: [0], 0: 1 }],
  ['a nested array', { crit: [['exp-ext']] }],
  ['a name behind null', { crit: ['exp-ext', null] }],
  ['a name twice', { crit: ['exp-ext', 'exp-ext'] }],
  ['a name twice, apart', { crit: ['exp-ext', 'x', 'exp-ext'], x: 1 }],
  ['an absent member', { crit: ['absent'] }],
  ['an absent member behind a present one', { crit: ['exp-ext', 'absent'] }],
  ['an inherited toString', { crit: ['toString'] }],
  ['an inherited constructor', { crit: ['constructor'] }],
  ['an inherited hasOwnProperty', { crit: ['hasOwnProperty'] }],
  ['an inherited __proto__', { crit: ['__proto__'] }],
  ['the registered alg', { crit: ['alg'] }],
  ['the registered kid', { crit: ['kid'], kid: 'k' }],
  ['the registered enc', { crit: ['enc'], enc: 'A128GCM' }],
  ['itself', { crit: ['crit'] }],
]
for (const [why, members] of MALFORMED_CRITS) {
  test(`attack 13: crit of ${why} is refused under a valid MAC in every serialization, whatever is understood (RFC 7515 §4.1.11)`, async () => {
    const header = { ...HS, 'exp-ext': 1, ...(members as object) }
    for (const [, token] of forms(header)) {
      await refused(token, 'CS_CRIT')
      await refused(token, 'CS_CRIT', { crit: EVERY })
    }
    const { verified } = await several(part(header), { crit: EVERY })
    assert.equal(verified, undefined, 'a good signature beside it was taken')
  })

  for (const { name, verifier } of JWT) {
    test(`${name}: attack 13: crit of ${why} is refused in a JWT`, async () => {
      await refuses(verifier, compactOf({ ...HS, 'exp-ext': 1, ...(members as object) }, CLAIMS), 'CS_CRIT')
    })
  }
}

/** What becomes of a general JWS with a good signature beside another. */
async function several(other: JwsPart, options: Partial<VerifyJwsOptions> = {}) {
  for (const signatures of [
    [other, part(HS)],
    [part(HS), other],
  ]) {
    try {
      return { verified: await verify({ payload: HELLO, signatures }, options) }
    } catch (error) {
      assert.equal((error as JoseError).name, 'JoseError')
    }
  }
  return { verified: undefined }
}

const UNKNOWN: readonly (readonly [why: string, header: object | string])[] = [
  ['an unknown extension', { ...HS, crit: ['unknown'], unknown: 1 }],
  ['an extension whose value is null', { ...HS, crit: ['unknown'], unknown: null }],
  ['an extension whose value is false', { ...HS, crit: ['unknown'], unknown: false }],
  ['an unknown extension behind a known one', { ...HS, crit: ['exp-ext', 'unknown'], 'exp-ext': 1, unknown: 1 }],
  ['an unknown extension before a known one', { ...HS, crit: ['unknown', 'exp-ext'], 'exp-ext': 1, unknown: 1 }],
  ['an extension in another case', { ...HS, crit: ['EXP-EXT'], 'EXP-EXT': 1 }],
  ['an extension with a space', { ...HS, crit: ['exp-ext '], 'exp-ext ': 1 }],
  ['a claim', { ...HS, crit: ['exp'], exp: 1_900_000_000 }],
  ['a member named __proto__', '{"alg":"HS256","crit":["__proto__"],"__proto__":1}'],
  ['a member named toString', { ...HS, crit: ['toString'], toString: 1 }],
]
for (const [why, header] of UNKNOWN) {
  test(`attack 13: ${why} that is critical is refused, though another extension is understood`, async () => {
    for (const [, token] of forms(header)) {
      await refused(token, 'CS_CRIT')
      await refused(token, 'CS_CRIT', { crit: ['exp-ext'] })
    }
    for (const { verifier } of JWT) await refuses(verifier, compactOf(header, CLAIMS), 'CS_CRIT')
  })
}

test('attack 13: an extension is accepted where the program says that it understands it, in every serialization', async () => {
  const header = { ...HS, crit: ['exp-ext', 'x'], 'exp-ext': { a: 1 }, x: null }
  for (const [, token] of forms(header)) {
    const verified = await verify(token, { crit: ['exp-ext', 'x', 'other'] })
    assert.deepEqual(verified.header['exp-ext'], { a: 1 })
    await refused(token, 'CS_CRIT')
  }
  for (const { verifier } of JWT) await refuses(verifier, compactOf(header, CLAIMS), 'CS_CRIT')
})

test('attack 13: crit and what it names stand in the protected header alone (RFC 7515 §4.1.11)', async () => {
  const understood = { crit: ['exp-ext'] }
  const critical = { crit: ['exp-ext'] }
  const cases: readonly JwsPart[] = [
    { ...part(HS), header: { ...critical, 'exp-ext': 1 } },
    { ...part({ ...HS, 'exp-ext': 1 }), header: critical },
    { ...part({ ...HS, ...critical }), header: { 'exp-ext': 1 } },
    { ...part(HS), header: { crit: [] } },
    { ...part(HS), header: { crit: null } },
    openPart({ ...HS, ...critical, 'exp-ext': 1 }),
  ]
  for (const one of cases) {
    for (const [, token] of objects(one)) {
      await refused(token, 'CS_CRIT', { allowUnprotectedAlg: true })
      await refused(token, 'CS_CRIT', { allowUnprotectedAlg: true, ...understood })
    }
  }
  for (const [, token] of objects({ ...part({ ...HS, ...critical, 'exp-ext': 1 }), header: { note: 1 } })) {
    await verify(token, understood)
  }
})

// 14. b64

test('attack 14: b64: false without crit is refused, whether the MAC is over the payload or over its text', async () => {
  for (const header of [
    { ...HS, b64: false },
    { ...HS, b64: false, crit: ['exp-ext'], 'exp-ext': 1 },
  ]) {
    for (const signed of ['hello', HELLO]) {
      for (const carried of ['hello', HELLO]) {
        const one = part(header, signed)
        const tokens = [
          `${one.protected}.${carried}.${one.signature}`,
          ...objects(one, carried).map(([, token]) => token),
        ]
        for (const token of tokens) await refused(token, 'CS_CRIT', { crit: ['exp-ext'] })
      }
      const { verified } = await several(part(header, signed))
      assert.equal(verified, undefined)
    }
  }
})

for (const value of ['false', 'true', '', 0, 1, null, [], [false], {}]) {
  test(`attack 14: b64 of ${JSON.stringify(value)} is refused, with crit and without`, async () => {
    for (const header of [
      { ...HS, b64: value, crit: ['b64'] },
      { ...HS, b64: value },
    ]) {
      for (const signed of ['hello', HELLO]) {
        for (const [, token] of forms(header, signed)) await refused(token, 'CS_HEADER')
      }
      for (const { verifier } of JWT) await refuses(verifier, compactOf(header, CLAIMS), 'CS_HEADER')
    }
  })
}

test('attack 14: b64 is never for JWTs, true or false, with crit or without (RFC 7797 §7)', async () => {
  const claims = { iss: CLAIMS.iss, aud: CLAIMS.aud, exp: CLAIMS.exp }
  for (const { verifier } of JWT) {
    for (const b64 of [true, false]) {
      for (const header of [
        { ...HS, b64 },
        { ...HS, b64, crit: ['b64'] },
      ]) {
        await refuses(verifier, compactOf(header, claims), 'CS_CRIT')
        const raw = `${jsonOf(header)}.${JSON.stringify({ exp: CLAIMS.exp })}`
        await refuses(verifier, macInput(raw, SECRET), 'CS_CRIT')
        const [head, payload] = compactOf(header, claims).split('.')
        await refuses(verifier, `${head}.${payload}.${macOf(`${head}.${JSON.stringify(claims)}`)}`, 'CS_CRIT')
      }
    }
  }
})

test('attack 14: b64: true is what it is without, once crit names it (RFC 7797 §3)', async () => {
  for (const [, token] of forms({ ...HS, b64: true, crit: ['b64'] })) {
    assert.equal(Buffer.from((await verify(token)).payload).toString(), 'hello')
  }
  for (const [, token] of forms({ ...HS, b64: true })) await refused(token, 'CS_CRIT')
})

test('attack 14: b64 in the unprotected header is refused (RFC 7797 §3)', async () => {
  for (const b64 of [true, false]) {
    for (const one of [
      { ...part({ ...HS, crit: ['b64'] }, 'hello'), header: { b64 } },
      { ...part(HS, 'hello'), header: { b64 } },
      { ...part(HS), header: { b64 } },
      openPart({ ...HS, b64, crit: ['b64'] }, 'hello'),
    ]) {
      for (const payload of ['hello', HELLO]) {
        for (const [, token] of objects(one, payload)) await refused(token, 'CS_CRIT', { allowUnprotectedAlg: true })
      }
    }
  }
})

test('attack 14: b64 is the same in every signature of one JWS, or all of it is refused (RFC 7797 §3)', async () => {
  const [raw, encoded] = [part({ ...HS, b64: false, crit: ['b64'] }), part(HS)]
  const payload = HELLO
  for (const signatures of [
    [raw, encoded],
    [encoded, raw],
    [raw, raw, encoded],
  ]) {
    await refused({ payload, signatures }, 'CS_HEADER')
    await refused({ signatures }, 'CS_HEADER', { detachedPayload: Buffer.from(HELLO) })
  }
  await verify({ payload, signatures: [raw, raw] })
  await verify({ payload, signatures: [encoded, part({ ...HS, b64: true, crit: ['b64'] })] })
})

test('attack 14: a JWS that carries a payload is refused beside a detached one, before the payload is looked at', async () => {
  for (const header of [HS, { ...HS, b64: false, crit: ['b64'] }]) {
    for (const payload of [HELLO, '!', '='.repeat(1_000_000)]) {
      for (const [, token] of forms(header, payload)) {
        const detachedPayload = Buffer.from('hello')
        await refused(token, 'CS_MALFORMED', { detachedPayload })
        const stream = {
          [Symbol.asyncIterator]: () => ({ next: () => assert.fail('the payload was read') }),
        }
        await refused(token, 'CS_MALFORMED', { detachedPayload: stream })
      }
    }
  }
  for (const [, token] of forms(HS, 'A'.repeat(8 * 1024 * 1024))) {
    await refused(token, 'CS_TOO_LARGE', { detachedPayload: Buffer.from('hello') })
  }
})

test('attack 14: an unencoded payload of characters whose low octets are those of the signed one is refused', async () => {
  const header = { ...HS, b64: false, crit: ['b64'] }
  const signed = part(header, 'Amount 100')
  const latin = { ...part(header), signature: macOf(Buffer.from(`${jsonOf(header)}.é`, 'latin1')) }
  for (const [one, payload] of [
    [signed, '\u0141mount 100'],
    [signed, 'Amount \u013100'],
    [signed, 'Amount 10\uff30'],
    [latin, 'é'],
    [latin, '\u01e9'],
  ] as const) {
    await refused(`${one.protected}.${payload}.${one.signature}`, 'CS_MALFORMED')
    for (const [, token] of objects(one, payload)) await refused(token, 'CS_SIGNATURE')
  }
})

test('attack 14: an unencoded payload of a compact JWS is printable ASCII, and of one in JSON it is UTF-8 (RFC 7797 §5)', async () => {
  const header = { ...HS, b64: false, crit: ['b64'] }
  for (const payload of ['\n', '\t', '\0', '\x7f', 'é', ' \r']) {
    const [compact, ...others] = forms(header, payload)
    await refused(compact?.[1], 'CS_MALFORMED')
    for (const [, token] of others) assert.equal(Buffer.from((await verify(token)).payload).toString(), payload)
  }
  for (const payload of ['\ud800', 'a\udc00b']) {
    for (const [, token] of forms(header, payload).slice(1)) await refused(token, 'CS_MALFORMED')
  }
  await refused(forms(header, '$.02')[0]?.[1], 'CS_MALFORMED')
  for (const [, token] of forms(header, ' ~')) assert.equal(Buffer.from((await verify(token)).payload).toString(), ' ~')
})

test('attack 14: an unencoded payload is no encoded one, and the other way round', async () => {
  const raw = { ...HS, b64: false, crit: ['b64'] }
  for (const [header, signed] of [
    [raw, HELLO],
    [HS, 'hello'],
  ] as const) {
    const one = part(header, signed)
    const carried = signed === HELLO ? 'hello' : HELLO
    for (const [, token] of objects(one, carried)) await refused(token, 'CS_SIGNATURE')
    await refused(`${one.protected}.${carried}.${one.signature}`, 'CS_SIGNATURE')
  }
})

// 15 to 17. One text, one meaning

const DUPLICATES = [
  '{"alg":"none","alg":"HS256"}',
  '{"alg":"HS256","alg":"none"}',
  '{"alg":"HS256","\\u0061lg":"HS256"}',
  '{"alg":"HS256","x":[{"a":1,"a":2}]}',
  '{"alg":"HS256","b64":false,"b64":true,"crit":["b64"]}',
  '{"alg":"HS256","crit":["x"],"x":1,"crit":["b64"],"b64":true}',
  '{"alg":"HS256","__proto__":1,"__proto__":1}',
  '{"alg":"HS256",}',
  '{"alg":"HS256"}{}',
  '{"alg":"HS256"}\0',
  '\ufeff{"alg":"HS256"}',
  '["HS256"]',
  'null',
]
for (const header of DUPLICATES) {
  test(`attack 15: the protected header ${JSON.stringify(header)} is refused in every serialization`, async () => {
    for (const [, token] of forms(header)) await refused(token, 'CS_MALFORMED')
  })
}

test('attack 16: each text of a JWS in JSON has one spelling', async () => {
  // 16 octets of header leave unused bits, as the 5 of the payload and the 32 of the MAC do.
  const good = { payload: HELLO, ...part('{"alg":"HS256" }') }
  const wide = (text: string): string => String.fromCharCode(text.charCodeAt(0) + 0x100) + text.slice(1)
  const spoil = [
    (text: string) => `${text}=`,
    (text: string) => ` ${text}`,
    (text: string) => `${text}\n`,
    (text: string) => text.slice(0, -1) + String.fromCharCode(text.charCodeAt(text.length - 1) + 1),
    (text: string) => `${text.slice(0, 3)}+${text.slice(4)}`,
    wide,
  ]
  const codes = ['CS_BASE64', 'CS_SIGNATURE', 'CS_MALFORMED']
  for (const change of spoil) {
    await refused({ ...good, signature: change(good.signature) }, codes)
    const guarded = change(good.protected)
    const payload = change(good.payload)
    // Where the text is signed, a right MAC over the wrong spelling does not help.
    await refused({ ...good, protected: guarded, signature: macOf(`${guarded}.${HELLO}`) }, codes)
    await refused({ ...good, payload, signature: macOf(`${good.protected}.${payload}`) }, codes)
    await refused(`${good.protected}.${payload}.${macOf(`${good.protected}.${payload}`)}`, codes)
  }
})

test('attack 16: a payload whose characters have the low octets of the signed ones is refused', async () => {
  const { protected: guarded, signature } = part(HS)
  const payload = `\u0161${HELLO.slice(1)}`
  assert.equal(payload.charCodeAt(0) & 0xff, HELLO.charCodeAt(0))
  await refused(`${guarded}.${payload}.${signature}`, ['CS_BASE64', 'CS_SIGNATURE'])
  await refused({ payload, protected: guarded, signature }, ['CS_BASE64', 'CS_SIGNATURE'])
})

const good = { payload: HELLO, ...part(HS) }
const SHAPES: readonly (readonly [what: string, token: unknown])[] = [
  ['nothing', undefined],
  ['null', null],
  ['a number', 42],
  ['true', true],
  ['a symbol', Symbol('jws')],
  ['a BigInt', 1n],
  ['a function', () => good],
  ['an empty object', {}],
  ['an empty array', []],
  ['an array with a JWS', [good]],
  ['an array with its members', Object.assign([], good)],
  ['octets', Buffer.from(JSON.stringify(good))],
  ['a Map', new Map(Object.entries(good))],
  ['a Date', new Date(0)],
  ['a String object', new String(`${good.protected}.${HELLO}.${good.signature}`)],
  ['a payload alone', { payload: HELLO }],
  ['a signature alone', { signature: good.signature }],
  ['no signature', { payload: HELLO, protected: good.protected }],
  ['no protected header', { payload: HELLO, signature: good.signature }],
  ['an empty protected header', { ...good, protected: '' }],
  ['a protected header without members', { ...good, protected: 'e30' }],
  ['a protected header that is null', { ...good, protected: null }],
  ['a protected header that is an object', { ...good, protected: HS }],
  ['a payload that is null', { ...good, payload: null }],
  ['a payload that is octets', { ...good, payload: Buffer.from('hello') }],
  ['a payload that is an object', { ...good, payload: { toString: () => HELLO } }],
  ['a signature that is null', { ...good, signature: null }],
  ['a signature that is empty', { ...good, signature: '' }],
  ['a signature that is an array', { ...good, signature: [good.signature] }],
  ['a signature that is a String object', { ...good, signature: new String(good.signature) }],
  ['a header that is null', { ...good, header: null }],
  ['a header that is text', { ...good, header: '{}' }],
  ['a header that is an array', { ...good, header: [] }],
  ['a text of JSON', JSON.stringify(good)],
  ['a text of JSON in dots', `${JSON.stringify(good)}.${HELLO}.${good.signature}`],
  ['a million dots', '.'.repeat(1_000_000)],
  ['two segments', `${good.protected}.${HELLO}`],
  ['four segments', `${good.protected}.${HELLO}.${good.signature}.`],
]
for (const [what, token] of SHAPES) {
  test(`attack 17: ${what} is no JWS`, async () => {
    await refused(token, ['CS_MALFORMED', 'CS_HEADER', 'CS_BASE64'])
  })
}

test('attack 17: a member that is inherited is not there', async () => {
  await refused(Object.create(good), ['CS_MALFORMED', 'CS_HEADER'])
  for (const name of Object.keys(good) as (keyof typeof good)[]) {
    const { [name]: value, ...rest } = good
    await refused(Object.assign(Object.create({ [name]: value }), rest), ['CS_MALFORMED', 'CS_HEADER'])
  }
  class Jws {
    get payload(): string {
      return HELLO
    }
    get protected(): string {
      return good.protected
    }
    get signature(): string {
      return good.signature
    }
  }
  await refused(new Jws(), ['CS_MALFORMED', 'CS_HEADER'])
  const whole = { payload: HELLO, signatures: [Object.create(part(HS))] }
  await refused(whole, ['CS_MALFORMED', 'CS_HEADER'])
})

test('attack 17: a payload that differs each time it is read is taken once', async () => {
  let reads = 0
  const { payload } = await verify({
    ...part(HS),
    get payload() {
      return reads++ === 0 ? HELLO : b64('other')
    },
  })
  assert.equal(Buffer.from(payload).toString(), 'hello')
})

test('attack 17: five segments, and an object with a ciphertext, are a JWE', async () => {
  await refused(`${good.protected}.AAAA.AAAA.AAAA.AAAA`, 'CS_ENCRYPTED')
  for (const ciphertext of ['', 'AAAA', null, {}]) {
    await refused({ ...good, ciphertext }, 'CS_ENCRYPTED')
    await refused({ payload: HELLO, signatures: [part(HS)], ciphertext }, 'CS_ENCRYPTED')
  }
  await refused({ protected: good.protected, iv: 'AA', ciphertext: 'AA', tag: 'AA', recipients: [] }, 'CS_ENCRYPTED')
})

// 18. JSON

test('attack 18: a text that is a compact JWS and JSON at once is refused (CVE-2022-39227)', async () => {
  const forged = b64(JSON.stringify({ admin: true }))
  const [header, payload, signature] = [good.protected, HELLO, good.signature]
  const polyglots = [
    `{"  ${header}.":"","protected":"${header}","payload":"${payload}","signature":"${signature}"}`,
    `{"  ${header}.${forged}.":"","protected":"${header}", "payload":"${payload}","signature":"${signature}"}`,
    `{"${header}.${forged}.${signature}":"","protected":"${header}","payload":"${payload}","signature":"${signature}"}`,
    ` {"a":".","payload":"${payload}","protected":"${header}","signature":"${signature}","b":"."}`,
  ]
  for (const text of polyglots) {
    await refused(text, ['CS_MALFORMED', 'CS_BASE64'])
    for (const { verifier } of JWT) await refuses(verifier, text, 'CS_MALFORMED', 'CS_BASE64')
    // As an object it is the flattened JWS that it holds, and nothing of its odd member names.
    const verified = await verify(JSON.parse(text))
    assert.equal(Buffer.from(verified.payload).toString(), 'hello')
  }
  for (const { verifier } of JWT) await refuses(verifier, good, 'CS_MALFORMED')
})

test('attack 18: a name stands in one header alone, whatever its values are (RFC 7515 §7.2.1)', async () => {
  for (const [guarded, header] of [
    [HS, HS],
    [HS, { alg: 'none' }],
    [{ ...HS, kid: 'a' }, { kid: 'a' }],
    [{ ...HS, kid: 'a' }, { kid: 'b' }],
    [
      { ...HS, x: 1 },
      { y: 1, x: null },
    ],
    ['{"alg":"HS256","__proto__":1}', JSON.parse('{"__proto__":2}')],
    [{ ...HS, toString: 1 }, { toString: 2 }],
  ] as const) {
    for (const [, token] of objects({ ...part(guarded), header }))
      await refused(token, 'CS_HEADER', { allowUnprotectedAlg: true })
  }
  for (const [, token] of objects({ ...part(HS), header: { toString: 1, constructor: 2 } })) await verify(token)
})

test('attack 18: alg stands in the protected header, unless the program opts in (RFC 7515 §4.1.1)', async () => {
  const cases = [
    openPart(HS),
    { ...openPart(HS), protected: 'e30', signature: macOf(`e30.${HELLO}`) },
    { ...part({ kid: 'k' }), header: HS },
  ]
  for (const one of cases) {
    for (const [, token] of objects(one)) {
      const error = await refused(token, 'CS_HEADER')
      assert.match(error.hint, /allowUnprotectedAlg/)
      await refused(token, 'CS_HEADER', { allowUnprotectedAlg: false })
      assert.equal((await verify(token, { allowUnprotectedAlg: true })).header['alg'], 'HS256')
      await refused(token, 'CS_SIGNATURE', { allowUnprotectedAlg: true, keys: stranger })
      const { verified } = await several(one)
      assert.equal(verified, undefined, 'a good signature beside it was taken')
    }
  }
})

test('attack 18: the opt-in lifts no other rule', async () => {
  const options = { allowUnprotectedAlg: true }
  for (const alg of ['none', 'None', 'nOnE ']) {
    for (const signature of ['', 'AAAA', macOf(`.${HELLO}`)])
      for (const [, token] of objects({ header: { alg }, signature })) await refused(token, 'CS_UNSIGNED', options)
  }
  for (const alg of [null, 1, ['HS256'], {}])
    for (const [, token] of objects(openPart({ alg }))) await refused(token, 'CS_HEADER', options)
  for (const [, token] of objects(openPart({ alg: 'constructor' }))) await refused(token, 'CS_ALG', options)
  for (const [, token] of objects(openPart({}))) await refused(token, 'CS_HEADER', options)
  const es256 = await publicKey(importKey(jwkFor('ES256')))
  for (const [, token] of objects(openPart(HS))) await refused(token, 'CS_KEY_TYPE', { ...options, keys: es256 })
})

test('attack 18: alg none in any of several signatures refuses all of them', async () => {
  for (const alg of ['none', 'NONE', ' none']) {
    for (const none of [part({ alg }), { ...part({ alg }), signature: '' }, { protected: jsonOf({ alg }) }]) {
      for (const signatures of [[none], [none, part(HS)], [part(HS), none], [part(HS), part(HS), none]]) {
        await refused({ payload: HELLO, signatures }, 'CS_UNSIGNED')
      }
    }
  }
})

test('attack 18: the header of a signature that did not verify is never given back (CVE-2016-9122)', async () => {
  const forged = { ...part({ ...HS, admin: true, kid: 'forged' }), signature: macOf('something else') }
  const open = { ...part(HS), header: { note: 'of the good one' } }
  for (const signatures of [
    [forged, open],
    [open, forged],
    [forged, forged, open, forged],
  ]) {
    const { header, key } = await verify({ payload: HELLO, signatures })
    assert.deepEqual({ ...header }, { alg: 'HS256', note: 'of the good one' })
    assert.equal(key, secret)
  }
})

const SIGNATURES: readonly (readonly [what: string, signatures: unknown])[] = [
  ['null', null],
  ['text', good.signature],
  ['an object', part(HS)],
  ['an object like an array', { 0: part(HS), length: 1 }],
  ['an empty array', []],
  ['an array of null', [null]],
  ['an array of text', [good.signature]],
  ['a nested array', [[part(HS)]]],
  ['an array with holes', Object.assign(Array(2), { 1: part(HS) })],
  ['a general JWS in it', [{ payload: HELLO, signatures: [part(HS)] }]],
  ['a Set', new Set([part(HS)])],
]
for (const [what, signatures] of SIGNATURES) {
  test(`attack 18: signatures of ${what} are refused`, async () => {
    await refused({ payload: HELLO, signatures }, ['CS_MALFORMED', 'CS_HEADER'])
  })
}

test('attack 18: one object is not both a flattened and a general JWS (RFC 7515 §7.2.2)', async () => {
  const signatures = [part(HS)]
  for (const [name, value] of Object.entries({ ...part(HS), header: { x: 1 } })) {
    await refused({ payload: HELLO, signatures, [name]: value }, 'CS_MALFORMED')
    await refused({ payload: HELLO, signatures: [], [name]: value }, 'CS_MALFORMED')
    await refused({ payload: HELLO, signatures: null, [name]: value }, 'CS_MALFORMED')
    await refused({ payload: HELLO, signatures, [name]: null }, 'CS_MALFORMED')
  }
})

const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)])
const cycle: Record<string, unknown> = {}
cycle['self'] = { list: [cycle] }
const OPEN_HEADERS: readonly (readonly [what: string, header: unknown, codes: readonly string[]])[] = [
  ['a BigInt', { n: 1n }, ['CS_MALFORMED']],
  ['itself', cycle, ['CS_MALFORMED', 'CS_TOO_LARGE']],
  ['a toJSON that gives text', { toJSON: () => 'x' }, ['CS_MALFORMED']],
  ['a toJSON that gives an array', { toJSON: () => [1] }, ['CS_MALFORMED']],
  ['a toJSON that gives nothing', { toJSON: () => undefined }, ['CS_MALFORMED']],
  ['a toJSON that throws', { toJSON: () => assert.fail('from toJSON') }, ['CS_MALFORMED']],
  ['a toJSON that gives alg', { toJSON: () => ({ alg: 'none' }) }, ['CS_HEADER']],
  ['a toJSON that gives crit', { toJSON: () => ({ crit: ['x'], x: 1 }) }, ['CS_CRIT']],
  ['33 levels', { x: deep(32) }, ['CS_TOO_LARGE']],
  ['10,000 levels', { x: deep(5000) }, ['CS_TOO_LARGE']],
  ['9 KiB', { x: 'x'.repeat(9 * 1024) }, ['CS_TOO_LARGE']],
  ['9 KiB of names', Object.fromEntries(Array.from({ length: 1500 }, (_, index) => [index, 1])), ['CS_TOO_LARGE']],
  ['a kid that is a number', { kid: 1 }, ['CS_HEADER']],
  ['a typ that is null', { typ: null }, ['CS_HEADER']],
]
for (const [what, header, codes] of OPEN_HEADERS) {
  test(`attack 18: an unprotected header with ${what} is refused, and nothing else happens`, async () => {
    for (const [, token] of objects({ ...part(HS), header: header as object as Record<string, unknown> }))
      await refused(token, codes)
  })
}

test('attack 18: an unprotected header that refers to one value over and over costs no more than its limit', async () => {
  let reads = 0
  const value = {
    get x(): number {
      reads++
      return 1
    },
  }
  const header = { list: Array.from({ length: 16 }).reduce<unknown>((inner) => [inner, inner], value) }
  for (const [, token] of objects({ ...part(HS), header })) await refused(token, 'CS_TOO_LARGE')
  assert.ok(reads <= 2 * 8192, `the value was read ${reads} times`)
})

test('attack 18: an unprotected header of long texts is left where they pass its limit', async () => {
  let reads = 0
  const header: Record<string, unknown> = {}
  for (let index = 0; index < 100; index++) {
    const get = (): string => {
      reads++
      return 'x'.repeat(8192)
    }
    Object.defineProperty(header, `a${index}`, { enumerable: true, get })
  }
  for (const [, token] of objects({ ...part(HS), header })) await refused(token, 'CS_TOO_LARGE')
  assert.ok(reads <= 8, `${reads} texts were read`)
})

test('attack 18: an unprotected header of 32 levels or nearly 8 KiB is taken', async () => {
  for (const header of [{ x: deep(31) }, { x: 'x'.repeat(8192 - 8) }]) {
    for (const [, token] of objects({ ...part(HS), header })) {
      assert.deepEqual((await verify(token)).header['x'], header.x)
    }
  }
})

// 22. Prototypes

test('attack 22: a member named __proto__ changes no prototype, and is read from nowhere', async () => {
  const polluting = '{"alg":"HS256","__proto__":{"admin":true,"kid":"x"},"constructor":{"prototype":{"admin":true}}}'
  for (const [, token] of forms(polluting)) {
    const { header } = await verify(token)
    assert.equal(Object.getPrototypeOf(header), Object.prototype)
    assert.ok(Object.hasOwn(header, '__proto__'))
    assert.equal('admin' in header, false)
  }
  const open = JSON.parse('{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}')
  for (const [, token] of objects({ ...part(HS), header: open })) {
    const { header } = await verify(token)
    assert.equal(Object.getPrototypeOf(header), Object.prototype)
    assert.equal('admin' in header, false)
  }
  assert.equal(({} as Record<string, unknown>)['admin'], undefined)
})

test('attack 22: what stands inside a member named __proto__ counts for nothing', async () => {
  const within = (inner: object): string => `{"__proto__":${JSON.stringify(inner)}}`
  for (const [, token] of forms(within(HS))) await refused(token, 'CS_HEADER')
  await refused(JSON.parse(within(good)), ['CS_HEADER', 'CS_MALFORMED'])
  await refused(JSON.parse(within({ payload: HELLO, signatures: [part(HS)] })), ['CS_HEADER', 'CS_MALFORMED'])
  const header = JSON.parse(within(HS))
  for (const [, token] of objects(openPart(header))) await refused(token, 'CS_HEADER', { allowUnprotectedAlg: true })
  const unencoded = '{"alg":"HS256","__proto__":{"b64":false,"crit":["b64"]}}'
  for (const [, token] of forms(unencoded)) assert.equal(Buffer.from((await verify(token)).payload).toString(), 'hello')
})

// 23. Size

test('attack 23: a JWS over 1 MiB is refused before it is decoded, and larger limits let it in', async () => {
  const payload = 'A'.repeat(1024 * 1024)
  const broken = '!'.repeat(1024 * 1024)
  const limits = { tokenBytes: 2 * 1024 * 1024 }
  for (const [, token] of forms(HS, payload)) {
    await refused(token, 'CS_TOO_LARGE')
    assert.equal((await verify(token, { limits })).payload.length, (1024 * 1024 * 3) / 4)
  }
  for (const [, token] of forms(HS, broken)) {
    await refused(token, 'CS_TOO_LARGE')
    await refused(token, 'CS_BASE64', { limits })
  }
  for (const [, token] of forms({ ...HS, b64: false, crit: ['b64'] }, payload)) await refused(token, 'CS_TOO_LARGE')
})

test('attack 23: payload, protected headers and signatures count together', async () => {
  const third = 'A'.repeat(400 * 1024)
  await refused({ ...good, payload: third, signature: third, protected: third }, 'CS_TOO_LARGE')
  const signatures = Array(16).fill({ ...part(HS), signature: 'A'.repeat(70 * 1024) })
  await refused({ payload: HELLO, signatures }, 'CS_TOO_LARGE')
  await refused({ ...good, signature: 'A'.repeat(8 * 1024 * 1024) }, 'CS_TOO_LARGE')
  await refused({ ...good, protected: 'A'.repeat(8 * 1024 * 1024) }, 'CS_TOO_LARGE')
})

test('attack 23: a protected header of 9 KiB or 33 levels is refused, and larger limits let it in', async () => {
  for (const [header, limits] of [
    [{ ...HS, x: 'x'.repeat(9 * 1024) }, { headerBytes: 10 * 1024 }],
    [{ ...HS, x: deep(32) }, { jsonDepth: 33 }],
  ] as const) {
    for (const [, token] of forms(header)) {
      await refused(token, 'CS_TOO_LARGE')
      await verify(token, { limits })
    }
  }
})

// 25. What is remembered

test('attack 25: one token gives each time the answer to the keys and options of that time', async () => {
  const header = { ...HS, crit: ['exp-ext'], 'exp-ext': 1 }
  for (const [, token] of forms(header)) {
    for (let round = 0; round < 3; round++) {
      await verify(token, { crit: ['exp-ext'] })
      await refused(token, 'CS_CRIT')
      await refused(token, 'CS_SIGNATURE', { crit: ['exp-ext'], keys: stranger })
      await refused(token, 'CS_KEY_TYPE', { crit: ['exp-ext'], algorithms: ['HS384'] })
      await refused(token, 'CS_TOO_LARGE', { crit: ['exp-ext'], limits: { headerBytes: 10 } })
      await refused(token, 'CS_TOO_LARGE', { crit: ['exp-ext'], limits: { tokenBytes: 10 } })
      await refused(token, 'CS_MALFORMED', { crit: ['exp-ext'], detachedPayload: Buffer.from('hello') })
    }
  }
})

test('attack 25: one header with another payload, or with another signature, is another JWS', async () => {
  const { protected: guarded, signature } = part(HS)
  for (let round = 0; round < 3; round++) {
    for (const [payload, mac, isGood] of [
      [HELLO, signature, true],
      [b64('other'), signature, false],
      [HELLO, macOf('other'), false],
    ] as const) {
      const tokens = [`${guarded}.${payload}.${mac}`, { payload, protected: guarded, signature: mac }]
      for (const token of tokens) await (isGood ? verify(token) : refused(token, 'CS_SIGNATURE'))
    }
  }
})

test('attack 25: headers that begin alike, or are alike but for one character, are never taken for each other', async () => {
  for (const length of [0, 300, 700, 800, 2000]) {
    const kidOf = (index: number): string => `${'k'.repeat(length)}${index}`
    const tokens = Array.from({ length: 300 }, (_, index) => forms({ ...HS, kid: kidOf(index) })[0]?.[1])
    for (const order of [tokens.keys(), [...tokens.keys()].reverse(), [0, 299, 0, 1, 299, 1]]) {
      for (const index of order) assert.equal((await verify(tokens[index])).header['kid'], kidOf(index))
    }
  }
})

test('attack 25: a header that was refused once is refused again, and one that was taken cannot be changed', async () => {
  for (let round = 0; round < 3; round++) {
    for (const [, token] of forms({ ...HS, crit: [] })) await refused(token, 'CS_CRIT')
    for (const [, token] of forms({ alg: 'none' })) await refused(token, 'CS_UNSIGNED')
    for (const [, token] of forms({ ...HS, x: { y: [1] } })) {
      const { header } = await verify(token)
      assert.throws(() => Object.assign(header, { alg: 'none' }), TypeError)
      assert.throws(() => Object.assign(header['x'] as object, { y: 2 }), TypeError)
      assert.deepEqual({ ...header }, { ...HS, x: { y: [1] } })
    }
  }
})

// 46. Many signatures

test('attack 46: 16 signatures and 8 keys are tried to the end', async () => {
  const [signing, other] = [importKey(jwkFor('ES256')), importKey(jwkFor('ES256', 1))]
  const jws = await signJws('hello', { signers: [...Array(15).fill({ key: other }), { key: signing }] })
  const [right, wrong] = [await publicKey(signing), await publicKey(await generateKey('ES256'))]
  const verified = await verify(jws, { keys: [...Array(7).fill(wrong), right] })
  assert.equal(verified.key, right)
  const error = await refused(jws, 'CS_SIGNATURE', { keys: Array(8).fill(wrong) })
  assert.equal(error.message, 'none of the signatures verifies')
})

test('attack 46: a detached payload is not copied for each of 16 signatures before their keys are known', async () => {
  const detachedPayload = Buffer.alloc(8 * 1024 * 1024, 'x')
  const before = process.memoryUsage().arrayBuffers
  let most = 0
  const keys = (): undefined => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before)
  }
  for (const header of [HS, { ...HS, b64: false, crit: ['b64'] }]) {
    await refused({ signatures: Array(16).fill(part(header)) }, 'CS_SIGNATURE', { keys, detachedPayload })
  }
  assert.ok(most > 0 && most < 5 * detachedPayload.length, `${most} octets were held`)
})

test('attack 46: the keys for 17 signatures or more are not asked for', async () => {
  let asked = 0
  const keys = (): Key => {
    asked++
    return stranger
  }
  const withCount = (count: number): unknown => ({ payload: HELLO, signatures: Array(count).fill(part(HS)) })
  for (const count of [17, 100, 10_000]) await refused(withCount(count), 'CS_TOO_LARGE', { keys })
  await refused({ payload: HELLO, signatures: Array(10_000).fill(null) }, 'CS_TOO_LARGE', { keys })
  assert.equal(asked, 0)
  await refused(withCount(16), 'CS_SIGNATURE', { keys })
  assert.equal(asked, 16)
  await refused(withCount(3), 'CS_TOO_LARGE', { limits: { recipients: 2 } })
  await verify(withCount(17), { limits: { recipients: 17 } })
})

test('attack 18: empty texts and long names of an unprotected header count towards its limit', async () => {
  const flattened = { ...part(HS, HELLO), payload: HELLO }
  await verify({ ...flattened, header: { many: [], named: {} } })
  const many = Array(10_000).fill(Array(1_000_000).fill(''))
  const named = Array(100).fill({ [`x${'y'.repeat(10_000)}`]: 1 })
  for (const header of [{ many }, { named }]) await refused({ ...flattened, header }, 'CS_TOO_LARGE')
})
