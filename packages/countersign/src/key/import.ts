import { misfit } from '../alg/needs.ts'
import { SIGNATURE } from '../alg/signature.ts'
import type { Bytes } from '../bytes.ts'
import type { KeyAdmission } from '../crypto/backend.ts'
import { JoseError, kindOf, show } from '../errors.ts'
import { isObject } from '../json.ts'
import { checkNames, toBoolean } from '../options.ts'
import {
  looksLikeDer,
  parseCertificate,
  parsePkcs1Private,
  parsePkcs1Public,
  parsePkcs8,
  parserFor,
  parseSec1,
  parseSpki,
} from './container.ts'

import { isJwkSet, type Jwk, type JwkInfo, parseJwk } from './jwk.ts'
import { Key, type KeyInfo } from './key.ts'
import { type Draft, invalid, toMaterial } from './material.ts'
import { looksLikePem, parsePem } from './pem.ts'
import { parseSecret, type SecretInput, secretMaterial } from './secret.ts'

/** A key object of the platform, such as Node's KeyObject. */
export interface PlatformKey {
  readonly type: 'secret' | 'public' | 'private'
  export(options?: never): unknown
}

/** What `importKey` takes: a JWK, the text of a PEM, the octets of a DER, or a KeyObject. */
export type KeyInput = Jwk | string | Uint8Array | PlatformKey

/** What the caller says about a key that its container does not say. */
export interface ImportOptions {
  /** The one algorithm the key is for. */
  readonly alg?: string
  /** The name of the key in headers and sets; it replaces the one in a JWK. */
  readonly kid?: string
  readonly use?: 'sig' | 'enc'
}

/** What the caller says about a secret. */
export interface SecretOptions {
  readonly kid?: string
  /** Lifts the rule that an HMAC key has at least as many bits as its hash, and no other rule. */
  readonly allowWeak?: boolean
}

const NO_INFO: JwkInfo = { kid: undefined, alg: undefined, use: undefined, key_ops: undefined, extractable: true }

/**
 * Turns key input into a `Key`, with every check there is.
 *
 * @throws {JoseError} `CS_KEY_INVALID`, `CS_KEY_SIZE`, `CS_KEY_TYPE`, `CS_WEAK_SECRET` or `CS_UNSUPPORTED`
 */
export function importKey(input: unknown, options: ImportOptions, backend: KeyAdmission): Key {
  checkNames<ImportOptions>(options, ['alg', 'kid', 'use'], 'importKey')
  checkOptions(options)
  if (Key.is(input)) throw invalid('this is a Key already; importKey takes a JWK, a PEM or a DER')
  if (typeof input === 'string') return admit(fromPem(input), NO_INFO, options, backend)
  if (input instanceof Uint8Array) return admit(fromDer(input), NO_INFO, options, backend)
  const adopted = backend.adopt(input)
  if (adopted) return importKey(adopted, options, backend)
  if (isJwkSet(input)) throw invalid('this is a JWK Set and not one key: use keySet')
  if (!isObject(input)) throw invalid(`${kindOf(input)} is not a key`)
  const jwk = parseJwk(input)
  if ('draft' in jwk) return admit(jwk.draft, jwk.info, options, backend)
  const { material, bits, weakness } = secretMaterial(jwk.secret)
  return named(new Key(material, { ...joined(jwk.info, options), bits, weakness }))
}

/** As the door's `secretKey`. @throws {JoseError} `CS_KEY_INVALID`, `CS_WEAK_SECRET` */
export function secretKey(input: SecretInput, alg: string | undefined, options: SecretOptions): Key {
  checkNames<SecretOptions>(options, ['kid', 'allowWeak'], 'secretKey')
  const allowShort = toBoolean(options.allowWeak, 'allowWeak', false)
  checkOptions({ ...(options.kid !== undefined && { kid: options.kid }), ...(alg !== undefined && { alg }) })
  const { material, bits, weakness } = secretMaterial(parseSecret(input))
  return named(new Key(material, { alg, kid: options.kid, bits, weakness, allowShort }))
}

