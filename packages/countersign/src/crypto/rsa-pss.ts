import { type Bytes, concat } from '../bytes.ts'
import { OID_RSA_PSS } from '../key/algorithm-id.ts'
import { oidDer, TAG, toDer } from '../key/der.ts'
import type { Hash } from './backend.ts'

const OID_MGF1 = '2a864886f70d010108'
const OID_HASH: Readonly<Record<Hash, string>> = {
  256: '608648016503040201',
  384: '608648016503040202',
  512: '608648016503040203',
}

const ZERO = Uint8Array.of(0)
const NULL = toDer(TAG.null)

/** RSASSA-PSS with one hash, for the message and the mask, and a salt as long as the hash (RFC 4055 §3.1, RFC 7518 §3.5). */
function algorithmId(hash: Hash): Bytes {
  const hashId = toDer(TAG.sequence, oidDer(OID_HASH[hash]), NULL)
  const parameters = toDer(
    TAG.sequence,
    toDer(TAG.context0, hashId),
    toDer(TAG.context1, toDer(TAG.sequence, oidDer(OID_MGF1), hashId)),
    toDer(TAG.context2, toDer(TAG.integer, Uint8Array.of(hash / 8))),
  )
  return toDer(TAG.sequence, oidDer(OID_RSA_PSS), parameters)
}

/** The SPKI of a public RSA key that is for PSS with one hash alone. @param pkcs1 - the key as RSAPublicKey (RFC 8017 §A.1.1) */
export function pssSpki(pkcs1: Bytes, hash: Hash): Bytes {
  return toDer(TAG.sequence, algorithmId(hash), toDer(TAG.bitString, concat(ZERO, pkcs1)))
}

/** The PKCS#8 of a private one. @param pkcs1 - the key as RSAPrivateKey (RFC 8017 §A.1.2) */
export function pssPkcs8(pkcs1: Bytes, hash: Hash): Bytes {
  return toDer(TAG.sequence, toDer(TAG.integer, ZERO), algorithmId(hash), toDer(TAG.octetString, pkcs1))
}
