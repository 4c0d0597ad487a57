import { type Registry, type Source, toRegistry } from './row.ts'

/** Where the members of headers are registered. */
export const HEADER_SOURCE: Source = {
  name: 'IANA, JSON Web Signature and Encryption Header Parameters',
  url: 'https://www.iana.org/assignments/jose/jose.xhtml',
  date: '2026-05-22',
}

const SAME_INSIDE = { watch: ['It has to be the same as the claim inside; compare them.'] } as const
const NEVER_FETCH = {
  watch: ['Do not go there: whoever writes a token writes this address, too (RFC 8725 §3.10).'],
} as const

/** Every registered member of a header whose document was to be had. */
export const HEADER_MEMBERS: Registry = toRegistry([
  [
    'alg',
    'string',
    'the algorithm: of a JWS what it is signed with, of a JWE how its key is managed',
    'RFC 7515 §4.1.1; RFC 7516 §4.1.1',
    {
      purpose: 'A reader learns from it how to check the token.',
      watch: [
        'Never let it decide: take the algorithms of the keys that you trust, and refuse the rest. Otherwise whoever writes "none", or HS256 with a public key for the secret, is believed.',
      ],
    },
  ],
  ['apu', 'string', 'who encrypted, as an input of the agreement on a key (ECDH-ES)', 'RFC 7518 §4.6.1.2'],
  ['apv', 'string', 'to whom it is encrypted, as an input of the agreement on a key (ECDH-ES)', 'RFC 7518 §4.6.1.3'],
  [
    'aud',
    'string or array of strings',
    'the audience of an encrypted token, repeated where everybody can read it',
    'RFC 7519 §5.3',
    SAME_INSIDE,
  ],
  [
    'b64',
    'boolean',
    'false where the payload is signed as it is, and not as base64url',
    'RFC 7797 §3',
    {
      watch: [
        'crit has to name it, or a reader that does not know it verifies something else.',
        'A JWT may not have it false (RFC 7797 §7).',
      ],
    },
  ],
  [
    'crit',
    'array of strings',
    'the members of the header that have to be understood, or the token refused',
    'RFC 7515 §4.1.11',
    { watch: ['A reader that passes over it takes tokens for something that they are not.'] },
  ],
  ['cty', 'string', 'what the content is; JWT where another token is inside', 'RFC 7515 §4.1.10'],
  ['enc', 'string', 'the algorithm that the content of a JWE is encrypted with', 'RFC 7516 §4.1.2'],
  [
    'epk',
    'object (JWK)',
    'the public key that the sender made for this one token (ECDH-ES)',
    'RFC 7518 §4.6.1.1',
    { watch: ['It has to be on the curve of the recipient: points off it betray the private key.'] },
  ],
  [
    'iss',
    'string',
    'the issuer of an encrypted token, repeated where everybody can read it',
    'RFC 7519 §5.3',
    SAME_INSIDE,
  ],
  [
    'iv',
    'string',
    'the initialization vector of a key that AES-GCM wrapped: used once, and never again with the same key',
    'RFC 7518 §4.7.1.1',
  ],
  ['jku', 'string (URL)', 'where the key is to be fetched, as a JWK Set', 'RFC 7515 §4.1.2', NEVER_FETCH],
  [
    'jwk',
    'object (JWK)',
    'the public key that checks its signature, or that it was encrypted to',
    'RFC 7515 §4.1.3',
    {
      purpose: 'In a proof of possession (DPoP) it is the key that is proven.',
      watch: [
        'A key inside a token proves that its sender has a key, and nothing about who that is.',
        'No private member belongs in it.',
      ],
    },
  ],
  ['jwt', 'string (token)', 'a token that vouches for whoever signed', 'OpenID for Verifiable Presentations 1.0 §12'],
  [
    'kid',
    'string',
    'the name of the key that the token was signed with, or encrypted to',
    'RFC 7515 §4.1.4',
    {
      purpose: 'A verifier picks by it one key out of those that it trusts already, also while keys take turns.',
      watch: [
        'Look it up among those keys and use it for nothing else: it is text of a stranger, which has been a path or a query.',
      ],
    },
  ],
  ['nonce', 'string', 'a value of the server (ACME), against requests that are sent twice', 'RFC 8555 §6.5.2'],
  [
    'p2c',
    'number',
    'how often a password is hashed (PBES2)',
    'RFC 7518 §4.8.1.2',
    {
      watch: [
        'Bound it before you follow it: a large number keeps a server busy, a small one leaves the password to be guessed.',
      ],
    },
  ],
  ['p2s', 'string', 'the salt of a password (PBES2)', 'RFC 7518 §4.8.1.1'],
  [
    'peer_trust_chain',
    'array of strings (tokens)',
    'the statements that vouch for the other side',
    'OpenID Federation 1.0 §4.4',
  ],
  ['ppt', 'string', 'the extension of a token of phone calls (PASSporT)', 'RFC 8225 §8.1'],
  [
    'sub',
    'string',
    'the subject of an encrypted token, repeated where everybody can read it',
    'RFC 7519 §5.3',
    SAME_INSIDE,
  ],
  ['svt', 'array of strings (tokens)', 'tokens that tell how this signature was checked', 'RFC 9321'],
  ['tag', 'string', 'the tag of a key wrapped by AES-GCM', 'RFC 7518 §4.7.1.2'],
  [
    'trust_chain',
    'array of strings (tokens)',
    'the statements that vouch for whoever signed',
    'OpenID Federation 1.0 §4.3',
  ],
  [
    'typ',
    'string',
    'what kind of token it is',
    'RFC 7515 §4.1.9',
    {
      purpose:
        'It keeps tokens of one issuer apart: at+jwt for access, logout+jwt for logout. JWT alone says no more than that there are claims.',
      watch: ['Demand the type that you take (RFC 8725 §3.11). application/ before it means the same.'],
    },
  ],
  ['url', 'string (URL)', 'the address that a request is for (ACME)', 'RFC 8555 §6.4.1'],
  [
    'x5c',
    'array of strings (base64 of DER)',
    'the certificate of the key, and those that vouch for it',
    'RFC 7515 §4.1.6',
    {
      watch: [
        'Anybody can put certificates into a token: they count only where the chain leads to a root that you trust, and names whom you expect.',
      ],
    },
  ],
  [
    'x5t',
    'string',
    'the SHA-1 of the certificate of the key',
    'RFC 7515 §4.1.7',
    { watch: ['SHA-1 is broken; use x5t#S256.'] },
  ],
  ['x5t#S256', 'string', 'the SHA-256 of the certificate of the key', 'RFC 7515 §4.1.8'],
  ['x5u', 'string (URL)', 'where the certificate of the key is to be fetched', 'RFC 7515 §4.1.5', NEVER_FETCH],
  [
    'zip',
    'string',
    'that the content was compressed before it was encrypted; DEF is what there is',
    'RFC 7516 §4.1.3',
    { watch: ['How small it became tells about what is in it, and a few octets may stand for gigabytes.'] },
  ],
])
