import { ALGORITHM } from '../alg/algorithm.ts'
import { CONTENT, CONTENT_BY_DEFAULT, type ContentAlg, DIRECT } from '../alg/content.ts'
import { LEFT_OUT, MANAGEMENT, type ManagementAlg } from '../alg/management.ts'
import { misfit, type Needs, nearestMisfit, type Table } from '../alg/needs.ts'
import type { Backend } from '../crypto/backend.ts'
import { JoseError, show } from '../errors.ts'
import type { Key } from '../key/key.ts'
import { type KeySource, toSource } from '../source/source.ts'

/** What is allowed where nothing is said: no passwords, since they make others work (attack 38). */
const BY_DEFAULT: Table<ManagementAlg> = new Map([...MANAGEMENT].filter(([, { family }]) => family !== 'password'))

/** An allow-list as a table. @throws TypeError for an empty one, and for names that are no algorithms of its kind */
function toTable<Row extends Needs>(names: unknown, option: string, all: Table<Row>, byDefault = all): Table<Row> {
  if (names === undefined) return byDefault
  if (!Array.isArray(names) || names.length === 0) throw new TypeError(`${option} is an array with at least one name`)
  return new Map(names.map((name: unknown) => [String(name), toRow(name, option, all)]))
}

/** A row by its name. @throws {TypeError} for another, @throws {JoseError} `CS_UNSUPPORTED` for one that is left out */
function toRow<Row extends Needs>(name: unknown, option: string, all: Table<Row>): Row {
  const row = typeof name === 'string' ? all.get(name) : undefined
  if (row) return row
  const why = LEFT_OUT.get(String(name))
  if (why !== undefined) throw new JoseError('CS_UNSUPPORTED', `${show(name)} is left out on purpose: ${why}`)
  throw new TypeError(`${option} names ${show(name)}; known are ${[...all.keys()].join(', ')}`)
}

export const toManagements = (names: unknown): Table<ManagementAlg> =>
  toTable(names, 'algorithms', MANAGEMENT, BY_DEFAULT)

export const toContents = (names: unknown): Table<ContentAlg> => toTable(names, 'encryptions', CONTENT)

/**
 * The keys as a source, once it is clear that they could ever decrypt something.
 *
 * @throws {TypeError} for what is no source of keys
 * @throws {JoseError} for keys that are refused
 */
export function checkedDecryptionSource(
  keys: unknown,
  management: Table<ManagementAlg>,
  content: Table<ContentAlg>,
  backend: Backend,
): KeySource {
  const source = toSource(keys, backend)
  const { only } = source
  const byDefault = management === BY_DEFAULT && content === CONTENT
  if (only === undefined || (byDefault && fits.has(only))) return source
  const rows = [...management.values()].flatMap((row): readonly Needs[] =>
    row.family === 'direct' ? [...content.values()] : [row],
  )
  if (rows.every((row) => misfit(row, only, 'decrypt'))) {
    const passwords = [...MANAGEMENT.values()].filter((row) => row.family === 'password')
    if (management === BY_DEFAULT && passwords.some((row) => misfit(row, only, 'decrypt') === undefined))
      throw new JoseError('CS_ALG', 'the key can only be a password (PBES2), and those have to be asked for', {
        hint: `Decrypting with a password is slow, so name it: algorithms: ['${only.alg ?? passwords[0]?.id}'].`,
      })
    const { code, why } = nearestMisfit(rows, only, 'decrypt')
    throw new JoseError(code, why)
  }
  if (byDefault) fits.add(only)
  return source
}

/** Keys that decrypt by the rules where nothing is said: what a key may do never changes. */
const fits = new WeakSet<Key>()

/** What is encrypted with which key. */
export interface EncryptionChoice {
  readonly source: KeySource
  readonly alg: ManagementAlg
  readonly content: ContentAlg
  /** What is asked of the key. */
  readonly needs: Needs
}

/**
 * The key management to encrypt with: the caller's, or the key's own, or the only one that the key serves.
 *
 * @throws {TypeError} for an unknown name, or where the caller has to choose
 * @throws {JoseError} for keys that are refused
 */
export function toManagement(
  keys: unknown,
  named: unknown,
  backend: Backend,
): Pick<EncryptionChoice, 'source' | 'alg'> {
  const source = toSource(keys, backend)
  if (named !== undefined) return { source, alg: toRow(named, 'alg', MANAGEMENT) }
  if (source.only === undefined) throw new TypeError('alg is needed where the key comes from several')
  return { source, alg: ownManagement(source.only) }
}

function ownManagement(key: Key): ManagementAlg {
  const row = ALGORITHM.get(key.alg ?? '')
  if (row && CONTENT.has(row.id)) return toRow(DIRECT, 'alg', MANAGEMENT)
  if (row?.use === 'sig') throw new JoseError('CS_KEY_TYPE', `the key is for ${row.id} alone, which encrypts nothing`)
  if (key.alg !== undefined) return toRow(key.alg, 'alg of the key', MANAGEMENT)
  const rows = [...MANAGEMENT.values()].filter((alg) => misfit(alg, key, 'encrypt') === undefined)
  const [only, ...others] = rows
  if (only === undefined) {
    const { code, why } = nearestMisfit(MANAGEMENT.values(), key, 'encrypt')
    throw new JoseError(code, why)
  }
  if (others.length === 0) return only
  throw new TypeError(`the key encrypts with ${rows.map(({ id }) => id).join(', ')}: say which with the option alg`)
}

/**
 * The content encryption: the caller's, or with a shared key the one that fits it.
 *
 * @throws {TypeError} for an unknown name
 * @throws {JoseError} where the key does not serve
 */
export function toChoice({ source, alg }: Pick<EncryptionChoice, 'source' | 'alg'>, named: unknown): EncryptionChoice {
  const { only } = source
  const direct = alg.family === 'direct'
  const own = direct && only && named === undefined ? ownContent(only) : undefined
  const content = toRow(named === undefined ? (own?.id ?? CONTENT_BY_DEFAULT) : named, 'enc', CONTENT)
  const needs = direct ? content : alg
  const fault = only && misfit(needs, only, 'encrypt')
  if (fault) throw new JoseError(fault.code, fault.why)
  return { source, alg, content, needs }
}

function ownContent(key: Key): ContentAlg | undefined {
  return CONTENT.get(key.alg ?? '') ?? [...CONTENT.values()].find((row) => misfit(row, key, 'encrypt') === undefined)
}
