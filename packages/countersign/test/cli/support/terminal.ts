import { spawn, spawnSync } from 'node:child_process'
import { CLI, PROCESS_ENV } from './process.ts'

/** What is typed, and what stands on the screen before that. */
export type Typed = readonly [shown: string, keys: string]

/** What became of it. */
export interface Seen {
  readonly code: number | null
  /** All that the terminal showed, what was typed included where it does. */
  readonly shown: string
}

/** Why no test runs in a terminal here; nothing where they do. `script` makes one: it comes with every Linux and macOS. */
export const NO_TERMINAL: string | undefined = reason()

function reason(): string | undefined {
  if (process.platform === 'darwin') return undefined
  if (process.platform === 'win32') return 'there is no script(1) on Windows to make a terminal with'
  const { stdout, error } = spawnSync('script', ['--version'], { encoding: 'utf8' })
  if (error) return 'there is no script(1) to make a terminal with: apt-get install bsdutils'
  return stdout.includes('util-linux') ? undefined : 'script(1) is not that of util-linux'
}

/**
 * Runs lines of sh in a terminal, in which `countersign` is the command.
 *
 * @param typed - answers, in their order, each as soon as what it answers is shown
 */
export function inTerminal(
  lines: string,
  typed: readonly Typed[] = [],
  { env = {}, cwd = '.' }: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
): Promise<Seen> {
  const line = `countersign() { "$NODE" "$CLI" "$@"; }\n${lines}`
  const args = process.platform === 'darwin' ? ['-q', '/dev/null', '/bin/sh', '-c', line] : ['-qec', line, '/dev/null']
  const child = spawn('script', args, {
    cwd,
    // What waits for an answer that nobody gives ends all the same.
    timeout: 60_000,
    env: { ...PROCESS_ENV, SHELL: '/bin/sh', TERM: 'xterm', NODE: process.execPath, CLI, ...env },
  })
  let [shown, from] = ['', 0]
  const left = [...typed]
  const answer = (): void => {
    const [next] = left
    if (next === undefined) return
    const at = shown.indexOf(next[0], from)
    if (at < 0) return
    from = at + next[0].length
    left.shift()
    child.stdin.write(next[1])
    answer()
  }
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (chunk: string) => {
    shown += chunk
    answer()
  })
  child.stdin.on('error', () => undefined)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    // What is typed has no end before that: the terminal would take it for Ctrl-D.
    child.once('close', (code) => resolve({ code, shown: shown.replaceAll('\r\n', '\n') }))
  })
}
