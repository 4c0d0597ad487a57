import assert from 'node:assert/strict'
import * as crypto from 'node:crypto'
import {
  capabilities,
  type ErrorCode,
  type ImportOptions,
  importKey,
  JoseError,
  type Jwk,
  type Key,
  type KeyInput,
} from 'countersign'
import { fromBase64url } from '../../src/bytes.ts'
import { HAS_SYNC } from './doors.ts'
import made from './keys.json' with { type: 'json' }

/** The parameter sets of ML-DSA (RFC 9964 §5). */
export const EVERY_ML_DSA = ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] as const

const { signature, curves } = capabilities()

/** Whether this runtime has a signature algorithm; what it has not, runtime.test.ts holds to be refused. */
export const isHere = (alg: string): boolean => signature.includes(alg)

/** For the option `skip` of a test: why it cannot run where there is no key on a curve. */
export const lacks = (crv: string | undefined): string | false =>
  crv === undefined || curves.includes(crv) ? false : `this runtime has no ${crv}`

/** Those that this runtime has. What each runtime has is held by test/runtimes; akp.test.ts says which are missing. */
export const ML_DSA: readonly (typeof EVERY_ML_DSA)[number][] = EVERY_ML_DSA.filter(isHere)

/** An algorithm for each kind of key that has two halves, and is not RSA; those that this runtime has. */
export const CURVES = (['ES256', 'ES384', 'ES512', 'ES256K', 'Ed25519', 'Ed448', ...EVERY_ML_DSA] as const).filter(
  isHere,
)

/** The same with RSA. */
export const ASYMMETRIC = (['RS256', ...CURVES] as const).filter(isHere)

interface FixedKey {
  readonly jwk: Jwk
  readonly pkcs8?: string
  readonly spki?: string
}

/** Two keys of each kind, the same in every run and on every runtime; make-keys.ts has made them. */
const FIXED: Readonly<Record<string, readonly FixedKey[]>> = made

/** The algorithms that take the keys of another one. */
const SAME_KEYS: Readonly<Record<string, string>> = { EdDSA: 'Ed25519', RS384: 'RS256', RS512: 'RS256' }

/**
 * A private or secret JWK, without a word about it.
 *
 * @param which - 1 for a stranger: another key of the same kind
 */
export function jwkFor(alg: string, which: 0 | 1 = 0): Jwk {
  const key = FIXED[SAME_KEYS[alg] ?? alg]?.[which]
  if (key === undefined) throw new TypeError(`keys.json has no key for ${alg}`)
  return { ...key.jwk }
}

/** The members of a JWK that are nobody's business (RFC 7518 §6, RFC 8037 §2, RFC 9964 §3). */
export const PRIVATE_MEMBERS: readonly string[] = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'priv']

/** A JWK without its private members. */
export const publicMembers = (jwk: Jwk): Jwk =>
  Object.fromEntries(Object.entries(jwk).filter(([name]) => !PRIVATE_MEMBERS.includes(name))) as unknown as Jwk

/** The key that verifies what a JWK signs: its public half, or a secret itself. */
export const verifyingKey = (jwk: Jwk): Key => importKey(jwk.kty === 'oct' ? jwk : publicMembers(jwk))

/** The public halves of the keys that most tests take. */
export const RSA: Jwk = publicMembers(jwkFor('RS256'))
export const EC: Jwk = publicMembers(jwkFor('ES256'))
export const ED: Jwk = publicMembers(jwkFor('Ed25519'))

/** The PEM of a key of `jwkFor`, private or public as its JWK is, from OpenSSL. */
export function pemOf(jwk: Jwk): string {
  const same = (name: 'n' | 'x' | 'pub', own: Jwk): boolean => own[name] !== undefined && own[name] === jwk[name]
  const key = Object.values(FIXED)
    .flat()
    .find(({ jwk: own }) => (['n', 'x', 'pub'] as const).some((name) => same(name, own)))
  const pem = PRIVATE_MEMBERS.some((name) => name in jwk) ? key?.pkcs8 : key?.spki
  if (pem === undefined) throw new TypeError('keys.json has no such key')
  return pem
}

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

/**
 * Takes a key in and puts it to its first use: only there WebCrypto compares the halves of a private key, and node:crypto
 * does at once.
 */
export async function taken(
  door: {
    importKey(input: KeyInput, options?: ImportOptions): Key
    exportPem(key: Key): string | Promise<string>
  },
  input: unknown,
  options?: ImportOptions,
): Promise<Key> {
  const key = door.importKey(input as KeyInput, options)
  if (!HAS_SYNC && key.kind === 'private') await door.exportPem(key)
  return key
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
export const TAG = {
  integer: 2,
  bits: 3,
  octets: 4,
  null: 5,
  oid: 6,
  sequence: 0x30,
  context0: 0xa0,
  context1: 0xa1,
  bits0: 0x80,
  bits1: 0x81,
}

const OID = {
  ec: '2a8648ce3d0201',
  'P-256': '2a8648ce3d030107',
  'P-384': '2b81040022',
  'P-521': '2b81040023',
  secp256k1: '2b8104000a',
  'P-224': '2b81040021',
  Ed25519: '2b6570',
  Ed448: '2b6571',
  X25519: '2b656e',
  X448: '2b656f',
  'ML-DSA-44': '608648016503040311',
  'ML-DSA-65': '608648016503040312',
  'ML-DSA-87': '608648016503040313',
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

/** A coordinate, a public or a private key, as octets. */
export const octetsOf = (jwk: Jwk, name: 'x' | 'y' | 'd' | 'pub' | 'priv'): Uint8Array =>
  fromBase64url(jwk[name] ?? '', name)

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

/** PKCS#8 of a key that is not RSA (RFC 5958 §2, RFC 5915 §3, RFC 8410 §7, RFC 9881 §6). */
export function pkcs8(jwk: Jwk, { open, curve, version: number = 0, extra = new Uint8Array() }: Hand = {}): Uint8Array {
  const container = (id: readonly OidName[], key: Uint8Array, half: Uint8Array | readonly number[] = []): Uint8Array =>
    der(TAG.sequence, version(number), der(TAG.sequence, ...id.map(oid)), der(TAG.octets, key), half, extra)
  if (jwk.kty !== 'EC') {
    const seed = jwk.kty === 'AKP'
    const key = seed ? der(TAG.bits0, octetsOf(jwk, 'priv')) : der(TAG.octets, octetsOf(jwk, 'd'))
    const half = open && der(TAG.bits1, [0], octetsOf(open, seed ? 'pub' : 'x'))
    return container([(seed ? jwk.alg : jwk.crv) as OidName], key, half)
  }
  const named = curve ? der(TAG.context0, oid(curve)) : []
  const half = open ? der(TAG.context1, der(TAG.bits, [0, 4], octetsOf(open, 'x'), octetsOf(open, 'y'))) : []
  const inner = der(TAG.sequence, version(1), der(TAG.octets, octetsOf(jwk, 'd')), named, half)
  return container(['ec', jwk.crv as OidName], inner)
}

/** SPKI by hand: an algorithm, and the octets of the public key (RFC 5280 §4.1.2.7). */
export const spki = (id: readonly OidName[], ...key: readonly (Uint8Array | readonly number[])[]): Uint8Array =>
  der(TAG.sequence, der(TAG.sequence, ...id.map(oid)), der(TAG.bits, [0], ...key))

/** The version of PKCS#8 that holds the public half of a key; an EC key has it inside (RFC 5958 §2, RFC 5915 §3). */
export const versionWithPublic = ({ kty }: Jwk): number => (kty === 'EC' ? 0 : 1)
