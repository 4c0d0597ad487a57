import assert from 'node:assert/strict'
import test from 'node:test'
import {
  type FlattenedJws,
  type GeneralJws,
  type JwsOptions,
  type SignJwsOptions,
  signJws,
  type VerifiedJws,
  verifyJws,
} from 'countersign/jws'
import * as jose from 'jose'
import { isHere } from '../support/keys.ts'
import { type Crossing, JOSE_ROWS, keysFor, keysOf, tidyWarnings } from './crossing.ts'

tidyWarnings()

type AnyJws = string | FlattenedJws | GeneralJws
type Members = Readonly<Record<string, unknown>>

/** What either side gives back for a JWS that verified. */
interface Read {
  readonly payload: Uint8Array
  readonly protectedHeader?: Members
  readonly unprotectedHeader?: Members
}

/** One way to write a JWS that both sides have. */
interface Form {
  readonly name: string
  readonly payload: Uint8Array
  /** The protected header that the signer is asked for, beside `alg`. */
  readonly guarded?: Members
  readonly open?: Members
  /** What our signer is told on top of that. */
  readonly sign: JwsOptions
  /** What our verifier is told on top of the keys. */
  readonly verify?: { readonly crit?: readonly string[]; readonly allowUnprotectedAlg?: boolean }
  /** What refuses the JWS where our verifier is told no more than the keys. */
  readonly refusedAs?: string
  joseSigns(key: jose.JWK, headers: Headers, payload: Uint8Array): Promise<AnyJws>
  joseVerifies(key: jose.JWK, token: AnyJws, payload: Uint8Array): Promise<Read>
}

interface Headers {
  readonly guarded: Members | undefined
  readonly open: Members | undefined
}

/** Every octet once: neither JSON nor UTF-8. */
const OCTETS = Uint8Array.from({ length: 256 }, (_, index) => index)
const EMPTY = new Uint8Array()
const TEXT = Buffer.from('$.02 für Jörg 🔑')
const ASCII = Buffer.from('This is the payload string!')
const EXTENSION = 'https://extension.example'

