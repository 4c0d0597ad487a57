import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { createStatusCheck } from 'countersign/revocation'
import { NOW, now, refuses } from '../support/forge.ts'
import { listen } from '../support/servers.ts'
import { asking, unavailable } from './rig.ts'
import { KEYS, listOf, referring, TYPE } from './status-rig.ts'

test('a real server publishes a list, and a check fetches it with the fetch of the platform', async (t) => {
  const state = { list: listOf(), requests: 0 }
  const origin = await listen(t, async (request, response) => {
    state.requests++
    const { method = '', headers } = request
    const get = (name: string): string | null => String(headers[name] ?? '')
    const answer = (await state.list.handler({ method, headers: { get } })) as Response
    response.writeHead(answer.status, Object.fromEntries(answer.headers))
    response.end(Buffer.from(await answer.arrayBuffer()))
  })
  const uri = `${origin}/statuses/1`
  state.list = listOf({ uri })
  state.list.set(7, 1)
  const { revoked } = createStatusCheck({ keys: KEYS, uris: uri, now })
  await asking(revoked).verify(referring(6, uri))
  await refuses(asking(revoked), referring(7, uri), 'CS_REVOKED')
  assert.equal(state.requests, 1)
})

test('a real server may compress a list, and what it becomes is bounded all the same', async (t) => {
  const state = { token: '' }
  const origin = await listen(t, (_request, response) => {
    response.writeHead(200, { 'content-type': TYPE, 'content-encoding': 'gzip' })
    response.end(gzipSync(state.token))
  })
  const uri = `${origin}/statuses/1`
  state.token = await listOf({ uri, bits: 8, size: 10_000 }).token()
  const options = { keys: KEYS, uris: uri, now: () => NOW }
  await asking(createStatusCheck(options).revoked).verify(referring(9999, uri))
  await unavailable(asking(createStatusCheck({ ...options, maxBytes: 300 }).revoked), referring(9999, uri))
})
