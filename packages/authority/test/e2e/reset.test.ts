import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createVerifier } from 'countersign'
import { formTo, inAccount, isIn, openPage, recorded, send, textOf } from '../support/account.ts'
import { missing, startOn } from '../support/authority.ts'
import { type Mailer, sha256, startMailer } from '../support/mail.ts'
import type { Credentials, Page, UserAgent } from '../support/user-agent.ts'
import { addClient, authorize, newBrowser, openWorld, post, redeem, refused, type World } from '../support/world.ts'

const NEW = 'quite another one'

type Person = Credentials & { readonly id: string }

async function somebody({ operations }: World, email: string): Promise<Person> {
  const credentials = { email, password: 'correct horse battery' }
  const { user } = await operations.addUser(credentials)
  return { ...credentials, id: user.id }
}

const choose = (agent: UserAgent, page: Page, next = NEW, again = next): Promise<Page> =>
  send(agent, page, '/reset', { new_password: next, again })

/** Every page that a browser saw, and all that was kept: none of it has the token of a link. */
async function demandUntold(world: World, token: string, ...pages: readonly Page[]): Promise<void> {
  for (const { url, html, headers } of pages) {
    assert.ok(!`${url} ${html}`.includes(token), url)
    assert.match(String(headers['referrer-policy']), /^(same-origin|no-referrer)$/)
  }
  const rows = await world.store.db.selectFrom('audit').selectAll().execute()
  assert.ok(!JSON.stringify([rows, world.lines]).includes(token))
  const kept = await world.store.db.selectFrom('credentials').selectAll().execute()
  assert.ok(!JSON.stringify(kept).includes(token))
}

