import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Operations } from '../../src/operations.ts'
import { PROCESS_ENV } from './process-env.ts'

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))
const SERVE = fileURLToPath(new URL('serve.ts', import.meta.url))

export interface ProcessOptions {
  /** All settings, beside what is in PROCESS_ENV. */
  readonly env: Readonly<Record<string, string>>
  /** `serve`: test/support/serve.ts, which has `operations` and a clock. `cli`: what people start. Else what Node is told. */
  readonly program?: 'serve' | 'cli' | readonly string[]
}

/** An authority in a process of its own, which can be killed and started again. */
export interface AuthorityProcess {
  /** What it listens on. It is the same after a restart. */
  readonly origin: string
  readonly pid: number
  /** What it wrote to standard output since it was started first: the lines that are JSON. */
  readonly lines: readonly Readonly<Record<string, unknown>>[]
  /** All that it wrote, standard error too, as text. */
  output(): string
  /** Of `serve` alone. Answers travel as JSON does. */
  readonly operations: Operations
  /** Ends it as a power cut does: no signal handler, no last write. It is gone when this is done. */
  kill(): Promise<void>
  /** Starts it again with the same settings, after `kill` or `stop`; `env` is set beside them. */
  start(env?: Readonly<Record<string, string>>): Promise<void>
  /** Asks it to end. @returns its exit code */
  stop(): Promise<number | null>
  /** The next line, or one that came since `from`, which has this event. */
  waitFor(event: string, from?: number): Promise<Readonly<Record<string, unknown>>>
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/**
 * Starts an authority and waits until it listens.
 *
 * @throws Error with what it wrote, when it ends before that
 */
export async function startProcess({ env, program = 'serve' }: ProcessOptions): Promise<AuthorityProcess> {
  const command = program === 'cli' ? [CLI, 'serve'] : program === 'serve' ? [SERVE] : program
  const lines: Readonly<Record<string, unknown>>[] = []
  const waiting = new Set<() => void>()
  const open = new Map<number, (answer: Answer) => void>()
  let [output, questions, origin] = ['', 0, '']
  let child: ChildProcess
  let ended: Promise<unknown>

  const start = async (more: Readonly<Record<string, string>> = {}): Promise<void> => {
    const from = lines.length
    child = spawn(process.execPath, command, {
      env: { ...PROCESS_ENV, ...env, ...more },
      stdio: ['ignore', 'pipe', 'pipe', ...(program === 'serve' ? (['ipc'] as const) : [])],
    })
    const { stdout, stderr } = child
    if (stdout === null || stderr === null) throw new Error('the process has no output')
    running.add(child)
    ended = once(child, 'close').finally(() => {
      running.delete(child)
      for (const look of waiting) look()
      for (const answer of open.values()) answer({ error: { message: 'the process has ended' } })
    })
    stderr.setEncoding('utf8').on('data', (text) => {
      output += text
    })
    createInterface(stdout).on('line', (line) => {
      output += `${line}\n`
      if (!line.startsWith('{')) return
      lines.push(JSON.parse(line))
      for (const look of waiting) look()
    })
    child.on('message', (answer: Answer) => open.get(answer.id ?? 0)?.(answer))
    origin = String((await waitFor('listening', from))['origin'])
  }

  const waitFor: AuthorityProcess['waitFor'] = (event, from = lines.length) => {
    const { promise, resolve, reject } = Promise.withResolvers<Readonly<Record<string, unknown>>>()
    const look = (): void => {
      const found = lines.slice(from).find((line) => line['event'] === event)
      if (found !== undefined) resolve(found)
      else if (!running.has(child)) reject(new Error(`the process ended before ${JSON.stringify(event)}:\n${output}`))
    }
    waiting.add(look)
    look()
    return promise.finally(() => waiting.delete(look))
  }

  const ask = async (name: string, input: readonly unknown[]): Promise<unknown> => {
    const id = ++questions
    const { promise, resolve } = Promise.withResolvers<Answer>()
    open.set(id, resolve)
    if (child.connected) child.send({ id, name, input })
    else resolve({ error: { message: 'the process has ended' } })
    const { result, error } = await promise.finally(() => open.delete(id))
    if (error !== undefined) throw Object.assign(new Error(error.message), { code: error.code })
    return result
  }

  await start()
  return {
    get origin() {
      return origin
    },
    get pid() {
      return child.pid ?? 0
    },
    lines,
    output: () => output,
    operations: new Proxy({} as Operations, {
      get: (_, name) => (name === 'then' ? undefined : (...input: unknown[]) => ask(String(name), input)),
    }),
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    start,
    async stop() {
      child.kill('SIGTERM')
      await ended
      return child.exitCode
    },
    waitFor,
  }
}

interface Answer {
  readonly id?: number
  readonly result?: unknown
  readonly error?: { readonly message: string; readonly code?: string }
}
