import type { ErrorCode } from 'countersign'
import type { CommandCode, NoteCode } from '../../../src/messages.ts'
import { b64, input } from '../../support/forge.ts'
import { CRASHING, OLD_KEY, over, SECRET, sealed, shared, today, token } from './golden-world.ts'
import type { World } from './memory-host.ts'

/** What the command says, to the letter, where a code occurs. */
export interface Golden {
  readonly code: ErrorCode | CommandCode
  /** What is special about it, where a code has several. */
  readonly about?: string
  readonly args: readonly string[]
  readonly world?: World
  readonly notes?: readonly string[]
  readonly says: string
  readonly fix: string
  readonly exit: number
  /** Which of the texts in the specification of the command it is. */
  readonly text?: number
}

const T = token()
const PUB = ['--key', '@pub.jwk']

/** A header and a payload that have 214 characters between them. */
const CUT = `${b64('{"alg":"ES256","kid":"2026-a" }')}.${b64(JSON.stringify({ sub: 'x'.repeat(118) }))}`
export const ENCRYPTED: string = await sealed('{"sub":"ada"}')
export const NESTED: string = await sealed(T, { cty: 'JWT' })
const CHANGED = ENCRYPTED.replace(/.{22}$/, 'AAAAAAAAAAAAAAAAAAAAAA')

