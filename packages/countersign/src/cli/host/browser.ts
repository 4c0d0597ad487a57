import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { CommandError } from '../../diagnosis/told.ts'

/** @returns whether a program was there that opens a page */
export function openInBrowser(target: string, env: Readonly<Record<string, string | undefined>>): Promise<boolean> {
  const named = env['BROWSER']
  const [program, ...args] =
    process.platform === 'darwin'
      ? ['open', target]
      : process.platform === 'win32'
        ? ['explorer.exe', target]
        : [named || 'xdg-open', target]
  return new Promise((resolve) => {
    const child = spawn(program ?? '', args, { stdio: 'ignore', detached: true })
    child.once('error', () => resolve(false))
    child.once('spawn', () => {
      child.unref()
      resolve(true)
    })
  })
}

/**
 * Shows a page at 127.0.0.1 and nowhere else. A name that leads there is refused, since any website may have one (DNS
 * rebinding).
 *
 * @param port - 0 for any that is free
 * @throws {CommandError} `CS_OUTPUT` where the port is taken
 */
export async function servePage(
  page: string,
  port: number,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const html = await readFile(page)
  const server = createServer((request, response) => {
    const host = request.headers.host?.replace(/:\d+$/, '') ?? ''
    const isHere = host === '127.0.0.1' || host === 'localhost'
    const path = request.url?.replace(/[?#].*$/s, '')
    const status = !isHere
      ? 403
      : path !== '/'
        ? 404
        : request.method === 'GET' || request.method === 'HEAD'
          ? 200
          : 405
    const headers = {
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    }
    if (status !== 200) {
      response.writeHead(status, { ...headers, 'content-type': 'text/plain' }).end(`${status}\n`)
      return
    }
    response.writeHead(200, { ...headers, 'content-type': 'text/html; charset=utf-8', 'content-length': html.length })
    response.end(request.method === 'HEAD' ? undefined : html)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', () => {
      reject(
        new CommandError('CS_OUTPUT', `port ${port} of 127.0.0.1 is taken.`, { hint: 'pass another: --serve PORT.' }),
      )
    })
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
