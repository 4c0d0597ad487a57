import { reading } from '../../../../lib/guard.ts'
import { ordersOf } from '../../../../lib/orders.ts'

// The token comes second, and then what Next hands to a handler.
export const GET = reading.protect(async (_: Request, { claims }, { params }: RouteContext<'/api/orders/[id]'>) => {
  const { id } = await params
  const order = ordersOf(claims.sub).find((order) => String(order.id) === id)
  return order ? Response.json(order) : Response.json({ message: 'there is no such order' }, { status: 404 })
})
