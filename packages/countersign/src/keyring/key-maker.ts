import { ALGORITHM } from '../alg/algorithm.ts'
import { base64url } from '../bytes.ts'
import type { Backend } from '../crypto/backend.ts'
import { JoseError, show } from '../errors.ts'
import { importJwk } from '../key/from-jwk.ts'
import type { Jwk } from '../key/jwk.ts'
import type { Key } from '../key/key.ts'
import { exportJwk, type GenerateOptions, generateKey, publicKey, thumbprint } from '../key/ops.ts'
import { type Op, use } from '../op.ts'
import type { Sealer } from './seal.ts'
import { invalidStore, type StoredKey } from './store.ts'

/** A key of a ring, taken in. */
export interface RingMember {
  /** What verifies: the public half, or the secret. */
  readonly verifying: Key
  /** What signs, as long as it is kept. */
  readonly signing?: Key
  /** Whether the private half is sealed as new ones are. */
  readonly current: boolean
}

/** A new key, without its times. */
export type NewKey = Pick<StoredKey, 'kid' | 'alg' | 'publicJwk' | 'voucher' | 'privateJwk'>

const SECRET_NAME_OCTETS = 16

/** Makes a key for an algorithm, sealed for the store. */
export function* makeKey(alg: string, options: Omit<GenerateOptions, 'kid'>, sealer: Sealer): Op<NewKey> {
  const secret = ALGORITHM.get(alg)?.kty.includes('oct')
  // A thumbprint would tell something about a secret, so its name is drawn.
  const drawn = secret ? base64url(yield* use((backend: Backend) => backend.random(SECRET_NAME_OCTETS))) : undefined
  const key = yield* generateKey(alg, { ...options, ...(drawn !== undefined && { kid: drawn }) })
  const kid = key.kid as string
  const privateJwk = yield* sealer.seal({ ...(yield* exportJwk(key)), use: 'sig' })
  if (secret) return { kid, alg, privateJwk }
  const publicJwk = { ...(yield* exportJwk(yield* publicKey(key))), use: 'sig' }
  return { kid, alg, publicJwk, voucher: yield* sealer.seal(publicJwk), privateJwk }
}

/** Takes a stored key in. @throws {JoseError} `CS_KEY_INVALID`, or `CS_UNSUPPORTED` for one that this runtime lacks */
export function* openMember(row: StoredKey, sealer: Sealer, backend: Backend): Op<RingMember> {
  try {
    return yield* row.publicJwk ? openPair(row, row.publicJwk, sealer, backend) : openSecret(row, sealer, backend)
  } catch (error) {
    if (!(error instanceof JoseError) || ['CS_KEY_INVALID', 'CS_UNSUPPORTED'].includes(error.code)) throw error
    throw new JoseError('CS_KEY_INVALID', `key ${show(row.kid)} of the store is refused: ${error.message}`, {
      cause: error,
    })
  }
}

function* openSecret(row: StoredKey, sealer: Sealer, backend: Backend): Op<RingMember> {
  const { alg, kid, privateJwk = '' } = row
  const { jwk, current } = yield* sealer.open(privateJwk, row)
  const secret = importJwk(jwk, { alg, kid }, backend)
  if (secret.kind === 'secret') return { verifying: secret, signing: secret, current }
  throw invalidStore(`key ${show(kid)} without its public half`)
}

/** A pair, of which the private half may be gone; then the voucher says that the public one is ours. */
function* openPair(row: StoredKey, publicJwk: Jwk, sealer: Sealer, backend: Backend): Op<RingMember> {
  const { alg, kid, privateJwk, voucher } = row
  const verifying = importJwk(publicJwk, { alg }, backend)
  if (verifying.kind !== 'public' || verifying.kid !== kid)
    throw invalidStore(`key ${show(kid)} with a public half that is none, or that of another key`)
  const sealed = privateJwk ?? voucher
  if (sealed === undefined) throw invalidStore(`key ${show(kid)}, for which nothing vouches`)
  const { jwk, current } = yield* sealer.open(sealed, row)
  const key = importJwk(jwk, { alg, kid }, backend)
  if (key.kind !== (privateJwk === undefined ? 'public' : 'private'))
    throw invalidStore(`key ${show(kid)} with a half that is not the one it should be`)
  if ((yield* thumbprint(yield* publicKey(key))) !== (yield* thumbprint(verifying)))
    throw invalidStore(`key ${show(kid)} with two halves that do not belong together`)
  return privateJwk === undefined ? { verifying, current } : { verifying, signing: key, current }
}
