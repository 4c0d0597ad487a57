// The least that there is to do for a token by client_credentials. It lacks everything else: other clients, rotation of
// keys and secrets, a check of what may be asked for, errors as RFC 6749 wants them, limits, and every other grant.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { createSigner, generateKey, publicJwks } from 'countersign'
import { Hono } from 'hono'
import { answer, RESOURCE, SCOPE } from '../control.ts'

const service = { id: 'service', secret: randomBytes(32).toString('base64url') }
const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest()
const expected = hashOf(`Basic ${Buffer.from(`${service.id}:${service.secret}`).toString('base64')}`)

const app = new Hono()
const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
await once(server, 'listening')
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const key = await generateKey('ES256', { kid: 'bench' })
const signer = createSigner({ key, typ: 'at+jwt', issuer: origin, audience: RESOURCE, expiresIn: 600 })

app.post('/token', async (c) => {
  if (!timingSafeEqual(hashOf(c.req.header('authorization') ?? ''), expected)) {
    return c.json({ error: 'invalid_client' }, 401)
  }
  const form = new URLSearchParams(await c.req.text())
  if (form.get('grant_type') !== 'client_credentials' || form.get('resource') !== RESOURCE)
    return c.json({ error: 'invalid_request' }, 400)
  const claims = { sub: service.id, client_id: service.id, scope: SCOPE, jti: randomBytes(16).toString('base64url') }
  const token = { access_token: await signer.sign(claims), expires_in: 600, token_type: 'Bearer', scope: SCOPE }
  return c.json(token, 200, { 'cache-control': 'no-store' })
})

const jwks = await publicJwks([key])
app.get('/jwks', (c) => c.json(jwks))

answer({ origin, issuer: origin, service, web: service, people: [] })
