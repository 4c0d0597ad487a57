/** One way in which token software has failed, and what is done about it here. */
export interface Attack {
  readonly number: number
  readonly name: string
  /** Public identifiers of advisories, and where else it is written down. */
  readonly known: string
  /** What countersign does. */
  readonly defence: string
}

/** Who has to hold against an attack, and so whose tests bear its number. */
export interface Layer {
  readonly title: string
  readonly package: 'countersign' | 'authority'
  readonly attacks: readonly Attack[]
}

type Row = readonly [number: number, name: string, known: string, defence: string]
const rows = (...list: readonly Row[]): readonly Attack[] =>
  list.map(([number, name, known, defence]) => ({ number, name, known, defence }))

const TOKENS = rows(
  [
    1,
    'alg none in any spelling, broken values of alg',
    'CVE-2015-2951, CVE-2022-23540, CVE-2026-28802, CVE-2026-23993, GHSA-88q6-jcjg-hvmw',
    'alg is looked up in a Map, as it is spelt; none is in no table, and no option brings it in.',
  ],
  [
    2,
    'A public key as the secret of an HMAC',
    'CVE-2015-9235, CVE-2016-10555, CVE-2022-29217, CVE-2022-23541, CVE-2023-48223, CVE-2024-33663, CVE-2026-34950, CVE-2026-48526, GHSA-ww5h-9m49-7xx4, GHSA-g3jj-5cmm-3hxx',
    'A key has a type. A string is PEM or an error and never a secret; bytes that are a PEM, a DER or a JWK of a public or private key are refused as a secret.',
  ],
  [
    3,
    'The algorithm taken from the header, since the JWK has none',
    'CVE-2026-22817, CVE-2026-22818, CVE-2026-44699, GHSA-jc38-x7x8-2xc8',
    'What counts is the list of the caller, cut down to what type, curve, size and alg of the key permit; the header only chooses among that.',
  ],
  [
    4,
    'A key that does not fit the algorithm',
    'CVE-2022-23539, CVE-2026-48523, CVE-2024-54150°, CVE-2020-15084°',
    'One gate lies between keys and algorithms, and the row that it lets through is the one that verifies. An empty list of algorithms, or a text in its place, is a TypeError.',
  ],
  [
    5,
    'A signature that is missing, empty or cut off',
    'CVE-2020-28042, Wycheproof',
    'A signature has the length that algorithm and key give it; all of it is compared.',
  ],
  [
    6,
    'r and s of an ECDSA signature out of range',
    'CVE-2022-21449',
    'r and s lie between 1 and n - 1, or nothing verifies.',
  ],
  [
    7,
    'ECDSA signatures in another encoding',
    'jwx 2.0.x, HAProxy, jsonwebtoken 9',
    'r and s at their full length, 64, 96 or 132 octets: neither DER nor more nor fewer octets.',
  ],
  [
    8,
    'Other signatures for the same token',
    'CVE-2026-33895, CVE-2026-25793, CVE-2022-35961',
    'Ed25519 with S beyond the order, and public keys of small order, are refused. ECDSA has two signatures for each token: so what takes tokens back or counts them goes by jti.',
  ],
  [
    9,
    'Lax verification of RSA',
    "Bleichenbacher's forgery of 2006, Wycheproof",
    'The platform verifies, on signatures as long as the modulus; PSS takes a salt as long as the hash.',
  ],
  [
    10,
    'The key inside the token is trusted',
    'CVE-2018-0114, CVE-2026-27962',
    'No source of keys reads jwk of a header. Only the proof of DPoP brings a key, which counts for nothing until it is the one that the access token is bound to.',
  ],
  [
    11,
    'Addresses inside the token are fetched',
    'jwt_tool',
    'jku, x5u and x5c are read by nothing; verifying asks no address but those that the caller named.',
  ],
  [
    12,
    'Games with kid',
    'CVE-2026-44351, jwt_tool',
    'kid is a string. In a set it is looked up in a Map by its exact text; one that no key has is CS_NO_KEY, and no other key stands in for it. A key that is given by itself counts whatever the kid is.',
  ],
  [
    13,
    'crit ignored or malformed',
    'CVE-2025-59420, CVE-2026-32597, CVE-2026-35042, python-jose #413',
    'Where crit is, even as null, it is a list of names, each once, each a protected member that is there and understood.',
  ],
  [
    14,
    'Payloads that are not encoded (b64)',
    'RFC 7797 §6 and §7, CVE-2026-48525',
    'b64 is a boolean, counts with crit alone, is the same for all signatures, and never in a JWT.',
  ],
  [
    15,
    'A member twice, and texts that parsers differ on',
    'RFC 7515 §4, RFC 7519 §4',
    'Headers and claims have each name once, after escapes are resolved, and nothing but white space before or behind the JSON.',
  ],
  [
    16,
    'Many texts for the same octets',
    'CVE-2022-25898°, Wycheproof',
    'base64url has one text for its octets: no padding, no white space, no other alphabet, no bits left over.',
  ],
  [
    17,
    'Malformed structure',
    'CVE-2025-30204, CVE-2025-27144, GHSA-xmf8-cvqr-rfgj',
    'Type and length first, then three or five parts and no more, found without splitting; UTF-8 without errors, a JSON object.',
  ],
  [
    18,
    'Tricks with the JSON serializations',
    'CVE-2022-39227, CVE-2024-21664°, CVE-2016-9122°, GHSA-jc38-x7x8-2xc8',
    'JWT doors take the compact form alone. A name stands in one header; alg is protected; what comes back is the header of the signature that verified.',
  ],
  [
    19,
    'Bad RSA keys',
    'CVE-2022-23539, CVE-2017-15361° (ROCA), Wycheproof',
    'Moduli of 2048 to 8192 bits, odd, without the fingerprint of ROCA; an odd exponent from 65537 up to 2³².',
  ],
  [
    20,
    'Weak, short or empty secrets',
    'CVE-2026-44351, CVE-2026-45363, CVE-2019-20933, CVE-2020-28637, GHSA-8wpc-h4q6-8fxv, GHSA-gg9x-qcx2-xmrh',
    'A secret of an HMAC has at least as many octets as the hash, to sign and to verify, unless allowWeak lifts that one rule; zeros, blanks and nothing at all are no secret. A key function that finds no key refuses the token.',
  ],
  [
    21,
    'Points and keys that are none',
    'RFC 7518 §6.2.1',
    'Coordinates have their exact length and lie on the curve; a private key belongs to its public half.',
  ],
  [
    22,
    'Pollution of prototypes',
    'CVE-2024-34273°',
    'Parsed objects are merged into nothing, and own members alone are read.',
  ],
  [
    23,
    'Input that is huge or deep',
    'CVE-2025-53864, CVE-2025-61920, CVE-2026-48525',
    'Tokens, headers, the number of parts and the depth of JSON have limits: lengths are checked before anything is decoded, the depth before any member is read.',
  ],
  [
    24,
    'A comparison that tells by its time',
    'CVE-2016-7037°',
    'MACs are compared in constant time, and each failure of a signature is the same error.',
  ],
  [
    25,
    'Results of another token out of a cache',
    'CVE-2026-35039, GHSA-rp9m-7r4c-75qg',
    'The cache goes by the hash of the whole token; times, keys and revocation are looked at on each hit.',
  ],
)

