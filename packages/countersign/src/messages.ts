/**
 * A stable name of a failure, for programs: the `code` of a {@link JoseError}. The page docs/errors.md explains each.
 */
export type ErrorCode =
  | 'CS_MALFORMED'
  | 'CS_BASE64'
  | 'CS_TOO_LARGE'
  | 'CS_HEADER'
  | 'CS_CRIT'
  | 'CS_UNSIGNED'
  | 'CS_ALG'
  | 'CS_UNSUPPORTED'
  | 'CS_SIGNATURE'
  | 'CS_DECRYPTION'
  | 'CS_ENCRYPTED'
  | 'CS_NESTED'
  | 'CS_NO_KEY'
  | 'CS_AMBIGUOUS_KEY'
  | 'CS_KEY_TYPE'
  | 'CS_KEY_SIZE'
  | 'CS_KEY_INVALID'
  | 'CS_WEAK_SECRET'
  | 'CS_JWKS_FETCH'
  | 'CS_JWKS_INVALID'
  | 'CS_DISCOVERY'
  | 'CS_EXPIRED'
  | 'CS_NOT_YET_VALID'
  | 'CS_TOO_OLD'
  | 'CS_ISS'
  | 'CS_SUB'
  | 'CS_AUD'
  | 'CS_TYP'
  | 'CS_CLAIM_MISSING'
  | 'CS_CLAIM_TYPE'
  | 'CS_CLAIM_VALUE'
  | 'CS_CLAIMS_SCHEMA'
  | 'CS_REVOKED'
  | 'CS_REPLAY'
  | 'CS_UNAVAILABLE'

/** What to do next about each error, for the person who reads it; an error may have a hint of its own that fits better. */
export const HINTS: Readonly<Record<ErrorCode, string>> = {
  CS_MALFORMED:
    'Pass the whole token as it was issued: three parts joined by dots where it is signed and compact, five where it is encrypted, no quotes, no "Bearer " in front.',
  CS_BASE64: 'Pass the text as it was issued. Tokens are base64url without padding; white space and + / = never occur.',
  CS_TOO_LARGE: 'Put less into the token, or raise the named limit with the limits option if you trust who sends it.',
  CS_HEADER: 'Look at the header, which is JSON in base64url; whoever made the token has to mend it.',
  CS_CRIT:
    'A critical extension must be understood or the token refused (RFC 7515 §4.1.11). Ask the issuer to leave it out, or, if you act upon it, name it in the option crit of verifyJws or decryptJwe.',
  CS_UNSIGNED: 'Unsecured tokens are never accepted. Have the issuer sign it.',
  CS_ALG:
    'If you want tokens made with it, name it in the algorithms option, or an enc in encryptions, and give a key that serves it.',
  CS_UNSUPPORTED: 'capabilities() lists what this runtime can do.',
  CS_SIGNATURE:
    'What was signed was changed, or another key signed it: compare its kid with those of the keys you gave.',
  CS_DECRYPTION:
    'The token was changed, or encrypted to another key or with another password: compare its kid with those of the keys you gave.',
  CS_ENCRYPTED:
    'Open it with createDecrypter({ keys, then: verifier }), or with decryptJwe. A verifier never decides by looking at the token whether it is encrypted.',
  CS_NESTED:
    "Say what you expect when you make the decrypter: then: createVerifier(…) where the claims are signed inside, unsigned: 'accept' where anyone may have written them.",
  CS_NO_KEY: 'Check that the key set holds the kid of the token, and that the key may serve its algorithm.',
  CS_AMBIGUOUS_KEY:
    'Give every key its own kid and put it into the header; a key without kid is known by its thumbprint.',
  CS_KEY_TYPE:
    'Give the key that belongs to the algorithm: public keys verify and encrypt, private keys sign and decrypt, secrets do all of it.',
  CS_KEY_SIZE:
    'RSA keys take 2048 to 8192 bits; a secret to encrypt with has exactly the bits that its algorithm names. Make a new key with generateKey.',
  CS_KEY_INVALID: 'Export the key again from where it was made, or make a new one with generateKey.',
  CS_WEAK_SECRET:
    'Use random bytes, for an HMAC at least as many as the hash has: 32 for HS256, 48 for HS384, 64 for HS512; generateKey makes them.',
  CS_JWKS_FETCH: 'The keys are unavailable for now: answer 503, not 401, and look at the cause.',
  CS_JWKS_INVALID:
    'A JWK Set is {"keys": [ … ]}. One that is fetched holds public keys only; one that stays in the process may hold private keys too, or secrets and nothing else.',
  CS_DISCOVERY: 'Check the issuer URL; its metadata must name exactly the same issuer.',
  CS_EXPIRED: 'Get a new token. If it was just issued, compare the clocks of both machines.',
  CS_NOT_YET_VALID: 'Compare the clocks of the issuer and of this machine; clockTolerance covers small differences.',
  CS_TOO_OLD: 'Get a new token, or allow a longer maxAge.',
  CS_ISS: 'Compare iss with the issuer option character by character; a trailing slash counts.',
  CS_SUB: 'Compare sub with the subject option.',
  CS_AUD: 'Have the token issued for this service: its audience must be in aud, exactly.',
  CS_TYP:
    'Set the typ option to the type this service takes, such as "at+jwt"; a token made for another purpose must not pass.',
  CS_CLAIM_MISSING: 'Have the issuer add the claim, or stop requiring it.',
  CS_CLAIM_TYPE: 'Times are numbers of seconds; iss, sub and jti are strings; aud is a string or an array of strings.',
  CS_CLAIM_VALUE: 'The token was made for another request, session or client: compare what it was checked against.',
  CS_CLAIMS_SCHEMA:
    'Each issue names a claim that does not fit. Why is for the schema to say, whose words may hold values of claims: run it over the claims yourself to see.',
  CS_REVOKED: 'The user has to log in again.',
  CS_REPLAY: 'Make a new token for each use.',
  CS_UNAVAILABLE: 'Answer 503, not 401, and look at the cause.',
}

