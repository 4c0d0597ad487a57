import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { PROCESS_ENV } from '../support/process-env.ts'

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))

/** What a process left behind. */
export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

type Environment = Readonly<Record<string, string>>

/** Runs the command in a process of its own. Of the environment of the tests PROCESS_ENV goes along. */
export async function execute(args: readonly string[], env: Environment, input = ''): Promise<Ended> {
  const child = spawn(process.execPath, [CLI, ...args], { env: { ...PROCESS_ENV, ...env } })
  const ended = once(child, 'close') as Promise<[number | null]>
  // Whoever refuses a command line does not wait for what it is sent.
  child.stdin.on('error', () => undefined).end(input)
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, out: out.trimEnd(), err: err.trimEnd() }
}

/** Begins the command in a process of its own, which goes on until it is told to stop, or the test ends. */
export function begin(
  t: TestContext,
  args: readonly string[],
  env: Environment,
): ChildProcessByStdio<null, Readable, Readable> {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { ...PROCESS_ENV, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  return child
}

/** A data folder for a test, and settings that name it. */
export function settingsFor(t: TestContext): { readonly folder: string; readonly env: Environment } {
  const folder = mkdtempSync(join(tmpdir(), 'authority-cli-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return { folder, env: { COUNTERSIGN_DATA: folder, PORT: '0' } }
}
