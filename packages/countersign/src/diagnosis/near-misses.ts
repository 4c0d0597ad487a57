import { misfit } from '../alg/needs.ts'
import { SIGNATURE, type SignatureAlg } from '../alg/signature.ts'
import { type Bytes, base64, base64url, concat, fromBase64, fromBase64url, fromUtf8, octetsIn, utf8 } from '../bytes.ts'
import type { Backend, Material } from '../crypto/backend.ts'
import { JoseError, show } from '../errors.ts'
import { headerReader } from '../header.ts'
import { isObject, type JsonObject, own } from '../json.ts'
import { signatureOctets } from '../jws/primitive.ts'
import { DerReader, TAG } from '../key/der.ts'
import { importJwk } from '../key/from-jwk.ts'
import { Key } from '../key/key.ts'
import { exportJwk, exportPem, nameOf, publicKey, thumbprint } from '../key/ops.ts'
import { parseSecret, rawSecret } from '../key/secret.ts'
import { run } from '../op.ts'
import { JOSE_LIMITS } from '../options.ts'
import { type Jws, type JwsSignature, parseCompact, parseJson } from '../serialization/jws.ts'
import { printable } from './exact-json.ts'
import type { GivenKeys, Told } from './told.ts'

/** How a secret was said to be written. */
export type SecretSpelling = 'utf8' | 'base64' | 'base64url' | 'hex'

/** What a token was held against. */
export interface Tried {
  readonly given: GivenKeys
  /** Every key of the set, also those that were left aside. */
  readonly all?: readonly Key[]
  /** A secret before it became a key. */
  readonly secret?: { readonly bytes: Bytes; readonly encoding: SecretSpelling }
  /** What the file of a key has in it. */
  readonly written?: () => Promise<Bytes | undefined>
}

/** What to say in place of an error's own words, or of one of them. The code and the verdict stay what they are. */
export type NearMiss = Partial<Pick<Told, 'message' | 'hint'>>

/** Bounds the work: no more signatures, and no more keys, are looked at. */
const MOST_SIGNATURES = 4
const MOST_KEYS = 16

/** One signature that did not verify, with all that may be looked at. */
interface Matter {
  readonly signature: JwsSignature
  readonly alg: SignatureAlg
  readonly told: Told
  readonly tried: Tried
  readonly backend: Backend
}

/**
 * What a token that was refused for its signature nearly matched with. It is refused no less for that: nothing here says
 * more than what may have gone wrong.
 *
 * @param token - the compact text, or the object of a JSON serialization; one that is detached is not looked into
 */
export async function nearMiss(
  told: Told,
  token: string | JsonObject,
  tried: Tried,
  backend: Backend,
): Promise<NearMiss | undefined> {
  const jws = parsed(token)
  if (jws?.payload === undefined) return undefined
  for (const signature of jws.signatures.slice(0, MOST_SIGNATURES)) {
    const alg = SIGNATURE.get(signature.header.alg)
    if (alg === undefined) continue
    const matter: Matter = { signature, alg, told, tried, backend }
    for (const look of LOOKS) {
      const found = await quietly(() => look(matter))
      if (found) return printed(found)
    }
  }
  return undefined
}

/** Names come from outside: a terminal does nothing but show them. */
function printed({ message, hint }: NearMiss): NearMiss {
  return {
    ...(message !== undefined && { message: printable(message) }),
    ...(hint !== undefined && { hint: printable(hint) }),
  }
}

/** What cannot be looked at is not near: the refusal that is to be explained stays the one that is told. */
async function quietly<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await look()
  } catch (error) {
    if (error instanceof JoseError) return undefined
    throw error
  }
}

function parsed(token: string | JsonObject): Jws | undefined {
  try {
    return typeof token === 'string'
      ? parseCompact(token, JOSE_LIMITS, headerReader(JOSE_LIMITS))
      : parseJson(token, { limits: JOSE_LIMITS, allowUnprotectedAlg: false })
  } catch {
    return undefined
  }
}

type Look = (matter: Matter) => Promise<NearMiss | undefined>

const LOOKS: readonly Look[] = [
  otherSpelling,
  otherSpellingOfMember,
  publicAsSecret,
  otherName,
  derEncoded,
  otherLength,
  otherKey,
  ownKey,
]

/** Whether a signature verifies. It never throws: what cannot be tried does not match. */
async function matches({ signature, alg, backend }: Matter, material: Material, text?: string): Promise<boolean> {
  try {
    return await backend.verify(alg, material, signature.input, text ?? signature.signature)
  } catch {
    return false
  }
}

