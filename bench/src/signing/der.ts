import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'

/** Some DER (X.690): a tag, the length, the content. The contents here have at most 65535 octets. */
function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...head), content])
}

const sequence = (...parts: readonly Buffer[]): Buffer => tlv(0x30, ...parts)

/** An ECDSA signature of JOSE, r || s, as OpenSSL has it (RFC 3279 §2.2.3). */
export function toEcdsaDer(signature: Buffer): Buffer {
  const half = signature.length / 2
  return sequence(...[signature.subarray(0, half), signature.subarray(half)].map(integer))
}

function integer(unsigned: Buffer): Buffer {
  const digits = unsigned.subarray(unsigned.findIndex((octet) => octet !== 0))
  return tlv(0x02, (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits)
}

const SHA256 = sequence(Buffer.from('0609608648016503040201', 'hex'), Buffer.from('0500', 'hex'))
const MGF1 = sequence(Buffer.from('06092a864886f70d010108', 'hex'), SHA256)
const SALT_OCTETS = Buffer.from('020120', 'hex')
/** RSASSA-PSS as PS256 has it (RFC 4055 §3.1, RFC 7518 §3.5). */
const RSASSA_PSS = sequence(
  Buffer.from('06092a864886f70d01010a', 'hex'),
  sequence(tlv(0xa0, SHA256), tlv(0xa1, MGF1), tlv(0xa2, SALT_OCTETS)),
)

/** An RSA key as one that is for PS256 alone, so that no call has to say so. */
export function toPssKey(key: KeyObject): KeyObject {
  const pkcs1 = key.export({ format: 'der', type: 'pkcs1' })
  if (key.type === 'public') {
    const spki = sequence(RSASSA_PSS, tlv(0x03, Buffer.of(0), pkcs1))
    return createPublicKey({ key: spki, format: 'der', type: 'spki' })
  }
  const pkcs8 = sequence(Buffer.from('020100', 'hex'), RSASSA_PSS, tlv(0x04, pkcs1))
  return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
}
