import { type Bytes, equal } from '../bytes.ts'
import { JoseError } from '../errors.ts'
import { type KnownCurve, readAlgorithm, readCurve } from './algorithm-id.ts'
import { badDer, DerReader, TAG } from './der.ts'
import { toInteger } from './integer.ts'
import { type Draft, RSA_PRIVATE } from './material.ts'
import type { ParameterSet } from './parameter-set.ts'

/** A public key in SubjectPublicKeyInfo (RFC 5280 §4.1.2.7). @throws {JoseError} `CS_KEY_INVALID`, `CS_UNSUPPORTED` */
export function parseSpki(der: Bytes): Draft {
  return readSpki(only(der, 'the public key'))
}

function readSpki(info: DerReader): Draft {
  const algorithm = readAlgorithm(info)
  const key = info.bits('the public key')
  info.end('the public key')
  if (algorithm.kty === 'RSA') return parsePkcs1Public(key)
  if (algorithm.kty === 'AKP') return { kty: 'AKP', alg: algorithm.set.id, kind: 'public', members: { pub: key } }
  const { kty, curve } = algorithm
  return { kty, crv: curve.id, kind: 'public', members: readPoint(curve, key) }
}

/** An RSA public key in PKCS#1 (RFC 8017 §A.1.1). @throws {JoseError} `CS_KEY_INVALID` */
export function parsePkcs1Public(der: Bytes): Draft {
  const rsa = only(der, 'the RSA key')
  const members = { n: rsa.unsigned('n'), e: rsa.unsigned('e') }
  rsa.end('the RSA key')
  return { kty: 'RSA', kind: 'public', members }
}

/** The public key of an X.509 certificate; who vouches for it, and until when, is not looked at (RFC 5280 §4.1). */
export function parseCertificate(der: Bytes): Draft {
  const certificate = only(der, 'the certificate')
  const content = certificate.enter(TAG.sequence, 'what is certified')
  certificate.take(TAG.sequence, 'the algorithm')
  certificate.bits('the signature')
  certificate.end('the certificate')
  if (content.peek() === TAG.context0) content.take(TAG.context0, 'the version')
  content.take(TAG.integer, 'the serial number')
  for (const what of ['the algorithm', 'the issuer', 'the validity', 'the subject']) content.take(TAG.sequence, what)
  return readSpki(content.enter(TAG.sequence, 'the public key'))
}

/** A private key in PKCS#8, not encrypted (RFC 5958 §2). @throws {JoseError} `CS_KEY_INVALID`, `CS_UNSUPPORTED` */
export function parsePkcs8(der: Bytes): Draft {
  const info = only(der, 'the private key')
  const version = info.unsigned('the version')
  if (version[0] === 3 && info.peek() === TAG.sequence) {
    throw new JoseError('CS_UNSUPPORTED', 'this is a PKCS#12 file', {
      hint: 'Take the key out: openssl pkcs12 -in file.p12 -nocerts -noenc | openssl pkey -out key.pem',
    })
  }
  if (version.length !== 1 || (version[0] ?? 2) > 1) badDer('the version is not 0 or 1')
  const algorithm = readAlgorithm(info)
  const key = info.take(TAG.octetString, 'the private key')
  if (info.peek() === TAG.context0) info.take(TAG.context0, 'the attributes')
  const open = info.peek() === TAG.bits1 ? info.bits('the public key', TAG.bits1) : undefined
  info.end('the private key')
  if (algorithm.kty === 'RSA') return parsePkcs1Private(key)
  if (algorithm.kty === 'AKP') return withPublic(readSeed(algorithm.set, key, der), open && { pub: open })
  const { kty, curve } = algorithm
  if (kty === 'EC') return withPublic(readEcPrivate(curve, key), open && readPoint(curve, open))
  const inner = new DerReader(key)
  const d = inner.take(TAG.octetString, 'the private key')
  inner.end('the private key')
  return withPublic({ kty, crv: curve.id, kind: 'private', members: { d } }, open && readPoint(curve, open))
}

