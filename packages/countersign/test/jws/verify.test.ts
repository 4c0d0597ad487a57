import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import {
  type ErrorCode,
  importKey,
  JoseError,
  type JoseHeader,
  type Key,
  keySet,
  publicKey,
  secretKey,
} from 'countersign'
import { type JwsPart, signJws, type VerifyJwsOptions, verifyJws } from 'countersign/jws'
import { b64, fails, macInput, refuses } from '../support/forge.ts'
import { jwkFor } from '../support/keys.ts'

const OCTETS = Buffer.from('5e'.repeat(32), 'hex')
const secret = secretKey(OCTETS, 'HS256', { kid: 'mine' })
const stranger = secretKey(Buffer.alloc(32, 7), 'HS256', { kid: 'other' })
const key = importKey(jwkFor('ES256'))
const open = await publicKey(key)
const PAYLOAD = b64('hello')
const text = (payload: Uint8Array): string => Buffer.from(payload).toString()

/** `verifyJws` as a program without types calls it. */
const verify = (token: unknown, options: unknown): Promise<unknown> =>
  verifyJws(token as string, options as VerifyJwsOptions & { readonly detachedPayload?: Uint8Array })

/** One signature over `PAYLOAD`, made by hand, whatever its header says. */
function part(header: unknown, octets: Uint8Array = OCTETS): JwsPart {
  const guarded = b64(typeof header === 'string' ? header : JSON.stringify(header))
  const signature = createHmac('sha256', octets).update(`${guarded}.${PAYLOAD}`).digest('base64url')
  return { protected: guarded, signature }
}
const general = (...signatures: readonly unknown[]): { readonly payload: string; readonly signatures: never } => ({
  payload: PAYLOAD,
  signatures: signatures as never,
})

// Options.

const compact = await signJws('hello', { key: secret })

const MISUSES: readonly (readonly [why: string, options: unknown, message: RegExp])[] = [
  ['no options', undefined, /options object/],
  ['a key in place of the options', secret, /no option/],
  ['no keys', {}, /keys is nothing/],
  ['keys that are null', { keys: null }, /keys is null/],
  ['a secret as text', { keys: 'secret' }, /keys is a string/],
  ['an empty array of keys', { keys: [] }, /empty array/],
  ['nine keys to try', { keys: Array(9).fill(secret) }, /at most 8/],
  ['a key under the name key', { key: secret }, /no option "key"/],
  ['an unknown option', { keys: secret, payload: 'x' }, /no option "payload"/],
  ['an empty allow-list', { keys: secret, algorithms: [] }, /algorithms/],
  ['an allow-list that is text', { keys: secret, algorithms: 'HS256' }, /algorithms/],
  ['an allow-list with none', { keys: secret, algorithms: ['HS256', 'none'] }, /"none"/],
  ['HMACs beside signatures for one key', { keys: secret, algorithms: ['HS256', 'ES256'] }, /beside signatures/],
  ['crit that is text', { keys: secret, crit: 'exp-ext' }, /crit is a string/],
  ['crit that is null', { keys: secret, crit: null }, /crit is null/],
  ['crit with what is no name', { keys: secret, crit: [1] }, /crit is a string with text/],
  ['crit with an empty name', { keys: secret, crit: [''] }, /crit is a string with text/],
  ['a detached payload that is a number', { keys: secret, detachedPayload: 7 }, /detachedPayload is a number/],
  ['a detached payload that is null', { keys: secret, detachedPayload: null }, /detachedPayload is null/],
  ['a detached payload that is an array', { keys: secret, detachedPayload: [104] }, /detachedPayload is an array/],
  ['a detached ArrayBuffer', { keys: secret, detachedPayload: new ArrayBuffer(1) }, /detachedPayload is an object/],
  ['allowUnprotectedAlg that is no boolean', { keys: secret, allowUnprotectedAlg: 'no' }, /allowUnprotectedAlg/],
  ['an unknown limit', { keys: secret, limits: { bytes: 1 } }, /no option "bytes"/],
  ['a limit that is no number', { keys: secret, limits: { recipients: '16' } }, /limits\.recipients/],
]
for (const [why, options, message] of MISUSES) {
  test(`verifyJws: ${why}: a mistake of the program is a TypeError`, async () => {
    await assert.rejects(verify(compact, options), { name: 'TypeError', message })
  })
}