for (const topology of ['sqlite', 'two instances'] as const) {
  describe(`a forgotten password, ${topology}`, { skip: missing(topology) }, () => {
    let world: World
    let mailer: Mailer
    before(async () => {
      mailer = await startMailer()
      world = await openWorld(topology, { env: { MAIL_HOOK: mailer.url } })
    })
    after(async () => {
      await world.stop()
      await mailer.close()
    })

    /** Asks for a link as somebody who forgot. @returns the page that answers */
    const forget = async (email: string, agent = newBrowser()): Promise<Page> => {
      const login = await openPage(agent, world, '/account', { email, password: 'no more' })
      assert.match(login.html, /href="\/forgot"/)
      return agent.submit(await agent.get(`${world.issuer}/forgot`), { email })
    }
    const linkFor = async (email: string): Promise<string> => {
      const letter = mailer.next()
      await forget(email)
      return String((await letter).letter['link'])
    }

    test('is replaced by who gets the letter, and all that was open ends', async () => {
      const person = await somebody(world, 'zoe@example.org')
      const { agent } = await inAccount(world, person)
      const app = await addClient(world, { client_id: 'app', type: 'web' })
      const asked = { scope: 'openid offline_access' }
      const arrival = await authorize({ ...world, user: { ...world.user, ...person } }, app, asked, agent)
      const { refresh_token: refresh = '' } = await redeem(app, arrival)
      const link = await linkFor(' ZOE@example.org ')
      const token = link.slice(`${world.issuer}/reset/`.length)
      assert.match(token, /^[\w-]{43}$/)

      const browser = newBrowser()
      for (let look = 0; look < 3; look++) assert.equal((await newBrowser().get(link)).status, 200, 'who only looks')
      const page = await browser.get(link)
      assert.equal(page.url, `${world.issuer}/reset`)
      assert.match(textOf(page), /Choose a new password for zoe@example\.org/)
      const cookie = browser.cookies.find(({ name }) => name === 'countersign_reset')
      assert.deepEqual(
        [cookie?.attributes['httponly'], cookie?.attributes['samesite'], cookie?.attributes['secure']],
        ['', 'Lax', undefined],
      )
      const short = await choose(browser, page, 'short')
      assert.equal(short.status, 400)
      assert.match(short.html, /id="next"[^>]* aria-invalid="true" aria-describedby="error next-hint"/)
      assert.equal((await choose(browser, page, NEW, 'not the same')).status, 400)

      const done = await choose(browser, page)
      assert.equal(done.url, `${world.issuer}/reset?done=password`)
      assert.match(done.html, /<h1>Your password is changed<\/h1>/)
      assert.equal(
        browser.cookies.some(({ name }) => name === 'countersign_reset'),
        false,
      )
      assert.equal(await isIn(agent, world), false)
      refused(
        await post(world, '/token', { grant_type: 'refresh_token', refresh_token: refresh }, app),
        'invalid_grant',
      )
      assert.equal((await openPage(newBrowser(), world, '/account', person)).status, 401)
      await inAccount(world, { ...person, password: NEW })
      const events = await recorded(world, person.id)
      assert.ok(events.includes('account.password_reset') && events.includes('account.reset_asked'))
      const used = await newBrowser().get(link)
      assert.equal(used.status, 410)
      await demandUntold(world, token, page, short, done, used)
    })

    test('is asked about in a letter whose sender can be known', async () => {
      await somebody(world, 'letter@example.org')
      const letter = mailer.next()
      await forget('letter@example.org')
      const { headers, body, letter: content } = await letter
      const verifier = createVerifier({
        keys: world.keys,
        issuer: world.issuer,
        audience: mailer.url,
        typ: 'mail-hook+jwt',
        algorithms: ['ES256'],
      })
      const { claims } = await verifier.verify(String(headers.authorization).replace('Bearer ', ''))
      assert.equal(claims['body_sha256'], sha256(body))
      assert.deepEqual(Object.keys(content), ['kind', 'email', 'name', 'link', 'expires_at'])
    })

    test('is asked about with the same answer whether there is an account or not (attack 64)', async () => {
      const known = await somebody(world, 'known@example.org')
      const off = await somebody(world, 'off@example.org')
      await world.operations.disableUser(off.id)
      const before = mailer.received.length
      const letter = mailer.next()
      const answers: string[] = []
      const typed = [known.email, 'nobody@example.org', off.email, 'no address', '', ' ', '\0', `${'x'.repeat(300)}@y`]
      for (const email of typed) answers.push(await rawForget(world, email))
      for (const [index, answer] of answers.entries()) assert.equal(answer, answers[0], typed[index])
      assert.match(String(answers[0]), /^303 .*location: \/forgot\?done=sent/s)
      await letter
      assert.equal(mailer.received.length, before + 1)
      const sent = await newBrowser().get(`${world.issuer}/forgot?done=sent`)
      assert.match(textOf(sent), /If there is an account with this address/)
    })

    test('is asked about so often and no oftener: an address is told, an account is not', async () => {
      const person = await somebody(world, 'often@example.org')
      const agent = newBrowser()
      const page = await agent.get(`${world.issuer}/forgot`)
      for (let left = 5; left > 0; left--) {
        const sent = await agent.submit(page, { email: `somebody${left}@example.org` })
        assert.equal(sent.url, `${world.issuer}/forgot?done=sent`)
      }
      const limited = await agent.submit(page, { email: person.email })
      assert.equal(limited.status, 429)
      assert.ok(Number(limited.headers['retry-after']) > 60)
      assert.match(textOf(limited), /Wait \d+ minutes and try again/)
      for (let left = 3; left > 0; left--) await linkFor(person.email)
      const before = mailer.received.length
      assert.equal((await forget(person.email)).url, `${world.issuer}/forgot?done=sent`)
      await until(async () => (await recorded(world, person.id))[0] === 'account.reset_limited')
      assert.equal(mailer.received.length, before)
    })

    test('stays as it is where the form is not from our page, or for another link', async () => {
      const [person, other] = [await somebody(world, 'form@example.org'), await somebody(world, 'other@example.org')]
      const [browser, foreign] = [newBrowser(), newBrowser()]
      const link = (await world.operations.resetPassword(person.id)).link ?? ''
      const page = await browser.get(link)
      const theirs = await foreign.get((await world.operations.resetPassword(other.id)).link ?? '')
      const token = formTo(theirs, '/reset').fields.find(({ name }) => name === 'csrf')?.value ?? ''
      const fields = { new_password: NEW, again: NEW }
      for (const headers of [
        { origin: 'https://evil.example' },
        { origin: 'null' },
        { 'sec-fetch-site': 'cross-site' },
      ])
        assert.equal((await send(browser, page, '/reset', fields, headers)).status, 403)
      for (const csrf of ['', token])
        assert.equal((await send(browser, page, '/reset', { ...fields, csrf })).status, 403)
      assert.equal((await send(browser, page, '/reset', { new_password: 'x'.repeat(20_000) })).status, 413)
      assert.equal((await send(newBrowser(), page, '/reset', fields)).status, 410, 'a browser without the link')
      const forgot = await browser.get(`${world.issuer}/forgot`)
      const evil = { origin: 'https://evil.example' }
      assert.equal((await send(browser, forgot, '/forgot', { email: person.email }, evil)).status, 403)
      await inAccount(world, person)
    })

    test('links that are good for nothing are told from each other by nobody', async () => {
      const person = await somebody(world, 'links@example.org')
      const expired = (await world.operations.resetPassword(person.id)).link ?? ''
      await world.store.db.updateTable('credentials').set({ data: '1' }).where('kind', '=', 'reset').execute()
      const off = await somebody(world, 'links-off@example.org')
      const disabled = (await world.operations.resetPassword(off.id)).link ?? ''
      await world.operations.disableUser(off.id)
      const texts: string[] = []
      for (const link of [expired, disabled, 'A'.repeat(43), 'x', '%00']) {
        const page = await newBrowser().get(new URL(link, `${world.issuer}/reset/`))
        assert.equal(page.status, 410, link)
        texts.push(page.html)
      }
      assert.equal(new Set(texts).size, 1)
      assert.match(String(texts[0]), /href="\/forgot"/)
    })
  })
}

