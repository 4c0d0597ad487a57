import type { HttpBindings } from '@hono/node-server'
import { JoseError } from 'countersign'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { BusyError } from '../accounts/gate.ts'
import { AuthorityError } from '../errors.ts'
import type { Actor } from '../operations/parts.ts'
import type { Operations } from '../operations.ts'
import { type BearerParts, createAdmission } from './admin/bearer.ts'
import { toOpenApi } from './admin/openapi.ts'
import { type Input, ROUTES, type Route } from './admin/routes.ts'
import { faultOf } from './admin/schema.ts'
import { INPUTS } from './admin/schemas.ts'

/** What the admin API needs. */
export interface AdminApiParts extends BearerParts {
  /** The operations as somebody asks for them. */
  readonly operationsBy: (by: Actor) => Operations
  /** What may be logged of an error. */
  readonly nameOf: (error: unknown) => string
}

type Env = { Bindings: HttpBindings }

const PREFIX = '/admin/api'
const MOST_BODY = 256 * 1024
const HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const

/** A request that is answered with a refusal. */
class Refused extends Error {
  readonly status: 400 | 415 | 422
  readonly code: string

  constructor(status: Refused['status'], code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** All under /admin/api: what an administrator does, for programs. */
export function adminApi(parts: AdminApiParts): Hono<Env> {
  const { issuer, users, operationsBy, log, nameOf } = parts
  const admit = createAdmission(parts)
  const app = new Hono<Env>().basePath(PREFIX)
  const document = toOpenApi(issuer)
  const allowed = new Map<string, string[]>([['/openapi.json', ['GET', 'HEAD']]])
  app.get('/openapi.json', (c) => c.json(document, 200, HEADERS))
  const tooLarge = (c: Context): Response =>
    // The rest of it is not read, so nothing more comes by this connection.
    refuse(c, 413, 'too_large', 'The body is too long', undefined, { connection: 'close' })
  app.use(bodyLimit({ maxSize: MOST_BODY, onError: tooLarge }))
  for (const route of ROUTES) {
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1')
    const method = route.method.toUpperCase()
    allowed.set(path, [...(allowed.get(path) ?? []), method, ...(method === 'GET' ? ['HEAD'] : [])])
    app.on(method, path, async (c) => {
      const who = await admit(c)
      if ('status' in who) return refuse(c, who.status, who.error, who.message, undefined, who.headers)
      const input = await read(c, route)
      const answer = await route.run({ operations: operationsBy(who), users }, input as Input<never>)
      const location = route.location?.(answer as never)
      return c.json(answer, route.status, { ...HEADERS, ...(location && { location: `${PREFIX}${location}` }) })
    })
  }
  for (const [path, methods] of allowed)
    app.all(path, (c) =>
      refuse(c, 405, 'method_not_allowed', 'Not by this method', undefined, { allow: methods.join(', ') }),
    )
  app.notFound((c) => refuse(c, 404, 'not_found', 'There is nothing here', `See ${issuer}${PREFIX}/openapi.json`))
  app.onError((error, c) => {
    if (error instanceof Refused) return refuse(c, error.status, error.code, error.message)
    if (error instanceof AuthorityError && error.code !== 'DATABASE')
      return refuse(c, statusOf(error), error.code.toLowerCase(), error.message, error.hint)
    const busy = error instanceof BusyError || (error instanceof JoseError && error.unavailable)
    if (!busy) {
      const request = c.env.incoming.headers['x-request-id']
      log({ level: 'error', event: 'request.failed', path: PREFIX, error: nameOf(error), request })
    }
    const message = 'The server cannot answer at the moment'
    return refuse(c, 503, 'temporarily_unavailable', message, undefined, { 'retry-after': '5' })
  })
  return app
}

type Status = 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 422 | 503

function statusOf({ code }: AuthorityError): Status {
  if (code.endsWith('_UNKNOWN')) return 404
  return code.endsWith('_EXISTS') ? 409 : 422
}

function refuse(
  c: Context,
  status: Status,
  error: string,
  message: string,
  hint?: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const all = { ...headers, ...HEADERS, 'content-type': 'application/json' }
  return c.json({ error, message, ...(hint !== undefined && { hint }) }, status, all)
}

/** What a request says. @throws {Refused} for what is not as the route has it */
async function read(c: Context<Env>, route: Route): Promise<Input> {
  const names = c.req.param() as Readonly<Record<string, string>>
  return { names, ...readQuery(c, route), body: await readBody(c, route) }
}

function readQuery(c: Context, { query: known = {} }: Route): Pick<Input, 'query' | 'numbers'> {
  const [query, numbers]: [Record<string, string>, Record<string, number>] = [{}, {}]
  for (const [name, [value = '', ...more]] of Object.entries(c.req.queries())) {
    const schema = Object.hasOwn(known, name) ? known[name] : undefined
    if (schema === undefined || more.length > 0)
      throw new Refused(400, 'invalid_request', 'a parameter of the query is not known, or there twice')
    const number = schema.type === 'integer'
    const fault = faultOf(schema, number && /^\d{1,15}$/.test(value) ? Number(value) : value, name)
    if (fault !== undefined) throw new Refused(400, 'invalid_request', fault)
    if (number) numbers[name] = Number(value)
    else query[name] = value
  }
  return { query, numbers }
}

async function readBody(c: Context, { body, bodyOptional = false }: Route): Promise<unknown> {
  if (body === undefined) return undefined
  const text = await c.req.text()
  if (text === '' && bodyOptional) return {}
  if (!/^application\/json\s*(;|$)/i.test(c.req.header('content-type') ?? ''))
    throw new Refused(415, 'unsupported_media_type', 'the body is not application/json')
  const value = parse(text)
  const fault = faultOf(INPUTS[body], value)
  if (fault !== undefined) throw new Refused(422, 'input_invalid', fault)
  return value
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Refused(400, 'invalid_request', 'the body is no JSON')
  }
}
