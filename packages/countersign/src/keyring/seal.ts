import { AT_REST } from '../alg/management.ts'
import { fromUtf8 } from '../bytes.ts'
import type { Backend } from '../crypto/backend.ts'
import { JoseError, kindOf, show } from '../errors.ts'
import { type JsonObject, own, parseObject } from '../json.ts'
import { decryptJwe } from '../jwe/decrypt-jwe.ts'
import { encryptJwe } from '../jwe/encrypt-jwe.ts'
import { secretKey } from '../key/import.ts'
import { Key } from '../key/key.ts'
import type { Op } from '../op.ts'
import { checkNames } from '../options.ts'
import type { SealedBy, SealingOptions, StoredKey } from './store.ts'

/** A JWK taken out of its seal. */
export interface Opened {
  readonly jwk: JsonObject
  /** Whether it is sealed as new ones are; one that is not is to be sealed anew. */
  readonly current: boolean
}

/** Turns JWKs into what may be stored, and back. */
export interface Sealer {
  seal(jwk: object): Op<string>
  /** @throws {JoseError} `CS_KEY_INVALID` where it does not open, or is another key than its row says */
  open(sealed: string, row: StoredKey): Op<Opened>
}

const MAX_DEPTH = 8

/** @throws {TypeError} for what is not what it should be, @throws {JoseError} for a KEK or a passphrase that is refused */
export function toSealer(options: SealingOptions | 'none', backend: Backend): Sealer {
  if (options === 'none') return UNSEALED
  checkNames<SealingOptions>(options, ['kek', 'passphrase', 'previous'], 'the sealing of a key store')
  const { previous, ...current } = options
  const keys = [current, ...(previous ? [previous] : [])].map(toSealingKey)
  return {
    *seal(jwk) {
      const text = JSON.stringify(jwk)
      const token = yield* encryptJwe(
        text,
        { key: keys[0] as Key, enc: AT_REST.enc, protected: { cty: 'jwk+json' } },
        backend,
      )
      return token as string
    },
    *open(sealed, row) {
      const allowed = { algorithms: [AT_REST.kek, AT_REST.passphrase], encryptions: [AT_REST.enc] }
      let fault: JoseError | undefined
      // One after the other, since two passphrases are more work than one JWE may ask for.
      for (const key of keys) {
        let text: string
        try {
          const { plaintext } = yield* decryptJwe(sealed, { ...allowed, keys: key }, backend)
          text = fromUtf8(plaintext, 'the sealed key')
        } catch (error) {
          if (!(error instanceof JoseError)) throw error
          fault = error
          continue
        }
        return { jwk: checked(text, row), current: key === keys[0] }
      }
      throw new JoseError('CS_KEY_INVALID', `key ${show(row.kid)} of the store does not open: ${fault?.message}`, {
        hint: 'Give the kek or the passphrase that the store was written with; one that is replaced goes into previous.',
        cause: fault,
      })
    },
  }
}

function toSealingKey(by: SealedBy): Key {
  checkNames<SealedBy>(by, ['kek', 'passphrase'], 'the sealing of a key store')
  const { kek, passphrase } = by
  if ((kek === undefined) === (passphrase === undefined))
    throw new TypeError('a key store takes a kek of 32 octets or a passphrase, and one of them alone')
  if (Key.is(kek)) {
    if (kek.alg === AT_REST.kek) return kek
    throw new TypeError(`the kek is not for ${AT_REST.kek}: make it with secretKey(octets, '${AT_REST.kek}')`)
  }
  if (kek !== undefined) return secretKey(kek, AT_REST.kek, {})
  if (typeof passphrase !== 'string' && !(passphrase instanceof Uint8Array))
    throw new TypeError(`the passphrase is ${kindOf(passphrase)} and neither text nor octets`)
  return secretKey(typeof passphrase === 'string' ? { text: passphrase } : passphrase, AT_REST.passphrase, {})
}

const UNSEALED: Sealer = {
  // biome-ignore lint/correctness/useYield: an operation without steps
  *seal(jwk) {
    return JSON.stringify(jwk)
  },
  // biome-ignore lint/correctness/useYield: an operation without steps
  *open(sealed, row) {
    return { jwk: checked(sealed, row), current: true }
  },
}

/** The kid and the alg are inside as well, so that rows cannot be swapped. */
function checked(text: string, { kid, alg }: StoredKey): JsonObject {
  const jwk = parseObject(text, 'the sealed key', MAX_DEPTH)
  if (own(jwk, 'kid') === kid && own(jwk, 'alg') === alg) return jwk
  throw new JoseError('CS_KEY_INVALID', `what key ${show(kid)} of the store has under its seal is another key`)
}
