import type { Backend } from '../crypto/backend.ts'
import type { JsonObject } from '../json.ts'
import type { Circumstances, Told } from './told.ts'

/** What a token nearly matched with: it refuses it no less, and says what may have gone wrong. */
export async function nearMiss(
  _token: string | JsonObject,
  _keys: object,
  _circumstances: Circumstances,
  _backend: Backend,
): Promise<Partial<Pick<Told, 'message' | 'hint'>> | undefined> {
  return undefined
}
