/** Something that somebody ordered. */
export interface Order {
  readonly tenant: string
  readonly owner: string
  readonly item: string
}

/** The orders of everybody, in memory. */
export class Orders {
  readonly #orders: Order[] = []

  get all(): readonly Order[] {
    return this.#orders
  }

  ofTenant(tenant: string): readonly Order[] {
    return this.#orders.filter((order) => order.tenant === tenant)
  }

  of(tenant: string, owner: string): readonly Order[] {
    return this.ofTenant(tenant).filter((order) => order.owner === owner)
  }

  add(order: Order): void {
    this.#orders.push(order)
  }
}
