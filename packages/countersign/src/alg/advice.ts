/** What an algorithm is for: to sign, to manage keys, to encrypt content. */
export type AlgorithmKind = 'sig' | 'key' | 'enc'

/**
 * What to think of an algorithm: `legacy` is for what is there already, `experimental` for who knows why, and what is
 * `left out` is neither made nor accepted here, whatever a platform could do.
 */
export type Standing = 'recommended' | 'acceptable' | 'legacy' | 'experimental' | 'left out'

/** What to know before choosing an algorithm. */
export interface Advice {
  readonly kind: AlgorithmKind
  readonly standing: Standing
  /** A line. */
  readonly advice: string
  /** The section that defines it, or says what is wrong with it. */
  readonly spec: string
}

type Row = readonly [id: string, standing: Standing, advice: string, spec: string]

const ROWS: Readonly<Record<AlgorithmKind, readonly Row[]>> = {
  sig: [
    [
      'HS256',
      'acceptable',
      'a secret of 32 random bytes or more; who can check a token can also make one',
      'RFC 7518 §3.2',
    ],
    ['HS384', 'acceptable', 'as HS256, with 48 bytes or more; no safer in practice', 'RFC 7518 §3.2'],
    ['HS512', 'acceptable', 'as HS256, with 64 bytes or more; no safer in practice', 'RFC 7518 §3.2'],
    [
      'RS256',
      'acceptable',
      'every verifier knows it; for new systems ES256, or PS256 with the same key',
      'RFC 7518 §3.3',
    ],
    ['RS384', 'acceptable', 'as RS256, with a longer hash that the key does not need', 'RFC 7518 §3.3'],
    ['RS512', 'acceptable', 'as RS256, with a longer hash that the key does not need', 'RFC 7518 §3.3'],
    ['PS256', 'recommended', 'the better padding for RSA keys; large signatures, fast to check', 'RFC 7518 §3.5'],
    ['PS384', 'acceptable', 'as PS256, for RSA keys of 3072 bits or more', 'RFC 7518 §3.5'],
    ['PS512', 'acceptable', 'as PS256, for RSA keys of 4096 bits or more', 'RFC 7518 §3.5'],
    ['ES256', 'recommended', 'small, fast and known everywhere: the first choice', 'RFC 7518 §3.4'],
    ['ES384', 'acceptable', 'where P-384 is asked for; slower than ES256', 'RFC 7518 §3.4'],
    ['ES512', 'acceptable', 'where P-521 is asked for; slow, and not known everywhere', 'RFC 7518 §3.4'],
    ['ES256K', 'acceptable', 'for ledgers that have secp256k1 keys; few verifiers know it', 'RFC 8812 §3.2'],
    ['EdDSA', 'legacy', 'does not say which curve it means; Ed25519 is its name now', 'RFC 9864 §2.2'],
    [
      'Ed25519',
      'recommended',
      'small and fast, and takes no randomness to sign; not every verifier knows it',
      'RFC 9864 §2.2',
    ],
    ['Ed448', 'acceptable', 'where more than Ed25519 is asked for; few verifiers know it', 'RFC 9864 §2.2'],
    ['ML-DSA-44', 'experimental', 'safe from quantum computers; signatures of 2420 bytes', 'RFC 9964 §5'],
    ['ML-DSA-65', 'experimental', 'safe from quantum computers; signatures of 3309 bytes', 'RFC 9964 §5'],
    ['ML-DSA-87', 'experimental', 'safe from quantum computers; signatures of 4627 bytes', 'RFC 9964 §5'],
    ['none', 'left out', 'nobody signs it, so anyone can write it: never made, never accepted', 'RFC 8725 §3.2'],
  ],
  key: [
    ['dir', 'acceptable', 'the shared key encrypts the content itself; change the key often', 'RFC 7518 §4.5'],
    ['A128KW', 'acceptable', 'a shared key of 16 bytes wraps a new key for each token', 'RFC 7518 §4.4'],
    ['A192KW', 'acceptable', 'as A256KW, with a key of 24 bytes', 'RFC 7518 §4.4'],
    [
      'A256KW',
      'recommended',
      'a shared key of 32 bytes wraps a new key for each token: the first choice',
      'RFC 7518 §4.4',
    ],
    ['A128GCMKW', 'acceptable', 'as A128KW, with a random value in each header that may never repeat', 'RFC 7518 §4.7'],
    ['A192GCMKW', 'acceptable', 'as A192KW, with a random value in each header that may never repeat', 'RFC 7518 §4.7'],
    ['A256GCMKW', 'acceptable', 'as A256KW, with a random value in each header that may never repeat', 'RFC 7518 §4.7'],
    [
      'RSA-OAEP',
      'legacy',
      'its SHA-1 does no harm here, and is refused in places; better RSA-OAEP-256',
      'RFC 7518 §4.3',
    ],
    ['RSA-OAEP-256', 'recommended', 'for who has an RSA key', 'RFC 7518 §4.3'],
    ['RSA-OAEP-384', 'acceptable', 'as RSA-OAEP-256, with a longer hash that nothing needs', 'Web Cryptography'],
    ['RSA-OAEP-512', 'acceptable', 'as RSA-OAEP-256, with a longer hash that nothing needs', 'Web Cryptography'],
    [
      'ECDH-ES',
      'recommended',
      'for the owner of a P-256 or X25519 key: the first choice for one recipient',
      'RFC 7518 §4.6',
    ],
    ['ECDH-ES+A128KW', 'acceptable', 'as ECDH-ES, for several recipients', 'RFC 7518 §4.6'],
    ['ECDH-ES+A192KW', 'acceptable', 'as ECDH-ES, for several recipients', 'RFC 7518 §4.6'],
    ['ECDH-ES+A256KW', 'recommended', 'as ECDH-ES: the first choice for several recipients', 'RFC 7518 §4.6'],
    ['PBES2-HS256+A128KW', 'acceptable', 'for a password that a person remembers; slow on purpose', 'RFC 7518 §4.8'],
    ['PBES2-HS384+A192KW', 'acceptable', 'for a password that a person remembers; slow on purpose', 'RFC 7518 §4.8'],
    ['PBES2-HS512+A256KW', 'acceptable', 'for a password: the first choice where it has to be one', 'RFC 7518 §4.8'],
    ['RSA1_5', 'left out', 'its padding lets whoever sends tokens decrypt others: use RSA-OAEP-256', 'RFC 8725 §3.2'],
  ],
  enc: [
    ['A128GCM', 'acceptable', 'as A256GCM, with a key of 16 bytes', 'RFC 7518 §5.3'],
    ['A192GCM', 'acceptable', 'as A256GCM, with a key of 24 bytes; not known everywhere', 'RFC 7518 §5.3'],
    ['A256GCM', 'recommended', 'fast and known everywhere: the first choice', 'RFC 7518 §5.3'],
    [
      'A128CBC-HS256',
      'acceptable',
      'what every reader has to know; a key of 32 bytes, half for each half of it',
      'RFC 7518 §5.2',
    ],
    ['A192CBC-HS384', 'acceptable', 'as A128CBC-HS256, with a key of 48 bytes', 'RFC 7518 §5.2'],
    [
      'A256CBC-HS512',
      'acceptable',
      'the best with dir, where one key encrypts much; a key of 64 bytes',
      'RFC 7518 §5.2',
    ],
  ],
}

/** Advice on every algorithm there is, and on what is left out on purpose, in the order of the tables. */
export const ADVICE: ReadonlyMap<string, Advice> = new Map(
  (['sig', 'key', 'enc'] as const).flatMap((kind) =>
    ROWS[kind].map(([id, standing, advice, spec]) => [id, Object.freeze({ kind, standing, advice, spec })] as const),
  ),
)
