import { createReadStream, fstatSync, read, rmSync, type Stats, writeSync } from 'node:fs'
import { type FileHandle, link, lstat, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Bytes } from '../../bytes.ts'
import { CommandError } from '../../diagnosis/told.ts'
import { JoseError } from '../../errors.ts'
import { type NewFile, OutputGone, type Pieces, type Writing } from '../host.ts'

const CHUNK = 64 * 1024

/**
 * The octets of a file, or of an open descriptor.
 *
 * @throws {CommandError} `CS_INPUT`, @throws {JoseError} `CS_TOO_LARGE`
 */
export async function readWhole(path: string | number, most: number): Promise<Bytes> {
  const chunks: Uint8Array[] = []
  let length = 0
  const { pieces } = typeof path === 'number' ? openDescriptor(path) : await openFile(path)
  for await (const piece of pieces) {
    length += piece.length
    if (length > most)
      throw new JoseError('CS_TOO_LARGE', `${nameOf(path)} has more than ${most} octets, which is more than is read`)
    chunks.push(new Uint8Array(piece))
  }
  return Uint8Array.from(Buffer.concat(chunks))
}

const nameOf = (path: string | number): string => (typeof path === 'number' ? `fd:${path}` : `@${path}`)

/** A file from its beginning to its end. It is open while it is read, and not before. @throws {CommandError} `CS_INPUT` */
export async function openFile(path: string): Promise<Pieces> {
  try {
    const info = await stat(path)
    if (info.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
    return { ...(info.isFile() && { bytes: info.size }), pieces: piecesOf(path) }
  } catch (error) {
    throw unreadable(`@${path}`, error)
  }
}

/** The same for an open descriptor, from where it stands. @throws {CommandError} `CS_INPUT` */
export function openDescriptor(descriptor: number): Pieces {
  const name = `fd:${descriptor}`
  try {
    const info = fstatSync(descriptor)
    const pieces = info.isFile()
      ? inTurn((buffer) => readAsync(descriptor, buffer))
      : createReadStream('', { fd: descriptor, autoClose: false })
    return { pieces: mended(pieces, name) }
  } catch (error) {
    throw unreadable(name, error)
  }
}

const readAsync = (descriptor: number, buffer: Uint8Array): Promise<number> =>
  new Promise((resolve, reject) => {
    read(descriptor, buffer, 0, buffer.length, null, (error, count) => (error ? reject(error) : resolve(count)))
  })

/** Pieces in memory that is used again for each: anew for each, it would fill faster than it is freed. */
async function* inTurn(readInto: (buffer: Uint8Array) => Promise<number>): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(CHUNK * 4)
  for (;;) {
    const count = await readInto(buffer)
    if (count === 0) return
    yield buffer.subarray(0, count)
  }
}

async function* piecesOf(path: string): AsyncGenerator<Uint8Array> {
  let file: FileHandle | undefined
  try {
    const opened = await open(path, 'r')
    file = opened
    yield* inTurn(async (buffer) => (await opened.read(buffer, 0, buffer.length, null)).bytesRead)
  } catch (error) {
    throw unreadable(`@${path}`, error)
  } finally {
    await file?.close()
  }
}

async function* mended(pieces: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces
  } catch (error) {
    throw unreadable(name, error)
  }
}

const WHY: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['ENOTDIR', 'there is no such file'],
  ['EISDIR', 'it is a folder'],
  ['EACCES', 'it may not be read'],
  ['EPERM', 'it may not be read'],
  ['EBADF', 'nothing is open there'],
  ['ELOOP', 'its links lead in a circle'],
  ['ENAMETOOLONG', 'the name is too long for a file'],
  ['ERR_INVALID_ARG_VALUE', 'no file has such a name'],
])

const WHY_NOT_WRITTEN: ReadonlyMap<string, string> = new Map([
  ...WHY,
  ['ENOENT', 'there is no such folder'],
  ['ENOTDIR', 'there is no such folder'],
  ['EACCES', 'it may not be written'],
  ['EPERM', 'it may not be written'],
  ['EROFS', 'nothing can be written there'],
  ['ENOSPC', 'nothing more fits there'],
  ['EDQUOT', 'nothing more fits there'],
  ['EFBIG', 'nothing more fits there'],
])

function unreadable(name: string, error: unknown): unknown {
  if (error instanceof CommandError || error instanceof JoseError) return error
  const code = (error as NodeJS.ErrnoException).code ?? ''
  return new CommandError('CS_INPUT', `cannot read ${name}: ${WHY.get(code) ?? (code || 'it cannot be opened')}.`)
}

/**
 * Writes a file as a whole, or not at all: whoever reads it meanwhile has the old one, and Ctrl-C leaves nothing behind.
 *
 * @throws {CommandError} `CS_OUTPUT` where it is there already and may not be overwritten, or cannot be written
 */
export async function writeFile(path: string, data: string | Bytes, writing: Writing): Promise<void> {
  const file = await createFile(path, writing)
  try {
    await file.write(data)
    await file.finish()
  } catch (error) {
    await file.abandon()
    throw error
  }
}