/**
 * What each code means, in general terms; an error's own message says it with its values. For the command, the debugger
 * page and `docs/errors.md`: a bundle of the library is without it.
 */
export const MEANINGS: Readonly<Record<ErrorCode, string>> = {
  CS_MALFORMED:
    'The input does not have the shape of a token, or a part of it does not have the length, or is not the JSON or UTF-8, that it has to be.',
  CS_BASE64:
    'A part is not canonical base64url: a character outside A-Z a-z 0-9 - _, padding, or unused bits that are not zero.',
  CS_TOO_LARGE: 'The input is larger, is nested deeper, or asks for more work than the limits allow.',
  CS_HEADER: 'The JOSE header has a member that is missing, of the wrong type, or not allowed here.',
  CS_CRIT: 'The header marks an extension as critical that is not understood here, or the crit member is malformed.',
  CS_UNSIGNED: 'The token says alg "none": nobody signed it.',
  CS_ALG: 'The algorithm is not known, or not one that is allowed here.',
  CS_UNSUPPORTED: 'The standard allows it, but countersign or this runtime does not support it.',
  CS_SIGNATURE: 'The signature does not verify with any key that may check it.',
  CS_DECRYPTION:
    'The token does not decrypt with any key that may open it. What exactly did not fit is not told, since that would help whoever tries tokens out.',
  CS_ENCRYPTED: 'The token is encrypted (a JWE), and a signed one (a JWS) is expected here.',
  CS_NESTED:
    'What is inside the encrypted token is not what is expected there: a signed token (a nested JWT), or claims that were encrypted alone. Where anyone can encrypt to the key, such claims have no author.',
  CS_NO_KEY: 'No key was found that fits the token, or that it could be made with.',
  CS_AMBIGUOUS_KEY: 'More than one key of the set fits the token, and nothing tells them apart.',
  CS_KEY_TYPE: 'The key is of a kind that may not do this: its type, curve, alg, use or key_ops forbid it.',
  CS_KEY_SIZE: 'The key has a size that is not allowed for the algorithm.',
  CS_KEY_INVALID: 'The key is malformed, contradicts itself, or is known to be weak.',
  CS_WEAK_SECRET: 'The secret is too short for an HMAC, or too predictable for anything.',
  CS_JWKS_FETCH: 'The JWK Set could not be fetched.',
  CS_JWKS_INVALID: 'The JWK Set is not one that can be used.',
  CS_DISCOVERY: 'The issuer metadata could not be used.',
  CS_EXPIRED: 'The token has expired: exp has passed.',
  CS_NOT_YET_VALID: 'The token is not valid yet: nbf, or iat where an age is demanded, lies in the future.',
  CS_TOO_OLD: 'The token was issued longer ago than maxAge allows.',
  CS_ISS: 'The token comes from another issuer than expected.',
  CS_SUB: 'The token is about another subject than expected.',
  CS_AUD: 'The token is meant for another audience.',
  CS_TYP: 'The token is of another type than expected.',
  CS_CLAIM_MISSING: 'A claim that is required is not in the token.',
  CS_CLAIM_TYPE: 'A claim has a value of the wrong type.',
  CS_CLAIM_VALUE: 'A claim has another value than is demanded.',
  CS_CLAIMS_SCHEMA: 'The claims do not fit the schema.',
  CS_REVOKED: 'The token has been revoked.',
  CS_REPLAY: 'The token may be used once, and has been used before.',
  CS_UNAVAILABLE: 'Something that is needed to decide cannot be reached, so the token is refused for now.',
}

