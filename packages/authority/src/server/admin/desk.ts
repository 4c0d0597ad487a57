import type { HttpBindings } from '@hono/node-server'
import type { Context, Handler } from 'hono'
import type { Factors } from '../../accounts/factors.ts'
import { BusyError } from '../../accounts/gate.ts'
import { ADMIN_ROLE, type Users } from '../../accounts/users.ts'
import type { Audit } from '../../audit.ts'
import { AuthorityError } from '../../errors.ts'
import type { Actor } from '../../operations/parts.ts'
import type { Operations } from '../../operations.ts'
import type { AdminView } from '../../pages/admin-parts.ts'
import { type ErrorView, errorPage } from '../../pages/error.ts'
import type { HtmlText } from '../../pages/layout.ts'
import { securityHeaders } from '../../pages/security-headers.ts'
import type { CurrentProvider } from '../../protocol/current.ts'
import { hasSecond } from '../account-desk.ts'
import { clientAddress } from '../client-address.ts'
import { type FormTokens, isOwnForm } from '../csrf.ts'
import { loginUrl, type Visitor, visitorOf, whose } from '../visitor.ts'

/** What it takes to know who may open the pages of the administration. */
export interface AdminDeskParts {
  readonly issuer: string
  readonly trustProxy: number
  readonly current: CurrentProvider
  readonly users: Users
  readonly factors: Factors
  readonly forms: FormTokens
  readonly audit: Audit
  /** The operations as somebody asks for them. */
  readonly operationsBy: (by: Actor) => Operations
}

export type Env = { Bindings: HttpBindings }
export type Form = Readonly<Record<string, string>>

/** An administrator, and what they do things with. */
export interface Desk {
  readonly c: Context<Env>
  readonly visitor: Visitor
  readonly operations: Operations
  /** What every page shows, and its forms need. */
  readonly view: AdminView
}

/** How long ago an administrator may have logged in: to read, and to change something (seconds). */
const [TO_READ, TO_CHANGE] = [3600, 600]
/** Instances do not agree on the time to the second: a login that one calls old is old for the others, too. */
const SKEW = 60

/** Where administrators are let in, and nobody else. */
export class AdminDesk {
  readonly #parts: AdminDeskParts

  constructor(parts: AdminDeskParts) {
    this.#parts = parts
  }

