import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Answers, Question, Ready, Setup } from './control.ts'

/** A server in a process of its own, so that what it uses can be told from what the load does. */
export interface Server extends Ready {
  readonly name: string
  ask<Q extends Question>(question: Q): Promise<Answers[Q['ask']]>
  stop(): Promise<void>
}

/** Which server it is. */
export interface Contender {
  readonly name: string
  /** Its script: `children/FILE.ts`. */
  readonly file: string
  readonly env?: Readonly<Record<string, string>>
  /** Of its Node. */
  readonly flags?: readonly string[]
  /** Of its process, beside PATH. */
  readonly processEnv?: Readonly<Record<string, string>>
}

/**
 * Starts a server and waits until it listens.
 *
 * @param folder - where the bundles lie
 */
export async function startServer(
  { name, file, env = {}, flags = [], processEnv = {} }: Contender,
  { folder, people }: { readonly folder: string; readonly people: number },
): Promise<Server> {
  const setup = JSON.stringify({ env, people } satisfies Setup)
  const child = fork(join(folder, `authority/children/${file}.mjs`), [setup], {
    execArgv: [...flags],
    // Nothing of this shell: not its NODE_OPTIONS, and not what an authority would take for its settings.
    env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production', ...processEnv },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let complaints = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints = `${complaints}${text}`.slice(-4000)
  })
  // Not 'close': where this side has ended the channel, it never comes.
  const ended = Promise.all([once(child, 'exit'), child.stderr && once(child.stderr, 'end')]).then(() => {
    throw new Error(`${name} has ended: ${complaints}`)
  })
  const gone = ended.catch(() => undefined)
  const answers = new Map<number, (value: unknown) => void>()
  const ready = await Promise.race([readiness(child, answers), ended])
  let questions = 0
  return {
    ...ready,
    name,
    async ask(question) {
      const id = ++questions
      const { promise, resolve } = Promise.withResolvers<never>()
      answers.set(id, resolve as (value: unknown) => void)
      child.send({ id, question })
      return Promise.race([promise, ended])
    },
    async stop() {
      if (child.connected) child.disconnect()
      await gone
    },
  }
}

/** What a server says once it listens; what it says from then on are answers. */
function readiness(child: ChildProcess, answers: Map<number, (value: unknown) => void>): Promise<Ready> {
  return new Promise((resolve) => {
    child.on('message', (message: { readonly ready?: Ready; readonly id?: number; readonly value?: unknown }) => {
      const { ready, id = 0, value } = message
      if (ready) return resolve(ready)
      answers.get(id)?.(value)
      answers.delete(id)
    })
  })
}
