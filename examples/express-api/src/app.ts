import { createServer, type Server } from 'node:http'
import type { OneIssuerOptions } from 'countersign'
import { createGuard, type Refusal } from 'countersign/guard/node'
import { accessToken } from 'countersign/profile'
import express from 'express'
import { pushOrders } from './live.ts'
import { Orders, toItem } from './orders.ts'

/** Whose tokens are taken, and by what clock: what differs between a test, a try and the real thing. */
export type Trust = Pick<OneIssuerOptions, 'keys' | 'issuer' | 'audience' | 'now'>

/** What else a program may bring. */
export interface Setting {
  readonly orders?: Orders
  /** Told of each refused request. */
  log?(refusal: Refusal): void
  /** Milliseconds that a socket has for its first message. */
  readonly patience?: number
}

export function createApp(trust: Trust, setting: Setting = {}): Server {
  const { orders = new Orders(), log, patience = 5000 } = setting
  const verifier = accessToken.createVerifier({ ...trust, cache: true }) // an open socket shows its token often
  const guard = createGuard({ verifier, realm: 'orders', onRefusal: (refusal) => log?.(refusal) })
  const reading = guard.requires({ scope: 'orders:read' })
  const app = express().disable('x-powered-by')

  app.get('/health', (_request, response) => {
    response.json({ up: true })
  })

  app.use(guard) // every route from here on needs a token

  app.get('/orders', reading, (request, response) => {
    const { claims } = guard.of(request)
    response.json(orders.of(claims.sub))
  })

  // The body is read behind the guard: who may not order sends nothing here.
  app.post(
    '/orders',
    guard.requires({ scope: 'orders:write' }),
    express.json({ limit: '4kb' }),
    (request, response) => {
      const item = toItem(request.body)
      if (item === undefined) {
        response.status(400).json({ error: 'give an item, as in { "item": "tea" }' })
        return
      }
      const order = { owner: guard.of(request).claims.sub, item }
      orders.add(order)
      response.status(201).json(order)
    },
  )

  app.get('/admin', guard.requires({ roles: 'admin' }), (_request, response) => {
    response.json(orders.all)
  })

  const server = createServer(app)
  pushOrders({ server, guard: reading, orders, patience })
  return server
}
