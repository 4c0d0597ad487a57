import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RingKey } from 'countersign/keyring'
import type { Authority } from '../../src/authority.ts'
import { AuthorityError } from '../../src/errors.ts'
import type { Settings } from '../../src/settings.ts'
import { run } from './fake-host.ts'

const USER = { id: '1', email: 'alice@example.com', state: 'active', name: undefined, roles: ['admin'] } as const
const KEYS: readonly RingKey[] = [
  {
    kid: 'old',
    alg: 'ES256',
    state: 'revoked',
    publishedAt: 0,
    activateAt: 60,
    revokedAt: 120,
    reason: 'le\u001b[2Jaked',
  },
  { kid: 'new-key', alg: 'RS256', state: 'active', publishedAt: 0, activateAt: 60, retireAt: 1_800_000_000 },
]

test('a refusal of an operation has exit code 1, its message and its hint, and no stack', async () => {
  for (const env of [{}, { LOG_LEVEL: 'debug' }]) {
    const addUser = (): Promise<never> =>
      Promise.reject(new AuthorityError('USER_EXISTS', 'alice@example.com is there', { hint: 'Use another.' }))
    const { code, out, err } = await run(['user', 'add', 'alice@example.com'], { addUser }, { env })
    assert.deepEqual({ code, out, err }, { code: 1, out: '', err: 'alice@example.com is there\nUse another.' })
  }
})

test('what nobody expected has exit code 1 and a short message; LOG_LEVEL=debug brings the stack', async () => {
  const listKeys = (): Promise<never> => Promise.reject(new Error('disk full'))
  const short = await run(['keys', 'list'], { listKeys })
  assert.deepEqual([short.code, short.err], [1, 'countersign-authority failed: disk full\nLOG_LEVEL=debug shows where'])
  const long = await run(['keys', 'list'], { listKeys }, { env: { LOG_LEVEL: 'debug' } })
  assert.equal(long.code, 1)
  assert.match(long.err, /^countersign-authority failed: disk full\nError: disk full\n {4}at /)
})

test('what is opened is closed, whether the operation is done or refused', async () => {
  for (const listKeys of [async () => KEYS, () => Promise.reject(new Error('no'))]) {
    let closed = 0
    const close = async (): Promise<void> => void closed++
    await run(['keys', 'list'], {}, { open: async () => ({ operations: { listKeys } as never, close }) })
    assert.equal(closed, 1)
  }
})

test('bad settings are told all at once, before anything is opened', async () => {
  const env = { PORT: 'x', ISSUER: 'http://example.com/path', TRUST_PROXY: '-1' }
  const open = (): Promise<never> => Promise.reject(new Error('opened'))
  const { code, err } = await run(['keys', 'list'], {}, { env, open })
  assert.equal(code, 1)
  for (const name of Object.keys(env)) assert.match(err, new RegExp(`^ {2}${name} `, 'm'))
  assert.doesNotMatch(err, /opened|^ {4}at /m)
})

test('user add prints the password that was made, once, and says that it is not shown again', async () => {
  const addUser = async (): Promise<{ user: typeof USER; password: string }> => ({ user: USER, password: 'ab-cd' })
  const line = ['user', 'add', USER.email, '--name', 'Alice', '--role', 'admin', '--role', 'audit']
  const { code, out, asked } = await run(line, { addUser })
  assert.equal(code, 0)
  assert.deepEqual(asked, [['addUser', { email: USER.email, name: 'Alice', roles: ['admin', 'audit'] }]])
  assert.match(
    out,
    /^user {6}alice@example\.com\nid {8}1\nroles {5}admin\npassword {2}ab-cd\n\nThe password .* not shown/,
  )
  const json = await run(['user', 'add', USER.email, '--json'], { addUser })
  assert.deepEqual(JSON.parse(json.out), JSON.parse(JSON.stringify({ user: USER, password: 'ab-cd' })))
})

