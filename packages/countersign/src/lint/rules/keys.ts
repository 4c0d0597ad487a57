import { SIGNATURE, type SignatureAlg } from '../../alg/signature.ts'
import type { Bytes } from '../../bytes.ts'
import { fromBase64url } from '../../bytes.ts'
import { member, quoted, textOf } from '../../diagnosis/exact-json.ts'
import { derPair } from '../../diagnosis/near-misses.ts'
import type { JoseError } from '../../errors.ts'
import { type JsonObject, own } from '../../json.ts'
import { isCommonSecret } from '../common-secrets.ts'
import { type Hit, memberAt, type Rule } from '../rule.ts'
import { short } from '../shown.ts'
import type { KeySubject, SetSubject, TokenSubject } from '../subject.ts'

/** The least of a modulus, in bits (RFC 7518 §3.3). */
const LEAST_RSA = 2048
/** So few different octets are no random secret, whatever its length. */
const LEAST_VARIETY = 8

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
      const open = published?.keys.filter(({ key }) => key !== undefined && key.kind !== 'secret') ?? []
      if (open.length === 0) return
      for (const [path, alg] of algorithmsOf(subject))
        if (alg.family === 'hmac')
          yield {
            path,
            message: `alg is ${alg.id}, and there are ${open.length} published keys, of which none can check it.`,
          }
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
      if (secret === undefined) return
      const [[path = 'header.alg', alg] = []] = [...algorithmsOf(subject)].filter(([, { family }]) => family === 'hmac')
      if (secret.from === 'guessed')
        yield {
          path: 'signature',
          message: 'the token is signed with a secret that everybody knows: it is on the list of common ones.',
        }
      else if (alg !== undefined) yield* weakness(secret.bytes, path, alg)
    },
    *secret(bytes) {
      yield* weakness(bytes, '')
    },
    *key({ key, path, jwk, fault }) {
      const alg = SIGNATURE.get(key?.alg ?? '') ?? SIGNATURE.get(String(jwk === undefined ? '' : own(jwk, 'alg')))
      const encoded = jwk === undefined ? undefined : own(jwk, 'k')
      if (jwk === undefined || own(jwk, 'kty') !== 'oct' || typeof encoded !== 'string') return
      // What encrypts has the size that its algorithm takes.
      if (alg === undefined && own(jwk, 'alg') !== undefined && fault === undefined) return
      const bytes = octetsOf(encoded)
      if (bytes !== undefined && own(jwk, 'use') !== 'enc') yield* weakness(bytes, memberAt(path, 'k'), alg)
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
      const { signature } = subject.token
      for (const [path, alg] of algorithmsOf(subject).slice(0, 1)) {
        const bits = (signature?.bytes ?? 0) * 8
        if (alg.kty.includes('RSA') && bits >= 512 && bits < LEAST_RSA && bits % 64 === 0)
          yield {
            path: 'signature',
            message: `the signature has ${bits} bits, as the key has that made it (${path}: ${alg.id}).`,
          }
      }
    },
    *key({ path, fault, jwk }) {
      if (!isShortRsa(fault)) return
      yield { path: jwk === undefined ? path : memberAt(path, 'n'), message: `${fault?.message}.` }
    },
  },
  {
    id: 'CSL024',
    name: 'der-signature',
    severity: 'error',
    title: 'the ECDSA signature is written as DER',
    text: 'JOSE takes r and s side by side, each of the length of its curve. What was written by OpenSSL, or by Node without dsaEncoding, verifies nowhere.',
    fix: 'sign with a library for JOSE; or write r || s, in Node.js by dsaEncoding: "ieee-p1363".',
    spec: 'RFC 7518 §3.4',
    *token(subject) {
      for (const [, alg] of algorithmsOf(subject).slice(0, 1)) {
        const octets = alg.family === 'ecdsa' ? octetsOf(subject.token.signature?.text ?? '') : undefined
        if (octets !== undefined && derPair(octets) !== undefined)
          yield {
            path: 'signature',
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
      if (clash !== undefined) yield { path: memberAt(path, 'key_ops'), message: clash }
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
      if (fault === undefined || isShortRsa(fault) || (jwk !== undefined && clashOf(jwk) !== undefined)) return
      // Kinds of keys that are not known are to be left out (RFC 7517 §5), and a short secret is told as such.
      if (fault.code === 'CS_WEAK_SECRET') return
      const severity = fault.code === 'CS_UNSUPPORTED' ? ({ severity: 'info' } as const) : {}
      yield { path, message: `${fault.message}.`, ...severity }
    },
    *set({ odd }) {
      for (const path of odd) yield { path, message: 'this member of keys is no object.' }
    },
  },
]

/** Whether a key was refused for being an RSA key that is too short; one that is too long is another matter. */
function isShortRsa(fault: JoseError | undefined): boolean {
  const [, bits] = (fault?.code === 'CS_KEY_SIZE' && /^this RSA key has (\d+) bits/.exec(fault.message)) || []
  return bits !== undefined && Number(bits) < LEAST_RSA
}

/** The algorithm of each signature, where it is one that is known. */
function algorithmsOf({ headers, token }: TokenSubject): readonly (readonly [path: string, alg: SignatureAlg])[] {
  if (token.kind !== 'jws') return []
  return headers.flatMap(([path, header]) => {
    const alg = SIGNATURE.get(textOf(member(header, 'alg')) ?? '')
    return alg === undefined ? [] : [[memberAt(path, 'alg'), alg] as const]
  })
}

/** @param alg - what the secret signs with; left out where nobody says */
function* weakness(bytes: Bytes, path: string, alg?: SignatureAlg): Generator<Hit> {
  const least = (alg?.minBits ?? 256) / 8
  if (isCommonSecret(bytes)) yield { path, message: 'the secret is on the list of common ones, which everybody has.' }
  else if (bytes.length < least)
    yield {
      path,
      message: `the secret has ${bytes.length} bytes; ${alg?.id ?? 'the shortest hash'} takes ${least} or more.`,
    }
  else if (new Set(bytes).size < LEAST_VARIETY)
    yield { path, message: `the secret has ${bytes.length} bytes, of which only ${new Set(bytes).size} are different.` }
}

function octetsOf(encoded: string): Bytes | undefined {
  try {
    return fromBase64url(encoded, 'the key')
  } catch {
    return undefined
  }
}

const PRIVATE = ['d', 'priv', 'p', 'q', 'dp', 'dq', 'qi', 'oth']

function* unsoundSet({ keys }: SetSubject): Generator<Hit> {
  const isSecretSet = keys.length > 0 && keys.every(({ jwk }) => jwk !== undefined && own(jwk, 'kty') === 'oct')
  for (const { path, jwk = {} } of keys) {
    const secret = PRIVATE.find((name) => own(jwk, name) !== undefined)
    if (secret !== undefined)
      yield { path: memberAt(path, secret), message: `the key ${nameOf(jwk)}has its private part with it.` }
    else if (own(jwk, 'kty') === 'oct')
      yield {
        path: memberAt(path, 'k'),
        message: `the key ${nameOf(jwk)}is a secret: ${isSecretSet ? 'such a set is not one to publish' : 'it does not belong among public keys'}.`,
      }
  }
  yield* sameNames(keys)
}

/** Keys of one name are told apart by what they are for (RFC 7517 §4.5). */
function* sameNames(keys: readonly KeySubject[]): Generator<Hit> {
  const seen: KeySubject[] = []
  for (const subject of keys) {
    const kid = textOf(member(subject.exact, 'kid'))
    if (kid === undefined) continue
    const twin = seen.find((one) => textOf(member(one.exact, 'kid')) === kid && mayClash(one, subject))
    if (twin) yield { path: memberAt(subject.path, 'kid'), message: `kid ${short(kid)} is that of ${twin.path}, too.` }
    seen.push(subject)
  }
}

/** Whether some algorithm could take either of two keys. */
function mayClash(one: KeySubject, other: KeySubject): boolean {
  const [a, b] = [one.key, other.key]
  if (a === undefined || b === undefined) return true
  return a.algorithms.some((id) => b.algorithms.includes(id))
}

function nameOf(jwk: JsonObject): string {
  const kid = own(jwk, 'kid')
  return typeof kid === 'string' ? `${short(kid)} ` : ''
}

const SIGNS = ['sign', 'verify']

/** How use and key_ops contradict each other, or what key_ops does not allow (RFC 7517 §4.3). */
function clashOf(jwk: JsonObject): string | undefined {
  const [use, operations] = [own(jwk, 'use'), own(jwk, 'key_ops')]
  if (!Array.isArray(operations)) return undefined
  const names = operations.filter((name) => typeof name === 'string')
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice !== undefined) return `key_ops names ${short(twice)} twice.`
  const signs = names.some((name) => SIGNS.includes(name))
  const others = names.some((name) => !SIGNS.includes(name))
  if ((use === 'sig' && others) || (use === 'enc' && signs))
    return `use is ${quoted(use)}, and key_ops has ${names.slice(0, 8).map(short).join(', ')}.`
  return signs && others ? 'key_ops allows to sign and to encrypt with one key.' : undefined
}
