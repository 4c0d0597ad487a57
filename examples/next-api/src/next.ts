// `next build` and `next start`, as programs.
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

const HOME = fileURLToPath(new URL('..', import.meta.url))
const NEXT = fileURLToPath(new URL('../node_modules/next/dist/bin/next', import.meta.url))

/** Whether `npm ci` has been run in this example. */
export const isInstalled = (): boolean => existsSync(NEXT)

/** Next at work, with all that it prints. */
interface Program {
  readonly child: ChildProcessByStdio<null, Readable, Readable>
  printed(): string
}

function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Program {
  const env = { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', ...environment }
  const child = spawn(process.execPath, [NEXT, ...args], { cwd: HOME, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
  }
  return { child, printed: () => printed }
}

/** Checks the types and builds. @throws {Error} with what Next has printed */
export async function build(): Promise<void> {
  const { child, printed } = run(['build'])
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`next build ended with ${code}:\n${printed()}`)
}

/** The app, where it listens. */
export interface Running {
  readonly url: string
  /** What the app has printed so far. */
  printed(): string
  close(): Promise<void>
}

/**
 * Serves what was built.
 *
 * @param environment - what the app reads
 * @param port - 0 for any that is free
 */
export async function start(environment: Readonly<Record<string, string>>, port: number): Promise<Running> {
  const { child, printed } = run(['start', '-H', '127.0.0.1', '-p', String(port)], environment)
  const ended = once(child, 'close')
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', () => {
      const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(printed()) ?? []
      if (found && printed().includes('Ready')) resolve(found)
    })
    child.on('close', () => reject(new Error(`next start ended:\n${printed()}`)))
  })
  return {
    url,
    printed,
    async close() {
      child.kill()
      await ended
    },
  }
}
