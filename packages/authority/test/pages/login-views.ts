import type { HtmlText } from '../../src/pages/layout.ts'
import { loginPage } from '../../src/pages/login.ts'
import { noSecondFactorPage, secondFactorPage } from '../../src/pages/second-factor.ts'

/** The pages of a login beside the first, with a text in each place that is not ours. */
export function everyLoginPage(text: string): Readonly<Record<string, HtmlText>> {
  const passkey = { action: text, options: text, fields: { proof: text } }
  const common = { client: text, user: text, csrf: text, cancel: text }
  return {
    loginWays: loginPage({ ...common, title: text, action: text, email: text, error: text, passkey, forgot: text }),
    secondFactor: secondFactorPage({
      ...common,
      code: { action: text, fields: { proof: text } },
      passkey,
      error: text,
      other: text,
    }),
    noSecondFactor: noSecondFactorPage({ ...common, account: text }),
  }
}

const common = { client: 'Notes', user: 'ada@example.org', csrf: 'c', cancel: '/login/1/abort' }
const passkey = { action: '/login/1/passkey', options: '{"challenge":"YQ"}', fields: {} }
const code = { action: '/login/1/code', fields: { proof: 'p' } }

export const LOGIN_PAGES: Readonly<Record<string, HtmlText>> = {
  loginWays: loginPage({ ...common, title: 'Log in', action: '/login/1', passkey, forgot: '/forgot' }),
  secondFactor: secondFactorPage({ ...common, code }),
  secondFactor2: secondFactorPage({ ...common, code, passkey, other: '/login/1?other', error: 'This code is wrong.' }),
  secondFactorPasskey: secondFactorPage({ ...common, passkey, other: '/login/1?other' }),
  noSecondFactor: noSecondFactorPage({ ...common, account: '/account' }),
}