test('user add takes a password from the standard input, without the end of its line, and does not print it', async () => {
  const addUser = async (): Promise<{ user: typeof USER }> => ({ user: USER })
  for (const input of ['long enough', 'long enough\n', 'long enough\r\n']) {
    const { code, out, asked } = await run(['user', 'add', USER.email, '--password-stdin'], { addUser }, { input })
    assert.equal(code, 0)
    assert.deepEqual(asked, [['addUser', { email: USER.email, password: 'long enough' }]])
    assert.doesNotMatch(out, /password|long enough/)
  }
})

for (const [what, input] of [
  ['nothing', ''],
  ['an empty line', '\n'],
  ['two lines', 'one\ntwo\n'],
] as const) {
  test(`user add refuses ${what} as a password`, async () => {
    const { code, err, asked } = await run(['user', 'add', USER.email, '--password-stdin'], {}, { input })
    assert.deepEqual([code, asked], [2, []])
    assert.match(err, /^the standard input has (no password|more than one line)\n/)
  })
}

const CLIENT = { client_id: 'shop', client_secret: 's3cret', metadata: { scope: 'openid' } }

test('client add gives what was said, and nothing that was not', async () => {
  const addClient = async (): Promise<typeof CLIENT> => CLIENT
  const least = await run(['client', 'add'], { addClient })
  assert.deepEqual(least.asked, [['addClient', { type: 'web' }]])
  assert.match(least.out, /^client_id {6}shop\nclient_secret {2}s3cret\n\nThe secret .* not shown again\.$/)
  const jwks = { keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }] }
  const line = `client add --type public --id shop --name Shop --redirect-uri https://a.example/cb
    --redirect-uri https://b.example/cb --post-logout-redirect-uri https://a.example/
    --backchannel-logout-uri https://a.example/out --resource https://api.example?v=1=read,write
    --resource urn:b=x --scope openid --grant refresh_token --auth none --jwks keys.json --jwks-uri https://a.example/jwks
    --id-token-alg RS256 --id-token-encryption ECDH-ES,A256GCM --dpop --par --trusted --replace --json`
  const files = { 'keys.json': JSON.stringify(jwks) }
  const most = await run(line.split(/\s+/), { addClient }, { files })
  assert.deepEqual(most.asked, [
    [
      'addClient',
      {
        client_id: 'shop',
        client_name: 'Shop',
        type: 'public',
        redirect_uris: ['https://a.example/cb', 'https://b.example/cb'],
        post_logout_redirect_uris: ['https://a.example/'],
        backchannel_logout_uri: 'https://a.example/out',
        grant_types: ['refresh_token'],
        auth: 'none',
        jwks,
        jwks_uri: 'https://a.example/jwks',
        id_token_signed_response_alg: 'RS256',
        id_token_encrypted_response_alg: 'ECDH-ES',
        id_token_encrypted_response_enc: 'A256GCM',
        scope: 'openid',
        resources: { 'https://api.example?v=1': 'read write', 'urn:b': 'x' },
        dpop_bound_access_tokens: true,
        require_pushed_authorization_requests: true,
        trusted: true,
        replace: true,
      },
    ],
  ])
  assert.deepEqual(JSON.parse(most.out), CLIENT)
})

for (const [what, text] of [
  ['a file that is not there', undefined],
  ['no JSON', '{'],
  ['a JWK that is no set', '{ "kty": "EC" }'],
  ['an empty set', '{ "keys": [] }'],
  ['a set of texts', '{ "keys": ["x"] }'],
  ['a set with a private key', '{ "keys": [{ "kty": "EC", "d": "hunter22" }] }'],
  ['a set with a secret', '{ "keys": [{ "kty": "oct", "k": "hunter22" }] }'],
  ['null', 'null'],
] as const) {
  test(`client add --jwks refuses ${what}`, async () => {
    const files = text === undefined ? {} : { 'keys.json': text }
    const { code, err, asked } = await run(['client', 'add', '--jwks', 'keys.json'], {}, { files })
    assert.deepEqual([code, asked], [1, []])
    assert.match(err, /^keys\.json (cannot be read: ENOENT|is no JWK Set|holds a private key)/)
    assert.doesNotMatch(err, /hunter22/)
  })
}

