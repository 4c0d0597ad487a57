import { type Bytes, equal } from '../bytes.ts'
import { JoseError } from '../errors.ts'
import { CURVE, type Curve, curveByOid } from './curve.ts'
import { badDer, DerReader, TAG } from './der.ts'
import { type Draft, RSA_PRIVATE } from './material.ts'

const OID_RSA = '2a864886f70d010101'
const OID_RSA_PSS = '2a864886f70d01010a'
const OID_EC = '2a8648ce3d0201'

type KnownCurve = Curve & { readonly id: string }
type Algorithm = { readonly kty: 'RSA' } | { readonly kty: 'EC' | 'OKP'; readonly curve: KnownCurve }

/** Whether octets begin as DER of a key does; only then is it worth reading on. */
export function looksLikeDer(bytes: Bytes): boolean {
  return bytes[0] === TAG.sequence && bytes.length > 16
}

/** A public key in SubjectPublicKeyInfo (RFC 5280 §4.1.2.7). @throws {JoseError} `CS_KEY_INVALID`, `CS_UNSUPPORTED` */
export function parseSpki(der: Bytes): Draft {
  return readSpki(only(der, 'the public key'))
}

function readSpki(info: DerReader): Draft {
  const algorithm = readAlgorithm(info)
  const key = info.bits('the public key')
  info.end('the public key')
  if (algorithm.kty === 'RSA') return parsePkcs1Public(key)
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
  if (version.length !== 1 || (version[0] ?? 2) > 1) badDer('the version is not 0 or 1')
  const algorithm = readAlgorithm(info)
  const key = info.take(TAG.octetString, 'the private key')
  if (info.peek() === TAG.context0) info.take(TAG.context0, 'the attributes')
  const open = info.peek() === TAG.bits1 ? info.bits('the public key', TAG.bits1) : undefined
  info.end('the private key')
  if (algorithm.kty === 'RSA') return parsePkcs1Private(key)
  const { kty, curve } = algorithm
  if (kty === 'EC') return withPublic(readEcPrivate(curve, key), open && readPoint(curve, open))
  const inner = new DerReader(key)
  const d = inner.take(TAG.octetString, 'the private key')
  inner.end('the private key')
  return withPublic({ kty, crv: curve.id, kind: 'private', members: { d } }, open && readPoint(curve, open))
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

/** The outlines of what may hold an asymmetric key, each enough to tell it from octets that are random. */
const OUTLINES: readonly ((der: Bytes) => unknown)[] = [
  parseSpki,
  parsePkcs8,
  function pkcs1(der) {
    const numbers = only(der, 'the RSA key')
    do numbers.unsigned('a number')
    while (!numbers.done)
  },
  function sec1(der) {
    const key = only(der, 'the EC key')
    key.unsigned('the version')
    key.take(TAG.octetString, 'the private key')
    while (!key.done) key.take(key.peek() === TAG.context0 ? TAG.context0 : TAG.context1, 'what follows')
  },
  function certificate(der) {
    const parts = only(der, 'the certificate')
    parts.take(TAG.sequence, 'what is certified')
    parts.enter(TAG.sequence, 'the algorithm').oid('the algorithm')
    parts.bits('the signature')
    parts.end('the certificate')
  },
]

/** Whether octets are a key or a certificate in DER, also of a kind that is not read here. */
export function isDerKey(der: Bytes): boolean {
  if (!looksLikeDer(der)) return false
  return OUTLINES.some((read) => {
    try {
      read(der)
      return true
    } catch {
      return false
    }
  })
}

/** How to read what octets hold, told by the types of their first elements. */
export function parserFor(der: Bytes): (der: Bytes) => Draft {
  const parts = only(der, 'the key')
  const first = parts.peek()
  if (first === TAG.sequence) {
    parts.take(TAG.sequence, 'the first part')
    return parts.peek() === TAG.sequence ? parseCertificate : parseSpki
  }
  parts.take(TAG.integer, 'the version')
  if (parts.peek() === TAG.octetString) return parseSec1
  if (parts.peek() !== TAG.integer) return parsePkcs8
  parts.take(TAG.integer, 'a number')
  return parts.done ? parsePkcs1Public : parsePkcs1Private
}

function only(der: Bytes, what: string): DerReader {
  const outer = new DerReader(der)
  const inner = outer.enter(TAG.sequence, what)
  outer.end(what)
  return inner
}

function readCurve(named: DerReader): KnownCurve {
  const curve = curveByOid(named.oid('the curve'))
  if (curve?.kty !== 'EC') throw unsupported()
  named.end('the curve')
  return curve
}

function unsupported(): JoseError {
  return new JoseError('CS_UNSUPPORTED', 'the key is of a type or on a curve that is not supported', {
    hint: `Supported are RSA and ${[...CURVE.keys()].join(', ')}.`,
  })
}

function readAlgorithm(info: DerReader): Algorithm {
  const algorithm = info.enter(TAG.sequence, 'the algorithm')
  const oid = algorithm.oid('the algorithm')
  if (oid === OID_RSA) {
    if (!algorithm.done) algorithm.take(TAG.null, 'the NULL behind the algorithm')
    algorithm.end('the algorithm')
    return { kty: 'RSA' }
  }
  if (oid === OID_RSA_PSS) {
    throw new JoseError('CS_UNSUPPORTED', 'this RSA key is bound to PSS inside its container (id-RSASSA-PSS)', {
      hint: 'Export it as a plain RSA key and say importKey(pem, { alg: "PS256" }).',
    })
  }
  if (oid === OID_EC) return { kty: 'EC', curve: readCurve(algorithm) }
  const curve = curveByOid(oid)
  if (curve?.kty !== 'OKP') throw unsupported()
  algorithm.end('the algorithm')
  return { kty: 'OKP', curve }
}

/** A point as SEC 1 §2.3.3 writes it, uncompressed, or the octets of an OKP key. */
function readPoint(curve: KnownCurve, key: Bytes): { x: Bytes; y?: Bytes } {
  if (curve.kty === 'OKP') return { x: key }
  if (key[0] !== 4) throw new JoseError('CS_UNSUPPORTED', 'the public point is not written in its uncompressed form')
  if (key.length !== 1 + 2 * curve.octets)
    badDer(`the public point takes ${1 + 2 * curve.octets} octets on ${curve.id}`)
  return { x: key.subarray(1, 1 + curve.octets), y: key.subarray(1 + curve.octets) }
}

/** An RSA private key in PKCS#1 (RFC 8017 §A.1.2). @throws {JoseError} `CS_KEY_INVALID`, `CS_UNSUPPORTED` */
export function parsePkcs1Private(der: Bytes): Draft {
  const rsa = only(der, 'the RSA key')
  const version = rsa.unsigned('the version of the RSA key')
  if (version.length !== 1 || version[0] !== 0) {
    throw new JoseError('CS_UNSUPPORTED', 'this RSA key has more than two primes')
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
