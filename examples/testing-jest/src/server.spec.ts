import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createTestIssuer, hostileKinds, type TestIssuer } from 'countersign/testing'
import { createCounter } from './server.ts'

let issuer: TestIssuer
let server: Server

beforeAll(async () => {
  issuer = await createTestIssuer({ http: true })
  server = await start(issuer)
})

afterAll(async () => {
  server.close()
  await issuer.close()
})

/** A server as it runs for real: all that it knows of its issuer is a URL. */
async function start({ jwksUri, issuer: name, audience }: TestIssuer): Promise<Server> {
  const counter = createCounter({ jwksUri, issuer: name, audience })
  await new Promise<void>((resolve) => counter.listen(0, '127.0.0.1', resolve))
  return counter
}

function count(token: string, at = server): Promise<Response> {
  const { port } = at.address() as AddressInfo
  const headers = { Authorization: `Bearer ${token}`, Connection: 'close' }
  return fetch(`http://127.0.0.1:${port}`, { method: 'POST', headers })
}

test.each(hostileKinds())('$name is refused, and counts for nothing', async ({ name }) => {
  const sub = `victim of ${name}`
  expect((await count(await issuer.mint[name]({ sub }))).status).toBe(401)
  expect(await (await count(await issuer.mint.valid({ sub }))).json()).toEqual({ count: 1 })
})

test('each user has a count', async () => {
  const [alice, bob] = [await issuer.mint.valid(), await issuer.mint.valid({ sub: 'bob' })]
  expect(await (await count(alice)).json()).toEqual({ count: 1 })
  expect(await (await count(alice)).json()).toEqual({ count: 2 })
  expect(await (await count(bob)).json()).toEqual({ count: 1 })
  expect(issuer.requests).toEqual([issuer.jwksUri]) // fetched once, for all of the requests
})

test('while the keys cannot be fetched, the answer is 503', async () => {
  const other = await createTestIssuer({ http: true })
  const counter = await start(other)
  other.outage(true)
  expect((await count(await other.mint.valid(), counter)).status).toBe(503)
  counter.close()
  await other.close()
})
