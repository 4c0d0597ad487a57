import { rmSync } from 'node:fs'
import { type FileHandle, link, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Bytes } from '../../bytes.ts'
import { CommandError } from '../../diagnosis/told.ts'
import { JoseError } from '../../errors.ts'
import type { Pieces, Writing } from '../host.ts'

const CHUNK = 64 * 1024

/**
 * The octets of a file, or of an open descriptor.
 *
 * @throws {CommandError} `CS_INPUT`, @throws {JoseError} `CS_TOO_LARGE`
 */
export async function readWhole(path: string | number, most: number): Promise<Bytes> {
  const chunks: Uint8Array[] = []
  let length = 0
  const { pieces } = typeof path === 'number' ? await openDescriptor(path) : await openFile(path)
  for await (const piece of pieces) {
    length += piece.length
    if (length > most)
      throw new JoseError('CS_TOO_LARGE', `${nameOf(path)} has more than ${most} octets, which is more than is read`)
    chunks.push(piece)
  }
  return Uint8Array.from(Buffer.concat(chunks))
}

const nameOf = (path: string | number): string => (typeof path === 'number' ? `fd:${path}` : `@${path}`)

/** A file, opened for reading from its beginning to its end. @throws {CommandError} `CS_INPUT` */
export async function openFile(path: string): Promise<Pieces> {
  let file: FileHandle | undefined
  try {
    file = await open(path, 'r')
    const info = await file.stat()
    if (info.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
    return { ...(info.isFile() && { bytes: info.size }), pieces: piecesOf(file, path) }
  } catch (error) {
    await file?.close()
    throw unreadable(`@${path}`, error)
  }
}

async function openDescriptor(descriptor: number): Promise<Pieces> {
  const { createReadStream, fstatSync } = await import('node:fs')
  try {
    fstatSync(descriptor)
  } catch (error) {
    throw unreadable(`fd:${descriptor}`, error)
  }
  return { pieces: mended(createReadStream('', { fd: descriptor, autoClose: false }), `fd:${descriptor}`) }
}

/** The pieces of a file, in memory that is used again for each. */
async function* piecesOf(file: FileHandle, path: string): AsyncGenerator<Uint8Array> {
  try {
    const buffer = Buffer.allocUnsafe(CHUNK * 4)
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null)
      if (bytesRead === 0) return
      yield Uint8Array.from(buffer.subarray(0, bytesRead))
    }
  } catch (error) {
    throw unreadable(`@${path}`, error)
  } finally {
    await file.close()
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
  ['ENAMETOOLONG', 'the name is too long for a file'],
  ['ERR_INVALID_ARG_VALUE', 'no file has such a name'],
])

function unreadable(name: string, error: unknown): unknown {
  if (error instanceof CommandError || error instanceof JoseError) return error
  const code = (error as NodeJS.ErrnoException).code ?? ''
  return new CommandError('CS_INPUT', `cannot read ${name}: ${WHY.get(code) ?? (code || 'it cannot be opened')}.`)
}

/** What is there until a file is whole. */
const unfinished = new Set<string>()

/**
 * Writes a file as a whole, or not at all: whoever reads it meanwhile has the old one, and Ctrl-C leaves nothing behind.
 *
 * @throws {CommandError} `CS_OUTPUT` where it is there already and may not be overwritten, or cannot be written
 */
export async function writeFile(path: string, data: string | Bytes, { isPrivate, force }: Writing): Promise<void> {
  try {
    const there = await stat(path).catch(() => undefined)
    if (there && !there.isFile()) return await writeThrough(path, data)
    if (there && !force) throw exists(path)
    const part = join(dirname(path), `.${basename(path)}.${process.pid}-${Date.now().toString(36)}.part`)
    clearOnInterrupt()
    unfinished.add(part)
    try {
      const file = await open(part, 'wx', isPrivate ? 0o600 : 0o666)
      try {
        await file.writeFile(data)
        await file.sync()
      } finally {
        await file.close()
      }
      await (force ? rename(part, path) : placeNew(part, path))
    } finally {
      unfinished.delete(part)
      await rm(part, { force: true })
    }
  } catch (error) {
    if (error instanceof CommandError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') throw exists(path)
    const why = code === 'ENOENT' ? 'there is no such folder' : (WHY.get(code ?? '') ?? code ?? 'it cannot be written')
    throw new CommandError('CS_OUTPUT', `cannot write ${path}: ${why.replace('read', 'written')}.`, {
      hint: 'pass another name: --out FILE.',
    })
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
async function writeThrough(path: string, data: string | Bytes): Promise<void> {
  const file = await open(path, 'w')
  try {
    await file.writeFile(data)
  } finally {
    await file.close()
  }
}

function exists(path: string): CommandError {
  return new CommandError('CS_OUTPUT', `${path} is there already, and nothing was written.`)
}

let clearing = false

function clearOnInterrupt(): void {
  if (clearing) return
  clearing = true
  process.once('SIGINT', () => {
    for (const path of unfinished) rmSync(path, { force: true })
    process.exit(130)
  })
}
