import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { Audit } from '../audit.ts'
import { examine, faultsOf } from '../doctor/doctor.ts'
import { AuthorityError } from '../errors.ts'
import { type Keks, kekFileOf, keptOf, newKek, openKeks, readKek, toKek } from '../keys/kek.ts'
import { rewrap, rotateKekFile, underOf } from '../keys/master.ts'
import { demandOpens, sealedIn } from '../keys/sealed.ts'
import type { Settings } from '../settings.ts'
import { backUp } from '../store/backup.ts'
import type { BackupHeader, Counts } from '../store/backup-file.ts'
import { openStore, type Store } from '../store/database.ts'
import { APPLICATION } from '../store/postgres.ts'
import { openReadOnly } from '../store/read-only.ts'
import { restore, type SealedText } from '../store/restore.ts'
import type { MasterRotation, Upkeep } from './host.ts'

/** Milliseconds after which somebody at a terminal is told how far it is, and how often. */
const TELL_MS = 500
const STATEMENT_MS = 5000
const ADMINISTRATOR = 'administrator'

export const upkeep: Upkeep = {
  async backUp(settings, file, force) {
    const { told, done } = progress('rows are backed up')
    const path = file === '-' ? undefined : resolve(file)
    const to = path === undefined ? process.stdout : { path, force }
    const backed = await backUp(settings, to, told).finally(done)
    return {
      ...backed,
      ...(path !== undefined && { file: path, octets: statSync(path).size }),
      kek: whereKekIs(settings),
    }
  },
  async restore(settings, file) {
    const { told, done } = progress('rows are restored')
    const demandKek = (sealed: readonly SealedText[]): Promise<void> => demandKekFor(sealed, settings)
    const last = (store: Store, { kind, at }: BackupHeader): Promise<void> =>
      new Audit(store).record({ actor: ADMINISTRATOR, event: 'database.restored', data: { from: kind, at } })
    const { header, rows, taken } = await restore(settings, resolve(file), { demandKek, told, last }).finally(done)
    const { kind: from, at, issuer } = header
    return { from, at, issuer, rows, taken }
  },
  rotateMaster(settings) {
    if (settings.previousKek !== undefined) return wrapRest(settings)
    const path = kekFileOf(settings)
    return path === undefined ? proposeKek(settings) : rotateFile(settings, path)
  },
  examine: (settings) => examine(settings),
  faultsOf,
}

/** Tells somebody at a terminal how far it is, where it takes a while. */
function progress(what: string): { told: (rows: Counts) => void; done: () => void } {
  const { stderr } = process
  let [next, written] = [performance.now() + TELL_MS, false]
  return {
    told(rows) {
      if (!stderr.isTTY || performance.now() < next) return
      next = performance.now() + TELL_MS
      written = true
      const count = Object.values(rows).reduce((sum, one) => sum + one, 0)
      stderr.write(`\r${count.toLocaleString('en')} ${what}`)
    },
    done() {
      if (written) stderr.write('\n')
    },
  }
}

/** A backup can be made without the key, and so without the setting that says where the server has it. */
function whereKekIs(settings: Settings): string {
  const path = kekFileOf(settings)
  if (path === undefined) return 'COUNTERSIGN_KEK'
  return existsSync(path) ? path : 'COUNTERSIGN_KEK_FILE'
}

/** @throws {AuthorityError} `KEK_WRONG`, which says of the one before it where that fits */
async function demandKekFor(sealed: readonly SealedText[], settings: Settings): Promise<void> {
  if (sealed.length === 0) return
  const keks = openKeks(settings, true)
  try {
    await demandOpens(sealed, keks)
  } catch (error) {
    if (!(error instanceof AuthorityError)) throw error
    throw new AuthorityError('KEK_WRONG', `the key in ${whereKekIs(settings)} does not open this backup`, {
      hint: `Nothing was restored. ${await hintFor(sealed, settings, keks)}`,
      cause: error,
    })
  }
}

async function hintFor(sealed: readonly SealedText[], settings: Settings, { current }: Keks): Promise<string> {
  const path = kekFileOf(settings)
  for (const kept of path === undefined ? [] : keptOf(path)) {
    const opens = demandOpens(sealed, { current, previous: toKek(readKek(kept) ?? '') })
    const fits = await opens.then(
      () => true,
      () => false,
    )
    if (fits) return `One that was replaced does: set COUNTERSIGN_KEK_PREVIOUS to what is in ${kept}.`
  }
  return 'Give the one of when it was made; where that was replaced since, in COUNTERSIGN_KEK_PREVIOUS.'
}

