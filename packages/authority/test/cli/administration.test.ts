import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ListedUser } from '../../src/accounts/users.ts'
import { AuthorityError } from '../../src/errors.ts'
import type { ListedSession } from '../../src/operations/sessions.ts'
import type { PasswordReset } from '../../src/operations/users.ts'
import type { ListedClient } from '../../src/protocol/clients.ts'
import { run } from './fake-host.ts'

const LINK = 'https://id.example/reset/AbC'
const USER = {
  id: 'usr_1',
  email: 'alice@example.com',
  state: 'active',
  name: 'Al\u202eice',
  roles: ['admin'],
} as const
const LISTED: ListedUser = { ...USER, createdAt: 0, lastLogin: 60, factors: ['totp', 'passkey'] }
const OTHER: ListedUser = { ...LISTED, id: 'usr_2', email: 'bob@example.com', state: 'disabled', factors: [] }
/** What is left of a value that went through JSON. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
const cells = (out: string): readonly string[][] => out.split('\n').map((line) => line.split(/ {2,}/))

test('user list is a table, and what others chose for a name does not command the terminal', async () => {
  const listUsers = async (query: { after?: string | undefined } = {}): Promise<readonly ListedUser[]> =>
    query.after === undefined ? [LISTED, OTHER] : []
  const { code, out, err, asked } = await run(['user', 'list', '--search', 'example'], { listUsers })
  assert.deepEqual([code, err], [0, ''])
  assert.deepEqual(asked[0], ['listUsers', { search: 'example', after: undefined, limit: 51 }])
  const [head, first, second] = cells(out)
  assert.deepEqual(head, ['e-mail', 'name', 'state', 'roles', 'factors', 'last login', 'id'])
  const last = '1970-01-01T00:01:00Z'
  assert.deepEqual(first, ['alice@example.com', 'Al?ice', 'active', 'admin', 'totp, passkey', last, 'usr_1'])
  assert.deepEqual(second?.slice(0, 3), ['bob@example.com', 'Al?ice', 'disabled'])
  assert.deepEqual(plain(JSON.parse((await run(['user', 'list', '--json'], { listUsers })).out)), [LISTED, OTHER])
  const nobody = await run(['user', 'list', '--search', 'x'], { listUsers: async () => [] })
  assert.equal(nobody.out, 'there are no such users')
  assert.equal((await run(['user', 'list', '--json'], { listUsers: async () => [] })).out, '[]')
})

test('user list goes on page by page, and says where it stops before the end', async () => {
  const all = Array.from({ length: 450 }, (_, index) => ({ ...LISTED, email: `${1000 + index}@example.com` }))
  const listUsers = async ({
    after = '',
    limit = 50,
  }: {
    after?: string | undefined
    limit?: number | undefined
  } = {}) => all.filter(({ email }) => email > after).slice(0, Math.min(limit, 200))
  const whole = await run(['user', 'list', '--all', '--json'], { listUsers })
  assert.deepEqual([plain(JSON.parse(whole.out)), whole.err], [plain(all), ''])
  for (const [args, most] of [
    [[], 50],
    [['--limit', '1'], 1],
    [['--limit', '201'], 201],
    [['--limit', '449'], 449],
  ] as const) {
    const { out, err } = await run(['user', 'list', '--json', ...args], { listUsers })
    assert.deepEqual(plain(JSON.parse(out)), plain(all.slice(0, most)))
    assert.match(err, new RegExp(`^there are more than these ${most}: --all `))
  }
  const exact = await run(['user', 'list', '--limit', '450', '--json'], { listUsers })
  assert.deepEqual([(JSON.parse(exact.out) as unknown[]).length, exact.err], [450, ''])
})

test('user update changes what is said; roles take the place of those of before', async () => {
  const updateUser = async (): Promise<typeof USER> => USER
  for (const [args, change] of [
    [['--email', 'new@example.com'], { email: 'new@example.com' }],
    [['--name', 'Alice'], { name: 'Alice' }],
    [['--role', 'a', '--role', 'b'], { roles: ['a', 'b'] }],
    [['--no-roles', '--name=A'], { name: 'A', roles: [] }],
  ] as const) {
    const { code, asked } = await run(['user', 'update', 'alice@example.com', ...args], { updateUser })
    assert.deepEqual([code, asked], [0, [['updateUser', 'alice@example.com', change]]])
  }
  const { out } = await run(['user', 'update', 'usr_1', '--no-roles'], { updateUser })
  assert.equal(out, 'user   alice@example.com\nid     usr_1\nname   Al?ice\nroles  admin')
})

for (const [line, name, given, text] of [
  [
    'user disable usr_1',
    'disableUser',
    ['usr_1'],
    /^alice@example\.com is disabled: all sessions and tokens have ended$/,
  ],
  ['user enable usr_1', 'enableUser', ['usr_1'], /^alice@example\.com may log in$/],
  ['user reset-factors usr_1', 'resetFactors', ['usr_1'], /^alice@example\.com logs in by the password alone/],
  [
    'user delete usr_1 --yes',
    'deleteUser',
    ['usr_1'],
    /^alice@example\.com is deleted; the audit trail has the id, usr_1$/,
  ],
] as const) {
  test(`${line} says what was done, and prints the user as JSON`, async () => {
    const operations = { [name]: async () => USER }
    const { code, out, asked } = await run(line.split(' '), operations)
    assert.deepEqual([code, asked], [0, [[name, ...given]]])
    assert.match(out, text)
    assert.deepEqual(JSON.parse((await run([...line.split(' '), '--json'], operations)).out), USER)
  })

  test(`${line} is refused in the words of the operation`, async () => {
    const refuse = (): Promise<never> => Promise.reject(new AuthorityError('USER_UNKNOWN', 'nobody', { hint: 'Look.' }))
    const { code, out, err } = await run(line.split(' '), { [name]: refuse })
    assert.deepEqual([code, out, err], [1, '', 'nobody\nLook.'])
  })
}

test('user delete asks who sits at a terminal to type the address again, and anything else deletes nobody', async () => {
  const deleteUser = async (): Promise<typeof USER> => USER
  const line = ['user', 'delete', 'alice@example.com']
  for (const answer of ['', 'y', 'yes', 'bob@example.com', 'alice@example.co']) {
    const { code, err, asked } = await run(line, { deleteUser }, { ask: async () => answer })
    assert.deepEqual([code, err, asked], [1, 'that is something else: nobody was deleted', []])
  }
  const questions: string[] = []
  const ask = async (question: string): Promise<string> => {
    questions.push(question)
    return ' Alice@example.com'
  }
  const { code, asked } = await run(line, { deleteUser }, { ask })
  assert.deepEqual([code, asked], [0, [['deleteUser', 'alice@example.com']]])
  assert.match(questions.join(), /^This forgets alice@example\.com for good\. .*type alice@example\.com once more: $/)
})

test('user reset-password prints the link once and until when it is good; a mailed one is printed nowhere', async () => {
  const reset: PasswordReset = { user: USER, mailed: false, expiresAt: 1_800_000_000, link: LINK }
  const printed = await run(['user', 'reset-password', USER.email], { resetPassword: async () => reset })
  assert.deepEqual(printed.asked, [['resetPassword', USER.email, {}]])
  assert.match(printed.out, /^https:\/\/id\.example\/reset\/AbC\n\n.* alice@.* once, until 2027-01-15T08:00:00Z\. /)
  assert.equal(printed.out.split(LINK).length, 2)
  const json = await run(['user', 'reset-password', USER.email, '--json'], { resetPassword: async () => reset })
  assert.deepEqual(JSON.parse(json.out), reset)
  const { link: _, ...rest } = reset
  const resetPassword = async (): Promise<PasswordReset> => ({ ...rest, mailed: true })
  const mailed = await run(['user', 'reset-password', USER.email, '--mail'], { resetPassword })
  assert.deepEqual(mailed.asked, [['resetPassword', USER.email, { mail: true }]])
  assert.match(mailed.out, /^a link for alice@example\.com was handed to MAIL_HOOK; .* until 2027-/)
})

const CLIENT: ListedClient = {
  client_id: 'shop',
  name: 'Sh\u001b[2Jop',
  metadata: {
    client_id: 'shop',
    grant_types: ['authorization_code', 'refresh_token'],
    resources: {},
    first_party: false,
    token_endpoint_auth_method: 'client_secret_basic',
  },
  hasSecret: true,
  rotating: false,
  createdAt: 0,
  disabledAt: undefined,
}
const withGrants = (...grants: readonly string[]): ListedClient => ({
  ...CLIENT,
  metadata: { ...CLIENT.metadata, grant_types: grants, token_endpoint_auth_method: 'none' },
  hasSecret: false,
})

test('client list says in words what each client is, and how many secrets it has', async () => {
  const clients = [
    CLIENT,
    { ...CLIENT, rotating: true, disabledAt: 60 },
    withGrants('authorization_code'),
    withGrants('urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'),
    withGrants('client_credentials'),
  ]
  const listClients = async (): Promise<readonly ListedClient[]> => clients
  const { out } = await run(['client', 'list'], { listClients })
  const [head, ...rows] = cells(out)
  assert.deepEqual(head, ['client_id', 'name', 'type', 'grants', 'secret', 'disabled since'])
  assert.deepEqual(
    rows.map((row) => row.slice(1)),
    [
      ['Sh?[2Jop', 'web app', 'authorization_code, refresh_token', 'one'],
      ['Sh?[2Jop', 'web app', 'authorization_code, refresh_token', 'two', '1970-01-01T00:01:00Z'],
      ['Sh?[2Jop', 'public app', 'authorization_code', 'none'],
      ['Sh?[2Jop', 'device', 'device_code, refresh_token', 'none'],
      ['Sh?[2Jop', 'service', 'client_credentials', 'none'],
    ],
  )
  assert.deepEqual(JSON.parse((await run(['client', 'list', '--json'], { listClients })).out), plain(clients))
  assert.equal((await run(['client', 'list'], { listClients: async () => [] })).out, 'there are no clients')
})

test('client rotate-secret prints the new secret once and says what comes next', async () => {
  const rotateClientSecret = async (client_id: string, how?: string) =>
    how === 'finish' ? { client_id } : { client_id, client_secret: 's3cret' }
  for (const [args, how, text] of [
    [
      [],
      'overlap',
      /^client_id {6}shop\nclient_secret {2}s3cret\n\n.* not shown again\.\n.* until: .* rotate-secret shop --finish$/,
    ],
    [['--now'], 'now', /^client_id {6}shop\nclient_secret {2}s3cret\n\n.* not shown again\.\n.* good no more\.$/],
    [['--finish'], 'finish', /^shop has one secret, the new one$/],
  ] as const) {
    const { code, out, asked } = await run(['client', 'rotate-secret', 'shop', ...args], { rotateClientSecret })
    assert.deepEqual([code, asked], [0, [['rotateClientSecret', 'shop', how]]])
    assert.match(out, text)
  }
  const { out } = await run(['client', 'rotate-secret', 'shop', '--json'], { rotateClientSecret })
  assert.deepEqual(JSON.parse(out), { client_id: 'shop', client_secret: 's3cret' })
})

test('client disable and client enable say what the client may do now', async () => {
  const operations = { disableClient: async () => CLIENT, enableClient: async () => CLIENT }
  for (const [name, operation, text] of [
    ['disable', 'disableClient', /^shop is disabled: it gets nothing/],
    ['enable', 'enableClient', /^shop works again$/],
  ] as const) {
    const { code, out, asked } = await run(['client', name, 'shop'], operations)
    assert.deepEqual([code, asked], [0, [[operation, 'shop']]])
    assert.match(out, text)
    assert.deepEqual(JSON.parse((await run(['client', name, 'shop', '--json'], operations)).out), plain(CLIENT))
  }
})

const SESSION: ListedSession = {
  id: 's'.repeat(43),
  user: 'usr_1',
  since: 0,
  expiresAt: 60,
  amr: ['pwd', 'otp', 'mfa'],
  acr: undefined,
  clients: ['shop', 'notes'],
  email: 'alice@example.com',
}

test('session list says who is logged in, since when and how', async () => {
  const sessions = [SESSION, { ...SESSION, email: undefined, amr: ['pwd'] }, { ...SESSION, amr: ['sms', 'x'] }]
  const listSessions = async (): Promise<readonly ListedSession[]> => sessions
  const { out, asked } = await run(['session', 'list', '--user', 'alice@example.com'], { listSessions })
  assert.deepEqual(asked, [['listSessions', 'alice@example.com']])
  const [head, ...rows] = cells(out)
  assert.deepEqual(head, ['who', 'since', 'how', 'apps', 'expires', 'id'])
  const [since, expires] = ['1970-01-01T00:00:00Z', '1970-01-01T00:01:00Z']
  assert.deepEqual(rows, [
    ['alice@example.com', since, 'password and code', 'shop, notes', expires, SESSION.id],
    ['usr_1', since, 'password', 'shop, notes', expires, SESSION.id],
    ['alice@example.com', since, 'sms, x', 'shop, notes', expires, SESSION.id],
  ])
  assert.deepEqual(JSON.parse((await run(['session', 'list', '--json'], { listSessions })).out), plain(sessions))
  const nobody = await run(['session', 'list'], { listSessions: async () => [] })
  assert.deepEqual([nobody.asked, nobody.out], [[['listSessions', undefined]], 'nobody is logged in'])
})

test('session end ends one session, or everything of a user', async () => {
  const endSession = async (): Promise<ListedSession> => SESSION
  const endSessions = async (): Promise<{ user: string; ended: number }> => ({ user: 'usr_1', ended: 2 })
  const one = await run(['session', 'end', SESSION.id], { endSession })
  assert.deepEqual([one.code, one.asked], [0, [['endSession', SESSION.id]]])
  assert.equal(one.out, 'the session of usr_1 has ended; it was there since 1970-01-01T00:00:00Z')
  const all = await run(['session', 'end', '--user', 'alice@example.com'], { endSessions })
  assert.deepEqual([all.code, all.asked], [0, [['endSessions', 'alice@example.com']]])
  assert.equal(all.out, '2 sessions of usr_1 ended, and every grant and token')
  const json = await run(['session', 'end', '--user', 'usr_1', '--json'], { endSessions })
  assert.deepEqual(JSON.parse(json.out), { user: 'usr_1', ended: 2 })
})
