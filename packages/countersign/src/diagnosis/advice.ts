/**
 * What the library advises a program to do, in the words of the command and the page: by how its hint begins. Other
 * hints stand for people as they are, unless they speak of what a program writes ({@link FOR_PROGRAMS}).
 */
export const ADVICE: readonly (readonly [hint: string, fix: string])[] = [
  // Keys
  ['Of key objects,', 'a JWK says in kty what it is, and this one says nothing.'],
  ['Give JSON.parse(text) for a JWK', 'pass the JWK by itself, with no text around it.'],
  ['Give it: importKey(input, { passphrase })', 'pass what it is encrypted with: --passphrase @FILE.'],
  ['Give it as a string', 'save the PEM as plain text, with nothing else in the file.'],
  ['For a secret use secretKey', 'a key is a JWK, a PEM, a DER or a certificate; for a shared secret pass --secret.'],
  [
    'A string is a PEM, never a secret',
    'a key is a JWK, a PEM, a DER or a certificate; for a shared secret pass --secret.',
  ],
  ["Give the octets: importKey(Buffer.from(text, 'base64'))", 'decode it first: base64 -d FILE > key.der'],
  ['Use importKey for a PEM', 'pass a key as --key; a secret is random bytes that nobody else knows.'],
  ['Make a new key with generateKey', 'make a new key: countersign key new RS256 --out key.jwk'],
  ['Export it as a plain RSA key', 'export it as a plain RSA key, and say with --alg what it is for.'],
  ['Its public half is await publicKey', 'pass its public half; `countersign key public` prints it.'],
  // What a runtime lacks
  ['capabilities() lists what it has. ML-DSA takes', '`countersign algs` lists what it has. ML-DSA takes Node 24.6.'],
  ['capabilities() lists what it has. Node has', '`countersign algs` lists what it has. Node.js has more.'],
  ['Give the payload as octets, or run this on Node', 'run it on Node.js, which takes files of any size.'],
  ['Give the payload as octets, or use', 'use an RSA, ECDSA or HMAC key for what is so large.'],
  // Tokens
  ['If it was signed detached, give the payload', 'pass what was signed: verify --payload @FILE.'],
  ['Name the key of each', 'pass the keys as a set, in which the kid of the token chooses: --jwks @jwks.json.'],
  ['If you mean to accept that', 'refuse it; whoever made the token has to put it into the protected header.'],
  ['Verify it: it is signed and not encrypted', 'countersign verify, or countersign decode to look at it.'],
  ['Only printable ASCII without a dot can', 'leave it out of the token: countersign sign --detached @FILE.'],
  ['Say detached: true', 'leave it out of the token: countersign sign --detached @FILE.'],
  ['Give it in pieces', 'leave it out of the token: countersign sign --detached @FILE.'],
  ['Raise limits.tokenBytes', 'put less into it; nothing that is larger would be read.'],
  [
    'Decrypting with a password is slow',
    'pass the password as such: --password prompt:, or --password @FILE for one in a file.',
  ],
  [
    'If you want tokens made with it, name it in the algorithms option and give a key',
    'allow it with --alg, and pass a key that serves it.',
  ],
  ['DEF is what there is', 'have it made without zip, or with DEF.'],
  // Where keys are fetched, and kinds of tokens
  ['Plain http is for loopback hosts', 'use its https address; plain http is for this machine alone.'],
  [
    'If you trust it with what your tokens say',
    'refuse the token, which is meant for others as well; if you trust them with what it says, name them behind the client: --aud CLIENT --aud OTHER.',
  ],
  ['Keep the nonce of each login', 'pass the nonce that was sent when the token was asked for: --nonce.'],
]

/** What only who writes a program can follow: names as programs have them, and objects. */
export const FOR_PROGRAMS: RegExp =
  /\b(?:[a-z]+[A-Z]\w*|capabilities|await|options?|algorithms|encryptions|limits|octets|Uint8Array|KeyObject|CryptoKey|JSON\.parse)\b|\{ /

/** What the library states in the terms of its options and names, and what stands in its place. */
export const PLAINLY: readonly (readonly [text: RegExp, plain: string])[] = [
  [/ \(limit \w+\)$/, ''],
  [/ and not one key: use keySet$/, ' and not one key'],
  [/ has no PEM form: use exportJwk$/, ' has no PEM form'],
  [/: give await publicKey\(key\)$/, ''],
  [/: give the private one$/, ''],
  [/, the options say (.+)$/, ', and $1 was asked for'],
]
