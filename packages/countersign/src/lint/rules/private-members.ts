import { type ExactJson, member } from '../../diagnosis/exact-json.ts'

/** The members of a JWK that are nobody's business (RFC 7518 §6.2.2, §6.3.2 and §6.4.1, RFC 9964 §3). */
const PRIVATE = ['d', 'priv', 'k', 'p', 'q', 'dp', 'dq', 'qi', 'oth'] as const

/** The first private member that a JWK has. */
export function privateIn(jwk: ExactJson | undefined): string | undefined {
  return PRIVATE.find((name) => member(jwk, name) !== undefined)
}
