import type { CommandOf } from '../table.ts'
import {
  LINES,
  type LinesNames,
  PART,
  PASSPHRASE,
  type PartNames,
  type PassphraseNames,
  SECRET,
  type SecretNames,
  TIMEOUT,
  type TimeoutNames,
  WRITTEN,
  type WrittenNames,
} from './options.ts'

export type DecodeNames = PartNames | LinesNames | 'claim' | 'tz'
export type VerifyNames =
  | SecretNames
  | TimeoutNames
  | LinesNames
  | 'key'
  | 'jwks'
  | 'issuer'
  | 'alg'
  | 'kid'
  | 'iss'
  | 'aud[]'
  | 'sub'
  | 'typ'
  | 'nonce'
  | 'require'
  | 'max-age'
  | 'leeway'
  | 'at'
  | 'allow-expired!'
  | 'allow-weak-secret!'
  | 'payload'
  | 'crit'
  | 'profile'
export type SignNames =
  | SecretNames
  | PassphraseNames
  | WrittenNames
  | 'key'
  | 'alg'
  | 'typ'
  | 'iss'
  | 'sub'
  | 'aud[]'
  | 'jti'
  | 'nbf'
  | 'no-iat!'
  | 'detached!'
  | 'serialization'
export type EncryptNames =
  | SecretNames
  | PassphraseNames
  | WrittenNames
  | 'to'
  | 'password'
  | 'alg'
  | 'enc'
  | 'sign-with'
  | 'p2c'
export type DecryptNames = SecretNames | PassphraseNames | 'key' | 'password' | 'alg' | 'enc' | 'max-p2c' | 'part'

const TOKEN = {
  name: 'TOKEN',
  about: 'a token, or text that has one; the standard input where it is left out',
  optional: true,
  value: 'SOURCE',
} as const
const CLAIMS = {
  name: 'CLAIMS',
  about: 'claims as JSON, or a SOURCE of them; none where it is left out',
  optional: true,
  value: 'SOURCE',
} as const

export const DECODE: CommandOf<DecodeNames> = {
  name: 'decode',
  about: 'show what a token says, and check nothing',
  more: [
    'Anyone can write any token: what decode shows is what the token says of itself. `countersign verify` finds out whether it is true.',
    'The token may stand behind "Bearer", in quotes, in a curl command or in JSON such as the answer of a token endpoint. Numbers are shown to their last digit.',
  ],
  examples: [
    ['countersign decode clip:', 'what is in the clipboard'],
    ['curl -s https://idp.example.com/token … | countersign decode --claim exp --tz utc', 'when it expires'],
    ['countersign decode @tokens.txt --lines --json', 'one JSON document a line'],
  ],
  arguments: [TOKEN],
  options: {
    ...PART,
    claim: { type: 'string', value: 'PATH', about: 'print this claim alone: exp, realm_access.roles.0' },
    tz: { type: 'string', value: 'ZONE', about: 'the time zone of times: local, utc, +hh:mm; utc unless said' },
    ...LINES,
  },
}

export const VERIFY: CommandOf<VerifyNames> = {
  name: 'verify',
  about: 'check the signature and the claims of a token',
  more: [
    'It takes one source of keys, and says what was checked and what was not. Which algorithms are allowed is decided by the key, and narrowed by --alg; what the token says decides nothing.',
    'Exit codes: 0 where the signature and every requested check passed, 4 signature, 5 claims, 6 key, 7 network (nothing was judged), 3 no token.',
  ],
  examples: [
    ['countersign verify clip: --issuer https://id.example.com --aud https://api.example.com', 'keys by discovery'],
    ['countersign verify "$TOKEN" --key @public.pem --iss https://id.example.com --aud api', 'a key in a file'],
    ['countersign verify "$TOKEN" --secret env:JWT_SECRET', 'a shared secret, by the name of its variable'],
    ['countersign verify "$SIGNATURE" --key @public.jwk --payload @release.tar.gz', 'a file, signed detached'],
  ],
  arguments: [TOKEN],
  options: {
    key: { type: 'string', value: 'SOURCE', about: 'a public key: JWK, PEM, DER or certificate' },
    ...SECRET,
    jwks: { type: 'string', value: 'SOURCE|URL', about: 'a JWK Set, out of which the kid of the token chooses' },
    issuer: { type: 'string', value: 'URL', about: 'whose keys are found by discovery; iss has to be the same' },
    alg: { type: 'string', value: 'A,B', about: 'narrows the algorithms further than the key does' },
    kid: { type: 'string', value: 'ID', about: 'the key of the set to check with, whatever the token says' },
    iss: { type: 'string', value: 'S', about: 'who has to have issued it' },
    aud: { type: 'string', multiple: true, value: 'S', about: 'whom it has to be for; of several one will do' },
    sub: { type: 'string', value: 'S', about: 'whom it has to be about' },
    typ: { type: 'string', value: 'S', about: 'the type that its header has to name, such as at+jwt' },
    nonce: { type: 'string', value: 'S', about: 'the nonce that was sent when an ID token was asked for' },
    require: { type: 'string', value: 'NAMES', about: 'claims that have to be there: exp,aud' },
    'max-age': { type: 'string', value: 'D', about: 'how long ago it may have been issued' },
    leeway: { type: 'string', value: 'D', about: 'how far clocks may differ; 30s unless said' },
    at: { type: 'string', value: 'TIME', about: 'judge it as of a moment' },
    'allow-expired': { type: 'boolean', about: 'accept a token that has expired' },
    'allow-weak-secret': { type: 'boolean', about: 'accept a secret that is shorter than its hash' },
    payload: { type: 'string', value: 'SOURCE', about: 'the payload of a token that was signed detached' },
    crit: { type: 'string', value: 'NAMES', about: 'extensions that you act upon yourself' },
    profile: {
      type: 'string',
      value: 'WORD',
      oneOf: ['bcp', 'oidc-id-token', 'rfc9068', 'dpop'],
      about: 'everything that a kind of token has to be, beside what else is asked for',
    },
    ...TIMEOUT,
    ...LINES,
  },
}

