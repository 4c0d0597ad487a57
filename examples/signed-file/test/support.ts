import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

/** What a program printed, and how it ended. */
export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** The programs of the example, run in a folder that the end of the test removes. */
export interface Place {
  readonly folder: string
  path(file: string): string
  /** @param command - as `sign.ts contract.txt --key alice.pem` */
  run(command: string, nodeOptions?: readonly string[]): Promise<Ended>
  publish(pem: string): Promise<Published>
}

/** A key that a process of its own publishes. */
export interface Published {
  readonly url: string
  stop(): Promise<void>
}

export const CONTRACT = 'Alice sells her bicycle to Bob for 100 euros.\n'

// Dozens of processes run the same modules: with a cache, each starts three times as fast.
const CACHE = mkdtempSync(join(tmpdir(), 'signed-file-cache-'))
process.once('exit', () => rmSync(CACHE, { recursive: true, force: true }))

const SRC = fileURLToPath(new URL('../src/', import.meta.url))

export async function place(t: Pick<TestContext, 'after'>): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'signed-file-test-'))
  const stops: (() => Promise<void>)[] = []
  t.after(async () => {
    await Promise.all(stops.map((stop) => stop()))
    await rm(folder, { recursive: true })
  })
  const start = (command: string, nodeOptions: readonly string[] = []): ReturnType<typeof spawn> => {
    const [name = '', ...args] = command.split(' ').filter((word) => word !== '')
    const env = { ...process.env, TMPDIR: folder, TEMP: folder, NODE_COMPILE_CACHE: CACHE }
    return spawn(process.execPath, [...nodeOptions, join(SRC, name), ...args], { cwd: folder, env })
  }
  return {
    folder,
    path: (file) => join(folder, file),
    async run(command, nodeOptions) {
      const child = start(command, nodeOptions) as ChildProcess & Record<'stdout' | 'stderr', NodeJS.ReadableStream>
      const [stdout, stderr, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close') as Promise<[number]>,
      ])
      return { code, stdout, stderr }
    },
    async publish(pem) {
      const child = start(`keys.ts publish ${pem} --port 0`)
      const stop = async (): Promise<void> => {
        if (child.exitCode !== null || child.signalCode !== null) return
        child.kill()
        await once(child, 'exit')
      }
      stops.push(stop)
      const [printed] = await once(child.stdout as NodeJS.ReadableStream, 'data')
      return { url: /http:\S+/.exec(String(printed))?.[0] ?? '', stop }
    },
  }
}

/** A contract that Alice has signed, and her keys behind a URL. */
export async function signed(
  t: Pick<TestContext, 'after'>,
  options = '',
): Promise<Place & { jws: string; alice: Published }> {
  const here = await place(t)
  await writeFile(here.path('contract.txt'), CONTRACT)
  await works(here, `keys.ts new alice.pem ${options}`)
  await works(here, 'sign.ts contract.txt --key alice.pem')
  return { ...here, jws: await readFile(here.path('contract.txt.jws'), 'utf8'), alice: await here.publish('alice.pem') }
}

/** Holds that a command goes well. @returns what it printed */
export async function works(here: Place, command: string): Promise<string> {
  const { code, stdout, stderr } = await here.run(command)
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' }, command)
  return stdout
}

/** Holds that a command fails with exit code 1, no stack and these lines. */
export async function fails(here: Place, command: string, expected: RegExp): Promise<void> {
  const { code, stdout, stderr } = await here.run(command)
  assert.deepEqual({ code, stdout }, { code: 1, stdout: '' }, command)
  assert.match(stderr, expected, command)
  assert.doesNotMatch(stderr, /^ +at /m, command)
}