/**
 * The seed of an ML-DSA key, alone or before the key that was worked out from it (RFC 9881 §6). Of both, the seed is
 * kept, since a JWK has no place for the other (RFC 9964 §4), and the platform says whether they agree (RFC 9881 §8.2).
 */
function readSeed({ id, seedOctets }: ParameterSet & { readonly id: string }, key: Bytes, pkcs8: Bytes): Draft {
  const choice = new DerReader(key)
  if (choice.peek() === TAG.octetString) {
    throw new JoseError('CS_UNSUPPORTED', `this ${id} key comes expanded and without its seed`, {
      hint: 'Export it with its seed, which a JWK takes: the other form cannot be turned back into it.',
    })
  }
  const isBoth = choice.peek() === TAG.sequence
  const priv = isBoth ? seedOfBoth(choice) : choice.take(TAG.bits0, 'the seed')
  choice.end('the private key')
  if (priv.length !== seedOctets) badDer(`the seed takes ${seedOctets} octets`)
  return { kty: 'AKP', alg: id, kind: 'private', members: { priv }, ...(isBoth && { pkcs8 }) }
}

function seedOfBoth(choice: DerReader): Bytes {
  const both = choice.enter(TAG.sequence, 'the private key')
  const seed = both.take(TAG.octetString, 'the seed')
  both.take(TAG.octetString, 'the expanded key')
  both.end('the private key')
  return seed
}

/** A private key with the public half that its container holds beside it; two such halves have to be the same. */
function withPublic(draft: Draft, point: Readonly<Record<string, Bytes>> | undefined): Draft {
  if (draft.kty === 'RSA' || point === undefined) return draft
  for (const [name, value] of Object.entries(point)) {
    const other = draft.members[name]
    if (other && !equal(other, value)) badDer('the key holds two public halves that differ')
  }
  return { ...draft, members: { ...point, ...draft.members } }
}

/** What a container is, by the types of its first elements; each kind has its own. */
export type Form = 'spki' | 'pkcs8' | 'pkcs1-public' | 'pkcs1-private' | 'sec1' | 'certificate' | 'encrypted'

/** @throws {JoseError} `CS_KEY_INVALID` */
export function formOf(der: Bytes): Form {
  const parts = only(der, 'the key')
  const first = parts.peek()
  if (first === TAG.sequence) {
    parts.take(TAG.sequence, 'the first part')
    if (parts.peek() === TAG.octetString) return 'encrypted'
    return parts.peek() === TAG.sequence ? 'certificate' : 'spki'
  }
  parts.take(TAG.integer, 'the version')
  if (parts.peek() === TAG.octetString) return 'sec1'
  if (parts.peek() !== TAG.integer) return 'pkcs8'
  parts.take(TAG.integer, 'a number')
  return parts.done ? 'pkcs1-public' : 'pkcs1-private'
}

const OID_PBES2 = '2a864886f70d01050d'
const OID_PBKDF2 = '2a864886f70d01050c'
const OID_SCRYPT = '2b06010401da47040b'
const MOST_ITERATIONS = 10_000_000n
/** Of scrypt, N · r · p: 32 times what OpenSSL takes by default, and four times what is advised for passwords. */
const MOST_BLOCKS = 2n ** 22n

/**
 * Looks at how much work an encrypted PKCS#8 asks for, before that work is done (RFC 8018 §A.4, RFC 7914 §7.1).
 *
 * @throws {JoseError} `CS_KEY_INVALID`, or `CS_TOO_LARGE` for what would take more than some seconds
 */
export function checkWork(der: Bytes): void {
  const algorithm = only(der, 'the encrypted key').enter(TAG.sequence, 'the encryption')
  const scheme = algorithm.oid('the encryption')
  let parameters = algorithm.enter(TAG.sequence, 'the parameters')
  let derivation = ''
  if (scheme === OID_PBES2) {
    const inner = parameters.enter(TAG.sequence, 'the key derivation')
    derivation = inner.oid('the key derivation')
    if (derivation !== OID_PBKDF2 && derivation !== OID_SCRYPT) return
    parameters = inner.enter(TAG.sequence, 'the parameters')
  }
  parameters.take(TAG.octetString, 'the salt')
  const number = (what: string): bigint => toInteger(parameters.unsigned(what).subarray(0, 9))
  if (derivation === OID_SCRYPT) refuseWork(number('N') * number('r') * number('p'), MOST_BLOCKS, 'blocks of scrypt')
  else refuseWork(number('the iterations'), MOST_ITERATIONS, 'iterations')
}

