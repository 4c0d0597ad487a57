import * as crypto from 'node:crypto'
import type { Bytes } from '../bytes.ts'
import type { Material, Pieces, SignatureScheme, SigningInput } from './backend.ts'
import { fromDer, toDer } from './ecdsa-der.ts'
import { halfOf, hashName, keyObject, keyOptions } from './node-keys.ts'

/** A hash that goes on over the pieces of a message: text stands for its octets. */
interface Running {
  update(piece: Uint8Array): unknown
  update(piece: string, encoding: 'latin1'): unknown
}

const feed =
  (running: Running) =>
  (piece: SigningInput): void => {
    if (typeof piece === 'string') running.update(piece, 'latin1')
    else running.update(piece)
  }

const hmac = (scheme: SignatureScheme, material: Material): crypto.Hmac =>
  crypto.createHmac(hashName(scheme), keyObject(material))

/** @see Backend.pieces */
export const pieces: Pieces = {
  sign(scheme, material) {
    if (scheme.family === 'hmac') {
      const mac = hmac(scheme, material)
      return { update: feed(mac), finish: () => Uint8Array.from(mac.digest()) }
    }
    const signer = crypto.createSign(hashName(scheme))
    const finish = (): Bytes => {
      const signature = signer.sign(keyOptions(scheme, material))
      return scheme.family === 'ecdsa' ? fromDer(signature, halfOf(material)) : Uint8Array.from(signature)
    }
    return { update: feed(signer), finish }
  },

  verify(scheme, material) {
    if (scheme.family === 'hmac') {
      const mac = hmac(scheme, material)
      return { update: feed(mac), finish: (signature) => crypto.timingSafeEqual(mac.digest(), signature) }
    }
    const verifier = crypto.createVerify(hashName(scheme))
    const finish = (signature: Bytes): boolean =>
      verifier.verify(keyOptions(scheme, material), scheme.family === 'ecdsa' ? toDer(signature) : signature)
    return { update: feed(verifier), finish }
  },
}
