import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { missing } from '../support/authority.ts'
import { asks, type Credentials, type Page, type UserAgent } from '../support/user-agent.ts'
import {
  type Answer,
  addClient,
  newBrowser,
  ORDERS,
  openWorld,
  post,
  refused,
  type TestClient,
  type World,
} from '../support/world.ts'
import { cookieLine, fieldOf, portOf, type RawAnswer, sendRaw, toRaw } from './http.ts'

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
const CONFIRM = { button: { name: 'confirm', value: 'yes' } }

interface Device {
  readonly device_code: string
  readonly user_code: string
}

for (const topology of ['sqlite', 'two instances'] as const) {
  describe(`attack 67 (device codes belong to who enters them), ${topology}`, { skip: missing(topology) }, () => {
    let world: World
    let tv: TestClient
    let mallory: Credentials
    before(async () => {
      world = await openWorld(topology)
      tv = await addClient(world, { client_id: 'tv', type: 'device', resources: { [ORDERS]: 'read' } })
      mallory = { email: 'mallory@example.org', password: 'another long password' }
      await world.operations.addUser(mallory)
    })
    after(() => world.stop())

    const begin = async (): Promise<Device> =>
      (await post(world, '/device/auth', { scope: 'openid' }, tv)).body as unknown as Device
    const poll = ({ device_code }: Device): Promise<Answer> =>
      post(world, '/token', { grant_type: GRANT, device_code }, tv)
    const enter = async (agent: UserAgent, { user_code }: Device): Promise<Page> =>
      agent.submit(await agent.get(`${world.issuer}/device`), { user_code })
    /** Logs in where that is asked for. */
    const goOn = async (agent: UserAgent, page: Page, who: Credentials): Promise<Page> => {
      const form = page.forms.find(({ fields }) => asks(fields, 'password'))
      return form === undefined ? page : agent.submit(page, { ...who }, { form })
    }
    const whose = async (device: Device): Promise<string> => {
      const { body } = await poll(device)
      const answer = await fetch(new URL('/me', world.issuer), {
        headers: { authorization: `Bearer ${body['access_token']}` },
      })
      return String(((await answer.json()) as { readonly sub?: string }).sub)
    }

    test('a second person who enters the code is refused, before and after the first has approved', async () => {
      const device = await begin()
      const [ada, other] = [newBrowser(), newBrowser()]
      const [hers, theirs] = [await enter(ada, device), await enter(other, device)]
      assert.equal(theirs.status, 200)
      const atLogin = await ada.submit(hers, {}, CONFIRM)
      // She is being asked for her password; whoever comes now finds nothing, and takes nothing over.
      for (const page of [await other.submit(theirs, {}, CONFIRM), await enter(newBrowser(), device)])
        assert.match(page.html, /not right, or has been used/)
      await goOn(ada, atLogin, world.user)
      for (const page of [await enter(other, device), await enter(newBrowser(), device)])
        assert.match(page.html, /not right, or has been used/)
      assert.equal(await whose(device), world.user.id)
      refused(await poll(device), 'invalid_grant')
    })

    test('of two people who confirm the code at the same moment one is refused, and the other gets the device', async () => {
      for (let round = 0; round < 4; round++) {
        const device = await begin()
        const people = [world.user, mallory].map((who) => ({ who, agent: newBrowser() }))
        const pages = await Promise.all(people.map(({ agent }) => enter(agent, device)))
        const next = await Promise.all(people.map(({ agent }, at) => agent.submit(pages[at] as Page, {}, CONFIRM)))
        const through = next.filter(({ forms }) => forms.some(({ fields }) => asks(fields, 'password')))
        assert.equal(through.length, 1, 'two people may log in for one device')
        const at = next.indexOf(through[0] as Page)
        const { who, agent } = people[at] as (typeof people)[number]
        assert.match((await goOn(agent, through[0] as Page, who)).html, /logged in/)
        const owner = who === mallory ? (await world.instances[0]?.users.findByEmail(mallory.email))?.id : world.user.id
        assert.equal(await whose(device), owner)
      }
    })

    test('a code that one person refuses is not approved by another', async () => {
      const device = await begin()
      const [ada, other] = [newBrowser(), newBrowser()]
      const [hers, theirs] = [await enter(ada, device), await enter(other, device)]
      await other.submit(theirs, {}, { button: { name: 'abort', value: 'yes' } })
      assert.match((await ada.submit(hers, {}, CONFIRM)).html, /not right, or has been used/)
      refused(await poll(device), 'access_denied')
    })

    test('a device code is refused to another client, with another code, and as a user code', async () => {
      const [device, another] = [await begin(), await begin()]
      const other = await addClient(world, { type: 'device' })
      refused(
        await post(world, '/token', { grant_type: GRANT, device_code: device.device_code }, other),
        'invalid_grant',
      )
      refused(await poll({ ...device, device_code: device.user_code }), 'invalid_grant')
      refused(await poll({ ...device, device_code: another.user_code.replace('-', '') }), 'invalid_grant')
      assert.match((await enter(newBrowser(), { ...device, user_code: device.device_code })).html, /not right/)
      refused(await poll(device), 'authorization_pending')
    })

    test('20 polls at once for an approved device code: all but one are refused', async () => {
      const device = await begin()
      const agent = newBrowser()
      await goOn(agent, await agent.submit(await enter(agent, device), {}, CONFIRM), world.user)
      const answers = await Promise.all(Array.from({ length: 20 }, () => poll(device)))
      assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    })

    test('a confirmation is refused that comes from elsewhere, or without what the page holds', async () => {
      const device = await begin()
      const agent = newBrowser()
      const page = await enter(agent, device)
      const fields = { user_code: device.user_code, confirm: 'yes' }
      for (const xsrf of ['', 'x', fieldOf(await enter(newBrowser(), device), 'xsrf')]) {
        const form = `${new URLSearchParams({ ...fields, ...(xsrf !== '' && { xsrf }) })}`
        const headers = [cookieLine(agent, page.url), 'Content-Type: application/x-www-form-urlencoded']
        const request = { method: 'POST', target: '/device', headers, body: form }
        const { status, head } = await sendRaw(portOf(world), toRaw(request))
        assert.equal(status, 400)
        assert.doesNotMatch(head, /^location:/im)
      }
      refused(await poll(device), 'authorization_pending')
    })
  })
}

