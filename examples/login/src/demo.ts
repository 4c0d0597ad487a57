import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import { limitBody, readTexts } from './body.ts'
import type { VerifyElsewhere } from './elsewhere.ts'
import { ApiError } from './errors.ts'
import type { NewUser } from './users.ts'

/** What makes the service a demonstration: it tells its passwords and starts another process. */
export interface Demo {
  readonly users: readonly NewUser[]
  readonly verifyElsewhere: VerifyElsewhere
}

const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]*$/
const LOOPBACK = ['127.0.0.1', '::1', '::ffff:127.0.0.1']

/** The routes that only the page of a demonstration has, for callers on this machine alone. */
export function demoRoutes(origin: string, { users, verifyElsewhere }: Demo): Hono<{ Bindings: HttpBindings }> {
  const { host, port } = new URL(origin)
  const routes = new Hono<{ Bindings: HttpBindings }>()

  routes.use('/demo/*', async (c, next) => {
    // The address keeps other machines out; the Host keeps out a web page whose name was pointed at this machine.
    const fromHere = LOOPBACK.includes(c.env.incoming.socket.remoteAddress ?? '')
    if (fromHere && [host, `localhost:${port}`].includes(c.req.header('Host') ?? '')) return next()
    throw new ApiError(403, 'only_local', 'this is for the machine that it runs on')
  })

  routes.get('/demo/users', (c) => c.json({ pid: process.pid, users }))

  routes.post('/demo/verify-elsewhere', limitBody(20 * 1024), async (c) => {
    const { token } = await readTexts(c, { token: 16 * 1024 })
    if (!TOKEN.test(token)) throw new ApiError(400, 'invalid_request', 'token must be three parts joined by dots')
    return c.json(await verifyElsewhere(token))
  })

  return routes
}
