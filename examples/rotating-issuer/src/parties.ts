// The other processes, as main sees them.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Report, Task } from './child.ts'

const children = new Set<ChildProcess>()

/** Starts a program of this folder, which ends with this process. That it ends by itself is a fault. */
function start(file: string, ...args: readonly string[]): ChildProcess {
  // Detached, so that Ctrl-C in a terminal reaches this process alone, which ends the others in good order.
  const child = fork(join(import.meta.dirname, file), args, { detached: true })
  children.add(child)
  child.once('exit', (code, signal) => {
    children.delete(child)
    if (child.killed || code === 0) return
    console.error(`${file} has ended by itself (${code ?? signal})`)
    process.exit(1)
  })
  return child
}

/** Ends all of them, where there is no time to wait. */
export function killAll(): void {
  for (const child of children) child.kill('SIGKILL')
}

async function stop(child: ChildProcess): Promise<void> {
  child.disconnect()
  await once(child, 'exit')
}

export interface Issuer {
  readonly pid: number | undefined
  readonly origin: string
  /** Ends it as a power cut would. */
  kill(): Promise<void>
  /** Starts it again where it was. */
  start(): Promise<void>
  stop(): Promise<void>
}

/** @param folder - with the kek, and for the keys */
export async function startIssuer(folder: string): Promise<Issuer> {
  let child: ChildProcess
  const begin = async (port: number): Promise<number> => {
    child = start('issuer.ts', folder, String(port))
    const [listening] = (await once(child, 'message')) as [number]
    return listening
  }
  const port = await begin(0)
  return {
    origin: `http://127.0.0.1:${port}`,
    get pid() {
      return child.pid
    },
    async kill() {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
    async start() {
      await begin(port)
    },
    stop: () => stop(child),
  }
}

/** What a verifier has said so far. */
export interface Tally {
  verified: number
  refused: number
  /** How many of those that were refused a stranger had signed. */
  strangers: number
  readonly kids: Set<string>
  requests: number
  waits: number
}

export interface Verifier {
  readonly name: string
  readonly pid: number | undefined
  readonly tally: Readonly<Tally>
  hand(token: string, forged: boolean): void
  /** Waits for the verdicts on all tokens that were handed over. */
  settled(): Promise<void>
  stop(): Promise<void>
}

/** @param say - is told of every refusal */
export function startVerifier(name: string, jwksUrl: string, say: (text: string) => void): Verifier {
  const child = start(`verify-${name}.ts`, jwksUrl)
  const tally: Tally = { verified: 0, refused: 0, strangers: 0, kids: new Set(), requests: 0, waits: 0 }
  const pending = new Map<number, { readonly forged: boolean }>()
  let id = 0
  child.on('message', (report: Report) => {
    const forged = pending.get(report.id)?.forged === true
    pending.delete(report.id)
    tally.requests = report.requests
    tally.waits = report.waits
    if ('kid' in report) {
      tally.verified++
      tally.kids.add(report.kid)
    } else {
      tally.refused++
      if (forged) tally.strangers++
      say(`${name} refuses a token of ${forged ? 'a stranger' : 'the issuer'}: ${report.refused}`)
    }
  })
  return {
    name,
    pid: child.pid,
    tally,
    hand(token, forged) {
      pending.set(++id, { forged })
      child.send({ id, token } satisfies Task)
    },
    async settled() {
      while (pending.size > 0) await once(child, 'message')
    },
    stop: () => stop(child),
  }
}
