import { renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { AuthorityError } from '../errors.ts'
import { syncFolder } from '../store/backup.ts'
import type { Db, Store } from '../store/database.ts'
import { draftKek, type Keks, newKek, nextOf, previousOf, readKek, toKek } from './kek.ts'
import { kekIdOf } from './ring-store.ts'
import { demandOpens, openSealed, type SealedCell, sealAnew, sealedIn } from './sealed.ts'
import { wrongKek } from './secrets.ts'

/** How many sealed texts are under which key, by its id. */
export type Under = Readonly<Record<string, number>>

export interface Rewrapped {
  /** How many are under another key than before. */
  readonly moved: number
  readonly under: Under
}

/** The moments at which a crash leaves something behind; tests end the process at each. */
export type Moment = 'drafted' | 'wrapping' | 'wrapped' | 'kept' | 'replaced'
export type At = (moment: Moment) => void

/** Milliseconds between two tries where another instance is at the keys, and how many there are. */
const [PAUSE, TRIES] = [50, 100]

/**
 * Wraps anew all that is under the previous key, in one transaction: texts are opened and sealed as they are.
 *
 * @throws {AuthorityError} `KEK_WRONG` where something opens with neither key; then nothing was changed
 */
export async function rewrap(store: Store, keks: Keks, at: At = () => undefined): Promise<Rewrapped> {
  for (let tries = 0; tries < TRIES; tries++) {
    const done = await store.exclusive(async (db) => {
      const moved = await rewrapAll(db, keks, at)
      await store.tellKeysChanged(db)
      return { moved, under: underOf(await sealedIn(db)) }
    })
    if (done !== undefined) return done
    await pause(PAUSE)
  }
  throw new AuthorityError('DATA_IN_USE', 'another instance has been at work on the keys all the time', {
    hint: 'Try again.',
  })
}

async function rewrapAll(db: Db, { current, previous }: Keks, at: At): Promise<number> {
  let moved = 0
  for (const cell of await sealedIn(db)) {
    const opened = await openSealed(cell.jwe, [current, previous])
    if (opened === undefined) throw wrongKek()
    if (opened.by === current) continue
    await put(db, cell, await sealAnew(opened.plaintext, current, opened.cty), String(current.kid))
    if (moved++ === 0) at('wrapping')
  }
  return moved
}

async function put(
  db: Db,
  { table, column, name, jwe: before }: SealedCell,
  jwe: string,
  kekId: string,
): Promise<void> {
  if (table === 'secrets') {
    // An instance that starts may have wrapped it meanwhile.
    const update = db.updateTable('secrets').set({ jwe, kek_id: kekId })
    await update.where('name', '=', name).where('jwe', '=', before).execute()
    return
  }
  const set = column === 'voucher' ? { voucher: jwe, kek_id: kekId } : { private_jwe: jwe, kek_id: kekId }
  await db.updateTable('signing_keys').set(set).where('kid', '=', name).execute()
}

/** How many texts are under which key, as their headers say. */
export function underOf(cells: readonly SealedCell[]): Under {
  const under: Record<string, number> = {}
  for (const { jwe } of cells) {
    const id = kekIdOf(jwe) ?? 'unknown'
    under[id] = (under[id] ?? 0) + 1
  }
  return under
}

export interface RotatedFile extends Rewrapped {
  readonly file: string
  /** Where the key went that was replaced. */
  readonly previousFile: string
  readonly kekId: string
  readonly previousKekId: string
}

/**
 * Puts a new key into the file of the key that encrypts keys, and wraps everything anew. At every moment what is in the
 * files opens what is in the database: `openKeks` takes the key in waiting for the other one. One that waits since a crash
 * is taken up.
 *
 * @throws {AuthorityError} `KEK_WRONG`; then the key that was there is the key
 */
export async function rotateKekFile(store: Store, path: string, at: At = () => undefined): Promise<RotatedFile> {
  const [next, kept] = [nextOf(path), previousOf(path)]
  const before = readKek(path)
  if (before === undefined)
    throw new AuthorityError('KEK_WRONG', `there is no key in ${path} that could be replaced`, {
      hint: 'Give this command the settings of the server. Where it has none either, serve makes one at its first start.',
    })
  const waiting = readKek(next)
  const after = waiting ?? newKek()
  const keks = { current: toKek(after), previous: toKek(before) }
  await demandOpens(await sealedIn(store.db), keks)
  await demandReplaceable(path, before)
  if (waiting === undefined) await place(path, after, next)
  at('drafted')
  const { moved, under } = await rewrap(store, keks, at)
  at('wrapped')
  const older = readKek(kept)
  // One that was replaced earlier may be needed for a backup of then.
  if (older !== undefined && older !== before) renameSync(kept, `${kept}.${toKek(older).kid}`)
  await place(path, before, kept)
  at('kept')
  renameSync(next, path)
  await syncFolder(dirname(path))
  at('replaced')
  const ids = { kekId: String(keks.current.kid), previousKekId: String(keks.previous.kid) }
  return { file: path, previousFile: kept, moved, under, ...ids }
}

/**
 * Puts the key into its file once more. Where that cannot be, as with one that is mounted, no new one could take over: it
 * would wait in a folder that may be gone with a container, with everything under it.
 *
 * @throws {AuthorityError} `KEK_WRONG`
 */
async function demandReplaceable(path: string, text: string): Promise<void> {
  try {
    await place(path, text, path)
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? 'unknown'
    throw new AuthorityError('KEK_WRONG', `nothing was changed: the file ${path} cannot be replaced here (${why})`, {
      hint: 'Where the file is handed to the server, give the key in COUNTERSIGN_KEK for a while, and see master rotate --help.',
      cause,
    })
  }
}

/** Puts a key into a file, which is there whole or not at all. */
async function place(path: string, text: string, to: string): Promise<void> {
  const draft = draftKek(path, text)
  try {
    renameSync(draft, to)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}
