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
import type { CommandOf } from './table.ts'

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
  | 'htm'
  | 'htu'
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
    'The token may stand behind "Bearer", in quotes, in a curl command, in a URL, on wrapped lines, or in JSON such as the answer of a token endpoint; what was removed is noted, and with --strict refused. Of several tokens the likeliest is taken: access_token before id_token, and else the first. A token that was cut off is shown as far as it goes. Numbers are shown to their last digit, and characters that a terminal would act upon or hide are escaped.',
    'At a terminal, --part and --claim are laid out for reading. Into a pipe or a file --part header and payload go octet by octet as they were signed, with no newline added, and the text of a claim as it is. --part signature is base64url, as it stands in the token. A path may go through names that have dots in them.',
    'With --lines, what cannot be read is told and the next line goes on; the exit code is that of the first error.',
  ],
  examples: [
    ['countersign decode clip:', 'what is in the clipboard'],
    ['curl -s https://idp.example.com/token … | countersign decode --claim exp --tz utc', 'when it expires'],
    ['countersign decode "$TOKEN" --part payload | jq .', 'the claims as they were signed'],
    ['countersign decode @tokens.txt --lines --json', 'one JSON document a line'],
  ],
  arguments: [TOKEN],
  options: {
    ...PART,
    claim: {
      type: 'string',
      value: 'PATH',
      offers: ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'scope'],
      about: 'print this claim alone: exp, realm_access.roles.0',
    },
    tz: {
      type: 'string',
      value: 'ZONE',
      offers: ['local', 'utc'],
      about: 'the time zone of times: local, utc, +hh:mm; utc unless said',
    },
    ...LINES,
  },
}