test('keys list is a table with times in ISO 8601, and nothing in it commands the terminal', async () => {
  const listKeys = async (): Promise<typeof KEYS> => KEYS
  const { out } = await run(['keys', 'list'], { listKeys })
  const [head = '', ...rows] = out.split('\n').map((line) => line.split(/ {2,}/))
  assert.deepEqual(head, ['kid', 'alg', 'state', 'published', 'signs from', 'retires', 'revoked', 'reason'])
  const [epoch, minute] = ['1970-01-01T00:00:00Z', '1970-01-01T00:01:00Z']
  assert.deepEqual(rows, [
    ['old', 'ES256', 'revoked', epoch, minute, '1970-01-01T00:02:00Z', 'le?[2Jaked'],
    ['new-key', 'RS256', 'active', epoch, minute, '2027-01-15T08:00:00Z'],
  ])
  assert.deepEqual(JSON.parse((await run(['keys', 'list', '--json'], { listKeys })).out), KEYS)
})

test('keys rotate says when the next keys take over', async () => {
  const rotations = [{ kid: 'n', alg: 'ES256', activateAt: 1_800_000_000 }]
  const rotateKeys = async (): Promise<typeof rotations> => rotations
  const { out } = await run(['keys', 'rotate'], { rotateKeys })
  assert.equal(out, 'alg    next kid  takes over at\nES256  n         2027-01-15T08:00:00Z')
  assert.deepEqual(JSON.parse((await run(['keys', 'rotate', '--json'], { rotateKeys })).out), rotations)
})

test('keys revoke says until when verifiers may trust the key', async () => {
  const revocation = { kid: 'k', revokedAt: 0, active: 'n', verifiersKnowBy: 1_800_000_000 }
  const revokeKey = async (): Promise<typeof revocation> => revocation
  const { out, asked } = await run(['keys', 'revoke', 'k', '--reason', 'leaked'], { revokeKey })
  assert.deepEqual(asked, [['revokeKey', 'k', 'leaked']])
  assert.match(out, /^k is revoked since 1970-01-01T00:00:00Z/)
  assert.match(out, /^n signs in its place$/m)
  assert.match(out, /^verifiers that heed max-age stop trusting it by 2027-01-15T08:00:00Z$/m)
  const none = await run(['keys', 'revoke', 'k'], { revokeKey: async () => ({ ...revocation, active: undefined }) })
  assert.match(none.out, /^no key signs in its place$/m)
})

test('migrate prints the steps, and which of them were taken now', async () => {
  const steps = [
    { name: '001-first', at: '2026-01-01T00:00:00.000Z', taken: false },
    { name: '002-more', at: '2026-02-01T00:00:00.000Z', taken: true },
  ]
  const { out } = await run(['migrate'], {}, { migrate: async () => steps })
  assert.match(
    out,
    /^001-first {2}taken 2026-01-01T00:00:00\.000Z\n002-more {3}taken now\nthe tables are up to date, by 1 /,
  )
  const { out: again } = await run(['migrate'], {}, { migrate: async () => steps.slice(0, 1) })
  assert.match(again, /\nthe tables were up to date$/)
  assert.deepEqual(JSON.parse((await run(['migrate', '--json'], {}, { migrate: async () => steps })).out), { steps })
})

const running = (close: () => Promise<void>): Authority => {
  const [issuer, origin] = ['http://localhost:3000', 'http://127.0.0.1:3000']
  return { issuer, origin, port: 3000, operations: {}, drain: () => undefined, close } as Authority
}

