import type { Context, Hono } from 'hono'
import { assuranceOf, type Method } from '../accounts/assurance.ts'
import { BusyError } from '../accounts/gate.ts'
import type { AuthenticatedUser, User } from '../accounts/users.ts'
import { loginPage } from '../pages/login.ts'
import type { PasskeyForm } from '../pages/passkey-form.ts'
import { noSecondFactorPage, secondFactorPage } from '../pages/second-factor.ts'
import { isStepUp, wantsTwo } from '../protocol/login-policy.ts'
import { clientAddress } from './client-address.ts'
import { PasswordProofs } from './password-proof.ts'
import {
  type Env,
  type Fields,
  finish,
  type InteractionParts,
  loadSubject,
  ownForm,
  refuse,
  type Subject,
  text,
} from './subject.ts'

/** What a page says, and how. */
interface Outcome {
  readonly status: 200 | 401 | 429 | 503
  readonly email?: string
  readonly error?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Somebody who has still to show a second factor: by whom that is known. */
interface Half {
  readonly user: User
  /** That the password was right; without, they are logged in. */
  readonly proof: string | undefined
}

const WRONG: Outcome = { status: 401, error: 'E-mail address or password is wrong.' }
const WRONG_CODE = 'This code is wrong, or was used before. Try the next one.'
const NO_PASSKEY = 'This passkey was not accepted. Try again, or log in another way.'
const UNMET = {
  error: 'unmet_authentication_requirements',
  error_description: 'the login has not the two factors that are asked for',
}
const CANCELLED = { error: 'access_denied', error_description: 'the login was cancelled' }

/** The pages on which people prove who they are. */
export function loginRoutes(app: Hono<Env>, parts: InteractionParts): void {
  const { forms, users, factors, limits, audit } = parts
  const proofs = new PasswordProofs(forms)
  const addressOf = (c: Context<Env>): string => clientAddress(c.env.incoming, parts.trustProxy)

  app.get('/login/:uid', async (c) => {
    const subject = await loadSubject(c, parts, 'login')
    if (subject === undefined) return refuse(c, 'expired')
    const user = await users.find(subject.interaction.session?.accountId ?? '')
    if (user?.state !== 'active' || c.req.query('other') !== undefined) return showLogin(c, subject, { status: 200 })
    if (isStepUp(subject.interaction.prompt.reasons)) return showSecond(c, subject, { user, proof: undefined })
    const { login_hint: hint } = subject.interaction.params
    return showLogin(c, subject, { status: 200, ...(hint === undefined && { email: user.email }) })
  })

  app.post('/login/:uid', async (c) => {
    const taken = await take(c)
    if (taken instanceof Response) return taken
    const { subject, form } = taken
    const [email, password] = [text(form['email']), text(form['password'])]
    const ip = addressOf(c)
    const verdict = await limits.login(email, ip)
    if (!verdict.allowed) {
      await audit.record({ actor: 'unknown', ip, event: 'login.limited', data: {} })
      return showLogin(c, subject, { email, ...tooMany(verdict.retryAfter) })
    }
    let user: AuthenticatedUser | undefined
    try {
      user = await users.authenticate(email, password)
    } catch (error) {
      if (!(error instanceof BusyError)) throw error
      const busy = { error: 'Too many people log in right now. Try again.', headers: { 'retry-after': '5' } }
      return showLogin(c, subject, { status: 503, email, ...busy })
    }
    if (user === undefined) {
      await audit.record({ actor: 'unknown', ip, event: 'login.failed', data: {} })
      return showLogin(c, subject, { ...WRONG, email })
    }
    await limits.loginSucceeded(email, ip)
    if (!user.hasApp && !wantsTwo(subject.interaction.params)) return succeed(c, subject, user, 'password')
    const proof = proofs.make(subject.interaction.uid, user.id, user.mark)
    return showSecond(c, subject, { user, proof })
  })

  app.post('/login/:uid/code', async (c) => {
    const taken = await take(c)
    if (taken instanceof Response) return taken
    const { subject, form } = taken
    const half = await halfOf(subject, form)
    if (half === undefined) return showLogin(c, subject, { status: 401, error: 'You took long. Log in again.' })
    const { user } = half
    const common = { actor: 'unknown', ip: addressOf(c), data: { user: user.id } }
    const verdict = await limits.code(user.id)
    if (!verdict.allowed) {
      await audit.record({ ...common, event: 'login.code_limited' })
      return showSecond(c, subject, half, tooMany(verdict.retryAfter))
    }
    if (user.state !== 'active') return showLogin(c, subject, WRONG)
    const kind = await factors.check(user.id, text(form['code']))
    if (kind === undefined) {
      await audit.record({ ...common, event: 'login.code_failed' })
      return showSecond(c, subject, half, { status: 401, error: WRONG_CODE })
    }
    await limits.codeSucceeded(user.id)
    if (kind === 'recovery') await audit.record({ ...common, actor: user.id, event: 'login.recovery_used' })
    return succeed(c, subject, user, 'password and code', half.proof === undefined ? await sinceOf(subject) : undefined)
  })

  app.post('/login/:uid/passkey', async (c) => {
    const taken = await take(c)
    if (taken instanceof Response) return taken
    const { subject, form } = taken
    const half = form['anybody'] === undefined ? await halfOf(subject, form) : undefined
    const show = (outcome: Outcome): Promise<Response> =>
      half?.user.state === 'active' ? showSecond(c, subject, half, outcome) : showLogin(c, subject, outcome)
    const ip = addressOf(c)
    const verdict = await limits.passkey(ip)
    if (!verdict.allowed) {
      await audit.record({ actor: 'unknown', ip, event: 'login.limited', data: {} })
      return show(tooMany(verdict.retryAfter))
    }
    const { uid } = subject.interaction
    const used = await factors.checkPasskey(forms.make('passkey', uid), text(form['response']), half?.user.id)
    const foreign = used !== undefined && half !== undefined && used.user.id !== half.user.id
    if (used === undefined || foreign) {
      const data = { method: 'passkey', ...(used && { user: used.user.id }) }
      await audit.record({ actor: 'unknown', ip, event: 'login.failed', data })
      const error = foreign ? `This passkey is not one of ${half.user.email}. Use one that is.` : NO_PASSKEY
      return show({ status: 401, error })
    }
    await limits.passkeySucceeded(ip)
    return succeed(c, subject, used.user, 'passkey')
  })

  app.post('/login/:uid/abort', async (c) => {
    const taken = await take(c)
    if (taken instanceof Response) return taken
    return finish(c, taken.subject, wantsTwo(taken.subject.interaction.params) ? UNMET : CANCELLED)
  })

  /** What was sent to a page, or why not. */
  async function take(c: Context<Env>): Promise<{ readonly subject: Subject; readonly form: Fields } | Response> {
    const subject = await loadSubject(c, parts, 'login')
    if (subject === undefined) return refuse(c, 'expired')
    const form = await ownForm(c, parts, 'login')
    return form === undefined ? refuse(c, 'forbidden') : { subject, form }
  }

  /** Who has half a login: by the password that was right, or by the session that they have. */
  async function halfOf({ interaction }: Subject, form: Fields): Promise<Half | undefined> {
    const { uid, session, prompt } = interaction
    const proof = text(form['proof'])
    if (proof === '') {
      const user = isStepUp(prompt.reasons) ? await users.find(session?.accountId ?? '') : undefined
      return user && { user, proof: undefined }
    }
    const claimed = await users.findMarked(PasswordProofs.claimed(proof))
    return claimed && proofs.proves(uid, proof, claimed.mark) ? { user: claimed.user, proof } : undefined
  }

  /** When the session of a step-up began: a code alone does not make the password in it any fresher. */
  async function sinceOf({ provider, interaction }: Subject): Promise<number | undefined> {
    return (await provider.Session.findByUid(interaction.session?.uid ?? ''))?.loginTs
  }

  async function succeed(
    c: Context<Env>,
    subject: Subject,
    user: User,
    method: Method,
    since?: number,
  ): Promise<Response> {
    const data = { client: subject.client, method }
    await audit.record({ actor: user.id, ip: addressOf(c), event: 'login.succeeded', data })
    const { amr, acr } = assuranceOf(method)
    // The time of now: who goes on later has not proved who they are later.
    const ts = since ?? Math.floor(Date.now() / 1000)
    const login = { accountId: user.id, ts, remember: true, amr: [...amr], ...(acr !== undefined && { acr }) }
    return finish(c, subject, { login })
  }

  async function showLogin(c: Context<Env>, subject: Subject, outcome: Outcome): Promise<Response> {
    const { interaction, client, headers } = subject
    const { uid, params } = interaction
    const hint = typeof params['login_hint'] === 'string' ? params['login_hint'].slice(0, 254) : undefined
    const page = loginPage({
      title: 'Log in',
      client,
      action: `/login/${uid}`,
      cancel: `/login/${uid}/abort`,
      csrf: forms.make('login', uid),
      email: outcome.email ?? hint,
      error: outcome.error,
      passkey: factors.passkeysWork ? await passkeyOf(uid, { anybody: 'yes' }) : undefined,
      forgot: parts.mail === undefined ? undefined : '/forgot',
    })
    return c.html(page, outcome.status, { ...headers, ...outcome.headers })
  }

  async function showSecond(
    c: Context<Env>,
    { interaction: { uid }, client, headers }: Subject,
    { user, proof }: Half,
    outcome: Outcome = { status: 200 },
  ): Promise<Response> {
    const { totp, passkeys } = await factors.of(user.id)
    const common = { client, user: user.email, csrf: forms.make('login', uid), cancel: `/login/${uid}/abort` }
    const usesPasskeys = passkeys.length > 0 && factors.passkeysWork
    if (totp === undefined && !usesPasskeys)
      return c.html(noSecondFactorPage({ ...common, account: '/account' }), 200, headers)
    const fields: Readonly<Record<string, string>> = proof === undefined ? {} : { proof }
    const page = secondFactorPage({
      ...common,
      code: totp && { action: `/login/${uid}/code`, fields },
      passkey: usesPasskeys ? await passkeyOf(uid, fields, user.id) : undefined,
      error: outcome.error,
      other: proof === undefined ? `/login/${uid}?other` : undefined,
    })
    return c.html(page, outcome.status, { ...headers, ...outcome.headers })
  }

  /** A form for a passkey: its challenge is for this interaction alone, which ends with the login. */
  async function passkeyOf(uid: string, fields: PasskeyForm['fields'], user?: string): Promise<PasskeyForm> {
    const options = await factors.requestOptions(forms.make('passkey', uid), user)
    return { action: `/login/${uid}/passkey`, options: JSON.stringify(options), fields }
  }
}

function tooMany(retryAfter: number): Outcome {
  const minutes = Math.max(1, Math.ceil(retryAfter / 60))
  const error = `Too many tries. Wait ${minutes === 1 ? 'a minute' : `${minutes} minutes`} and try again.`
  return { status: 429, error, headers: { 'retry-after': `${retryAfter}` } }
}