async function matchesSecret(matter: Matter, secret: Bytes): Promise<boolean> {
  const isWhole = octetsIn(matter.signature.signature) === (matter.alg.hash ?? 0) / 8
  return isWhole && secret.length > 0 && matches(matter, rawSecret(secret))
}

async function matchesKey(matter: Matter, key: Key, text: string = matter.signature.signature): Promise<boolean> {
  const { alg, backend } = matter
  if (key.kind === 'secret') return false
  const open = await run(publicKey(key), backend)
  if (misfit(alg, open, 'verify') !== undefined) return false
  return octetsIn(text) === signatureOctets(alg, open) && matches(matter, Key.material(open), text)
}

/** How a secret was taken, and how else it could be. */
const AS: Readonly<Record<SecretSpelling, readonly [was: string, is: string]>> = {
  utf8: ['as text', 'taken as text'],
  base64: ['base64-decoded', 'base64-decoded'],
  base64url: ['base64url-decoded', 'base64url-decoded'],
  hex: ['hex-decoded', 'hex-decoded'],
}

/** The secret is right, and was taken for something else. */
async function otherSpelling(matter: Matter): Promise<NearMiss | undefined> {
  const { secret } = matter.tried
  if (matter.alg.family !== 'hmac' || secret === undefined) return undefined
  const { bytes, encoding } = secret
  const say = (is: string, hint: string): NearMiss => ({
    message: `signature does not match with the secret ${AS[encoding][0]}, but DOES match ${is}.`,
    hint,
  })
  for (const other of Object.keys(AS) as readonly SecretSpelling[]) {
    const octets = other === encoding ? undefined : spelled(bytes, other)
    if (octets && (await matchesSecret(matter, octets)))
      return say(`if it is ${AS[other][1]}`, `--secret-encoding ${other}`)
  }
  const text = textOf(bytes)
  if (encoding !== 'utf8' || text === undefined) return undefined
  for (const [what, end] of [
    ['a newline', '\n'],
    ['a carriage return and a newline', '\r\n'],
  ] as const) {
    if (await matchesSecret(matter, concat(bytes, utf8(end))))
      return say(
        `with ${what} at its end`,
        `whoever signed it took ${what} at the end of a file for a part of the secret. Sign without it; to check this token, put it there twice: one is removed.`,
      )
  }
  const bare = text.trim()
  if (bare !== text && (await matchesSecret(matter, utf8(bare))))
    return say('without the white space around it', 'take away the white space before and behind the secret.')
  const [, , inside] = /^(["'])(.+)\1$/s.exec(bare) ?? []
  if (inside !== undefined && (await matchesSecret(matter, utf8(inside))))
    return say('without the quotes around it', 'take away the quotes around the secret.')
  return undefined
}

/** The octets that a text stands for in some spelling; nothing where it is none. */
function spelled(bytes: Bytes, spelling: SecretSpelling): Bytes | undefined {
  if (spelling === 'utf8') return bytes
  const text = textOf(bytes)?.trim()
  if (text === undefined || text === '') return undefined
  try {
    if (spelling === 'base64') return fromBase64(text, 'the secret')
    return spelling === 'base64url' ? fromBase64url(text, 'the secret') : parseSecret({ hex: text })
  } catch {
    return undefined
  }
}

function textOf(bytes: Bytes): string | undefined {
  try {
    return fromUtf8(bytes, 'the secret')
  } catch {
    return undefined
  }
}

/** The `k` of a JWK is right, and whoever signed took its text for the secret, or the other way about. */
async function otherSpellingOfMember(matter: Matter): Promise<NearMiss | undefined> {
  const { given, secret } = matter.tried
  if (matter.alg.family !== 'hmac' || secret !== undefined) return undefined
  for (const key of given.keys.slice(0, MOST_KEYS)) {
    const { secret: octets } = Key.material(key)
    if (octets === undefined) continue
    if ((await matchesSecret(matter, utf8(base64url(octets)))) || (await matchesSecret(matter, utf8(base64(octets)))))
      return {
        message: `signature does not match with the octets that k of ${given.name} stands for, but DOES match with the text of k itself.`,
        hint: 'k of a JWK is base64url: have whoever signs decode it. (RFC 7518 §6.4.1)',
      }
    const text = textOf(octets)
    const decoded = text === undefined ? undefined : (spelled(octets, 'base64') ?? spelled(octets, 'base64url'))
    if (decoded && (await matchesSecret(matter, decoded)))
      return {
        message: `signature does not match with the octets that k of ${given.name} stands for, but DOES match if they are base64-decoded once more.`,
        hint: 'k of a JWK is the base64url of the secret, and not of its base64: mend the JWK. (RFC 7518 §6.4.1)',
      }
  }
  return undefined
}

/** Somebody made an HMAC with what everybody knows (RFC 8725 §2.1). */
async function publicAsSecret(matter: Matter): Promise<NearMiss | undefined> {
  const { tried, alg, backend } = matter
  if (alg.family !== 'hmac') return undefined
  const open = candidates(tried)
  if (open.length === 0) return undefined
  const written = await tried.written?.()
  const secrets: Bytes[] = written ? withAndWithoutEnd(written) : []
  for (const key of open) {
    const bare = await run(publicKey(key), backend)
    const pem = utf8(await run(exportPem(bare), backend))
    secrets.push(...withAndWithoutEnd(pem), utf8(JSON.stringify(await run(exportJwk(bare), backend))))
  }
  for (const secret of secrets) {
    if (await matchesSecret(matter, secret))
      return {
        hint: `refuse it: the signature is an HMAC whose secret is the text of ${open.length === 1 ? 'this public key' : 'a public key of these'}. Somebody took a key that everybody knows for a secret: an attack by algorithm confusion, or a mistake that lets everybody make tokens. (RFC 8725 §2.1)`,
      }
  }
  return undefined
}

function withAndWithoutEnd(text: Bytes): Bytes[] {
  const bare = text.at(-1) === 0x0a ? text.subarray(0, text.at(-2) === 0x0d ? -2 : -1) : text
  return [bare, concat(bare, utf8('\n')), concat(bare, utf8('\r\n'))]
}

/** Two names of one algorithm, of which the JWK has the one and the token the other (RFC 9864 §2.2). */
async function otherName(matter: Matter): Promise<NearMiss | undefined> {
  const { alg, tried, signature, told, backend } = matter
  if (told.code !== 'CS_ALG' || alg.family !== 'eddsa') return undefined
  for (const key of tried.given.keys.slice(0, MOST_KEYS)) {
    if (key.alg === undefined || key.alg === alg.id || !alg.crv?.includes(key.crv ?? '')) continue
    const open = await run(publicKey(key), backend)
    if (octetsIn(signature.signature) !== signatureOctets(alg, open)) continue
    if (await matches(matter, Key.material(open)))
      return {
        hint: `the signature matches: ${alg.id} and ${key.alg} are two names of one algorithm, and the alg of the key allows the other one alone. Take alg out of the key, or have both say the same. (RFC 9864 §2.2)`,
      }
  }
  return undefined
}

/** OpenSSL and its kin write a signature of ECDSA as DER; JOSE wants r and s side by side (RFC 7518 §3.4). */
async function derEncoded(matter: Matter): Promise<NearMiss | undefined> {
  const { alg, signature, tried } = matter
  if (alg.family !== 'ecdsa' || matter.told.code !== 'CS_SIGNATURE') return undefined
  const octets = fromBase64url(signature.signature, 'the signature')
  const pair = derPair(octets)
  if (pair === undefined) return undefined
  let found: Key | undefined
  let size = 0
  for (const key of candidates(tried)) {
    if (misfit(alg, key) !== undefined) continue
    size ||= signatureOctets(alg, key)
    const text = sideBySide(pair, size / 2)
    if (text !== undefined && (await matchesKey(matter, key, text))) {
      found = key
      break
    }
  }
  if (size === 0) return undefined
  const fact = `signature does not match: it is DER-encoded (${octets.length} bytes), and ${alg.id} takes r and s side by side (${size} bytes)`
  const hint =
    'have whoever signs write r || s: in Node.js dsaEncoding: "ieee-p1363", elsewhere P1363 or "raw". (RFC 7518 §3.4)'
  return {
    message: found ? `${fact}. Written so, it DOES match.` : `${fact}. Written so, it does not match either.`,
    hint,
  }
}

/** The two numbers of an ECDSA signature that is written as DER; nothing for any other octets. */
export function derPair(octets: Bytes): readonly [r: Bytes, s: Bytes] | undefined {
  try {
    const outer = new DerReader(octets)
    const inner = outer.enter(TAG.sequence, 'the signature')
    const pair = [inner.unsigned('r'), inner.unsigned('s')] as const
    return outer.done && inner.done ? pair : undefined
  } catch {
    return undefined
  }
}

function sideBySide(pair: readonly Bytes[], half: number): string | undefined {
  if (pair.some(({ length }) => length > half)) return undefined
  return base64url(concat(...pair.map((part) => concat(new Uint8Array(half - part.length), part))))
}

const candidates = ({ given, all = given.keys }: Tried): readonly Key[] =>
  all.filter(({ kind }) => kind !== 'secret').slice(0, MOST_KEYS)

/** Something was cut off, or something follows. */
async function otherLength(matter: Matter): Promise<NearMiss | undefined> {
  const { alg, signature, tried, told } = matter
  if (told.code !== 'CS_SIGNATURE') return undefined
  const text = signature.signature
  const sizes = new Map<number, Key | undefined>()
  if (alg.family === 'hmac') sizes.set((alg.hash ?? 0) / 8, undefined)
  for (const key of tried.given.keys.slice(0, MOST_KEYS))
    if (alg.family !== 'hmac' && misfit(alg, key) === undefined) sizes.set(signatureOctets(alg, key), key)
  const [[size, key] = [0, undefined], ...others] = sizes
  if (size === 0 || others.length > 0 || octetsIn(text) === size) return undefined
  const fact = `signature does not match: it has ${octetsIn(text)} bytes, and ${alg.id} with this key has ${size}`
  if (octetsIn(text) < size)
    return alg.family === 'rsa' || alg.family === 'pss'
      ? { message: `${fact}: another key signed it, or it was cut.` }
      : { message: `${fact}: it was cut.`, hint: 'get the whole token again from where it was issued.' }
  const whole = text.slice(0, Math.ceil((size * 4) / 3))
  const holds = key ? await matchesKey(matter, key, whole) : await matchesCutSecret(matter, whole)
  if (!holds) return { message: `${fact}: something follows its end, or another key signed it.` }
  const more = text.length - whole.length
  return {
    message: `${fact}. It DOES match without its last ${more === 1 ? 'character' : `${more} characters`}.`,
    hint: 'something was put behind the token on its way: get it again from where it was issued.',
  }
}

async function matchesCutSecret(matter: Matter, text: string): Promise<boolean> {
  const [key] = matter.tried.given.keys
  return key !== undefined && Key.material(key).secret !== undefined && matches(matter, Key.material(key), text)
}

/** Another key of the set signed it than the one that the token names, or that was asked for. */
async function otherKey(matter: Matter): Promise<NearMiss | undefined> {
  const { tried, told, backend } = matter
  const isOpen = ['CS_SIGNATURE', 'CS_NO_KEY', 'CS_AMBIGUOUS_KEY'].includes(told.code)
  if (tried.given.as !== 'set' || !isOpen) return undefined
  for (const key of candidates(tried)) {
    if (!(await matchesKey(matter, key))) continue
    const name = await run(nameOf(key), backend)
    if (name === undefined) return undefined
    const choose = `--kid ${/^[\w.~][\w.~-]*$/.test(name) ? name : 'ID'}`
    if (told.code === 'CS_AMBIGUOUS_KEY')
      return { hint: `the signature matches kid ${show(name)}; choose it: ${choose}` }
    const hint =
      matter.signature.header.kid === name
        ? 'that is the key that the token names: leave out --kid.'
        : `whoever signs names another key than the one in use: have that mended. To check with it all the same: ${choose}`
    if (told.code === 'CS_NO_KEY') return { hint: `the signature DOES match kid ${show(name)} of these: ${hint}` }
    return { message: `${told.message.replace(/\.$/, '')}, but DOES match kid ${show(name)} of the same set.`, hint }
  }
  return undefined
}

/** A token that brings its own key proves nothing: anyone can make one (RFC 7515 §4.1.3). */
async function ownKey(matter: Matter): Promise<NearMiss | undefined> {
  const { signature, told, backend } = matter
  const jwk = own(signature.header, 'jwk')
  if (told.code !== 'CS_SIGNATURE' || !isObject(jwk)) return undefined
  let key: Key
  try {
    key = importJwk(jwk, {}, backend)
  } catch {
    return undefined
  }
  if (key.kind !== 'public' || !(await matchesKey(matter, key))) return undefined
  return {
    message: `${told.message.replace(/\.$/, '')}, but DOES match the key in its own header (jwk), which anyone can put there.`,
    hint: `refuse it, unless you know that key by its thumbprint, ${await run(thumbprint(key), backend)}. (RFC 7515 §4.1.3)`,
  }
}