test('serve logs lines of JSON that are as serious as the settings ask, and closes at the signal', async () => {
  const events: string[] = []
  const start = async (settings: Settings, options: { log?: (line: object) => void } = {}): Promise<Authority> => {
    assert.equal(settings.demo, true)
    options.log?.({ level: 'debug', event: 'detail' })
    options.log?.({ level: 'warn', event: 'warning' })
    return running(async () => void events.push('closed'))
  }
  const env = { DATABASE_URL: 'postgres://localhost/none' }
  const { code, out } = await run(['serve', '--demo'], {}, { start, env })
  assert.deepEqual([code, events], [0, ['closed']])
  const lines = out.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.deepEqual(
    lines.map(({ event }) => event),
    ['warning', 'listening', 'stopping', 'stopped'],
  )
  const [warning, listening, stopping] = lines
  assert.equal(warning?.['level'], 'warn')
  assert.ok(lines.every(({ time }) => !Number.isNaN(Date.parse(String(time)))))
  const { time: _, ...rest } = listening ?? {}
  assert.deepEqual(rest, {
    level: 'info',
    event: 'listening',
    issuer: 'http://localhost:3000',
    origin: 'http://127.0.0.1:3000',
  })
  assert.equal(stopping?.['signal'], 'SIGTERM')
  const silent = await run(
    ['serve'],
    {},
    { start: async () => running(async () => undefined), env: { ...env, LOG_LEVEL: 'silent' } },
  )
  assert.deepEqual([silent.code, silent.out], [0, ''])
})

test('serve says in words where it listens to who sits at a terminal', async () => {
  const start = async (): Promise<Authority> => running(async () => undefined)
  const env = { DATABASE_URL: 'postgres://localhost/none', LOG_LEVEL: 'warn' }
  const { out } = await run(['serve'], {}, { start, env, isTerminal: true })
  assert.equal(out, 'http://localhost:3000 is ready, at http://127.0.0.1:3000; Ctrl-C stops it')
})

test('the password of the demo is for who sits at a terminal, and in no log', async () => {
  const user = { email: 'demo@example.com', password: 'ab-cd', file: '/data/demo-password' }
  const demo = { apps: [{ name: 'Notes', url: 'http://127.0.0.1:3001' }], user }
  const start = async (): Promise<Authority> => ({ ...running(async () => undefined), demo }) as unknown as Authority
  const env = { DATABASE_URL: 'postgres://localhost/none', DEMO: '1' }
  const log = await run(['serve'], {}, { start, env })
  assert.doesNotMatch(log.out, /ab-cd/)
  assert.match(log.out, /"user":"demo@example\.com","passwordFile":"\/data\/demo-password"/)
  const terminal = await run(['serve'], {}, { start, env: { ...env, LOG_LEVEL: 'error' }, isTerminal: true })
  assert.match(
    terminal.out,
    /^ {2}Notes {6}http:\/\/127\.0\.0\.1:3001\n {2}log in as {2}demo@example\.com\n {2}password {3}ab-cd$/m,
  )
})

test('serve says which port it cannot have', async () => {
  const error = Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE' })
  const { code, err } = await run(['serve'], {}, { start: () => Promise.reject(error) })
  assert.deepEqual([code, err], [1, 'port 3000 of 127.0.0.1 is taken\nPORT and HOST choose.'])
})

test('a server that can have no socket for commands says so, and serves', async () => {
  const start = async (): Promise<Authority> => running(async () => undefined)
  for (const folder of [`/${'a'.repeat(200)}`, '/dev/null/none']) {
    const { code, out } = await run(['serve'], {}, { start, env: { COUNTERSIGN_DATA: folder } })
    const lines = out.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
    assert.equal(code, 0)
    assert.deepEqual(
      lines.map(({ level, event }) => [level, event]),
      [
        ['warn', 'admin_socket.failed'],
        ['info', 'listening'],
        ['info', 'stopping'],
        ['info', 'stopped'],
      ],
    )
  }
})
