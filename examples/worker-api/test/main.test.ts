import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

test('the program prints where it is, with a token that works there, and ends when it is told to', async (t) => {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  t.after(() => child.kill('SIGKILL'))
  let printed = ''
  for await (const part of child.stdout) {
    printed += part
    if (printed.includes('Ctrl-C')) break
  }
  const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(printed) ?? []
  const [, token = ''] = /TOKEN=(\S+)/.exec(printed) ?? []
  const headers = { authorization: `Bearer ${token}` }
  assert.equal((await fetch(`${url}/orders`)).status, 401)
  assert.equal((await fetch(`${url}/orders`, { method: 'POST', headers, body: '{"item":"tea"}' })).status, 201)
  assert.deepEqual(await (await fetch(`${url}/orders`, { headers })).json(), [{ id: 1, item: 'tea' }])
  assert.equal((await fetch(`${url}/admin`, { headers })).status, 403)
  child.kill('SIGTERM')
  assert.deepEqual(await once(child, 'exit'), [0, null])
})
