import { mkdir, open, readdir, readFile, rename, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { JoseError, kindOf } from '../errors.ts'
import { isObject, own } from '../json.ts'
import { checkNames } from '../options.ts'
import { takeLock } from './file-lock.ts'
import { codeOf, draftIn, linked, removed, written } from './file-system.ts'
import { type KeyStore, parseStoredKeys, type SealingOptions, type StoredKey } from './store.ts'

/**
 * The state of a ring is one file, `keys.N.json`, whose number grows with each change: it is written beside, flushed, and
 * given its name by a link, which fails where somebody else was faster. So a process that dies at any moment leaves the
 * state before or the state after, and one that slept while its lock was taken from it overwrites nothing.
 */
const STATE = /^keys\.(\d{1,15})\.json$/
const DRAFT = /^\.keys\..*\.tmp$/
/** Milliseconds after which nobody is still writing a draft. */
const ABANDONED = 600_000
/** How often a state may be replaced while it is about to be read. */
const TRIES = 100

interface State {
  readonly version: number
  readonly keys: readonly StoredKey[]
}

/** @see the door's `fileStore` */
export function fileStore(directory: string | { readonly href: string }, options: SealingOptions): KeyStore {
  checkNames<SealingOptions>(options, ['kek', 'passphrase', 'previous'], 'fileStore')
  const folder = toPath(directory)
  return {
    sealing: options,
    list: async () => (await readState(folder)).keys,
    async exclusive(work) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const release = await takeLock(folder)
      if (release === undefined) return undefined
      try {
        const { version, keys } = await readState(folder)
        const draft = new Map(keys.map((key) => [key.kid, key]))
        let changed = false
        const result = await work({
          list: () => [...draft.values()],
          put(key) {
            draft.set(key.kid, key)
            changed = true
          },
          remove(kid) {
            changed = draft.delete(kid) || changed
          },
        })
        if (!changed) return result
        return (await writeState(folder, { version: version + 1, keys: [...draft.values()] })) ? result : undefined
      } finally {
        await release()
      }
    },
  }
}

function toPath(directory: unknown): string {
  const url = isObject(directory) && 'href' in directory ? directory['href'] : undefined
  if (typeof url === 'string') return fileURLToPath(url)
  if (typeof directory === 'string' && directory !== '') return resolve(directory)
  throw new TypeError(`the directory of a key store is ${kindOf(directory)} and not a path`)
}

/** The numbers of the states that are there, the latest first. */
async function versions(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  })
  return names
    .flatMap((name) => STATE.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => b - a)
}

const pathOf = (folder: string, version: number): string => join(folder, `keys.${version}.json`)

async function readState(folder: string): Promise<State> {
  for (let tries = 0; tries < TRIES; tries++) {
    const [version] = await versions(folder)
    if (version === undefined) return { version: 0, keys: [] }
    try {
      return { version, keys: parseState(await readFile(pathOf(folder, version), 'utf8')) }
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error // another instance has replaced it meanwhile
    }
  }
  throw new Error('the state of the key store never stays to be read')
}

/** @throws {JoseError} `CS_KEY_INVALID`: what cannot be read is never taken for a store without keys */
function parseState(text: string): readonly StoredKey[] {
  let state: unknown
  try {
    state = JSON.parse(text)
  } catch {
    state = undefined
  }
  if (!isObject(state)) throw new JoseError('CS_KEY_INVALID', 'the file of the key store is damaged')
  return parseStoredKeys(own(state, 'keys'))
}

/** @returns whether this is the next state: false where another instance has written one */
async function writeState(folder: string, { version, keys }: State): Promise<boolean> {
  const path = pathOf(folder, version)
  const draft = draftIn(folder)
  try {
    await written(draft, `${JSON.stringify({ keys }, null, 2)}\n`)
    if (!(await named(draft, path))) return false
  } finally {
    await removed(draft)
  }
  await flushFolder(folder)
  const all = await versions(folder)
  // The number was free since it had been used and removed: somebody has gone on from a state that we have not seen.
  if (all.some((other) => other > version)) {
    await removed(path)
    return false
  }
  for (const other of all) if (other < version) await removed(pathOf(folder, other))
  await sweep(folder)
  await flushFolder(folder)
  return true
}

/** Gives a draft its name, unless the name is taken. */
async function named(draft: string, path: string): Promise<boolean> {
  const taken = await linked(draft, path)
  if (taken !== undefined) return taken
  // A file system without links: the lock has to do.
  const there = await stat(path).then(
    () => true,
    () => false,
  )
  if (!there) await rename(draft, path)
  return !there
}

/** Makes names last; where a folder cannot be opened, as on Windows, the system sees to it. */
async function flushFolder(folder: string): Promise<void> {
  const file = await open(folder, 'r').catch(() => undefined)
  try {
    await file?.sync()
  } catch (error) {
    if (!['EPERM', 'EINVAL', 'EISDIR', 'EBADF'].includes(String(codeOf(error)))) throw error
  } finally {
    await file?.close()
  }
}

/** Removes drafts that were left behind. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!DRAFT.test(name)) continue
    const path = join(folder, name)
    const times = await stat(path).catch(() => undefined)
    if (times && Date.now() - times.mtimeMs > ABANDONED) await removed(path)
  }
}
