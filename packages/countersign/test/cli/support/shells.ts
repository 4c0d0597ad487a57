import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Why a shell cannot be tried here; nothing where it can. */
export function missing(shell: string, ...version: readonly string[]): string | false {
  const found = spawnSync(shell, version.length > 0 ? version : ['--version'], { encoding: 'utf8' })
  return found.error === undefined && found.status === 0 ? false : `${shell} is not installed`
}

/** Why there is no terminal to type at; nothing where there is. */
export function noTerminal(): string | false {
  const { stdout, error } = spawnSync('script', ['--version'], { encoding: 'utf8' })
  return error === undefined && stdout.includes('util-linux')
    ? false
    : 'the script command of util-linux is not installed'
}

/** A folder with files to complete, which is gone afterwards. */
export async function inFolder<Result>(use: (folder: string) => Result | Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-completion-'))
  try {
    mkdirSync(join(folder, 'sub'))
    for (const name of ['key.jwk', 'key.pem', 'my key.pem', 'tokens.txt', 'sub/pub.jwk'])
      writeFileSync(join(folder, name), '')
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** The words of a line as readline hands them to bash: white space, `=`, `:` and `@` divide them. */
export function readlineWords(line: string): readonly string[] {
  const words = line.match(/(?:"[^"]*"?|'[^']*'?|\\.|[^\s=:"'\\])+|[=:]+/g) ?? []
  return /\s$/.test(line) ? [...words, ''] : words
}

/** A shell in a terminal of its own, at which keys are pressed. */
export interface Terminal {
  /** Presses keys, and waits until what is looked for has appeared behind them. @returns what appeared */
  press(keys: string, until: RegExp): Promise<string>
  end(): Promise<void>
}

const PATIENCE = 30_000

/** Starts a shell in a terminal. It ends when that does. */
export function terminal(command: string, folder: string, env: Readonly<Record<string, string>> = {}): Terminal {
  const child: ChildProcess = spawn('script', ['-qec', command, '/dev/null'], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', TERM: 'dumb', HOME: folder, HISTFILE: '', LC_ALL: 'C.UTF-8', ...env },
  })
  let shown = ''
  let look = (): void => undefined
  const take = (chunk: Buffer): void => {
    shown += chunk.toString('utf8')
    look()
  }
  child.stdout?.on('data', take)
  child.stderr?.on('data', take)
  child.stdin?.on('error', () => undefined)
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  return {
    press(keys, until) {
      shown = ''
      child.stdin?.write(keys)
      return new Promise((resolve, reject) => {
        const late = setTimeout(() => {
          child.kill('SIGKILL')
          reject(new Error(`${until} did not appear: ${JSON.stringify(shown)}`))
        }, PATIENCE)
        look = () => {
          if (!until.test(shown)) return
          clearTimeout(late)
          resolve(shown)
        }
      })
    },
    async end() {
      child.stdin?.end('exit\n')
      await closed
    },
  }
}
