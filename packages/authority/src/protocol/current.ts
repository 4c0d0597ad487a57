import type { Provider } from 'oidc-provider'
import { createProvider, type ProviderParts } from './provider.ts'

/** The provider of this moment. */
export class CurrentProvider {
  readonly #parts: ProviderParts
  readonly #attach: (provider: Provider) => void
  #made: { readonly keys: string; readonly provider: Provider } | undefined
  #making: Promise<Provider> | undefined

  /** @param attach - listens to a new provider, as it did to the one before */
  constructor(parts: ProviderParts, attach: (provider: Provider) => void) {
    this.#parts = parts
    this.#attach = attach
  }

  /**
   * The provider whose keys are those of the ring now. While a new one is made, and where the store of the ring is out
   * of reach, that is the one before: its key signs for a while after its turn.
   */
  async get(): Promise<Provider> {
    const keys = this.#keys()
    if (this.#made?.keys === keys) return this.#made.provider
    this.#making ??= this.#make(keys).finally(() => {
      this.#making = undefined
    })
    if (this.#made === undefined) return this.#making
    return this.#making.catch(() => (this.#made as { readonly provider: Provider }).provider)
  }

  async #make(keys: string): Promise<Provider> {
    const provider = await createProvider(this.#parts)
    this.#attach(provider)
    this.#made = { keys, provider }
    return provider
  }

  /** The keys that there are, with what each does. */
  #keys(): string {
    return this.#parts.ring
      .list()
      .map(({ kid, state }) => `${kid} ${state}`)
      .join()
  }
}
