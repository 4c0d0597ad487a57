import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Provider } from 'oidc-provider'
import { createProvider, type ProviderParts } from './provider.ts'

/** Answers a request. */
type Callback = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** A provider, made for some keys; its callback is kept, since each one that is asked for is put together anew. */
interface Made {
  readonly keys: string
  readonly provider: Provider
  readonly callback: Callback
}

/** The provider of this moment. */
export class CurrentProvider {
  readonly #parts: ProviderParts
  readonly #attach: (provider: Provider) => void
  #made: Made | undefined
  #making: Promise<Made> | undefined

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
    return (await this.#get()).provider
  }

  /** What answers requests, of that same provider. */
  async callback(): Promise<Callback> {
    return (await this.#get()).callback
  }

  async #get(): Promise<Made> {
    const keys = this.#keys()
    if (this.#made?.keys === keys) return this.#made
    this.#making ??= this.#make(keys).finally(() => {
      this.#making = undefined
    })
    if (this.#made === undefined) return this.#making
    return this.#making.catch(() => this.#made as Made)
  }

  async #make(keys: string): Promise<Made> {
    const provider = await createProvider(this.#parts)
    this.#attach(provider)
    this.#made = { keys, provider, callback: provider.callback() as Callback }
    return this.#made
  }

  /** The keys that there are, with what each does. */
  #keys(): string {
    return this.#parts.ring
      .list()
      .map(({ kid, state }) => `${kid} ${state}`)
      .join()
  }
}