function refuseWork(work: bigint, most: bigint, what: string): void {
  if (work <= most) return
  throw new JoseError('CS_TOO_LARGE', `the private key takes more than ${most} ${what} to decrypt`, {
    hint: 'Encrypt it anew with less: openssl pkcs8 -topk8 -iter 600000 -in old.pem -out new.pem',
  })
}

function only(der: Bytes, what: string): DerReader {
  const outer = new DerReader(der)
  const inner = outer.enter(TAG.sequence, what)
  outer.end(what)
  return inner
}

/** A point as SEC 1 §2.3.4 reads it, whole or compressed, or the octets of an OKP key. */
function readPoint(curve: KnownCurve, key: Bytes): { x: Bytes; y?: Bytes } {
  const { id, kty, octets } = curve
  if (kty === 'OKP') return { x: key }
  const [first] = key
  if (first === 2 || first === 3) {
    if (key.length !== 1 + octets) badDer(`a compressed point takes ${1 + octets} octets on ${id}`)
    const x = key.subarray(1)
    const y = curve.decompress?.(x, first === 3)
    return y ? { x, y } : badDer(`no point of ${id} has this x`)
  }
  if (first !== 4) badDer('the public point is neither whole nor compressed')
  if (key.length !== 1 + 2 * octets) badDer(`the public point takes ${1 + 2 * octets} octets on ${id}`)
  return { x: key.subarray(1, 1 + octets), y: key.subarray(1 + octets) }
}

/** An RSA private key in PKCS#1 (RFC 8017 §A.1.2). @throws {JoseError} `CS_KEY_INVALID`, `CS_UNSUPPORTED` */
export function parsePkcs1Private(der: Bytes): Draft {
  const rsa = only(der, 'the RSA key')
  const version = rsa.unsigned('the version of the RSA key')
  if (version.length !== 1 || version[0] !== 0) {
    throw new JoseError('CS_UNSUPPORTED', 'this RSA key has more than two primes', {
      hint: 'Make a new key: those with two primes are the only ones that are widely read.',
    })
  }
  const members: Record<string, Bytes> = {}
  for (const name of ['n', 'e', ...RSA_PRIVATE]) members[name] = rsa.unsigned(name)
  rsa.end('the RSA key')
  return { kty: 'RSA', kind: 'private', members }
}

/** An EC private key in SEC 1 §C.4, which has to name its curve. @throws {JoseError} `CS_KEY_INVALID`, `CS_UNSUPPORTED` */
export function parseSec1(der: Bytes): Draft {
  return readEcPrivate(undefined, der)
}

/** ECPrivateKey (RFC 5915 §3); its public point is optional, and so is its curve where the container names one. */
function readEcPrivate(outer: KnownCurve | undefined, key: Bytes): Draft {
  const ec = only(key, 'the EC key')
  const version = ec.unsigned('the version of the EC key')
  if (version.length !== 1 || version[0] !== 1) badDer('the version of the EC key is not 1')
  const d = ec.take(TAG.octetString, 'the private key')
  const curve = ec.peek() === TAG.context0 ? readCurve(ec.enter(TAG.context0, 'the curve')) : outer
  if (curve === undefined) return badDer('the EC key does not name its curve')
  if (outer && curve !== outer) badDer('the key names two curves')
  const common = { kty: 'EC', crv: curve.id, kind: 'private' } as const
  if (ec.done) return { ...common, members: { d } }
  const wrapped = ec.enter(TAG.context1, 'the public point')
  const point = readPoint(curve, wrapped.bits('the public point'))
  wrapped.end('the public point')
  ec.end('the EC key')
  return { ...common, members: { ...point, d } }
}