  /** A page. Who is not logged in, or was long ago, logs in and comes back to it. */
  page(show: (desk: Desk) => Promise<Response>): Handler<Env> {
    return (c) =>
      this.#guarded(c, async () => {
        const visitor = await this.#admit(c, TO_READ, c.req.path)
        return visitor instanceof Response ? visitor : show(this.#desk(c, visitor))
      })
  }

  /**
   * What a form asks for.
   *
   * @param place - the page that the form is on: who has to log in again comes back to it, and nothing is changed
   */
  form(place: (c: Context<Env>) => string, take: (desk: Desk, form: Form) => Promise<Response>): Handler<Env> {
    return (c) =>
      this.#guarded(c, async () => {
        if (!isOwnForm(c.req, this.#parts.issuer)) return refuse(c, 'forbidden')
        const visitor = await this.#admit(c, TO_CHANGE, place(c))
        if (visitor instanceof Response) return visitor
        // What is not put as forms are put was sent by no page of ours.
        const sent = await c.req.parseBody().catch(() => ({}))
        const texts = Object.entries(sent).flatMap(([name, value]) =>
          typeof value === 'string' ? [[name, value]] : [],
        )
        const form: Form = Object.fromEntries(texts)
        if (this.#parts.forms.matches('admin', whose(visitor), form['csrf'])) return take(this.#desk(c, visitor), form)
        await this.#parts.audit.record({ ...this.#actor(c, visitor), event: 'admin.form_refused', data: {} })
        return refuse(c, 'forbidden')
      })
  }

  #desk(c: Context<Env>, visitor: Visitor): Desk {
    const { issuer, forms, operationsBy } = this.#parts
    const stale = visitor.since < Date.now() / 1000 - TO_CHANGE + SKEW
    return {
      ...{ c, visitor, operations: operationsBy(this.#actor(c, visitor)) },
      view: {
        ...{ user: visitor.user.email, csrf: forms.make('admin', whose(visitor)) },
        notice: noticeOf(c),
        ...(stale && { again: loginUrl(issuer, { ...AT, place: c.req.path, maxAge: TO_CHANGE - SKEW }) }),
      },
    }
  }

  #actor(c: Context<Env>, { user }: Visitor): Actor {
    return { actor: user.id, ip: clientAddress(c.env.incoming, this.#parts.trustProxy) }
  }

  async #admit(c: Context<Env>, within: number, place: string): Promise<Visitor | Response> {
    const { issuer, factors, audit } = this.#parts
    const visitor = await visitorOf(c, this.#parts)
    if (visitor === undefined) return goTo(c, loginUrl(issuer, { ...AT, place }))
    if (!visitor.user.roles.includes(ADMIN_ROLE)) {
      await audit.record({ ...this.#actor(c, visitor), event: 'admin.refused', data: { reason: 'no role' } })
      return refuse(c, 'no_role')
    }
    const weak = !visitor.twoFactors && hasSecond(await factors.of(visitor.user.id))
    const old = visitor.since < Date.now() / 1000 - within
    if (!weak && !old) return visitor
    const asked = { ...(old && { maxAge: within - SKEW }), ...(weak && { twoFactors: true }) }
    return goTo(c, loginUrl(issuer, { ...AT, place, ...asked }))
  }

  async #guarded(c: Context<Env>, work: () => Promise<Response>): Promise<Response> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof BusyError) return refuse(c, 'busy', { 'retry-after': '5' })
      if (error instanceof AuthorityError && error.code.endsWith('_UNKNOWN')) return refuse(c, 'gone')
      throw error
    }
  }
}

const AT = { page: '/admin' } as const

/** A page, as an answer. */
export function show(
  c: Context,
  page: HtmlText,
  status: 200 | 201 | 400 | 409 | 422 = 200,
): Response | Promise<Response> {
  return c.html(page, status, securityHeaders())
}

/** Sends a browser on. @param done - says there what was done: one of the codes that it knows */
export function goTo(c: Context, place: string, done?: keyof typeof NOTICES): Response {
  for (const [name, value] of Object.entries(securityHeaders())) c.header(name, value)
  return c.redirect(done === undefined ? place : `${place}?done=${done}`, 303)
}

/** What was done, in words; what anybody else wrote into a link says nothing. */
const NOTICES = {
  saved: 'The user is changed.',
  disabled: 'The user is disabled and logged out everywhere.',
  enabled: 'The user may log in again.',
  deleted: 'The user is deleted.',
  mailed: 'The link is on its way to the user.',
  factors: 'The second factors are gone: the password alone is asked for.',
  ended: 'The session is ended.',
  'all-ended': 'All sessions are ended, and what apps were given.',
  'client-disabled': 'The client is disabled.',
  'client-enabled': 'The client is enabled.',
  'secret-finished': 'The old secret is good no more.',
  rotated: 'The next keys sign as soon as every verifier has them: the drawing shows when.',
  revoked: 'The key is revoked. Verifiers that heed the cache time of the keys trust it no more once that is over.',
} as const

function noticeOf(c: Context): string | undefined {
  const done = c.req.query('done') ?? ''
  return Object.hasOwn(NOTICES, done) ? NOTICES[done as keyof typeof NOTICES] : undefined
}

/** What is wrong with an input, in words for people; what is no such fault is thrown on. */
export function faultOf(error: unknown): string {
  if (error instanceof AuthorityError && /_(?:INVALID|EXISTS)$/.test(error.code))
    return `${error.message.slice(0, 1).toUpperCase()}${error.message.slice(1)}.`
  throw error
}

type Refusal = 'forbidden' | 'no_role' | 'too_large' | 'gone' | 'busy'

const REFUSALS: Readonly<Record<Refusal, Omit<ErrorView, 'code'> & { readonly status: 403 | 404 | 413 | 503 }>> = {
  forbidden: {
    status: 403,
    title: 'This form was refused',
    message: 'It was not sent from a page of yours on this server, and nothing was changed.',
    hint: 'Go back, load the page anew and try again.',
  },
  no_role: {
    status: 403,
    title: 'This is not for you',
    message: 'These pages are for administrators of this server.',
    hint: `Somebody who is one can give you the role ${ADMIN_ROLE}.`,
    link: { href: '/account', text: 'Your account' },
  },
  too_large: {
    status: 413,
    title: 'This form was refused',
    message: 'More was sent than the form has room for.',
    hint: 'Go back and fill it in again.',
  },
  gone: {
    status: 404,
    title: 'This is not there',
    message: 'It was removed, or has never been.',
    link: { href: '/admin', text: 'Administration' },
  },
  busy: {
    status: 503,
    title: 'That did not work',
    message: 'Too many people are at it right now, and nothing was changed.',
    hint: 'Try again in a moment.',
  },
}

/** An error page. */
export function refuse(
  c: Context,
  code: Refusal,
  more: Readonly<Record<string, string>> = {},
): Response | Promise<Response> {
  const { status, ...view } = REFUSALS[code]
  return c.html(errorPage({ code, ...view }), status, { ...securityHeaders(), ...more })
}
