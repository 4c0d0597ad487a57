// What machines ask an authority for: tokens, and what one is worth. One in ten is hostile.
import { addClient, getTokens, ORDERS, post, type World } from '../../packages/authority/test/support/world.ts'
import type { Reply, Round, Shot } from './autocannon.ts'
import type { Tally } from './tally.ts'
import { faultOfTrouble, type Trouble } from './trouble.ts'

interface Sent {
  readonly kind: string
  readonly statuses: readonly number[]
  readonly error: string | undefined
  readonly at: number
}

interface Made extends Omit<Sent, 'at'> {
  readonly shot: Shot
}

const basic = (id: string, secret: string | undefined): string =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`

function form(path: string, authorization: string, fields: Readonly<Record<string, string>>): Shot {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', authorization }
  return { method: 'POST', path, headers, body: `${new URLSearchParams(fields)}` }
}

export async function machineRound(parts: {
  readonly world: World
  readonly tally: Tally
  readonly trouble: Trouble
}): Promise<Round<Sent>> {
  const { world, tally, trouble } = parts
  const resources = { [ORDERS]: 'orders:read' }
  const service = await addClient(world, { type: 'service', resources })
  const app = await addClient(world, { type: 'web' })
  const { access_token: token, refresh_token: refresh = '' } = await getTokens(world, app)
  const used = await addClient(world, { type: 'web' })
  const { refresh_token: spent = '' } = await getTokens(world, used)
  await post(world, '/token', { grant_type: 'refresh_token', refresh_token: spent }, used)
  const [mine, apps, wrong] = [basic(service.id, service.secret), basic(app.id, app.secret), basic(service.id, 'wrong')]
  const grant = { grant_type: 'client_credentials', resource: ORDERS }
  const ok = (kind: string, shot: Shot): Made => ({ kind, shot, statuses: [200], error: undefined })
  const no = (kind: string, status: number, error: string, shot: Shot): Made => ({
    kind,
    shot,
    statuses: [status],
    error,
  })
  const me = (value: string): Shot => ({ method: 'GET', path: '/me', headers: { authorization: `Bearer ${value}` } })
  const good = [
    ok('token', form('/token', mine, grant)),
    ok('token', form('/token', mine, { ...grant, scope: 'orders:read' })),
    ok('introspection', form('/token/introspection', apps, { token: refresh })),
    ok('userinfo', me(token)),
    ok('JWK Set', { method: 'GET', path: '/jwks', headers: {} }),
  ]
  const bad = [
    no('a wrong secret', 401, 'invalid_client', form('/token', wrong, grant)),
    no('an unknown client', 401, 'invalid_client', form('/token', basic('nobody', 'x'), grant)),
    no(
      'another resource',
      400,
      'invalid_target',
      form('/token', mine, { ...grant, resource: 'https://foreign.example' }),
    ),
    no('no grant', 400, 'invalid_request', form('/token', mine, {})),
    no('an unknown grant', 400, 'unsupported_grant_type', form('/token', mine, { grant_type: 'x' })),
    no(
      'an unknown refresh token',
      400,
      'invalid_grant',
      form('/token', apps, { grant_type: 'refresh_token', refresh_token: 'x' }),
    ),
    no(
      'the refresh token of another',
      400,
      'invalid_grant',
      form('/token', basic(used.id, used.secret), { grant_type: 'refresh_token', refresh_token: refresh }),
    ),
    no(
      'a refresh token that was used',
      400,
      'invalid_grant',
      form('/token', basic(used.id, used.secret), { grant_type: 'refresh_token', refresh_token: spent }),
    ),
    no(
      'a code that is none',
      400,
      'invalid_grant',
      form('/token', apps, {
        grant_type: 'authorization_code',
        code: 'x',
        redirect_uri: 'https://app.example/callback',
        code_verifier: 'x'.repeat(43),
      }),
    ),
    no('userinfo for nobody', 401, 'invalid_token', me('x')),
    no('userinfo for garbage', 401, 'invalid_token', me('A'.repeat(4000))),
    no('introspection by a stranger', 401, 'invalid_client', form('/token/introspection', wrong, { token: refresh })),
  ]
  let count = 0
  return {
    next() {
      const from = count++ % 10 === 0 ? bad : good
      const { shot, ...sent } = from[Math.floor(count / (from === bad ? 10 : 1)) % from.length] as Made
      return { shot, context: { ...sent, at: performance.now() } }
    },
    judge({ status, headers, body }: Reply, { kind, statuses, error, at }) {
      tally.add(status)
      const content = read(body)
      const fault =
        status === 503 && trouble.since(at)
          ? kind === 'JWK Set'
            ? undefined
            : faultOfTrouble({ get: (name) => headers[name] }, content)
          : statuses.includes(status) && content['error'] === error
            ? undefined
            : `${status} ${body.slice(0, 200)}`
      if (fault !== undefined) tally.fail(`${kind}: ${fault}`)
    },
  }
}

function read(body: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(body) as Readonly<Record<string, unknown>>
  } catch {
    return { error: 'no JSON' }
  }
}
