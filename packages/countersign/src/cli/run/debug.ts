import { CommandError, toTold } from '../../diagnosis/told.ts'
import type { CallOf, Run } from '../call.ts'
import { usage } from '../line/usage.ts'
import type { DebugNames } from '../rows/others.ts'
import type { Outcome } from '../shown/outcome.ts'

/** Shows the page of the debugger, which comes with the command. */
export const debug: Run<DebugNames> = async (call) => {
  const { host, values } = call
  if (values['print-path'] && (values.serve !== undefined || values['no-open']))
    throw usage('--print-path opens and serves nothing, so it stands alone', 'debug')
  const page = host.debuggerPage()
  if (page === undefined) {
    throw new CommandError('CS_UNSUPPORTED', 'the page of the debugger is not there: it was not built.', {
      hint: 'in a checkout of countersign: npm run build. Packages from npm bring it along.',
    })
  }
  if (values['print-path']) return { json: { path: page }, text: `${page}\n` }
  if (values.serve !== undefined) return serve(page, Number(values.serve), call)
  const url = fileUrl(page)
  return { ...(await opened(url, call)), json: { path: page, url } }
}

/** Shows the page until Ctrl-C. */
async function serve(page: string, port: number, call: CallOf<DebugNames>): Promise<undefined> {
  const { host, settings } = call
  const server = await host.servePage(page, port)
  try {
    const url = `http://127.0.0.1:${server.port}/`
    await call.answer({ ...(await opened(url, call)), json: { url, port: server.port } })
    if (host.errors.isTerminal && !settings.quiet) await host.errors.write('Ctrl-C ends it\n')
    await host.interrupted()
  } finally {
    await server.close()
  }
}

async function opened(url: string, { host, values }: CallOf<DebugNames>): Promise<Pick<Outcome, 'text' | 'error'>> {
  const text = `${url}\n`
  if (values['no-open'] || (await host.openInBrowser(url))) return { text }
  const error = toTold('CS_UNSUPPORTED', 'no program was found that opens a browser.', {
    hint: 'open the address above yourself, or name a program: BROWSER=firefox countersign debug',
  })
  return { text, error }
}

/** The address of a file, with everything escaped that would mean something else in one. */
function fileUrl(path: string): string {
  const parts = path.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/')
  return `file://${parts.startsWith('/') ? '' : '/'}${parts.replace(/^([A-Za-z])%3A/, '$1:')}`
}
