import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { test } from 'node:test'
import * as door from 'countersign'
import { createGuard, type FetchGuard, type GuardResult, type Refusal } from 'countersign/guard'
import { createGuard as createHonoGuard } from 'countersign/guard/hono'
import { createGuard as createNodeGuard, type NodeGuard } from 'countersign/guard/node'
import { expiringStore } from 'countersign/revocation'
import { Hono } from 'hono'
import { POLICY } from '../support/forge.ts'
import { admittedBy, bearer, KEY, requestOf, tokenOf, verifier } from './rig.ts'

// What the compiler says about guards: it checks this file, and the tests run what it lets pass.

/** Whether two types are one and the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const holds = <_T extends true>(): void => {}

interface Tenant {
  readonly sub: string
  readonly tenant: 'acme' | 'other'
  readonly groups: readonly string[]
}
const schema: door.StandardSchema<unknown, Tenant> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as Tenant }) },
}
const typed = door.createVerifier({ keys: KEY, ...POLICY, claims: schema })

test('claims are what the schema of the verifier makes', async () => {
  const guard = createGuard({ verifier: typed, roles: 'a', rolesOf: (claims) => claims.groups })
  holds<Same<typeof guard, FetchGuard<Tenant, false>>>()
  const jwt = admittedBy(await guard.check(requestOf(bearer(tokenOf({ groups: ['a'] })))))
  holds<Same<typeof jwt, door.VerifiedToken<Tenant>>>()
  holds<Same<typeof jwt.claims.tenant, 'acme' | 'other'>>()
  guard.protect((_request, { claims, claimsSet }) => {
    holds<Same<typeof claims, Tenant>>()
    holds<Same<typeof claimsSet, door.JwtClaims>>()
    // @ts-expect-error no such claim
    claims.role
    return new Response(claims.tenant)
  })
  // @ts-expect-error roles are an array of texts
  createGuard({ verifier: typed, roles: 'a', rolesOf: (claims) => claims.sub })
  guard.requires({ roles: 'b', rolesOf: ({ groups }) => groups })
})
test('without a schema, claims are those that every JWT may have', async () => {
  const guard = createGuard({ verifier })
  holds<Same<typeof guard, FetchGuard<door.JwtClaims, false>>>()
  const { claims } = admittedBy(await guard.check(requestOf(bearer(tokenOf()))))
  holds<Same<typeof claims.sub, string | undefined>>()
})
test('with optional, the token may be undefined, and requires takes that back', async () => {
  const guard = createGuard({ verifier: typed, optional: true })
  holds<Same<typeof guard, FetchGuard<Tenant, true>>>()
  const result = await guard.check(requestOf())
  holds<Same<typeof result, GuardResult<Tenant, true>>>()
  const jwt = admittedBy(result)
  holds<Same<typeof jwt, door.VerifiedToken<Tenant> | undefined>>()
  guard.protect((_request, token) => {
    // @ts-expect-error it may be undefined
    token.claims
    return new Response(token?.claims.tenant)
  })
  const strict = guard.requires({ scope: 'a' })
  holds<Same<typeof strict, FetchGuard<Tenant, false>>>()
  const either = createGuard({ verifier: typed, optional: Boolean(jwt) })
  const maybe = admittedBy(await either.token(tokenOf()))
  holds<Same<typeof maybe, door.VerifiedToken<Tenant> | undefined>>()
  const never = createGuard({ verifier: typed, optional: false })
  holds<Same<Awaited<ReturnType<typeof never.check>>, GuardResult<Tenant, false>>>()
})
test('a result is a token or a refusal, and a refusal has no token', async () => {
  const result = await createGuard({ verifier }).token('x')
  // @ts-expect-error it may be a refusal
  result.jwt
  if (result.ok) return assert.fail('it was let in')
  holds<Same<typeof result, Refusal>>()
  holds<Same<typeof result.status, 400 | 401 | 403 | 503>>()
  // @ts-expect-error there is none
  result.jwt
})
test('options that are not what they should be do not compile, and are TypeErrors', () => {
  const replay = expiringStore()
  for (const make of [
    // @ts-expect-error a verifier is needed
    () => createGuard({}),
    // @ts-expect-error misspelt
    () => createGuard({ verifier, scopes: 'a' }),
    // @ts-expect-error origins are needed
    () => createGuard({ verifier, cookie: { name: 'a' } }),
    // @ts-expect-error a store is needed
    () => createGuard({ verifier, dpop: { origin: 'https://api.example' } }),
    // @ts-expect-error an origin is needed
    () => createGuard({ verifier, dpop: { replay } }),
    // @ts-expect-error not a boolean
    () => createGuard({ verifier, optional: 'yes' }),
    // @ts-expect-error not text
    () => createGuard({ verifier, scope: 7 }),
    // @ts-expect-error not a function
    () => createGuard({ verifier, extract: 'authorization' }),
    // @ts-expect-error a route cannot be optional
    () => createGuard({ verifier }).requires({ scope: 'a', optional: true }),
    // @ts-expect-error misspelt
    () => createNodeGuard({ verifier, role: 'a' }),
    // @ts-expect-error misspelt
    () => createHonoGuard({ verifier, role: 'a' }),
  ])
    assert.throws(make, TypeError)
})
test('claims have no type that nobody checks', () => {
  const make = () => {
    const options = { keys: [], issuer: 'any', audience: 'any' } as const
    // @ts-expect-error there is no schema
    const bare: door.Verifier<Tenant> = door.createVerifier(options)
    // @ts-expect-error there is no schema
    createGuard<Tenant>({ verifier: door.createVerifier(options) })
    return bare
  }
  assert.throws(make, TypeError)
})
test('what frameworks have for requests fits', () => {
  const guard = createNodeGuard({ verifier: typed, optional: true })
  holds<Same<typeof guard, NodeGuard<Tenant, true>>>()
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    guard(request, response, () => {
      const jwt = guard.of(request)
      holds<Same<typeof jwt, door.VerifiedToken<Tenant> | undefined>>()
      const strict = guard.requires({ roles: 'a', rolesOf: (claims) => claims.groups }).of(request)
      holds<Same<typeof strict, door.VerifiedToken<Tenant>>>()
    })
  }
  assert.equal(typeof listener, 'function')
  const handler = createGuard({ verifier }).protect((request: Request, jwt, context: { params: { id: string } }) => {
    holds<Same<typeof jwt, door.VerifiedToken<door.JwtClaims>>>()
    return new Response(`${request.method} ${context.params.id}`)
  })
  type Context = { params: { id: string } }
  holds<Same<typeof handler, (request: Request, context: Context) => Promise<Response>>>()
  // @ts-expect-error a handler gives a response
  createGuard({ verifier }).protect(() => 'text')
})
test('Hono knows the type of c.var.jwt behind a guard', () => {
  const guard = createHonoGuard({ verifier: typed, optional: true })
  new Hono()
    .get('/a', guard, (c) => {
      holds<Same<typeof c.var.jwt, door.VerifiedToken<Tenant> | undefined>>()
      return c.text('')
    })
    .get('/b', guard.requires({ scope: 'a' }), (c) => {
      holds<Same<typeof c.var.jwt, door.VerifiedToken<Tenant>>>()
      return c.text('')
    })
    .get('/c', (c) => {
      // @ts-expect-error no guard stands before it
      c.var.jwt
      return c.text('')
    })
})
