import { type Context, Hono } from 'hono'
import type { Passkey } from '../accounts/factors.ts'
import {
  appCodePage,
  appPage,
  codesPage,
  confirmPage,
  newPasskeyPage,
  renamePage,
  securityPage,
} from '../pages/account-security.ts'
import { securityHeaders } from '../pages/security-headers.ts'
import {
  type AccountDesk,
  type AccountParts,
  type Env,
  goTo,
  JUST_NOW,
  noticeOf,
  RECENTLY,
  refuse,
  textOf,
} from './account-desk.ts'
import type { Visitor } from './visitor.ts'

const PLACE = '/account/security'
const [APP, CODES, PASSKEYS] = [`${PLACE}/app`, `${PLACE}/codes`, `${PLACE}/passkeys`]
const PASSKEY = `${PASSKEYS}/:id{crd_[\\w-]+}`
/** For how long a browser may take to make a passkey (seconds). */
const CHALLENGE_SECONDS = 600

const NOTICES = {
  app: 'The authenticator app is removed.',
  passkey: 'The passkey is added.',
  renamed: 'The passkey has its new name.',
  removed: 'The passkey is removed.',
}

const LAST = 'It is your last second factor: from then on your password alone opens your account.'

/** What somebody proves themselves with beside a password. To change any of it, they have to have logged in recently. */
export function securityRoutes({ factors, forms }: AccountParts, desk: AccountDesk): Hono<Env> {
  const app = new Hono<Env>()
  const show = (c: Context<Env>, page: string, status: 200 | 400 = 200) => c.html(page, status, securityHeaders())

  app.get(
    PLACE,
    desk.page({}, async (c, visitor) => {
      const { totp, recoveryCodes, passkeys } = await factors.of(visitor.user.id)
      const { passkeysWork } = factors
      const notice = noticeOf(c, NOTICES)
      const view = { ...desk.view(visitor), notice, recoveryCodes, passkeys, passkeysWork }
      return show(c, securityPage({ ...view, authenticator: totp?.createdAt }))
    }),
  )

  app.get(
    APP,
    desk.page(JUST_NOW, async (c, visitor) => {
      const { totp } = await factors.of(visitor.user.id)
      const setup = await factors.beginTotp(visitor.user)
      return show(c, appPage({ ...desk.view(visitor), ...setup, replaces: totp !== undefined }))
    }),
  )

  app.post(
    APP,
    desk.form(RECENTLY, async (c, visitor, form) => {
      const sealed = textOf(form['sealed'])
      const codes = await factors.confirmTotp(visitor.user, sealed, textOf(form['code']))
      if (codes === undefined) {
        await desk.record(c, visitor, 'account.totp_refused')
        const error = 'This code is not right. Enter the one that the app shows now.'
        return show(c, appCodePage({ ...desk.view(visitor), sealed, error }), 400)
      }
      await desk.record(c, visitor, 'account.totp_added')
      return show(c, codesPage({ ...desk.view(visitor), codes, notice: 'The authenticator app is on.' }))
    }),
  )

  app.get(
    `${APP}/remove`,
    desk.page(RECENTLY, async (c, visitor) => {
      const { totp, passkeys } = await factors.of(visitor.user.id)
      if (totp === undefined) return goTo(c, PLACE)
      const page = confirmPage({
        ...desk.view(visitor),
        title: 'Remove the authenticator app?',
        text: 'Its codes and the recovery codes work no more.',
        caution: passkeys.length === 0 ? LAST : undefined,
        action: `${APP}/remove`,
        button: 'Remove the app',
        bad: true,
      })
      return show(c, page)
    }),
  )

  app.post(
    `${APP}/remove`,
    desk.form(RECENTLY, async (c, visitor) => {
      await factors.removeTotp(visitor.user.id)
      await desk.record(c, visitor, 'account.totp_removed')
      return goTo(c, PLACE, 'app')
    }),
  )

  app.get(
    CODES,
    desk.page(RECENTLY, async (c, visitor) => {
      if ((await factors.of(visitor.user.id)).totp === undefined) return goTo(c, PLACE)
      const page = confirmPage({
        ...desk.view(visitor),
        title: 'Make new recovery codes?',
        text: 'You get ten new ones, and those of before work no more.',
        action: CODES,
        button: 'Make new codes',
        bad: false,
      })
      return show(c, page)
    }),
  )

  app.post(
    CODES,
    desk.form(RECENTLY, async (c, visitor) => {
      const codes = await factors.newRecoveryCodes(visitor.user.id)
      if (codes.length === 0) return goTo(c, PLACE)
      await desk.record(c, visitor, 'account.recovery_codes_made')
      return show(c, codesPage({ ...desk.view(visitor), codes }))
    }),
  )

  app.get(
    `${PASSKEYS}/new`,
    desk.page(JUST_NOW, (c, visitor) => showNew(c, visitor)),
  )

  app.post(
    `${PASSKEYS}/new`,
    desk.form(RECENTLY, async (c, visitor, form) => {
      const [at, name] = [textOf(form['at']), textOf(form['name'])]
      const age = Date.now() / 1000 - Number(/^\d{1,12}$/.test(at) ? at : 0)
      const fresh = factors.passkeysWork && age < CHALLENGE_SECONDS
      const challenge = challengeOf(visitor, at)
      if (!fresh || !(await factors.addPasskey(visitor.user, challenge, textOf(form['response']), name))) {
        await desk.record(c, visitor, 'account.passkey_refused')
        return showNew(c, visitor, 'That did not work: perhaps this device has one already. Try again.')
      }
      await desk.record(c, visitor, 'account.passkey_added')
      return goTo(c, PLACE, 'passkey')
    }),
  )

  app.get(
    PASSKEY,
    desk.page(RECENTLY, async (c, visitor) => {
      const passkey = await find(c, visitor)
      return passkey ? show(c, renamePage({ ...desk.view(visitor), ...passkey })) : refuse(c, 'gone')
    }),
  )

  app.post(
    PASSKEY,
    desk.form(RECENTLY, async (c, visitor, form) => {
      const id = c.req.param('id') ?? ''
      if (!(await factors.renamePasskey(visitor.user.id, id, textOf(form['name'])))) return gone(c, visitor)
      await desk.record(c, visitor, 'account.passkey_renamed', { passkey: id })
      return goTo(c, PLACE, 'renamed')
    }),
  )

  app.get(
    `${PASSKEY}/remove`,
    desk.page(RECENTLY, async (c, visitor) => {
      const passkey = await find(c, visitor)
      if (passkey === undefined) return refuse(c, 'gone')
      const { totp, passkeys } = await factors.of(visitor.user.id)
      const page = confirmPage({
        ...desk.view(visitor),
        title: 'Remove the passkey?',
        subject: passkey.name,
        text: 'It logs you in no more. Your device still offers it until you remove it there, too.',
        caution: totp === undefined && passkeys.length === 1 ? LAST : undefined,
        action: `${PASSKEYS}/${passkey.id}/remove`,
        button: 'Remove the passkey',
        bad: true,
      })
      return show(c, page)
    }),
  )

  app.post(
    `${PASSKEY}/remove`,
    desk.form(RECENTLY, async (c, visitor) => {
      const id = c.req.param('id') ?? ''
      if (!(await factors.removePasskey(visitor.user.id, id))) return gone(c, visitor)
      await desk.record(c, visitor, 'account.passkey_removed', { passkey: id })
      return goTo(c, PLACE, 'removed')
    }),
  )
  return app

  async function showNew(c: Context<Env>, visitor: Visitor, error?: string): Promise<Response> {
    if (!factors.passkeysWork) return goTo(c, PLACE)
    const at = `${Math.floor(Date.now() / 1000)}`
    const options = JSON.stringify(await factors.creationOptions(visitor.user, challengeOf(visitor, at)))
    return show(c, newPasskeyPage({ ...desk.view(visitor), options, at, error }), error === undefined ? 200 : 400)
  }

  /** What an authenticator signs: for this session and this user, and made at that time. */
  function challengeOf({ uid, user }: Visitor, at: string): string {
    return forms.make(`new passkey at ${at}`, `${uid} ${user.id}`)
  }

  async function find(c: Context<Env>, { user }: Visitor): Promise<Passkey | undefined> {
    return (await factors.of(user.id)).passkeys.find(({ id }) => id === c.req.param('id'))
  }

  async function gone(c: Context<Env>, visitor: Visitor): Promise<Response> {
    await desk.record(c, visitor, 'account.passkey_refused')
    return refuse(c, 'gone')
  }
}
