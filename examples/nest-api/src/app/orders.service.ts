import { Injectable } from '@nestjs/common'

export interface Order {
  readonly id: number
  readonly item: string
}

/** The orders of everybody, in memory. */
@Injectable()
export class Orders {
  readonly #orders = new Map<string, readonly Order[]>()

  of(owner: string): readonly Order[] {
    return this.#orders.get(owner) ?? []
  }

  add(owner: string, item: string): Order {
    const before = this.of(owner)
    const order = { id: before.length + 1, item }
    this.#orders.set(owner, [...before, order])
    return order
  }

  owners(): readonly string[] {
    return [...this.#orders.keys()]
  }
}