function admit(draft: Draft, info: JwkInfo, options: ImportOptions, backend: KeyAdmission): Key {
  const { material, bits } = toMaterial(draft)
  return named(new Key(backend.admit(material), { ...joined(info, options), bits }))
}

/** A key whose own `alg` is known has to fit it, or it could never serve anything. */
function named(key: Key): Key {
  const row = key.alg === undefined ? undefined : SIGNATURE.get(key.alg)
  const fault = row && misfit(row, key)
  if (fault) throw new JoseError(fault.code, fault.why)
  return key
}

function joined(info: JwkInfo, options: ImportOptions): Omit<KeyInfo, 'bits'> {
  for (const name of ['alg', 'use'] as const) {
    if (info[name] !== undefined && options[name] !== undefined && info[name] !== options[name]) {
      throw new JoseError(
        'CS_KEY_TYPE',
        `the JWK says ${name} ${show(info[name])}, the options say ${show(options[name])}`,
      )
    }
  }
  return { ...info, alg: options.alg ?? info.alg, use: options.use ?? info.use, kid: options.kid ?? info.kid }
}

function checkOptions({ alg, kid, use }: ImportOptions): void {
  if (alg !== undefined && !SIGNATURE.has(alg)) {
    throw new TypeError(`alg ${show(alg)} is none of ${[...SIGNATURE.keys()].join(', ')}`)
  }
  if (kid !== undefined && (typeof kid !== 'string' || kid === '')) throw new TypeError('kid is not a string with text')
  if (use !== undefined && use !== 'sig' && use !== 'enc') throw new TypeError('use is neither "sig" nor "enc"')
}

/** What a PEM can hold, by its label. */
const LABELS: ReadonlyMap<string, (der: Bytes) => Draft> = new Map([
  ['PUBLIC KEY', parseSpki],
  ['PRIVATE KEY', parsePkcs8],
  ['RSA PUBLIC KEY', parsePkcs1Public],
  ['RSA PRIVATE KEY', parsePkcs1Private],
  ['EC PRIVATE KEY', parseSec1],
  ['CERTIFICATE', parseCertificate],
])

/** Keys that PEM can hold and that are not read, in words, and what makes of them one that is. */
const OTHER_LABELS: ReadonlyMap<string, readonly [what: string, mend: string]> = new Map([
  ['ENCRYPTED PRIVATE KEY', ['an encrypted private key', 'openssl pkcs8 -in old.pem -out new.pem']],
  ['OPENSSH PRIVATE KEY', ['a private key in the format of OpenSSH', 'ssh-keygen -p -m PKCS8 -f key']],
])

function fromPem(text: string): Draft {
  if (text.trimStart().startsWith('{')) {
    throw new JoseError('CS_KEY_INVALID', 'this text is JSON and not a PEM', {
      hint: 'Give JSON.parse(text) for a JWK.',
    })
  }
  const { label, der } = parsePem(text)
  const parse = LABELS.get(label)
  if (parse) return parse(der)
  const [what, mend] = OTHER_LABELS.get(label) ?? []
  if (what === undefined) throw invalid(`this PEM holds no key but ${show(label)}`)
  throw new JoseError('CS_UNSUPPORTED', `this PEM holds ${what}, which is not read`, { hint: `Convert it: ${mend}` })
}

function fromDer(der: Uint8Array): Draft {
  if (looksLikePem(String.fromCharCode(...der.subarray(0, 64)))) {
    throw new JoseError('CS_KEY_INVALID', 'these octets are the text of a PEM', { hint: 'Give it as a string.' })
  }
  if (!looksLikeDer(der)) {
    throw new JoseError('CS_KEY_INVALID', 'these octets are not a key in DER', {
      hint: 'For a secret use secretKey(octets).',
    })
  }
  return parserFor(der)(der)
}
