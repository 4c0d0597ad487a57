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
import type { StoredKey } from './store.ts'

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
export type NewKey = Pick<StoredKey, 'kid' | 'alg' | 'publicJwk' | 'privateJwk'>

const SECRET_NAME_OCTETS = 16

/** Makes a key for an algorithm, sealed for the store. */
export function* makeKey(alg: string, options: Omit<GenerateOptions, 'kid'>, sealer: Sealer): Op<NewKey> {
  const secret = ALGORITHM.get(alg)?.kty.includes('oct')
  // A thumbprint would tell something about a secret, so its name is drawn.
  const drawn = secret ? base64url(yield* use((backend: Backend) => backend.random(SECRET_NAME_OCTETS))) : undefined
  const key = yield* generateKey(alg, { ...options, ...(drawn !== undefined && { kid: drawn }) })
  const kid = key.kid as string
  const jwk = { ...(yield* exportJwk(key)), use: 'sig' }
  const open = secret ? undefined : { ...(yield* exportJwk(yield* publicKey(key))), use: 'sig' }
  return { kid, alg, privateJwk: yield* sealer.seal(jwk), ...(open && { publicJwk: open }) }
}

/** Takes a stored key in. @throws {JoseError} `CS_KEY_INVALID`, or why the key is refused */
export function* openMember(row: StoredKey, sealer: Sealer, backend: Backend): Op<RingMember> {
  const { alg, kid, publicJwk } = row
  const verifying = publicJwk && importNamed(publicJwk, row, backend)
  if (row.privateJwk === undefined) {
    if (verifying) return { verifying, current: true }
    throw new JoseError('CS_KEY_INVALID', `key ${show(kid)} of the store has neither half`)
  }
  const { jwk, current } = yield* sealer.open(row)
  const signing = importJwk(jwk, { alg, kid }, backend)
  if (verifying === undefined) {
    if (signing.kind === 'secret') return { verifying: signing, signing, current }
    throw new JoseError('CS_KEY_INVALID', `key ${show(kid)} of the store has no public half`)
  }
  // A store that somebody wrote to must not publish the key of somebody else beside ours.
  if ((yield* thumbprint(yield* publicKey(signing))) !== (yield* thumbprint(verifying)))
    throw new JoseError('CS_KEY_INVALID', `the two halves of key ${show(kid)} in the store do not belong together`)
  return { verifying, signing, current }
}

function importNamed(jwk: Jwk, { kid, alg }: StoredKey, backend: Backend): Key {
  const key = importJwk(jwk, { alg }, backend)
  if (key.kind === 'public' && key.kid === kid) return key
  throw new JoseError('CS_KEY_INVALID', `the public half of key ${show(kid)} in the store is another key`)
}
