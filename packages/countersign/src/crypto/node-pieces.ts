import * as crypto from 'node:crypto'
import type { Pieces, SigningInput } from './backend.ts'
import { hashName, signatureKey } from './node-keys.ts'
import { equalMacs, newMac, toOctets, toText } from './node-signatures.ts'

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

/** @see Backend.pieces */
export const pieces: Pieces = {
  sign(scheme, material) {
    if (scheme.family === 'hmac') {
      const mac = newMac(scheme, material)
      return { update: feed(mac), finish: () => mac.digest('base64url') }
    }
    const signer = crypto.createSign(hashName(scheme))
    return { update: feed(signer), finish: () => toText(scheme, material, signer.sign(signatureKey(scheme, material))) }
  },

  verify(scheme, material) {
    if (scheme.family === 'hmac') {
      const mac = newMac(scheme, material)
      return { update: feed(mac), finish: (signature) => equalMacs(mac.digest('base64url'), signature) }
    }
    const verifier = crypto.createVerify(hashName(scheme))
    const finish = (signature: string): boolean =>
      verifier.verify(signatureKey(scheme, material), toOctets(scheme, signature))
    return { update: feed(verifier), finish }
  },
}
