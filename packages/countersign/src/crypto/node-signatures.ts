import * as crypto from 'node:crypto'
import { promisify } from 'node:util'
import { decodeBase64url } from '../bytes.ts'
import type { KeyWork, Material, SignatureScheme, SigningInput, SyncBackend } from './backend.ts'
import { fromDer, toDer } from './ecdsa-der.ts'
import { halfOf, hashName, keyObject, signatureKey } from './node-keys.ts'

/** An HMAC at its beginning. */
export const newMac = (scheme: SignatureScheme, material: Material): crypto.Hmac =>
  crypto.createHmac(hashName(scheme), keyObject(material))

// As text: to make a buffer for a MAC costs a third as much as the MAC itself.
function macOf(scheme: SignatureScheme, material: Material, input: SigningInput): string {
  const mac = newMac(scheme, material)
  return (typeof input === 'string' ? mac.update(input, 'latin1') : mac.update(input)).digest('base64url')
}

/** Two places to compare MACs in, by the lengths of their texts. */
const places: Readonly<Record<number, readonly [Buffer, Buffer]>> = {
  43: [Buffer.alloc(43), Buffer.alloc(43)],
  64: [Buffer.alloc(64), Buffer.alloc(64)],
  86: [Buffer.alloc(86), Buffer.alloc(86)],
}

/** Whether two texts of MACs are the same, in a time that does not tell where they differ. */
export function equalMacs(expected: string, given: string): boolean {
  const pair = places[expected.length]
  if (pair === undefined || given.length !== expected.length) return false
  pair[0].write(expected, 'latin1')
  pair[1].write(given, 'latin1')
  return crypto.timingSafeEqual(pair[0], pair[1])
}

/** EdDSA and ML-DSA bring their own hash. */
const digestName = (scheme: SignatureScheme): string | null => (scheme.hash === undefined ? null : hashName(scheme))

/** As much of an input as a token may have; good until the next. */
const scratch = Buffer.alloc(64 * 1024)
/** A signature of the largest kind. */
const place = Buffer.alloc(8 * 1024)

/** @returns octets that are good until the next call */
function borrowOctets(input: SigningInput): Uint8Array {
  if (typeof input !== 'string') return input
  return input.length > scratch.length
    ? Buffer.from(input, 'latin1')
    : scratch.subarray(0, scratch.write(input, 'latin1'))
}

/** A signature as OpenSSL takes it; octets that are good until the next call. */
export function toOctets(scheme: SignatureScheme, text: string): Uint8Array {
  return scheme.family === 'ecdsa' ? toDer(text) : place.subarray(0, decodeBase64url(text, place, 'the signature'))
}

/** A signature as OpenSSL gives it, as text. */
export function toText(scheme: SignatureScheme, material: Material, signature: Buffer): string {
  return scheme.family === 'ecdsa' ? fromDer(signature, halfOf(material)) : signature.toString('base64url')
}

/** @see KeyWork.sign */
export const sign: SyncBackend['sign'] = (scheme, material, input) => {
  if (scheme.family === 'hmac') return macOf(scheme, material, input)
  const signature = crypto.sign(digestName(scheme), borrowOctets(input), signatureKey(scheme, material))
  return toText(scheme, material, signature)
}

/** @see KeyWork.verify */
export const verify: SyncBackend['verify'] = (scheme, material, input, signature) => {
  if (scheme.family === 'hmac') return equalMacs(macOf(scheme, material, input), signature)
  const key = signatureKey(scheme, material)
  return crypto.verify(digestName(scheme), borrowOctets(input), key, toOctets(scheme, signature))
}

const signInThread = promisify(crypto.sign)

/** The same as `sign`, with slow work on private RSA keys off the event loop. */
export const signLater: KeyWork['sign'] = (scheme, material, input) => {
  if (scheme.family !== 'rsa' && scheme.family !== 'pss') return sign(scheme, material, input)
  const octets = typeof input === 'string' ? Buffer.from(input, 'latin1') : input
  return signInThread(digestName(scheme), octets, signatureKey(scheme, material)).then((signature) =>
    toText(scheme, material, signature),
  )
}
