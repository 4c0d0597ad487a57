import { reading, writing } from '../../../lib/guard.ts'
import { addOrder, ordersOf } from '../../../lib/orders.ts'

export const GET = reading.protect((_, { claims }) => Response.json(ordersOf(claims.sub)))

export const POST = writing.protect(async (request: Request, { claims }) => {
  const body: unknown = await request.json().catch(() => undefined)
  const item = typeof body === 'object' && body !== null && 'item' in body ? body.item : undefined
  if (typeof item !== 'string' || item === '')
    return Response.json({ message: 'the body is not { "item": "…" }' }, { status: 400 })
  return Response.json(addOrder(claims.sub, item), { status: 201 })
})
