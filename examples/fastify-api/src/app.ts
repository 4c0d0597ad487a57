import type { OneIssuerOptions } from 'countersign'
import { createGuard } from 'countersign/guard/fastify'
import { accessToken } from 'countersign/profile'
import fastify, { type FastifyInstance } from 'fastify'
import { z } from 'zod'
import { Orders } from './orders.ts'

/** What this API reads of a token. It is checked with each token, so the type is earned. */
const Claims = z.object({
  sub: z.string(),
  tenant: z.string(),
  roles: z.array(z.enum(['clerk', 'admin'])).default([]),
})

/** What `request.jwt` is in this program, said once. */
declare module 'countersign/guard/fastify' {
  interface GuardTypes {
    claims: z.infer<typeof Claims>
  }
}

/** Whose tokens are taken, and by what clock: what differs between a test, a try and the real thing. */
export type Trust = Pick<OneIssuerOptions, 'keys' | 'issuer' | 'audience' | 'now'>

export function createApp(trust: Trust, orders: Orders = new Orders()): FastifyInstance {
  const verifier = accessToken.createVerifier({ ...trust, claims: Claims })
  const guard = createGuard({ verifier, realm: 'orders' })
  const app = fastify({ bodyLimit: 4096 })

  app.get('/health', () => ({ up: true }))

  app.register(async (api) => {
    // The first thing here: it counts for what comes after it, and for children of this instance. /health is outside.
    await api.register(guard)

    api.get('/orders', { onRequest: guard.requires({ scope: 'orders:read' }) }, (request) => {
      const { sub, tenant } = request.jwt.claims // both are strings, by the schema
      return orders.of(tenant, sub)
    })

    // The token is looked at before the body is read, so who may not order learns nothing of what an order looks like.
    api.post<{ Body: { item: string } }>(
      '/orders',
      { onRequest: guard.requires({ scope: 'orders:write' }), schema: { body: ORDER } },
      async (request, reply) => {
        const { sub, tenant } = request.jwt.claims
        const order = { tenant, owner: sub, item: request.body.item }
        orders.add(order)
        return reply.code(201).send(order)
      },
    )

    api.get('/admin', { onRequest: guard.requires({ roles: 'admin' }) }, (request) =>
      orders.ofTenant(request.jwt.claims.tenant),
    )
  })
  return app
}

const ORDER = {
  type: 'object',
  required: ['item'],
  properties: { item: { type: 'string', minLength: 1, maxLength: 100 } },
}
