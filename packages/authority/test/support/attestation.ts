import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto'

/** A map of CBOR (RFC 8949 §3), as far as authenticators of software need it. */
export type Cbor = number | string | Uint8Array | readonly Cbor[] | ReadonlyMap<number | string, Cbor>

export function toCbor(value: Cbor): Buffer {
  if (typeof value === 'number') return value < 0 ? header(1, -1 - value) : header(0, value)
  if (typeof value === 'string') return Buffer.concat([header(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Uint8Array) return Buffer.concat([header(2, value.length), value])
  if (value instanceof Map) return Buffer.concat([header(5, value.size), ...[...value].flat().map(toCbor)])
  const items = [...(value as readonly Cbor[])]
  return Buffer.concat([header(4, items.length), ...items.map(toCbor)])
}

function header(major: number, count: number): Buffer {
  const first = major << 5
  if (count < 24) return Buffer.of(first | count)
  return count < 256 ? Buffer.of(first | 24, count) : Buffer.of(first | 25, count >> 8, count & 255)
}

/** Who vouches for authenticators: a key, and a certificate of it that it signed itself (RFC 5280 §4.1). */
export function newVoucher(): { readonly certificate: Buffer; readonly key: KeyObject } {
  const { privateKey: key, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = der(0x30, Buffer.from('06082a8648ce3d040302', 'hex'))
  const name = der(0x30, der(0x31, der(0x30, Buffer.from('0603550403', 'hex'), der(0x0c, Buffer.from('Maker')))))
  const validity = der(0x30, ...['250101000000Z', '491231235959Z'].map((time) => der(0x17, Buffer.from(time))))
  const version = der(0xa0, der(0x02, Buffer.of(2)))
  const subject = publicKey.export({ format: 'der', type: 'spki' })
  const signed = der(0x30, version, der(0x02, Buffer.of(1)), algorithm, name, validity, name, subject)
  const signature = der(0x03, Buffer.of(0), createSign('sha256').update(signed).sign(key))
  return { certificate: der(0x30, signed, algorithm, signature), key }
}

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  const { length } = body
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.of(tag, ...size), body])
}
