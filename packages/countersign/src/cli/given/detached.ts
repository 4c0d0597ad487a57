import { SIGNATURE } from '../../alg/signature.ts'
import { CommandError } from '../../diagnosis/told.ts'
import { JoseError } from '../../errors.ts'
import type { JwsPayload } from '../../jws/pieces.ts'
import type { Call } from '../call.ts'
import { backend } from '../engine.ts'
import { usage } from '../line/usage.ts'
import { toSize, watched } from '../shown/progress.ts'
import { gather, Sources } from './sources.ts'

/**
 * A payload that travels by itself: in pieces, so that one of any size takes little memory, or whole where an algorithm or
 * a runtime takes it so.
 *
 * @param what - names the option or the argument in errors
 * @param algorithms - those that may go over it
 * @param doing - what is shown while it takes long, such as `signing`
 * @throws {CommandError} `CS_INPUT`; @throws {JoseError} `CS_UNSUPPORTED` for what is too large to be taken whole
 */
export async function detachedPayload(
  call: Call,
  source: string,
  what: string,
  algorithms: readonly string[],
  doing: string,
): Promise<JwsPayload> {
  if (!Sources.isSource(source))
    throw usage(`${what} is a SOURCE of the payload`, '', 'a file is named with an @ before it: @FILE')
  const { pieces, bytes, name } = await call.sources.open(source, what)
  const inPieces = watched(pieces, bytes, `${doing} ${name}`, call.progress)
  const takers = backend.pieces === undefined ? [] : algorithms.filter((id) => !isWhole(id))
  if (backend.pieces !== undefined && takers.length === algorithms.length) return inPieces
  const payload = await collected(inPieces, bytes)
  // Where one of the algorithms takes pieces, which of them it is shows later.
  if (payload instanceof Uint8Array || takers.length > 0) return payload
  await inPieces.return(undefined)
  const taker = backend.pieces === undefined ? 'this runtime' : algorithms.join(', ')
  throw new JoseError(
    'CS_UNSUPPORTED',
    `${taker} takes a payload whole, and ${name} has more than ${toSize(MOST_WHOLE)}`,
    {
      hint: IN_PIECES,
    },
  )
}

/** The words of the command for what the library says of a payload in pieces. */
export function readFault(error: unknown): unknown {
  if (!(error instanceof JoseError)) return error
  // Why it could not be read is known to who read it.
  if (error.cause instanceof CommandError) return error.cause
  const { code, message, hint } = error
  return code === 'CS_UNSUPPORTED' && /octets/.test(hint) ? new JoseError(code, message, { hint: IN_PIECES }) : error
}

const IN_PIECES = 'an RSA, ECDSA or HMAC key takes a payload of any size, in pieces (on Node).'

const isWhole = (id: string): boolean => WHOLE.has(SIGNATURE.get(id)?.family ?? '')

/** Some algorithms take a message whole: they go over it twice. */
const WHOLE: ReadonlySet<string> = new Set(['eddsa', 'mldsa'])
/** What is held in memory at most, in octets. */
const MOST_WHOLE: number = 64_000_000

/** All of a payload, or its pieces where they are more than is held. */
async function collected(
  pieces: AsyncGenerator<Uint8Array>,
  bytes = 0,
): Promise<Uint8Array | AsyncGenerator<Uint8Array>> {
  if (bytes > MOST_WHOLE) return pieces
  const chunks: Uint8Array[] = []
  let length = 0
  for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
    // A reader may use its memory again.
    chunks.push(new Uint8Array(next.value))
    length += next.value.length
    if (length > MOST_WHOLE) return joined(chunks, pieces)
  }
  return gather(chunks)
}

/** What was read already, and then the rest. */
async function* joined(before: readonly Uint8Array[], rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* before
  yield* rest
}