const CLAIMS = rows(
  [
    26,
    'Times that are none',
    'fast-jwt with nbf 1e300',
    'exp, nbf and iat are finite numbers, or the token is refused. No message of an error turns them into a Date, which throws for the large ones.',
  ],
  [
    27,
    'The audience',
    'CVE-2020-26160, CVE-2025-62610°',
    'aud is a string or a list of strings, one of which is exactly the one that is expected; a verifier cannot leave it out by accident.',
  ],
  [28, 'The issuer', 'CVE-2025-30144, CVE-2024-53861°', 'iss is a string, and exactly one of those that are expected.'],
  [
    29,
    'sub, jti and claims that are demanded',
    'RFC 7519 §4.1',
    'Strings where they are strings; a claim that is demanded is an own member.',
  ],
  [
    30,
    'Options that switch checks off',
    'misuse',
    'Each option is checked once, when a verifier is made: an unknown name, an empty value, undefined where it would demand less, and what is no span of time are a TypeError.',
  ],
  [
    31,
    'Regular expressions as expectations',
    'CVE-2026-35041, CVE-2026-35040, GHSA-3j8v-cgw4-2g6q',
    'There are none: texts match exactly. A RegExp is a TypeError.',
  ],
  [
    32,
    'One kind of token in place of another',
    'RFC 8725 §2.8, RFC 9068',
    'typ is JWT or absent unless the verifier names another; profiles demand type, issuer, audience and claims together.',
  ],
  [33, 'A payload that is no object', 'fast-jwt, jsonwebtoken', 'The claims set is a JSON object in proper UTF-8.'],
  [
    34,
    'A one-time token twice',
    'CVE-2020-15222°',
    'iss and jti are put into a store in one step until exp; where the store fails, the token is refused.',
  ],
  [
    35,
    'Mistakes in signing',
    'CVE-2024-33663',
    'Public keys, short secrets, claims of a wrong type and headers that override alg are refused; the object of the caller stays as it is.',
  ],
)

