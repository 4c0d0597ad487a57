import { renderSVG } from 'uqr'
import { overviewPage, passwordPage } from '../../src/pages/account.ts'
import {
  appCodePage,
  appPage,
  codesPage,
  confirmPage,
  newPasskeyPage,
  renamePage,
  securityPage,
} from '../../src/pages/account-security.ts'
import { sessionsPage } from '../../src/pages/account-sessions.ts'
import { errorPage } from '../../src/pages/error.ts'
import type { HtmlText } from '../../src/pages/layout.ts'
import { forgotPage, forgotSentPage, resetDonePage, resetPage } from '../../src/pages/reset.ts'

const AT = 1_773_480_600
const QR = renderSVG('otpauth://totp/op.example:ada?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', { ecc: 'M', border: 2 })

/** The pages of an account, with a text in each place that is not ours. */
export function accountPages(text: string): Readonly<Record<string, HtmlText>> {
  const view = { user: text, csrf: text, notice: text, error: text }
  const passkeys = [{ id: text, name: text, createdAt: AT, lastUsed: AT }]
  return {
    overview: overviewPage({
      ...view,
      ...{ name: text, roles: [text, text], since: AT, authenticator: true, passkeys: 1, sessions: 2 },
      administrator: true,
    }),
    password: passwordPage({ user: text, csrf: text, notice: text, fault: { field: 'current', text } }),
    security: securityPage({ ...view, authenticator: AT, recoveryCodes: 2, passkeys, passkeysWork: true }),
    app: appPage({ ...view, secret: text, qr: QR, sealed: text, replaces: true }),
    appCode: appCodePage({ ...view, sealed: text }),
    codes: codesPage({ ...view, codes: [text, text] }),
    confirm: confirmPage({
      ...view,
      title: text,
      text,
      caution: text,
      subject: text,
      action: text,
      button: text,
      bad: true,
    }),
    newPasskey: newPasskeyPage({ ...view, options: text, at: text }),
    rename: renamePage({ ...view, id: text, name: text }),
    sessions: sessionsPage({
      ...view,
      sessions: [{ id: text, since: AT, by: text, apps: [text, text], here: false }],
      access: [
        { client: text, name: text, since: AT, scopes: [text], resources: [{ resource: text, scopes: [text] }] },
      ],
    }),
    reset: resetPage({ user: text, csrf: text, fault: { field: 'next', text } }),
    errorLink: errorPage({ title: text, code: text, message: text, link: { href: text, text } }),
  }
}

const VIEW = { user: 'ada@example.org', csrf: 'c' } as const
const LONG = `${'a'.repeat(64)}@example.org`

/** The pages of an account as they are seen, those that end in 2 in their other shape. */
export const ACCOUNT_PAGES: Readonly<Record<string, HtmlText>> = {
  overview: overviewPage({
    ...VIEW,
    ...{ name: 'Ada Reyes', roles: [], since: AT, authenticator: false, passkeys: 0, sessions: 1 },
    administrator: false,
  }),
  overview2: overviewPage({
    ...VIEW,
    user: LONG,
    name: '',
    notice: 'Your name is changed.',
    error: 'A name has 1 to 200 characters that can be seen.',
    ...{
      roles: ['editor', 'authority:admin', 'r'.repeat(80)],
      since: AT,
      authenticator: true,
      passkeys: 2,
      sessions: 3,
    },
    administrator: true,
  }),
  password: passwordPage(VIEW),
  password2: passwordPage({ ...VIEW, fault: { field: 'current', text: 'The current password is wrong.' } }),
  security: securityPage({ ...VIEW, authenticator: undefined, recoveryCodes: 0, passkeys: [], passkeysWork: true }),
  security2: securityPage({
    ...VIEW,
    authenticator: AT,
    recoveryCodes: 2,
    passkeys: [
      { id: 'crd_1', name: 'Laptop', createdAt: AT, lastUsed: AT + 90_000 },
      { id: 'crd_2', name: 'A key that hangs on a chain with all of the others', createdAt: AT, lastUsed: undefined },
    ],
    passkeysWork: true,
    notice: 'The passkey is added.',
  }),
  app: appPage({ ...VIEW, secret: 'JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP', qr: QR, sealed: 's', replaces: false }),
  app2: appPage({ ...VIEW, secret: 'JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP', qr: QR, sealed: 's', replaces: true }),
  appCode: appCodePage({
    ...VIEW,
    sealed: 's',
    error: 'This code is not right. Enter the one that the app shows now.',
  }),
  codes: codesPage({
    ...VIEW,
    codes: Array.from({ length: 10 }, (_, index) => `k3v9-7qxm-2hd${index}`),
    notice: 'The authenticator app is on.',
  }),
  confirm: confirmPage({
    ...VIEW,
    title: 'Remove the authenticator app?',
    text: 'Its codes and the recovery codes work no more.',
    caution: 'It is your last second factor: from then on your password alone opens your account.',
    action: '/account/security/app/remove',
    button: 'Remove the app',
    bad: true,
  }),
  confirm2: confirmPage({
    ...VIEW,
    title: 'Make new recovery codes?',
    text: 'You get ten new ones, and those of before work no more.',
    action: '/account/security/codes',
    button: 'Make new codes',
    bad: false,
  }),
  newPasskey: newPasskeyPage({ ...VIEW, options: '{}', at: '1' }),
  rename: renamePage({ ...VIEW, id: 'crd_1', name: 'Laptop' }),
  sessions: sessionsPage({
    ...VIEW,
    sessions: [{ id: 's1', since: AT, by: 'a passkey', apps: [], here: true }],
    access: [],
  }),
  sessions2: sessionsPage({
    ...VIEW,
    sessions: [
      { id: 's1', since: AT, by: 'a password and a code', apps: ['Notes', 'Photos'], here: true },
      { id: 's2', since: AT - 90_000, by: 'a password', apps: ['Notes'], here: false },
    ],
    access: [
      {
        client: 'notes',
        name: 'Notes',
        since: AT,
        scopes: ['Know who you are', 'Stay connected while you are away'],
        resources: [{ resource: `https://api.example.org/${'x'.repeat(60)}`, scopes: ['notes:read', 'notes:write'] }],
      },
      {
        client: 'gone',
        name: 'an-app-that-is-gone',
        since: AT,
        scopes: ['Know who you are'],
        resources: [{ resource: 'https://api.example.org', scopes: [] }],
      },
    ],
    notice: 'The session has ended, and its apps were told.',
  }),
  forgot: forgotPage(),
  forgotSent: forgotSentPage(),
  reset: resetPage(VIEW),
  reset2: resetPage({
    ...VIEW,
    user: LONG,
    fault: { field: 'again', text: 'The new password was not typed the same twice.' },
  }),
  resetDone: resetDonePage(),
  errorLink: errorPage({
    title: 'This is not there any more',
    code: 'gone',
    message: 'It has ended or was removed, perhaps in another tab.',
    hint: 'Your account shows what there is.',
    link: { href: '/account', text: 'Your account' },
  }),
}
