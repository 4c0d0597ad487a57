export interface Order {
  readonly id: number
  readonly item: string
}

// Next may load a module once for each route, and only what is global is there once. A real app asks a database.
const place = globalThis as { ordersOfExample?: Map<string, readonly Order[]> }
place.ordersOfExample ??= new Map()
const orders = place.ordersOfExample

export const ordersOf = (owner: string): readonly Order[] => orders.get(owner) ?? []

export function addOrder(owner: string, item: string): Order {
  const before = ordersOf(owner)
  const order = { id: before.length + 1, item }
  orders.set(owner, [...before, order])
  return order
}

export const customers = (): readonly string[] => [...orders.keys()]
