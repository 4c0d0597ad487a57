import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { decodeUnverified } from 'countersign'
import { login as passLogin, UserAgent } from '../support/user-agent.ts'
import {
  accessTokenOf,
  answerOf,
  arrive,
  call,
  cookiesOf,
  departureOf,
  isIn,
  logIn,
  logOut,
  press,
  startForTest,
} from './support.ts'

test('a form that comes from another page, or from nowhere, does nothing', async (t) => {
  const { notes, reader } = await startForTest(t)
  const agent = new UserAgent()
  await logIn(agent, notes, reader)
  for (const origin of [undefined, 'null', 'https://attacker.example', notes.replace('127.0.0.1', 'localhost')]) {
    for (const path of ['/login', '/call', '/refresh', '/logout']) {
      const response = await fetch(`${notes}${path}`, {
        method: 'POST',
        redirect: 'manual',
        body: new URLSearchParams({ call: '/notes' }),
        headers: { cookie: cookiesOf(agent, notes), ...(origin !== undefined && { origin }) },
      })
      assert.equal(response.status, 403, `${path} from ${origin}`)
      assert.match(await response.text(), /foreign_origin/)
    }
  }
  assert.ok(await isIn(agent, notes))
})

test('an answer of the authority is for the browser that was sent there, and for one login (RFC 9700 §4.7)', async (t) => {
  const { notes, reader } = await startForTest(t)
  const [victim, attacker] = [new UserAgent(), new UserAgent({ stopAt: [`${notes}/callback`] })]
  const theirs = await passLogin(attacker, await departureOf(attacker, notes), reader)

  for (const browser of [victim, new UserAgent()]) {
    if (browser === victim) await departureOf(victim, notes)
    const refused = await browser.get(theirs)
    assert.equal(refused.status, 400)
    assert.match(refused.html, /foreign_state/)
    assert.equal(await isIn(browser, notes), false)
  }

  const own = await departureOf(victim, notes)
  const mixed = new URL(theirs)
  mixed.searchParams.set('state', own.searchParams.get('state') ?? '') // the code of another with a state of one's own
  const refused = await victim.get(mixed)
  assert.equal(refused.status, 502)
  assert.match(refused.html, /invalid_grant/)
  assert.equal(await isIn(victim, notes), false)
})

test('a state is taken once, and one that is missing, doubled or unknown never', async (t) => {
  const { notes, reader } = await startForTest(t)
  const agent = new UserAgent({ stopAt: [`${notes}/callback`] })
  const back = await passLogin(agent, await departureOf(agent, notes), reader)
  const [code, state] = [back.searchParams.get('code'), back.searchParams.get('state')]
  const finish = async (query: string): Promise<number> =>
    (await arrive(agent, notes, new URL(`${notes}/callback?${query}`))).status
  assert.equal(await finish(`code=${code}`), 400)
  assert.equal(await finish(`code=${code}&state=unknown`), 400)
  assert.equal(await finish(`code=${code}&state=${state}&state=${state}`), 400)
  assert.equal(await finish(back.search.slice(1)), 303)
  assert.equal(await finish(back.search.slice(1)), 400)
})

test('an answer of another issuer is refused (RFC 9207)', async (t) => {
  const { notes, reader } = await startForTest(t)
  const agent = new UserAgent({ stopAt: [`${notes}/callback`] })
  const back = await passLogin(agent, await departureOf(agent, notes), reader)
  back.searchParams.set('iss', 'https://attacker.example')
  assert.equal((await arrive(agent, notes, back)).status, 502)
  assert.equal(await isIn(agent, notes), false)
})

test('a session gets a new id at each login, and an id that was planted is nobody', async (t) => {
  const { notes, reader } = await startForTest(t)
  const agent = new UserAgent()
  const idOf = (): string | undefined => agent.cookies.find(({ name }) => name === 'notes_session')?.value
  agent.cookies.push({ name: 'notes_session', value: 'planted', host: '127.0.0.1', path: '/', attributes: {} })
  await logIn(agent, notes, reader)
  const first = idOf()
  assert.ok(first !== undefined && first !== 'planted')
  const { attributes } = agent.cookies.find(({ name }) => name === 'notes_session') ?? {}
  assert.deepEqual(
    [attributes?.['httponly'], attributes?.['samesite'], attributes?.['domain']],
    ['', 'Lax', undefined], // httponly is a word without a value
  )

  const again = await agent.get(await departureOf(agent, notes))
  assert.equal(again.url, `${notes}/`)
  assert.notEqual(idOf(), first)
  assert.notEqual(accessTokenOf(await press(agent, again, '/refresh')), accessTokenOf(again))
  const old = await fetch(notes, { headers: { cookie: `notes_session=${first}` } })
  assert.doesNotMatch(await old.text(), /Hello/)
})

