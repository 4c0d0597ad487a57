import { type Bytes, base64, concat, fromBase64url } from '../../bytes.ts'
import { toExact, toLines } from '../../diagnosis/exact-json.ts'
import { CommandError } from '../../diagnosis/told.ts'
import { JoseError } from '../../errors.ts'
import { CURVE } from '../../key/curve.ts'
import { oidDer, TAG, toDer } from '../../key/der.ts'
import type { Jwk } from '../../key/jwk.ts'
import { RSA_PRIVATE } from '../../key/material.ts'
import { exportJwk, exportPem, thumbprint } from '../../key/ops.ts'
import { parsePem, toPem } from '../../key/pem.ts'
import { run } from '../../op.ts'
import { backend } from '../engine.ts'
import type { GivenKey } from '../given/keys.ts'

/** What a key may be written as. */
export type KeyForm = 'jwk' | 'jwks' | 'pem' | 'pkcs1' | 'sec1' | 'der' | 'raw'

/** A key as it is written: an object for JSON, the text of a PEM, or octets. */
export type Written = { readonly json: object } | { readonly text: string } | { readonly octets: Bytes }

/** Writes a key in a form. @throws {CommandError} `CS_KEY_TYPE` for a form that keys of its kind do not have */
export async function toForm(given: Pick<GivenKey, 'name' | 'key'>, form: KeyForm): Promise<Written> {
  const { key, name } = given
  if (form === 'jwk') return { json: await jwkOf(given) }
  if (form === 'jwks') return { json: { keys: [await published(given)] } }
  if (form === 'raw') return { octets: rawOf(await jwkOf(given), given) }
  if (key.kind === 'secret') throw noForm(given, form, 'write it as jwk, or its bytes as raw')
  if (form === 'pkcs1') return { text: pkcs1Of(await jwkOf(given), given) }
  if (form === 'sec1') return { text: sec1Of(await jwkOf(given), given) }
  const pem = await mayLeave(name, () => run(exportPem(key), backend))
  return form === 'pem' ? { text: pem } : { octets: parsePem(pem).der }
}

/** What stands in a file, or on the standard output. */
export function dataOf(written: Written): string | Bytes {
  if ('octets' in written) return written.octets
  return 'text' in written ? written.text : `${toLines(toExact(written.json))}\n`
}

/** What stands in a document: octets in base64. */
export function memberOf(written: Written): object | string {
  if ('octets' in written) return base64(written.octets)
  return 'text' in written ? written.text : written.json
}

/** @throws {CommandError} `CS_KEY_TYPE` for a key whose JWK says that it stays where it is */
export function jwkOf({ key, name }: Pick<GivenKey, 'name' | 'key'>): Promise<Jwk> {
  return mayLeave(name, () => run(exportJwk(key), backend))
}

/** In a set each key has a name. */
async function published(given: Pick<GivenKey, 'name' | 'key'>): Promise<Jwk> {
  const jwk = await jwkOf(given)
  if (given.key.kind === 'secret' || jwk.kid !== undefined) return jwk
  return { ...jwk, kid: await run(thumbprint(given.key), backend) }
}

async function mayLeave<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof JoseError) || error.code !== 'CS_KEY_TYPE') throw error
    throw new CommandError('CS_KEY_TYPE', `${name} says "ext": false: it is not to be given out.`, {
      hint: 'use it where it is; its public half may be written: countersign key public',
      spec: 'Web Cryptography §15',
    })
  }
}

const octetsOf = (jwk: Jwk, name: keyof Jwk): Bytes => fromBase64url(String(jwk[name] ?? ''), 'the key')

/** The bare octets: of a secret, of the private key of a curve, of a public point, or of a seed. */
function rawOf(jwk: Jwk, given: Pick<GivenKey, 'name' | 'key'>): Bytes {
  if (jwk.kty === 'oct') return octetsOf(jwk, 'k')
  if (jwk.kty === 'RSA') throw noForm(given, 'raw', 'write it as pem, der or pkcs1')
  if (jwk.kty === 'AKP') return octetsOf(jwk, jwk.priv === undefined ? 'pub' : 'priv')
  if (jwk.d !== undefined) return octetsOf(jwk, 'd')
  return jwk.kty === 'EC' ? pointOf(jwk) : octetsOf(jwk, 'x')
}

/** Uncompressed (SEC 1 §2.3.3). */
const pointOf = (jwk: Jwk): Bytes => concat(Uint8Array.of(4), octetsOf(jwk, 'x'), octetsOf(jwk, 'y'))

/** RFC 8017 §A.1 */
function pkcs1Of(jwk: Jwk, given: Pick<GivenKey, 'name' | 'key'>): string {
  if (jwk.kty !== 'RSA') throw noForm(given, 'pkcs1', 'it is for RSA keys; write this one as pem')
  const integers = (names: readonly (keyof Jwk)[]): readonly Bytes[] =>
    names.map((name) => integer(octetsOf(jwk, name)))
  if (jwk.d === undefined) return toPem('RSA PUBLIC KEY', base64(toDer(TAG.sequence, ...integers(['n', 'e']))))
  const numbers = [integer(Uint8Array.of(0)), ...integers(['n', 'e', ...RSA_PRIVATE])]
  return toPem('RSA PRIVATE KEY', base64(toDer(TAG.sequence, ...numbers)))
}

/** A number that is not negative: its first bit is its sign. */
const integer = (value: Bytes): Bytes =>
  toDer(TAG.integer, (value[0] ?? 0) < 0x80 ? value : concat(Uint8Array.of(0), value))

/** RFC 5915 §3 */
function sec1Of(jwk: Jwk, given: Pick<GivenKey, 'name' | 'key'>): string {
  if (jwk.kty !== 'EC') throw noForm(given, 'sec1', 'it is for private EC keys; write this one as pem')
  if (jwk.d === undefined) throw noForm(given, 'sec1', 'it is for private EC keys; write a public one as pem')
  const der = toDer(
    TAG.sequence,
    integer(Uint8Array.of(1)),
    toDer(TAG.octetString, octetsOf(jwk, 'd')),
    toDer(TAG.context0, oidDer(CURVE.get(jwk.crv ?? '')?.oid ?? '')),
    toDer(TAG.context1, toDer(TAG.bitString, Uint8Array.of(0), pointOf(jwk))),
  )
  return toPem('EC PRIVATE KEY', base64(der))
}

function noForm({ name, key }: Pick<GivenKey, 'name' | 'key'>, form: KeyForm, hint: string): CommandError {
  const what = key.kind === 'secret' ? 'a secret' : `a ${key.kind} ${key.kty} key`
  return new CommandError('CS_KEY_TYPE', `${name} is ${what}, which has no form ${form}.`, { hint: `${hint}.` })
}