const ENCRYPTION = rows(
  [
    36,
    'Encryption taken for authentication',
    'CVE-2026-29000, CVE-2023-51774, CVE-2022-3102°',
    'Anyone can encrypt to a public key. So a private key opens tokens that are signed inside, and others only where the caller says that anyone may have written them.',
  ],
  [
    37,
    'Compression bombs',
    'CVE-2024-28176, CVE-2024-28180, CVE-2024-28122°, CVE-2024-28102, CVE-2026-39373, CVE-2024-33664, CVE-2025-62706, CVE-2024-29371°',
    'A plaintext grows to 256 KiB at most, unless limits say otherwise, and inflating stops there; zip is protected, and what is compressed is one stream to its last octet.',
  ],
  [
    38,
    'Iterations of PBES2',
    'CVE-2022-36083, CVE-2023-52428, CVE-2023-51775°, CVE-2023-6681°, CVE-2023-50966°, CVE-2026-27932, GHSA-7f9x-gw85-8grf, GHSA-2c7c-3mj9-8fqh',
    'Passwords only where algorithms names them; p2c and p2s have bounds, which are checked before any work.',
  ],
  [
    39,
    'Points off the curve, of low order',
    'CVE-2017-16007, CVE-2016-9121, CVE-2017-12974°',
    'epk is a public key on the curve of the key, and a secret of zeros is refused.',
  ],
  [
    40,
    "Bleichenbacher's oracle",
    'CVE-2026-28490, CVE-2023-46809°, GHSA-7432-952r-cw78',
    'RSA1_5 is left out. A CEK that does not come out right is replaced by a random one, so that each failure is that of the tag.',
  ],
  [
    41,
    'Oracles of CBC padding, short tags',
    'CVE-2021-29443, CVE-2016-9123, GHSA-58f5-hfqc-jgch',
    'The MAC over everything decides before anything is decrypted; a tag is exactly half of its hash.',
  ],
  [
    42,
    'Lengths of tags and vectors of GCM',
    'CVE-2018-1000539, CVE-2019-18848°',
    'A tag has 16 octets and a vector 12, those of AxxxGCMKW too.',
  ],
  [43, 'A CEK of another length', 'RFC 7518 §4', 'A CEK has the size that enc takes, a direct key too.'],
  [
    44,
    'An encrypted key where there is none, or too short a one',
    'CVE-2026-34986, GHSA-78h2-9frx-2jm8',
    'An encrypted key is empty where the key is direct or agreed upon, and elsewhere has the length that its algorithm gives it.',
  ],
  [
    45,
    'Members in the wrong header',
    'RFC 7516 §7.2.1',
    'A name stands in one header; zip and crit are protected; the AAD is under the tag.',
  ],
  [
    46,
    'The cost of many recipients',
    'RFC 7516 §7.2',
    'At most 16 recipients or signatures; the keys are chosen before any work, and the passwords of a token share one total.',
  ],
  [
    47,
    'Algorithms of encryption mixed up',
    'Wycheproof',
    'The gate of 3 and 4 holds for alg and enc, with alg, use and key_ops of the key.',
  ],
  [48, 'crit in a JWE', 'as 13', 'As in 13; b64 means nothing in a JWE, and so refuses.'],
)

