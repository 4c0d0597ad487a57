import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importKey, keySet, publicKey, secretKey } from 'countersign'
import {
  type FlattenedJws,
  type GeneralJws,
  type JwsSerialization,
  type SignJwsOptions,
  signJws,
  verifyJws,
} from 'countersign/jws'
import { fails } from '../support/forge.ts'
import { jwkFor, publicMembers } from '../support/keys.ts'

const secret = secretKey({ hex: '5e'.repeat(32) }, 'HS256')
const key = importKey(jwkFor('ES256'))
const open = await publicKey(key)
const DOCUMENT = Buffer.from('a contract.\r\nWith a dot, an é and octets that are no UTF-8: ÿ', 'latin1')
const EMPTY = new Uint8Array()

const SERIALIZATIONS: readonly JwsSerialization[] = ['compact', 'flattened', 'general']
const FORMS = SERIALIZATIONS.flatMap((serialization) =>
  [true, false].map((b64) => ({ serialization, b64, name: `${serialization}, b64: ${b64}` })),
)

type AnyJws = string | FlattenedJws | GeneralJws

/** Signs with one key, in any serialization. */
const sign = (payload: Uint8Array | string, options: Partial<SignJwsOptions>): Promise<AnyJws> =>
  signJws(payload, { key: secret, ...options } as SignJwsOptions)

/** A JWS with another payload in it; nothing takes it out. */
function withPayload(jws: AnyJws, payload: string | undefined): AnyJws {
  if (typeof jws !== 'string') {
    const { payload: _, ...rest } = jws
    return payload === undefined ? rest : { payload, ...rest }
  }
  return jws
    .split('.')
    .with(1, payload ?? '')
    .join('.')
}

for (const { serialization, b64, name } of FORMS) {
  test(`another payload, or none, does not verify a detached JWS: ${name}`, async () => {
    const jws = await sign(DOCUMENT, { serialization, b64, detached: true })
    const others = [
      EMPTY,
      DOCUMENT.subarray(1),
      DOCUMENT.subarray(0, -1),
      Buffer.concat([DOCUMENT, Buffer.alloc(1)]),
      Buffer.from(DOCUMENT.toString('base64url')),
      Buffer.from(DOCUMENT.toString('latin1')),
      Buffer.from(DOCUMENT).fill(0x61, 0, 1).fill(0x62, 1, 2),
    ]
    for (const detachedPayload of others)
      await fails(() => verifyJws(jws, { keys: secret, detachedPayload }), 'CS_SIGNATURE')
  })

  test(`a detached payload is needed, and the error says how to give it: ${name}`, async () => {
    const jws = await sign(DOCUMENT, { serialization, b64, detached: true })
    const error = await fails(
      () => verifyJws(jws, { keys: secret }),
      typeof jws === 'string' ? 'CS_SIGNATURE' : 'CS_MALFORMED',
    )
    assert.match(error.hint, /detachedPayload/)
    assert.equal(error.unavailable, false)
  })

  test(`a payload inside and a detached one exclude each other: ${name} (attack 14)`, async () => {
    const document = Buffer.from('plain')
    const attached = await sign(document, { serialization, b64 })
    await fails(() => verifyJws(attached, { keys: secret, detachedPayload: document }), 'CS_MALFORMED')
    await fails(() => verifyJws(attached, { keys: secret, detachedPayload: EMPTY }), 'CS_MALFORMED')
    const detached = await sign(document, { serialization, b64, detached: true })
    const filled = withPayload(detached, '!')
    await fails(() => verifyJws(filled, { keys: secret, detachedPayload: document }), 'CS_MALFORMED')
  })

  test(`a detached JWS has no payload and verifies with it: ${name} (RFC 7515 Appendix F, RFC 7797 §5.2)`, async () => {
    const jws = await sign(DOCUMENT, { serialization, b64, detached: true })
    if (typeof jws === 'string') assert.match(jws, /^[\w-]+\.\.[\w-]+$/)
    else assert.equal('payload' in jws, false)
    const { payload, header } = await verifyJws(jws, { keys: secret, detachedPayload: DOCUMENT })
    assert.deepEqual(Buffer.from(payload), DOCUMENT)
    assert.equal(header['b64'], b64 ? undefined : false)
  })

  test(`an empty payload verifies inside the JWS as well as detached: ${name}`, async () => {
    const attached = await sign('', { serialization, b64 })
    const detached = await sign('', { serialization, b64, detached: true })
    if (serialization === 'compact') assert.equal(attached, detached)
    for (const verified of [
      await verifyJws(attached, { keys: secret }),
      await verifyJws(detached, { keys: secret, detachedPayload: EMPTY }),
    ]) {
      assert.deepEqual([...verified.payload], [])
    }
  })

  test(`taking the payload out or putting it in changes no signature: ${name} (RFC 7515 Appendix F)`, async () => {
    const document = 'plain'
    const attached = await sign(document, { serialization, b64 })
    const detached = await sign(document, { serialization, b64, detached: true })
    assert.deepEqual(withPayload(attached, undefined), detached)
    const text = b64 ? Buffer.from(document).toString('base64url') : document
    assert.deepEqual(withPayload(detached, text), attached)
  })
}

