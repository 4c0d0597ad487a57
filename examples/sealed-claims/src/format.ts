// What the clinic and the pharmacies agree on.

/** Says what was signed, so that nothing else that the clinic signs passes for a prescription. */
export const TYP = 'prescription+jwt'

/** How the clinic signs. */
export const SIGNATURE = 'ES256'

/** How the key of a token gets to the pharmacy, on which curve, and what the token is encrypted with. */
export const MANAGEMENT = 'ECDH-ES+A256KW'
export const CURVE = 'X25519'
export const CONTENT = 'A256GCM'

/** Where each of them publishes its keys, for how many seconds they may be kept, and as what. */
export const JWKS_PATH = '/.well-known/jwks.json'
export const JWKS_SECONDS = 300
export const JWKS_TYPE = 'application/jwk-set+json'

/** How long a prescription can be dispensed, and how long a pharmacy has a key before it takes a new one. */
export const TOKEN_SECONDS = 600
export const KEY_SECONDS = 24 * 60 * 60
