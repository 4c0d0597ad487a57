import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { Provider } from 'oidc-provider'
import { deviceInputPage } from '../../src/pages/device.ts'
import { FORMS } from './views.ts'

test('the form of oidc-provider has the field that the page names, and no script is left of it', async (t) => {
  const forms: string[] = []
  const clients = [
    { client_id: 'tv', grant_types: ['urn:ietf:params:oauth:grant-type:device_code'], redirect_uris: [] },
  ]
  const provider = new Provider('https://op.example', {
    clients: clients.map((client) => ({ ...client, response_types: [], token_endpoint_auth_method: 'none' as const })),
    cookies: { keys: ['a key of this test'] },
    features: {
      devInteractions: { enabled: false },
      deviceFlow: {
        enabled: true,
        userCodeInputSource(ctx, form) {
          forms.push(form)
          ctx.body = 'seen'
        },
      },
    },
  })
  provider.proxy = true
  const server = createServer(provider.callback()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as { port: number }
  const answer = await fetch(`http://127.0.0.1:${port}/device`, {
    headers: { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'op.example' },
  })
  assert.equal(await answer.text(), 'seen')
  const [form = ''] = forms
  const same = (text: string): string => text.replace(/name="xsrf" value="[^"]*"/, '')
  assert.equal(same(form), same(FORMS.input()))
  const page = deviceInputPage({ form, formId: 'op.deviceInputForm', error: 'This code is not right.' })
  assert.match(page, /name="user_code" id="user_code"[^>]* aria-describedby="error"/)
  assert.doesNotMatch(page, /\son[a-z]+=/)
})
