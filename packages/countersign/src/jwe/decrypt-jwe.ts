import type { Backend } from '../crypto/backend.ts'
import { JoseError, kindOf } from '../errors.ts'
import { headerReader, type JweHeader } from '../header.ts'
import { isObject, type JsonObject } from '../json.ts'
import type { Key } from '../key/key.ts'
import type { Op } from '../op.ts'
import { checkNames, JWE_LIMITS, type JweLimits, toBoolean, toLimits, toTexts } from '../options.ts'
import { type Jwe, parseCompactJwe, parseJsonJwe } from '../serialization/jwe.ts'
import type { Keys } from '../source/source.ts'
import { type DecryptRules, decrypt } from './decrypt.ts'
import { checkedDecryptionSource, toContents, toManagements } from './rules.ts'

/** Options of {@link decryptJwe}. */
export interface DecryptJweOptions {
  /** Private keys or shared secrets, in any form that keys come in. */
  readonly keys: Keys
  /** Narrows the key management further than the keys do; a password (PBES2) is taken only where it is named here. */
  readonly algorithms?: readonly string[]
  /** Narrows the content encryption. */
  readonly encryptions?: readonly string[]
  /** Extensions that you understand and act upon: a header that calls another one critical is refused. */
  readonly crit?: readonly string[]
  /** Accepts a JWE in JSON whose `enc` stands in an unprotected header (RFC 7520 §5.12). */
  readonly allowUnprotectedAlg?: boolean
  /** What is refused for its size: octets, levels, how many recipients; see {@link JweLimits}. */
  readonly limits?: Partial<JweLimits>
}

/** A JWE that {@link decryptJwe} has decrypted. */
export interface DecryptedJwe {
  /** The octets that were encrypted. */
  readonly plaintext: Uint8Array
  /** The JOSE header: protected, shared and the recipient's own members. */
  readonly header: JweHeader
  /** What the tag vouches for. */
  readonly protectedHeader: Readonly<Record<string, unknown>>
  /** The key that decrypted it. */
  readonly key: Key
}

const NAMES = ['keys', 'algorithms', 'encryptions', 'crit', 'allowUnprotectedAlg', 'limits'] as const

const readHeader = headerReader(JWE_LIMITS)

/** @see the door's `decryptJwe` */
export function decryptJwe(token: unknown, options: DecryptJweOptions, backend: Backend): Op<DecryptedJwe> {
  checkNames<DecryptJweOptions>(options, NAMES, 'decryptJwe')
  const limits = toLimits(options.limits, JWE_LIMITS)
  const allowUnprotectedAlg = toBoolean(options.allowUnprotectedAlg, 'allowUnprotectedAlg', false)
  const [management, content] = [toManagements(options.algorithms), toContents(options.encryptions)]
  const rules: DecryptRules = {
    management,
    content,
    understood: toUnderstood(options.crit),
    inflatedBytes: limits.inflatedBytes,
  }
  const source = checkedDecryptionSource(options.keys, management, content, backend)
  return decrypt(parse(token, limits, allowUnprotectedAlg), source, rules)
}

function parse(token: unknown, limits: JweLimits, allowUnprotectedAlg: boolean): Jwe {
  if (isObject(token)) return parseJsonJwe(token as JsonObject, { limits, allowUnprotectedAlg })
  if (typeof token === 'string' && token.trimStart().startsWith('{')) {
    throw new JoseError('CS_MALFORMED', 'the token is the text of a JSON object', {
      hint: 'A string is a compact JWE. For a JWE in JSON give the object: JSON.parse(text).',
    })
  }
  return parseCompactJwe(token, limits, limits === JWE_LIMITS ? readHeader : headerReader(limits))
}

/** `b64` is not for a JWE (attack 48), so nothing is understood but what the caller acts upon. @throws TypeError */
function toUnderstood(crit: unknown): ReadonlySet<string> {
  if (crit === undefined) return NOTHING
  if (!Array.isArray(crit)) throw new TypeError(`crit is ${kindOf(crit)} and not an array of names`)
  if (crit.includes('b64')) throw new TypeError('crit names b64, which is for signatures')
  return new Set(crit.length > 0 ? toTexts(crit, 'crit') : [])
}

const NOTHING: ReadonlySet<string> = new Set()