test('what an app asks the API is one of three things, whatever the form says', async (t) => {
  const { notes, reader } = await startForTest(t)
  const agent = new UserAgent()
  await logIn(agent, notes, reader)
  for (const chosen of ['', '/', 'https://attacker.example/', '@attacker.example', '/../admin', '__proto__']) {
    const response = await fetch(`${notes}/call`, {
      method: 'POST',
      body: new URLSearchParams({ call: chosen }),
      headers: { cookie: cookiesOf(agent, notes), origin: notes },
    })
    assert.equal(response.status, 400, chosen)
  }
})

test('an app answers under its own name alone', async (t) => {
  const { notes } = await startForTest(t)
  const ask = (method: string): Promise<{ status: number | undefined; location: string | undefined }> =>
    new Promise((resolve, reject) => {
      request(`${notes}/login`, { method, headers: { host: 'rebound.example', origin: notes } }, (response) => {
        response.resume().on('end', () => resolve({ status: response.statusCode, location: response.headers.location }))
      })
        .on('error', reject)
        .end()
    })
  assert.deepEqual(await ask('GET'), { status: 302, location: `${notes}/` })
  assert.deepEqual(await ask('POST'), { status: 421, location: undefined })
})

test('every answer forbids scripts, frames, guessed types and forms to elsewhere', async (t) => {
  const { notes, issuer, reader } = await startForTest(t)
  const agent = new UserAgent()
  await logIn(agent, notes, reader)
  for (const path of ['/', '/nothing', '/callback', '/style.css', '/icon.svg']) {
    const { headers } = await agent.get(`${notes}${path}`)
    const policy = String(headers['content-security-policy'])
    assert.match(policy, /^default-src 'none'; style-src 'self'; img-src 'self'; /, path)
    assert.ok(policy.includes(`form-action 'self' ${issuer};`), path)
    assert.doesNotMatch(policy, /unsafe|script/)
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.match(String(headers['cache-control']), path.includes('.') ? /max-age/ : /no-store/)
  }
})

test('a name with markup in it is shown as it is, and so is a refusal', async (t) => {
  const { notes, started } = await startForTest(t)
  const markup = `<img src=x onerror="alert(1)">'&`
  const eve = { email: 'eve@example.com', password: 'correct horse battery' }
  await started.operations.addUser({ ...eve, name: markup, roles: ['reader', '<script>'] })
  const agent = new UserAgent()
  const page = await logIn(agent, notes, eve)
  assert.doesNotMatch(page.html, /<script|<img src=x/)
  assert.ok(page.html.includes('Hello, &lt;img src=x onerror=&quot;alert(1)&quot;&gt;&#39;&amp;'))

  const { searchParams } = await departureOf(agent, notes)
  const query = new URLSearchParams({
    state: searchParams.get('state') ?? '',
    error: '<script>',
    error_description: markup,
    iss: started.issuer,
  })
  const refused = await agent.get(`${notes}/callback?${query}`)
  assert.equal(refused.status, 403)
  assert.doesNotMatch(refused.html, /<script|<img src=x/)
})

test('one login is enough for both apps', async (t) => {
  const { notes, photos, reader } = await startForTest(t)
  const agent = new UserAgent()
  const first = await logIn(agent, notes, reader)
  const second = await logIn(agent, photos)
  const [a, b] = [first, second].map((page) => decodeUnverified(accessTokenOf(page)).claims)
  assert.equal(a?.sub, b?.sub)
  assert.deepEqual([a?.['client_id'], b?.['client_id']], ['demo-notes', 'demo-photos'])
  assert.deepEqual([a?.['scope'], b?.['scope']], ['notes:read', 'photos:read'])
  for (const { name } of agent.cookies) assert.match(name, /^(notes|photos|countersign)_/)
})

test('the API lets in by scope and by role, and says why not', async (t) => {
  const { notes, photos, api, started, reader } = await startForTest(t)
  const agent = new UserAgent()
  let page = await logIn(agent, notes, reader)
  page = await call(agent, page, '/notes')
  assert.match(answerOf(page), /200 OK.*Buy tea.*at\+jwt.*ES256/s)
  page = await call(agent, page, '/photos')
  assert.match(answerOf(page), /403 Forbidden.*insufficient_scope.*the token lacks the scope photos:read/s)
  page = await call(agent, page, '/admin')
  assert.match(answerOf(page), /403 Forbidden.*insufficient_scope.*the token lacks the role admin/s)
  page = await call(agent, await logIn(agent, photos), '/photos')
  assert.match(answerOf(page), /200 OK.*ferns\.jpg/s)

  const root = { email: 'root@example.com', password: 'correct horse battery' }
  await started.operations.addUser({ ...root, roles: ['admin'] })
  const other = new UserAgent()
  let theirs = await call(other, await logIn(other, notes, root), '/admin')
  assert.match(answerOf(theirs), /200 OK.*only an administrator/s)
  theirs = await call(other, theirs, '/notes')
  assert.match(answerOf(theirs), /403 Forbidden.*the token lacks the role reader/s)

  assert.equal((await fetch(`${api}/notes`)).status, 401)
})

