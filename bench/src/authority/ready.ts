import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { send } from './http.ts'

const CLI = fileURLToPath(new URL('../../../packages/authority/src/cli.ts', import.meta.url))
const [PAUSE_MS, LONGEST_MS] = [5, 30_000]

/**
 * Starts an authority as people do, by its command, and ends it.
 *
 * @param env - its settings
 * @returns milliseconds from the start of its process until it says that it is ready
 */
export async function timeToReady(env: Readonly<Record<string, string>>): Promise<number> {
  const port = await freePort()
  const began = performance.now()
  const child = spawn(process.execPath, [CLI, 'serve'], {
    env: { PATH: process.env['PATH'] ?? '', LOG_LEVEL: 'error', ...env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = once(child, 'close')
  try {
    while (!(await isReady(`http://127.0.0.1:${port}`))) {
      if (child.exitCode !== null || performance.now() - began > LONGEST_MS)
        throw new Error('the authority does not start')
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
    return performance.now() - began
  } finally {
    child.kill('SIGTERM')
    await ended
  }
}

function isReady(origin: string): Promise<boolean> {
  return send(origin, '/readyz').then(
    ({ status }) => status === 200,
    () => false,
  )
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('there is no free port')
  return address.port
}
