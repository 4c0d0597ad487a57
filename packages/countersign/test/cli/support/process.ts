import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The command as a file, for those who start it themselves. */
export const CLI: string = fileURLToPath(new URL('../../../src/cli.ts', import.meta.url))

/** What every process is started with: modules that one has compiled, the next one need not. */
export const PROCESS_ENV: Readonly<Record<string, string>> = {
  PATH: process.env['PATH'] ?? '',
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../../../../../node_modules/.cache/countersign-command', import.meta.url)),
}

/** What the process is started with. */
export interface Start {
  readonly input?: string | Uint8Array
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** What became of it. */
export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs the command as a process of its own, as a user would. Its standard input is a pipe, and empty unless said. */
export function run(args: readonly string[], { input = '', env = {}, cwd }: Start = {}): Promise<Ended> {
  const child = spawn(process.execPath, [CLI, ...args], {
    ...(cwd !== undefined && { cwd }),
    env: { ...PROCESS_ENV, ...env },
  })
  const [out, err]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) =>
      resolve({ code, out: Buffer.concat(out).toString('utf8'), err: Buffer.concat(err).toString('utf8') }),
    )
  })
}
