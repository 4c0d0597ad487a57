import { randomUUID } from 'node:crypto'
import { open, readFile, stat, unlink } from 'node:fs/promises'
import { hostname } from 'node:os'

/** Milliseconds after which nobody can still be at work, whoever holds the lock. */
const LEASE = 60_000

/** The locks that this process holds: another with its number, from before a restart, is gone. */
const HELD = new Set<string>()

/**
 * Takes a lock that one instance holds at a time. It keeps instances out of each other's way; that nothing is lost does
 * not hang on it.
 *
 * @returns lets it go; nothing where another instance holds it
 */
export async function takeLock(path: string): Promise<(() => Promise<void>) | undefined> {
  const token = randomUUID()
  const text = JSON.stringify({ pid: process.pid, host: hostname(), token })
  for (let tries = 0; tries < 2; tries++) {
    try {
      const file = await open(path, 'wx', 0o600)
      HELD.add(token)
      try {
        await file.writeFile(text)
      } finally {
        await file.close()
      }
      return async () => {
        HELD.delete(token)
        if ((await contentOf(path)) === text) await removed(path)
      }
    } catch (error) {
      HELD.delete(token)
      if (codeOf(error) !== 'EEXIST') throw error
      if (!(await isLeft(path))) return undefined
      await removed(path)
    }
  }
  return undefined
}

/** Whether a lock was left behind by a process that ended, or that has been away for longer than anyone works. */
async function isLeft(path: string): Promise<boolean> {
  const [content, times] = await Promise.all([contentOf(path), stat(path).catch(() => undefined)])
  if (content === undefined || times === undefined) return true
  if (Date.now() - times.mtimeMs > LEASE) return true
  const holder = parse(content)
  if (holder === undefined || holder.host !== hostname()) return false
  return holder.pid === process.pid ? !HELD.has(holder.token) : !isAlive(holder.pid)
}

/** What a lock says; nothing for one that is just being written. */
function parse(content: string): { readonly pid: number; readonly host: string; readonly token: string } | undefined {
  try {
    const { pid, host, token } = JSON.parse(content) as Record<string, unknown>
    if (typeof pid === 'number' && typeof host === 'string' && typeof token === 'string') return { pid, host, token }
  } catch {
    // It says nothing that can be read.
  }
  return undefined
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return undefined
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
