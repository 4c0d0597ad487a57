import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { CommandError } from '../../diagnosis/told.ts'

type Env = Readonly<Record<string, string | undefined>>

/** How long a browser may take to say that it cannot start, in milliseconds. */
const PATIENCE = 1000

/** @returns whether a program was there that opens a page, and did not refuse at once */
export async function openInBrowser(target: string, env: Env): Promise<boolean> {
  for (const program of programsFor(env)) if (await starts(program, target)) return true
  return false
}

/** BROWSER has several programs with colons between them, each with its arguments; %s stands for the address. */
function programsFor({ BROWSER: named }: Env): readonly string[] {
  if (process.platform === 'win32') return [named || 'explorer.exe']
  if (named) return named.split(':').filter((program) => program.trim() !== '')
  return process.platform === 'darwin' ? ['open'] : ['xdg-open']
}

function starts(program: string, target: string): Promise<boolean> {
  // A path of Windows has blanks, and takes no arguments here.
  const [name = '', ...rest] = process.platform === 'win32' ? [program] : program.trim().split(/\s+/)
  const named = rest.map((word) => word.replaceAll('%s', target))
  const args = rest.some((word) => word.includes('%s')) ? named : [...rest, target]
  return new Promise((resolve) => {
    const child = spawn(name, args, { stdio: 'ignore', detached: true })
    const timer = setTimeout(() => finish(true), PATIENCE)
    const finish = (isOpen: boolean): void => {
      clearTimeout(timer)
      child.unref()
      resolve(isOpen)
    }
    child.once('error', () => finish(false))
    // The one of Windows ends with 1 although all is well.
    child.once('exit', (code) => finish(code === 0 || process.platform === 'win32'))
  })
}

/** What goes with every answer. What the page may do stands in the page itself, but for this one rule, which a page cannot set. */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': "frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

/**
 * Shows a page at 127.0.0.1 and nowhere else. A name that leads there is refused, since any website may have one (DNS
 * rebinding).
 *
 * @param port - 0 for any that is free
 * @throws {CommandError} `CS_OUTPUT` where the port cannot be had
 */
export async function servePage(
  page: string,
  port: number,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const html = await readFile(page)
  const server = createServer((request, response) => answer(html, request, response))
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(notListening(error, port)))
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function answer(html: Buffer, { method = '', url = '', headers }: IncomingMessage, response: ServerResponse): void {
  const refusal = refusalOf(method, url, headers.host ?? '')
  const body = refusal ? `${refusal.why}\n` : html
  response.writeHead(refusal?.status ?? 200, {
    ...HEADERS,
    ...(refusal?.status === 405 && { allow: 'GET, HEAD' }),
    'content-type': `text/${refusal ? 'plain' : 'html'}; charset=utf-8`,
    'content-length': Buffer.byteLength(body),
  })
  response.end(method === 'HEAD' ? undefined : body)
}

function refusalOf(method: string, url: string, host: string): { status: number; why: string } | undefined {
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/i.test(host)) return { status: 403, why: 'This is served at 127.0.0.1.' }
  if (url.replace(/[?#].*$/s, '') !== '/') return { status: 404, why: 'There is one page here: /' }
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, why: 'The page can be read, and nothing else.' }
  return undefined
}

function notListening({ code }: NodeJS.ErrnoException, port: number): CommandError {
  const why =
    code === 'EADDRINUSE' ? 'is taken' : code === 'EACCES' ? 'may not be used' : `cannot be used (${code ?? 'unknown'})`
  return new CommandError('CS_OUTPUT', `port ${port} of 127.0.0.1 ${why}.`, {
    hint: 'pass another, --serve PORT, or none: --serve takes one that is free.',
  })
}
