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

/** A private JWK taken out of the store. */
export interface Opened {
  readonly jwk: JsonObject
  /** Whether it is sealed as new ones are; one that is not is to be sealed anew. */
  readonly current: boolean
}

/** Turns private JWKs into what may be stored, and back. */
export interface Sealer {
  seal(jwk: object): Op<string>
  /** @throws {JoseError} `CS_KEY_INVALID` where it does not open, or is another key than its row says */
  open(row: StoredKey): Op<Opened>
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
    *open(row) {
      const algorithms = [AT_REST.kek, AT_REST.passphrase]
      try {
        const options = { keys, algorithms, encryptions: [AT_REST.enc] }
        const { plaintext, key } = yield* decryptJwe(row.privateJwk, options, backend)
        return { jwk: checked(fromUtf8(plaintext, 'the private key'), row), current: key === keys[0] }
      } catch (cause) {
        if (!(cause instanceof JoseError) || cause.code === 'CS_KEY_INVALID') throw cause
        throw new JoseError(
          'CS_KEY_INVALID',
          `the private half of key ${show(row.kid)} does not open: ${cause.message}`,
          {
            hint: 'Give the kek or the passphrase that the store was written with; one that is replaced goes into previous.',
            cause,
          },
        )
      }
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
  *open(row) {
    return { jwk: checked(row.privateJwk ?? '', row), current: true }
  },
}

/** The kid and the alg are inside as well, so that rows cannot be swapped. */
function checked(text: string, { kid, alg }: StoredKey): JsonObject {
  const jwk = parseObject(text, 'the private key', MAX_DEPTH)
  if (own(jwk, 'kid') === kid && own(jwk, 'alg') === alg) return jwk
  throw new JoseError('CS_KEY_INVALID', `the private half of key ${show(kid)} is that of another key`)
}
