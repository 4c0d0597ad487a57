import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  addClient,
  authorize,
  getTokens,
  ORDERS,
  openWorld,
  post,
  type TestClient,
  type World,
} from '../support/world.ts'
import { atLogin, portOf, sendRaw, toRaw } from './http.ts'

/** A secret that is sent wherever there is room for one. */
const CANARY = 'canary-3f9c1e7a5b'
const JWT = [
  { alg: 'none', kid: CANARY },
  { sub: CANARY, iss: CANARY },
]
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .join('.')
  .concat(`.${CANARY}`)

const PARAMETERS = [
  ...['grant_type', 'code', 'code_verifier', 'refresh_token', 'token', 'subject_token', 'subject_token_type'],
  ...['client_assertion', 'client_assertion_type', 'device_code', 'scope', 'resource', 'redirect_uri', 'request_uri'],
  ...['actor_token', 'requested_token_type', 'token_type_hint', 'client_secret'],
] as const

describe('attack 66 (no token, key or secret in a URL, a log or an error)', () => {
  let world: World
  let app: TestClient
  const answers: { readonly what: string; readonly text: string }[] = []
  before(async () => {
    world = await openWorld('sqlite')
    app = await addClient(world, { client_id: 'app', type: 'web', resources: { [ORDERS]: 'read' } })
  })
  after(() => world.stop())

  const keep = async (what: string, answer: Response): Promise<void> => {
    const headers = JSON.stringify([...answer.headers])
    answers.push({ what, text: `${headers}\n${await answer.text()}` })
  }

  test('no error repeats what was sent to the endpoints of the protocol', async () => {
    for (const path of ['/token', '/token/introspection', '/token/revocation', '/request', '/device/auth'])
      for (const name of PARAMETERS)
        for (const value of [CANARY, JWT, `${CANARY}"<>&`, CANARY.repeat(500)]) {
          const grant = name === 'grant_type' ? {} : { grant_type: 'authorization_code' }
          const { status, headers, body } = await post(world, path, { ...grant, [name]: value }, app)
          if (name === 'scope' || name === 'grant_type' || status < 400) continue
          answers.push({ what: `${path} ${name}`, text: JSON.stringify([[...headers], body]) })
        }
    demandSilence(answers)
  })

  test('no answer to a bad credential repeats it', async () => {
    const before = answers.length
    for (const path of ['/me', '/admin/api/users', '/metrics', '/token', '/token/introspection'])
      for (const value of [
        `Bearer ${CANARY}`,
        `Bearer ${JWT}`,
        `DPoP ${JWT}`,
        `Basic ${btoa(`${CANARY}:${CANARY}`)}`,
      ]) {
        const headers = { authorization: value, dpop: JWT, cookie: `countersign_session=${CANARY}` }
        await keep(`GET ${path} ${value.slice(0, 6)}`, await fetch(new URL(path, world.issuer), { headers }))
        await keep(`POST ${path}`, await fetch(new URL(path, world.issuer), { method: 'POST', headers, body: CANARY }))
      }
    demandSilence(answers.slice(before))
  })

  test('no page repeats a password, a cookie or a path', async () => {
    const before = answers.length
    const { agent, page } = await atLogin(app)
    for (const fields of [{ password: CANARY }, { csrf: CANARY }, { password: CANARY, csrf: CANARY }]) {
      const { html, headers } = await agent.submit(page, { email: 'ada@example.org', password: 'x', ...fields })
      answers.push({ what: `login ${Object.keys(fields)}`, text: JSON.stringify([headers, html]) })
    }
    for (const path of [`/login/${CANARY}`, `/reset/${CANARY}`, `/${CANARY}`, `/admin/${CANARY}`, `/account/${CANARY}`])
      await keep(path, await fetch(new URL(path, world.issuer), { redirect: 'manual' }))
    // The cookie of a reset link is where its token belongs.
    demandSilence(answers.slice(before).filter(({ what }) => !what.startsWith('/reset/')))
  })

  test('what is no HTTP at all is not repeated either', async () => {
    const lines = [`GET /${CANARY} HTTP/9`, `${CANARY} / HTTP/1.1`, `GET / HTTP/1.1\r\n${CANARY}`, CANARY.repeat(500)]
    for (const text of [...lines, toRaw({ target: `/%zz${CANARY}` }), toRaw({ target: `//${CANARY}` })]) {
      const { head, body } = await sendRaw(portOf(world), `${text}\r\n\r\n`)
      demandSilence([{ what: text.slice(0, 40), text: `${head}${body}` }])
    }
  })

  test('an access token in a query is none', async () => {
    const { access_token: token } = await getTokens(world, app)
    const url = new URL(`/me?access_token=${token}`, world.issuer)
    const [inQuery, inHeader] = [
      await fetch(url),
      await fetch(new URL('/me', url), { headers: { authorization: `Bearer ${token}` } }),
    ]
    assert.equal(inHeader.status, 200)
    assert.ok(inQuery.status === 400 || inQuery.status === 401, `${inQuery.status}`)
  })

  test('an authorization response has a code alone, and no page tells another site where it was', async () => {
    const { url } = await authorize(world, app, { scope: 'openid' })
    assert.deepEqual([...url.searchParams.keys()].sort(), ['code', 'iss', 'state'])
    assert.equal(url.hash, '')
    for (const path of ['/', '/login/x', '/account', '/admin', '/reset', '/nowhere']) {
      const { headers } = await fetch(new URL(path, world.issuer), { redirect: 'manual' })
      assert.match(String(headers.get('referrer-policy')), /^(same-origin|no-referrer)$/, path)
    }
  })

  test('nothing of it was logged, and nothing is in the audit trail', async () => {
    const rows = await world.store.db.selectFrom('audit').selectAll().execute()
    assert.ok(world.lines.length > 50, `${world.lines.length} lines`)
    for (const text of [JSON.stringify(world.lines), JSON.stringify(rows)])
      for (const secret of [CANARY, JWT.slice(0, 20), world.user.password, String(app.secret)])
        assert.ok(!text.includes(secret), secret)
  })
})

function demandSilence(answers: readonly { readonly what: string; readonly text: string }[]): void {
  assert.ok(answers.length > 0)
  for (const { what, text } of answers)
    for (const secret of [CANARY, JWT.slice(0, 30), btoa(`${CANARY}:`).slice(0, 20)])
      assert.ok(!text.includes(secret), `${what} is answered with what was sent: ${text.slice(0, 500)}`)
}
