import { ALGORITHM } from '../alg/algorithm.ts'
import { type Bytes, base64 } from '../bytes.ts'
import type { Adopted, KeyAdmission } from '../crypto/backend.ts'
import { JoseError, kindOf, show } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { checkNames, toBoolean } from '../options.ts'
import {
  checkWork,
  type Form,
  formOf,
  parseCertificate,
  parsePkcs1Private,
  parsePkcs1Public,
  parsePkcs8,
  parseSec1,
  parseSpki,
} from './container.ts'
import { CURVE } from './curve.ts'
import { fromDraft, fromJwk, type ImportOptions, importJwk, joined, NO_INFO, named } from './from-jwk.ts'
import type { Jwk, JwkInfo } from './jwk.ts'
import { Key } from './key.ts'
import { type Draft, invalid, sizeOf, unsupportedCurve } from './material.ts'
import { looksLikeDer } from './outline.ts'
import { looksLikePem, parsePem, toPem } from './pem.ts'
import { checkExponent, checkSize } from './rsa.ts'
import { parseSecret, type SecretInput, secretMaterial } from './secret.ts'

/** A key object of the platform, for {@link importKey}: Node's KeyObject, or a CryptoKey. */
export type PlatformKey =
  | { readonly type: 'secret' | 'public' | 'private'; export(options?: never): unknown }
  | {
      readonly type: string
      readonly extractable: boolean
      readonly algorithm: { readonly name: string }
      readonly usages: readonly string[]
    }

/**
 * What {@link importKey} takes: a JWK, also as platforms type it, the text of a PEM, the octets of a DER, a KeyObject or a
 * CryptoKey.
 */
export type KeyInput = Jwk | { readonly kty?: string | undefined } | string | Uint8Array | PlatformKey

/** What the caller of {@link secretKey} says about a secret. */
export interface SecretOptions {
  /** The name of the key in headers and sets. */
  readonly kid?: string
  /** Lifts the rule that an HMAC key has at least as many bits as its hash (RFC 7518 §3.2), and no other rule. */
  readonly allowWeak?: boolean
}

/**
 * Turns key input into a `Key`, with every check there is.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} `CS_KEY_INVALID`, `CS_KEY_SIZE`, `CS_KEY_TYPE`, `CS_WEAK_SECRET`, `CS_UNSUPPORTED` or `CS_TOO_LARGE`
 */
export function importKey(input: unknown, options: ImportOptions, backend: KeyAdmission): Key {
  checkNames<ImportOptions>(options, ['alg', 'kid', 'use', 'passphrase'], 'importKey')
  checkOptions(options)
  if (Key.is(input)) throw invalid('this is a Key already; importKey takes a JWK, a PEM or a DER')
  if (typeof input === 'string') return fromDraft(fromPem(input, options, backend), NO_INFO, options, backend)
  if (input instanceof Uint8Array) return fromDraft(fromDer(input, options, backend), NO_INFO, options, backend)
  const adopted = backend.adopt(input)
  return adopted ? fromAdopted(adopted, options, backend) : importJwk(input, options, backend)
}

/** A KeyObject or a CryptoKey; what the latter is bound to goes on counting. */
function fromAdopted({ key, scheme, use, key_ops, does }: Adopted, options: ImportOptions, backend: KeyAdmission): Key {
  const bound: JwkInfo = { ...NO_INFO, alg: scheme && algorithmOf(scheme), use, key_ops, ...(does && { does }) }
  if (!('foreign' in key)) return fromJwk(key as JsonObject, bound, options, backend)
  const { foreign, bits, exponent, extractable } = key
  if (foreign.crv !== undefined && !CURVE.has(foreign.crv)) throw unsupportedCurve(foreign.crv)
  const alg = foreign.members['alg'] ?? bound.alg
  const size = sizeOf(foreign) ?? bits
  if (foreign.kty === 'RSA') checkSize(size)
  if (exponent) checkExponent(exponent)
  return named(new Key(foreign, { ...joined({ ...bound, alg, extractable }, options), bits: size }))
}

/** The one algorithm that does a scheme; nothing where there are several, as there are two names for Ed25519. */
function algorithmOf({ family, hash, crv }: NonNullable<Adopted['scheme']>): string | undefined {
  const rows = [...ALGORITHM.values()].filter(
    (row) =>
      row.family === family &&
      (hash === undefined || ('hash' in row && row.hash === hash)) &&
      (crv === undefined || (row.crv?.includes(crv) ?? true)),
  )
  return rows.length === 1 ? rows[0]?.id : undefined
}

/** @see the door's `secretKey` */
export function secretKey(input: SecretInput, alg: string | undefined, options: SecretOptions): Key {
  checkNames<SecretOptions>(options, ['kid', 'allowWeak'], 'secretKey')
  const allowShort = toBoolean(options.allowWeak, 'allowWeak', false)
  checkOptions({ ...(options.kid !== undefined && { kid: options.kid }), ...(alg !== undefined && { alg }) })
  const { material, bits, weakness } = secretMaterial(parseSecret(input))
  return named(new Key(material, { alg, kid: options.kid, bits, weakness, allowShort }))
}

/** @throws TypeError */
export function checkOptions({ alg, kid, use, passphrase }: ImportOptions): void {
  if (alg !== undefined && !ALGORITHM.has(alg))
    throw new TypeError(`alg ${show(alg)} is none of ${[...ALGORITHM.keys()].join(', ')}`)
  if (kid !== undefined && (typeof kid !== 'string' || kid === '')) throw new TypeError('kid is not a string with text')
  if (use !== undefined && use !== 'sig' && use !== 'enc') throw new TypeError('use is neither "sig" nor "enc"')
  if (passphrase !== undefined && typeof passphrase !== 'string' && !(passphrase instanceof Uint8Array))
    throw new TypeError(`passphrase is text or octets, not ${kindOf(passphrase)}`)
}

