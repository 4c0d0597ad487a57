// The APIs that are loaded, written as in examples/hono-api and examples/express-api. Tokens may come with a proof.
import { createServer, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { remoteKeySet } from 'countersign'
import { createGuard as createHonoGuard } from 'countersign/guard/hono'
import { createGuard } from 'countersign/guard/node'
import { accessToken } from 'countersign/profile'
import { expiringStore } from 'countersign/revocation'
import express from 'express'
import { Hono } from 'hono'
import { type AppName, AUDIENCE, PROOF_SECONDS, REALM, SCOPE, type Setup } from './control.ts'

type Verifier = ReturnType<typeof verifierOf>

function verifierOf({ jwksUri, issuer, maxStale, cacheMaxAge }: Setup) {
  const keys = remoteKeySet(jwksUri, {
    timeout: '2s',
    ...(maxStale !== undefined && { maxStale }),
    ...(cacheMaxAge !== undefined && { cacheMaxAge }),
  })
  return accessToken.createVerifier({ keys, issuer, audience: AUDIENCE, cache: true })
}

/** @param origin - where clients reach it, which proofs name */
const dpopAt = (origin: string) => ({ origin, replay: expiringStore(), maxAge: PROOF_SECONDS, clockTolerance: 2 })

function honoApp(server: Server, verifier: Verifier, origin: string): void {
  const guard = createHonoGuard({ verifier, realm: REALM, dpop: dpopAt(origin) })
  const app = new Hono()
    .get('/orders', guard.requires({ scope: SCOPE }), (c) => c.json({ sub: c.var.jwt.claims.sub }))
    .get('/admin', guard.requires({ roles: 'admin' }), (c) => c.json({ sub: c.var.jwt.claims.sub }))
  server.on('request', getRequestListener(app.fetch))
}

function expressApp(server: Server, verifier: Verifier, origin: string): void {
  const guard = createGuard({ verifier, realm: REALM, dpop: dpopAt(origin) })
  const app = express().disable('x-powered-by')
  app.use(guard)
  app.get('/orders', guard.requires({ scope: SCOPE }), (request, response) => {
    response.json({ sub: guard.of(request).claims.sub })
  })
  app.get('/admin', guard.requires({ roles: 'admin' }), (request, response) => {
    response.json({ sub: guard.of(request).claims.sub })
  })
  server.on('request', app)
}

const MAKE: Readonly<Record<AppName, typeof honoApp>> = { hono: honoApp, express: expressApp }

/** Has one of them listen on loopback. @returns its origin */
export async function startApp(setup: Setup): Promise<{ readonly server: Server; readonly origin: string }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const origin = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  MAKE[setup.app](server, verifierOf(setup), origin)
  return { server, origin }
}
