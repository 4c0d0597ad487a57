import { createHash, createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { type Cbor, newVoucher, toCbor } from './attestation.ts'

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
  /** Who vouches for the authenticator: `none`, `packed`, `fido-u2f`. */
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
    const [x, y] = this.#point()
    const key = toCbor(
      new Map<number, Cbor>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, x],
        [-3, y],
      ]),
    )
    const id = Buffer.from(this.id, 'base64url')
    const attested = Buffer.concat([Buffer.alloc(16), uint16(id.length), id, key])
    const data = this.#data({ ...twist, flags: twist.flags ?? PRESENT | VERIFIED | ATTESTED }, attested)
    const clientDataJSON = this.#client('webauthn.create', challenge, twist)
    const statement = this.#statement(twist, data, sha256(Buffer.from(clientDataJSON, 'base64url')))
    const object = toCbor(
      new Map<string, Cbor>([
        ['fmt', twist.format ?? 'none'],
        ['attStmt', statement],
        ['authData', data],
      ]),
    )
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

  /** Who vouches for it: nobody, it itself (`packed`), or its maker (`fido-u2f`), whom we did not ask. */
  #statement({ format }: Twist, data: Buffer, client: Buffer): ReadonlyMap<string, Cbor> {
    if (format === 'packed') {
      const sig = createSign('sha256').update(data).update(client).sign(this.#private)
      return new Map<string, Cbor>([
        ['alg', -7],
        ['sig', sig],
      ])
    }
    if (format !== 'fido-u2f') return new Map()
    const { certificate, key } = newVoucher()
    const parts = [Buffer.of(0), data.subarray(0, 32), client, Buffer.from(this.id, 'base64url'), Buffer.of(4)]
    const sig = createSign('sha256')
      .update(Buffer.concat([...parts, ...this.#point()]))
      .sign(key)
    return new Map<string, Cbor>([
      ['sig', sig],
      ['x5c', [certificate]],
    ])
  }

  #point(): readonly [Buffer, Buffer] {
    const { x = '', y = '' } = this.#public.export({ format: 'jwk' })
    return [Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]
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

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}
