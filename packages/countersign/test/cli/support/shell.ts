import { spawn } from 'node:child_process'
import { CLI, PROCESS_ENV } from './process.ts'

/** Why no lines of sh run here; nothing where they do. */
export const NO_SHELL: string | undefined = process.platform === 'win32' ? 'there is no sh on Windows' : undefined

/** What became of it. */
export interface Shown {
  readonly out: string
  readonly err: string
  /** The lines `name=value` that it printed. */
  readonly values: Readonly<Record<string, string>>
}

/** Runs lines of sh, in which `countersign` is the command. The standard input is empty. */
export function inShell(lines: string, cwd: string, env: Readonly<Record<string, string>> = {}): Promise<Shown> {
  const child = spawn('/bin/sh', ['-c', `countersign() { "$NODE" "$CLI" "$@"; }\n${lines}`], {
    cwd,
    env: { ...PROCESS_ENV, NODE: process.execPath, CLI, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [out, err]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => {
      const [shown, said] = [out, err].map((chunks) => Buffer.concat(chunks).toString('utf8'))
      resolve({ out: shown ?? '', err: said ?? '', values: valuesIn(shown ?? '') })
    })
  })
}

/** The lines `name=value` of a text. */
export function valuesIn(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]))
}
