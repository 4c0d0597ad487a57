import { LEFT_OUT } from './management.ts'

const SHA_1 = 'its hash is SHA-1, for which collisions have been made'
const BARE = 'it encrypts without authenticating, so that nobody notices when a token was changed'

/** Names that are registered and that nobody is to use any more, with what is wrong about each (RFC 7518 §7.1.1). */
export const WITHDRAWN: ReadonlyMap<string, string> = new Map([
  ...LEFT_OUT,
  ['RS1', SHA_1],
  ['HS1', SHA_1],
  ...['A128CBC', 'A192CBC', 'A256CBC', 'A128CTR', 'A192CTR', 'A256CTR'].map((id) => [id, BARE] as const),
])