test('the API takes no ID token and no token for userinfo', async (t) => {
  const { notes, issuer, api, reader } = await startForTest(t)
  const agent = new UserAgent({ stopAt: [`${issuer}/session/end`] })
  const page = await logIn(agent, notes, reader)
  const out = await press(agent, page, '/logout')
  const idToken = out.location?.searchParams.get('id_token_hint') ?? ''
  assert.equal(decodeUnverified(idToken).claims.sub, decodeUnverified(accessTokenOf(page)).claims.sub)
  const refused = await fetch(`${api}/notes`, { headers: { authorization: `Bearer ${idToken}` } })
  assert.equal(refused.status, 401)
  assert.match(String(refused.headers.get('www-authenticate')), /invalid_token/)
  assert.match(String(refused.headers.get('content-security-policy')), /default-src 'none'/)
  const userinfo = await fetch(`${issuer}/me`, { headers: { authorization: `Bearer ${accessTokenOf(page)}` } })
  assert.equal(userinfo.status, 401)
})

test('a new access token comes by the refresh token, for two tabs at once as well', async (t) => {
  const { notes, reader } = await startForTest(t)
  const agent = new UserAgent()
  const before = await logIn(agent, notes, reader)
  const [one, two] = await Promise.all([press(agent, before, '/refresh'), press(agent, before, '/refresh')])
  const [jti, first, second] = [before, one, two].map((page) => decodeUnverified(accessTokenOf(page)).claims.jti)
  assert.notEqual(first, jti)
  assert.notEqual(second, jti)
  const again = await press(agent, two, '/refresh')
  assert.match(answerOf(await call(agent, again, '/notes')), /200 OK/)
})

test('a login that was cancelled is told in the words of the authority', async (t) => {
  const { notes } = await startForTest(t)
  const agent = new UserAgent()
  const asked = await press(agent, await agent.get(notes), '/login')
  const abort = asked.forms.find(({ action }) => action.endsWith('/abort'))
  assert.ok(abort)
  const page = await agent.submit(asked, {}, { form: abort })
  assert.equal(page.status, 403)
  assert.match(page.html, /access_denied/)
  assert.ok(page.url.startsWith(`${notes}/callback`))
})

test('logging out of one app logs out of the authority and of the other app', async (t) => {
  const { notes, photos, issuer, reader } = await startForTest(t)
  const [agent, elsewhere] = [new UserAgent(), new UserAgent()]
  const page = await logIn(agent, notes, reader)
  await logIn(agent, photos)
  await logIn(elsewhere, photos, reader) // the same person at another machine
  const left = await logOut(agent, page)
  assert.ok(left.url.startsWith(`${notes}/signed-out?state=`), left.url)
  assert.match(left.html, /You are logged out of Notes.*If you logged out/s)
  assert.match((await agent.get(photos)).html, /it told Photos with a logout token/)
  assert.doesNotMatch((await agent.get(photos)).html, /logout token/, 'it is told once')
  assert.equal(await isIn(agent, notes), false)
  assert.ok(await isIn(elsewhere, photos))

  const asked = await press(agent, await agent.get(photos), '/login')
  assert.ok(asked.url.startsWith(`${issuer}/login/`), 'the authority asks for the password again')
})

test('whoever stays logged in at the authority is out of one app alone', async (t) => {
  const { notes, photos, reader } = await startForTest(t)
  const agent = new UserAgent()
  const page = await logIn(agent, notes, reader)
  await logIn(agent, photos)
  const asked = await press(agent, page, '/logout')
  const left = await agent.submit(asked, {}, { button: { name: '', value: '' } })
  assert.ok(left.url.startsWith(`${notes}/signed-out`), left.url)
  assert.equal(await isIn(agent, notes), false)
  assert.ok(await isIn(agent, photos))
  await logIn(agent, notes) // without a password
})

test('the page after a logout shows nothing that the app has not begun', async (t) => {
  const { notes } = await startForTest(t)
  const agent = new UserAgent()
  for (const query of ['', '?state=made-up']) {
    assert.doesNotMatch((await agent.get(`${notes}/signed-out${query}`)).html, /You are logged out of/)
  }
})
