import { CLAIMS_OF_CALLS } from './claims-of-calls.ts'
import { CLAIMS_OF_DEVICES } from './claims-of-devices.ts'
import { CLAIMS_OF_FEDERATIONS } from './claims-of-federations.ts'
import { CLAIMS_OF_PEOPLE } from './claims-of-people.ts'
import { CLAIMS_OF_TOKENS } from './claims-of-tokens.ts'
import { type Registry, type Source, toRegistry } from './row.ts'

/**
 * Where the names of claims are registered. Names and sections are facts of the registry and of the documents it refers
 * to, the claims of OpenID Connect among them; what is said about them is ours. Of what was registered until that day,
 * `stpl` is left out: its document was not to be had.
 */
export const CLAIMS_SOURCE: Source = {
  name: 'IANA, JSON Web Token Claims',
  url: 'https://www.iana.org/assignments/jwt/jwt.xhtml',
  date: '2026-07-20',
}

/** Every registered claim but that one. */
export const CLAIMS: Registry = toRegistry([
  ...CLAIMS_OF_TOKENS,
  ...CLAIMS_OF_PEOPLE,
  ...CLAIMS_OF_CALLS,
  ...CLAIMS_OF_DEVICES,
  ...CLAIMS_OF_FEDERATIONS,
])