export const VERIFY: CommandOf<VerifyNames> = {
  name: 'verify',
  about: 'check the signature and the claims of a token',
  more: [
    'It takes one source of keys, and says what was checked and what was not. Which algorithms are allowed is decided by the key, and narrowed by --alg; what the token says decides nothing. Where nothing could be judged, for want of a key, a token or an answer, there is no verdict.',
    'exp and nbf count where they are there; all else has to be asked for. A text that was signed and is no claims set is checked as it is.',
    '--profile holds a token to all that its kind has to be, as the library does. --issuer says --iss, too.',
    '--profile bcp (RFC 8725) takes --iss, --aud and --typ, and demands exp.',
    '--profile rfc9068 (access tokens) takes --iss and --aud.',
    '--profile oidc-id-token takes --iss, --nonce where one was sent, and as --aud the id of the client; each further --aud is somebody whom the token may be for as well.',
    '--profile dpop (RFC 9449) takes --htm, --htu and the key of the client; whether a proof was used before is for the server to know.',
    'With --lines it exits with the code of the first token that was refused.',
    'After a failure it tries what may have been meant, such as a secret that is to be base64-decoded, and says so: the result stays a failure.',
  ],
  examples: [
    ['countersign verify clip: --issuer https://id.example.com --aud https://api.example.com', 'keys by discovery'],
    ['countersign verify "$TOKEN" --key @public.pem --iss https://id.example.com --aud api', 'a key in a file'],
    ['countersign verify "$TOKEN" --secret env:JWT_SECRET', 'a shared secret, by the name of its variable'],
    ['countersign verify "$SIGNATURE" --key @public.jwk --payload @release.tar.gz', 'a file, signed detached'],
    ['countersign verify @tokens.txt --lines --jwks @jwks.json --at 2026-11-21T22:35:00Z', 'many, as of a moment'],
  ],
  arguments: [TOKEN],
  options: {
    key: {
      type: 'string',
      value: 'SOURCE',
      about: 'a public key: JWK, PEM, DER or certificate; or the JWK of a secret',
    },
    ...SECRET,
    jwks: { type: 'string', value: 'SOURCE|URL', about: 'a JWK Set, out of which the kid of the token chooses' },
    issuer: { type: 'string', value: 'URL', about: 'whose keys are found by discovery; iss has to be the same' },
    alg: {
      type: 'string',
      value: 'A,B',
      offers: 'signatures',
      about: 'narrows the algorithms further than the key does',
    },
    kid: { type: 'string', value: 'ID', about: 'the key of the set to check with, whatever the token says' },
    iss: { type: 'string', value: 'S', about: 'who has to have issued it' },
    aud: { type: 'string', multiple: true, value: 'S', about: 'whom it has to be for; of several one will do' },
    sub: { type: 'string', value: 'S', about: 'whom it has to be about' },
    typ: {
      type: 'string',
      value: 'S',
      offers: ['JWT', 'at+jwt'],
      about: 'the type that its header has to name, such as at+jwt',
    },
    nonce: { type: 'string', value: 'S', about: 'the nonce that an ID token or a DPoP proof was asked for with' },
    htm: {
      type: 'string',
      value: 'S',
      offers: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      about: 'the method of the request that a DPoP proof is for',
    },
    htu: { type: 'string', value: 'S', about: 'its URL' },
    require: {
      type: 'string',
      value: 'NAMES',
      offers: ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'],
      about: 'claims that have to be there: exp,aud',
    },
    'max-age': { type: 'string', value: 'D', about: 'how long ago it may have been issued' },
    leeway: { type: 'string', value: 'D', about: 'how far clocks may differ; 30s unless said' },
    at: { type: 'string', value: 'TIME', offers: ['now'], about: 'judge it as of a moment' },
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
  exits: ['signature', 'claims', 'key', 'network', 'unsupported'],
}

export const SIGN: CommandOf<SignNames> = {
  name: 'sign',
  about: 'make a signed token',
  more: [
    'Claims are written to their last digit and in the order that they have; what an option says takes the place of what CLAIMS says. iat is set unless it is there or --no-iat says not to. Without an exp the token never expires, and a note says so unless --exp never does.',
    'The header has alg, typ JWT, and as kid that of the key or else its thumbprint.',
    'With --detached, CLAIMS is a SOURCE of a payload of any size, the standard input where it is left out. It is signed as it is (b64=false, RFC 7797) and left out of the result; `countersign verify --payload` checks it. RSA, ECDSA and HMAC take it in pieces; EdDSA and ML-DSA take it whole, up to 64 MB.',
  ],
  examples: [
    ['countersign sign --key @key.jwk --sub ada --exp 15m -c admin:=true', 'claims on the command line'],
    ['countersign sign @claims.json --secret env:JWT_SECRET --alg HS256 --exp 1h', 'claims in a file'],
    ['countersign sign --key @key.pem --alg PS256 --iss https://id.example.com --aud api --jti --exp 5m', 'a new id'],
    ['countersign sign --detached @release.tar.gz --key @key.pem -o release.jws', 'a file of any size'],
  ],
  arguments: [CLAIMS],
  options: {
    key: { type: 'string', value: 'SOURCE', about: 'a private key: JWK, PEM or DER; or the JWK of a secret' },
    ...SECRET,
    ...PASSPHRASE,
    alg: {
      type: 'string',
      value: 'A',
      offers: 'signatures',
      about: 'needed where the key serves several algorithms, as RSA keys do',
    },
    ...WRITTEN,
    typ: { type: 'string', value: 'S', offers: ['JWT', 'at+jwt'], about: 'the type in the header; JWT unless said' },
    iss: { type: 'string', value: 'S', about: 'who issues it' },
    sub: { type: 'string', value: 'S', about: 'whom it is about' },
    aud: { type: 'string', multiple: true, value: 'S', about: 'whom it is for; several make a list' },
    jti: {
      type: 'string',
      optional: true,
      value: 'ID',
      about: 'its id, behind an equals sign; a random UUID where none is given',
    },
    nbf: { type: 'string', value: 'TIME', about: 'from when it is valid' },
    'no-iat': { type: 'boolean', about: 'do not add when it was issued' },
    detached: { type: 'boolean', about: 'sign a payload of any size, and leave it out' },
    serialization: {
      type: 'string',
      value: 'WORD',
      oneOf: ['compact', 'flattened', 'general'],
      about: 'how it is written; compact unless said',
    },
  },
  exits: ['key', 'unsupported'],
}

export const ENCRYPT: CommandOf<EncryptNames> = {
  name: 'encrypt',
  about: 'make an encrypted token',
  more: [
    'What is encrypted to a public key alone has no author: --sign-with signs the claims first (a nested JWT). A signed token in place of CLAIMS is encrypted as it is, to the same end.',
    'Unless --alg says otherwise, the key is managed as its JWK says, or else by what is best for it: RSA-OAEP-256 for RSA; ECDH-ES for EC, X25519 and X448; for a secret A256KW, A192KW or A128KW by its size (32, 24 or 16 bytes), and dir with 48 or 64; PBES2-HS512+A256KW for a password. The content is encrypted with A256GCM unless --enc or the key says otherwise.',
    'iat and exp are as with sign.',
  ],
  examples: [
    ['countersign encrypt @claims.json --to @public.jwk', 'for the owner of a key'],
    ['countersign encrypt --to @public.jwk --sign-with @key.jwk --exp 5m -c income:=100000', 'signed, then encrypted'],
    ['countersign encrypt @claims.json --password prompt:', 'for who knows a password, which is asked for twice'],
    ['countersign sign @claims.json --key @key.pem --alg PS256 | countersign encrypt - --to @public.pem', 'nested'],
  ],
  arguments: [CLAIMS],
  options: {
    to: { type: 'string', value: 'SOURCE', about: 'the public key of the recipient: JWK, PEM, DER or certificate' },
    ...SECRET,
    secret: {
      ...SECRET.secret,
      about: 'a shared secret of 16, 24, 32, 48 or 64 bytes, by where it is and never itself',
    },
    password: { type: 'string', value: 'SOURCE', about: 'a password (PBES2), by where it is and never itself' },
    alg: {
      type: 'string',
      value: 'A',
      offers: 'management',
      about: 'how the key is managed; the best for the key unless said',
    },
    enc: { type: 'string', value: 'E', offers: 'content', about: 'how the content is encrypted; A256GCM unless said' },
    ...WRITTEN,
    'sign-with': { type: 'string', value: 'SOURCE', about: 'a private key to sign the claims with first (nested)' },
    ...PASSPHRASE,
    p2c: {
      type: 'string',
      value: 'N',
      whole: [1000, 600_000],
      about: 'how often the password is hashed; the most that is allowed unless said',
    },
  },
  exits: ['key', 'unsupported'],
}

export const DECRYPT: CommandOf<DecryptNames> = {
  name: 'decrypt',
  about: 'open an encrypted token',
  more: [
    'It prints what was encrypted, octet by octet; at a terminal JSON is laid out, and nothing in a text moves the cursor. No claims are checked, and whoever has a public key can encrypt to it. A signed token that was inside is printed as it is, for `countersign verify -`.',
    'Which key management is allowed is decided by the key, and narrowed by --alg. A password (PBES2) is tried with --password alone, since each try takes as much work as the token says; --max-p2c limits it, before anything is done.',
    'Why a token does not open is not told, on purpose.',
  ],
  examples: [
    ['countersign decrypt "$TOKEN" --key @private.pem', 'with a private key'],
    ['countersign decrypt "$TOKEN" --key @private.jwk | countersign verify - --key @issuer.jwk', 'a nested token'],
    ['countersign decrypt "$TOKEN" --password prompt: --max-p2c 100000', 'with a password, and a limit'],
    ['countersign decrypt @token.txt --key @private.pem -o claims.json', 'into a file for its owner alone'],
  ],
  arguments: [TOKEN],
  options: {
    key: { type: 'string', value: 'SOURCE', about: 'a private key: JWK, PEM or DER; or a JWK Set of them' },
    ...SECRET,
    secret: {
      ...SECRET.secret,
      about: 'a shared secret of 16, 24, 32, 48 or 64 bytes, by where it is and never itself',
    },
    password: { type: 'string', value: 'SOURCE', about: 'a password (PBES2), by where it is and never itself' },
    ...PASSPHRASE,
    alg: { type: 'string', value: 'A,B', offers: 'management', about: 'the key management that is allowed' },
    enc: { type: 'string', value: 'E,F', offers: 'content', about: 'the content encryption that is allowed' },
    'max-p2c': {
      type: 'string',
      value: 'N',
      whole: [1000, 600_000],
      about: 'how often the password may have to be hashed',
    },
    part: { type: 'string', value: 'WORD', oneOf: ['header', 'payload'], about: 'print this part alone' },
  },
  exits: ['signature', 'key', 'unsupported'],
}
