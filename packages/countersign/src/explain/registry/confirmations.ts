import { type Registry, type Source, toRegistry } from './row.ts'

/** Where the members of cnf are registered. */
export const CONFIRMATION_SOURCE: Source = {
  name: 'IANA, JWT Confirmation Methods',
  url: 'https://www.iana.org/assignments/jwt/jwt.xhtml',
  date: '2026-07-20',
}

/** The members of a cnf claim: how the key is named that has to be proven. */
export const CONFIRMATIONS: Registry = toRegistry([
  [
    'jkt',
    'string',
    'the thumbprint of the key that a DPoP proof has to be signed with',
    'RFC 9449 §6',
    { purpose: 'Each request brings a proof (dpop+jwt) by that key, so that a stolen token is of no use.' },
  ],
  ['jku', 'string (URL)', 'where the key is that has to be proven', 'RFC 7800 §3.5'],
  ['jwe', 'string (token)', 'the secret that has to be proven, encrypted to the service', 'RFC 7800 §3.3'],
  ['jwk', 'object (JWK)', 'the public key that has to be proven', 'RFC 7800 §3.2'],
  ['kid', 'string', 'the name of the key that has to be proven', 'RFC 7800 §3.4'],
  ['osc', 'object', 'what secures the messages between both sides (OSCORE)', 'RFC 9203 §3.2.1'],
  [
    'x5t#S256',
    'string',
    'the SHA-256 of the certificate that the client has to show on the connection (mutual TLS)',
    'RFC 8705 §3.1',
    { watch: ['Behind a proxy that ends TLS, the certificate has to be handed on by it, and by nobody else.'] },
  ],
])
