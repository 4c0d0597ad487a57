import { MANAGEMENT } from '../../../countersign/src/alg/management.ts'
import { backend } from '../../../countersign/src/crypto/web.ts'
import type { DecodedToken } from '../../../countersign/src/diagnosis/decode-token.ts'
import { member, textOf } from '../../../countersign/src/diagnosis/exact-json.ts'
import { decryptJwe } from '../../../countersign/src/jwe/decrypt-jwe.ts'
import { run } from '../../../countersign/src/op.ts'
import { KeySet } from '../../../countersign/src/source/set.ts'
import type { GivenKeys } from './keys.ts'

/**
 * Opens an encrypted token. What is asked of a password is slow on purpose, so one is tried only where the token says that it
 * takes one and a secret was given.
 *
 * @throws {JoseError}
 */
export async function open({ token, header }: DecodedToken, { as, keys }: GivenKeys): Promise<Uint8Array> {
  const alg = textOf(member(header, 'alg')) ?? ''
  const isPassword = as === 'secret' && MANAGEMENT.get(alg)?.family === 'password'
  const [key, ...others] = keys
  const source = key !== undefined && others.length === 0 ? key : new KeySet({ keys }, backend)
  const options = { keys: source, ...(isPassword && { algorithms: [alg] }) }
  return (await run(decryptJwe(token, options, backend), backend)).plaintext
}
