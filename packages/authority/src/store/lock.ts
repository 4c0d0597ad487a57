import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { AuthorityError } from '../errors.ts'

/** The locks of this process: one that nobody held on to would be collected, and end. */
const held = new Set<DatabaseSync>()

/**
 * Holds a folder for this process alone. The lock is one of the operating system, on a file of its own: it ends with the
 * process, however that ends, and none is ever left behind.
 *
 * @returns gives it back
 * @throws {AuthorityError} `DATA_IN_USE`
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, 'lock')
  const file = new DatabaseSync(path)
  // Whoever could read it could hold a lock on it, too.
  chmodSync(path, 0o600)
  try {
    file.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (cause) {
    file.close()
    throw new AuthorityError('DATA_IN_USE', `another process is using the data in ${folder}`, {
      hint: 'One process writes to an embedded database. Stop the other, or set DATABASE_URL and share PostgreSQL.',
      cause,
    })
  }
  held.add(file)
  return () => {
    held.delete(file)
    file.close()
  }
}
