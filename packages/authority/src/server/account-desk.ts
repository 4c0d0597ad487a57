import type { HttpBindings } from '@hono/node-server'
import type { Context, Handler } from 'hono'
import type { Factors } from '../accounts/factors.ts'
import { BusyError } from '../accounts/gate.ts'
import type { Limits } from '../accounts/limits.ts'
import type { Users } from '../accounts/users.ts'
import type { Audit, AuditEvent } from '../audit.ts'
import { type ErrorView, errorPage } from '../pages/error.ts'
import { securityHeaders } from '../pages/security-headers.ts'
import type { Clients } from '../protocol/clients.ts'
import type { CurrentProvider } from '../protocol/current.ts'
import type { Sessions } from '../protocol/sessions.ts'
import { clientAddress } from './client-address.ts'
import { type FormTokens, isOwnForm } from './csrf.ts'
import { loginUrl, type Visitor, visitorOf, whose } from './visitor.ts'

/** What the pages of an account need. */
export interface AccountParts {
  readonly issuer: string
  readonly trustProxy: number
  readonly current: CurrentProvider
  readonly users: Users
  readonly clients: Clients
  readonly sessions: Sessions
  readonly factors: Factors
  readonly limits: Limits
  readonly forms: FormTokens
  readonly audit: Audit
}

export type Env = { Bindings: HttpBindings }
export type Form = Readonly<Record<string, unknown>>
type Answer = Response | Promise<Response>

/** What a page wants of whoever opens it. */
export interface Wanted {
  /** How long ago the login may be (seconds). */
  readonly within?: number
  /** Whether it has to be with two factors, of whoever has a second one. */
  readonly strong?: boolean
}

/** To change how somebody logs in, they log in for it: so long ago at most (seconds). */
export const RECENTLY: Wanted = { within: 600, strong: true }
/** A page that takes a while to fill in opens for a shorter time, so that what comes of it is not too late. */
export const JUST_NOW: Wanted = { within: 300, strong: true }
/** Instances do not agree on the time to the second: a login that one calls old is old for the others, too. */
const SKEW_SECONDS = 60

const FORM_PATH = /^\/account\/(?:password|security(?:\/[\w-]+)*|sessions)$/

/** Where somebody is let in to their account: who they are, and whether a form is theirs. */
export class AccountDesk {
  readonly #parts: AccountParts

  constructor(parts: AccountParts) {
    this.#parts = parts
  }

  /** A page for who is logged in; others log in, and come back to it. */
  page(wanted: Wanted, show: (c: Context<Env>, visitor: Visitor) => Answer): Handler<Env> {
    return async (c) => {
      const visitor = await this.#visitor(c, wanted, c.req.path)
      return visitor instanceof Response ? visitor : show(c, visitor)
    }
  }

