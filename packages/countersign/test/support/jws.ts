import { backend, sync } from '#crypto'
import { SIGNATURE, type SignatureAlg } from '../../src/alg/signature.ts'
import { base64url, fromBase64url } from '../../src/bytes.ts'
import { parseHeader } from '../../src/header.ts'
import { signInput } from '../../src/jws/primitive.ts'
import { sign } from '../../src/jws/sign.ts'
import { type VerifiedSignature, verify } from '../../src/jws/verify.ts'
import { Key } from '../../src/key/key.ts'
import { type Op, run, runSync, use } from '../../src/op.ts'
import { JWT_LIMITS, type Limits } from '../../src/options.ts'
import { parseCompact } from '../../src/serialization/jws.ts'
import { type Keys, toSource } from '../../src/source/source.ts'
import { HAS_SYNC } from './doors.ts'

const PROMISE = { name: 'promise', run: <T>(op: Op<T>): T | Promise<T> => run(op, backend) } as const
const SYNC = { name: 'sync', run: <T>(op: Op<T>): T | Promise<T> => runSync(op, sync) } as const

/** The drivers of an operation; a test that runs under both proves that they agree. */
export const RUNTIMES: readonly [typeof PROMISE, ...(typeof SYNC)[]] = [PROMISE, ...(HAS_SYNC ? [SYNC] : [])]

/** The JWS layer has a larger limit than JWTs. */
export const JWS_LIMITS: Limits = { ...JWT_LIMITS, tokenBytes: 1024 * 1024 }

/** Verifies a compact JWS of any payload, as an operation. */
export function* verifyCompact(
  token: unknown,
  keys: Keys,
  algorithms?: readonly string[],
): Op<VerifiedSignature & { readonly payload: Uint8Array }> {
  const jws = parseCompact(token, JWS_LIMITS, (encoded) => parseHeader(encoded, JWS_LIMITS))
  const allowed = new Map([...SIGNATURE].filter(([id]) => algorithms?.includes(id) ?? true))
  const rules = { algorithms: allowed, understood: new Set<string>() }
  const verified = yield* use((own) => verify(jws, toSource(keys, backend), rules, own))
  return { ...verified, payload: fromBase64url(jws.payload, 'the payload') }
}

/** Signs any payload into a compact JWS, as an operation. */
export function* signCompact(payload: Uint8Array, key: Key, alg: string, header: object = {}): Op<string> {
  const encoded = base64url(new TextEncoder().encode(JSON.stringify({ alg, ...header })))
  return yield* use((own) => sign(rowOf(alg), key, encoded, base64url(payload), own))
}

/** Signs the exact texts of a compact token again, as an operation: a deterministic algorithm gives the same token. */
export function* signAgain(token: string, alg: string, key: Key): Op<string> {
  const [header = '', payload = ''] = token.split('.')
  return yield* use((own) => sign(rowOf(alg), key, header, payload, own))
}

/** Signs bare octets, as an operation. */
export function* signOctets(key: Key, alg: string, octets: Uint8Array): Op<Uint8Array> {
  return fromBase64url(yield* use((own) => signInput(rowOf(alg), key, octets, own)), 'the signature')
}

/** Whether a signature over bare octets is right, as an operation. */
export function* verifyOctets(key: Key, alg: string, octets: Uint8Array, signature: Uint8Array): Op<boolean> {
  return yield* use((backend) => backend.verify(rowOf(alg), Key.material(key), octets, base64url(signature)))
}

function rowOf(alg: string): SignatureAlg {
  const row = SIGNATURE.get(alg)
  if (row === undefined) throw new TypeError(`no ${alg}`)
  return row
}
