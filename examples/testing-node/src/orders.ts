// The orders of whoever asks: GET with an access token that has the scope orders:read. It takes a Request and gives a
// Response, so it runs behind everything that speaks them, and a test calls it as it is.
import { createVerifier, type JwtClaims, type OneIssuerOptions } from 'countersign'

/** Whose tokens are taken, and by what clock: what differs between a test and the real thing. */
export type OrdersOptions = Pick<OneIssuerOptions, 'keys' | 'issuer' | 'audience' | 'now'>

// A Map: a sub may be any text, and in an object `constructor` would find something.
const ORDERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['alice', ['tea', 'a kettle']],
  ['bob', ['a ladder']],
])

export function createOrders(options: OrdersOptions): (request: Request) => Promise<Response> {
  const verifier = createVerifier({ ...options, typ: 'at+jwt' })
  return async (request) => {
    const [, token] = /^Bearer ([\w.~+/-]+=*)$/i.exec(request.headers.get('authorization') ?? '') ?? []
    if (token === undefined) return refusal(401, 'Bearer')
    const result = await verifier.safeVerify(token)
    if (!result.ok) return result.error.unavailable ? refusal(503) : refusal(401, 'Bearer error="invalid_token"')
    if (!scopesOf(result.claims).includes('orders:read')) return refusal(403, 'Bearer error="insufficient_scope"')
    return Response.json(ORDERS.get(result.claims.sub ?? '') ?? [])
  }
}

function scopesOf({ scope }: JwtClaims): readonly string[] {
  return typeof scope === 'string' ? scope.split(' ') : []
}

function refusal(status: number, challenge?: string): Response {
  return new Response(null, { status, headers: challenge ? { 'WWW-Authenticate': challenge } : { 'Retry-After': '5' } })
}
