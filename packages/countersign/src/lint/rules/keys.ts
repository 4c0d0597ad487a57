import { LEFT_OUT, MANAGEMENT } from '../../alg/management.ts'
import { SIGNATURE, type SignatureAlg } from '../../alg/signature.ts'
import { type Bytes, fromBase64url, octetsIn } from '../../bytes.ts'
import { member, textOf } from '../../diagnosis/exact-json.ts'
import { derPair } from '../../diagnosis/near-misses.ts'
import type { JoseError } from '../../errors.ts'
import { type JsonObject, own } from '../../json.ts'
import { Key } from '../../key/key.ts'
import { HINTS } from '../../messages.ts'
import { memberAt, type Rule } from '../rule.ts'
import type { KeySubject, TokenSubject } from '../subject.ts'
import { clashOf, unsoundSet } from './sets.ts'
import { weaknessOf } from './weakness.ts'

/** The least of a modulus, in bits (RFC 7518 §3.3). */
const LEAST_RSA = 2048
/** The keys of AES that are shorter than that of any HMAC. */
const AES_OCTETS = [16, 24]

/** What keys, secrets and signatures are worth. */
export const KEY_RULES: readonly Rule[] = [
  {
    id: 'CSL002',
    name: 'shared-secret-beside-keys',
    severity: 'error',
    title: 'the token is signed with a shared secret (HS…), though its issuer publishes keys',
    text: 'Either its issuer has a second, secret way to sign, which everybody who verifies could use as well; or somebody took a published key for the secret, which is algorithm confusion.',
    fix: 'refuse it; take the algorithms of the published keys and no other.',
    spec: 'RFC 8725 §2.1',
    *token(subject, { published }) {
      const open = published?.keys.filter(
        ({ jwk = {} }) => typeof own(jwk, 'kty') === 'string' && own(jwk, 'kty') !== 'oct',
      )
      const count = open?.length ?? 0
      if (count === 0) return
      const none = count === 1 ? 'the key that is published cannot' : `none of the ${count} keys that are published can`
      for (const { alg, path } of signaturesOf(subject))
        if (alg.family === 'hmac') yield { path, message: `alg is ${alg.id}, and ${none} check it.` }
    },
  },
  {
    id: 'CSL007',
    name: 'weak-secret',
    severity: 'error',
    title: 'the secret is too short, or everybody knows it',
    text: 'One token is enough to try secrets out, without asking anybody, by the hundreds of millions in a second. Whoever has it makes tokens for everybody.',
    fix: 'make a random one: countersign key new HS256 --out secret.jwk. Then replace it wherever it is.',
    spec: 'RFC 7518 §3.2',
    *token(subject, { secret }) {
      for (const { alg, path, at } of signaturesOf(subject)) {
        if (secret === undefined || alg.family !== 'hmac') continue
        const why = weaknessOf(secret.bytes, alg)
        if (secret.from === 'given' && why !== undefined) yield { path, message: why }
        if (secret.from === 'given') continue
        yield {
          path: at,
          message: 'the token is signed with a secret that everybody knows: it is on the list of common ones.',
        }
        return
      }
    },
    *secret(bytes) {
      const message = weaknessOf(bytes)
      if (message !== undefined) yield { path: '', message }
    },
    *key(subject) {
      const secret = secretOf(subject)
      if (secret === undefined) return
      const { path, jwk = {} } = subject
      const message = weaknessOf(secret, SIGNATURE.get(String(own(jwk, 'alg'))), mayMac(jwk))
      if (message === undefined) return
      // Without a word about what it is for, it may be meant for AES.
      const isBare = ['alg', 'use', 'key_ops'].every((name) => own(jwk, name) === undefined)
      const mayBeAes =
        isBare && AES_OCTETS.includes(secret.length) && weaknessOf(secret, undefined, false) === undefined
      yield { path: memberAt(path, 'k'), message, ...(mayBeAes && { severity: 'info' }) }
    },
  },
  {
    id: 'CSL008',
    name: 'short-rsa',
    severity: 'error',
    title: 'the RSA key has fewer than 2048 bits',
    text: 'Keys of 829 bits have been factored, and one of 1024 is within reach of those who can pay for it.',
    fix: 'make a key of 2048 bits or more, or one on P-256, and let the old one run out.',
    spec: 'RFC 7518 §3.3',
    *token(subject) {
      for (const { alg, at, text } of signaturesOf(subject))
        if (alg.kty.includes('RSA') && isShort(octetsIn(text) * 8))
          yield {
            path: at,
            message: `the signature has ${octetsIn(text) * 8} bits, as many as the key that made it; ${alg.id} takes ${LEAST_RSA} or more.`,
          }
      const { header, encrypted } = subject.token
      const alg = textOf(member(header, 'alg')) ?? ''
      const bits = (encrypted?.key ?? 0) * 8
      if ((MANAGEMENT.get(alg)?.family === 'oaep' || LEFT_OUT.has(alg)) && isShort(bits))
        yield {
          path: '',
          message: `the encrypted key has ${bits} bits, as many as the key that it is for; ${alg} takes ${LEAST_RSA} or more.`,
        }
    },
    *key(subject) {
      const bits = shortBits(subject)
      if (bits === undefined) return
      const { path, jwk } = subject
      yield { path: jwk === undefined ? path : memberAt(path, 'n'), message: `the RSA key has ${bits} bits.` }
    },
  },
  {
    id: 'CSL024',
    name: 'der-signature',
    severity: 'error',
    title: 'the ECDSA signature is written as DER',
    text: 'JOSE takes r and s side by side, each of the length of its curve. What OpenSSL wrote, or Node.js without dsaEncoding, is refused by every reader that goes by this.',
    fix: 'sign with a library for JOSE; or write r || s, in Node.js by dsaEncoding: "ieee-p1363".',
    spec: 'RFC 7518 §3.4',
    *token(subject) {
      for (const { alg, at, text } of signaturesOf(subject)) {
        const octets = alg.family === 'ecdsa' ? octetsOf(text) : undefined
        if (octets !== undefined && derPair(octets) !== undefined)
          yield {
            path: at,
            message: `the signature is DER of ${octets.length} bytes, and ${alg.id} takes r and s side by side.`,
          }
      }
    },
  },
  {
    id: 'CSL025',
    name: 'unsound-set',
    severity: 'error',
    title: 'a set holds private parts or one name twice, or use and key_ops of a key contradict each other',
    text: "A published private key is everybody's. Of two keys with one kid a verifier takes either, or none. What a key is for is to be said once.",
    fix: 'publish public halves alone (countersign key set FILE add), each with a kid of its own.',
    spec: 'RFC 7517 §4',
    *set(set) {
      yield* unsoundSet(set)
    },
    *key({ path, jwk }) {
      const clash = jwk === undefined ? undefined : clashOf(jwk)
      if (clash !== undefined) yield { path: memberAt(path, 'key_ops'), ...clash }
    },
  },
  {
    id: 'CSL028',
    name: 'refused-key',
    severity: 'error',
    title: 'the key cannot be used',
    text: 'It is malformed, contradicts itself, or is known to be weak. Of a set it is left out, and whatever it signed does not verify.',
    fix: 'export it again from where it was made, or make a new one: countersign key new.',
    spec: 'RFC 7517 §4',
    *key({ path, fault, jwk }) {
      // Secrets and RSA keys that are too short, and contradictions, are told as such.
      if (fault === undefined || fault.code === 'CS_WEAK_SECRET' || faultBits(fault) !== undefined) return
      if (/key_ops/.test(fault.message) && jwk !== undefined && clashOf(jwk) !== undefined) return
      const fix = fault.hint === HINTS.CS_UNSUPPORTED ? UNKNOWN : fault.hint
      const isUnknown = fault.code === 'CS_UNSUPPORTED'
      // Kinds of JWKs that a reader does not know it leaves out (RFC 7517 §5); a file of a kind that is none is of no use.
      const weight = jwk === undefined ? {} : ({ severity: 'info' } as const)
      yield { path, message: `${fault.message}.`, ...(isUnknown && { fix, ...weight }) }
    },
    *set({ odd }) {
      for (const path of odd) yield { path, message: 'this item of keys is no object, and so no key.' }
    },
  },
]

