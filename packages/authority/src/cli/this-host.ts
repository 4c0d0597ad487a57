import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import { constants } from 'node:os'
import { createInterface } from 'node:readline/promises'
import { setTimeout as wait } from 'node:timers/promises'
import type { Host } from './host.ts'
import { openOperations } from './open.ts'
import { UsageError } from './usage-error.ts'

/** More than any password that is taken, in characters. */
const MOST_INPUT = 16_384

/** The process that the command runs in. */
export function thisHost(): Host {
  // Whoever reads the output may stop before its end, as `head` does.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  return {
    env: process.env,
    isTerminal: process.stdout.isTTY === true,
    get version() {
      return versionOf(import.meta.url)
    },
    print: (line) => process.stdout.write(`${line}\n`),
    complain: (line) => process.stderr.write(`${line}\n`),
    readInput,
    readFile: (path) => readFile(path, 'utf8'),
    ask,
    pause: (milliseconds, signal) => wait(milliseconds, undefined, { signal }).catch(() => undefined),
    unread: () => new Promise((resolve) => process.stdout.once('error', () => resolve())),
    stopSignal,
    open: openOperations,
    async start(settings, options) {
      const { startAuthority } = await import('../authority.ts')
      return startAuthority(settings, options)
    },
    async migrate(settings) {
      const { takeSteps } = await import('./steps.ts')
      return takeSteps(settings)
    },
    async upkeep() {
      const { upkeep } = await import('./upkeep.ts')
      return upkeep
    },
  }
}

async function readInput(): Promise<string> {
  const { stdin } = process
  // What is typed would stand on the screen.
  if (stdin.isTTY)
    throw new UsageError('the standard input is a terminal: pipe the password in, or redirect a file', 'user add')
  let text = ''
  for await (const chunk of stdin.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk
    if (text.length > MOST_INPUT) throw new UsageError('the standard input holds more than a password', 'user add')
  }
  return text
}

/** The question stands beside the output, which may go elsewhere. Who leaves without an answer has given an empty one. */
async function ask(question: string): Promise<string | undefined> {
  const { stdin, stderr } = process
  if (!stdin.isTTY || !stderr.isTTY) return undefined
  const lines = createInterface({ input: stdin, output: stderr })
  const left = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)))
  try {
    const answer = await Promise.race([lines.question(question), left]).catch(() => undefined)
    if (answer === undefined) stderr.write('\n')
    return answer ?? ''
  } finally {
    lines.close()
  }
}

function stopSignal(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  let stopping = false
  const stop = (signal: 'SIGINT' | 'SIGTERM'): void => {
    if (stopping) process.exit(128 + constants.signals[signal])
    stopping = true
    resolve(signal)
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  return promise
}

/** The version of the package that a module belongs to. */
function versionOf(module: string): string {
  const path = findPackageJSON(module)
  return path === undefined ? '' : (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}
