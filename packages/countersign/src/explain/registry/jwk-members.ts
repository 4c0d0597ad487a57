import { type Registry, type Source, toRegistry } from './row.ts'

/** Where the members of keys are registered. */
export const JWK_SOURCE: Source = {
  name: 'IANA, JSON Web Key Parameters',
  url: 'https://www.iana.org/assignments/jose/jose.xhtml',
  date: '2026-05-22',
}

const PRIVATE = { watch: ['It is private: whoever has it is the owner of the key.'] } as const
const SELDOM = { watch: ['Most readers pass over it.'] } as const
const FORMER = 'OpenID Federation 1.0 §8.7.2'
const CRT = 'RFC 7518 §6.3.2'

/** Every registered member of a JWK. */
export const JWK_MEMBERS: Registry = toRegistry([
  [
    'alg',
    'string',
    'the one algorithm that the key is for',
    'RFC 7517 §4.4',
    { purpose: 'A key that names one serves no other, whatever a token asks for.' },
  ],
  ['crv', 'string', 'the curve', 'RFC 7518 §6.2.1.1; RFC 8037 §2'],
  [
    'd',
    'string',
    'the private part of an EC, OKP or RSA key',
    'RFC 7518 §6.2.2.1; RFC 7518 §6.3.2.1; RFC 8037 §2',
    PRIVATE,
  ],
  ['dp', 'string', 'a part of a private RSA key that makes it faster', `${CRT}.4`, PRIVATE],
  ['dq', 'string', 'a part of a private RSA key that makes it faster', `${CRT}.5`, PRIVATE],
  ['e', 'string', 'the public exponent of an RSA key; AQAB is 65537, which nearly all have', 'RFC 7518 §6.3.1.2'],
  ['exp', 'number (seconds)', 'when the key expires, in sets of former keys', FORMER, SELDOM],
  ['ext', 'boolean', 'whether the key may be given out again', 'Web Cryptography §15'],
  ['iat', 'number (seconds)', 'when the key was issued, in sets of former keys', FORMER, SELDOM],
  ['k', 'string', 'the secret itself', 'RFC 7518 §6.4.1', { watch: ['It is the secret: no published set has it.'] }],
  [
    'key_ops',
    'array of strings',
    'what may be done with the key: sign, verify, encrypt, wrapKey and others',
    'RFC 7517 §4.3',
    { watch: ['Say it by use or by key_ops, and not by both.'] },
  ],
  [
    'kid',
    'string',
    'the name of the key',
    'RFC 7517 §4.5',
    {
      purpose: 'Tokens name their key by it, so that several can be published at once.',
      watch: ['It is to be unique in its set. A key without one goes by its thumbprint here (RFC 7638).'],
    },
  ],
  [
    'kty',
    'string',
    'the type of the key: RSA, EC, OKP for Ed25519 and its kin, AKP for ML-DSA, oct for a secret',
    'RFC 7517 §4.1',
    { watch: ['A type that is not known is to be passed over, not to be guessed.'] },
  ],
  ['n', 'string', 'the modulus of an RSA key, which is its size', 'RFC 7518 §6.3.1.1'],
  ['nbf', 'number (seconds)', 'from when on the key is used, in sets of former keys', FORMER, SELDOM],
  ['oth', 'array of objects', 'further primes of a private RSA key', `${CRT}.7`, PRIVATE],
  ['p', 'string', 'the first prime of a private RSA key', `${CRT}.2`, PRIVATE],
  [
    'priv',
    'string',
    'the private part of an AKP key; of ML-DSA it is the seed that all of the key is made of',
    'RFC 9964 §3',
    PRIVATE,
  ],
  ['pub', 'string', 'the public part of an AKP key', 'RFC 9964 §3'],
  ['q', 'string', 'the second prime of a private RSA key', `${CRT}.3`, PRIVATE],
  ['qi', 'string', 'a part of a private RSA key that makes it faster', `${CRT}.6`, PRIVATE],
  ['revoked', 'object', 'when the key was revoked, and why, in sets of former keys', FORMER, SELDOM],
  [
    'use',
    'string',
    'what the key is for in general: sig or enc',
    'RFC 7517 §4.2',
    { purpose: 'It keeps a key that signs from decrypting as well.' },
  ],
  ['x', 'string', 'the public key of an OKP key, or a half of that of an EC key', 'RFC 7518 §6.2.1.2; RFC 8037 §2'],
  [
    'x5c',
    'array of strings (base64 of DER)',
    'the certificate of the key, and those that vouch for it',
    'RFC 7517 §4.7',
    {
      watch: [
        'The first has to be for this very key. Whether the chain leads to a root that you trust is yours to check.',
      ],
    },
  ],
  [
    'x5t',
    'string',
    'the SHA-1 of the certificate of the key',
    'RFC 7517 §4.8',
    { watch: ['SHA-1 is broken; use x5t#S256.'] },
  ],
  ['x5t#S256', 'string', 'the SHA-256 of the certificate of the key', 'RFC 7517 §4.9'],
  ['x5u', 'string (URL)', 'where the certificate of the key is to be fetched', 'RFC 7517 §4.6'],
  ['y', 'string', 'the other half of the public key of an EC key', 'RFC 7518 §6.2.1.3'],
])
