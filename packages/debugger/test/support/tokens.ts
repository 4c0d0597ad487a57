import type { Jwk } from 'countersign'
import { ofOrigin, type RfcCase } from '../../../countersign/test/support/vectors.ts'

/** @param id - its file and its place in it */
export function caseOf(id: string): RfcCase {
  const found = ofOrigin('rfc').find((vector) => vector.id === `rfc/${id}`)?.value
  if (found === undefined) throw new TypeError(`there is no example ${id}`)
  return found
}

/** A compact token of an RFC with the key that it was made with. */
export function exampleOf(id: string): { readonly token: string; readonly key: Jwk } {
  const { jws, jwe, jwt, key } = caseOf(id)
  const token = jws ?? jwe ?? jwt
  if (typeof token !== 'string' || !key) throw new TypeError(`${id} is no token with a key`)
  return { token, key: key as Jwk }
}

export const A1: ReturnType<typeof exampleOf> = exampleOf('rfc7515.json A.1')
