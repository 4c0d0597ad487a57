/** Names of members and values that mean something in JOSE: what a program looks for, and what attackers put there. */
export const HEADER_WORDS: readonly string[] = [
  ...['alg', 'enc', 'zip', 'kid', 'typ', 'cty', 'crit', 'b64', 'jku', 'jwk', 'x5u', 'x5c', 'x5t', 'x5t#S256', 'epk'],
  ...['apu', 'apv', 'iv', 'tag', 'p2s', 'p2c', 'iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'nonce', 'ath'],
  ...['none', 'HS256', 'HS512', 'RS256', 'PS256', 'ES256', 'ES256K', 'EdDSA', 'Ed25519', 'ML-DSA-44', 'dir', 'A128KW'],
  ...['A256KW', 'A128GCMKW', 'ECDH-ES', 'ECDH-ES+A128KW', 'RSA-OAEP', 'RSA-OAEP-256', 'RSA1_5', 'PBES2-HS256+A128KW'],
  ...['PBES2-HS512+A256KW', 'A128GCM', 'A256GCM', 'A128CBC-HS256', 'A256CBC-HS512', 'DEF', 'JWT', 'at+jwt', 'JOSE'],
]

export const CLAIM_WORDS: readonly string[] = [
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'scope', 'client_id', 'cnf', 'jkt', 'azp', 'auth_time', 'acr'],
  ...['amr', 'nonce', 'at_hash', 'events', 'act', 'status', 'status_list', 'idx', 'uri', 'admin', 'updated_at'],
]

export const JWK_WORDS: readonly string[] = [
  ...['kty', 'oct', 'RSA', 'EC', 'OKP', 'AKP', 'k', 'n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'crv', 'x', 'y'],
  ...['pub', 'priv', 'use', 'sig', 'enc', 'key_ops', 'sign', 'verify', 'encrypt', 'decrypt', 'wrapKey', 'unwrapKey'],
  ...[
    'deriveBits',
    'deriveKey',
    'alg',
    'kid',
    'x5c',
    'x5t',
    'x5u',
    'keys',
    'ext',
    'AQAB',
    'AQ',
    'Aw',
    'P-256',
    'P-384',
  ],
  ...['P-521', 'secp256k1', 'Ed25519', 'Ed448', 'X25519', 'X448', 'ML-DSA-44', 'ES256', 'RS256', 'HS256', 'A128KW'],
]

export const JSON_WORDS: readonly string[] = [
  ...[
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"',
    '\\',
    '\\u0061',
    '\\ud800',
    '\\udc00',
    '\\"',
    '\\\\',
    '{}',
    '[]',
    '""',
    'null',
  ],
  ...['true', 'false', '"__proto__":', '"constructor":', '"a":', '\\u0022', '\ufeff', '\u2028', '\u202e', ' ', '\t'],
]

export const SERIALIZATION_WORDS: readonly string[] = [
  ...['payload', 'protected', 'header', 'signature', 'signatures', 'unprotected', 'recipients', 'encrypted_key', 'aad'],
  ...['ciphertext', 'iv', 'tag', 'eyJ', '.', '..', '....', '=', '-', '_', 'e30', 'W10', 'bnVsbA'],
]

/** What stands around tokens where people copy them from. */
export const TEXT_WORDS: readonly string[] = [
  ...['Bearer ', 'Authorization: Bearer ', 'DPoP ', 'access_token=', '"id_token":"', 'token: ', 'curl -H "', "'", '"'],
  ...[
    '…',
    '“',
    '”',
    '«',
    '\u200b',
    '\ufeff',
    '\u00ad',
    '%2E',
    '%20',
    '&',
    '?',
    '#',
    ';',
    '~',
    '\\n',
    '\r\n',
    '\n',
    ' ',
  ],
  ...['eyJ', 'ewog', 'eyJhbGciOiJub25lIn0', 'eyJhbGciOiJIUzI1NiJ9', '==', '+', '/', '{"', '"}', '[', ']', '.', '..'],
]
