import type { OneIssuerOptions } from 'countersign'
import { createGuard } from 'countersign/guard/hono'
import { accessToken } from 'countersign/profile'
import { type ExpiringStore, expiringStore } from 'countersign/revocation'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { Orders, toItem } from './orders.ts'

/** Whose tokens are taken, and by what clock: what differs between a test, a try and the real thing. */
export type Trust = Pick<OneIssuerOptions, 'keys' | 'issuer' | 'audience' | 'now'>

/** What else a program brings. */
export interface Setting {
  /** Where clients reach the API: proofs name it, and a Host header says whatever its sender likes. */
  readonly origin: string
  readonly orders?: Orders
  /** Which proofs were used; one store for all processes behind one origin. */
  readonly replay?: ExpiringStore
}

export function createApp(trust: Trust, setting: Setting) {
  const { origin, orders = new Orders(), replay = expiringStore(trust.now && { now: trust.now }) } = setting
  const verifier = accessToken.createVerifier(trust)
  const clock = trust.now && { now: trust.now }
  // required: a token that is bound to no key would work for whoever finds it.
  const guard = createGuard({ verifier, realm: 'orders', dpop: { origin, replay, required: true, ...clock } })

  return new Hono()
    .get('/health', (c) => c.json({ up: true }))
    .get('/orders', guard.requires({ scope: 'orders:read' }), (c) => c.json(orders.of(c.var.jwt.claims.sub)))
    .post('/orders', guard.requires({ scope: 'orders:write' }), bodyLimit({ maxSize: 4096 }), async (c) => {
      const item = toItem(await c.req.json().catch(() => undefined))
      if (item === undefined) return c.json({ error: 'give an item, as in { "item": "tea" }' }, 400)
      const order = { owner: c.var.jwt.claims.sub, item }
      orders.add(order)
      return c.json(order, 201)
    })
    .get('/admin', guard.requires({ roles: 'admin' }), (c) => c.json(orders.all))
}
