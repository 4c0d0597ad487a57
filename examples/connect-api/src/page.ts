import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'

const read = (name: string): string => readFileSync(new URL(`page/${name}`, import.meta.url), 'utf8')

const FILES: ReadonlyMap<string, readonly [type: string, text: string]> = new Map([
  ['/', ['text/html; charset=utf-8', read('index.html')]],
  ['/page.css', ['text/css; charset=utf-8', read('page.css')]],
  ['/page.js', ['text/javascript; charset=utf-8', read('page.js')]],
])

/** The page, which needs no token to be looked at. */
export function servePage(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  const file = request.method === 'GET' ? FILES.get(request.url ?? '') : undefined
  if (file === undefined) {
    next()
    return
  }
  const [type, text] = file
  response.writeHead(200, {
    'Content-Type': type,
    'Content-Security-Policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; frame-ancestors 'none'",
  })
  response.end(text)
}
