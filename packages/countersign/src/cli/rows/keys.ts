import { PASSPHRASE, type PassphraseNames, TIMEOUT, type TimeoutNames } from './options.ts'
import type { CommandOf } from './table.ts'

export type KeyNewNames = PassphraseNames | 'bits' | 'crv' | 'use' | 'kid' | 'format' | 'public-out' | 'encrypt!'
export type KeyConvertNames = PassphraseNames | 'to'
export type KeyPublicNames = PassphraseNames | 'to'
export type KeyInspectNames = PassphraseNames
export type KeyThumbprintNames = PassphraseNames | 'hash' | 'uri!'
export type KeySetNames = PassphraseNames | 'kid'
export type JwksNames = TimeoutNames | 'issuer' | 'kid' | 'use' | 'alg' | 'pick!' | 'lint!'

const SRC = { name: 'SRC', about: 'a key: JWK, PEM, DER or certificate, as a SOURCE', value: 'SOURCE' } as const

export const KEY_NEW: CommandOf<KeyNewNames> = {
  name: 'key new',
  about: 'make a key',
  more: [
    'The private key goes to a file of mode 0600, which is never overwritten without --force. Only --out - prints it.',
    'With --encrypt it is encrypted under a passphrase, asked for twice on a terminal: a PEM or a DER as PKCS#8, a JWK as a compact JWE (PBES2). Every command that takes a private key reads both again.',
  ],
  examples: [
    ['countersign key new ES256 --out key.jwk --public-out pub.jwk', 'a key pair'],
    ['countersign key new HS256 --out secret.jwk', 'a shared secret'],
    ['countersign key new RS256 --bits 3072 --format pem --encrypt --out key.pem', 'encrypted, with a passphrase'],
  ],
  arguments: [
    {
      name: 'ALG',
      about: 'what it is for: ES256, RS256, HS256, ECDH-ES, A256GCM, …',
      value: 'A',
      offers: 'algorithms',
    },
  ],
  options: {
    bits: { type: 'string', value: 'N', whole: [128, 8192], about: 'the size of an RSA key or of a secret' },
    crv: { type: 'string', value: 'C', offers: 'curves', about: 'the curve, where there is a choice' },
    use: { type: 'string', value: 'U', oneOf: ['sig', 'enc'], about: 'what it is for, in general' },
    kid: {
      type: 'string',
      value: 'ID',
      about: 'its name, or the word thumbprint; that unless said, and none for a secret',
    },
    format: {
      type: 'string',
      value: 'WORD',
      oneOf: ['jwk', 'jwks', 'pem', 'der'],
      about: 'what it is written as; jwk unless said',
    },
    'public-out': { type: 'string', value: 'FILE', about: 'where its public half goes' },
    encrypt: { type: 'boolean', about: 'encrypt the private key with a passphrase' },
    ...PASSPHRASE,
  },
  exits: ['key', 'unsupported'],
}

export const KEY_CONVERT: CommandOf<KeyConvertNames> = {
  name: 'key convert',
  about: 'write a key in another form',
  more: [
    'A private key goes to a file of mode 0600; only --out - prints it.',
    'pem is PKCS#8 or SPKI; pkcs1 is for RSA keys and sec1 for private EC keys, both as PEM; der is pem in octets; raw is the bare octets of a secret, of a private key (not RSA) or of a public point.',
  ],
  examples: [
    ['countersign key convert @key.pem --to jwk --out key.jwk', 'a private key'],
    ['countersign key convert @public.jwk --to pem', 'a public key'],
  ],
  arguments: [SRC],
  options: {
    to: {
      type: 'string',
      value: 'WORD',
      oneOf: ['jwk', 'jwks', 'pem', 'pkcs1', 'sec1', 'der', 'raw'],
      about: 'the form; jwk unless said',
    },
    ...PASSPHRASE,
  },
  exits: ['key', 'unsupported'],
}

export const KEY_PUBLIC: CommandOf<KeyPublicNames> = {
  name: 'key public',
  about: 'print the public half of a key',
  examples: [['countersign key public @key.jwk', 'as a JWK']],
  arguments: [SRC],
  options: {
    to: { type: 'string', value: 'WORD', oneOf: ['jwk', 'jwks', 'pem', 'der'], about: 'the form; jwk unless said' },
    ...PASSPHRASE,
  },
  exits: ['key', 'unsupported'],
}