export const GOLDENS: readonly Golden[] = [
  {
    code: 'CS_MALFORMED',
    text: 4,
    args: ['verify', CUT, ...PUB],
    says: 'not a token: expected 3 parts (JWS) or 5 (JWE) between dots, found 2 in 214 characters.',
    fix: 'the signature seems cut off. `countersign decode` still shows the header and claims. (RFC 7515 §7.1)',
    exit: 3,
  },
  {
    code: 'CS_MALFORMED',
    about: 'no token at all',
    args: ['decode', 'hello'],
    says: 'not a token: expected 3 parts (JWS) or 5 (JWE) between dots, found 1 in 5 characters.',
    fix: 'a token begins with eyJ and has dots in it. A file is named with @, the standard input is -.',
    exit: 3,
  },
  {
    code: 'CS_MALFORMED',
    about: 'nothing',
    args: ['decode'],
    world: { input: '' },
    says: 'not a token: the input is empty.',
    fix: 'see what was to come: the command before a pipe may have failed, and a variable that is not set is empty.',
    exit: 3,
  },
  {
    code: 'CS_MALFORMED',
    about: 'a header that is no JSON',
    args: ['decode', over(input('{"alg":', {}))],
    says: 'the header is not JSON: it ends at character 7.',
    fix: 'whoever made the token has to mend it; if it was copied by hand, get it again.',
    exit: 3,
  },
  {
    code: 'CS_MALFORMED',
    about: 'a name that is there twice',
    args: ['decode', over(input({ alg: 'ES256' }, '{"sub":"a","sub":"b"}')), '--strict'],
    says: 'the JSON has the name "sub" twice.',
    fix: 'pass the whole token as it was issued; `countersign decode` shows what can be read of it. (RFC 7515 §7.1)',
    exit: 3,
  },
  {
    code: 'CS_BASE64',
    text: 12,
    args: ['verify', T.replace(/\.(.{57})./, '.$1+'), ...PUB],
    says: 'payload is base64, not base64url: "+" at character 57. Tokens use A-Z a-z 0-9 - _ without "=". (RFC 7515 §2)',
    fix: 'get the token again from where it was issued; something on its way changed its letters.',
    exit: 3,
  },
  {
    code: 'CS_BASE64',
    about: 'no letter of any base64',
    args: ['decode', T.replace(/\.(.{3})./, '.$1!')],
    says: 'payload is not base64url: "!" at character 3. Tokens use A-Z a-z 0-9 - _ without "=". (RFC 7515 §2)',
    fix: 'get the token again from where it was issued; something on its way changed its letters.',
    exit: 3,
  },
  {
    code: 'CS_TOO_LARGE',
    args: ['verify', token({}, { x: 'x'.repeat(9000) }), ...PUB],
    says: 'the header has 9037 octets, 8192 are allowed.',
    fix: 'put less into it; nothing that is larger is read.',
    exit: 3,
  },
  {
    code: 'CS_HEADER',
    args: ['verify', token({}, { kid: 7 }), ...PUB],
    says: 'kid of the header is a number and not a string.',
    fix: 'look at it with `countersign decode`; whoever made the token has to mend it.',
    exit: 3,
  },
  {
    code: 'CS_CRIT',
    args: ['verify', token({}, { crit: ['urn:x'], 'urn:x': 1 }), ...PUB],
    says: 'crit of the header names an extension that is not understood here.',
    fix: 'refuse the token, or, if you act upon the extension, name it: verify --crit NAMES. (RFC 7515 §4.1.11)',
    exit: 4,
  },
  {
    code: 'CS_UNSIGNED',
    args: ['verify', `${input({ alg: 'none' }, { sub: 'ada' })}.`, ...PUB],
    says: 'the token says alg "none": nobody signed it.',
    fix: 'refuse it: anyone can write such a token. `countersign decode` shows what it says. (RFC 8725 §3.2)',
    exit: 4,
  },
  {
    code: 'CS_ALG',
    text: 3,
    args: ['verify', shared(SECRET), '--key', '@pub.pem'],
    says: 'token says HS256, but @pub.pem is an RSA public key, which can only verify RS256 RS384 RS512 PS256 PS384 PS512.',
    fix: 'do not use a public key as an HMAC secret: that is algorithm confusion (RFC 8725 §2.1). If the issuer really uses HS256, pass --secret.',
    exit: 6,
  },
  {
    code: 'CS_ALG',
    about: 'a secret for a token of a key',
    args: ['verify', T, '--secret', 'env:SECRET'],
    says: 'token says ES256, but env:SECRET is a secret, which can only verify HS256 HS384.',
    fix: 'pass the key that signed it, or refuse the token: what its header says decides nothing.',
    exit: 6,
  },
  {
    code: 'CS_ALG',
    about: 'a key that was chosen out of a set',
    args: ['verify', shared(SECRET), '--jwks', '@jwks.json', '--kid', '2026-a'],
    says: 'token says HS256, but kid "2026-a" from @jwks.json is a P-256 public key, which can only verify ES256.',
    fix: 'do not use a public key as an HMAC secret: that is algorithm confusion (RFC 8725 §2.1). If the issuer really uses HS256, pass --secret.',
    exit: 6,
  },
  {
    code: 'CS_ALG',
    about: 'a set',
    args: ['verify', shared(SECRET), '--jwks', '@jwks.json'],
    says: 'token says HS256, which none of the keys from @jwks.json may serve.',
    fix: 'do not use a public key as an HMAC secret: that is algorithm confusion (RFC 8725 §2.1). If the issuer really uses HS256, pass --secret.',
    exit: 6,
  },
  {
    code: 'CS_ALG',
    about: 'narrowed to something else',
    args: ['verify', T, ...PUB, '--alg', 'ES384'],
    says: '--alg allows ES384, and @pub.jwk serves ES256 alone.',
    fix: 'pass the key that belongs to the algorithm, or leave out --alg.',
    exit: 6,
  },
  {
    code: 'CS_UNSUPPORTED',
    args: ['verify', T, '--key', '@ssh.pub'],
    says: 'cannot use @ssh.pub: this text is a public key in the format of OpenSSH.',
    fix: 'convert it: ssh-keygen -e -m PKCS8 -f key.pub (for RSA and EC keys; it does not do Ed25519).',
    exit: 9,
  },
  {
    code: 'CS_SIGNATURE',
    text: 2,
    args: ['verify', token({}, { kid: '2025-c' }, OLD_KEY), ...PUB],
    says: 'signature does not match: ES256 checked with kid "2026-a" from @pub.jwk.',
    fix: 'the token names kid "2025-c"; pass that key, or --jwks / --issuer to choose by kid. If the text was edited or cut, get it again.',
    exit: 4,
  },
  {
    code: 'CS_SIGNATURE',
    about: 'the right kid',
    args: ['verify', token({}, {}, OLD_KEY), ...PUB],
    says: 'signature does not match: ES256 checked with kid "2026-a" from @pub.jwk.',
    fix: 'refuse the token; if the text was edited or cut, get it again. (RFC 7515 §5.2)',
    exit: 4,
  },
  {
    code: 'CS_SIGNATURE',
    about: 'a secret that is base64',
    text: 12,
    args: ['verify', shared(Buffer.from(SECRET, 'base64')), '--secret', 'env:SECRET'],
    says: 'signature does not match with the secret as text, but DOES match if it is base64-decoded.',
    fix: '--secret-encoding base64',
    exit: 4,
  },
  {
    code: 'CS_SIGNATURE',
    about: 'another secret',
    args: ['verify', shared('another secret that is long enough'), '--secret', 'env:SECRET'],
    says: 'signature does not match: HS256 checked with the secret from env:SECRET.',
    fix: 'refuse the token; if the text was edited or cut, get it again. (RFC 7515 §5.2)',
    exit: 4,
  },
  {
    code: 'CS_DECRYPTION',
    args: ['decrypt', CHANGED, '--key', '@enc.jwk'],
    says: 'the JWE cannot be decrypted.',
    fix: 'pass the key that it was encrypted to: compare its kid with `countersign decode`. Why it failed is not told, on purpose. (RFC 7516 §5.2)',
    exit: 4,
  },
  {
    code: 'CS_DECRYPTION',
    about: 'another key',
    args: ['decrypt', ENCRYPTED, '--key', '@rsa.jwk'],
    says: 'the JWE cannot be decrypted.',
    fix: 'pass the key that it was encrypted to: compare its kid with `countersign decode`. Why it failed is not told, on purpose. (RFC 7516 §5.2)',
    exit: 4,
  },
  {
    code: 'CS_ENCRYPTED',
    text: 10,
    args: ['verify', ENCRYPTED, ...PUB],
    says: 'this token is encrypted (JWE, RSA-OAEP-256 + A256GCM, kid "enc-1"); only its header can be read without the recipient\'s key.',
    fix: 'countersign decrypt --key @private.pem (RFC 7516 §3)',
    exit: 6,
  },
  {
    code: 'CS_NO_KEY',
    text: 8,
    args: [
      'verify',
      token({ iss: 'https://other.example.com' }, { kid: '2025-c' }, OLD_KEY),
      '--jwks',
      'https://id.example.com/jwks',
    ],
    says: 'no key with kid "2025-c" among 3 at https://id.example.com/jwks: 2026-a (ES256), 2026-b (ES256), enc-1 (use enc).',
    fix: 'the key may be rotated out, or the token is from elsewhere: its iss is "https://other.example.com".',
    exit: 6,
  },
  {
    code: 'CS_NO_KEY',
    about: 'a kid of a key for something else',
    args: ['verify', token({}, { kid: 'enc-1' }, OLD_KEY), '--jwks', '@jwks.json'],
    says: 'no key with kid "enc-1" that serves ES256 among 3 at @jwks.json: 2026-a (ES256), 2026-b (ES256), enc-1 (use enc).',
    fix: 'the key that it names serves something else; refuse the token, or see what is in the set: countersign jwks.',
    exit: 6,
  },
  {
    code: 'CS_NO_KEY',
    about: 'a kid that is asked for',
    args: ['verify', T, '--jwks', '@jwks.json', '--kid', '2024-x'],
    says: 'no key with kid "2024-x" among 3 at @jwks.json: 2026-a (ES256), 2026-b (ES256), enc-1 (use enc).',
    fix: '--kid is a name of one of these; without it the token says which.',
    exit: 6,
  },
  {
    code: 'CS_AMBIGUOUS_KEY',
    args: ['verify', token({}, { kid: undefined }), '--jwks', '@two.json'],
    says: 'the token has no kid, and 2 keys of the set serve ES256.',
    fix: 'the signature matches kid "f6kJPUblJZ7DPN7-Av2Zheh7AwhYMl0BBGnP_ZP-yso"; choose it: --kid f6kJPUblJZ7DPN7-Av2Zheh7AwhYMl0BBGnP_ZP-yso',
    exit: 6,
  },
  {
    code: 'CS_KEY_TYPE',
    text: 5,
    args: ['sign', '--key', '@key.pem'],
    says: 'cannot sign: @key.pem holds a public key (PUBLIC KEY, EC P-256).',
    fix: 'pass the private key, a file that starts -----BEGIN PRIVATE KEY----- or -----BEGIN EC PRIVATE KEY-----. See `countersign key inspect @key.pem`.',
    exit: 6,
  },
  {
    code: 'CS_KEY_TYPE',
    about: 'a key that decrypts',
    args: ['verify', T, '--key', '@x25519.jwk'],
    says: '@x25519.jwk verifies no signatures: it holds an X25519 public key for something else.',
    fix: 'pass the key that belongs to the algorithm; `countersign key inspect` says what a key is.',
    exit: 6,
  },
  {
    code: 'CS_KEY_TYPE',
    about: 'a key of a set that encrypts',
    args: ['verify', T, '--jwks', '@jwks.json', '--kid', 'enc-1'],
    says: 'kid "enc-1" from @jwks.json verifies no signatures: it is an RSA public key for something else.',
    fix: 'pass the key that belongs to the algorithm; `countersign key inspect` says what a key is.',
    exit: 6,
  },
  {
    code: 'CS_KEY_SIZE',
    args: ['verify', T, '--key', '@small.jwk'],
    says: 'cannot use @small.jwk: this RSA key has 1024 bits; 2048 to 8192 are allowed.',
    fix: 'make a new key: countersign key new RS256 --out key.jwk (RFC 7518 §3.3)',
    exit: 6,
  },
  {
    code: 'CS_KEY_INVALID',
    args: ['verify', T, '--key', '@notes.txt'],
    says: '@notes.txt holds no key: neither a JWK nor a PEM nor a DER.',
    fix: 'for a shared secret pass --secret; `countersign key new ES256 --out key.jwk` makes a key.',
    exit: 3,
  },
  {
    code: 'CS_KEY_INVALID',
    about: 'JSON that is none',
    args: ['verify', T, '--key', '@broken.jwk'],
    says: '@broken.jwk is not JSON: no name of a member in double quotes at character 12.',
    fix: 'export the key again from where it was made.',
    exit: 3,
  },
  {
    code: 'CS_WEAK_SECRET',
    text: 6,
    args: ['verify', shared('too short'), '--secret', '@secret.txt'],
    notes: ['note[CS_NOTE_SECRET]: removed one trailing newline from @secret.txt.'],
    says: 'HS256 needs a secret of 32 bytes or more; @secret.txt has 9 (one trailing newline removed).',
    fix: 'countersign key new HS256 --out secret.jwk. To check an old token all the same: verify --allow-weak-secret. (RFC 7518 §3.2)',
    exit: 6,
  },
  {
    code: 'CS_WEAK_SECRET',
    about: 'a public key',
    args: ['verify', shared(SECRET), '--secret', '@pub.pem'],
    notes: ['note[CS_NOTE_SECRET]: removed one trailing newline from @pub.pem.'],
    says: '@pub.pem holds a PEM, and that is not a secret.',
    fix: 'pass a key as --key; a secret is random bytes that nobody else knows.',
    exit: 6,
  },
  {
    code: 'CS_JWKS_FETCH',
    text: 7,
    args: ['verify', T, '--jwks', 'https://slow.example.com/jwks', '--timeout', '0.01s'],
    says: 'could not fetch https://slow.example.com/jwks: no answer in 0.01s. The token was NOT checked.',
    fix: 'check the address; behind a proxy set NODE_USE_ENV_PROXY=1; or save the set and pass --jwks @jwks.json.',
    exit: 7,
  },
  {
    code: 'CS_JWKS_FETCH',
    about: 'nobody there',
    args: ['verify', T, '--jwks', 'https://down.example.com/jwks'],
    says: 'could not fetch https://down.example.com/jwks: connect ECONNREFUSED. The token was NOT checked.',
    fix: 'check the address; behind a proxy set NODE_USE_ENV_PROXY=1; or save the set and pass --jwks @jwks.json.',
    exit: 7,
  },
  {
    code: 'CS_JWKS_FETCH',
    about: 'where no token is checked',
    args: ['jwks', 'https://down.example.com/jwks'],
    says: 'could not fetch https://down.example.com/jwks: connect ECONNREFUSED.',
    fix: 'check the address; behind a proxy set NODE_USE_ENV_PROXY=1.',
    exit: 7,
  },
  {
    code: 'CS_JWKS_INVALID',
    args: ['verify', T, '--jwks', '@no-set.json'],
    says: 'cannot use @no-set.json: keys of the JWK Set is a string and not an array.',
    fix: 'a JWK Set is {"keys": [ … ]}, with public keys alone where it is published.',
    exit: 3,
  },
  {
    code: 'CS_DISCOVERY',
    args: ['verify', T, '--issuer', 'https://wrong.example.com'],
    says: 'the metadata at https://wrong.example.com/.well-known/openid-configuration names the issuer "https://id.example.com" and not "https://wrong.example.com". The token was NOT checked.',
    fix: 'check the issuer, to its last character; or pass the address of its keys: --jwks URL. (OpenID Connect Discovery 1.0 §4)',
    exit: 7,
  },
  {
    code: 'CS_DISCOVERY',
    about: 'nobody there',
    args: ['verify', T, '--issuer', 'https://down.example.com'],
    says: 'could not fetch https://down.example.com/.well-known/openid-configuration: connect ECONNREFUSED. The token was NOT checked.',
    fix: 'check the issuer, to its last character; or pass the address of its keys: --jwks URL. (OpenID Connect Discovery 1.0 §4)',
    exit: 7,
  },
  {
    code: 'CS_EXPIRED',
    text: 1,
    args: ['verify', token({ exp: today('20:31:00') }), ...PUB],
    says: 'token expired 2h 04m ago: exp 2026-11-21T20:31:00Z, now 2026-11-21T22:35:00Z. The signature is valid.',
    fix: 'get a fresh token. For clock skew use --leeway 60s; to judge it as of a moment use --at 2026-11-21T20:30:00Z. (RFC 7519 §4.1.4)',
    exit: 5,
  },
  {
    code: 'CS_NOT_YET_VALID',
    args: ['verify', token({ nbf: today('22:50:00') }), ...PUB],
    says: 'token is not valid yet, for another 15m: nbf 2026-11-21T22:50:00Z, now 2026-11-21T22:35:00Z. The signature is valid.',
    fix: 'wait, or compare the clocks of the issuer and of this machine. For clock skew use --leeway 60s. (RFC 7519 §4.1.5)',
    exit: 5,
  },
  {
    code: 'CS_TOO_OLD',
    args: ['verify', token({ iat: today('20:00:00') }), ...PUB, '--max-age', '1h'],
    says: 'token was issued at 2026-11-21T20:00:00Z, and --max-age takes none from before 2026-11-21T21:35:00Z. The signature is valid.',
    fix: 'get a fresh token, or allow more: --max-age. (RFC 7519 §4.1.6)',
    exit: 5,
  },
  {
    code: 'CS_ISS',
    args: ['verify', T, ...PUB, '--iss', 'https://login.example.com'],
    says: 'iss is "https://id.example.com" but "https://login.example.com" is required.',
    fix: 'the token comes from someone else; refuse it, or correct --iss. (RFC 7519 §4.1.1)',
    exit: 5,
  },
  {
    code: 'CS_SUB',
    args: ['verify', token({ sub: 'ada' }), ...PUB, '--sub', 'bob'],
    says: 'sub is not the expected subject.',
    fix: 'the token is about someone else; refuse it, or correct --sub. (RFC 7519 §4.1.2)',
    exit: 5,
  },
  {
    code: 'CS_AUD',
    text: 9,
    args: ['verify', T, ...PUB, '--aud', 'https://api.example.com/'],
    says: 'aud is "https://api.example.com" but "https://api.example.com/" is required (they differ by a final "/").',
    fix: 'the token is meant for someone else; refuse it, or correct --aud. Several accepted values: repeat --aud. (RFC 7519 §4.1.3)',
    exit: 5,
  },
  {
    code: 'CS_TYP',
    args: ['verify', token({}, { typ: 'JWT' }), ...PUB, '--typ', 'at+jwt'],
    says: 'typ is "JWT" but "at+jwt" is required.',
    fix: 'the token was made for another purpose; refuse it, or correct --typ. (RFC 8725 §3.11)',
    exit: 5,
  },
  {
    code: 'CS_CLAIM_MISSING',
    args: ['verify', T, ...PUB, '--require', 'jti'],
    says: 'the claim "jti" is missing.',
    fix: 'have the issuer add the claim, or leave out the option that asks for it.',
    exit: 5,
  },
  {
    code: 'CS_CLAIM_MISSING',
    about: 'a path',
    args: ['decode', T, '--claim', 'realm_access.roles'],
    says: 'the token has no claim "realm_access.roles".',
    fix: 'it has iss, aud, exp.',
    exit: 3,
  },
  {
    code: 'CS_CLAIM_TYPE',
    args: ['verify', token({ jti: 7 }), ...PUB],
    says: 'jti is a number and not a string.',
    fix: 'have the issuer mend it: times are numbers of seconds; iss, sub and jti are strings; aud is a string or an array of strings. (RFC 7519 §4.1)',
    exit: 5,
  },
  {
    code: 'CS_CLAIM_VALUE',
    args: [
      'verify',
      token({ nonce: 'a', sub: 'ada', iat: today('22:00:00') }),
      ...PUB,
      '--profile',
      'oidc-id-token',
      '--nonce',
      'b',
      '--iss',
      'https://id.example.com',
      '--aud',
      'https://api.example.com',
    ],
    says: 'nonce is not that of this login.',
    fix: 'the token was made for another request, session or client; refuse it.',
    exit: 5,
  },
  {
    code: 'CS_USAGE',
    args: ['deocde', T],
    says: '"deocde" is no command, did you mean decode?',
    fix: '`countersign help` says what there is.',
    exit: 2,
  },
  {
    code: 'CS_USAGE',
    about: 'no key',
    args: ['verify', T],
    says: 'verify needs a source of keys: --key, --secret, --jwks or --issuer.',
    fix: 'without a key nothing can be verified; `countersign decode` shows a token and checks nothing.',
    exit: 2,
  },
  {
    code: 'CS_USAGE',
    about: 'a literal secret',
    args: ['verify', T, '--secret', 'hunter2'],
    says: '--secret takes a SOURCE, and not the thing itself: what stands on a command line is in the history and in the list of processes.',
    fix: 'put it into a file or a variable, and pass --secret @FILE or --secret env:NAME. A SOURCE is one of -, @FILE, env:NAME, fd:N, clip:, prompt:.',
    exit: 2,
  },
  {
    code: 'CS_USAGE',
    about: 'two readers of one input',
    args: ['verify', '-', '--key', '-'],
    world: { input: T },
    says: 'TOKEN and --key both read the standard input, which can be read once.',
    fix: 'read one of them from somewhere else: @FILE, env:NAME or clip:.',
    exit: 2,
  },
  {
    code: 'CS_USAGE',
    about: 'a time that is past',
    args: ['sign', '--key', '@key.jwk', '--exp', '-5m'],
    says: '--exp needs a value, and what follows begins with a dash.',
    fix: 'write such a value behind an equals sign: --exp=-5m',
    exit: 2,
  },
  {
    code: 'CS_INPUT',
    args: ['verify', T, '--key', '@none.jwk'],
    says: 'cannot read @none.jwk: there is no such file.',
    fix: 'check the name: @FILE reads a file, - the standard input, env:NAME the environment.',
    exit: 3,
  },
  {
    code: 'CS_INPUT',
    about: 'a variable',
    args: ['verify', T, '--secret', 'env:NONE'],
    says: 'cannot read --secret: no variable has that name.',
    fix: 'write the name of the variable, without a dollar sign; what is not exported is not there.',
    exit: 3,
  },
  {
    code: 'CS_OUTPUT',
    args: ['decode', T, '--out', 'key.jwk'],
    says: 'key.jwk is there already, and nothing was written.',
    fix: 'pass another name, or --force.',
    exit: 2,
  },
  {
    code: 'CS_BEARER',
    text: 11,
    args: ['decode', `Bearer ${T}`, '--strict'],
    says: 'input starts with "Bearer ", which belongs to the HTTP header, not to the token.',
    fix: 'pass only what follows it.',
    exit: 3,
  },
  {
    code: 'CS_OFFLINE',
    args: ['verify', T, '--jwks', 'https://id.example.com/jwks', '--offline'],
    says: '--offline forbids to fetch https://id.example.com/jwks.',
    fix: 'leave out --offline, or save the set and pass --jwks @jwks.json.',
    exit: 2,
  },
  {
    code: 'CS_CANCELLED',
    args: ['verify', T, '--secret', 'prompt:', '--color', 'never'],
    world: { terminal: true },
    says: 'there was no answer.',
    fix: 'nothing was changed.',
    exit: 130,
  },
  {
    code: 'CS_INTERNAL',
    args: ['decode', '@crash.txt'],
    world: { files: CRASHING },
    says: 'something went wrong inside: TypeError at cli/run/decode.ts:12.',
    fix: 'this is a fault of countersign: please report it with the command and this text.',
    exit: 1,
  },
]

