import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { clientAddress } from '../../src/server/client-address.ts'
import { addClient, openWorld, type TestClient, type World } from '../support/world.ts'
import { atLogin, cookieLine, fieldOf, portOf, type RawAnswer, sendRaw, toRaw } from './http.ts'

const PEER = '203.0.113.7'
const request = (forwarded?: string): IncomingMessage =>
  ({
    socket: { remoteAddress: PEER },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  }) as unknown as IncomingMessage

describe('addresses', () => {
  for (const [proxies, forwarded, address] of [
    [0, undefined, PEER],
    [0, '6.6.6.6', PEER],
    [0, '6.6.6.6, 7.7.7.7', PEER],
    [1, undefined, PEER],
    [1, '', PEER],
    [1, ' , ,', PEER],
    [1, '198.51.100.1', '198.51.100.1'],
    [1, '6.6.6.6, 198.51.100.1', '198.51.100.1'],
    [1, '6.6.6.6, 7.7.7.7,198.51.100.1 ', '198.51.100.1'],
    [2, '198.51.100.1, 10.0.0.1', '198.51.100.1'],
    [2, '6.6.6.6, 198.51.100.1, 10.0.0.1', '198.51.100.1'],
    [2, '198.51.100.1', '198.51.100.1'],
    [3, '6.6.6.6, 198.51.100.1, 10.0.0.1, 10.0.0.2', '198.51.100.1'],
  ] as const)
    test(`behind ${proxies} proxies "${forwarded}" is from ${address}, whatever a stranger wrote before it`, () => {
      assert.equal(clientAddress(request(forwarded), proxies), address)
    })
})

for (const proxies of [0, 1, 2]) {
  describe(`limits behind ${proxies} proxies`, () => {
    let world: World
    let app: TestClient
    before(async () => {
      world = await openWorld('sqlite', { env: { TRUST_PROXY: `${proxies}` } })
      app = await addClient(world, { client_id: 'app', type: 'web' })
    })
    after(() => world.stop())

    test('wrong passwords from one address are refused after ten, however it names itself', async () => {
      const { agent, page } = await atLogin(app)
      const fields = { csrf: fieldOf(page, 'csrf'), email: world.user.email }
      const vouched = ['198.51.100.1', '10.0.0.1'].slice(0, proxies)
      const attempt = (password: string, name: string): Promise<RawAnswer> =>
        sendRaw(
          portOf(world),
          toRaw({
            method: 'POST',
            target: new URL(page.url).pathname,
            headers: [
              cookieLine(agent, page.url),
              'Content-Type: application/x-www-form-urlencoded',
              `Origin: ${world.issuer}`,
              ...[name, ...vouched].map((one) => `X-Forwarded-For: ${one}`),
              `Forwarded: for=${name}`,
              `X-Real-IP: ${name}`,
              `True-Client-IP: ${name}`,
            ],
            body: `${new URLSearchParams({ ...fields, password })}`,
          }),
        )
      const statuses: number[] = []
      for (let count = 0; count < 11; count++) {
        const spelled = count % 2 === 0 ? world.user.email : ` ${world.user.email.toUpperCase()} `
        fields.email = spelled
        statuses.push((await attempt('wrong password', `6.6.${count}.6`)).status)
      }
      assert.deepEqual(statuses, [...Array<number>(10).fill(401), 429])
      const right = await attempt(world.user.password, '6.6.6.6')
      assert.equal(right.status, 429, 'the right password gets through a closed door')
      assert.match(right.head, /^retry-after: [1-9]\d*$/im)
      assert.doesNotMatch(right.head, /^set-cookie: countersign_session/im)
    })
  })
}
