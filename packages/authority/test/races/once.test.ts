import assert from 'node:assert/strict'
import { after, before, describe, type TestContext, test } from 'node:test'
import { clientAssertion } from 'countersign/profile'
import { missing, type StartOptions } from '../support/authority.ts'
import { enterCode, pressOn } from '../support/device.ts'
import { asks, type Page } from '../support/user-agent.ts'
import {
  addClient,
  authorize,
  codeGrant,
  getTokens,
  newBrowser,
  newKeyPair,
  ORDERS,
  openWorld,
  post,
  type TestClient,
  toRequest,
  type World,
} from '../support/world.ts'

/** How often each race is run, and how many take part in it, half of them at each instance. */
const [ROUNDS, RACERS] = [50, 8]
const RESOURCES = { [ORDERS]: 'orders:read' }

type Parameters = Readonly<Record<string, string>>

/** What is sent by all at once in one round, and what the next is told of who won. */
interface Race {
  readonly client: Pick<TestClient, 'id'> & { readonly secret?: string | undefined }
  readonly path?: string
  begin(winner: Parameters | undefined): Promise<Parameters>
  /** Looks at the tokens of a round. */
  readonly afterwards?: (winner: Parameters) => Promise<void>
}

/** Has all send the same to two instances. @returns how many won in each round */
async function run(
  world: World,
  { client, path = '/token', begin, afterwards }: Race,
  enough: number,
): Promise<number[]> {
  const winners: number[] = []
  let winner: Parameters | undefined
  while (winners.length < ROUNDS && winners.filter((count) => count > 1).length < enough) {
    const parameters = await begin(winner)
    const racers = Array.from({ length: RACERS }, (_, at) => world.origins[at % world.origins.length] as string)
    const answers = await Promise.all(racers.map((issuer) => post({ ...world, issuer }, path, parameters, client)))
    const won = answers.filter(({ status }) => status === 200)
    for (const { status, body } of answers)
      if (status !== 200) assert.match(`${status} ${body['error']}`, /^(400 invalid_grant|401 invalid_client)$/)
    winners.push(won.length)
    winner = won[0]?.body as Parameters | undefined
    if (winner && afterwards) await afterwards(winner)
  }
  return winners
}

/** All who race for one code. Whoever comes second may have stolen it, so nobody has a token at the end. */
async function forCode(world: World): Promise<Race> {
  const client = await addClient(world, { type: 'web' })
  return {
    client,
    begin: async () => codeGrant(await authorize(world, client)),
    async afterwards({ refresh_token, access_token }) {
      const again = { grant_type: 'refresh_token', refresh_token: String(refresh_token) }
      assert.equal((await post(world, '/token', again, client)).body['error'], 'invalid_grant')
      const headers = { authorization: `Bearer ${access_token}` }
      assert.equal((await fetch(`${world.issuer}/me`, { headers })).status, 401)
    },
  }
}

/** All who race for one refresh token, as tabs do. The winner's is that of the next round: the family lives. */
async function forRefreshToken(world: World): Promise<Race> {
  const client = await addClient(world, { type: 'public' })
  const first = await getTokens(world, client)
  return {
    client,
    begin: async (winner) => ({
      grant_type: 'refresh_token',
      refresh_token: String((winner ?? first)['refresh_token']),
    }),
  }
}

/** All who race with one assertion: one of them is the client, the others have overheard it. */
async function forAssertion(world: World): Promise<Race> {
  const { key, jwks } = await newKeyPair()
  const input = { type: 'service', auth: 'private_key_jwt', jwks, resources: RESOURCES } as const
  const { client_id: clientId } = await world.operations.addClient(input)
  const signer = clientAssertion.createSigner({ key, clientId, audience: world.issuer })
  return {
    client: { id: clientId },
    begin: async () => ({
      grant_type: 'client_credentials',
      resource: ORDERS,
      client_assertion: await signer.sign(),
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    }),
  }
}

const tell = (t: TestContext, winners: readonly number[]): void =>
  t.diagnostic(`${winners.length} rounds of ${RACERS}; winners: ${winners.join(' ')}`)

describe('two instances', { skip: missing('two instances') }, () => {
  let world: World
  before(async () => {
    world = await openWorld('two instances')
  })
  after(() => world?.stop())

  for (const [what, race] of Object.entries({
    'authorization code (RFC 6749 §4.1.2)': forCode,
    'refresh token (RFC 9700 §4.14.2)': forRefreshToken,
    'client assertion (RFC 7523 §3)': forAssertion,
  })) {
    test(`of ${RACERS} who use one ${what} at once, one wins`, async (t) => {
      const winners = await run(world, await race(world), 1)
      tell(t, winners)
      assert.deepEqual(new Set(winners), new Set([1]))
      assert.equal(winners.length, ROUNDS)
    })
  }

  test(`of ${RACERS} who use one request_uri at once, one gets a code (RFC 9126 §4)`, async () => {
    const client = await addClient(world, { type: 'web' })
    await authorize(world, client)
    for (let left = 10; left > 0; left--) {
      const { searchParams } = (await toRequest(client)).url
      const { body } = await post(world, '/request', Object.fromEntries(searchParams), client)
      const query = new URLSearchParams({ client_id: client.id, request_uri: String(body['request_uri']) })
      const racers = Array.from({ length: RACERS }, () => world.browser.get(`${world.issuer}/auth?${query}`))
      const codes = (await Promise.all(racers)).filter(({ location }) => location?.searchParams.has('code'))
      assert.equal(codes.length, 1)
    }
  })

  test(`of ${RACERS} who enter one user code at once, one is asked to log in (RFC 8628 §5.1)`, async () => {
    const client = await addClient(world, { type: 'device' })
    for (let left = 10; left > 0; left--) {
      const { body } = await post(world, '/device/auth', { scope: 'openid' }, client)
      const agents = Array.from({ length: RACERS }, () => newBrowser())
      const shown = await Promise.all(agents.map((agent) => enterCode(world, agent, String(body['user_code']))))
      const pages = await Promise.all(agents.map((agent, at) => pressOn(agent, shown[at] as Page, 'confirm')))
      const asked = pages.filter(({ forms }) => forms.some(({ fields }) => asks(fields, 'password')))
      assert.equal(asked.length, 1)
    }
  })
})

describe('control: without the guard', { skip: missing('two instances') }, () => {
  const options: StartOptions = { guards: { atomicConsume: false } }
  let world: World
  before(async () => {
    world = await openWorld('two instances', options)
  })
  after(() => world?.stop())

  for (const [what, race] of Object.entries({ 'authorization code': forCode, 'refresh token': forRefreshToken })) {
    test(`several win with one ${what}, so the test above would fail`, async (t) => {
      const { afterwards: _none, ...same } = await race(world)
      const winners = await run(world, same, 3)
      tell(t, winners)
      assert.ok(winners.some((count) => count > 1))
    })
  }
})
