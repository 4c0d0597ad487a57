import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGuard } from 'countersign/guard/node'
import { bearer, nodeRequestOf, refusedBy, through, tokenOf, verifier } from './rig.ts'

test('a middleware takes (request, response, next), as frameworks count', () => {
  assert.equal(createGuard({ verifier }).length, 3)
})
test('a refusal is written to the response, and next is not called', async () => {
  const scene = await through(createGuard({ verifier }), nodeRequestOf(bearer('x')))
  assert.equal(scene.entered + scene.failed, 0)
  assert.equal(scene.response.statusCode, 401)
  assert.match(scene.response.headers['www-authenticate'] ?? '', /^Bearer error="invalid_token"/)
  assert.equal(JSON.parse(scene.response.body ?? '').error, 'invalid_token')
})
test('next is called without anything for a request that comes in, and the response is left alone', async () => {
  const guard = createGuard({ verifier })
  const told = await new Promise<readonly unknown[]>((resolve) =>
    guard(nodeRequestOf(bearer(tokenOf())), {} as never, (...given) => resolve(given)),
  )
  assert.deepEqual(told, [])
})
test('a callback that knows nothing of errors is not called where the guard itself fails (attack 68)', async () => {
  for (const guard of [
    createGuard({
      verifier,
      extract: () => {
        throw new Error('a bug')
      },
    }),
    createGuard({
      verifier,
      roles: 'r',
      rolesOf: () => {
        throw new Error('a bug')
      },
    }),
  ]) {
    let entered = 0
    const status = await new Promise<number>((resolve) => {
      const response = {
        statusCode: 0,
        setHeader: () => {},
        end: () => resolve(response.statusCode),
      }
      guard(nodeRequestOf(bearer(tokenOf())), response, () => {
        entered += 1
        resolve(200)
      })
    })
    assert.equal(entered, 0)
    assert.ok(status >= 500)
  }
})
test('a response that cannot be written any more ends nothing, and lets nobody in', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const response = {
    statusCode: 504,
    setHeader() {
      resolve()
      throw new Error('the headers have been sent')
    },
    end() {},
  }
  let entered = 0
  createGuard({ verifier })(nodeRequestOf(), response, () => {
    entered += 1
  })
  await promise
  await new Promise((later) => setTimeout(later, 0))
  assert.equal(entered, 0)
})
test('a request without method and path is one for GET /', async () => {
  const guard = createGuard({ verifier })
  assert.equal(refusedBy(await guard.check({ headers: {} })).reason, 'no_token')
})
