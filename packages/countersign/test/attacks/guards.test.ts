import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGuard, type Refusal } from 'countersign/guard'
import { createGuard as createHonoGuard } from 'countersign/guard/hono'
import { createGuard as createNodeGuard } from 'countersign/guard/node'
import { Hono } from 'hono'
import { nodeRequestOf, requestOf, through, URL_HERE, verifier } from '../guard/rig.ts'
import { type Attacked, attackFailures, attackOptions, attackSilence, boom } from './guard.ts'

/** Every guard that runs everywhere; that for Fastify is in guard-fastify.test.ts. */
const GUARDS: readonly Attacked[] = [
  {
    name: 'countersign/guard',
    create: createGuard,
    async send(options, fields) {
      const told: Refusal[] = []
      let entered = 0
      const guard = createGuard({ verifier, onRefusal: (refusal) => told.push(refusal), ...options })
      const handler = guard.protect(() => {
        entered += 1
        return new Response('in')
      })
      const response = (await handler(requestOf(fields))) as Response
      const seen = `${JSON.stringify([...response.headers])}${await response.text()}`
      return { status: response.status, entered, seen, told }
    },
  },
  {
    name: 'countersign/guard/node',
    create: createNodeGuard,
    async send(options, fields) {
      const told: Refusal[] = []
      const guard = createNodeGuard({ verifier, onRefusal: (refusal) => told.push(refusal), ...options })
      const { response, entered, failed } = await through(guard, nodeRequestOf(fields))
      const seen = `${JSON.stringify(response.headers)}${response.body}`
      return { status: failed > 0 ? 500 : response.statusCode, entered, seen, told }
    },
  },
  {
    name: 'countersign/guard/hono',
    create: createHonoGuard,
    async send(options, fields) {
      const told: Refusal[] = []
      let entered = 0
      const guard = createHonoGuard({ verifier, onRefusal: (refusal) => told.push(refusal), ...options })
      const app = new Hono()
        .onError((_error, c) => c.text('', 500))
        .get('/orders', guard, (c) => {
          entered += 1
          return c.text('in')
        })
      const response = await app.request(URL_HERE, { headers: fields })
      const seen = `${JSON.stringify([...response.headers])}${await response.text()}`
      return { status: response.status, entered, seen, told }
    },
  },
]

for (const guard of GUARDS) {
  attackSilence(guard)
  attackOptions(guard)
  attackFailures(guard)
}

test('attack 68: a request that cannot be read comes in nowhere', async () => {
  const headers = { get: boom }
  const guard = createGuard({ verifier, optional: true })
  let entered = 0
  const handler = guard.protect(() => {
    entered += 1
    return new Response('in')
  })
  for (const request of [
    { method: 'GET', url: URL_HERE, headers },
    { method: 'GET', url: URL_HERE, headers: undefined },
    {},
  ]) {
    const response = (await handler(request as never).catch(() => new Response('', { status: 500 }))) as Response
    assert.ok(response.status >= 500, String(response.status))
  }
  assert.equal(entered, 0)
})
