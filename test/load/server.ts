import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Memory, Setup } from './control.ts'

/** An API in a process of its own. */
export interface LoadedServer {
  readonly origin: string
  /** What it has in memory now. */
  memory(): Promise<Memory>
  stop(): Promise<void>
}

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url))

/** @throws {Error} where it ends before it listens */
export async function startServer(setup: Setup): Promise<LoadedServer> {
  const child = fork(CHILD, [JSON.stringify(setup)], {
    // It warns, on every start, that types are stripped.
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
    env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the ${setup.app} app has ended with ${code}`)
  })
  ended.catch(() => undefined)
  const [origin] = (await Promise.race([once(child, 'message'), ended])) as [string]
  return {
    origin,
    async memory() {
      const answer = once(child, 'message')
      child.send('memory')
      const [memory] = (await Promise.race([answer, ended])) as [Memory]
      return memory
    },
    async stop() {
      if (child.connected) child.disconnect()
      await ended.catch(() => undefined)
    },
  }
}
