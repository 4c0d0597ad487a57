import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
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
  const text = settings.kek ?? fromFile(settings.kekFile ?? join(settings.data, 'kek'), needed)
  const { previousKek } = settings
  return { current: toKek(text), previous: previousKek === undefined ? undefined : toKek(previousKek) }
}

function toKek(text: string): Key {
  const octets = Buffer.from(text, /^[0-9a-f]{64}$/i.test(text) ? 'hex' : 'base64url')
  if (octets.length !== 32)
    throw new AuthorityError('KEK_WRONG', 'the key that encrypts keys is not 32 octets in base64url or hexadecimal')
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
  return readFileSync(path, 'utf8').trim()
}

/** A file is there whole or not at all, and the first of two processes that make it wins. */
function makeFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  writeFileSync(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx', flush: true })
  chmodSync(draft, 0o600)
  try {
    linkSync(draft, path)
  } catch (error) {
    if (!existsSync(path)) throw error
  } finally {
    rmSync(draft)
  }
}
