import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { importKey, type Jwk, thumbprint } from 'countersign'
import { type FlattenedJws, type GeneralJws, type SignJwsOptions, signJws, verifyJws } from 'countersign/jws'
import { base64url, fromBase64url } from '../../src/bytes.ts'
import { RUNTIMES, signAgain, signOctets, verifyCompact, verifyOctets } from '../support/jws.ts'
import { isHere, verifyingKey } from '../support/keys.ts'
import {
  type AnyJws,
  exampleOf,
  isDeterministic,
  isOurText,
  type JwsExample,
  oneKey,
  type SignatureExample,
  the,
  withChangedSignature,
  withoutPayload,
} from './examples.ts'
import { exercise } from './suites.ts'

const ANY_KEY = importKey({ kty: 'oct', k: base64url(new Uint8Array(64).fill(1)) })

/** What refuses a token that nobody signed, once somebody has put a signature behind it: its header alone is left. */
const REFUSED_WITH_A_SIGNATURE = new Map([
  ['rfc/rfc7515.json A.5', 'CS_UNSIGNED'],
  ['rfc/rfc7515.json E-crit', 'CS_CRIT'],
])

exercise(
  'jwsCompactRefused',
  RUNTIMES,
  ({ id, value }) => `a JWS that is ${value.expect} is refused, without a signature and with one: ${id}`,
  async ({ id, value }, { run }) => {
    const token = String(the(value.jws, 'jws'))
    const code = the(REFUSED_WITH_A_SIGNATURE.get(id), 'reason in REFUSED_WITH_A_SIGNATURE')
    await assert.rejects(async () => run(verifyCompact(token, ANY_KEY)), { name: 'JoseError', code: 'CS_UNSIGNED' })
    const signature = base64url(new Uint8Array(32))
    await assert.rejects(async () => run(verifyCompact(`${token}${signature}`, ANY_KEY)), { name: 'JoseError', code })
  },
)

exercise(
  'jwsCompact',
  RUNTIMES,
  ({ id }) => `a compact JWS verifies, and is signed to the same bytes where its alg is deterministic: ${id}`,
  async (vector, { run }) => {
    const example = exampleOf(vector)
    const token = String(example.token)
    const part = onlyPart(example)
    if (!isHere(part.alg)) return lacks(part.jwk)
    const key = verifyingKey(part.jwk)
    await assert.rejects(async () => run(verifyCompact(withChangedSignature(token), key)), { code: 'CS_SIGNATURE' })
    const verified = await run(verifyCompact(token, key, [part.alg]))
    assert.deepEqual(verified.payload, example.payload)
    assert.deepEqual({ ...verified.header }, part.protectedHeader)
    if (!isDeterministic(part.alg)) return
    assert.equal(await run(signAgain(token, part.alg, importKey(part.jwk))), token)
  },
)

/** What this runtime does not have is refused by name, be it the key or its first use. */
async function lacks(jwk: Jwk): Promise<void> {
  await assert.rejects(async () => signJws('', { key: importKey(jwk) }), { name: 'JoseError', code: 'CS_UNSUPPORTED' })
}

const [PROMISE] = RUNTIMES

/** `verifyJws` and `signJws`, which answer with promises alone. */
const DOOR = [{ name: 'countersign/jws' }] as const

const REFUSED_AS = new Map([
  ['rfc/rfc7515.json A.5', 'CS_UNSIGNED'],
  ['rfc/rfc7515.json E-crit', 'CS_UNSIGNED'],
  ['rfc/rfc7797.json 6-no-crit', 'CS_CRIT'],
  ['rfc7520/rfc7797/4.2.hmac-sha2_b64_false.json json', 'CS_CRIT'],
  ['rfc7520/rfc7797/4.2.hmac-sha2_b64_false.json json_flat', 'CS_CRIT'],
])

exercise(
  'jwsRefused',
  DOOR,
  ({ id }) => `a JWS that nobody signed, or with b64 and no crit for it, is refused (RFC 7797 §6): ${id}`,
  async (vector) => {
    const code = the(REFUSED_AS.get(vector.id), 'reason in REFUSED_AS')
    const [token, jwk] =
      vector.from === 'rfc'
        ? [the(vector.value.jws, 'jws'), vector.value.key]
        : [vector.entry.output[vector.form] as AnyJws, vector.entry.input?.key]
    const keys = jwk ? importKey(oneKey(jwk)) : ANY_KEY
    await assert.rejects(verifyJws(token, { keys }), { name: 'JoseError', code })
    if (code === 'CS_CRIT') assertMac(token as FlattenedJws | GeneralJws, the(oneKey(jwk).k, 'k'))
  },
)

