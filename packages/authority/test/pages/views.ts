import { consentPage } from '../../src/pages/consent.ts'
import { deviceConfirmPage, deviceDonePage, deviceInputPage } from '../../src/pages/device.ts'
import { errorPage } from '../../src/pages/error.ts'
import { homePage } from '../../src/pages/home.ts'
import type { HtmlText } from '../../src/pages/layout.ts'
import { loginPage } from '../../src/pages/login.ts'
import { loggedOutPage, logoutPage } from '../../src/pages/logout.ts'
import { ACCOUNT_PAGES, accountPages } from './account-views.ts'
import { ADMIN_PAGES, everyAdminPage } from './admin-views.ts'
import { everyLoginPage, LOGIN_PAGES } from './login-views.ts'

/** The forms of oidc-provider; another test holds that they are these. */
export const FORMS = {
  input: (
    code = '',
  ): string => `<form id="op.deviceInputForm" novalidate method="post" action="https://op.example/device">
  <input type="hidden" name="xsrf" value="0123456789abcdef"/>
  <input
    ${code && `value="${code}" `}type="text" name="user_code" placeholder="Enter code" onfocus="this.select(); this.onfocus = undefined;" autofocus autocomplete="off"></input>
  </form>`,
  confirm: `<form id="op.deviceConfirmForm" method="post" action="https://op.example/device">
<input type="hidden" name="xsrf" value="0123456789abcdef"/>
<input type="hidden" name="user_code" value="BCDF-GHJK"/>
<input type="hidden" name="confirm" value="yes"/>
</form>`,
  logout:
    '<form id="op.logoutForm" method="post" action="https://op.example/session/end/confirm"><input type="hidden" name="xsrf" value="0123456789abcdef"/></form>',
}

/** Every page, with a text in each place that is not ours. */
export function everyPage(text: string): Readonly<Record<string, HtmlText>> {
  const post = { action: text, csrf: text }
  return {
    login: loginPage({ title: text, client: text, email: text, error: text, cancel: text, ...post }),
    consent: consentPage({
      client: text,
      user: text,
      scopes: [{ name: text, text }],
      resources: [{ resource: text, scopes: [text] }],
      ...post,
    }),
    deviceInput: deviceInputPage({ form: FORMS.input(), formId: text, error: text }),
    deviceConfirm: deviceConfirmPage({ form: FORMS.confirm, formId: text, client: text, userCode: text }),
    deviceDone: deviceDonePage({ client: text }),
    logout: logoutPage({ form: FORMS.logout, formId: text }),
    loggedOut: loggedOutPage({ client: text }),
    error: errorPage({ title: text, code: text, message: text, hint: text }),
    home: homePage({ issuer: text }),
    ...accountPages(text),
    ...everyAdminPage(text),
    ...everyLoginPage(text),
  }
}

/** Every page as it is seen, the ones that end in 2 in their other shape. */
export const PAGES: Readonly<Record<string, HtmlText>> = {
  login: loginPage({ title: 'Log in', client: 'Notes', action: '/login/1', csrf: 'c', cancel: '/login/1/abort' }),
  login2: loginPage({
    title: 'Log in',
    client: 'Notes',
    action: '/login/1',
    csrf: 'c',
    cancel: '/login/1/abort',
    email: 'ada@example.org',
    error: 'E-mail address or password is wrong.',
  }),
  consent: consentPage({
    client: 'Notes',
    user: 'ada@example.org',
    action: '/consent/1',
    csrf: 'c',
    scopes: [
      { name: 'openid', text: 'Know who you are' },
      { name: 'offline_access', text: 'Stay connected while you are away' },
    ],
    resources: [{ resource: 'https://api.example.org/notes', scopes: ['notes:read', 'notes:write'] }],
  }),
  consent2: consentPage({
    client: 'An app with a very long name, which somebody thought of who has never seen a small telephone',
    user: `${'a'.repeat(64)}@example.org`,
    action: '/consent/1',
    csrf: 'c',
    scopes: [],
    resources: [{ resource: `https://api.example.org/${'x'.repeat(80)}`, scopes: [] }],
  }),
  deviceInput: deviceInputPage({ form: FORMS.input(), formId: 'op.deviceInputForm' }),
  deviceInput2: deviceInputPage({
    form: FORMS.input('BCDF'),
    formId: 'op.deviceInputForm',
    error: 'This code is not right.',
  }),
  deviceConfirm: deviceConfirmPage({
    form: FORMS.confirm,
    formId: 'op.deviceConfirmForm',
    client: 'Television',
    userCode: 'BCDF-GHJK',
  }),
  deviceDone: deviceDonePage({ client: 'Television' }),
  deviceDone2: deviceDonePage({ client: undefined }),
  logout: logoutPage({ form: FORMS.logout, formId: 'op.logoutForm' }),
  loggedOut: loggedOutPage({ client: 'Notes' }),
  loggedOut2: loggedOutPage({ client: undefined }),
  error: errorPage({ title: 'There is nothing here', code: 'not_found', message: 'This page does not exist.' }),
  error2: errorPage({
    title: 'This page has expired',
    code: 'expired',
    message: 'You took long.',
    hint: 'Go back and log in again.',
  }),
  home: homePage({ issuer: 'https://op.example' }),
  ...ACCOUNT_PAGES,
  ...ADMIN_PAGES,
  ...LOGIN_PAGES,
}