/** What the command says beside its answer, to the letter. */
export interface GoldenNote {
  readonly code: NoteCode
  readonly about?: string
  readonly args: readonly string[]
  readonly world?: World
  /** Programs see for themselves. */
  readonly isForPeople?: true
  readonly says: string
  /** Which of the texts in the specification of the command it is. */
  readonly text?: number
}

const HEADER_ALONE = ['--part', 'header']

export const NOTES: readonly GoldenNote[] = [
  {
    code: 'CS_NOTE_BEARER',
    text: 11,
    args: ['decode', `Authorization: Bearer ${T}`, ...HEADER_ALONE],
    says: 'removed "Authorization: Bearer " before the token.',
  },
  {
    code: 'CS_NOTE_FOUND',
    args: ['decode', JSON.stringify({ access_token: T }), ...HEADER_ALONE],
    says: 'found the token in "access_token" of the JSON.',
  },
  {
    code: 'CS_NOTE_CUT',
    args: ['decode', CUT, ...HEADER_ALONE],
    says: 'the token is cut off: its signature is missing (2 parts in 214 characters).',
  },
  {
    code: 'CS_NOTE_JSON',
    args: ['decode', over(input({ alg: 'ES256' }, '{"sub":"a","sub":"b"}')), ...HEADER_ALONE],
    says: 'the name "sub" is there twice, and readers differ in which of them counts.',
  },
  {
    code: 'CS_NOTE_TIME',
    args: ['decode', token({ exp: today('20:31:00') * 1000 }), ...HEADER_ALONE],
    says: 'exp looks like milliseconds (2026-11-21T20:31:00Z); times are numbers of seconds. (RFC 7519 §2)',
  },
  {
    code: 'CS_NOTE_TIME',
    about: 'a token that never expires',
    args: ['sign', '--key', '@key.jwk'],
    says: 'the token never expires: it has no exp. Give it a life with --exp 15m, or say --exp never.',
  },
  {
    code: 'CS_NOTE_ACCEPTED',
    args: ['verify', token({ exp: today('22:34:50') }), ...PUB],
    says: 'token expired 10s ago; only the leeway of 30s lets it pass.',
  },
  {
    code: 'CS_NOTE_SECRET',
    args: ['verify', shared(SECRET), '--secret', '@newline.txt'],
    world: { files: { 'newline.txt': `${SECRET}\n` } },
    says: 'removed one trailing newline from @newline.txt.',
  },
  {
    code: 'CS_NOTE_KEY',
    args: ['verify', T, '--key', '@key.jwk'],
    says: '@key.jwk is a private key; its public half is what verifies.',
  },
  {
    code: 'CS_NOTE_NESTED',
    args: ['decrypt', NESTED, '--key', '@enc.jwk'],
    says: 'what was encrypted is a signed token, which is yet to be verified: pipe it to `countersign verify -`.',
  },
  {
    code: 'CS_NOTE_COUNT',
    args: ['verify', '-', '--lines', ...PUB],
    world: { input: `${T}\n${T}\n` },
    isForPeople: true,
    says: '2 accepted, 0 rejected.',
  },
  {
    code: 'CS_NOTE_UNCHECKED',
    args: ['decrypt', ENCRYPTED, '--key', '@enc.jwk'],
    says: 'the claims are not signed, and were not checked: whoever has the public key can write such a token.',
  },
]

