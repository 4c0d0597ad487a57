import { CONTENT, type ContentAlg } from '../alg/content.ts'
import { LEFT_OUT, MANAGEMENT, type ManagementAlg } from '../alg/management.ts'
import type { Needs, Table } from '../alg/needs.ts'
import type { Bytes } from '../bytes.ts'
import type { Material } from '../crypto/backend.ts'
import { JoseError, setAside, show } from '../errors.ts'
import { checkUnderstood, type JweHeader } from '../header.ts'
import type { JsonObject } from '../json.ts'
import { Key } from '../key/key.ts'
import { type Op, use } from '../op.ts'
import type { Jwe, JweRecipient } from '../serialization/jwe.ts'
import { type KeySource, selected } from '../source/key-source.ts'
import { ask, newCek, recover } from './manage.ts'
import { isDirect, type Parameters, parseParameters } from './parameters.ts'

/** What the caller allows. */
export interface DecryptRules {
  /** The allow-lists; the key narrows them further, and the header decides nothing. */
  readonly management: Table<ManagementAlg>
  readonly content: Table<ContentAlg>
  /** The extensions that a header may call critical. */
  readonly understood: ReadonlySet<string>
  readonly inflatedBytes: number
  /** Has a say about each key before it is tried. */
  admit?(key: Key): void
}

/** A JWE that was opened. */
export interface Decrypted {
  readonly plaintext: Bytes
  /** The JOSE header of the recipient whose key opened it. */
  readonly header: JweHeader
  /** What the tag vouches for. */
  readonly protectedHeader: JsonObject
  readonly key: Key
}

/** One key that may open the JWE. */
interface Attempt {
  readonly alg: ManagementAlg
  readonly key: Key
  readonly recipient: JweRecipient
  readonly parameters: Parameters
}

/** How many keys are tried on one JWE, whatever its recipients are. */
const MOST_TRIED = 16

/**
 * Decrypts a JWE (RFC 7516 §5.2). Everything that anyone can see is checked first, and the keys are chosen by kid and
 * algorithm; then each is tried to the end, whatever becomes of its encrypted key, so that all failures look the same.
 *
 * @throws {JoseError} for what anyone can see, and else `CS_DECRYPTION`, which names no part and no key; for a plaintext
 *   that was compressed also `CS_TOO_LARGE` and `CS_MALFORMED`
 */
export function* decrypt(jwe: Jwe, keys: KeySource, rules: DecryptRules): Op<Decrypted> {
  const content = contentOf(jwe, rules)
  let fault: JoseError | undefined
  const attempts: Attempt[] = []
  for (const recipient of jwe.recipients) {
    try {
      attempts.push(...(yield* candidates(recipient, jwe, content, keys, rules)))
    } catch (error) {
      fault = setAside(error, fault, jwe.recipients)
    }
  }
  refuseWork(attempts)
  for (const attempt of attempts) {
    let plaintext: Bytes | undefined
    try {
      plaintext = yield* open(attempt, jwe, content)
    } catch (error) {
      // A key that is out of reach, or that this platform cannot use, does not hide another one.
      fault = setAside(error, fault, attempts)
    }
    if (plaintext === undefined) continue
    const { key, recipient } = attempt
    const { header } = recipient
    return { plaintext: yield* inflated(plaintext, header, rules), header, protectedHeader: jwe.protectedHeader, key }
  }
  if (fault?.unavailable) throw fault
  throw new JoseError('CS_DECRYPTION', 'the JWE cannot be decrypted')
}

function* inflated(plaintext: Bytes, header: JweHeader, { inflatedBytes }: DecryptRules): Op<Bytes> {
  if (header['zip'] === undefined) return plaintext
  return yield* use((backend) => backend.inflate(plaintext, inflatedBytes))
}

/** The content encryption of a JWE, which is one for all its recipients. @throws {JoseError} */
function contentOf({ recipients, iv, tag }: Jwe, { content: allowed }: DecryptRules): ContentAlg {
  const [{ header } = {}] = recipients
  const { enc = '' } = header ?? {}
  const content = allowed.get(enc)
  if (content === undefined) {
    if (!CONTENT.has(enc)) throw new JoseError('CS_ALG', `enc ${show(enc)} is no content encryption that is known here`)
    throw new JoseError('CS_ALG', `enc ${enc} is not allowed here; allowed: ${[...allowed.keys()].join(', ')}`)
  }
  if (header?.['zip'] !== undefined && header['zip'] !== 'DEF')
    throw new JoseError('CS_UNSUPPORTED', `zip ${show(header['zip'])} is not supported`, {
      hint: 'DEF is what there is.',
    })
  mustHave(iv, content.ivOctets, 'initialization vector', enc)
  mustHave(tag, content.tagOctets, 'authentication tag', enc)
  return content
}

