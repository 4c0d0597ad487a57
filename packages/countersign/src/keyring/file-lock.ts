import { randomUUID } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { codeOf, draftIn, linked, removed, written } from './file-system.ts'

/** Milliseconds after which nobody can still be at work, whoever holds the lock. */
const LEASE = 60_000

/** The locks that this process holds: another with its number, from before a restart, is gone. */
const HELD = new Set<string>()

/**
 * Takes the lock of a folder, which one instance holds at a time. It keeps instances out of each other's way; that nothing
 * is lost does not hang on it.
 *
 * @returns lets it go; nothing where another instance holds it
 */
export async function takeLock(folder: string): Promise<(() => Promise<void>) | undefined> {
  const path = join(folder, 'lock')
  const token = randomUUID()
  const text = JSON.stringify({ pid: process.pid, host: thisHost(), token })
  HELD.add(token)
  try {
    for (let tries = 0; tries < 3; tries++) {
      if (await placed(path, text)) {
        return async () => {
          HELD.delete(token)
          if ((await contentOf(path)) === text) await removed(path)
        }
      }
      const state = await stateOf(path)
      if (state === 'held') break
      if (state === 'left') await removed(path)
    }
  } catch (error) {
    HELD.delete(token)
    throw error
  }
  HELD.delete(token)
  return undefined
}

/** Writes the lock, unless it is there. It is whole from the first moment on, where there are links. */
async function placed(path: string, text: string): Promise<boolean> {
  const draft = draftIn(join(path, '..'))
  try {
    await written(draft, text)
    const taken = await linked(draft, path)
    if (taken !== undefined) return taken
  } finally {
    await removed(draft)
  }
  try {
    await written(path, text)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/** What has become of a lock: it was left behind by a process that ended, or that has been away for longer than anyone works. */
async function stateOf(path: string): Promise<'held' | 'left' | 'gone'> {
  const [content, times] = await Promise.all([contentOf(path), stat(path).catch(() => undefined)])
  if (content === undefined || times === undefined) return 'gone'
  // Before or after: the clock may have been set back since.
  if (Math.abs(Date.now() - times.mtimeMs) > LEASE) return 'left'
  const holder = parse(content)
  if (holder === undefined || holder.host !== thisHost()) return 'held'
  const lives = holder.pid === process.pid ? HELD.has(holder.token) : isAlive(holder.pid)
  return lives ? 'held' : 'left'
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

/** The name of this machine, where a program may know it. */
function thisHost(): string {
  try {
    return hostname()
  } catch {
    return ''
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // Not being allowed to know says nothing: then the lease decides.
    return codeOf(error) !== 'ESRCH'
  }
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return undefined
  }
}
