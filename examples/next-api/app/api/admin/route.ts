import { admins } from '../../../lib/guard.ts'
import { customers } from '../../../lib/orders.ts'

export const GET = admins.protect((_, { claims }) =>
  Response.json({ admin: claims.sub, client: claims.client_id, customers: customers() }),
)
