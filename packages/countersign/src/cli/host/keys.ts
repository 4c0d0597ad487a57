import { createCipheriv, pbkdf2, randomBytes } from 'node:crypto'
import { type Bytes, base64, utf8 } from '../../bytes.ts'
import { oidDer, TAG, toDer } from '../../key/der.ts'
import { parsePem, toPem } from '../../key/pem.ts'

const OID = {
  pbes2: '2a864886f70d01050d',
  pbkdf2: '2a864886f70d01050c',
  hmacWithSha256: '2a864886f70d0209',
  aes256Cbc: '60864801650304012a',
} as const

/** As many as OWASP advises for SHA-256; what Node writes by itself has 2048, which guesses go through in no time. */
const ITERATIONS = 600_000

/**
 * A private key as PEM, encrypted under a passphrase: PBES2 with PBKDF2, HMAC-SHA-256 and AES-256-CBC, which OpenSSL
 * and everything after it reads (RFC 5958 §3, RFC 8018 §6.2).
 *
 * @param pem - a PKCS#8
 */
export async function encryptPem(pem: string, passphrase: string): Promise<string> {
  const { label, der } = parsePem(pem)
  if (label !== 'PRIVATE KEY') throw new Error('this is no private key in PKCS#8')
  const [salt, iv] = [Uint8Array.from(randomBytes(16)), Uint8Array.from(randomBytes(16))]
  const key = await stretched(utf8(passphrase), salt)
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  const encrypted = Uint8Array.from(Buffer.concat([cipher.update(der), cipher.final()]))
  const iterations = toDer(TAG.integer, Uint8Array.of(ITERATIONS >> 16, (ITERATIONS >> 8) & 0xff, ITERATIONS & 0xff))
  const hash = toDer(TAG.sequence, oidDer(OID.hmacWithSha256), toDer(TAG.null))
  const derivation = sequence(oidDer(OID.pbkdf2), sequence(toDer(TAG.octetString, salt), iterations, hash))
  const encryption = sequence(oidDer(OID.aes256Cbc), toDer(TAG.octetString, iv))
  const scheme = sequence(oidDer(OID.pbes2), sequence(derivation, encryption))
  return toPem('ENCRYPTED PRIVATE KEY', base64(sequence(scheme, toDer(TAG.octetString, encrypted))))
}

/** Off the thread, since it takes a while. */
function stretched(passphrase: Bytes, salt: Bytes): Promise<Bytes> {
  return new Promise((resolve, reject) => {
    pbkdf2(passphrase, salt, ITERATIONS, 32, 'sha256', (error, key) => (error ? reject(error) : resolve(key)))
  })
}

const sequence = (...parts: readonly Bytes[]): Bytes => toDer(TAG.sequence, ...parts)
