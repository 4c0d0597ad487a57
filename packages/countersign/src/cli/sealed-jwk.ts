import { AT_REST } from '../alg/management.ts'
import { type Bytes, fromUtf8, utf8 } from '../bytes.ts'
import { CommandError } from '../diagnosis/told.ts'
import { JoseError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { parseObject } from '../json.ts'
import { decryptJwe } from '../jwe/decrypt-jwe.ts'
import { encryptJwe } from '../jwe/encrypt-jwe.ts'
import { secretKey } from '../key/import.ts'
import type { Jwk } from '../key/jwk.ts'
import { run } from '../op.ts'
import { backend } from './engine.ts'

/** A JWK encrypted under a passphrase, as a compact JWE (RFC 7517 §7). */
export async function sealJwk(jwk: Jwk, passphrase: string): Promise<string> {
  const key = secretKey({ text: passphrase }, AT_REST.passphrase, {})
  const options = { key, enc: AT_REST.enc, protected: { cty: 'jwk+json' } } as const
  return (await run(encryptJwe(utf8(JSON.stringify(jwk)), options, backend), backend)) as string
}

/** @throws {CommandError} `CS_KEY_INVALID` for a wrong passphrase */
export async function readSealedJwk(token: string, passphrase: string, name: string): Promise<JsonObject> {
  const keys = secretKey({ text: passphrase }, AT_REST.passphrase, {})
  let plaintext: Bytes
  try {
    const options = { keys, algorithms: [AT_REST.passphrase] }
    plaintext = (await run(decryptJwe(token, options, backend), backend)).plaintext
  } catch (error) {
    if (!(error instanceof JoseError)) throw error
    throw new CommandError(
      'CS_KEY_INVALID',
      `${name} does not open: the passphrase is wrong, or it is no key of ours.`,
      {
        hint: 'try the passphrase again.',
      },
    )
  }
  return parseObject(fromUtf8(plaintext, 'the key'), 'the key', 8)
}
