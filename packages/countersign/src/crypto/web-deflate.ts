import { type Bytes, concat } from '../bytes.ts'
import { notDeflate, tooLarge } from './deflate.ts'
import type { Data } from './web-keys.ts'
import { lacking } from './web-keys.ts'

/** What is used of a CompressionStream or a DecompressionStream. */
interface Transform {
  readonly readable: { getReader(): Reader }
  readonly writable: { getWriter(): Writer }
}
interface Reader {
  read(): Promise<{ readonly done: boolean; readonly value?: Bytes }>
  cancel(): Promise<void>
}
interface Writer {
  write(data: Data): Promise<void>
  close(): Promise<void>
}

const platform = globalThis as {
  readonly CompressionStream?: new (format: string) => Transform
  readonly DecompressionStream?: new (format: string) => Transform
}

/** @see Backend.deflate */
export async function deflate(data: Bytes): Promise<Bytes> {
  const octets = await through(open(platform.CompressionStream), data, Number.POSITIVE_INFINITY, data.length)
  return octets ?? new Uint8Array()
}

/** @see Backend.inflate */
export async function inflate(data: Bytes, most: number): Promise<Bytes> {
  const stream = open(platform.DecompressionStream)
  let octets: Bytes | undefined
  try {
    octets = await through(stream, data, most)
  } catch {
    throw notDeflate()
  }
  if (octets) return octets
  throw tooLarge(most)
}

function open(Stream: (new (format: string) => Transform) | undefined): Transform {
  if (Stream === undefined) throw lacking('DEFLATE')
  return new Stream('deflate-raw')
}

/** So much is given at once, since some platforms inflate all of it before anything can be read: 4 MiB at the most. */
const PIECE = 4096

async function feed(writer: Writer, data: Bytes, piece: number): Promise<void> {
  for (let at = 0; at < data.length; at += piece) await writer.write(data.subarray(at, at + piece) as Data)
  await writer.close()
}

/** Reads as long as there is no more than allowed: what is not read is not inflated either. */
async function through(stream: Transform, data: Bytes, most: number, piece = PIECE): Promise<Bytes | undefined> {
  const writer = stream.writable.getWriter()
  // What goes wrong there is told by the reader.
  feed(writer, data, piece).catch(() => {})
  const reader = stream.readable.getReader()
  const parts: Bytes[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return concat(...parts)
    if (value === undefined) continue
    length += value.length
    if (length > most) {
      reader.cancel().catch(() => {})
      return undefined
    }
    parts.push(value)
  }
}
