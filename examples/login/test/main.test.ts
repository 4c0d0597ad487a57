import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { post } from './support.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** The program, once it has said where it is. */
async function start(t: TestContext): Promise<{ child: ChildProcess; printed: string; origin: string }> {
  const child = spawn(process.execPath, [MAIN], { env: { ...process.env, PORT: '0' } })
  t.after(() => child.kill('SIGKILL'))
  let printed = ''
  for await (const part of child.stdout) {
    printed += part
    if (printed.includes('Ctrl-C')) break
  }
  return { child, printed, origin: /http:\/\/127\.0\.0\.1:\d+/.exec(printed)?.[0] ?? '' }
}

function runWithPort(port: string): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN], { env: { ...process.env, PORT: port } }, (error, stdout, stderr) =>
      resolve({ code: error?.code, stdout, stderr }),
    )
  })
}

for (const port of ['abc', '70000', '-1', '3000.5', '0x50']) {
  test(`a PORT of ${port} is refused in one sentence`, async () => {
    const { code, stdout, stderr } = await runWithPort(port)
    const sentence = `PORT is "${port}" and not a number from 0 to 65535: start with PORT=3001 npm start\n`
    assert.deepEqual({ code, stdout, stderr }, { code: 1, stdout: '', stderr: sentence })
  })
}

test('a port that is in use is refused in one sentence', async (t) => {
  const { origin } = await start(t)
  const { port } = new URL(origin)
  const { code, stdout, stderr } = await runWithPort(port)
  const sentence = `Port ${port} is in use: stop the other program or start with PORT=3001 npm start\n`
  assert.deepEqual({ code, stdout, stderr }, { code: 1, stdout: '', stderr: sentence })
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`the program prints users who can log in, and ${signal} ends it with an open connection`, async (t) => {
    const { child, printed, origin } = await start(t)
    const [, email, password] = /(ada@example\.com) {3}(\S+)/.exec(printed) ?? []
    const answer = await post(`${origin}/login`, { email, password }) // fetch keeps its connection
    assert.equal(answer.status, 200)
    await answer.text()
    child.kill(signal)
    assert.deepEqual(await once(child, 'exit'), [0, null])
  })
}
