import { createHash, randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type Key, secretKey } from 'countersign'
import { AuthorityError } from '../errors.ts'
import type { Settings } from '../settings.ts'

/** The key that encrypts keys, and the one that did before it, while everything is wrapped anew. */
export interface Keks {
  readonly current: Key
  readonly previous: Key | undefined
}

/**
 * The key that encrypts keys: out of the environment, or out of a file, which is made at first start.
 *
 * @param needed - whether the database already holds what such a key has sealed: a new one would open nothing of it
 * @throws {AuthorityError} `KEK_WRONG`
 */
export function openKeks(settings: Settings, needed: boolean): Keks {
  const path = kekFileOf(settings)
  const text = settings.kek ?? fromFile(path as string, needed)
  // One that was about to take over when the process ended may have sealed something already.
  const other = (path === undefined ? undefined : readKek(nextOf(path))) ?? settings.previousKek
  return {
    current: toKek(text, path && `what is in ${path}`),
    previous: other === undefined ? undefined : toKek(other),
  }
}

/** The file that the key is in; nothing where it is in the environment. */
export function kekFileOf({ kek, kekFile, data }: Settings): string | undefined {
  return kek === undefined ? (kekFile ?? join(data, 'kek')) : undefined
}

/** Where the key that is about to take over waits, and where the one goes whose place it took. */
export const nextOf = (path: string): string => `${path}.next`
export const previousOf = (path: string): string => `${path}.previous`

/** The files of the keys that were replaced, the last one first. */
export function keptOf(path: string): readonly string[] {
  const name = basename(previousOf(path))
  const kept = readdirSync(dirname(path)).filter((file) => file === name || file.startsWith(`${name}.`))
  return kept.sort().map((file) => join(dirname(path), file))
}

/** The key in a file, as text; nothing where there is no file. */
export function readKek(path: string): string | undefined {
  return existsSync(path) ? textIn(path) : undefined
}

/** @throws {AuthorityError} `KEK_WRONG` for a file that cannot be read */
function textIn(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? 'unknown'
    throw new AuthorityError('KEK_WRONG', `the key that encrypts keys cannot be read from ${path}: ${why}`, {
      hint: 'It is a file that the user whom the server runs as may read.',
      cause,
    })
  }
}

/**
 * @param where - what the message names
 * @throws {AuthorityError} `KEK_WRONG` for what is no key
 */
export function toKek(text: string, where = 'the key that encrypts keys'): Key {
  const octets = Buffer.from(text, /^[0-9a-f]{64}$/i.test(text) ? 'hex' : 'base64url')
  if (octets.length !== 32)
    throw new AuthorityError('KEK_WRONG', `${where} is not 32 octets in base64url or hexadecimal`)
  if (octets.every((octet) => octet === 0))
    throw new AuthorityError('KEK_WRONG', `${where} is a key of zeros, which everybody knows`)
  // A name that tells two apart and nothing of either.
  const kid = createHash('sha256').update('countersign kek').update(octets).digest('base64url').slice(0, 16)
  return secretKey(octets, 'A256GCMKW', { kid })
}

function fromFile(path: string, needed: boolean): string {
  if (!existsSync(path)) {
    if (needed)
      throw new AuthorityError('KEK_WRONG', `the database holds keys, and the key that opens them is not in ${path}`, {
        hint: 'Restore that file, or give the key in COUNTERSIGN_KEK or by COUNTERSIGN_KEK_FILE.',
      })
    makeFile(path)
  }
  return textIn(path)
}

/** A key, as text. */
export const newKek = (): string => randomBytes(32).toString('base64url')

/** Writes a key into a file of another name, for its owner alone. @returns its path */
export function draftKek(path: string, text: string): string {
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  writeFileSync(draft, `${text}\n`, { mode: 0o600, flag: 'wx', flush: true })
  chmodSync(draft, 0o600)
  // Whom the file belongs to has to be able to read what takes its place, also where root puts it there.
  const before = process.getuid?.() === 0 ? statSync(path, { throwIfNoEntry: false }) : undefined
  if (before !== undefined) chownSync(draft, before.uid, before.gid)
  return draft
}

/** A file is there whole or not at all, and the first of two processes that make it wins. */
function makeFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const draft = draftKek(path, newKek())
  try {
    linkSync(draft, path)
  } catch (error) {
    if (!existsSync(path)) throw error
  } finally {
    rmSync(draft)
  }
}
