import { SIGNATURE } from '../alg/signature.ts'
import { concat } from '../bytes.ts'
import type { JwsPayload } from '../jws/pieces.ts'
import type { Call } from './call.ts'
import { backend } from './engine.ts'
import { watched } from './progress.ts'
import { MOST_READ } from './sources.ts'

/** A payload that travels by itself, in pieces where it can be read so, and else as a whole. */
export async function detachedPayload(
  call: Call,
  source: string,
  what: string,
  algorithms: readonly string[],
  doing: string,
): Promise<JwsPayload> {
  const { pieces, bytes, name } = await call.sources.open(source, what)
  const inPieces = watched(pieces, bytes, `${doing} ${name}`, call.progress)
  const isWhole = backend.pieces === undefined || algorithms.some((id) => WHOLE.has(SIGNATURE.get(id)?.family ?? ''))
  // What is too large to be held is handed on in pieces, and the library says why that does not do.
  if (!isWhole || (bytes ?? 0) > MOST_WHOLE) return inPieces
  return collected(inPieces)
}

/** Some algorithms, and some runtimes, take a message whole. */
const WHOLE: ReadonlySet<string> = new Set(['eddsa', 'mldsa'])
const MOST_WHOLE: number = 16 * MOST_READ

/** All of a payload, or its pieces where they are more than can be held. */
async function collected(pieces: AsyncGenerator<Uint8Array>): Promise<JwsPayload> {
  const chunks: Uint8Array[] = []
  let length = 0
  for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
    chunks.push(next.value)
    length += next.value.length
    if (length > MOST_WHOLE) return joined(chunks, pieces)
  }
  return concat(...chunks)
}

/** What was read already, and then the rest. */
async function* joined(before: readonly Uint8Array[], rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* before
  yield* rest
}
