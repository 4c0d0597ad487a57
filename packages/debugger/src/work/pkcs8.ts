import type { Bytes } from '../../../countersign/src/bytes.ts'
import { CommandError } from '../../../countersign/src/diagnosis/told.ts'
import { checkWork } from '../../../countersign/src/key/container.ts'
import { DerReader, TAG } from '../../../countersign/src/key/der.ts'
import { parsePem } from '../../../countersign/src/key/pem.ts'

const PBES2 = '2a864886f70d01050d'
const PBKDF2 = '2a864886f70d01050c'
/** What PBKDF2 counts with, by the last octet of its OID behind 1.2.840.113549.2 (RFC 8018 §B.1.2). */
const HASHES: Readonly<Record<string, string>> = {
  '2a864886f70d0207': 'SHA-1',
  '2a864886f70d0209': 'SHA-256',
  '2a864886f70d020a': 'SHA-384',
  '2a864886f70d020b': 'SHA-512',
}
/** AES in CBC mode, by the bits of its key. */
const CIPHERS: Readonly<Record<string, number>> = {
  '60864801650304012a': 256,
  '608648016503040102': 128,
}

/** Whether a text is the PEM of a private key that takes a passphrase. */
export function isEncryptedPem(text: string): boolean {
  return /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: ?4,ENCRYPTED/m.test(text)
}

/**
 * Opens a PKCS#8 private key that is encrypted with PBES2 (RFC 8018 §6.2), as OpenSSL writes them.
 *
 * @returns its PKCS#8 in DER
 * @throws {CommandError} for a wrong passphrase, or an encryption that browsers lack
 */
export async function decryptPem(pem: string, passphrase: string): Promise<Bytes> {
  const { label, der } = parsePem(pem)
  if (label !== 'ENCRYPTED PRIVATE KEY') throw notHere()
  checkWork(der)
  const info = new DerReader(der).enter(TAG.sequence, 'the encrypted key')
  const encryption = info.enter(TAG.sequence, 'the encryption')
  if (encryption.oid('the encryption') !== PBES2) throw notHere()
  const both = encryption.enter(TAG.sequence, 'the parameters')
  const derivation = both.enter(TAG.sequence, 'the key derivation')
  if (derivation.oid('the key derivation') !== PBKDF2) throw notHere()
  const how = derivation.enter(TAG.sequence, 'the parameters')
  const salt = how.take(TAG.octetString, 'the salt')
  const iterations = how.unsigned('the iterations').reduce((sum, octet) => sum * 256 + octet, 0)
  if (how.peek() === TAG.integer) how.unsigned('the length of the key')
  // Left out it is SHA-1 (RFC 8018 §A.2).
  const hash = how.done ? 'SHA-1' : HASHES[how.enter(TAG.sequence, 'the hash').oid('the hash')]
  const cipher = both.enter(TAG.sequence, 'the cipher')
  const length = CIPHERS[cipher.oid('the cipher')]
  if (hash === undefined || length === undefined) throw notHere()
  const iv = Uint8Array.from(cipher.take(TAG.octetString, 'the iv'))
  const sealed = Uint8Array.from(info.take(TAG.octetString, 'the key'))
  const { subtle } = crypto
  const password = await subtle.importKey('raw', new TextEncoder().encode(passphrase), 'PBKDF2', false, ['deriveKey'])
  const stretching = { name: 'PBKDF2', hash, salt: Uint8Array.from(salt), iterations }
  const key = await subtle.deriveKey(stretching, password, { name: 'AES-CBC', length }, false, ['decrypt'])
  try {
    return new Uint8Array(await subtle.decrypt({ name: 'AES-CBC', iv }, key, sealed))
  } catch {
    throw new CommandError('CS_KEY_INVALID', 'the private key does not open with this passphrase.', {
      hint: 'type the passphrase again; upper and lower case count.',
    })
  }
}

const notHere = (): CommandError =>
  new CommandError('CS_UNSUPPORTED', 'this private key is encrypted in a way that browsers cannot undo.', {
    hint: 'openssl pkcs8 -topk8 -in key.pem -out new.pem encrypts it anew, in a way that they can.',
  })
