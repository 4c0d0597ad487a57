import { ALGORITHM } from '../alg/algorithm.ts'
import { misfit } from '../alg/needs.ts'
import type { JwkAdmission } from '../crypto/backend.ts'
import { JoseError, kindOf, show } from '../errors.ts'
import { isObject, type JsonObject, withoutUndefined } from '../json.ts'
import { checkCertificate, isJwkSet, type JwkInfo, parseJwk } from './jwk.ts'
import { Key, type KeyInfo } from './key.ts'
import { type Draft, invalid, toMaterial } from './material.ts'
import { secretMaterial } from './secret.ts'

/** What the caller of {@link importKey} says about a key that its container does not say. */
export interface ImportOptions {
  /** The one algorithm the key is for. */
  readonly alg?: string
  /** The name of the key in headers and sets; it replaces the one in a JWK. */
  readonly kid?: string
  /** What it is for: signatures (`sig`) or encryption (`enc`); it replaces the one in a JWK (RFC 7517 §4.2). */
  readonly use?: 'sig' | 'enc'
  /** What an encrypted private key was encrypted with; text stands for its UTF-8. */
  readonly passphrase?: string | Uint8Array
}

/** What is known of a key that says nothing of itself. */
export const NO_INFO: JwkInfo = {
  kid: undefined,
  alg: undefined,
  use: undefined,
  key_ops: undefined,
  extractable: true,
}

/**
 * A JWK where several stand: in a set, in an array, in place of the one key.
 *
 * @throws {TypeError} for a key object, which is for importKey to take
 * @throws {JoseError} as {@link importJwk}
 */
export function importMember(member: JsonObject, backend: JwkAdmission): Key {
  // No JSON has a type that it only inherits.
  if ('type' in member && !['kty', 'type'].some((name) => Object.hasOwn(member, name)))
    throw new TypeError('a KeyObject or a CryptoKey stands where a Key or a JWK is expected: give importKey(key)')
  return importJwk(member, {}, backend)
}

/** @throws {JoseError} `CS_KEY_INVALID`, `CS_KEY_SIZE`, `CS_KEY_TYPE`, `CS_WEAK_SECRET` or `CS_UNSUPPORTED` */
export function importJwk(input: unknown, options: ImportOptions, backend: JwkAdmission): Key {
  if (isJwkSet(input)) throw invalid('this is a JWK Set and not one key: use keySet')
  if (!isObject(input)) throw invalid(`${kindOf(input)} is not a key`)
  if (isObject(input['privateKey'])) throw invalid('this is a pair of keys: import its privateKey or its publicKey')
  return fromJwk(input, NO_INFO, options, backend)
}

/** @param bound - what is known beside the JWK, by the object that it comes from */
export function fromJwk(input: JsonObject, bound: JwkInfo, options: ImportOptions, backend: JwkAdmission): Key {
  const jwk = parseJwk(input)
  const info = { ...bound, ...withoutUndefined(jwk.info) }
  if ('draft' in jwk) {
    const key = fromDraft(jwk.draft, info, options, backend)
    checkCertificate(input, jwk.draft)
    return key
  }
  const { material, bits, weakness } = secretMaterial(jwk.secret)
  checkCertificate(input)
  return named(new Key(material, { ...joined(info, options), bits, weakness }))
}

/** A key of members that were read, once they pass every check. */
export function fromDraft(draft: Draft, info: JwkInfo, options: ImportOptions, backend: JwkAdmission): Key {
  const { material, bits } = toMaterial(draft)
  const bound = draft.kty === 'AKP' ? { ...info, alg: draft.alg } : info
  const pkcs8 = draft.kty === 'AKP' ? draft.pkcs8 : undefined
  return named(new Key(backend.admit(material, pkcs8), { ...joined(bound, options), bits }))
}

/** A key whose own `alg` is known has to fit it, or it could never serve anything. */
export function named(key: Key): Key {
  const row = key.alg === undefined ? undefined : ALGORITHM.get(key.alg)
  const fault = row && misfit(row, key)
  if (fault) throw new JoseError(fault.code, fault.why)
  return key
}

/** What a key says of itself, with what the caller says. @throws {JoseError} `CS_KEY_TYPE` where they contradict */
export function joined(info: JwkInfo, options: ImportOptions): Omit<KeyInfo, 'bits'> {
  for (const name of ['alg', 'use'] as const) {
    if (info[name] !== undefined && options[name] !== undefined && info[name] !== options[name]) {
      throw new JoseError(
        'CS_KEY_TYPE',
        `the key says ${name} ${show(info[name])}, the options say ${show(options[name])}`,
      )
    }
  }
  return { ...info, alg: options.alg ?? info.alg, use: options.use ?? info.use, kid: options.kid ?? info.kid }
}
