import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { secretKey } from 'countersign'
import { decryptJwe } from 'countersign/jwe'
import { clientAssertion } from 'countersign/profile'
import { toFields } from '../attacks/http.ts'
import { dump, MISSING } from '../support/postgres.ts'
import { asks, type UserAgent } from '../support/user-agent.ts'
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
  STOCK,
  toRequest,
  type World,
} from '../support/world.ts'
import { newKek } from './support.ts'

const URN = 'urn:ietf:params:oauth'
const KEK = newKek()
/** Shorter texts may be there by chance. */
const LEAST = 8

/** What was given out or typed in, by name; the database must not have any of it. */
type Secrets = Map<string, string>

/** Has everything happen that leaves something in the database, and finishes some of it, while some is left as it is. */
async function live(world: World): Promise<Secrets> {
  const secrets: Secrets = new Map()
  const keep = (name: string, value: unknown): void => {
    assert.ok(typeof value === 'string' && value.length >= LEAST, `there is no ${name}: ${value}`)
    secrets.set(name, value)
  }
  const keepTokens = (name: string, body: object): void => {
    for (const [member, value] of Object.entries(body))
      if (/_token$|_code$/.test(member)) keep(`${name} ${member}`, value)
  }
  const keepCookies = (name: string, { cookies }: UserAgent): void => {
    for (const cookie of cookies) keep(`${name} cookie ${cookie.name}`, cookie.value)
  }
  const resources = { [ORDERS]: 'read', [STOCK]: 'read' }
  const pair = await newKeyPair()
  const web = await addClient(world, { client_id: 'web', type: 'web', resources })
  const open = await addClient(world, { client_id: 'open', type: 'public', trusted: false, resources })
  const tv = await addClient(world, { client_id: 'tv', type: 'device', resources })
  const exchange = `${URN}:grant-type:token-exchange`
  const grants = ['client_credentials', exchange]
  const machine = await addClient(world, { client_id: 'machine', type: 'service', resources, grant_types: grants })
  const signing = { type: 'service', auth: 'private_key_jwt', jwks: pair.jwks, resources } as const
  await addClient(world, { client_id: 'signing', ...signing })
  for (const { id, secret } of [web, machine]) keep(`${id} secret`, secret)

  const typed = 'a password that nobody has'
  keep('password', world.user.password)
  keep('wrong password', typed)
  const offline = { scope: 'openid offline_access read' }
  keepTokens('web', await getTokens(world, web, offline))
  const forOrders = await getTokens(world, web, { ...offline, resource: ORDERS })
  keepTokens('web orders', forOrders)
  keepCookies('logged in', world.browser)
  const refresh = { grant_type: 'refresh_token', refresh_token: String(forOrders.refresh_token) }
  keepTokens('rotated', (await post(world, '/token', refresh, web)).body)

  const waiting = await authorize(world, web, offline)
  for (const name of ['code', 'verifier', 'nonce', 'state'] as const) keep(`waiting ${name}`, waiting[name])
  const used = await authorize(world, web, offline)
  keep('used code', used.code)
  keepTokens('redeemed', (await post(world, '/token', codeGrant(used), web)).body)

  const asked = newBrowser()
  const request = await toRequest(open, { ...offline, prompt: 'consent' })
  const page = await asked.get(request.url)
  const failed = await asked.submit(page, { email: world.user.email, password: typed })
  const consent = await asked.submit(failed, toFields(world.user))
  assert.ok(consent.forms.some(({ buttons }) => asks(buttons, 'decision')))
  keepCookies('at consent', asked)
  for (const { forms } of [page, consent]) keep('csrf', forms[0]?.fields.find(({ name }) => name === 'csrf')?.value)

  const pushed = await post(world, '/request', Object.fromEntries((await toRequest(web)).url.searchParams), web)
  keep('request_uri', String(pushed.body['request_uri']).replace(/^.*:/, ''))

  for (const name of ['pending', 'approved']) {
    const { body } = await post(world, '/device/auth', offline, tv)
    const code = String(body['user_code'])
    keep(`${name} user code`, code)
    keep(`${name} user code, short`, code.replace('-', ''))
    keep(`${name} device code`, body['device_code'])
    const agent = newBrowser()
    const entered = await agent.submit(await agent.get(`${world.issuer}/device`), { user_code: code })
    keepCookies(`${name} device`, agent)
    if (name === 'pending') continue
    const next = await agent.submit(entered, {}, { button: { name: 'confirm', value: 'yes' } })
    assert.match((await agent.submit(next, toFields(world.user))).html, /logged in/)
    const poll = { grant_type: `${URN}:grant-type:device_code`, device_code: String(body['device_code']) }
    keepTokens('device', (await post(world, '/token', poll, tv)).body)
  }

  const own = { grant_type: 'client_credentials', resource: ORDERS }
  const { body: made } = await post(world, '/token', own, machine)
  keepTokens('machine', made)
  const swap = {
    grant_type: exchange,
    subject_token: String(made['access_token']),
    subject_token_type: `${URN}:token-type:access_token`,
    resource: STOCK,
  }
  keepTokens('exchanged', (await post(world, '/token', swap, machine)).body)
  const assertion = await clientAssertion
    .createSigner({ key: pair.key, clientId: 'signing', audience: world.issuer })
    .sign()
  keep('assertion', assertion)
  const by = { client_assertion: assertion, client_assertion_type: `${URN}:client-assertion-type:jwt-bearer` }
  keepTokens('signing', (await post(world, '/token', { ...own, ...by })).body)
  await world.operations.rotateKeys()
  return secrets
}