/** What only the command and the page say: about what was written, and what came along with it. */
export type CommandCode =
  | 'CS_USAGE'
  | 'CS_INPUT'
  | 'CS_OUTPUT'
  | 'CS_BEARER'
  | 'CS_OFFLINE'
  | 'CS_CANCELLED'
  | 'CS_INTERNAL'

/** Something worth knowing that refuses nothing. */
export type NoteCode =
  | 'CS_NOTE_BEARER'
  | 'CS_NOTE_FOUND'
  | 'CS_NOTE_CUT'
  | 'CS_NOTE_JSON'
  | 'CS_NOTE_TIME'
  | 'CS_NOTE_ACCEPTED'
  | 'CS_NOTE_SECRET'
  | 'CS_NOTE_KEY'
  | 'CS_NOTE_NESTED'
  | 'CS_NOTE_UNCHECKED'
  | 'CS_NOTE_COUNT'

/** The exit codes of the command, by what they mean. */
export const EXIT = {
  done: 0,
  internal: 1,
  usage: 2,
  input: 3,
  signature: 4,
  claims: 5,
  key: 6,
  network: 7,
  findings: 8,
  unsupported: 9,
  interrupted: 130,
} as const

/** What the command and the page do about an error: how they end, and what they advise where nothing fits better. */
export interface Remedy {
  readonly exit: keyof typeof EXIT
  /** What to do, in the words of the command. */
  readonly fix: string
  /** The section to read. */
  readonly spec?: string
}

