/** Something that somebody ordered. */
export interface Order {
  readonly owner: string
  readonly item: string
}

/** The orders of everybody, in memory. */
export class Orders {
  readonly #orders: Order[] = []
  readonly #listeners = new Set<(order: Order) => void>()

  get all(): readonly Order[] {
    return this.#orders
  }

  of(owner: string): readonly Order[] {
    return this.#orders.filter((order) => order.owner === owner)
  }

  add(order: Order): void {
    this.#orders.push(order)
    for (const tell of this.#listeners) tell(order)
  }

  /** Tells of each new order. @returns what ends it */
  watch(tell: (order: Order) => void): () => void {
    this.#listeners.add(tell)
    return () => this.#listeners.delete(tell)
  }
}

/** The item in the body of a request; nothing where there is none. */
export function toItem(body: unknown): string | undefined {
  const item = typeof body === 'object' && body !== null && 'item' in body ? body.item : undefined
  return typeof item === 'string' && item !== '' && item.length <= 100 ? item : undefined
}
