import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { serve } from '../src/serve.ts'
import worker, { type Env } from '../src/worker.ts'
import { testWorker } from './support.ts'

mock.method(console, 'warn', () => {}) // the worker tells of each refusal

const context = { waitUntil: () => {} }

test('an environment that lacks something is an error, and lets nobody in', async () => {
  for (const missing of ['ISSUER', 'AUDIENCE', 'JWKS_URL']) {
    const env = { ISSUER: 'https://a.example', AUDIENCE: 'b', JWKS_URL: 'https://a.example/jwks', [missing]: undefined }
    const request = new Request('https://orders.example/orders')
    await assert.rejects(worker.fetch(request, env as unknown as Env, context), TypeError)
  }
})

testWorker('called as a function', async (env) => ({
  send: (path, init) => worker.fetch(new Request(`https://orders.example${path}`, init), env, context),
  close: async () => {},
}))

testWorker('over HTTP on Node', async (env) => {
  const { url, close } = await serve((request) => worker.fetch(request, env, context), 0)
  return { send: (path, init) => fetch(`${url}${path}`, init), close }
})