interface FormRow {
  /** The label of its PEM. */
  readonly label: string
  /** In words, behind "holds". */
  readonly what: string
  readonly parse: (der: Bytes) => Draft
}

/** How each form of container is called and read; one that is encrypted is opened first. */
const FORMS: Readonly<Record<Exclude<Form, 'encrypted'>, FormRow>> = {
  spki: { label: 'PUBLIC KEY', what: 'an SPKI public key', parse: parseSpki },
  pkcs8: { label: 'PRIVATE KEY', what: 'a PKCS#8 private key', parse: parsePkcs8 },
  'pkcs1-public': { label: 'RSA PUBLIC KEY', what: 'a PKCS#1 public key', parse: parsePkcs1Public },
  'pkcs1-private': { label: 'RSA PRIVATE KEY', what: 'a PKCS#1 private key', parse: parsePkcs1Private },
  sec1: { label: 'EC PRIVATE KEY', what: 'a SEC 1 private key', parse: parseSec1 },
  certificate: { label: 'CERTIFICATE', what: 'an X.509 certificate', parse: parseCertificate },
}
const ENCRYPTED = { label: 'ENCRYPTED PRIVATE KEY', what: 'an encrypted PKCS#8 private key' } as const

/** What PEM can hold and is not read, in words, and what makes of it something that is. */
const OTHER_LABELS: ReadonlyMap<string, readonly [what: string, mend: string]> = new Map([
  [
    'OPENSSH PRIVATE KEY',
    [
      'a private key in the format of OpenSSH',
      'Convert a copy of it: ssh-keygen -p -m PKCS8 -f copy (for RSA and EC keys; it leaves Ed25519 keys as they are).',
    ],
  ],
  ['DSA PRIVATE KEY', ['a DSA key, which no algorithm of JOSE takes', 'Make a new key with generateKey.']],
  [
    'CERTIFICATE REQUEST',
    ['a certificate request and no certificate', 'Take its key: openssl req -in request.pem -noout -pubkey'],
  ],
  [
    'TRUSTED CERTIFICATE',
    ['a certificate in a form of OpenSSL alone', 'Convert it: openssl x509 -in old.pem -out new.pem'],
  ],
  ['PKCS7', ['a bundle of certificates', 'Take them out: openssl pkcs7 -in bundle.pem -print_certs']],
  ['EC PARAMETERS', ['the name of a curve and no key', 'Give the EC PRIVATE KEY block that stands behind it.']],
])

function fromPem(text: string, options: ImportOptions, backend: KeyAdmission): Draft {
  const start = text.trimStart()
  if (start.startsWith('{')) {
    throw new JoseError('CS_KEY_INVALID', 'this text is JSON and not a PEM', {
      hint: 'Give JSON.parse(text) for a JWK.',
    })
  }
  if (/^(ssh-|ecdsa-|sk-|---- BEGIN SSH2)/.test(start)) {
    throw new JoseError('CS_UNSUPPORTED', 'this text is a public key in the format of OpenSSH', {
      hint: 'Convert it: ssh-keygen -e -m PKCS8 -f key.pub (for RSA and EC keys; it does not do Ed25519).',
    })
  }
  const { label, der, legacy } = parsePem(text)
  if (legacy !== undefined && !/^(RSA|EC) PRIVATE KEY$/.test(label)) {
    throw new JoseError('CS_UNSUPPORTED', `this PEM (${label}) has header lines of an encryption that is not for it`)
  }
  if (legacy !== undefined) return decrypt(toPem(label, base64(der), legacy), `an encrypted ${label}`, options, backend)
  const [what, mend] = OTHER_LABELS.get(label) ?? []
  if (what !== undefined) throw new JoseError('CS_UNSUPPORTED', `this PEM holds ${what}`, { hint: mend ?? '' })
  const right = [...Object.values(FORMS), ENCRYPTED].some((row) => row.label === label)
  if (!right) throw invalid(`this PEM holds no key but ${show(label)}`)
  const form = formOf(der)
  const row = form === 'encrypted' ? ENCRYPTED : FORMS[form]
  if (row.label !== label) {
    throw new JoseError('CS_KEY_INVALID', `this PEM says ${label} and holds ${row.what}`, {
      hint: `Its first and last line should say ${row.label}.`,
    })
  }
  return readForm(form, der, options, backend)
}

function readForm(form: Form, der: Bytes, options: ImportOptions, backend: KeyAdmission): Draft {
  if (form !== 'encrypted') return FORMS[form].parse(der)
  checkWork(der)
  return decrypt(toPem(ENCRYPTED.label, base64(der)), ENCRYPTED.what, options, backend)
}

function decrypt(pem: string, what: string, { passphrase }: ImportOptions, backend: KeyAdmission): Draft {
  if (passphrase === undefined) {
    throw new JoseError('CS_KEY_INVALID', `this is ${what}, and no passphrase was given`, {
      hint: 'Give it: importKey(input, { passphrase }).',
    })
  }
  return parsePkcs8(backend.decryptPem(pem, passphrase))
}

function fromDer(der: Uint8Array, options: ImportOptions, backend: KeyAdmission): Draft {
  if (looksLikePem(String.fromCharCode(...der.subarray(0, 64)))) {
    throw new JoseError('CS_KEY_INVALID', 'these octets are the text of a PEM', { hint: 'Give it as a string.' })
  }
  if (!looksLikeDer(der)) {
    throw new JoseError('CS_KEY_INVALID', 'these octets are not a key in DER', {
      hint: 'For a secret use secretKey(octets).',
    })
  }
  return readForm(formOf(der), der, options, backend)
}
