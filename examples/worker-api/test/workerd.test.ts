// The worker in the runtime that Cloudflare's platform is made of, bundled and configured as there.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Env } from '../src/worker.ts'
import { type Running, testWorker } from './support.ts'

const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const WORKERD = pathOf('../../../test/runtimes/node_modules/@cloudflare/workerd-linux-64/bin/workerd')

if (existsSync(WORKERD)) {
  testWorker('in workerd', start)
} else {
  test('in workerd', { skip: 'workerd is not installed: npm run test:runtimes brings it, on Linux x64' }, () => {})
}

async function start(env: Env): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-worker-'))
  await build({
    entryPoints: [pathOf('../src/worker.ts')],
    outfile: join(folder, 'worker.mjs'),
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'import'],
    logLevel: 'error',
  })
  writeFileSync(join(folder, 'config.capnp'), configOf(env))

  const child = spawn(WORKERD, ['serve', '--control-fd=3', join(folder, 'config.capnp')], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: {},
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
  }
  const port = await new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', () => reject(new Error(`workerd did not start: ${printed}`)))
    const control = child.stdio[3] as NodeJS.ReadableStream
    control.on('data', (text) => {
      const { port } = JSON.parse(String(text).split('\n')[0] ?? '') as { port?: number }
      if (port !== undefined) resolve(port)
    })
  })
  return {
    send: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init),
    async close() {
      child.kill()
      await once(child, 'close')
      rmSync(folder, { recursive: true })
    },
  }
}

/** What stands in wrangler.toml otherwise. The network is this machine alone, where the issuer of the tests is. */
function configOf(env: Env): string {
  const bindings = Object.entries(env).map(([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)})`)
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["local"]))
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]
);
const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.mjs")],
  bindings = [${bindings.join(', ')}],
  compatibilityDate = "2026-11-01"
);
`
}
