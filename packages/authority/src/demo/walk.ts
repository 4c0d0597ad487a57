import type { HttpBindings } from '@hono/node-server'
import type { RingKey, Rotation } from 'countersign/keyring'
import { type Context, Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { errorPage } from '../pages/error.ts'
import { securityHeaders } from '../pages/security-headers.ts'
import { isOwnForm } from '../server/csrf.ts'
import { showPiece } from './code.ts'
import { codePage } from './code-page.ts'
import type { Log } from './log.ts'
import { toProblem } from './problem.ts'
import { ROTATION, rotationPage } from './rotation-page.ts'
import type { WalkView } from './steps.ts'
import type { Visit } from './visit.ts'
import { walkPage } from './walk-page.ts'
import { WALK_STYLE } from './walk-style.ts'
import type { Watch } from './watch.ts'
import { WIDE_STYLE } from './wide-style.ts'

type Env = { Bindings: HttpBindings }

export interface WalkOptions extends Pick<WalkView, 'issuer' | 'apps' | 'api' | 'user'> {
  readonly operations: {
    listKeys(): Promise<readonly RingKey[]>
    rotateKeys(): Promise<readonly Rotation[]>
  }
  readonly watch: Watch
  /** Who is logged in to the authority. */
  readonly visit: (c: Context<Env>) => Promise<Visit | undefined>
  readonly log: Log
  /** The time in epoch seconds. */
  readonly now: () => number
}

/** What of the walk through the demo is a part of the authority's own site. */
export function createWalk(options: WalkOptions): Hono<Env> {
  const { issuer, apps, api, user, operations, watch, visit, log, now } = options
  const app = new Hono<Env>()

  app.get('/', async (c) => {
    const [keys, visitor] = await Promise.all([operations.listKeys(), visit(c)])
    const view = { issuer, apps, api, user, keys, seen: watch.seen, visit: visitor, now: now() }
    return c.html(walkPage(view), 200, securityHeaders())
  })

  app.get('/demo/style.css', (c) =>
    c.body(`${WIDE_STYLE}\n${WALK_STYLE}`, 200, {
      'content-type': 'text/css; charset=utf-8',
      'cache-control': 'public, max-age=300',
      'x-content-type-options': 'nosniff',
    }),
  )

  app.get(ROTATION, (c) => {
    const query = c.req.query()
    const view = { seen: watch.seen, now: now(), still: 'still' in query, again: 'again' in query }
    return c.html(rotationPage(view), 200, securityHeaders())
  })

  // Anybody who gets to the demo may do it, as nothing comes of it that hurts; only another site may not have them do it.
  app.post('/demo/rotate', async (c) => {
    if (!isOwnForm(c.req, issuer)) return refuse(c, 'forbidden')
    if (watch.isBusy) return c.redirect(`${ROTATION}?again`, 303)
    await watch.rotate(() => operations.rotateKeys())
    log({ level: 'info', event: 'demo.rotation', from: watch.seen?.from, to: watch.seen?.to })
    return c.redirect(ROTATION, 303)
  })

  app.get('/demo/code/:name', async (c) => {
    const shown = await showPiece(c.req.param('name'))
    return shown === undefined ? refuse(c, 'not_found') : c.html(codePage(shown), 200, securityHeaders())
  })

  app.notFound((c) => refuse(c, 'not_found'))
  app.onError((error, c) => {
    const { status, code, message } = toProblem(error, issuer)
    log({ level: 'warn', event: 'demo.refused', path: c.req.path, status, error: code })
    const page = errorPage({ title: 'That did not work', code, message, hint: 'Go back and try again.' })
    return c.html(page, status as ContentfulStatusCode, securityHeaders())
  })
  return app

  function refuse(c: Context<Env>, code: 'forbidden' | 'not_found'): Response | Promise<Response> {
    const hint = `Open ${issuer} and press the button there.`
    const page =
      code === 'forbidden'
        ? errorPage({ title: 'This form was refused', code, message: `It takes forms of ${issuer} alone.`, hint })
        : errorPage({ title: 'There is nothing here', code, message: 'This page does not exist.' })
    return c.html(page, code === 'forbidden' ? 403 : 404, securityHeaders())
  }
}
