import { AT_REST, MANAGEMENT } from '../../alg/management.ts'
import { type Bytes, fromUtf8, utf8 } from '../../bytes.ts'
import { CommandError } from '../../diagnosis/told.ts'
import { JoseError } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import { parseObject } from '../../json.ts'
import { decryptJwe } from '../../jwe/decrypt-jwe.ts'
import { encryptJwe } from '../../jwe/encrypt-jwe.ts'
import { secretKey } from '../../key/import.ts'
import type { Jwk } from '../../key/jwk.ts'
import { run } from '../../op.ts'
import { backend } from '../engine.ts'

/** A JWK encrypted under a passphrase, as a compact JWE (RFC 7517 §7). */
export async function sealJwk(jwk: Jwk, passphrase: string): Promise<string> {
  const key = secretKey({ text: passphrase }, AT_REST.passphrase, {})
  const options = { key, enc: AT_REST.enc, protected: { cty: 'jwk+json' } } as const
  return (await run(encryptJwe(utf8(JSON.stringify(jwk)), options, backend), backend)) as string
}

/**
 * Opens a JWK that was encrypted under a passphrase, by this command or by another program.
 *
 * @throws {CommandError} `CS_KEY_INVALID` for a wrong passphrase, and for a token that holds something else
 */
export async function readSealedJwk(token: string, passphrase: string, name: string): Promise<JsonObject> {
  const keys = secretKey({ text: passphrase }, undefined, {})
  let plaintext: Bytes
  try {
    const options = { keys, algorithms: BY_PASSPHRASE }
    plaintext = (await run(decryptJwe(token, options, backend), backend)).plaintext
  } catch (error) {
    if (!(error instanceof JoseError)) throw error
    if (error.code !== 'CS_DECRYPTION') throw notSealed(name)
    throw new CommandError('CS_KEY_INVALID', `${name} does not open with this passphrase.`, {
      hint: 'try the passphrase again; if it is right, the file was changed.',
    })
  }
  try {
    return parseObject(fromUtf8(plaintext, 'the key'), 'the key', 8)
  } catch {
    throw notSealed(name)
  }
}

const BY_PASSPHRASE: readonly string[] = [...MANAGEMENT.values()]
  .filter(({ family }) => family === 'password')
  .map(({ id }) => id)

function notSealed(name: string): CommandError {
  return new CommandError('CS_KEY_INVALID', `${name} is an encrypted token, and no JWK under a passphrase.`, {
    hint: '`countersign decode` shows what it says of itself.',
  })
}
