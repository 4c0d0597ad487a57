import assert from 'node:assert/strict'
import * as crypto from 'node:crypto'
import { type ErrorCode, JoseError, type Jwk } from 'countersign'
import * as local from 'countersign/sync'
import { fromBase64url } from '../../src/bytes.ts'

/** An algorithm for each kind of key that has two halves. */
export const ASYMMETRIC = ['RS256', 'ES256', 'ES384', 'ES512', 'Ed25519'] as const

/** The same without RSA. */
export const CURVES = ['ES256', 'ES384', 'ES512', 'Ed25519'] as const

const made = new Map<string, Jwk>()

/**
 * A private or secret JWK, without a word about it. It is made when it is first asked for, since RSA takes long.
 *
 * @param which - 1 for a stranger: another key of the same kind
 */
export function jwkFor(alg: string, which: 0 | 1 = 0): Jwk {
  const name = `${alg} ${which}`
  const jwk = made.get(name) ?? bareJwk(alg)
  made.set(name, jwk)
  return jwk
}

function bareJwk(alg: string): Jwk {
  const { alg: _, kid: __, ...jwk } = local.exportJwk(local.generateKey(alg))
  return jwk
}

/** A JWK without its private members. */
export const publicMembers = ({ d: _, p: __, q: ___, dp: ____, dq: _____, qi: ______, ...jwk }: Jwk): Jwk => jwk

/** The public halves of the keys that most tests take. */
export const RSA: Jwk = publicMembers(jwkFor('RS256'))
export const EC: Jwk = publicMembers(jwkFor('ES256'))
export const ED: Jwk = publicMembers(jwkFor('Ed25519'))

/** The PEM of a key, private or public as its JWK is. */
export const pemOf = (jwk: Jwk): string => local.exportPem(local.importKey(jwk))

/** The octets inside a PEM. */
export const derOf = (pem: string): Uint8Array =>
  Uint8Array.from(Buffer.from(pem.replace(/-----.*-----/g, ''), 'base64'))

/** `RSA` as a PEM. */
export const SPKI: string = pemOf(RSA)

/** Both halves of a private JWK for node:crypto, which writes containers that countersign does not read. */
export function nodePair(jwk: Jwk): { readonly privateKey: crypto.KeyObject; readonly publicKey: crypto.KeyObject } {
  const privateKey = crypto.createPrivateKey({ key: jwk as crypto.JsonWebKey, format: 'jwk' })
  return { privateKey, publicKey: crypto.createPublicKey(privateKey) }
}

/** 64 octets: a secret for every HMAC. */
export const STRONG: Uint8Array = Uint8Array.from({ length: 64 }, (_, index) => 251 - index)

/** Holds that a `JoseError` with a code is thrown, and that its message or its hint says what is told. */
export function assertRefused(run: () => unknown, code: ErrorCode, why: string, told: RegExp = /./): void {
  assert.throws(
    run,
    (error) => {
      assert.ok(error instanceof JoseError, `${why}: ${error} is no JoseError`)
      assert.equal(error.code, code, `${why}: ${error.message}`)
      assert.match(`${error.message}\n${error.hint}`, told, why)
      return true
    },
    `${why} was accepted`,
  )
}

/** What a call returns or throws, for tests that look at all that it shows. */
export function resultOf(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error
  }
}

// DER by hand, for what no library writes.

/** The tags of X.690 §8 that keys are made of. */
export const TAG = { integer: 2, bits: 3, octets: 4, null: 5, oid: 6, sequence: 0x30, context0: 0xa0, context1: 0xa1 }

const OID = {
  ec: '2a8648ce3d0201',
  'P-256': '2a8648ce3d030107',
  'P-384': '2b81040022',
  'P-521': '2b81040023',
  Ed25519: '2b6570',
  rsa: '2a864886f70d010101',
} as const

/** The name of an algorithm or of a curve that has an object identifier here. */
export type OidName = keyof typeof OID

/** An element: tag, length, content (X.690 §8.1). Contents of up to 65,535 octets. */
export function der(tag: number, ...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const content = Buffer.concat(parts.map((part) => Uint8Array.from(part)))
  const { length } = content
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Uint8Array.from([tag, ...head, ...content])
}

/** A coordinate or a private key, as octets. */
export const octetsOf = (jwk: Jwk, name: 'x' | 'y' | 'd'): Uint8Array => fromBase64url(jwk[name] ?? '', name)

/** An object identifier as an element. */
export const oid = (name: OidName): Uint8Array => der(TAG.oid, Buffer.from(OID[name], 'hex'))

const version = (number: number): Uint8Array => der(TAG.integer, [number])

/** What `pkcs8` does otherwise than by default. */
export interface Hand {
  /** The public half that goes in; left out, none does. */
  readonly open?: Jwk
  /** Whether the inner EC key repeats its curve, and which. */
  readonly curve?: OidName
  /** 0, the first version, where it is left out. */
  readonly version?: number
  /** Octets behind the last member. */
  readonly extra?: Uint8Array
}

/** PKCS#8 of a key on a curve (RFC 5958 §2, RFC 5915 §3, RFC 8410 §7). */
export function pkcs8(jwk: Jwk, { open, curve, version: number = 0, extra = new Uint8Array() }: Hand = {}): Uint8Array {
  const d = der(TAG.octets, octetsOf(jwk, 'd'))
  const crv = jwk.crv as OidName
  if (crv === 'Ed25519') {
    const half = open ? der(0x81, [0], octetsOf(open, 'x')) : []
    return der(TAG.sequence, version(number), der(TAG.sequence, oid(crv)), der(TAG.octets, d), half, extra)
  }
  const named = curve ? der(TAG.context0, oid(curve)) : []
  const half = open ? der(TAG.context1, der(TAG.bits, [0, 4], octetsOf(open, 'x'), octetsOf(open, 'y'))) : []
  const inner = der(TAG.sequence, version(1), d, named, half)
  return der(TAG.sequence, version(number), der(TAG.sequence, oid('ec'), oid(crv)), der(TAG.octets, inner), extra)
}