const UNKNOWN =
  'make sure that everybody who is to use it knows this kind of key; nearly every reader knows RSA and P-256.'

/** The bits of an RSA key that was refused for being too short; one that is too long is another matter. */
function faultBits(fault: JoseError | undefined): number | undefined {
  const [, bits = LEAST_RSA] =
    (fault?.code === 'CS_KEY_SIZE' && /^this RSA key has (\d+) bits/.exec(fault.message)) || []
  return Number(bits) < LEAST_RSA ? Number(bits) : undefined
}

/** The bits of an RSA key that is too short, whatever else may be wrong with it. */
function shortBits({ fault, jwk = {} }: KeySubject): number | undefined {
  const n = own(jwk, 'kty') === 'RSA' ? own(jwk, 'n') : undefined
  const octets = typeof n === 'string' ? octetsOf(n) : undefined
  const first = octets?.findIndex((octet) => octet !== 0) ?? -1
  if (octets === undefined || first < 0) return faultBits(fault)
  const bits = (octets.length - first) * 8 - (Math.clz32(octets[first] ?? 0) - 24)
  return bits < LEAST_RSA ? bits : undefined
}

/** Whether a signature, or an encrypted key, is that of a short RSA key: of half of one, or one that was cut, it is not. */
function isShort(bits: number): boolean {
  return bits >= 512 && bits < LEAST_RSA && bits % 64 === 0
}

/** A signature whose algorithm is one that is known. */
interface Signed {
  readonly alg: SignatureAlg
  /** The place of alg. */
  readonly path: string
  /** The place of the signature. */
  readonly at: string
  readonly text: string
}

function signaturesOf({ headers, signatures, token }: TokenSubject): readonly Signed[] {
  if (token.kind !== 'jws') return []
  return headers.flatMap(([path, header], index) => {
    const alg = SIGNATURE.get(textOf(member(header, 'alg')) ?? '')
    const [at, text] = signatures[index] ?? ['signature', '']
    return alg === undefined ? [] : [{ alg, path: memberAt(path, 'alg'), at, text }]
  })
}

/** The octets of a secret, whether or not it can be used. */
function secretOf({ key, jwk = {} }: KeySubject): Bytes | undefined {
  if (key?.kind === 'secret') return Key.material(key).secret
  const encoded = own(jwk, 'kty') === 'oct' ? own(jwk, 'k') : undefined
  return typeof encoded === 'string' ? octetsOf(encoded) : undefined
}

/** Whether a key may sign, as far as it says what it is for; what encrypts has the size that its algorithm takes. */
function mayMac(jwk: JsonObject): boolean {
  const [alg, use, operations] = ['alg', 'use', 'key_ops'].map((name) => own(jwk, name))
  if (typeof alg === 'string') return SIGNATURE.has(alg)
  if (use !== undefined && use !== 'sig') return false
  return !Array.isArray(operations) || ['sign', 'verify'].some((name) => operations.includes(name))
}

function octetsOf(encoded: string): Bytes | undefined {
  try {
    return fromBase64url(encoded, 'the key')
  } catch {
    return undefined
  }
}