/** The remedy for each code. */
export const REMEDIES: Readonly<Record<ErrorCode | CommandCode, Remedy>> = {
  CS_MALFORMED: {
    exit: 'input',
    fix: 'pass the whole token as it was issued; `countersign decode` shows what can be read of it.',
    spec: 'RFC 7515 §7.1',
  },
  CS_BASE64: {
    exit: 'input',
    fix: 'get the token again from where it was issued; something on its way changed its letters.',
    spec: 'RFC 7515 §2',
  },
  CS_TOO_LARGE: { exit: 'input', fix: 'put less into it; nothing that is larger is read.' },
  CS_HEADER: { exit: 'input', fix: 'look at it with `countersign decode`; whoever made the token has to mend it.' },
  CS_CRIT: {
    exit: 'signature',
    fix: 'refuse the token, or, if you act upon the extension, name it: verify --crit NAMES.',
    spec: 'RFC 7515 §4.1.11',
  },
  CS_UNSIGNED: {
    exit: 'signature',
    fix: 'refuse it: anyone can write such a token. `countersign decode` shows what it says.',
    spec: 'RFC 8725 §3.2',
  },
  CS_ALG: { exit: 'key', fix: 'pass a key that serves the algorithm; `countersign algs` lists them all.' },
  CS_UNSUPPORTED: { exit: 'unsupported', fix: '`countersign algs` lists what this runtime can do.' },
  CS_SIGNATURE: {
    exit: 'signature',
    fix: 'refuse the token; if the text was edited or cut, get it again.',
    spec: 'RFC 7515 §5.2',
  },
  CS_DECRYPTION: {
    exit: 'signature',
    fix: 'pass the key that it was encrypted to: compare its kid with `countersign decode`. Why it failed is not told, on purpose.',
    spec: 'RFC 7516 §5.2',
  },
  CS_ENCRYPTED: { exit: 'key', fix: 'countersign decrypt --key @private.pem', spec: 'RFC 7516 §3' },
  CS_NESTED: { exit: 'signature', fix: 'open it first: countersign decrypt --key @private.pem', spec: 'RFC 7519 §5.2' },
  CS_NO_KEY: { exit: 'key', fix: 'pass the key that signed it; `countersign jwks` lists those of a set.' },
  CS_AMBIGUOUS_KEY: { exit: 'key', fix: 'choose one of them: --kid ID; `countersign jwks` lists those of a set.' },
  CS_KEY_TYPE: {
    exit: 'key',
    fix: 'pass the key that belongs to the algorithm; `countersign key inspect` says what a key is.',
  },
  CS_KEY_SIZE: { exit: 'key', fix: 'make a new key: countersign key new RS256 --out key.jwk', spec: 'RFC 7518 §3.3' },
  CS_KEY_INVALID: { exit: 'input', fix: 'export the key again from where it was made.' },
  CS_WEAK_SECRET: {
    exit: 'key',
    fix: 'countersign key new HS256 --out secret.jwk',
    spec: 'RFC 7518 §3.2',
  },
  CS_JWKS_FETCH: {
    exit: 'network',
    fix: 'check the address; behind a proxy set NODE_USE_ENV_PROXY=1; or save the set and pass --jwks @jwks.json.',
  },
  CS_JWKS_INVALID: {
    exit: 'input',
    fix: 'a JWK Set is {"keys": [ … ]}, with public keys alone where it is published.',
  },
  CS_DISCOVERY: {
    exit: 'network',
    fix: 'check the issuer, to its last character; or pass the address of its keys: --jwks URL.',
    spec: 'OpenID Connect Discovery 1.0 §4',
  },
  CS_EXPIRED: { exit: 'claims', fix: 'get a fresh token.', spec: 'RFC 7519 §4.1.4' },
  CS_NOT_YET_VALID: {
    exit: 'claims',
    fix: 'wait, or compare the clocks of the issuer and of this machine. For clock skew use --leeway 60s.',
    spec: 'RFC 7519 §4.1.5',
  },
  CS_TOO_OLD: { exit: 'claims', fix: 'get a fresh token, or allow more: --max-age.', spec: 'RFC 7519 §4.1.6' },
  CS_ISS: {
    exit: 'claims',
    fix: 'the token comes from someone else; refuse it, or correct --iss.',
    spec: 'RFC 7519 §4.1.1',
  },
  CS_SUB: {
    exit: 'claims',
    fix: 'the token is about someone else; refuse it, or correct --sub.',
    spec: 'RFC 7519 §4.1.2',
  },
  CS_AUD: {
    exit: 'claims',
    fix: 'the token is meant for someone else; refuse it, or correct --aud. Several accepted values: repeat --aud.',
    spec: 'RFC 7519 §4.1.3',
  },
  CS_TYP: {
    exit: 'claims',
    fix: 'the token was made for another purpose; refuse it, or correct --typ.',
    spec: 'RFC 8725 §3.11',
  },
  CS_CLAIM_MISSING: { exit: 'claims', fix: 'have the issuer add the claim, or leave out the option that asks for it.' },
  CS_CLAIM_TYPE: {
    exit: 'claims',
    fix: 'have the issuer mend it: times are numbers of seconds; iss, sub and jti are strings; aud is a string or an array of strings.',
    spec: 'RFC 7519 §4.1',
  },
  CS_CLAIM_VALUE: { exit: 'claims', fix: 'the token was made for another request, session or client; refuse it.' },
  CS_CLAIMS_SCHEMA: { exit: 'claims', fix: 'compare the claims with the schema.' },
  CS_REVOKED: { exit: 'claims', fix: 'get a fresh token.' },
  CS_REPLAY: { exit: 'claims', fix: 'make a new token for each use.' },
  CS_UNAVAILABLE: { exit: 'network', fix: 'try again; nothing was judged.' },
  CS_USAGE: { exit: 'usage', fix: '`countersign help` says what there is.' },
  CS_INPUT: {
    exit: 'input',
    fix: 'check the name: @FILE reads a file, - the standard input, env:NAME the environment.',
  },
  CS_OUTPUT: { exit: 'usage', fix: 'pass another name, or --force.' },
  CS_BEARER: { exit: 'input', fix: 'pass only what follows it.' },
  CS_OFFLINE: { exit: 'usage', fix: 'leave out --offline, or save the set and pass --jwks @jwks.json.' },
  CS_CANCELLED: { exit: 'interrupted', fix: 'nothing was changed.' },
  CS_INTERNAL: {
    exit: 'internal',
    fix: 'this is a fault of countersign: please report it with the command and this text.',
  },
}