export const SIGN: CommandOf<SignNames> = {
  name: 'sign',
  about: 'make a signed token',
  more: [
    'iat is set unless --no-iat says not to. Without --exp the token never expires, and a note says so.',
    'With --detached the argument is a payload of any size, which is signed as it is (b64=false, RFC 7797) and left out of the result.',
  ],
  examples: [
    ['countersign sign --key @key.jwk --sub ada --exp 15m -c admin:=true', 'claims on the command line'],
    ['countersign sign @claims.json --secret env:JWT_SECRET --alg HS256 --exp 1h', 'claims in a file'],
    ['countersign sign --detached @release.tar.gz --key @key.pem --alg ES256 -o release.jws', 'a file of any size'],
  ],
  arguments: [CLAIMS],
  options: {
    key: { type: 'string', value: 'SOURCE', about: 'a private key: JWK, PEM or DER' },
    ...SECRET,
    ...PASSPHRASE,
    alg: { type: 'string', value: 'A', about: 'needed where the key serves several algorithms' },
    ...WRITTEN,
    typ: { type: 'string', value: 'S', about: 'the type of the header; JWT unless said' },
    iss: { type: 'string', value: 'S', about: 'who issues it' },
    sub: { type: 'string', value: 'S', about: 'whom it is about' },
    aud: { type: 'string', multiple: true, value: 'S', about: 'whom it is for' },
    jti: { type: 'string', optional: true, value: 'ID', about: 'its id; a random one where none is given' },
    nbf: { type: 'string', value: 'TIME', about: 'from when it is valid' },
    'no-iat': { type: 'boolean', about: 'leave out when it was issued' },
    detached: { type: 'boolean', about: 'sign a payload of any size, and leave it out' },
    serialization: {
      type: 'string',
      value: 'WORD',
      oneOf: ['compact', 'flattened', 'general'],
      about: 'how it is written; compact unless said',
    },
  },
}

export const ENCRYPT: CommandOf<EncryptNames> = {
  name: 'encrypt',
  about: 'make an encrypted token',
  more: ['What is encrypted to a public key alone has no author: --sign-with signs the claims first.'],
  examples: [
    ['countersign encrypt @claims.json --to @public.jwk', 'for the owner of a key'],
    ['countersign encrypt --to @public.jwk --sign-with @key.jwk --exp 5m -c income:=100000', 'signed, then encrypted'],
    ['countersign encrypt @claims.json --password prompt:', 'for who knows a password'],
  ],
  arguments: [CLAIMS],
  options: {
    to: { type: 'string', value: 'SOURCE', about: 'the public key of the recipient' },
    ...SECRET,
    password: { type: 'string', value: 'SOURCE', about: 'a password (PBES2)' },
    alg: { type: 'string', value: 'A', about: 'how the key is managed; the best for the key unless said' },
    enc: { type: 'string', value: 'E', about: 'how the content is encrypted' },
    ...WRITTEN,
    'sign-with': { type: 'string', value: 'SOURCE', about: 'a private key to sign the claims with first (nested)' },
    ...PASSPHRASE,
    p2c: {
      type: 'string',
      value: 'N',
      whole: [1000, 600_000],
      about: 'how often a password is hashed; the most unless said',
    },
  },
}

export const DECRYPT: CommandOf<DecryptNames> = {
  name: 'decrypt',
  about: 'open an encrypted token',
  more: [
    'It prints what was encrypted, and checks no claims. A token inside of it is printed as it is, for `countersign verify -`.',
  ],
  examples: [
    ['countersign decrypt "$TOKEN" --key @private.pem', 'with a private key'],
    ['countersign decrypt "$TOKEN" --key @private.jwk | countersign verify - --key @issuer.jwk', 'a nested token'],
    ['countersign decrypt "$TOKEN" --password prompt:', 'with a password'],
  ],
  arguments: [TOKEN],
  options: {
    key: { type: 'string', value: 'SOURCE', about: 'a private key: JWK, PEM or DER' },
    ...SECRET,
    password: { type: 'string', value: 'SOURCE', about: 'a password (PBES2)' },
    ...PASSPHRASE,
    alg: { type: 'string', value: 'A,B', about: 'the key management that is allowed' },
    enc: { type: 'string', value: 'E,F', about: 'the content encryption that is allowed' },
    'max-p2c': {
      type: 'string',
      value: 'N',
      whole: [1000, 600_000],
      about: 'how often a password may have to be hashed',
    },
    part: { type: 'string', value: 'WORD', oneOf: ['header', 'payload'], about: 'print this part alone' },
  },
}
