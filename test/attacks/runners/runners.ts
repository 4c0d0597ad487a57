import { FAST_JWT } from './fast-jwt.ts'
import { JOSE } from './jose.ts'
import { JSONWEBTOKEN } from './jsonwebtoken.ts'
import { JWKS_RSA } from './jwks-rsa.ts'
import { OURS } from './ours.ts'
import type { Runner } from './runner.ts'

export { OURS }
export const PEERS: readonly Runner[] = [...JOSE, ...JSONWEBTOKEN, ...FAST_JWT, ...JWKS_RSA]
export const RUNNERS: readonly Runner[] = [...OURS, ...PEERS]
