import { secretKey } from 'countersign'
import { b64, CLAIMS, input, mac } from '../../support/forge.ts'
import { der, EC, oid, RSA, SPKI, TAG } from '../../support/keys.ts'
import { type Case, jwe, jws, signatureOf } from './case.ts'
import { modulus, noise, oct, rsa } from './material.ts'

const PUBLISHED = { keys: [{ ...EC, kid: 'a' }] }
const octets = (text: string): Uint8Array => new TextEncoder().encode(text)
const integer = (bytes: Uint8Array): Uint8Array => der(2, [0], bytes)
const spki = (bits: number): Uint8Array => {
  const key = der(TAG.sequence, integer(Buffer.from(modulus(bits), 'base64url')), der(2, [1, 0, 1]))
  return der(TAG.sequence, der(TAG.sequence, oid('rsa'), der(TAG.null)), der(TAG.bits, [0], key))
}
const certificate = (key: Uint8Array): Uint8Array => {
  const empty = der(TAG.sequence)
  const content = der(TAG.sequence, der(2, [1]), empty, empty, empty, empty, key)
  return der(TAG.sequence, content, empty, der(TAG.bits, [0, 1]))
}
const pem = (label: string, bytes: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(bytes).toString('base64')}\n-----END ${label}-----\n`

const CONFUSION: readonly Case[] = [
  {
    rule: 'CSL002',
    why: 'an HMAC beside one published key',
    what: jws({ alg: 'HS256' }),
    options: { published: PUBLISHED },
    found: [['header.alg', 'error', 'alg is HS256, and the key that is published cannot check it.']],
  },
  {
    rule: 'CSL002',
    why: 'an HMAC beside keys of which some are of an unknown kind',
    what: jws({ alg: 'HS512' }),
    options: { published: { keys: [...PUBLISHED.keys, { kty: 'NEW' }] } },
    found: [['header.alg', 'error', 'alg is HS512, and none of the 2 keys that are published can check it.']],
  },
  { rule: 'CSL002', why: 'a signature beside keys', what: jws({ alg: 'ES256' }), options: { published: PUBLISHED } },
  { rule: 'CSL002', why: 'nobody says what is published', what: jws({ alg: 'HS256' }) },
  { rule: 'CSL002', why: 'nothing is published', what: jws({ alg: 'HS256' }), options: { published: { keys: [] } } },
]

const KNOWN = 'the token is signed with a secret that everybody knows: it is on the list of common ones.'
const weak = (why: string, secret: Uint8Array, message: string): Case => ({
  rule: 'CSL007',
  why,
  secret,
  found: [['', 'error', message]],
})
const SECRETS: readonly Case[] = [
  ...(
    ['your-256-bit-secret', 'secret', 'HS256', 'super-secret-jwt-token-with-at-least-32-characters-long'] as const
  ).map(
    (secret): Case => ({
      rule: 'CSL007',
      why: `a token with the secret ${secret}`,
      what: mac({ alg: 'HS256' }, CLAIMS, secret),
      found: [['signature', 'error', KNOWN]],
    }),
  ),
  {
    rule: 'CSL007',
    why: 'a token of HS512 with the secret of RFC 7515 §A.1',
    what: mac(
      { alg: 'HS512' },
      CLAIMS,
      Buffer.from(
        'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
        'base64url',
      ),
      'sha512',
    ),
    found: [['signature', 'error', KNOWN]],
  },
  {
    rule: 'CSL007',
    why: 'a token with a secret that is too short for its hash',
    what: jws({ alg: 'HS384' }, CLAIMS, signatureOf(48)),
    options: { secret: noise(40) },
    found: [['header.alg', 'error', 'the secret has 40 bytes; HS384 takes 48 or more.']],
  },
  weak('nothing', new Uint8Array(), 'the secret is empty.'),
  weak('a common one', octets('changeme'), 'the secret is on the list of common ones, which everybody has.'),
  weak(
    'a common one in other letters, with an end of line',
    octets('ChangeMe\n'),
    'the secret is on the list of common ones, which everybody has.',
  ),
  weak('one byte', Uint8Array.of(7), 'the secret has 1 byte; the shortest hash takes 32 or more.'),
  weak('31 bytes', noise(31), 'the secret has 31 bytes; the shortest hash takes 32 or more.'),
  weak('zeros', new Uint8Array(40), 'the secret consists of zeros.'),
  weak('blanks', octets(' '.repeat(40)), 'the secret is blank.'),
  weak('a public key', octets(SPKI), 'the secret holds a PEM: that is not a secret.'),
  weak('a JWK', octets(JSON.stringify(EC)), 'the secret holds a JWK: that is not a secret.'),
  weak(
    'few letters',
    octets('abcabdabeabcabdabeaabcabdabeabca'),
    'the secret has 32 bytes, of which only 5 are different.',
  ),
  weak(
    'a word over and over',
    octets('battery-horse'.repeat(3)),
    'the secret has 39 bytes, which are the same 13 over and over.',
  ),
  weak(
    'counting',
    Uint8Array.from({ length: 32 }, (_, at) => at),
    'the secret has 32 bytes, each of which follows from the one before it.',
  ),
  weak(
    'a word that was filled up',
    octets(`hunter2-ok!${'0'.repeat(30)}`),
    'the secret has 11 bytes, filled up to 41.',
  ),
  {
    rule: 'CSL007',
    why: 'a key for HS256 of 16 bytes',
    what: oct(16, { alg: 'HS256' }),
    found: [['k', 'error', 'the secret has 16 bytes; HS256 takes 32 or more.']],
  },
  {
    rule: 'CSL007',
    why: 'a key of a set that signs',
    what: { keys: [oct(24, { use: 'sig' })] },
    found: [['keys[0].k', 'error', 'the secret has 24 bytes; the shortest hash takes 32 or more.']],
  },
  {
    rule: 'CSL007',
    why: 'a key of 16 bytes that does not say what it is for',
    what: oct(16),
    found: [['k', 'info', 'the secret has 16 bytes; the shortest hash takes 32 or more.']],
  },
  {
    rule: 'CSL007',
    why: 'a key for AES that everybody knows',
    what: { kty: 'oct', k: 'GawgguFyGrWKav7AX4VKUg', alg: 'A128KW' },
    found: [['k', 'error', 'the secret is on the list of common ones, which everybody has.']],
  },
  {
    rule: 'CSL007',
    why: 'a key object',
    what: secretKey({ text: 'x'.repeat(40) }),
    found: [['k', 'error', 'the secret has 40 bytes, of which only 1 are different.']],
  },
  { rule: 'CSL007', why: 'a secret that nobody knows', secret: noise(32) },
  { rule: 'CSL007', why: 'a long sentence', secret: octets('the quick brown fox jumps over the lazy dog') },
  { rule: 'CSL007', why: 'a token with such a secret', what: mac({ alg: 'HS256' }, CLAIMS, noise(64)) },
  {
    rule: 'CSL007',
    why: 'the same where the secret is known',
    what: mac({ alg: 'HS256' }, CLAIMS, noise(64)),
    options: { secret: noise(64) },
  },
  { rule: 'CSL007', why: 'a signature, whatever the secret', what: jws({}), options: { secret: octets('a') } },
  ...[
    oct(16, { alg: 'A128KW' }),
    oct(16, { use: 'enc' }),
    oct(24, { key_ops: ['wrapKey', 'unwrapKey'] }),
    oct(16, { alg: 'A128GCM' }),
    oct(32),
    oct(64, { alg: 'HS512' }),
  ].map((what, at): Case => ({ rule: 'CSL007', why: `a key that is as long as it has to be (${at + 1})`, what })),
]

const RSA_CASES: readonly Case[] = [
  ...(['RS256', 'PS512'] as const).map(
    (alg): Case => ({
      rule: 'CSL008',
      why: `a signature of 1024 bits, ${alg}`,
      what: jws({ alg }, CLAIMS, signatureOf(128)),
      found: [
        [
          'signature',
          'error',
          `the signature has 1024 bits, as many as the key that made it; ${alg} takes 2048 or more.`,
        ],
      ],
    }),
  ),
  {
    rule: 'CSL008',
    why: 'the second of two signatures',
    what: {
      payload: 'e30',
      signatures: [64, 64].map((size, at) => ({
        protected: b64(JSON.stringify({ alg: at === 0 ? 'ES256' : 'RS256' })),
        signature: signatureOf(size),
      })),
    },
    found: [
      [
        'signatures[1].signature',
        'error',
        'the signature has 512 bits, as many as the key that made it; RS256 takes 2048 or more.',
      ],
    ],
  },
  {
    rule: 'CSL008',
    why: 'a key that was encrypted for one of 1024 bits',
    what: jwe({ alg: 'RSA-OAEP' }, signatureOf(128)),
    found: [
      ['', 'error', 'the encrypted key has 1024 bits, as many as the key that it is for; RSA-OAEP takes 2048 or more.'],
    ],
  },
  ...[512, 1024, 2040].map(
    (bits): Case => ({
      rule: 'CSL008',
      why: `a JWK of ${bits} bits`,
      what: rsa(bits),
      found: [['n', 'error', `the RSA key has ${bits} bits.`]],
    }),
  ),
  {
    rule: 'CSL008',
    why: 'a JWK that has other faults, in a set',
    what: { keys: [rsa(1024, { kid: 5 })] },
    found: [['keys[0].n', 'error', 'the RSA key has 1024 bits.']],
  },
  ...(
    [
      ['a PEM', pem('PUBLIC KEY', spki(1024))],
      ['a certificate', pem('CERTIFICATE', certificate(spki(1024)))],
      ['a DER', spki(1024)],
    ] as const
  ).map(
    ([why, what]): Case => ({
      rule: 'CSL008',
      why: `${why} of 1024 bits`,
      what,
      found: [['', 'error', 'the RSA key has 1024 bits.']],
    }),
  ),
  { rule: 'CSL008', why: 'a JWK of 2048 bits', what: { ...RSA } },
  { rule: 'CSL008', why: 'a PEM of 2048 bits', what: SPKI },
  { rule: 'CSL008', why: 'a signature of 2048 bits', what: jws({ alg: 'RS256' }, CLAIMS, signatureOf(256)) },
  { rule: 'CSL008', why: 'a signature that was cut', what: jws({ alg: 'RS256' }, CLAIMS, signatureOf(255)) },
  { rule: 'CSL008', why: 'short signatures of other kinds', what: jws({ alg: 'Ed448' }, CLAIMS, signatureOf(114)) },
  { rule: 'CSL008', why: 'a key that was wrapped', what: jwe({ alg: 'A256KW' }, signatureOf(40)) },
]

const DER = der(
  TAG.sequence,
  der(
    2,
    noise(32).map((byte) => byte & 0x7f),
  ),
  der(
    2,
    noise(64)
      .subarray(32)
      .map((byte) => byte & 0x7f),
  ),
)
const sides = (alg: string, size: number): Case => ({
  rule: 'CSL024',
  why: `${alg} side by side`,
  what: jws({ alg }, CLAIMS, signatureOf(size)),
})
const SIGNATURES: readonly Case[] = [
  {
    rule: 'CSL024',
    why: 'DER',
    what: `${input({ alg: 'ES256' }, CLAIMS)}.${b64(DER)}`,
    found: [['signature', 'error', 'the signature is DER of 70 bytes, and ES256 takes r and s side by side.']],
  },
  sides('ES256', 64),
  sides('ES512', 132),
  { rule: 'CSL024', why: 'DER where no ECDSA is', what: `${input({ alg: 'RS256' }, CLAIMS)}.${b64(DER)}` },
]

export const KEY_CASES: readonly Case[] = [...CONFUSION, ...SECRETS, ...RSA_CASES, ...SIGNATURES]