/** All that the sealed rows hold, opened by whoever has the KEK. */
async function opened(world: World): Promise<Secrets> {
  const keys = secretKey(Buffer.from(KEK, 'base64url'), 'A256GCMKW')
  const open = async (jwe: string): Promise<Readonly<Record<string, string>>> => {
    const { plaintext } = await decryptJwe(jwe, { keys, algorithms: ['A256GCMKW'], encryptions: ['A256GCM'] })
    return JSON.parse(Buffer.from(plaintext).toString())
  }
  const found: Secrets = new Map([['KEK', KEK]])
  for (const { kid, private_jwe } of await world.store.db.selectFrom('signing_keys').selectAll().execute()) {
    const jwk = private_jwe === null ? {} : await open(private_jwe)
    for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) if (jwk[name]) found.set(`${kid} ${name}`, jwk[name])
  }
  for (const { name, jwe } of await world.store.db.selectFrom('secrets').selectAll().execute())
    found.set(`secret ${name}`, String((await open(jwe))['value']))
  return found
}

for (const kind of ['sqlite', 'postgres'] as const) {
  describe(`whoever steals the database, ${kind}`, { skip: kind === 'postgres' && MISSING }, () => {
    let world: World
    let given: Secrets
    let sealed: Secrets
    const texts: (readonly [name: string, text: string])[] = []
    before(async () => {
      world = await openWorld(kind, { env: { COUNTERSIGN_KEK: KEK } })
      given = await live(world)
      sealed = await opened(world)
      texts.push(['dump', await dump(world.database)])
      if (kind === 'postgres') return
      for (const file of readdirSync(world.database))
        texts.push([file, readFileSync(join(world.database, file), 'latin1')])
    })
    after(() => world.stop())

    test('gets no token, code, cookie, secret or password: none of them is there, in no encoding', () => {
      assert.ok(given.size > 40, `${given.size} secrets`)
      for (const [name, value] of given) {
        const forms = [
          value,
          Buffer.from(value).toString('base64url'),
          Buffer.from(value).toString('hex'),
          encodeURIComponent(value),
        ]
        for (const [where, text] of texts)
          for (const form of forms) assert.ok(!text.includes(form), `${name} is in ${where}`)
      }
    })

    test('gets no private key and no secret that others come from: they are there, and sealed', () => {
      const names = [...sealed.keys()]
      assert.ok(names.filter((name) => name.endsWith(' d')).length >= 4, names.join())
      assert.ok(names.some((name) => name.endsWith(' qi')))
      for (const [name, value] of sealed) {
        const octets = Buffer.from(value, 'base64url')
        const forms = [value, octets.toString('base64'), octets.toString('hex'), octets.toString('latin1')]
        for (const [where, text] of texts)
          for (const form of forms) assert.ok(!text.includes(form), `${name} is in ${where}`)
      }
      for (const [where, text] of texts) {
        assert.doesNotMatch(text, /\\?"(d|p|q|dp|dq|qi|k)\\?" ?: ?\\?"/, where)
        assert.doesNotMatch(text, /PRIVATE KEY/, where)
      }
    })

    test('gets no part of a token either: no JWT is kept', () => {
      for (const [name, value] of given) {
        if (value.split('.').length !== 3) continue
        for (const part of value.split('.').slice(1)) {
          for (const [where, text] of texts) assert.ok(!text.includes(part), `a part of ${name} is in ${where}`)
        }
      }
    })

    test('gets nothing from the log', () => {
      const log = JSON.stringify(world.lines)
      for (const [name, value] of [...given, ...sealed]) assert.ok(!log.includes(value), `${name} was logged`)
    })

    test('and everything is there that was looked for: rows of each kind', async () => {
      const rows = await world.store.db.selectFrom('oidc_state').select('model').distinct().execute()
      const models = rows.map(({ model }) => model)
      const expected = [
        'AccessToken',
        'AuthorizationCode',
        'DeviceCode',
        'Grant',
        'Interaction',
        'PushedAuthorizationRequest',
      ]
      for (const model of [...expected, 'RefreshToken', 'ReplayDetection', 'Session'])
        assert.ok(models.includes(model), model)
      const [, text] = texts[0] ?? []
      for (const table of [
        'audit',
        'clients',
        'credentials',
        'oidc_state',
        'rate_limit',
        'secrets',
        'signing_keys',
        'users',
      ])
        assert.match(String(text), new RegExp(`^${table} `, 'm'))
      assert.ok(text?.includes(world.user.email))
    })
  })
}
