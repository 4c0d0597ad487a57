import { type ExactJson, member } from '../../diagnosis/exact-json.ts'
import { PRIVATE_MEMBERS } from '../../key/jwk.ts'

/** The first private member that a JWK has. */
export function privateIn(jwk: ExactJson | undefined): string | undefined {
  return PRIVATE_MEMBERS.find((name) => member(jwk, name) !== undefined)
}
