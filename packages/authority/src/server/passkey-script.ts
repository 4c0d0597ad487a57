/**
 * The one script of this server, served at /passkey.js: browsers have passkeys for scripts alone. A form with
 * `data-passkey` (`create` or `get`) and `data-options` (JSON) has a field `response`, which it fills when it is sent.
 * What has `data-needs-passkeys` is hidden until it is known that the browser can.
 */
export const PASSKEY_SCRIPT: string = `'use strict'
{
  const parsers = { create: 'parseCreationOptionsFromJSON', get: 'parseRequestOptionsFromJSON' }
  const Credential = window.PublicKeyCredential
  const can = Credential !== undefined && navigator.credentials !== undefined &&
    Object.values(parsers).every((name) => typeof Credential[name] === 'function') &&
    typeof Credential.prototype.toJSON === 'function'

  const sentences = {
    NotAllowedError: 'That was cancelled, or took too long. Try again.',
    InvalidStateError: 'This device has a passkey for your account already.',
    SecurityError: 'The browser has no passkeys for this address.',
  }

  const ask = async (form) => {
    const way = form.dataset.passkey
    const publicKey = Credential[parsers[way]](JSON.parse(form.dataset.options))
    const credential = await navigator.credentials[way]({ publicKey })
    form.elements.response.value = JSON.stringify(credential.toJSON())
    HTMLFormElement.prototype.submit.call(form)
  }

  const attach = (form) => {
    const error = form.querySelector('[data-passkey-error]')
    let busy = false
    form.addEventListener('submit', async (event) => {
      event.preventDefault()
      if (busy) return
      busy = true
      if (error !== null) error.hidden = true
      try {
        await ask(form)
      } catch (reason) {
        if (error === null) return
        error.textContent = sentences[reason.name] ?? 'That did not work. Try again.'
        error.hidden = false
      } finally {
        busy = false
      }
    })
  }

  if (can) {
    document.querySelectorAll('form[data-passkey]').forEach(attach)
    for (const element of document.querySelectorAll('[data-needs-passkeys]')) element.hidden = false
  }
}
`
