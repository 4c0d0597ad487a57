import { createHash, createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'

/** What a browser would give for a passkey, before it is JSON. */
interface Answer {
  readonly id: string
  readonly rawId: string
  readonly type: string
  readonly response: Readonly<Record<string, unknown>>
  readonly clientExtensionResults: object
}

/** What an authenticator or a browser does that is not as it should be. */
export interface Twist {
  readonly origin?: string
  readonly challenge?: string
  readonly type?: string
  readonly rpId?: string
  /** Of the authenticator data; user present and verified by itself. */
  readonly flags?: number
  readonly counter?: number
  /** Whose it says that the passkey is; nobody's: left out. */
  readonly userHandle?: string | undefined
  readonly crossOrigin?: boolean
  /** Of the attestation. */
  readonly format?: string
  /** Changes what is sent, at the end. */
  readonly change?: (answer: Answer) => object
}

const [PRESENT, VERIFIED, ATTESTED] = [0x01, 0x04, 0x40]

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
const sha256 = (text: string | Uint8Array): Buffer => createHash('sha256').update(text).digest()

/** A passkey of software: P-256, no attestation (Web Authentication §6.1, §6.5). */
export class Authenticator {
  readonly id = base64url(randomBytes(32))
  counter = 0
  readonly #origin: string
  readonly #private: KeyObject
  readonly #public: KeyObject
  #user = ''

  /** @param origin - of the pages that it is used on */
  constructor(origin: string) {
    this.#origin = origin
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#private = privateKey
    this.#public = publicKey
  }

  /** Answers `navigator.credentials.create`. */
  create(options: object, twist: Twist = {}): string {
    const { challenge, user } = options as { readonly challenge: string; readonly user: { readonly id: string } }
    this.#user = user.id
    const { x = '', y = '' } = this.#public.export({ format: 'jwk' })
    const key = map([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, Buffer.from(x, 'base64url')],
      [-3, Buffer.from(y, 'base64url')],
    ])
    const id = Buffer.from(this.id, 'base64url')
    const attested = Buffer.concat([Buffer.alloc(16), uint16(id.length), id, key])
    const data = this.#data({ ...twist, flags: twist.flags ?? PRESENT | VERIFIED | ATTESTED }, attested)
    const object = map([
      ['fmt', twist.format ?? 'none'],
      ['attStmt', new Map<string, never>()],
      ['authData', data],
    ])
    const clientDataJSON = this.#client('webauthn.create', challenge, twist)
    return this.#answer({ clientDataJSON, attestationObject: base64url(object), transports: ['internal'] }, twist)
  }

  /** Answers `navigator.credentials.get`. */
  get(options: object, twist: Twist = {}): string {
    const { challenge } = options as { readonly challenge: string }
    const data = this.#data(twist)
    const clientDataJSON = this.#client('webauthn.get', challenge, twist)
    const signed = Buffer.concat([data, sha256(Buffer.from(clientDataJSON, 'base64url'))])
    const signature = createSign('sha256').update(signed).sign(this.#private)
    const userHandle = 'userHandle' in twist ? twist.userHandle : this.#user
    const response = { clientDataJSON, authenticatorData: base64url(data), signature: base64url(signature) }
    return this.#answer({ ...response, ...(userHandle !== undefined && { userHandle }) }, twist)
  }

  #answer(response: Answer['response'], { change = (answer) => answer }: Twist): string {
    const common = { id: this.id, rawId: this.id, type: 'public-key', clientExtensionResults: {} }
    return JSON.stringify(change({ ...common, response }))
  }

  #client(type: string, challenge: string, twist: Twist): string {
    const { crossOrigin = false } = twist
    const told = {
      type: twist.type ?? type,
      challenge: twist.challenge ?? challenge,
      origin: twist.origin ?? this.#origin,
    }
    return base64url(Buffer.from(JSON.stringify({ ...told, crossOrigin })))
  }

  #data(twist: Twist, attested: Uint8Array = new Uint8Array()): Buffer {
    const host = twist.rpId ?? new URL(this.#origin).hostname
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(twist.counter ?? this.counter)
    return Buffer.concat([sha256(host), Buffer.of(twist.flags ?? PRESENT | VERIFIED), counter, attested])
  }
}

/** Of maps an empty one is enough. */
type Value = number | string | Uint8Array | ReadonlyMap<string, never>

/** A map of CBOR (RFC 8949 §3), as far as it is needed here. */
function map(entries: readonly (readonly [number | string, Value])[]): Buffer {
  return Buffer.concat([Buffer.of(0xa0 | entries.length), ...entries.flat().map(encode)])
}

function encode(value: Value): Buffer {
  if (typeof value === 'number') return value < 0 ? Buffer.of(0x20 | (-1 - value)) : Buffer.of(value)
  if (typeof value !== 'string' && !(value instanceof Uint8Array)) return Buffer.of(0xa0)
  const [major, bytes] = typeof value === 'string' ? [0x60, Buffer.from(value)] : [0x40, Buffer.from(value)]
  const length = bytes.length
  return Buffer.concat([length < 24 ? Buffer.of(major | length) : Buffer.of(major | 24, length), bytes])
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}
