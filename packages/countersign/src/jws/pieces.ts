import type { SignatureAlg } from '../alg/signature.ts'
import { type Bytes, base64url, concat, octetsIn } from '../bytes.ts'
import type { Pieces, SignatureScheme, SigningInput, Verifying } from '../crypto/backend.ts'
import { JoseError, kindOf, setAside } from '../errors.ts'
import { Key } from '../key/key.ts'
import { type Op, use } from '../op.ts'
import { toData } from '../options.ts'
import { type Jws, type JwsSignature, refusePayload } from '../serialization/jws.ts'
import { type KeySource, selected } from '../source/key-source.ts'
import { signatureOctets } from './primitive.ts'
import { allowed, failure, type VerifiedSignature, type VerifyRules } from './verify.ts'

/**
 * A payload in pieces, such as a file that is being read; it is signed detached (RFC 7515 Appendix F).
 *
 * @example
 * ```ts
 * import { generateKey, publicKey } from 'countersign'
 * import { type PayloadStream, signJws, verifyJws } from 'countersign/jws'
 *
 * // Stands for a file that is being read, or the body of a request.
 * async function* pieces(): PayloadStream {
 *   for (const text of ['one, ', 'two, ', 'three']) yield new TextEncoder().encode(text)
 * }
 * const key = await generateKey('HS256')
 * const jws = await signJws(pieces(), { key, detached: true })
 * const { header } = await verifyJws(jws, { keys: key, detachedPayload: pieces() })
 * console.log(jws.split('.')[1], header.alg) //  HS256
 * ```
 */
export type PayloadStream = AsyncIterable<Uint8Array>

/** A payload of {@link signJws}: octets, text that stands for its UTF-8, or octets in pieces. */
export type JwsPayload = Uint8Array | string | PayloadStream

/** The octets of a payload that is at hand. @throws as {@link toData} */
export const toPayload = (value: unknown, name: string): Bytes =>
  toData(value, name, 'octets, text, or an async iterable of octets')

