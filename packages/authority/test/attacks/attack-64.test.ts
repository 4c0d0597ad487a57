import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { missing } from '../support/authority.ts'
import type { Page } from '../support/user-agent.ts'
import { addClient, openWorld, post, type TestClient, type World } from '../support/world.ts'
import { atLogin } from './http.ts'

const WRONG = 'a password of nobody'

/** What an answer is, but for what differs in any two answers. */
function answerOf({ status, headers, html }: Page, typed: string): object {
  const { date: _date, 'set-cookie': _cookies, 'x-request-id': _request, ...rest } = headers
  const text = html
    .replaceAll(/value="[\w.-]{20,}"/g, 'value="…"')
    .replaceAll(/&quot;challenge&quot;:&quot;[\w-]+&quot;/g, 'challenge')
    .replaceAll(/\/login\/[\w-]+/g, '/login/…')
    .replaceAll(typed, 'TYPED')
  const { 'content-length': _length, ...others } = rest
  return { status, headers: others, text }
}

for (const topology of ['sqlite', 'postgres'] as const) {
  describe(`attack 64 (nobody learns who has an account), ${topology}`, { skip: missing(topology) }, () => {
    let world: World
    let app: TestClient
    before(async () => {
      world = await openWorld(topology)
      app = await addClient(world, { client_id: 'app', type: 'web' })
      const { user } = await world.operations.addUser({ email: 'off@example.org', password: 'correct horse battery' })
      await world.operations.disableUser(user.id)
    })
    after(() => world.stop())

    const tried = async (email: string, password: string): Promise<object> => {
      const { agent, page } = await atLogin(app)
      return answerOf(await agent.submit(page, { email, password }), email)
    }

    test('a wrong password, an unknown address and a disabled account are answered alike', async () => {
      const known = await tried(world.user.email, WRONG)
      assert.equal((known as { status: number }).status, 401)
      for (const email of ['nobody@example.org', 'off@example.org', 'no address', `${'a'.repeat(200)}@example.org`])
        assert.deepEqual(await tried(email, WRONG), known, email)
      assert.deepEqual(
        await tried('off@example.org', 'correct horse battery'),
        known,
        'the right password of a disabled account',
      )
    })

    test('the eleventh try is refused alike, whether there is such an account or not', async () => {
      const answers: object[] = []
      for (const email of [world.user.email, 'nobody@example.org']) {
        const { agent, page } = await atLogin(app)
        let last: Page = page
        for (let count = 0; count < 11; count++) last = await agent.submit(page, { email, password: WRONG })
        answers.push(answerOf(last, email))
      }
      const [known, unknown] = answers
      assert.equal((known as { status: number }).status, 429)
      assert.deepEqual(withoutTimes(unknown), withoutTimes(known))
    })

    test('there is no page to sign up at, so none tells who has', async () => {
      for (const path of [
        '/signup',
        '/register',
        '/reg',
        '/users',
        '/.well-known/webfinger?resource=acct:ada@example.org',
      ])
        assert.equal((await fetch(new URL(path, world.issuer))).status, 404, path)
    })

    test('no endpoint of the protocol takes a password, so none tells whose is wrong', async () => {
      const fields = { grant_type: 'password', username: world.user.email, password: WRONG }
      const known = await post(world, '/token', fields, app)
      const unknown = await post(world, '/token', { ...fields, username: 'nobody@example.org' }, app)
      assert.deepEqual([known.status, known.body], [unknown.status, unknown.body])
      assert.equal(known.body['error'], 'unsupported_grant_type')
    })

    test('a log and an audit trail have no address that somebody typed who did not get in', async () => {
      const { agent, page } = await atLogin(app)
      await agent.submit(page, { email: 'typed-by-a-stranger@example.org', password: WRONG })
      const rows = await world.store.db.selectFrom('audit').selectAll().execute()
      assert.doesNotMatch(JSON.stringify([rows, world.lines]), /typed-by-a-stranger/)
    })
  })
}

/** Two answers may fall into two seconds. */
function withoutTimes(answer: object | undefined): string {
  return JSON.stringify(answer).replaceAll(/"retry-after":"\d+"|\d+ minutes/g, 'later')
}