const SETS = rows(
  [
    49,
    'Requests to places that nobody meant',
    'GHSA-5rr4-8452-hf4v',
    'https alone, http where the host is loopback or it was allowed; no redirects, no credentials in the address.',
  ],
  [
    50,
    'Requests multiplied by random kids',
    'CVE-2026-48524, GHSA-fhv5-28vv-h8m8',
    'One request in flight, five seconds between two after success, and more after each failure.',
  ],
  [
    51,
    'Answers without end',
    'as 23',
    '512 KiB once decoded, 100 keys, and five seconds for all of it, the body included.',
  ],
  [
    52,
    'A key of one issuer for another',
    'CVE-2025-59936',
    'A set belongs to its address, and an issuer has its own; nothing is kept by names joined together.',
  ],
  [
    53,
    'Several keys under one kid',
    'Wycheproof',
    'A kid has one key that fits, or it is CS_AMBIGUOUS_KEY; secrets and public keys do not stand in one set.',
  ],
  [
    54,
    'use, key_ops and alg of a key ignored',
    'Wycheproof',
    'All three are honoured, and refused where they are malformed.',
  ],
  [
    55,
    'A private key is published',
    'RFC 7517 §9.2',
    'publicJwks copies the public members of each type and no others; a fetched set with private members is refused.',
  ],
  [56, 'Secrets in a published set', 'RFC 7517 §9.2', 'Never published, and a fetched set that has one is refused.'],
  [
    57,
    'Weak keys inside a set',
    'as 19 to 21',
    'The rules for keys hold for each member; one that breaks them is left out, told, and of no use.',
  ],
  [
    58,
    'A failed refresh drives good keys out',
    'CVE-2026-48524',
    'Keys serve until a good answer replaces them, for an hour after they have aged (maxStale); then it is 503 and not 401.',
  ],
  [
    59,
    'Malformed sets and answers',
    'undici, DOMException',
    'Whatever comes back, or does not, is a JoseError with its cause. Keys of an unknown type are left out.',
  ],
)

const AUTHORITY = rows(
  [
    60,
    'Comparisons of secrets that tell by their time',
    'CWE-208',
    'Secrets and codes are kept as hashes, and compared as digests in constant time, whatever their lengths are.',
  ],
  [
    61,
    'Refresh tokens used again, or raced',
    'GHSA-392p-2q2v-4372, GHSA-pw9m-5jxm-xr6h',
    'A refresh token is used up in one step of the database. A second use is refused, and ends the whole family unless it comes within 10 s, as from two tabs. It is bound to its client and scope.',
  ],
  [
    62,
    'Open redirects',
    'GHSA-86j7-9j95-vpqj',
    'A redirect URI is exactly one that is registered, but for the port of loopback; after login it goes to a path of our own.',
  ],
  [
    63,
    'Forged requests, state, PKCE',
    'GHSA-x445-f3h2-j279',
    'S256 for everybody; cookies are SameSite and bound to their login; our own forms and the administration look at Origin.',
  ],
  [
    64,
    'Who has an account',
    'CWE-204',
    'Known and unknown addresses get the same answer after the same work: a password is hashed for nobody, too.',
  ],
  [
    65,
    'One-time codes twice',
    'GHSA-7w99-5wm4-3g79, GHSA-hc7v-rggr-4hvx',
    'A code is used up in one step of the database; a second use ends what the first one got.',
  ],
  [
    66,
    'Tokens in addresses, logs and errors',
    'CWE-532',
    'No access token is taken out of a URL or put into one. Errors and logs hold no token, no key and no secret; of the claims of a token errors tell iss, aud and the times alone.',
  ],
  [
    67,
    'The device code of somebody else',
    'CVE-2026-45337, GHSA-cq3f-vc6p-68fh',
    'Approval belongs to the session that typed the code, and guesses are limited.',
  ],
  [
    68,
    'Errors of configuration that let in',
    'GHSA-8fpg-xm3f-6cx3, GHSA-9h47-pqcx-hjr4',
    'A setting that is wrong or empty, and an option that got lost (undefined), is an error at the start; where anything throws, a guard lets nobody in.',
  ],
  [
    69,
    'A token for another resource',
    'GHSA-p2fr-6hmx-4528',
    'A token is for one resource, which its client is registered for and the login asked for; each refresh looks at both again.',
  ],
  [
    70,
    'Clients changed by anyone',
    'CVE-2026-41427, GHSA-xr8f-h2gw-9xh6',
    'Only administrators read and write clients, which each request has to prove; there is no registration by the protocol.',
  ],
)

/** The catalogue of attacks by the layer that holds against them. Tests are named by its numbers. */
export const LAYERS: readonly Layer[] = [
  { title: 'Signatures and tokens', package: 'countersign', attacks: TOKENS },
  { title: 'Claims', package: 'countersign', attacks: CLAIMS },
  { title: 'Encryption', package: 'countersign', attacks: ENCRYPTION },
  { title: 'Key sets', package: 'countersign', attacks: SETS },
  { title: 'The server around the tokens', package: 'authority', attacks: AUTHORITY },
]