/** Asks for a link and goes no further. @returns the answer without what differs in any two */
async function rawForget({ issuer }: World, email: string): Promise<string> {
  const answer = await fetch(`${issuer}/forgot`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: issuer, 'x-forwarded-for': `10.9.${email.length % 250}.${email.charCodeAt(0) % 250 || 0}` },
    body: new URLSearchParams({ email }),
  })
  const headers = [...answer.headers].filter(([name]) => !/^(date|x-request-id)$/.test(name))
  return `${answer.status} ${headers.map(([name, value]) => `${name}: ${value}`).join('\n')}\n${await answer.text()}`
}

/** Waits for what happens behind an answer. */
async function until(so: () => Promise<boolean>): Promise<void> {
  while (!(await so())) await new Promise((resolve) => setImmediate(resolve))
}

describe('a hook that is slow or out of order', () => {
  test('is waited for at the end, and holds no answer up', async () => {
    const mailer = await startMailer()
    const world = await openWorld('sqlite', { env: { MAIL_HOOK: mailer.url } })
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    mailer.answer = { status: 204, after: released }
    assert.match(await rawForget(world, world.user.email), /^303 /)
    const stopped = world.stop()
    release()
    await stopped
    assert.equal(mailer.received.length, 1)
    await mailer.close()
  })

  test('is told of in the log, without the address and the link', async () => {
    const mailer = await startMailer()
    const world = await openWorld('sqlite', { env: { MAIL_HOOK: mailer.url } })
    mailer.answer = { status: 500 }
    assert.match(await rawForget(world, world.user.email), /^303 /)
    await world.stop()
    await mailer.close()
    const lines = JSON.stringify(world.lines)
    assert.match(lines, /"mail\.failed".*"status 500"/)
    assert.doesNotMatch(lines, /ada@|\/reset\/|later\.failed/)
  })
})

test('where there is TLS, the cookie of a link is for it alone, and for this very host', async () => {
  const started = await startOn('sqlite', { env: { ISSUER: 'https://login.example' } })
  try {
    const answer = await fetch(`${started.origins[0]}/reset/${'A'.repeat(43)}`, { redirect: 'manual' })
    assert.equal(answer.status, 303)
    assert.equal(answer.headers.get('location'), '/reset')
    const [cookie = ''] = answer.headers.getSetCookie()
    assert.equal(
      cookie,
      `__Host-countersign_reset=${'A'.repeat(43)}; Max-Age=3600; Path=/; HttpOnly; Secure; SameSite=Lax`,
    )
  } finally {
    await started.stop()
  }
})

test('without a hook there is no such page, and a link comes from who runs the server', async () => {
  const world = await openWorld('sqlite')
  try {
    const agent = newBrowser()
    assert.equal((await agent.get(`${world.issuer}/forgot`)).status, 404)
    assert.ok(!(await agent.get(`${world.issuer}/account`)).html.includes('/forgot'))
    const { link = '', mailed } = await world.operations.resetPassword(world.user.id)
    assert.equal(mailed, false)
    const page = await agent.get(link)
    const races = Array.from({ length: 8 }, () => choose(agent, page))
    const statuses = (await Promise.all(races)).map(({ status, url }) =>
      url.endsWith('?done=password') ? 'won' : status,
    )
    assert.deepEqual(statuses.filter((one) => one === 'won').length, 1)
    assert.deepEqual(new Set(statuses), new Set(['won', 410]))
    await inAccount(world, { ...world.user, password: NEW })
    const gone = await agent.get(`${world.issuer}/reset`)
    assert.equal(gone.status, 410)
    assert.match(textOf(gone), /Ask whoever runs this server/)
  } finally {
    await world.stop()
  }
})