describe('attack 67 (guesses of user codes)', () => {
  let world: World
  before(async () => {
    world = await openWorld('sqlite', { env: { TRUST_PROXY: '0' } })
  })
  after(() => world.stop())

  /** However the address is spelled, a guess is a guess. */
  for (const target of [
    '/device',
    '/device/',
    '/device?x',
    '/device/?x',
    '/device#x',
    '/device/#x',
    '/device?',
    '/DEVICE',
    '/Device/',
  ])
    test(`guesses are counted at ${target}, or refused: after thirty there is a 429 with Retry-After`, async () => {
      await world.store.db.deleteFrom('rate_limit').execute()
      const agent = newBrowser()
      const page = await agent.get(`${world.issuer}/device`)
      let xsrf = fieldOf(page, 'xsrf')
      const guess = async (code: number): Promise<RawAnswer> => {
        const form = new URLSearchParams({ xsrf, user_code: `BBBB-${code}` })
        const headers = [
          cookieLine(agent, page.url),
          'Content-Type: application/x-www-form-urlencoded',
          `X-Forwarded-For: 10.0.0.${code}`,
          `Forwarded: for=10.0.0.${code}`,
          `X-Real-IP: 10.0.0.${code}`,
        ]
        const answer = await sendRaw(portOf(world), toRaw({ method: 'POST', target, headers, body: `${form}` }))
        // Each page has a token of its own for the next guess.
        xsrf = /name="xsrf" value="(\w+)"/.exec(answer.body)?.[1] ?? xsrf
        return answer
      }
      const answers: RawAnswer[] = []
      for (let code = 0; code < 32; code++) answers.push(await guess(code))
      const looked = answers.filter(({ status }) => status === 200)
      assert.ok(looked.length <= 30, `${looked.length} guesses were looked up at ${target}`)
      const last = answers.at(-1)
      assert.ok(last?.status === 429 || last?.status === 404, `${last?.status}`)
      if (last.status === 429) assert.match(last.head, /^retry-after: [1-9]\d*$/im)
    })

  test('a code in the address is no guess yet: nothing is looked up until a form is sent', async () => {
    await world.store.db.deleteFrom('rate_limit').execute()
    const before = world.counted.length
    await newBrowser().get(`${world.issuer}/device?user_code=BBBB-BBBB`)
    assert.deepEqual(
      world.counted.slice(before).filter((line) => line.startsWith('DeviceCode')),
      [],
    )
  })
})