test('verifyJws: a key that could never verify is refused before the token is looked at', async () => {
  await fails(() => verify('not a token', { keys: key }), 'CS_KEY_TYPE')
  await fails(() => verify('not a token', { keys: secretKey(OCTETS.subarray(1)) }), 'CS_WEAK_SECRET')
  await fails(() => verify('not a token', { keys: secret, algorithms: ['ES256'] }), 'CS_KEY_TYPE')
  await fails(() => verify('not a token', { keys: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' } }), 'CS_KEY_INVALID')
})

test('verifyJws: options may be frozen or have getters', async () => {
  const options = Object.freeze({
    get keys(): Key {
      return secret
    },
    algorithms: Object.freeze(['HS256']),
    crit: Object.freeze(['x']),
    limits: Object.freeze({}),
  })
  assert.equal(text((await verifyJws(compact, options)).payload), 'hello')
})

// One signature.

test('verifyJws: the text of a JWS in JSON is refused, with the way to go (RFC 7515 §7.2)', async () => {
  const jws = await signJws('hello', { key: secret, serialization: 'flattened' })
  for (const space of ['', ' ', '\ufeff', '\n']) {
    const error = await fails(() => verify(space + JSON.stringify(jws), { keys: secret }), 'CS_MALFORMED')
    assert.match(error.hint, /JSON\.parse/)
  }
})

test('verifyJws: a compact JWS is a string, and an object is flattened or general', async () => {
  const flattened = await signJws('hello', { key: secret, serialization: 'flattened' })
  const several = await signJws('hello', { signers: [{ key: secret }, { key: stranger }] })
  for (const token of [compact, flattened, several]) {
    const { payload, header, protectedHeader, key: used } = await verifyJws(token, { keys: secret })
    assert.equal(text(payload), 'hello')
    assert.deepEqual([{ ...header }, { ...protectedHeader }], Array(2).fill({ alg: 'HS256', kid: 'mine' }))
    assert.equal(used, secret)
  }
})

test('verifyJws: an error of the only signature says what is wrong with it', async () => {
  const cases: readonly (readonly [header: object, code: ErrorCode, keys?: unknown])[] = [
    [{ alg: 'XS256' }, 'CS_ALG'],
    [{ alg: 'HS512' }, 'CS_KEY_TYPE'],
    [{ alg: 'ES256' }, 'CS_KEY_TYPE'],
    [{ alg: 'HS256', crit: ['x'], x: 1 }, 'CS_CRIT'],
    [{ alg: 'HS256', kid: 'absent' }, 'CS_NO_KEY', { keys: [jwkFor('HS256')] }],
    [{ alg: 'HS256' }, 'CS_AMBIGUOUS_KEY', { keys: [jwkFor('HS256'), jwkFor('HS256', 1)] }],
    [{ alg: 'HS256' }, 'CS_NO_KEY', () => undefined],
  ]
  for (const [header, code, keys = secret] of cases) {
    const one = part(header)
    await fails(() => verify(`${one.protected}.${PAYLOAD}.${one.signature}`, { keys }), code)
    await fails(() => verify({ payload: PAYLOAD, ...one }, { keys }), code)
    await fails(() => verify(general(one), { keys }), code)
  }
})

test('verifyJws: algorithms narrows what the key allows', async () => {
  const rsa = importKey(jwkFor('RS256'))
  const token = await signJws('x', { key: rsa, alg: 'RS256' })
  const keys = await publicKey(rsa)
  assert.equal((await verifyJws(token, { keys, algorithms: ['PS256', 'RS256'] })).header.alg, 'RS256')
  await fails(() => verifyJws(token, { keys, algorithms: ['PS256'] }), 'CS_ALG')
})

test('verifyJws: kid in the unprotected header selects the key as one that is protected does (RFC 7515 §4.1.4)', async () => {
  const jws = await signJws('x', { signers: [{ key: stranger, unprotected: { kid: 'other' } }] })
  const verified = await verifyJws(jws, { keys: [stranger, secret] })
  assert.deepEqual({ ...verified.header }, { alg: 'HS256', kid: 'other' })
  assert.deepEqual({ ...verified.protectedHeader }, { alg: 'HS256' })
  const seen: JoseHeader[] = []
  const keys = (header: JoseHeader): Key => {
    seen.push(header)
    return stranger
  }
  await verifyJws(jws, { keys })
  assert.deepEqual(
    seen.map((header) => ({ ...header })),
    [{ alg: 'HS256', kid: 'other' }],
  )
})

test('verifyJws: the headers are frozen to their depth, and the payload is the caller’s own', async () => {
  const options = { key: secret, protected: { a: { b: [{}] } } } as const
  const flattened = { ...options, serialization: 'flattened', unprotected: { c: { d: [{}] } } } as const
  for (const token of [await signJws('hello', options), await signJws('hello', flattened)]) {
    const first = await verifyJws(token, { keys: secret })
    for (const header of [first.header, first.protectedHeader]) assertFrozen(header)
    assert.equal(first.payload.buffer.byteLength, first.payload.length, 'a view of shared memory')
    first.payload.fill(0)
    assert.equal(text((await verifyJws(token, { keys: secret })).payload), 'hello')
  }
})

function assertFrozen(value: unknown): void {
  assert.ok(Object.isFrozen(value))
  if (typeof value === 'object' && value !== null) for (const member of Object.values(value)) assertFrozen(member)
}

test('verifyJws: the header that it gives is no object of the caller’s', async () => {
  const header = { note: ['a'] }
  const jws = { payload: PAYLOAD, ...part({ alg: 'HS256' }), header }
  const verified = await verifyJws(jws, { keys: secret })
  header.note.push('b')
  assert.deepEqual(verified.header['note'], ['a'])
  assert.ok(!Object.isFrozen(header) && !Object.isFrozen(header.note))
})

test('verifyJws: a member that is undefined is absent, and members that are unknown are ignored (RFC 7515 §7.2)', async () => {
  const one = { payload: PAYLOAD, ...part({ alg: 'HS256' }) }
  await verify({ ...one, header: undefined, signatures: undefined, ciphertext: undefined }, { keys: secret })
  await verify({ ...one, signers: [], alg: 'none', typ: 1, b64: false, kid: {} }, { keys: secret })
  await verify({ ...general({ ...part({ alg: 'HS256' }), payload: 1, signatures: [] }), a: 1 }, { keys: secret })
})

test('verifyJws: with the opt-in alg may stand in the unprotected header (RFC 7520 §4.7)', async () => {
  const signature = createHmac('sha256', OCTETS).update(`.${PAYLOAD}`).digest('base64url')
  const jws = { payload: PAYLOAD, header: { alg: 'HS256' }, signature }
  const { header, protectedHeader } = await verifyJws(jws, { keys: secret, allowUnprotectedAlg: true })
  assert.deepEqual([{ ...header }, { ...protectedHeader }], [{ alg: 'HS256' }, {}])
  await fails(() => verifyJws(jws, { keys: secret }), 'CS_HEADER')
  await fails(() => verifyJws(jws, { keys: secret, allowUnprotectedAlg: false }), 'CS_HEADER')
})

// Several signatures.

const GOOD = part({ alg: 'HS256', kid: 'mine' })
const SET = keySet({ keys: [{ kty: 'oct', k: b64(OCTETS), kid: 'mine' }] })

/** Signatures that are for others, or that do not verify. */
const FOR_OTHERS: readonly (readonly [why: string, part: JwsPart])[] = [
  ['an unknown alg', part({ alg: 'XS256', kid: 'mine' })],
  ['an unknown kid', part({ alg: 'HS256', kid: 'absent' })],
  ['another key type', part({ alg: 'ES256', kid: 'mine' })],
  ['a stronger HMAC than the key serves', part({ alg: 'HS512', kid: 'mine' })],
  ['an unknown extension', part({ alg: 'HS256', kid: 'mine', crit: ['x'], x: 1 })],
  ['the MAC of another secret', part({ alg: 'HS256', kid: 'mine' }, Buffer.alloc(32, 7))],
  ['a MAC that was cut', { ...GOOD, signature: GOOD.signature.slice(0, 40) }],
]
for (const [why, other] of FOR_OTHERS) {
  test(`verifyJws: of several signatures one with ${why} is passed over (RFC 7515 §5.2)`, async () => {
    for (const token of [general(other, GOOD), general(GOOD, other), general(other, other, GOOD, other)]) {
      const { header, key: used } = await verifyJws(token, { keys: SET })
      assert.deepEqual({ ...header }, { alg: 'HS256', kid: 'mine' })
      assert.equal(used.kid, 'mine')
    }
  })

  test(`verifyJws: where none of several signatures verifies the error names none: ${why}`, async () => {
    for (const [, next] of FOR_OTHERS) {
      const error = await fails(() => verifyJws(general(other, next), { keys: SET }), 'CS_SIGNATURE')
      assert.equal(error.message, 'none of the signatures verifies')
      assert.equal(error.unavailable, false)
      assert.doesNotMatch(JSON.stringify(error), /mine|absent|XS256|HS512/)
    }
  })
}

test('verifyJws: of several good signatures the first that the caller has a key for counts', async () => {
  const jws = await signJws('x', { signers: [{ key: secret }, { key: stranger }, { key }] })
  assert.equal((await verifyJws(jws, { keys: [stranger, secret] })).key, secret)
  assert.equal((await verifyJws(jws, { keys: stranger })).key, stranger)
  assert.equal((await verifyJws(jws, { keys: open })).key, open)
  assert.equal((await verifyJws(jws, { keys: [stranger, secret, open], algorithms: ['ES256'] })).key, open)
})

/** What is no signature at all, with the reason that is told. */
const MALFORMED: readonly (readonly [why: string, part: unknown, code: ErrorCode])[] = [
  ['no object', null, 'CS_MALFORMED'],
  ['text', 'eyJ9..AA', 'CS_MALFORMED'],
  ['an array', [GOOD], 'CS_MALFORMED'],
  ['no members', {}, 'CS_HEADER'],
  ['no signature', { protected: GOOD.protected }, 'CS_MALFORMED'],
  ['an empty signature', { ...GOOD, signature: '' }, 'CS_MALFORMED'],
  ['a signature that is no text', { ...GOOD, signature: [GOOD.signature] }, 'CS_MALFORMED'],
  ['a signature that is no base64url', { ...GOOD, signature: `${GOOD.signature}=` }, 'CS_BASE64'],
  ['a protected header that is no text', { ...GOOD, protected: { alg: 'HS256' } }, 'CS_MALFORMED'],
  ['an empty protected header', { ...GOOD, protected: '' }, 'CS_MALFORMED'],
  ['a protected header that is no base64url', { ...GOOD, protected: `${GOOD.protected}=` }, 'CS_BASE64'],
  ['a protected header that is no JSON', part('{alg:HS256}'), 'CS_MALFORMED'],
  ['a protected header with one name twice', part('{"alg":"HS256","alg":"HS256"}'), 'CS_MALFORMED'],
  ['no alg', part({ kid: 'mine' }), 'CS_HEADER'],
  ['an alg that is no text', part({ alg: ['HS256'] }), 'CS_HEADER'],
  ['a kid that is no text', part({ alg: 'HS256', kid: 1 }), 'CS_HEADER'],
  ['a malformed crit', part({ alg: 'HS256', crit: [] }), 'CS_CRIT'],
  ['alg none', part({ alg: 'none' }), 'CS_UNSIGNED'],
  ['an unprotected header that is no object', { ...GOOD, header: [] }, 'CS_MALFORMED'],
  ['a name in both headers', { ...GOOD, header: { kid: 'mine' } }, 'CS_HEADER'],
]
for (const [why, malformed, code] of MALFORMED) {
  test(`verifyJws: a signature with ${why} refuses the whole JWS, whatever stands beside it`, async () => {
    for (const token of [general(malformed), general(GOOD, malformed), general(malformed, GOOD)]) {
      await fails(() => verifyJws(token, { keys: SET }), code)
    }
  })
}

test('verifyJws: where keys cannot be had, and nothing else verifies, the answer is not known', async () => {
  const cause = new Error('the database is down')
  const keys = ({ kid }: JoseHeader): Key => {
    if (kid === 'away') throw cause
    return secret
  }
  const away = part({ alg: 'HS256', kid: 'away' })
  const bad = part({ alg: 'HS256' }, Buffer.alloc(32, 7))
  const unknown = part({ alg: 'XS256' })
  const orders = [
    [away],
    [away, bad],
    [bad, away],
    [away, unknown],
    [unknown, away],
    [bad, away, unknown],
    [away, away],
  ]
  for (const parts of orders) {
    const error = await fails(() => verifyJws(general(...parts), { keys }), 'CS_UNAVAILABLE')
    assert.deepEqual([error.unavailable, error.cause], [true, cause])
  }
  assert.equal((await verifyJws(general(away, GOOD), { keys })).header.kid, 'mine')
  assert.equal((await verifyJws(general(GOOD, away), { keys })).header.kid, 'mine')
})

test('verifyJws: a key function is asked once for each signature, up to the one that verifies', async () => {
  const asked: (string | undefined)[] = []
  const keys = async ({ kid }: JoseHeader): Promise<readonly Key[] | undefined> => {
    asked.push(kid)
    return kid === 'absent' ? undefined : [stranger, secret]
  }
  const other = part({ alg: 'HS256', kid: 'absent' })
  await verifyJws(general(other, part({ alg: 'XS256', kid: 'x' }), GOOD, GOOD), { keys })
  assert.deepEqual(asked, ['absent', 'mine'])
})

test('verifyJws: what is no refusal is thrown as it is, though a good signature follows', async () => {
  const mistake = new JoseError('CS_JWKS_INVALID', 'thrown by the program')
  const keys = ({ kid }: JoseHeader): Key => {
    if (kid === 'mine') return secret
    throw mistake
  }
  await verifyJws(general(part({ alg: 'HS256', kid: 'x' }), GOOD), { keys })
  await assert.rejects(verifyJws(general(part({ alg: 'HS256', kid: 'x' })), { keys }), mistake)
})

test('verifyJws: errors hold neither payload nor signature nor other members of the header', async () => {
  const header = { alg: 'HS256', kid: 'absent', private: 'do-not-tell' }
  const one = part(header)
  const token = `${one.protected}.${PAYLOAD}.${one.signature}`
  const options = [{ keys: SET }, { keys: stranger }, { keys: open }, { keys: secret, detachedPayload: OCTETS }]
  for (const each of options) {
    const error = await refuses({ verify: () => verify(token, each) }, token)
    const shown = `${JSON.stringify(error)}${error.stack}`
    for (const part of ['do-not-tell', PAYLOAD, one.protected ?? '', one.signature]) assert.ok(!shown.includes(part))
  }
})

test('verifyJws: a wrong MAC, a wrong key and a wrong length are one error', async () => {
  const input = compact.slice(0, compact.lastIndexOf('.'))
  const mac = Buffer.from(compact.slice(input.length + 1), 'base64url')
  const wrong = [mac.subarray(0, 16), mac.subarray(1), Buffer.concat([mac, mac]), mac.map((octet) => octet ^ 1)]
  const tokens = [macInput(input, Buffer.alloc(32)), ...wrong.map((octets) => `${input}.${b64(octets)}`)]
  const told = new Set<string>()
  for (const token of tokens) {
    const error = await fails(() => verifyJws(token, { keys: secret }), 'CS_SIGNATURE')
    told.add(JSON.stringify(error))
  }
  assert.equal(told.size, 1)
})

test('an object that is no JWS is told apart from one with a bad header, and no extensions is a list of extensions', async () => {
  for (const token of [{}, { payload: '' }, { protected: 'e30' }, new Uint8Array(3), { keys: [] }]) {
    const { message } = await fails(() => verifyJws(token, { keys: secret }), 'CS_MALFORMED')
    assert.match(message, /neither signature nor signatures/)
  }
  const jws = await signJws('hello', { key: secret })
  assert.equal((await verifyJws(jws, { keys: secret, crit: [] })).header.alg, 'HS256')
})

test('an array with a hole in it holds nothing there', async () => {
  // biome-ignore lint/suspicious/noSparseArray: it is what is tested
  const signatures: unknown[] = [,]
  await fails(() => verifyJws({ payload: '', signatures }, { keys: secret }), 'CS_MALFORMED')
  await fails(() => verifyJws('a.b.c', { keys: { keys: signatures } as never }), 'CS_JWKS_INVALID')
  await assert.rejects(verifyJws('a.b.c', { keys: signatures as never }), TypeError)
})
