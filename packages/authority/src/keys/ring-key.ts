import { createPublicKey, type KeyObject } from 'node:crypto'
import { JoseError, type Jwk } from 'countersign'
import type { KeyRing } from 'countersign/keyring'
import { ExternalSigningKey } from 'oidc-provider'
import { unavailable } from '../unavailable.ts'

/** A key of the ring as oidc-provider takes it: its public half, and a way to have the ring sign. */
export class RingKey extends ExternalSigningKey {
  readonly #ring: KeyRing
  readonly #jwk: Jwk
  #public: KeyObject | undefined

  constructor(ring: KeyRing, jwk: Jwk) {
    super()
    this.#ring = ring
    this.#jwk = jwk
  }

  override get kid(): string {
    return this.#jwk.kid as string
  }

  override get alg(): string {
    return this.#jwk.alg as string
  }

  override keyObject(): KeyObject {
    this.#public ??= createPublicKey({ key: this.#jwk as never, format: 'jwk' })
    return this.#public
  }

  /** The signature over a signing input as it stands in a JWS. */
  override async sign(data: Uint8Array): Promise<Uint8Array> {
    try {
      return await this.#ring.sign(data, this.kid)
    } catch (error) {
      throw error instanceof JoseError && error.unavailable ? unavailable(error) : error
    }
  }
}