/** What jose says to a signature that is not of the key. */
const WRONG_KEY = { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' }

const joseKey = ({ alg, jwk }: Crossing): jose.JWK => ({ ...jwk, alg })
const joseOpenKey = ({ alg, openJwk }: Crossing): jose.JWK => ({ ...openJwk, alg })

const compactSign: Form['joseSigns'] = (key, { guarded }, payload) =>
  new jose.CompactSign(payload).setProtectedHeader(guarded as jose.CompactJWSHeaderParameters).sign(key, CRIT)

const compactVerify: Form['joseVerifies'] = (key, token) => jose.compactVerify(token as string, key, CRIT)

const flattenedSign = (key: jose.JWK, { guarded, open }: Headers, payload: Uint8Array): Promise<jose.FlattenedJWS> => {
  const signer = new jose.FlattenedSign(payload)
  if (guarded) signer.setProtectedHeader(guarded as jose.JWSHeaderParameters)
  if (open) signer.setUnprotectedHeader(open as jose.JWSHeaderParameters)
  return signer.sign(key, CRIT)
}

const flattenedVerify: Form['joseVerifies'] = (key, token) =>
  jose.flattenedVerify(token as jose.FlattenedJWSInput, key, CRIT)

/** jose has no word for a detached payload: its users take it out and put it in again. */
const without = ({ payload: _, ...token }: jose.FlattenedJWS): FlattenedJws => token
const withPayload = (token: AnyJws, payload: string | Uint8Array): jose.FlattenedJWSInput => ({
  ...(token as FlattenedJws as object as jose.FlattenedJWSInput),
  payload,
})
const encoded = (payload: Uint8Array): string => Buffer.from(payload).toString('base64url')
const toCompact = ({ protected: head, payload, signature }: FlattenedJws): string => `${head}.${payload}.${signature}`
const fromCompact = (token: AnyJws): FlattenedJws => {
  const [head = '', payload = '', signature = ''] = String(token).split('.')
  return { protected: head, payload, signature }
}

const CRIT: jose.CritOption & jose.VerifyOptions = { crit: { [EXTENSION]: true } }

const FORMS: readonly Form[] = [
  {
    name: 'a compact JWS of any octets (RFC 7515 §7.1)',
    payload: OCTETS,
    guarded: { kid: 'a', typ: 'example' },
    sign: {},
    joseSigns: compactSign,
    joseVerifies: compactVerify,
  },
  {
    name: 'a compact JWS of no octets (RFC 7515 §7.1)',
    payload: EMPTY,
    sign: {},
    joseSigns: compactSign,
    joseVerifies: compactVerify,
  },
  {
    name: 'a compact JWS with a critical extension (RFC 7515 §4.1.11)',
    payload: OCTETS,
    guarded: { [EXTENSION]: { deep: [true] }, crit: [EXTENSION] },
    sign: {},
    verify: { crit: [EXTENSION] },
    refusedAs: 'CS_CRIT',
    joseSigns: compactSign,
    joseVerifies: compactVerify,
  },
  {
    name: 'a flattened JWS with an unprotected header (RFC 7515 §7.2.2)',
    payload: OCTETS,
    guarded: { typ: 'example' },
    open: { kid: 'a', [EXTENSION]: [{ deep: null }] },
    sign: { serialization: 'flattened' },
    joseSigns: flattenedSign,
    joseVerifies: flattenedVerify,
  },
  {
    name: 'a general JWS with one signature (RFC 7515 §7.2.1)',
    payload: OCTETS,
    guarded: { typ: 'example' },
    open: { kid: 'a' },
    sign: { serialization: 'general' },
    joseSigns: (key, { guarded, open }, payload) =>
      new jose.GeneralSign(payload)
        .addSignature(key)
        .setProtectedHeader(guarded as jose.JWSHeaderParameters)
        .setUnprotectedHeader(open as jose.JWSHeaderParameters)
        .sign() as Promise<GeneralJws>,
    joseVerifies: (key, token) => jose.generalVerify(token as jose.GeneralJWSInput, key),
  },
  {
    name: 'a flattened JWS with its alg in the unprotected header alone (RFC 7520 §4.7)',
    payload: OCTETS,
    open: { alg: '', kid: 'a' },
    sign: { serialization: 'flattened', allowUnprotectedAlg: true },
    verify: { allowUnprotectedAlg: true },
    refusedAs: 'CS_HEADER',
    joseSigns: flattenedSign,
    joseVerifies: flattenedVerify,
  },
  {
    name: 'a flattened JWS with a detached payload (RFC 7515 Appendix F)',
    payload: OCTETS,
    sign: { serialization: 'flattened', detached: true },
    refusedAs: 'CS_MALFORMED',
    joseSigns: async (...given) => without(await flattenedSign(...given)),
    joseVerifies: (key, token, payload) => jose.flattenedVerify(withPayload(token, encoded(payload)), key),
  },
  {
    name: 'a compact JWS with a detached payload (RFC 7515 Appendix F)',
    payload: OCTETS,
    sign: { detached: true },
    refusedAs: 'CS_SIGNATURE',
    joseSigns: async (...given) => toCompact({ ...fromCompact(await compactSign(...given)), payload: '' }),
    joseVerifies: (key, token, payload) => jose.flattenedVerify(withPayload(fromCompact(token), encoded(payload)), key),
  },
  {
    name: 'a flattened JWS with an unencoded payload (RFC 7797 §3)',
    payload: TEXT,
    guarded: { b64: false, crit: ['b64'] },
    sign: { serialization: 'flattened', b64: false },
    // jose leaves the payload out, and its user puts it in.
    joseSigns: async (key, headers, payload) =>
      ({ ...(await flattenedSign(key, headers, payload)), payload: Buffer.from(payload).toString() }) as FlattenedJws,
    joseVerifies: flattenedVerify,
  },
  {
    name: 'a flattened JWS with a payload that is detached and unencoded (RFC 7797 §5)',
    payload: OCTETS,
    guarded: { b64: false, crit: ['b64'] },
    sign: { serialization: 'flattened', b64: false, detached: true },
    // jose writes an empty payload for the one that it leaves out.
    refusedAs: 'CS_SIGNATURE',
    joseSigns: flattenedSign,
    joseVerifies: (key, token, payload) => jose.flattenedVerify(withPayload(token, payload), key),
  },
  {
    name: 'a compact JWS with a payload that is detached and unencoded (RFC 7797 §5.1)',
    payload: OCTETS,
    guarded: { b64: false, crit: ['b64'] },
    sign: { b64: false, detached: true },
    refusedAs: 'CS_SIGNATURE',
    joseSigns: async (...given) => toCompact({ ...(await flattenedSign(...given)), payload: '' }),
    joseVerifies: (key, token, payload) => jose.flattenedVerify(withPayload(fromCompact(token), payload), key),
  },
  {
    name: 'a compact JWS with an unencoded payload (RFC 7797 §5.2)',
    payload: ASCII,
    guarded: { b64: false, crit: ['b64'] },
    sign: { b64: false },
    joseSigns: async (key, headers, payload) =>
      toCompact({ ...(await flattenedSign(key, headers, payload)), payload: Buffer.from(payload).toString() }),
    joseVerifies: compactVerify,
  },
]

/** The headers of a form for an algorithm, which stands in the one or the other. */
function headersOf({ guarded, open }: Form, alg: string): Headers {
  if (open && 'alg' in open) return { guarded, open: { ...open, alg } }
  return { guarded: { alg, ...guarded }, open }
}

function signOptions(form: Form, { alg, signing }: Crossing): SignJwsOptions {
  const { guarded, open } = headersOf(form, alg)
  // b64 and its crit come in by the option.
  const { b64, crit: _, ...others } = guarded ?? {}
  const members = b64 === false ? others : { ...guarded }
  const named = 'kid' in { ...members, ...open } ? members : { ...members, kid: undefined }
  return { key: signing, alg, protected: named, ...(open && { unprotected: open }), ...form.sign }
}

/** Our side of a JWS that verified, in the words of jose. */
function toRead({ payload, header, protectedHeader }: VerifiedJws): Read {
  const open = Object.entries(header).filter(([name]) => !Object.hasOwn(protectedHeader, name))
  return {
    payload,
    ...(Object.keys(protectedHeader).length > 0 && { protectedHeader: { ...protectedHeader } }),
    ...(open.length > 0 && { unprotectedHeader: Object.fromEntries(open) }),
  }
}

function expected(form: Form, alg: string): Read {
  const { guarded, open } = headersOf(form, alg)
  return {
    payload: Uint8Array.from(form.payload),
    ...(guarded && { protectedHeader: guarded }),
    ...(open && { unprotectedHeader: open }),
  }
}

const read = ({ payload, ...headers }: Read): Read => ({ payload: Uint8Array.from(payload), ...headers })

for (const form of FORMS) {
  test(`jose refuses with another key, and verifies, what we sign as ${form.name}`, async () => {
    for (const row of JOSE_ROWS) {
      const [own, strange] = await keysFor(row)
      const token = await signJws(form.payload, signOptions(form, own))
      await assert.rejects(form.joseVerifies(joseOpenKey(strange), token, form.payload), WRONG_KEY, row.name)
      const verified = await form.joseVerifies(joseOpenKey(own), token, form.payload)
      assert.deepEqual(read(verified), expected(form, row.alg), row.name)
    }
  })

  test(`we refuse with another key, and verify, what jose signs as ${form.name}`, async () => {
    for (const row of JOSE_ROWS) {
      const [own, strange] = await keysFor(row)
      const token = await form.joseSigns(joseKey(own), headersOf(form, row.alg), form.payload)
      const detached = form.sign.detached ? { detachedPayload: form.payload } : {}
      const options = { ...form.verify, ...detached }
      await assert.rejects(
        verifyJws(token, { ...options, keys: strange.verifying }),
        { code: 'CS_SIGNATURE' },
        row.name,
      )
      if (form.refusedAs) await assert.rejects(verifyJws(token, { keys: own.verifying }), { code: form.refusedAs })
      const verified = await verifyJws(token, { ...options, keys: own.verifying })
      assert.deepEqual(read(toRead(verified)), expected(form, row.alg), row.name)
    }
  })
}

/** One of each family, the last with its alg in the unprotected header. */
const SEVERAL = ['HS256', 'RS256', 'PS384', 'ES512', 'Ed25519', 'ML-DSA-44', 'ES256'].filter(isHere)

const headersAt = (alg: string, index: number): { readonly guarded: Members | undefined; readonly open: Members } =>
  index === SEVERAL.length - 1
    ? { guarded: undefined, open: { alg, kid: `${index}` } }
    : { guarded: { alg, typ: `${index}` }, open: { kid: `${index}` } }

test('jose finds each of the signatures that we make by its own key, and none by a stranger (RFC 7515 §7.2.1)', async () => {
  const keys = await Promise.all(SEVERAL.map(keysOf))
  const jws = await signJws(OCTETS, {
    allowUnprotectedAlg: true,
    signers: keys.map(([{ alg, signing }], index) => {
      const { guarded, open } = headersAt(alg, index)
      return { key: signing, alg, ...(guarded && { protected: guarded }), unprotected: open }
    }),
  })
  for (const [index, [own, strange]] of keys.entries()) {
    const token = jws as jose.GeneralJWSInput
    await assert.rejects(jose.generalVerify(token, joseOpenKey(strange)), WRONG_KEY)
    const { guarded, open } = headersAt(own.alg, index)
    assert.deepEqual(read(await jose.generalVerify(token, joseOpenKey(own))), {
      payload: OCTETS,
      ...(guarded && { protectedHeader: guarded }),
      unprotectedHeader: open,
    })
  }
})

test('we find each of the signatures that jose makes by its own key, and none by a stranger (RFC 7515 §7.2.1)', async () => {
  const keys = await Promise.all(SEVERAL.map(keysOf))
  const signer = new jose.GeneralSign(OCTETS)
  for (const [index, [own]] of keys.entries()) {
    const { guarded, open } = headersAt(own.alg, index)
    const signature = signer.addSignature(joseKey(own))
    if (guarded) signature.setProtectedHeader(guarded as jose.JWSHeaderParameters)
    signature.setUnprotectedHeader(open as jose.JWSHeaderParameters)
  }
  const jws = (await signer.sign()) as GeneralJws
  const options = { allowUnprotectedAlg: true }
  for (const [index, [own, strange]] of keys.entries()) {
    await assert.rejects(verifyJws(jws, { keys: own.verifying }), { code: 'CS_HEADER' })
    await assert.rejects(verifyJws(jws, { ...options, keys: strange.verifying }), { code: 'CS_SIGNATURE' })
    const { guarded, open } = headersAt(own.alg, index)
    assert.deepEqual(read(toRead(await verifyJws(jws, { ...options, keys: own.verifying }))), {
      payload: OCTETS,
      ...(guarded && { protectedHeader: guarded }),
      unprotectedHeader: open,
    })
  }
})

test('what jose refuses to make or to read, and we do not, is named here', async () => {
  const [own] = await keysOf('ES256')
  const unencoded = new jose.CompactSign(ASCII).setProtectedHeader({ alg: 'ES256', b64: false, crit: ['b64'] })
  await assert.rejects(unencoded.sign(joseKey(own)), /use the flattened module/, 'a compact JWS with b64: false')
  const detached = await signJws(OCTETS, { key: own.signing, serialization: 'flattened', detached: true })
  const missing = { code: 'ERR_JWS_INVALID', message: 'JWS Payload missing' }
  await assert.rejects(jose.flattenedVerify(detached as jose.FlattenedJWSInput, joseOpenKey(own)), missing)
})