/** With both keys at hand: wraps what is still under the previous one. */
async function wrapRest(settings: Settings): Promise<MasterRotation> {
  const keks = openKeks(settings, true)
  const kekId = String(keks.current.kid)
  const reader = await openReadOnly(settings, STATEMENT_MS)
  try {
    const under = underOf(await sealedIn(reader.db))
    // A server that has the embedded database has done it at its start: then there is nothing to write.
    if (Object.keys(under).every((id) => id === kekId)) return { how: 'wrapped', kekId, moved: 0, under }
  } finally {
    await reader.close()
  }
  const store = await openStore(settings).catch(
    inUse('Start the server anew with both keys set: it wraps all at its start.'),
  )
  try {
    const wrapped = await rewrap(store, keks)
    await record(store, kekId, wrapped.moved)
    return { how: 'wrapped', kekId, ...wrapped }
  } finally {
    await store.close()
  }
}

/** The key is in the environment, which is for others to change. */
async function proposeKek({ databaseUrl }: Settings): Promise<MasterRotation> {
  const kek = newKek()
  return { how: 'proposed', kek, kekId: String(toKek(kek).kid), steps: databaseUrl === undefined ? ALONE : ROLLING }
}

const ROLLING: readonly string[] = [
  'On one instance after the other: set COUNTERSIGN_KEK_PREVIOUS to the new key, leave COUNTERSIGN_KEK as it is, and restart. From then on each instance reads both.',
  'On one instance after the other: set COUNTERSIGN_KEK to the new key and COUNTERSIGN_KEK_PREVIOUS to the old one, and restart. Each start wraps everything under the new key.',
  'With those settings: countersign-authority master rotate. It wraps what is left, and says how much is under which key.',
  'On one instance after the other: unset COUNTERSIGN_KEK_PREVIOUS, and restart. Keep the old key for as long as you keep backups of before.',
]
const ALONE: readonly string[] = [
  'Set COUNTERSIGN_KEK to the new key and COUNTERSIGN_KEK_PREVIOUS to the old one, and restart the server: it wraps everything under the new key.',
  'With those settings: countersign-authority master rotate. It says how much is under which key.',
  'Unset COUNTERSIGN_KEK_PREVIOUS, and restart. Keep the old key for as long as you keep backups of before.',
]

async function rotateFile(settings: Settings, path: string): Promise<MasterRotation> {
  const store = await openStore(settings).catch(inUse('Stop the server first: it would not know the new key.'))
  try {
    await demandAlone(store)
    const { file, previousFile, moved, under, kekId } = await rotateKekFile(store, path)
    await record(store, kekId, moved)
    return { how: 'replaced', file, previousFile, kekId, moved, under }
  } finally {
    await store.close()
  }
}

/** How often one looks whether others are gone, and after how many milliseconds again. */
const [MOST_LOOKS, LOOK_MS] = [20, 100]

/** @throws {AuthorityError} `DATA_IN_USE` where another instance has PostgreSQL open: it has the old key alone */
async function demandAlone({ raw, db }: Store): Promise<void> {
  if (raw.kind === 'sqlite') return
  // Each instance keeps a connection to hear of new keys; this process has one so far.
  const count = async (): Promise<number> => {
    const { rows } = await sql<{ others: number }>`SELECT count(*) AS others FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = ${APPLICATION} AND pid <> pg_backend_pid()`.execute(db)
    return Number(rows[0]?.others)
  }
  let others = await count()
  // Those of a process that was just stopped or killed end in a moment.
  for (let left = MOST_LOOKS; others > 0 && left > 0; left--) {
    await pause(LOOK_MS)
    others = await count()
  }
  if (others === 0) return
  throw new AuthorityError(
    'DATA_IN_USE',
    `others have this database open, by ${others} connections: they know the old key alone`,
    {
      hint: 'Stop all instances, rotate, and give each the new file. Without a stop: give each its key in COUNTERSIGN_KEK, and see master rotate --help.',
    },
  )
}

function inUse(hint: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof AuthorityError) || error.code !== 'DATA_IN_USE') throw error
    throw new AuthorityError('DATA_IN_USE', error.message, { hint, cause: error })
  }
}

/** The id of a key tells two apart, and nothing of either. */
function record(store: Store, kekId: string, moved: number): Promise<void> {
  return new Audit(store).record({ actor: ADMINISTRATOR, event: 'master.rotated', data: { kek: kekId, moved } })
}
