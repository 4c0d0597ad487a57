import { quoted } from '../../diagnosis/exact-json.ts'
import { type JsonObject, own } from '../../json.ts'
import { type Hit, memberAt } from '../rule.ts'
import { short } from '../shown.ts'
import type { KeySubject, SetSubject } from '../subject.ts'
import { privateIn } from './private-members.ts'

/** What does not belong into a set that others get to see. */
export function* unsoundSet({ keys }: SetSubject): Generator<Hit> {
  const areSecrets = keys.every(({ jwk = {} }) => own(jwk, 'kty') === 'oct')
  for (const { path, exact, jwk = {} } of keys) {
    const secret = privateIn(exact)
    if (secret === undefined) continue
    const kid = own(jwk, 'kid')
    const name = typeof kid === 'string' ? ` ${short(kid)}` : ''
    const where = areSecrets ? 'such a set is not one to publish' : 'it does not belong among public keys'
    const what = own(jwk, 'kty') === 'oct' ? `is a secret: ${where}` : 'has its private part with it'
    yield { path: memberAt(path, secret), message: `the key${name} ${what}.` }
  }
  yield* sameNames(keys)
}

/** What decides whether two keys of one name are told apart. */
interface Named {
  readonly path: string
  readonly kty: unknown
  readonly use: unknown
  /** Nothing where the key cannot be used, so that nobody knows. */
  readonly algorithms: readonly string[] | undefined
}

/** Keys of one name are told apart by their kind, and by what they are for (RFC 7517 §4.5). */
function* sameNames(keys: readonly KeySubject[]): Generator<Hit> {
  const seen = new Map<string, Named[]>()
  for (const { path, key, jwk = {} } of keys) {
    const kid = own(jwk, 'kid')
    if (typeof kid !== 'string') continue
    const named = { path, kty: own(jwk, 'kty'), use: own(jwk, 'use'), algorithms: key?.algorithms }
    const others = seen.get(kid) ?? []
    const twin = others.find((other) => mayClash(other, named))
    if (twin) yield { path: memberAt(path, 'kid'), message: `kid ${short(kid)} is that of ${twin.path}, too.` }
    others.push(named)
    seen.set(kid, others)
  }
}

function mayClash(one: Named, other: Named): boolean {
  if (one.kty !== other.kty) return false
  if (one.use !== undefined && other.use !== undefined && one.use !== other.use) return false
  return !one.algorithms || !other.algorithms || one.algorithms.some((id) => other.algorithms?.includes(id))
}

const SIGNS = ['sign', 'verify']
const ENCRYPTS = ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey', 'deriveKey', 'deriveBits']

/** How use and key_ops contradict each other, or what key_ops does not allow (RFC 7517 §4.3). */
export function clashOf(jwk: JsonObject): Pick<Hit, 'message' | 'severity'> | undefined {
  const [use, operations] = [own(jwk, 'use'), own(jwk, 'key_ops')]
  if (!Array.isArray(operations)) return undefined
  const names = new Set(operations.filter((name) => typeof name === 'string'))
  if (names.size < operations.length && operations.every((name) => typeof name === 'string'))
    return { message: 'key_ops names an operation twice.' }
  const [signs, encrypts] = [SIGNS, ENCRYPTS].map((all) => all.filter((name) => names.has(name))) as [
    string[],
    string[],
  ]
  const wrong = use === 'sig' ? encrypts : use === 'enc' ? signs : []
  if (wrong.length > 0) return { message: `use is ${quoted(String(use))}, and key_ops has ${wrong.join(', ')}.` }
  return signs.length > 0 && encrypts.length > 0
    ? { message: 'key_ops allows one key both to sign and to encrypt.', severity: 'warn' }
    : undefined
}
