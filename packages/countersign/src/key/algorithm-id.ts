import { JoseError } from '../errors.ts'
import { CURVE, type Curve, curveByOid } from './curve.ts'
import { type DerReader, TAG } from './der.ts'
import { PARAMETER_SET, type ParameterSet } from './parameter-set.ts'

export const OID_RSA = '2a864886f70d010101'
export const OID_RSA_PSS = '2a864886f70d01010a'
export const OID_EC = '2a8648ce3d0201'

/** Kinds of keys that are not read here, so that a refusal can call them by their name. */
const OTHERS: ReadonlyMap<string, string> = new Map([
  ['2a8648ce380401', 'a DSA key'],
  ['2a864886f70d010301', 'a Diffie-Hellman key'],
  ['2a8648ce3e0201', 'a Diffie-Hellman key'],
])

/** Curves that are not read, for the same. */
const OTHER_CURVES: ReadonlyMap<string, string> = new Map([
  ['2b81040021', 'P-224'],
  ['2b2403030208010107', 'brainpoolP256r1'],
  ['2b240303020801010b', 'brainpoolP384r1'],
  ['2b240303020801010d', 'brainpoolP512r1'],
])

/** A curve with its name. */
export type KnownCurve = Curve & { readonly id: string }

/** What kind of key a container says it holds. */
export type KeyAlgorithm =
  | { readonly kty: 'RSA' }
  | { readonly kty: 'EC' | 'OKP'; readonly curve: KnownCurve }
  | { readonly kty: 'AKP'; readonly set: ParameterSet & { readonly id: string } }

/** An AlgorithmIdentifier of a key (RFC 5280 §4.1.1.2). @throws {JoseError} `CS_KEY_INVALID`, `CS_UNSUPPORTED` */
export function readAlgorithm(info: DerReader): KeyAlgorithm {
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
  const known = withoutParameters(oid)
  algorithm.end('the algorithm')
  return known
}

/** The kinds of keys that say all by their name (RFC 8410 §3, RFC 9881 §2). */
function withoutParameters(oid: string): KeyAlgorithm {
  const curve = curveByOid(oid)
  if (curve?.kty === 'OKP') return { kty: 'OKP', curve }
  for (const set of PARAMETER_SET.values()) if (set.oid === oid) return { kty: 'AKP', set }
  throw unsupported(OTHERS.get(oid) ?? `a key of type ${dotted(oid)}`)
}

/** The curve of an EC key, which has to be named (RFC 5480 §2.1.1). @throws {JoseError} `CS_KEY_INVALID`, `CS_UNSUPPORTED` */
export function readCurve(named: DerReader): KnownCurve {
  if (named.peek() === TAG.sequence) {
    throw new JoseError('CS_UNSUPPORTED', 'this EC key spells out the parameters of its curve and does not name it', {
      hint: 'Convert it: openssl ec -in old.pem -param_enc named_curve -out new.pem',
    })
  }
  const oid = named.oid('the curve')
  const curve = curveByOid(oid)
  if (curve?.kty !== 'EC') throw unsupported(`an EC key on the curve ${OTHER_CURVES.get(oid) ?? dotted(oid)}`)
  named.end('the curve')
  return curve
}

function unsupported(what: string): JoseError {
  return new JoseError('CS_UNSUPPORTED', `this is ${what}, which is not supported`, {
    hint: `Supported are RSA, ${[...CURVE.keys(), ...PARAMETER_SET.keys()].join(', ')}.`,
  })
}

/** An object identifier as people write it; what is too long to be one they know is cut. */
export function dotted(oid: string): string {
  const numbers: number[] = []
  let value = 0
  for (const pair of oid.slice(0, 40).match(/../g) ?? []) {
    const octet = Number.parseInt(pair, 16)
    value = value * 128 + (octet & 0x7f)
    if (octet < 0x80) {
      numbers.push(value)
      value = 0
    }
  }
  const [first = 0, ...rest] = numbers
  const top = Math.min(Math.floor(first / 40), 2)
  return [top, first - 40 * top, ...rest].join('.')
}