/** What the codes of the command and the page mean, as {@link MEANINGS}. */
export const COMMAND_MEANINGS: Readonly<Record<CommandCode | NoteCode, string>> = {
  CS_USAGE:
    'The command line says nothing that can be done: an unknown flag, a secret in plain sight, two readers of one input.',
  CS_INPUT: 'A file, a variable or another source could not be read.',
  CS_OUTPUT: 'A file could not be written, or is there already.',
  CS_BEARER: 'With --strict: the input is more than a token, such as a whole HTTP header.',
  CS_OFFLINE: 'With --offline: what was asked for takes the network.',
  CS_CANCELLED: 'A question was left without an answer, or the command was interrupted.',
  CS_INTERNAL: 'Something went wrong that should not be able to.',
  CS_NOTE_BEARER: 'What stands before a token in an HTTP header was removed.',
  CS_NOTE_FOUND: 'The token was found inside other text: quotes, a command line, a JSON document.',
  CS_NOTE_CUT: 'The token is not whole; what can be read of it is shown.',
  CS_NOTE_JSON: 'The JSON says different things to different readers: a name twice, or what is no claims set.',
  CS_NOTE_TIME: 'A time is odd: in milliseconds, in the past, or not a number.',
  CS_NOTE_ACCEPTED: 'The token was accepted only because the command was told to be lenient.',
  CS_NOTE_SECRET: 'What was done to a secret before it was used.',
  CS_NOTE_KEY: 'Something about a key: a member left out, a private key where a public one would do.',
  CS_NOTE_NESTED: 'What is inside the token is a token itself, which is yet to be verified.',
  CS_NOTE_UNCHECKED: 'Something was shown, and not checked.',
  CS_NOTE_COUNT: 'How many tokens of several were accepted, and how many were not.',
}