/** That the MAC over the unencoded payload is right: with a crit the JWS would be good. */
function assertMac(token: FlattenedJws | GeneralJws, k: string): void {
  const part = 'signatures' in token ? token.signatures[0] : token
  const mac = createHmac('sha256', Buffer.from(k, 'base64url')).update(`${part?.protected}.${token.payload}`)
  assert.equal(mac.digest('base64url'), part?.signature)
}

exercise(
  'jws',
  DOOR,
  ({ id }) =>
    `each signature verifies by its own key, which gives the headers of that signature (RFC 7515 §5.2): ${id}`,
  async (vector) => {
    const example = exampleOf(vector)
    const { token, payload, signatures } = example
    const other = Uint8Array.from([...payload, 0])
    for (const [index, part] of signatures.entries()) {
      const { protectedHeader, unprotectedHeader, jwk, alg } = part
      const options = { ...optionsFor(example), keys: verifyingKey(jwk), algorithms: [alg] }
      await assert.rejects(verifyJws(withChangedSignature(token, index), options), { code: 'CS_SIGNATURE' })
      const detached = withoutPayload(token)
      await assert.rejects(verifyJws(detached, { ...options, detachedPayload: other }), { code: 'CS_SIGNATURE' })

      const verified = await verifyJws(token, options)
      assert.deepEqual(verified.payload, payload)
      assert.deepEqual({ ...verified.protectedHeader }, protectedHeader)
      assert.deepEqual({ ...verified.header }, { ...protectedHeader, ...unprotectedHeader })
      assert.equal(await thumbprint(verified.key), await thumbprint(importKey(jwk)))
      const apart = await verifyJws(detached, { ...options, detachedPayload: payload })
      assert.deepEqual(apart, verified, 'any JWS can travel without its payload (RFC 7515 Appendix F)')
    }
  },
)

exercise(
  'jwsDetached',
  DOOR,
  ({ id }) => `a detached payload is asked for, and may come in pieces (RFC 7515 Appendix F): ${id}`,
  async (vector) => {
    const example = exampleOf(vector)
    const { token, payload } = example
    const part = onlyPart(example)
    const keys = verifyingKey(part.jwk)
    // In the compact serialization, an empty payload and none look the same.
    const code = typeof token === 'string' ? 'CS_SIGNATURE' : 'CS_MALFORMED'
    await assert.rejects(verifyJws(token, { keys }), { code, hint: /detachedPayload/ })
    const attached = typeof token === 'string' ? token.replace('..', '.YQ.') : { ...token, payload: 'YQ' }
    await assert.rejects(verifyJws(attached, { keys, detachedPayload: payload }), { code: 'CS_MALFORMED' })
    const verified = await verifyJws(token, { keys, detachedPayload: inPieces(payload) })
    assert.deepEqual({ ...verified.header }, { ...part.protectedHeader, ...part.unprotectedHeader })
    const changed = inPieces(payload.with(-1, 0))
    await assert.rejects(verifyJws(token, { keys, detachedPayload: changed }), { code: 'CS_SIGNATURE' })
  },
)

/** Octets one at a time. */
async function* inPieces(payload: Uint8Array): AsyncGenerator<Uint8Array> {
  for (const octet of payload) yield Uint8Array.of(octet)
}

exercise(
  'jwsOpenAlg',
  DOOR,
  ({ id }) => `alg in the unprotected header alone is refused unless it is allowed (RFC 7520 §4.7): ${id}`,
  async (vector) => {
    const { token, signatures } = exampleOf(vector)
    for (const { jwk } of signatures) {
      const keys = verifyingKey(jwk)
      await assert.rejects(verifyJws(token, { keys }), { code: 'CS_HEADER', hint: /allowUnprotectedAlg/ })
      await verifyJws(token, { keys, allowUnprotectedAlg: true })
    }
  },
)

exercise(
  'jwsSeveral',
  DOOR,
  ({ id }) => `of several signatures the first that verifies counts, and none is not enough (RFC 7515 §7.2.1): ${id}`,
  async (vector) => {
    const example = exampleOf(vector)
    const keys = example.signatures.map(({ jwk }) => verifyingKey(jwk))
    let { token } = example
    for (const [index, part] of example.signatures.entries()) {
      const { header } = await verifyJws(token, { ...optionsFor(example), keys })
      assert.deepEqual({ ...header }, { ...part.protectedHeader, ...part.unprotectedHeader })
      token = withChangedSignature(token, index)
    }
    await assert.rejects(verifyJws(token, { ...optionsFor(example), keys }), { code: 'CS_SIGNATURE' })
  },
)