/** A shorter tag is easier to guess, and another vector one that nobody has looked at (attacks 41 and 42). */
function mustHave({ length }: Bytes, octets: number, what: string, enc: string): void {
  if (length === octets) return
  throw new JoseError('CS_MALFORMED', `the ${what} has ${length} octets, and ${enc} takes ${octets}`)
}

function* candidates(
  recipient: JweRecipient,
  { recipients }: Jwe,
  content: ContentAlg,
  keys: KeySource,
  rules: DecryptRules,
): Op<readonly Attempt[]> {
  const { header } = recipient
  checkUnderstood(header, rules.understood)
  const alg = allowed(header.alg, rules.management)
  if (isDirect(alg) && recipients.length > 1)
    throw new JoseError('CS_HEADER', `alg ${alg.id} is for one recipient alone (RFC 7516 §5.1)`)
  const parameters = parseParameters(alg, recipient)
  const needs: Needs = alg.family === 'direct' ? content : alg
  const all = yield* selected(keys.select(header, needs, 'decrypt'))
  for (const key of all) rules.admit?.(key)
  const { epk } = parameters
  const fit = epk ? all.filter(({ crv }) => crv === epk.crv) : all
  if (fit.length === 0)
    throw new JoseError(
      'CS_KEY_TYPE',
      `epk is on ${epk?.crv}, and the key is on ${all.map(({ crv }) => crv).join(', ')}`,
    )
  return fit.map((key) => ({ alg, key, recipient, parameters }))
}

function allowed(alg: string, management: Table<ManagementAlg>): ManagementAlg {
  const row = management.get(alg)
  if (row) return row
  const why = LEFT_OUT.get(alg)
  if (why !== undefined) throw new JoseError('CS_UNSUPPORTED', `alg ${alg} is left out on purpose: ${why}`)
  const known = MANAGEMENT.get(alg)
  if (known === undefined) throw new JoseError('CS_ALG', `alg ${show(alg)} is no key management that is known here`)
  const names = [...management.keys()].join(', ')
  throw new JoseError('CS_ALG', `alg ${alg} is not allowed here; allowed: ${names}`, {
    hint:
      known.family === 'password'
        ? 'Decrypting with a password is slow, and only done where algorithms names it.'
        : 'If you want tokens made with it, name it in the algorithms option and give a key that serves it.',
  })
}

/** All the work of a token together is no more than one password may take (attack 46). */
function refuseWork(attempts: readonly Attempt[]): void {
  if (attempts.length > MOST_TRIED) {
    throw new JoseError(
      'CS_TOO_LARGE',
      `${attempts.length} keys would have to be tried on the token, ${MOST_TRIED} are allowed`,
      { hint: 'Name the key of each recipient by its kid, and give the keys as a key set.' },
    )
  }
  let share = 0
  for (const { alg, parameters } of attempts)
    if (alg.family === 'password') share += (parameters.iterations ?? 0) / alg.iterations
  if (share <= 1) return
  throw new JoseError('CS_TOO_LARGE', 'the token asks for more iterations than are allowed for all its passwords', {
    hint: 'Name the key of each recipient by its kid, and give the keys as a key set; or encrypt with a lower p2c.',
  })
}

/** The plaintext by one key; nothing where it does not open, whatever the reason (attacks 40 to 43). */
function* open(attempt: Attempt, jwe: Jwe, content: ContentAlg): Op<Bytes | undefined> {
  const { iv, ciphertext, tag, aad } = jwe
  const cek = yield* cekOf(attempt, content)
  return yield* ask(
    cek,
    (own) => own.open(content, iv, { ciphertext, tag }, aad),
    (backend) => backend.open(content, cek, iv, { ciphertext, tag }, aad),
  )
}

/** The CEK, or a random one where the key gave none or one of another length. */
function* cekOf({ alg, key, recipient, parameters }: Attempt, content: ContentAlg): Op<Material> {
  if (alg.family === 'direct') return Key.material(key)
  // Made in any case, so that it takes no time that only a failure would take.
  const random = yield* newCek(content)
  const found = yield* recover(alg, key, content, recipient.encryptedKey, parameters)
  return found?.secret?.length === random.secret?.length ? (found ?? random) : random
}
