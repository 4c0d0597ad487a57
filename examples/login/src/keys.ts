import { generateKey, type JwkSet, type Key, publicJwks } from 'countersign'

/** The keys of this service. */
export interface Keys {
  /** Signs every new token. */
  readonly current: Key
  /** Signed tokens until lately; it stays published until the last of them has expired. */
  readonly previous: Key
  /** What the world may see of both. */
  readonly jwks: JwkSet
}

/** New keys at each start, as a demonstration can afford; a service imports its keys from where it keeps secrets. */
export async function createKeys(): Promise<Keys> {
  const [current, previous] = await Promise.all([generateKey('ES256'), generateKey('ES256')])
  return { current, previous, jwks: await publicJwks([current, previous]) }
}