  /** A form of such a page. Who has to log in first comes back to the page, and nothing is changed. */
  form(wanted: Wanted, take: (c: Context<Env>, visitor: Visitor, form: Form) => Answer, place?: string): Handler<Env> {
    return async (c) => {
      const own = isOwnForm(c.req, this.#parts.issuer)
      const visitor = await this.#visitor(c, own ? wanted : {}, place ?? c.req.path)
      if (visitor instanceof Response) return own ? visitor : refuse(c, 'forbidden')
      // What is not put as forms are put was sent by no page of ours.
      const form = own ? await c.req.parseBody().catch(() => undefined) : undefined
      if (form !== undefined && this.#parts.forms.matches('account', whose(visitor), form['csrf'])) {
        try {
          return await take(c, visitor, form)
        } catch (error) {
          if (error instanceof BusyError) return refuse(c, 'busy', { 'retry-after': '5' })
          throw error
        }
      }
      await this.record(c, visitor, 'account.form_refused')
      return refuse(c, 'forbidden')
    }
  }

  /** What every page shows, and its forms need. */
  view(visitor: Visitor): { readonly user: string; readonly csrf: string } {
    return { user: visitor.user.email, csrf: this.#parts.forms.make('account', whose(visitor)) }
  }

  record(c: Context<Env>, { user }: Visitor, event: string, data: AuditEvent['data'] = {}): Promise<void> {
    return this.#parts.audit.record({ actor: user.id, ip: this.address(c), event, data })
  }

  address(c: Context<Env>): string {
    return clientAddress(c.env.incoming, this.#parts.trustProxy)
  }

  async #visitor(c: Context<Env>, { within, strong }: Wanted, place: string): Promise<Visitor | Response> {
    const { issuer, factors } = this.#parts
    const visitor = await visitorOf(c, this.#parts)
    const asked = within === undefined ? {} : { maxAge: within - SKEW_SECONDS }
    const at = { page: '/account', place: place === '/account' || FORM_PATH.test(place) ? place : '/account' } as const
    if (visitor === undefined) return toLogin(c, loginUrl(issuer, { ...at, ...asked }))
    const old = within !== undefined && visitor.since < Date.now() / 1000 - within
    if (!old && (strong !== true || visitor.twoFactors)) return visitor
    const twoFactors = strong === true && hasSecond(await factors.of(visitor.user.id))
    if (!old && !twoFactors) return visitor
    return toLogin(c, loginUrl(issuer, { ...at, ...(old && asked), twoFactors }))
  }
}

/** Whether somebody has something to prove themselves with beside a password. */
export function hasSecond({ totp, passkeys }: Awaited<ReturnType<Factors['of']>>): boolean {
  return totp !== undefined || passkeys.length > 0
}

function toLogin(c: Context<Env>, url: string): Response {
  for (const [name, value] of Object.entries(securityHeaders())) c.header(name, value)
  return c.redirect(url, 303)
}

/** Sends a browser on to a page of ours. @param done - says there what was done: one of the codes that it knows */
export function goTo(c: Context<Env>, place: string, done?: string): Response {
  return toLogin(c, done === undefined ? place : `${place}?done=${done}`)
}

/** What was done, in words; what anybody else wrote into a link says nothing. */
export function noticeOf(c: Context<Env>, notices: Readonly<Record<string, string>>): string | undefined {
  const done = c.req.query('done') ?? ''
  return Object.hasOwn(notices, done) ? notices[done] : undefined
}

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const AGAIN = 'Go back, load the page anew and try again.'

/** What is wrong with a request to these pages, in words for people. */
type Refusal = 'forbidden' | 'too_large' | 'gone' | 'busy'

const REFUSALS: Readonly<Record<Refusal, Omit<ErrorView, 'code'> & { readonly status: 403 | 404 | 413 | 503 }>> = {
  forbidden: {
    status: 403,
    title: 'This form was refused',
    message: 'It was not sent from a page of yours on this server, and nothing was changed.',
    hint: AGAIN,
  },
  too_large: {
    status: 413,
    title: 'This form was refused',
    message: 'More was sent than the form has room for.',
    hint: 'Go back and fill it in again.',
  },
  gone: {
    status: 404,
    title: 'This is not there any more',
    message: 'It has ended or was removed, perhaps in another tab.',
    hint: 'Your account shows what there is.',
    link: { href: '/account', text: 'Your account' },
  },
  busy: {
    status: 503,
    title: 'That did not work',
    message: 'Too many people are at it right now, and nothing was changed.',
    hint: 'Try again in a moment.',
  },
}

/** An error page. */
export function refuse(c: Context, code: Refusal, more: Readonly<Record<string, string>> = {}): Answer {
  const { status, ...view } = REFUSALS[code]
  return c.html(errorPage({ code, ...view }), status, { ...securityHeaders(), ...more })
}

/** How long somebody has to wait, in words. */
export function inMinutes(seconds: number): string {
  const minutes = Math.max(1, Math.ceil(seconds / 60))
  return minutes === 1 ? 'a minute' : `${minutes} minutes`
}
