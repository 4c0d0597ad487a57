import type { Configuration, Session } from 'oidc-provider'
import { deviceConfirmPage, deviceDonePage, deviceInputPage } from '../pages/device.ts'
import { errorPage } from '../pages/error.ts'
import { loggedOutPage, logoutPage } from '../pages/logout.ts'
import { formTarget, securityHeaders } from '../pages/security-headers.ts'

type Features = NonNullable<Configuration['features']>

/** Where a code is entered that a device shows (RFC 8628 §3.3). */
export function devicePages(): Partial<NonNullable<Features['deviceFlow']>> {
  return {
    userCodeInputSource(ctx, form, _out, error) {
      const session = ctx.oidc.session as (Session & { touched?: boolean }) | undefined
      if (error !== undefined && session !== undefined && session.exp === undefined) {
        // Who sends the form without a session has no page to send it from. oidc-provider has just put the token of a new
        // form into the session, which was never stored, and would fail to store it.
        session.touched = false
        ctx.body = errorPage({
          title: 'This page has expired',
          code: 'expired',
          message: 'The code was not looked at.',
          hint: 'Open the page anew that your device names, and enter the code there.',
        })
        return
      }
      ctx.body = deviceInputPage({
        form,
        formId: 'op.deviceInputForm',
        ...(error !== undefined && { error: deviceFault(error) }),
      })
    },
    userCodeConfirmSource(ctx, form, client, _info, userCode) {
      const name = client.clientName ?? client.clientId
      ctx.body = deviceConfirmPage({ form, formId: 'op.deviceConfirmForm', client: name, userCode })
    },
    successSource(ctx) {
      ctx.body = deviceDonePage({ client: ctx.oidc.client?.clientName })
    },
  }
}

function deviceFault(error: Error & { readonly userCode?: unknown }): string {
  if (error.name === 'AbortedError') return 'The device was refused.'
  if (error.userCode !== undefined || error.name === 'NoCodeError') return 'This code is not right, or has been used.'
  return 'That did not work. Enter the code once more.'
}

/** Where somebody logs out whom an app has sent (RP-Initiated Logout 1.0 §2). */
export function logoutPages(): Partial<NonNullable<Features['rpInitiatedLogout']>> {
  return {
    logoutSource(ctx, form) {
      // Its form ends at the application that asked for it, whose address has been checked by now.
      ctx.set(securityHeaders(formTarget(ctx.oidc.params?.['post_logout_redirect_uri'])))
      ctx.body = logoutPage({ form, formId: 'op.logoutForm' })
    },
    postLogoutSuccessSource(ctx) {
      ctx.body = loggedOutPage({ client: ctx.oidc.client?.clientName })
    },
  }
}
