import { closeSync, openSync, readdirSync, readSync, type Stats, statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { kekFileOf, keptOf, nextOf } from '../keys/kek.ts'
import type { Settings } from '../settings.ts'
import { DATABASE_FILE } from '../store/sqlite.ts'
import { count, type Finding, fail, ok, some, warn } from './finding.ts'

const MB = 1024 * 1024
/** Octets: with less the server is about to stop, with less it is time to look. */
const [TOO_LITTLE, LITTLE] = [100 * MB, 1024 * MB]
/** How many files are looked at for backups, and how much of each, in octets. */
const [MOST_FILES, BEGINNING] = [100, 4096]

/** The folder of the embedded database, where there is one. */
export function examineFolder({ data, databaseUrl }: Settings): readonly Finding[] {
  if (databaseUrl !== undefined) return []
  const stats = statOf(data)
  if (stats === undefined)
    return [warn('data', `${data} is not there`, 'serve makes it; or COUNTERSIGN_DATA names another folder')]
  if (!stats.isDirectory()) return [fail('data', `${data} is no folder`, 'Name a folder in COUNTERSIGN_DATA.')]
  const found = [...accessOf('data', data, stats, 'warn'), ...spaceIn(data)]
  const database = statOf(join(data, DATABASE_FILE))
  if (database !== undefined) found.push(...accessOf('data', join(data, DATABASE_FILE), database, 'fail'))
  return found.length > 0 ? found : [ok('data', `${data} is for its owner alone`)]
}

/** The file of the key that encrypts keys, where it is in one. */
export function examineKekFile(settings: Settings): readonly Finding[] {
  const path = kekFileOf(settings)
  if (path === undefined) return [ok('kek', 'the key that encrypts keys is in COUNTERSIGN_KEK')]
  const stats = statOf(path)
  if (stats === undefined)
    return [warn('kek', `${path} is not there`, 'serve makes one for a database without secrets.')]
  const found = [...accessOf('kek', path, stats, 'fail')]
  if (statOf(nextOf(path)) !== undefined)
    found.push(
      warn(
        'kek',
        `${nextOf(path)} is left of a rotation that did not end`,
        'countersign-authority master rotate ends it',
      ),
    )
  const beside = backupsIn(dirname(path))
  if (beside.length > 0)
    found.push(
      warn(
        'kek',
        `${count(beside.length, 'backup')} beside the key that opens ${beside.length === 1 ? 'it' : 'them'}: ${some(beside)}`,
        'Keep backups and this key in different places.',
      ),
    )
  if (found.length > 0) return found
  const kept = keptOf(path)
  const older = kept.length > 0 ? `; ${some(kept)}: for older backups alone, delete what you need no more` : ''
  return [ok('kek', `${path} is for its owner alone${older}`)]
}

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false })
}

/** Who may get at something. Windows has no modes. */
function accessOf(check: string, path: string, stats: Stats, status: 'warn' | 'fail'): readonly Finding[] {
  if (process.platform === 'win32') return []
  const found: Finding[] = []
  const mode = stats.mode & 0o777
  if ((mode & 0o077) !== 0) {
    const wanted = stats.isDirectory() ? '700' : '600'
    const say = status === 'warn' ? warn : fail
    found.push(say(check, `${path} is open to others (mode ${mode.toString(8)})`, `chmod ${wanted} ${path}`))
  }
  const user = process.getuid?.()
  if (user !== undefined && stats.uid !== user)
    found.push(
      warn(
        check,
        `${path} belongs to user ${stats.uid}, and this is user ${user}`,
        'Run this command as the user that the server runs as.',
      ),
    )
  return found
}

function spaceIn(folder: string): readonly Finding[] {
  const { bavail, bsize } = statfsSync(folder)
  const free = bavail * bsize
  if (free >= LITTLE) return []
  const say = free < TOO_LITTLE ? fail : warn
  return [say('data', `${Math.floor(free / MB)} MB are free where ${folder} is`, 'Make room, or move the folder.')]
}

/** Backups of an authority in a folder, by their first lines. */
function backupsIn(folder: string): readonly string[] {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile())
  return files.slice(0, MOST_FILES).flatMap(({ name }) => (isBackup(join(folder, name)) ? [name] : []))
}

function isBackup(path: string): boolean {
  try {
    const file = openSync(path, 'r')
    const start = Buffer.alloc(BEGINNING)
    const octets = readSync(file, start, 0, BEGINNING, 0)
    closeSync(file)
    if (start[0] !== 0x1f || start[1] !== 0x8b) return false
    const text = gunzipSync(start.subarray(0, octets), { finishFlush: 2, maxOutputLength: MB }).toString('latin1')
    return text.startsWith('{"format":"countersign-backup"')
  } catch {
    return false
  }
}
