// Starts a runtime with the suite inside: a process, a workerd that answers requests, or a page.
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { openChromium } from '../support/chromium.ts'
import { ROOT } from './bundle.ts'
import type { Matrix, Opened, TokenFile } from './matrix/tokens.ts'
import type { Suite } from './on/chromium.ts'
import type { Outcome } from './portable/test.ts'
import type { Runtime } from './runtimes.ts'

const HERE = join(ROOT, 'test/runtimes')
/** For all tests of a runtime: much more than they take, also where a machine has much else to do. */
const MOST_MS = 1_800_000

/** A runtime at work. */
export interface Running extends Matrix {
  /** Runs the test files of its bundle. */
  runTests(files: readonly string[]): Promise<readonly Outcome[]>
  stop(): Promise<void>
}

/** Where the binary of a runtime lies. */
export const binaryOf = ({ binary = '' }: Runtime): string => join(HERE, 'node_modules', binary)

/** @param folder - for whatever has to be written */
export function start(runtime: Runtime, bundle: string, folder: string): Promise<Running> {
  if (runtime.on === 'process') return Promise.resolve(startProcess(runtime, bundle, folder))
  return runtime.on === 'workerd' ? startWorkerd(runtime, bundle, folder) : startChromium(bundle)
}

/** What a program prints; a program that fails says so on stderr. */
export function runProgram(binary: string, parameters: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const { NODE_OPTIONS: _, ...env } = process.env
    const child = spawn(binary, parameters, {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: MOST_MS,
      env: { ...env, NO_COLOR: '1' },
    })
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) resolve({ stdout, stderr })
      else reject(new Error(`ended with ${signal ?? code} after ${stdout.trim().split('\n').at(-1)}: ${stderr}`))
    })
  })
}

function startProcess(runtime: Runtime, bundle: string, folder: string): Running {
  const { flags = [], unbuilt } = runtime
  const task = async (program: string, ...parameters: readonly string[]): Promise<string> =>
    (await runProgram(binaryOf(runtime), [...flags, program, ...parameters])).stdout
  // The tokens are made and opened by the sources as they stand, where the runtime can read them.
  const tokens = unbuilt ? join(HERE, 'on/unbuilt.ts') : bundle
  const place = (what: string): string => join(folder, `${runtime.name.replaceAll(/\W+/g, '-')}.${what}.json`)
  return {
    async runTests(files) {
      await task(bundle, 'tests', place('tests'), ...files)
      return JSON.parse(readFileSync(place('tests'), 'utf8')) as Outcome[]
    },
    async makeTokens(name) {
      await task(tokens, 'make', place('made'), name)
      return JSON.parse(readFileSync(place('made'), 'utf8')) as TokenFile
    },
    async openTokens(files) {
      writeFileSync(place('given'), JSON.stringify(files))
      await task(tokens, 'open', place('opened'), place('given'))
      return JSON.parse(readFileSync(place('opened'), 'utf8')) as Opened
    },
    stop: async () => {},
  }
}

async function startWorkerd(runtime: Runtime, bundle: string, folder: string): Promise<Running> {
  const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]
);
const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "${bundle.split('/').at(-1)}")],
  compatibilityDate = "2026-11-01",
  compatibilityFlags = ["nodejs_compat"]
);
`
  const file = join(folder, 'workerd.capnp')
  writeFileSync(file, config)
  const child = spawn(binaryOf(runtime), ['serve', '--control-fd=3', file], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: {},
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed = (printed + text).slice(-10_000)
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
  const ask = async (path: string, init: RequestInit = {}): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { ...init, signal: AbortSignal.timeout(MOST_MS) })
    const text = await response.text()
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}\n${printed}`)
    return JSON.parse(text)
  }
  return {
    async runTests(files) {
      const outcomes: Outcome[] = []
      for (const name of files) outcomes.push(...((await ask(`/tests?name=${encodeURIComponent(name)}`)) as Outcome[]))
      return outcomes
    },
    makeTokens: (name) => ask(`/make?name=${encodeURIComponent(name)}`) as Promise<TokenFile>,
    openTokens: (files) => ask('/open', { method: 'POST', body: JSON.stringify(files) }) as Promise<Opened>,
    stop: async () => {
      child.kill()
    },
  }
}

async function startChromium(bundle: string): Promise<Running> {
  const browser = await openChromium()
  if ('skipped' in browser) throw new Error(browser.skipped)
  // A page from 127.0.0.1 is a secure context, and only there is WebCrypto.
  const server = createServer((request, response) => {
    const script = request.url === '/suite.js'
    response.setHeader('content-type', script ? 'text/javascript' : 'text/html')
    response.end(script ? readFileSync(bundle) : '<!doctype html><script type="module" src="suite.js"></script>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  await page.waitForFunction('globalThis.suite')
  const call = (name: keyof Suite, given: unknown): Promise<unknown> =>
    page.evaluate((text) => {
      const { name, given } = JSON.parse(text) as { name: keyof Suite; given: never }
      return (globalThis as unknown as { suite: Suite }).suite[name](given) as Promise<unknown>
    }, JSON.stringify({ name, given }))
  return {
    async runTests(files) {
      const outcomes: Outcome[] = []
      for (const name of files) outcomes.push(...((await call('runFile', name)) as Outcome[]))
      return outcomes
    },
    makeTokens: (name) => call('makeTokens', name) as Promise<TokenFile>,
    openTokens: (files) => call('openTokens', files) as Promise<Opened>,
    async stop() {
      await browser.close()
      server.close()
    },
  }
}
