/**
 * How sure a login is (acr): that of two factors, under the name that OpenID's policies gave it (PAPE 1.0 §4). Of a
 * password alone nothing is claimed.
 */
export const MULTI_FACTOR = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor'

/** How somebody proved who they are. */
export type Method = 'password' | 'password and code' | 'passkey'

/** What tokens say of a login (RFC 8176). */
export interface Assurance {
  readonly amr: readonly string[]
  readonly acr?: string
}

const ASSURANCES: Readonly<Record<Method, Assurance>> = {
  password: { amr: ['pwd'] },
  'password and code': { amr: ['pwd', 'otp', 'mfa'], acr: MULTI_FACTOR },
  // A key that its device gives away to nobody, used after a finger, a face or a PIN.
  passkey: { amr: ['pop', 'user', 'mfa'], acr: MULTI_FACTOR },
}

export function assuranceOf(method: Method): Assurance {
  return ASSURANCES[method]
}
