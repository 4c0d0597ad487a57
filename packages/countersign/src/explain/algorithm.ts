import { ADVICE, type Advice } from '../alg/advice.ts'
import { ALGORITHM } from '../alg/algorithm.ts'
import { CONTENT } from '../alg/content.ts'
import { MANAGEMENT, type ManagementAlg } from '../alg/management.ts'
import type { Needs } from '../alg/needs.ts'
import { SIGNATURE, type SignatureAlg } from '../alg/signature.ts'
import { type Explanation, listed, sentence } from './explanation.ts'

const BY_PAIR = 'the private key makes it, and whoever has the public key can check it'

/** What each family of signatures does. */
const SIGNS: Readonly<Record<SignatureAlg['family'], string>> = {
  hmac: 'a message authentication code (HMAC) with {hash}: one secret both makes it and checks it',
  rsa: `an RSA signature (PKCS#1 v1.5) with {hash}: ${BY_PAIR}`,
  pss: `an RSA signature (PSS) with {hash}: ${BY_PAIR}`,
  ecdsa: `an ECDSA signature with {hash}: ${BY_PAIR}`,
  eddsa: `an Edwards-curve signature (EdDSA): ${BY_PAIR}`,
  mldsa: `a signature on lattices (ML-DSA): ${BY_PAIR}`,
}

const MANAGES: Readonly<Record<ManagementAlg['family'], string>> = {
  direct: 'no key is sent along: the content is encrypted with the shared key itself',
  wrap: 'a new key for each token, wrapped with a shared one by AES Key Wrap',
  'gcm-wrap': 'a new key for each token, encrypted with a shared one by AES-GCM',
  oaep: 'a new key for each token, encrypted to a public RSA key (OAEP); the private key opens it',
  agreement: 'a key that a new pair of the sender and the public key of the recipient agree upon (ECDH)',
  password: 'a new key for each token, wrapped with one that is made of a password (PBKDF2)',
}

const ANYBODY = 'Anybody can encrypt to a public key: it does not say who wrote what is inside.'

/** What to know about a family before relying on it. */
const WATCH: Readonly<Record<string, string>> = {
  hmac: 'Whoever can check a token can also make one: it is for one party, or for two that trust each other.',
  ecdsa: 'Each signature takes a new random number; one that is used twice gives the private key away.',
  direct: 'The content stands under one key for as long as it is in use: change it often.',
  'gcm-wrap': 'The value in the header (iv) may never be used twice with one key.',
  password: 'A password can be guessed by whoever has a token; p2c is what makes that slow.',
  oaep: ANYBODY,
  agreement: ANYBODY,
}

const KINDS: Readonly<Record<Advice['kind'], string>> = {
  sig: 'an algorithm that signs (alg of a JWS)',
  key: 'an algorithm that manages keys (alg of a JWE)',
  enc: 'an algorithm that encrypts content (enc of a JWE)',
}

/** Every name of an algorithm, those that are left out on purpose among them. */
export const ALGORITHM_NAMES: readonly string[] = [...ADVICE.keys()]

/** What an algorithm is, by its name as it is written; nothing for other names. */
export function explainAlgorithm(name: string): Explanation | undefined {
  const advice = ADVICE.get(name)
  if (advice === undefined) return undefined
  const row = ALGORITHM.get(name)
  const { kind, standing, advice: told, spec } = advice
  const family = SIGNATURE.get(name)?.family ?? MANAGEMENT.get(name)?.family
  const watch = family === undefined ? undefined : WATCH[family]
  const judged = sentence(standing === 'left out' ? 'left out on purpose' : standing).slice(0, -1)
  return {
    kind: 'algorithm',
    name,
    title: `${name}, ${KINDS[kind]}`,
    text: [...(row === undefined ? [] : [sentence(doesOf(name)), keyOf(row)]), `${judged}: ${told}.`],
    watch: watch === undefined ? [] : [watch],
    spec: [spec],
  }
}

/** What an algorithm does, in a phrase. */
export function doesOf(name: string): string {
  const signature = SIGNATURE.get(name)
  if (signature) return SIGNS[signature.family].replace('{hash}', `SHA-${'hash' in signature ? signature.hash : ''}`)
  const management = MANAGEMENT.get(name)
  if (management?.family === 'agreement' && management.kekBits !== undefined)
    return `${MANAGES.agreement}; it wraps a new key for each token`
  if (management) return MANAGES[management.family]
  return CONTENT.get(name)?.family === 'gcm'
    ? 'AES-GCM, which encrypts and authenticates at once'
    : 'AES-CBC with an HMAC behind it'
}

/** The key that it takes, in a sentence. */
function keyOf(row: Needs): string {
  const { kty, crv, minBits, sizes, use } = row
  if (kty.includes('oct')) {
    if (MANAGEMENT.get(row.id)?.family === 'password') return 'It takes a password.'
    const size = sizes
      ? `${listed([...new Set(sizes)].map(bytesOf), 'or')} bytes`
      : `${bytesOf(minBits ?? 0)} bytes or more`
    return `It takes a ${use === 'sig' ? 'secret' : 'shared key'} (kty oct) of ${size}.`
  }
  if (crv) return `It takes a key on ${listed(crv, 'or')} (kty ${listed(kty, 'or')}).`
  if (minBits !== undefined) return `It takes an RSA key of ${minBits} bits or more.`
  return `It takes a key of kty ${listed(kty, 'or')} that names it as its alg.`
}

const bytesOf = (bits: number): string => String(bits / 8)
