// The same of jose, for comparison.
export { createRemoteJWKSet, jwtVerify } from 'jose'
