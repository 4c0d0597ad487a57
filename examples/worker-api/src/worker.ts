// The worker: all that a platform with fetch handlers loads. It knows its issuer by its environment alone.
import { type Keys, remoteKeySet } from 'countersign'
import { createGuard } from 'countersign/guard'
import { accessToken } from 'countersign/profile'

/** What the platform is told to hand over: variables in its configuration, none of them a secret. */
export interface Env {
  readonly ISSUER: string
  readonly AUDIENCE: string
  /** Where the issuer publishes its keys. */
  readonly JWKS_URL: string
}

/** What the platform has besides. */
export interface Context {
  waitUntil(promise: Promise<unknown>): void
}

interface Order {
  readonly id: number
  readonly item: string
}

type Handler = (request: Request) => Response | Promise<Response>

/** The routes, for one environment. */
export function createApp(env: Env, keys: Keys = remoteKeySet(env.JWKS_URL)): Handler {
  const verifier = accessToken.createVerifier({ keys, issuer: env.ISSUER, audience: env.AUDIENCE })
  const guard = createGuard({ verifier, realm: 'orders', onRefusal: ({ reason, error }) => log(reason, error?.code) })
  const reading = guard.requires({ scope: 'orders:read' })
  const writing = guard.requires({ scope: 'orders:write' })
  const admins = guard.requires({ roles: 'admin' })

  // In memory, so each isolate of the platform has its own: a real worker asks a database.
  const ordersOf = new Map<string, Order[]>()

  const listOrders = reading.protect((_, { claims }) => Response.json(ordersOf.get(claims.sub) ?? []))

  const addOrder = writing.protect(async (request: Request, { claims }) => {
    const item = await itemOf(request)
    if (item === undefined) return problem(400, 'the body is not { "item": "…" }')
    const orders = ordersOf.get(claims.sub) ?? []
    const order = { id: orders.length + 1, item }
    ordersOf.set(claims.sub, [...orders, order])
    return Response.json(order, { status: 201 })
  })

  const showAll = admins.protect((_, { claims }) =>
    Response.json({ admin: claims.sub, client: claims.client_id, customers: [...ordersOf.keys()] }),
  )

  const routes = new Map<string, Handler>([
    ['GET /health', () => Response.json({ ok: true })],
    ['GET /orders', listOrders],
    ['POST /orders', addOrder],
    ['GET /admin', showAll],
  ])
  return (request) => {
    const handler = routes.get(`${request.method} ${new URL(request.url).pathname}`)
    return handler ? handler(request) : problem(404, 'there is nothing here')
  }
}

async function itemOf(request: Request): Promise<string | undefined> {
  try {
    const { item } = (await request.json()) as { item?: unknown }
    return typeof item === 'string' && item !== '' ? item : undefined
  } catch {
    return undefined // no JSON, or null
  }
}

const problem = (status: number, message: string): Response => Response.json({ message }, { status })
const log = (...words: readonly unknown[]): void => console.warn('refused:', ...words)

// A platform may run one module with several environments, and each has its own keys, which outlive a request.
const apps = new WeakMap<Env, Handler>()

function appOf(env: Env): Handler {
  const app = apps.get(env) ?? createApp(env)
  apps.set(env, app)
  return app
}

export default {
  async fetch(request: Request, env: Env, _context: Context): Promise<Response> {
    return appOf(env)(request)
  },
}