export const KEY_INSPECT: CommandOf<KeyInspectNames> = {
  name: 'key inspect',
  about: 'say what a key is, and what it may do',
  more: ['It never prints a private member.'],
  examples: [['countersign key inspect @key.pem', 'its type, size, thumbprint and algorithms']],
  arguments: [SRC],
  options: { ...PASSPHRASE },
  exits: ['key', 'unsupported'],
}

export const KEY_THUMBPRINT: CommandOf<KeyThumbprintNames> = {
  name: 'key thumbprint',
  about: 'print the thumbprint of a key (RFC 7638)',
  more: [
    'It is the same for both halves of a key. That of a secret is refused: whoever sees it could try secrets out (RFC 7638 §7).',
  ],
  examples: [['countersign key thumbprint @pub.jwk --uri', 'as a URI (RFC 9278)']],
  arguments: [SRC],
  options: {
    hash: {
      type: 'string',
      value: 'WORD',
      oneOf: ['sha256', 'sha384', 'sha512'],
      about: 'the hash; sha256 unless said',
    },
    uri: { type: 'boolean', about: 'as a URI' },
    ...PASSPHRASE,
  },
  exits: ['key', 'unsupported'],
}

export const KEY_SET: CommandOf<KeySetNames> = {
  name: 'key set',
  about: 'change a file that holds a JWK Set',
  more: ['Of a private key its public half is added: a set is there to be published. The file is replaced as a whole.'],
  examples: [
    ['countersign key set jwks.json add @key.jwk', 'its public half'],
    ['countersign key set jwks.json remove --kid 2025-c', 'a key that is rotated out'],
    ['countersign key set jwks.json list', 'what is in it'],
  ],
  arguments: [
    { name: 'FILE', about: 'the file of the set; add makes it where it is not there', value: 'FILE' },
    { name: 'WHAT', about: 'add, remove or list', oneOf: ['add', 'remove', 'list'] },
    { ...SRC, optional: true },
  ],
  options: {
    kid: { type: 'string', value: 'ID', about: 'the key to remove, or the name of the one to add' },
    ...PASSPHRASE,
  },
  exits: ['key', 'unsupported'],
}

export const JWKS: CommandOf<JwksNames> = {
  name: 'jwks',
  about: 'list and filter a JWK Set',
  more: [
    'It says what each key is, and what was left out and why. Of a private key only the public half is ever shown, of a secret nothing. A set that is fetched holds public keys alone, or it is refused as a whole.',
    '--kid names a key by its kid, or by its thumbprint where it has none. Where a filter leaves nothing, it exits with 6.',
    '--lint looks at the whole set by the rules of `countersign lint`, and exits with 8 where it finds an error.',
  ],
  examples: [
    ['countersign jwks https://id.example.com/jwks', 'what is published there'],
    ['countersign jwks --issuer https://id.example.com --use sig', 'by discovery'],
    ['countersign jwks @jwks.json --kid 2026-a --pick', 'one key, as a JWK'],
    ['countersign jwks https://id.example.com/jwks --lint', 'what is wrong with it'],
  ],
  arguments: [{ name: 'SRC', about: 'a JWK Set: a SOURCE, JSON or a URL', optional: true, value: 'SOURCE|URL' }],
  options: {
    issuer: { type: 'string', value: 'URL', about: 'whose keys are found by discovery' },
    kid: { type: 'string', value: 'ID', about: 'keys of this name' },
    use: { type: 'string', value: 'U', oneOf: ['sig', 'enc'], about: 'keys for this use' },
    alg: { type: 'string', value: 'A', offers: 'algorithms', about: 'keys that may serve this algorithm' },
    pick: { type: 'boolean', about: 'print the one key that is left, as a JWK' },
    lint: { type: 'boolean', about: 'say what is wrong, or risky, about the set' },
    ...TIMEOUT,
  },
  exits: ['key', 'network', 'findings', 'unsupported'],
}
