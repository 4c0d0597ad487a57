import { randomUUID } from 'node:crypto'
import { link, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'

/** A name for a file that is being written. */
export function draftIn(folder: string): string {
  return join(folder, `.keys.${randomUUID()}.tmp`)
}

/** Writes a file that is not there yet, for its owner alone, and flushes it. */
export async function written(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Gives a file a second name. @returns false where the name is taken, nothing where the file system has no links */
export async function linked(path: string, name: string): Promise<boolean | undefined> {
  try {
    await link(path, name)
    return true
  } catch (error) {
    const code = String(codeOf(error))
    if (code === 'EEXIST') return false
    if (['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP'].includes(code)) return undefined
    throw error
  }
}

/** Removes a file, if it is still there. */
export async function removed(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error
  })
}

/** The code of an error of the file system. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error ? (error as { readonly code?: unknown }).code : undefined
}
