/** Something that somebody ordered. */
export interface Order {
  readonly owner: string
  readonly item: string
}

/** The orders of everybody, in memory. */
export class Orders {
  readonly #orders: Order[] = []

  get all(): readonly Order[] {
    return this.#orders
  }

  of(owner: string): readonly Order[] {
    return this.#orders.filter((order) => order.owner === owner)
  }

  add(order: Order): void {
    this.#orders.push(order)
  }
}

/** The item in the body of a request; nothing where there is none. */
export function toItem(body: unknown): string | undefined {
  const item = typeof body === 'object' && body !== null && 'item' in body ? body.item : undefined
  return typeof item === 'string' && item !== '' && item.length <= 100 ? item : undefined
}
