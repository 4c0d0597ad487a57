import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createGate } from './gate.ts'

/** What the other process was and what it said. */
export interface Report {
  readonly pid: number | undefined
  readonly command: readonly string[]
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export type VerifyElsewhere = (token: string) => Promise<Report>

/** Where and for whom tokens are, and when to give up on it all. */
export interface ElsewhereOptions {
  readonly jwksUrl: string
  readonly issuer: string
  readonly audience: string
  /** Ends processes that still run. */
  readonly signal: AbortSignal
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const PROGRAM = 'examples/verify-elsewhere/src/main.ts'
const LIMITS = { timeout: 10_000, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 } as const

/** Has tokens verified by a process that knows nothing of this one but the URL of its published keys. */
export function createElsewhere({ jwksUrl, issuer, audience, signal }: ElsewhereOptions): VerifyElsewhere {
  const gate = createGate(2, 8)
  const args = [PROGRAM, jwksUrl, '--issuer', issuer, '--audience', audience]
  const run: VerifyElsewhere = (token) =>
    new Promise((resolve) => {
      const child = execFile(process.execPath, args, { cwd: ROOT, signal, ...LIMITS }, (error, stdout, stderr) => {
        const exitCode = child.exitCode ?? -1
        const said = error && exitCode < 0 ? `${stderr}ended before it was done: ${error.message}` : stderr
        resolve({ pid: child.pid, command: ['node', ...args], exitCode, stdout, stderr: said })
      })
      child.stdin?.on('error', () => {}) // it may end without reading; its exit code tells
      child.stdin?.end(token)
    })
  return (token) => gate(() => run(token))
}