/** The same for what comes in pieces. */
export async function createFile(path: string, { isPrivate, force, changes }: Writing): Promise<NewFile> {
  return mendedFile(path, async () => {
    const descriptor = openDescriptorOf(path)
    if (descriptor !== undefined) return throughDescriptor(descriptor)
    const there = await stat(path).catch(() => undefined)
    if (there && !there.isFile()) return throughFile(await open(path, 'w'))
    // A link that leads to nothing is something, too.
    if (!force && (there || (await lstat(path).catch(() => undefined)))) throw exists(path)
    // A link stays one, and what it leads to is replaced.
    const place = there ? await realpath(path) : join(await realpath(dirname(path)), basename(path))
    if ([...unfinished.values()].includes(place))
      throw new CommandError('CS_OUTPUT', `${path} is to be written twice.`, { hint: 'give each file its own name.' })
    const part = join(dirname(place), `.${basename(place)}.${process.pid}-${Date.now().toString(36)}.part`)
    clearWhenEnded()
    unfinished.set(part, place)
    try {
      const file = await open(part, 'wx', isPrivate || changes ? 0o600 : 0o666)
      if (there && changes) await beLike(file, there)
      return partOf(file, part, there ? undefined : place, () => (force ? rename(part, place) : placeNew(part, place)))
    } catch (error) {
      unfinished.delete(part)
      throw error
    }
  })
}

/** Gives a file the mode of the one that it replaces, and its owner where that is allowed. */
async function beLike(file: FileHandle, { mode, uid, gid }: Stats): Promise<void> {
  const isSame = await file.chown(uid, gid).then(
    () => true,
    () => false,
  )
  // Another group than the one that could read it does not come to read it.
  await file.chmod(mode & (isSame || mode & 0o004 ? 0o777 : 0o700))
}

/** Whether something has this name. @throws {CommandError} `CS_INPUT` where that cannot be known */
export async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw unreadable(`@${path}`, error)
  }
}

/** Gives each fault of a file its words. */
async function mendedFile(path: string, make: () => Promise<NewFile>): Promise<NewFile> {
  const mended = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw unwritable(path, error)
    }
  }
  const file = await mended(make)
  return {
    write: (data) => mended(() => file.write(data)),
    finish: () => mended(file.finish),
    abandon: file.abandon,
  }
}

function unwritable(path: string, error: unknown): unknown {
  if (error instanceof CommandError || error instanceof OutputGone) return error
  const { code = '' } = error as NodeJS.ErrnoException
  if (code === 'EEXIST') return exists(path)
  if (code === 'EPIPE') return new OutputGone(code)
  const why = WHY_NOT_WRITTEN.get(code) ?? (code || 'it cannot be opened')
  return new CommandError('CS_OUTPUT', `cannot write ${path}: ${why}.`, { hint: 'pass another name: --out FILE.' })
}

function exists(path: string): CommandError {
  return new CommandError('CS_OUTPUT', `${path} is there already, and nothing was written.`)
}

/** What is there until a file is whole, and the name that it will have. */
const unfinished = new Map<string, string>()

/** @param made - the name of a file that takes the place of nothing */
function partOf(file: FileHandle, part: string, made: string | undefined, place: () => Promise<void>): NewFile {
  let isPlaced = false
  const remove = async (): Promise<void> => {
    await rm(part, { force: true })
    unfinished.delete(part)
  }
  return {
    write: (data) => file.writeFile(data),
    async finish() {
      await file.sync()
      await file.close()
      await place()
      isPlaced = true
      await remove()
    },
    async abandon() {
      await file.close().catch(() => undefined)
      await remove()
      if (isPlaced && made !== undefined) await rm(made, { force: true })
    },
  }
}

/** A name of its own for a new file, unless somebody was faster. */
async function placeNew(part: string, path: string): Promise<void> {
  try {
    await link(part, path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // A file system without hard links.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error
    await (await open(path, 'wx', 0o600)).close()
    await rename(part, path)
  }
}

/** A pipe or a device is written to as it is. */
function throughFile(file: FileHandle): NewFile {
  return {
    write: (data) => file.writeFile(data),
    finish: () => file.close(),
    abandon: () => file.close().catch(() => undefined),
  }
}

/** The descriptor that a path stands for, which is open already: opened again it would be cut to nothing, or not be this one. */
function openDescriptorOf(path: string): number | undefined {
  if (path === '/dev/stdout' || path === '/dev/stderr') return path === '/dev/stdout' ? 1 : 2
  const [, digits] = /^\/(?:dev|proc\/self)\/fd\/(\d{1,4})$/.exec(path) ?? []
  return digits === undefined ? undefined : Number(digits)
}

function throughDescriptor(descriptor: number): NewFile {
  return {
    async write(data) {
      const octets = Buffer.from(data)
      for (let at = 0; at < octets.length; ) at += writeSync(descriptor, octets, at)
    },
    finish: async () => undefined,
    abandon: async () => undefined,
  }
}

let clearing = false

/** What is not whole goes with the process, which ends as it would have. */
function clearWhenEnded(): void {
  if (clearing) return
  clearing = true
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      for (const path of unfinished.keys()) rmSync(path, { force: true })
      if (process.platform === 'win32') process.exit(130)
      process.kill(process.pid, signal)
    })
  }
}
