import { existsSync, readFileSync } from 'node:fs'
import { isatty } from 'node:tty'
import { fileURLToPath } from 'node:url'
import { openFile, readWhole, writeFile } from './host/files.ts'
import { type Host, type Output, OutputGone } from './host.ts'

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
        return process.stdin as AsyncIterable<Uint8Array>
      },
    },
    output: toOutput(1),
    errors: toOutput(2),
    now: () => Date.now() / 1000,
    fetch: (url, init) => globalThis.fetch(url, init),
    readFile: readWhole,
    openFile,
    readDescriptor: readWhole,
    readClipboard: async () => (await import('./host/clipboard.ts')).readClipboard(env),
    writeFile,
    askSecret: async (question) => (await import('./host/ask.ts')).askSecret(question),
    encryptPem: async (pem, passphrase) => (await import('./host/keys.ts')).encryptPem(pem, passphrase),
    readCertificate: async (der) => (await import('./host/keys.ts')).readCertificate(der),
    debuggerPage,
    openInBrowser: async (target) => (await import('./host/browser.ts')).openInBrowser(target, env),
    servePage: async (page, port) => (await import('./host/browser.ts')).servePage(page, port),
    interrupted: () => new Promise((resolve) => process.once('SIGINT', () => resolve())),
  }
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
        // Whoever reads the output may stop before its end, as `head` does.
        target.on('error', () => undefined)
        listening = true
      }
      return new Promise((resolve, reject) => {
        target.write(data, (error) => (error ? reject(new OutputGone(error.message)) : resolve()))
      })
    },
  }
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
