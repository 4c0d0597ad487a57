import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { Bytes } from '../../bytes.ts'
import { CommandError } from '../../diagnosis/told.ts'
import type { Certificate } from '../host.ts'

/** A private key as PEM, encrypted under a passphrase (RFC 5958 §3). @throws {CommandError} `CS_UNSUPPORTED` */
export async function encryptPem(pem: string, passphrase: string): Promise<string> {
  let encrypted: string
  try {
    const options = { format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase } as const
    encrypted = createPrivateKey(pem).export(options).toString()
  } catch {
    throw new CommandError('CS_UNSUPPORTED', 'this runtime does not encrypt private keys.', {
      hint: 'run it on Node.js, or write the key as it is into a file of your own.',
    })
  }
  if (!encrypted.startsWith('-----BEGIN ENCRYPTED PRIVATE KEY-----')) throw new Error('the key came back unencrypted')
  return encrypted
}

/** What a certificate says of itself; nothing where the runtime cannot tell. */
export async function readCertificate(der: Bytes): Promise<Certificate | undefined> {
  try {
    const { subject, issuer, validFrom, validTo } = new X509Certificate(der)
    const oneLine = (name: string): string => name.split('\n').join(', ')
    return {
      subject: oneLine(subject),
      issuer: oneLine(issuer),
      notBefore: Date.parse(validFrom) / 1000,
      notAfter: Date.parse(validTo) / 1000,
    }
  } catch {
    return undefined
  }
}
