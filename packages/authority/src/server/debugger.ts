import { readFile } from 'node:fs/promises'
import { Hono } from 'hono'
import { errorPage } from '../pages/error.ts'
import { securityHeaders } from '../pages/security-headers.ts'

/** Where the package of the library has the page; in a checkout it is there once it was built. */
const PAGE = import.meta.resolve('countersign/debugger.html')

interface Debugger {
  readonly html: string
  readonly headers: Readonly<Record<string, string>>
}

/**
 * The debugger of tokens at /debugger: one file without a script, a style or a request of any other. It knows nobody here and
 * asks this server for nothing, so whoever finds it may use it.
 *
 * @param page - where its file is
 */
export function debuggerRoutes(page: string = PAGE): Hono {
  const app = new Hono()
  // It may be built while this server runs, so that it is not there is not remembered.
  let known: Debugger | undefined
  for (const path of ['/debugger', '/debugger/'])
    app.get(path, async (c) => {
      known ??= await readDebugger(page)
      return known === undefined ? c.html(MISSING, 404, securityHeaders()) : c.html(known.html, 200, known.headers)
    })
  return app
}

const MISSING = errorPage({
  title: 'There is no debugger here',
  code: 'not_built',
  message: 'The page of the debugger was not built.',
  hint: 'In a checkout of countersign npm run build makes it. Packages from npm bring it along.',
})

async function readDebugger(page: string): Promise<Debugger | undefined> {
  let html: string
  try {
    html = await readFile(new URL(page), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  return { html, headers: { ...securityHeaders(), 'content-security-policy': policyOf(html) } }
}

/**
 * What the page says itself that it may do, and that nobody may frame it, which a page cannot say of itself: both policies
 * hold in a browser, so one that allowed less would stop its script.
 */
function policyOf(html: string): string {
  const [, own] = /<meta http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html) ?? []
  if (own === undefined) throw new TypeError('the page of the debugger has no policy')
  return `${own}; frame-ancestors 'none'`
}