/** The headers with white space, which no JSON writer makes: signed by the operation, and not by the door. */
const OTHER_TEXT = ['rfc/rfc7515.json A.1', 'rfc/rfc7515.json F-detached']

exercise(
  'jwsDeterministic',
  DOOR,
  ({ id }) => `the same payload, headers and key are signed to the same bytes (RFC 7515 §5.1): ${id}`,
  async (vector) => {
    const example = exampleOf(vector)
    assert.equal(example.signatures.every(isOurText), !OTHER_TEXT.includes(vector.id))
    if (OTHER_TEXT.includes(vector.id)) {
      const part = onlyPart(example)
      const texts = [Buffer.from(the(part.text, 'protected header')), example.payload].map(base64url).join('.')
      const made = await PROMISE.run(signAgain(texts, part.alg, importKey(part.jwk)))
      assert.equal(made, `${texts}.${part.signature}`)
      return
    }
    const made = await signJws(example.payload, signOptions(example))
    if (example.signatures.every(({ alg }) => isDeterministic(alg))) {
      assert.deepEqual(made, example.token)
      return
    }
    // The headers are the same, and so is each signature that can be.
    assert.deepEqual(comparable(made, example), comparable(example.token, example))
    for (const { jwk } of example.signatures) {
      await verifyJws(made, { ...optionsFor(example), keys: verifyingKey(jwk) })
    }
  },
)

/** A general JWS without those of its signatures that differ each time. */
function comparable(token: AnyJws, { signatures }: JwsExample): object {
  const { payload, signatures: parts } = token as GeneralJws
  assert.equal(parts.length, signatures.length)
  return {
    payload,
    parts: parts.map((part, index) => {
      const { signature, ...others } = part
      return isDeterministic(the(signatures[index], 'signature').alg) ? part : others
    }),
  }
}

exercise(
  'bareSignature',
  RUNTIMES,
  ({ id, value }) => `${value.alg} signs octets to the signature of the RFC (RFC 8032 §5.2.6, §7.4): ${id}`,
  async ({ value }, { run }) => {
    const jwk = oneKey(value.key)
    if (!isHere(String(value.alg))) return lacks(jwk)
    const message = fromBase64url(value.message_b64u ?? '', 'message_b64u')
    const signature = fromBase64url(the(value.signature_b64u, 'signature_b64u'), 'signature_b64u')
    for (const alg of [String(value.alg), 'EdDSA']) {
      const key = verifyingKey(jwk)
      assert.equal(await run(verifyOctets(key, alg, message, signature.with(0, (signature[0] ?? 0) ^ 1))), false)
      assert.equal(await run(verifyOctets(key, alg, Uint8Array.of(...message, 0), signature)), false)
      assert.equal(await run(verifyOctets(key, alg, message, signature)), true)
      assert.equal(base64url(await run(signOctets(importKey(jwk), alg, message))), value.signature_b64u)
    }
  },
)

/** What `verifyJws` has to be told about an example, apart from its keys. */
const optionsFor = ({ detached, openAlg, payload }: JwsExample) => ({
  ...(detached && { detachedPayload: payload }),
  ...(openAlg && { allowUnprotectedAlg: true }),
})

/** What `signJws` has to be told to make an example again. */
function signOptions({ token, detached, openAlg, signatures }: JwsExample): SignJwsOptions {
  const signers = signatures.map(({ jwk, alg, protectedHeader, unprotectedHeader }) => {
    const { b64: _, crit: __, ...members } = protectedHeader
    const named = { ...members, ...unprotectedHeader }
    return {
      key: importKey(jwk),
      alg,
      // No kid of the key comes in where the vector has none.
      protected: 'kid' in named ? members : { ...members, kid: undefined },
      ...(unprotectedHeader && { unprotected: unprotectedHeader }),
    }
  })
  const b64 = signatures.every(({ protectedHeader }) => protectedHeader['b64'] !== false)
  const common = { detached, b64, allowUnprotectedAlg: openAlg }
  if (typeof token === 'object' && 'signatures' in token) return { ...common, serialization: 'general', signers }
  const serialization = typeof token === 'string' ? 'compact' : 'flattened'
  return { ...common, serialization, ...the(signers[0], 'signature') }
}

function onlyPart({ signatures }: JwsExample): SignatureExample {
  assert.equal(signatures.length, 1)
  return the(signatures[0], 'signature')
}
