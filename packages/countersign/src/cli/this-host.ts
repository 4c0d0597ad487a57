import { existsSync, fstatSync, readFileSync } from 'node:fs'
import { isatty } from 'node:tty'
import { fileURLToPath } from 'node:url'
import { CommandError } from '../diagnosis/told.ts'
import { type Host, Interrupted, type Output, OutputGone } from './host.ts'

/** The process that the command runs in. What few commands need is loaded when it is asked for. */
export function thisHost(): Host {
  const { env } = process
  return {
    env,
    get version() {
      return versionOf()
    },
    runtime: runtimeName(),
    input: {
      isTerminal: isatty(0),
      get pieces() {
        return readInput()
      },
    },
    output: toOutput(1),
    errors: toOutput(2),
    now: () => Date.now() / 1000,
    fetch: (url, init) => globalThis.fetch(url, init),
    readFile: async (path, most) => (await import('./host/files.ts')).readWhole(path, most),
    openFile: async (path) => (await import('./host/files.ts')).openFile(path),
    readDescriptor: async (descriptor, most) => (await import('./host/files.ts')).readWhole(descriptor, most),
    openDescriptor: async (descriptor) => (await import('./host/files.ts')).openDescriptor(descriptor),
    readClipboard: async () => (await import('./host/clipboard.ts')).readClipboard(env),
    isThere: async (path) => (await import('./host/files.ts')).isThere(path),
    writeFile: async (path, data, writing) => (await import('./host/files.ts')).writeFile(path, data, writing),
    createFile: async (path, writing) => (await import('./host/files.ts')).createFile(path, writing),
    askSecret: async (question) => (await import('./host/ask.ts')).askSecret(question),
    encryptPem: async (pem, passphrase) => (await import('./host/keys.ts')).encryptPem(pem, passphrase),
    debuggerPage,
    openInBrowser: async (target) => (await import('./host/browser.ts')).openInBrowser(target, env),
    servePage: async (page, port) => (await import('./host/browser.ts')).servePage(page, port),
    interrupted: () => new Promise((_, reject) => process.once('SIGINT', () => reject(new Interrupted()))),
  }
}

/** The standard input. Node takes a folder for a stream without anything in it. @throws {CommandError} `CS_INPUT` */
async function* readInput(): AsyncGenerator<Uint8Array> {
  const unreadable = (why: string): CommandError =>
    new CommandError('CS_INPUT', `cannot read the standard input: ${why}.`, { hint: 'pipe into it, or < FILE.' })
  const info = fstatSync(0)
  if (info.isDirectory()) throw unreadable('it is a folder')
  try {
    if (info.isFile()) yield* (await import('./host/files.ts')).openDescriptor(0).pieces
    else yield* octets(process.stdin)
  } catch (error) {
    throw unreadable((error as NodeJS.ErrnoException).code ?? 'it broke off')
  }
}

/** Behind a question, whose answer is text, the standard input gives text. */
async function* octets(pieces: AsyncIterable<Uint8Array | string>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) yield typeof piece === 'string' ? Buffer.from(piece) : piece
}

function toOutput(descriptor: 1 | 2): Output {
  // The streams take a while to make, and few commands use both.
  const stream = (): NodeJS.WriteStream => (descriptor === 1 ? process.stdout : process.stderr)
  let listening = false
  return {
    isTerminal: isatty(descriptor),
    get columns() {
      return (isatty(descriptor) && stream().columns) || 80
    },
    write(data) {
      const target = stream()
      if (!listening) {
        target.on('error', () => undefined)
        listening = true
      }
      return new Promise((resolve, reject) => {
        // What is said on the side is lost where nobody listens; it changes nothing.
        target.write(data, (error) => (error && descriptor === 1 ? reject(unwritten(error)) : resolve()))
      })
    },
  }
}

/** Whoever reads the output may stop before its end, as `head` does; everything else is a fault. */
function unwritten(error: NodeJS.ErrnoException): Error {
  const { code = '' } = error
  if (['EPIPE', 'EOF', 'ECONNRESET', 'ERR_STREAM_DESTROYED'].includes(code)) return new OutputGone(code)
  const why = code === 'ENOSPC' ? 'nothing more fits there' : code || 'it broke off'
  return new CommandError('CS_OUTPUT', `cannot write to the standard output: ${why}.`, {
    hint: 'make room, or write elsewhere: --out FILE.',
  })
}

function runtimeName(): string {
  const { bun, deno, node } = process.versions
  if (bun !== undefined) return `Bun ${bun}`
  return deno === undefined ? `Node.js ${node}` : `Deno ${deno}`
}

/** The package that this file belongs to: its manifest stands one or two folders above, compiled or not. */
function packageFile(name: string): string | undefined {
  return ['..', '../..']
    .map((up) => fileURLToPath(new URL(`${up}/${name}`, import.meta.url)))
    .find((path) => existsSync(path))
}

function versionOf(): string {
  const path = packageFile('package.json')
  return path === undefined ? '' : (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}

function debuggerPage(): string | undefined {
  return packageFile('debugger.html') ?? packageFile('dist/debugger.html')
}