export function isStream(value: unknown): value is PayloadStream {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

/** What is known of a stream of Node, which can fail while nobody listens, and stays open until it is destroyed. */
interface NodeStream {
  on?(event: 'error', listener: () => void): unknown
  destroy?(): unknown
  /** Set for the body of an HTTP request, whose server lets go of it once it has answered. */
  readonly httpVersion?: string
  readonly readableDidRead?: boolean
}

/**
 * Runs an operation that reads a payload to its end. Where it fails before that, the payload is let go: a file would stay
 * open for ever, and whoever sends bad signatures could use up all that there are.
 */
export function* reading<T, B>(payload: PayloadStream & NodeStream, operation: () => Op<T, B>): Op<T, B> {
  if (payload.readableDidRead) throw new TypeError('the payload is a stream that has been read already')
  // A file that is not there says so at once, while the keys may still be on their way; reading tells it again.
  payload.on?.('error', () => {})
  try {
    return yield* operation()
  } catch (error) {
    if (payload.httpVersion !== undefined) throw error
    if (payload.destroy) payload.destroy()
    else yield* use(() => close(payload))
    throw error
  }
}

/** Why a family takes its messages whole. */
const WHOLE: Partial<Record<SignatureScheme['family'], string>> = {
  eddsa: 'it goes over the message twice (RFC 8032 §5.1.6)',
  mldsa: 'the platform takes its message whole',
}

/** One of the signatures to make. */
export interface PieceJob {
  readonly alg: SignatureAlg
  readonly key: Key
  /** What the signature covers in front of the payload. */
  readonly head: SigningInput
}

/**
 * The signatures over a payload that comes in pieces and is never held as a whole.
 *
 * @param encoded - whether the payload is covered as base64url (RFC 7797 §3)
 * @throws {JoseError} `CS_UNSUPPORTED` for a key or an algorithm that takes its message whole
 */
export function* signPieces(
  jobs: readonly PieceJob[],
  payload: PayloadStream,
  encoded: boolean,
): Op<readonly string[]> {
  const pieces = yield* piecesOf()
  const signers = jobs.map(({ alg, key, head }) => {
    refuseWhole(alg, key)
    const signer = pieces.sign(alg, Key.material(key))
    signer.update(head)
    return signer
  })
  yield* pump(payload, encoded, (piece) => {
    for (const signer of signers) signer.update(piece)
  })
  return signers.map((signer) => signer.finish())
}

/** How many signatures and keys are tried in one pass: each of them hashes the whole payload. */
const MOST_TRIED = 16

/**
 * As `verify`, for a payload that comes in pieces. All candidates are chosen before the first piece is read, and go over
 * the payload together.
 *
 * @throws {JoseError} as `verify`, and `CS_UNSUPPORTED` for an algorithm that takes its message whole
 */
export function* verifyPieces(
  jws: Jws,
  payload: PayloadStream,
  keys: KeySource,
  rules: VerifyRules,
): Op<VerifiedSignature, Verifying> {
  refusePayload(jws)
  const pieces = yield* piecesOf()
  const candidates: { readonly part: JwsSignature; readonly alg: SignatureAlg; readonly key: Key }[] = []
  let fault: JoseError | undefined
  for (const part of jws.signatures) {
    try {
      const alg = allowed(part, rules)
      for (const key of yield* selected(keys.select(part.header, alg, 'verify'))) {
        refuseWhole(alg, key)
        if (octetsIn(part.signature) === signatureOctets(alg, key)) candidates.push({ part, alg, key })
      }
    } catch (error) {
      fault = setAside(error, fault, jws.signatures)
    }
  }
  if (candidates.length === 0) throw fault?.code === 'CS_UNSUPPORTED' ? fault : failure(jws, fault)
  if (candidates.length > MOST_TRIED) {
    throw new JoseError(
      'CS_TOO_LARGE',
      `${candidates.length} signatures and keys would have to be tried on the stream, ${MOST_TRIED} are allowed`,
      { hint: 'Name the key of each signature by its kid, and give the keys as a key set.' },
    )
  }
  const verifiers = candidates.map(({ part, alg, key }) => {
    const verifier = pieces.verify(alg, Key.material(key))
    verifier.update(part.input)
    return verifier
  })
  const encoded = jws.signatures[0]?.header['b64'] !== false
  yield* pump(payload, encoded, (piece) => {
    for (const verifier of verifiers) verifier.update(piece)
  })
  for (const [index, { part, key }] of candidates.entries()) {
    if (!verifiers[index]?.finish(part.signature)) continue
    const { header, protectedHeader } = part
    return { header, protectedHeader, key }
  }
  throw failure(jws, fault)
}

function* piecesOf(): Op<Pieces, Pick<Verifying, 'pieces'>> {
  const pieces = yield* use((backend: Pick<Verifying, 'pieces'>) => backend.pieces)
  if (pieces) return pieces
  throw new JoseError('CS_UNSUPPORTED', 'this runtime takes messages whole alone', {
    hint: 'Give the payload as octets, or run this on Node.',
  })
}

function refuseWhole({ id, family }: SignatureAlg, key: Key): void {
  const why = Key.material(key).foreign ? 'its key works on whole messages' : WHOLE[family]
  if (why === undefined) return
  throw new JoseError('CS_UNSUPPORTED', `${id} cannot take a payload in pieces: ${why}`, {
    hint: 'Give the payload as octets, or use an RSA, ECDSA or HMAC algorithm.',
  })
}

/** So much is encoded at once: a multiple of three octets, whose text ends where theirs does. */
const SLICE = 48 * 1024

/** Hands a payload on, piece by piece, as the octets or the base64url text that a signature covers. */
function* pump(payload: PayloadStream, encoded: boolean, take: (piece: SigningInput) => void): Op<void, unknown> {
  const iterator = payload[Symbol.asyncIterator]()
  let left: Bytes = new Uint8Array()
  let done = false
  try {
    for (;;) {
      const next = yield* use(() => read(iterator))
      if (next.done) break
      const piece = next.value
      if (!(piece instanceof Uint8Array)) throw new TypeError(`the payload gave ${kindOf(piece)} and not octets`)
      if (!encoded) {
        take(piece)
        continue
      }
      const octets = left.length > 0 ? concat(left, piece) : piece
      const whole = octets.length - (octets.length % 3)
      for (let at = 0; at < whole; at += SLICE) take(base64url(octets.subarray(at, Math.min(at + SLICE, whole))))
      left = Uint8Array.from(octets.subarray(whole)) // a reader may use its memory again
    }
    done = true
  } finally {
    if (!done) yield* use(() => leave(iterator))
  }
  if (left.length > 0) take(base64url(left))
}

async function read(iterator: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
  try {
    return await iterator.next()
  } catch (cause) {
    throw new JoseError('CS_UNAVAILABLE', 'the payload could not be read to its end', { cause, unavailable: true })
  }
}

/** Leaves a reader before its end, so that it closes what it holds. What made us stop is the error to tell. */
async function leave(iterator: AsyncIterator<Uint8Array>): Promise<void> {
  try {
    await iterator.return?.()
  } catch {
    // Said above.
  }
}

/** The same for a payload that may not have been begun. One that is being read elsewhere stays as it is. */
async function close(payload: PayloadStream): Promise<void> {
  try {
    await leave(payload[Symbol.asyncIterator]())
  } catch {
    // It is locked.
  }
}