test('several signatures are over one detached payload (RFC 7515 §7.2.1)', async () => {
  for (const b64 of [true, false]) {
    const jws = await signJws(DOCUMENT, { signers: [{ key: secret }, { key }], detached: true, b64 })
    assert.deepEqual(Object.keys(jws), ['signatures'])
    for (const keys of [secret, open, keySet({ keys: [jwkFor('ES256', 1), jwkFor('ES256')].map(publicMembers) })]) {
      const { payload } = await verifyJws(jws, { keys, detachedPayload: DOCUMENT })
      assert.deepEqual(Buffer.from(payload), DOCUMENT)
    }
    const stranger = await publicKey(importKey(jwkFor('ES256', 1)))
    await fails(() => verifyJws(jws, { keys: stranger, detachedPayload: DOCUMENT }), 'CS_SIGNATURE')
  }
})

test('a payload that travels by itself is not measured by the limits of the token', async () => {
  const document = Buffer.alloc(3 * 1024 * 1024, 'x')
  for (const { serialization, b64 } of FORMS) {
    const jws = await sign(document, { serialization, b64, detached: true })
    const { payload } = await verifyJws(jws, { keys: secret, detachedPayload: document })
    assert.ok(document.equals(payload))
  }
})

test('the payload that is given back is the one that verified, though the caller changes its octets meanwhile', async () => {
  const jws = await sign(DOCUMENT, { detached: true })
  const detachedPayload = Buffer.from(DOCUMENT)
  const verifying = verifyJws(jws, { keys: async () => secret, detachedPayload })
  detachedPayload.fill(0)
  assert.equal(Buffer.from((await verifying).payload).toString('latin1'), DOCUMENT.toString('latin1'))
})

test('a view of a larger memory counts with its own octets alone', async () => {
  const surrounded = Buffer.concat([Buffer.alloc(5, 1), DOCUMENT, Buffer.alloc(5, 2)]).subarray(5, -5)
  for (const { serialization, b64 } of FORMS) {
    const jws = await sign(surrounded, { serialization, b64, detached: true })
    await verifyJws(jws, { keys: secret, detachedPayload: Uint8Array.from(DOCUMENT) })
    await verifyJws(jws, { keys: secret, detachedPayload: surrounded })
  }
})

test('a detached payload may be text, as it may when it is signed', async () => {
  for (const { serialization, b64 } of FORMS) {
    const jws = await sign('a contract, é', { serialization, b64, detached: true })
    const { payload } = await verifyJws(jws, { keys: secret, detachedPayload: 'a contract, é' })
    assert.deepEqual(payload, new TextEncoder().encode('a contract, é'))
    await fails(() => verifyJws(jws, { keys: secret, detachedPayload: 'a contract, e' }), 'CS_SIGNATURE')
    await fails(() => verifyJws(jws, { keys: secret, detachedPayload: 'a contract, \ud800' }), 'CS_MALFORMED')
  }
})