/** The same where no command of today comes upon the code: what is said of the error that the library throws. */
export interface GoldenTold {
  readonly code: ErrorCode
  /** Why no command says it. */
  readonly why: string
  readonly message: string
  readonly says: string
  readonly fix: string
  readonly exit: number
}

export const TOLD: readonly GoldenTold[] = [
  {
    code: 'CS_NESTED',
    why: 'decrypt prints what is inside, whatever it is',
    message: 'the token holds a signed JWT (cty "JWT"), and bare claims are expected',
    says: 'the token holds a signed JWT (cty "JWT"), and bare claims are expected.',
    fix: 'open it first: countersign decrypt --key @private.pem (RFC 7519 §5.2)',
    exit: 4,
  },
  {
    code: 'CS_CLAIMS_SCHEMA',
    why: 'no option takes a schema',
    message: 'the claims do not fit the schema at "role"',
    says: 'the claims do not fit the schema at "role".',
    fix: 'compare the claims with the schema.',
    exit: 5,
  },
  {
    code: 'CS_REVOKED',
    why: 'no option takes a list of revoked tokens',
    message: 'the token has been revoked',
    says: 'the token has been revoked.',
    fix: 'get a fresh token.',
    exit: 5,
  },
  {
    code: 'CS_REPLAY',
    why: 'the command remembers no token',
    message: 'the token has been used before',
    says: 'the token has been used before.',
    fix: 'make a new token for each use.',
    exit: 5,
  },
  {
    code: 'CS_UNAVAILABLE',
    why: 'it takes a disk that fails while it is read',
    message: 'the payload could not be read to its end',
    says: 'the payload could not be read to its end.',
    fix: 'try again; nothing was judged.',
    exit: 7,
  },
]
