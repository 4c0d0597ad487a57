import { overviewPage } from '../../src/pages/admin.ts'
import { type AuditRowView, auditPage } from '../../src/pages/admin-audit.ts'
import { clientPage } from '../../src/pages/admin-client.ts'
import { clientSecretPage, clientsPage, newClientPage } from '../../src/pages/admin-clients.ts'
import { type KeyView, keysPage, revokePage } from '../../src/pages/admin-keys.ts'
import { deleteUserPage, resetLinkPage, type UserView, userPage } from '../../src/pages/admin-user.ts'
import { addedUserPage, newUserPage, usersPage } from '../../src/pages/admin-users.ts'
import type { HtmlText } from '../../src/pages/layout.ts'

const [DAY, NOW] = [86_400, 1_763_850_000]

/** Every page of the administration, with a text in each place that is not ours. */
export function everyAdminPage(text: string): Readonly<Record<string, HtmlText>> {
  const view = { user: text, csrf: text, notice: text, error: text, again: text }
  const values = { email: text, name: text, roles: text }
  const named = { text, href: text }
  const entry: AuditRowView = { at: NOW, event: text, actor: named, ip: text, data: [[text, named]] }
  const key: KeyView = {
    ...{ kid: text, label: text, alg: text, state: 'revoked', reason: text, revoke: text },
    ...{ publishedAt: NOW - DAY, activateAt: NOW, retireAt: NOW, purgeAt: NOW + DAY, revokedAt: NOW },
  }
  const client = { href: text, id: text, name: text, kind: text, rotating: true, disabled: true, createdAt: NOW }
  const session = { id: text, since: NOW, expiresAt: NOW, by: text, clients: [text], here: true }
  const user: UserView = {
    ...{ ...view, href: text, id: text, email: text, state: 'disabled', createdAt: NOW, lastLogin: NOW, values },
    ...{ factors: [text], sessions: [session], trail: text, self: false, mails: true },
  }
  return {
    adminOverview: overviewPage({
      ...{
        ...view,
        issuer: text,
        counts: { users: 1, clients: 2, sessions: 3 },
        keys: [key],
        entries: [entry],
        now: NOW,
      },
    }),
    adminAudit: auditPage({ ...view, entries: [entry], event: text, about: text, older: text, newest: text }),
    adminClient: clientPage({
      ...{ ...view, ...client, disabledAt: NOW, hasSecret: true, trusted: true },
      ...{ resources: [{ resource: text, scopes: [text] }], metadata: [[text, [text]]] },
    }),
    adminClients: clientsPage({ ...view, clients: [{ ...client, resources: [text] }] }),
    adminNewClient: newClientPage({
      ...view,
      values: Object.fromEntries(
        ['client_name', 'client_id', 'redirect_uris', 'resources', 'scope', 'jwks'].map((name) => [name, text]),
      ),
    }),
    adminSecret: clientSecretPage({ ...view, title: text, href: text, id: text, secret: text, advice: text }),
    adminKeys: keysPage({ ...view, keys: [key], now: NOW }),
    adminRevoke: revokePage({ ...view, key: { ...key, state: 'active' }, successor: text, reason: text }),
    adminUser: userPage(user),
    adminUsers: usersPage({
      ...{ ...view, search: text, next: text, first: text },
      users: [
        { href: text, email: text, name: text, state: 'active', roles: [text], factors: [text], lastLogin: undefined },
      ],
    }),
    adminNewUser: newUserPage({ ...view, values }),
    adminAdded: addedUserPage({ ...view, email: text, href: text, password: text }),
    adminDelete: deleteUserPage({ ...view, href: text, email: text }),
    adminReset: resetLinkPage({ ...view, href: text, email: text, link: text, expiresAt: NOW }),
  }
}

const view = { user: 'ada@example.org', csrf: 'c' }
const [ADA, MAX] = ['usr_Zl5Kw0uVn3cYpX2mA8tQdw', 'usr_b7Qm0aVn3cYpX2mA8tQd11']

/** Keys in the middle of a rotation, and one that got into wrong hands. */
const KEYS: readonly KeyView[] = [
  ...turns('ES256', ['q1XwE4mZ', 'Tf8_sKd2', 'm0PzLr7c']),
  {
    ...{ kid: 'hR3nV-yJ0pQ2sX8bC5tU1wE7aK4mZ9dF6gH0iJ3lN2o', label: 'hR3nV-yJ', alg: 'RS256', state: 'revoked' },
    ...{
      reason: 'a disk was stolen',
      publishedAt: NOW - 20 * DAY,
      activateAt: NOW - 19 * DAY,
      retireAt: NOW - 4 * DAY,
    },
    ...{ purgeAt: NOW - 4 * DAY + 7200, revokedAt: NOW - 4 * DAY },
  },
  ...turns('RS256', ['x9Lk2VbT', 'A4dW_0oQ']).slice(0, 2),
]

function turns(alg: string, labels: readonly string[]): readonly KeyView[] {
  return labels.map((label, index): KeyView => {
    const activateAt = NOW + (index - labels.length + 1.4) * 30 * DAY
    const last = index === labels.length - 1
    return {
      ...{ kid: `${label}0pQ2sX8bC5tU1wE7aK4mZ9dF6gH0iJ3lN2o`, label, alg, activateAt },
      state: last ? 'next' : index === labels.length - 2 ? 'active' : 'retired',
      publishedAt: activateAt - 30 * DAY,
      ...(!last && { retireAt: activateAt + 30 * DAY, purgeAt: activateAt + 33 * DAY }),
      revoke: `/admin/keys/${label}/revoke`,
    }
  })
}

const ENTRIES: readonly AuditRowView[] = [
  ...([
    [
      'key.rotation',
      { text: 'ada@example.org', href: `/admin/users/${ADA}` },
      [['kid', { text: 'm0PzLr7c0pQ2sX8bC5tU1w' }]],
    ],
    [
      'user.disabled',
      { text: 'ada@example.org', href: `/admin/users/${ADA}` },
      [['user', { text: 'max@example.org', href: `/admin/users/${MAX}` }]],
    ],
    ['client.added', { text: 'administrator' }, [['client', { text: 'reports' }]]],
    [
      'login.succeeded',
      { text: 'max@example.org', href: `/admin/users/${MAX}` },
      [
        ['client', { text: 'Notes' }],
        ['method', { text: 'passkey' }],
      ],
    ],
    ['login.failed', { text: 'unknown' }, []],
  ] as const),
].map(([event, actor, data], index) => ({
  ...{ event, actor, data, at: NOW - index * 217 },
  ip: index === 4 ? '2001:db8:85a3:8d3:1319:8a2e:370:7348' : '203.0.113.7',
}))

const USER: UserView = {
  ...{ ...view, href: `/admin/users/${MAX}`, id: MAX, email: 'max@example.org', state: 'active' },
  ...{ createdAt: NOW - 200 * DAY, lastLogin: NOW - 500, factors: ['totp', 'passkey'] },
  values: { email: 'max@example.org', name: 'Max Ferreira', roles: 'editor reader' },
  sessions: [
    {
      ...{ id: 's1', since: NOW - 500, expiresAt: NOW + 14 * DAY, by: 'a passkey' },
      ...{ clients: ['notes', 'photos'], here: false },
    },
    {
      ...{ id: 's2', since: NOW - 3 * DAY, expiresAt: NOW + 11 * DAY, by: 'a password and a code' },
      ...{ clients: [], here: false },
    },
  ],
  ...{ trail: `/admin/audit?user=${MAX}`, self: false, mails: true },
}

const CLIENT = {
  ...{ href: '/admin/clients/reports', id: 'reports', name: 'Reports', kind: 'Web app' },
  ...{ rotating: true, disabled: false, createdAt: NOW - 90 * DAY },
} as const
const API = 'https://api.example.org/with/a/very/long/path/that/nobody/types/twice'

/** Every page of the administration as it is seen, the ones that end in 2 in their other shape. */
export const ADMIN_PAGES: Readonly<Record<string, HtmlText>> = {
  adminOverview: overviewPage({
    ...{ ...view, issuer: 'https://id.example.org', counts: { users: 1284, clients: 12, sessions: 307 } },
    ...{ keys: KEYS, entries: ENTRIES, now: NOW },
  }),
  adminOverview2: overviewPage({
    ...{ ...view, issuer: 'https://id.example.org', counts: { users: 1, clients: 0, sessions: 1 } },
    ...{ keys: [], entries: [], now: NOW },
  }),
  adminAudit: auditPage({ ...view, entries: ENTRIES, event: 'login.', about: '', older: '/admin/audit?before=4' }),
  adminAudit2: auditPage({ ...view, entries: [], event: '', about: 'x@y.example', error: 'There is no such user.' }),
  adminClient: clientPage({
    ...{ ...view, ...CLIENT, disabledAt: undefined, hasSecret: true, trusted: false },
    resources: [
      { resource: API, scopes: ['read', 'write'] },
      { resource: 'https://stock.example.org', scopes: ['stock:read'] },
    ],
    metadata: [
      ['redirect_uris', ['https://reports.example.org/callback', 'https://staging.reports.example.org/callback']],
      ['grant_types', ['authorization_code', 'refresh_token']],
      ['token_endpoint_auth_method', ['client_secret_basic']],
    ],
  }),
  adminClient2: clientPage({
    ...{ ...view, ...CLIENT, rotating: false, disabled: true, disabledAt: NOW, hasSecret: false, trusted: true },
    ...{ resources: [], metadata: [], notice: 'The client is disabled.' },
  }),
  adminClients: clientsPage({
    ...view,
    clients: [
      { ...CLIENT, resources: [API] },
      { ...CLIENT, id: 'television', name: 'Television', kind: 'Device', rotating: false, resources: [] },
      { ...CLIENT, id: 'x'.repeat(60), name: 'y'.repeat(60), kind: 'Service', disabled: true, resources: [API] },
    ],
  }),
  adminClients2: clientsPage({ ...view, clients: [] }),
  adminNewClient: newClientPage({ ...view, values: { type: 'web' } }),
  adminNewClient2: newClientPage({
    ...{ ...view, error: 'A client that people log in to needs a redirect URI.' },
    values: { type: 'public', client_name: 'Shop', scope: 'openid', trusted: 'yes' },
  }),
  adminSecret: clientSecretPage({
    ...{ ...view, title: 'The client is added', href: '/admin/clients/reports', id: 'reports' },
    secret: 'hR3nV-yJ0pQ2sX8bC5tU1wE7aK4mZ9dF6gH0iJ3lN2o',
    advice: 'Put the secret where the client reads it. It is not shown again.',
  }),
  adminKeys: keysPage({ ...view, keys: KEYS, now: NOW }),
  adminKeys2: keysPage({
    ...{ ...view, now: NOW, again: '/auth?x', notice: 'The next keys sign as soon as every verifier has them.' },
    keys: [
      {
        ...{ kid: 'k', label: 'k', alg: 'ES256', state: 'active', publishedAt: NOW, activateAt: NOW },
        ...{ retireAt: NOW + 360, purgeAt: NOW + 1020, revoke: '/admin/keys/k/revoke' },
      },
      { kid: 'l', label: 'l', alg: 'ES256', state: 'next', publishedAt: NOW, activateAt: NOW + 360 },
    ],
  }),
  adminRevoke: revokePage({ ...view, key: KEYS[1] as KeyView, successor: KEYS[2]?.kid, reason: '' }),
  adminRevoke2: revokePage({ ...view, key: KEYS[2] as KeyView, reason: '', error: 'Say why.' }),
  adminUser: userPage(USER),
  adminUser2: userPage({
    ...{ ...USER, state: 'disabled', factors: [], sessions: [], self: true, mails: false, lastLogin: undefined },
    ...{ again: '/auth?x', error: 'The e-mail address is none.' },
  }),
  adminUsers: usersPage({
    ...{ ...view, search: '', next: '/admin/users?after=x' },
    users: [
      ['ada@example.org', 'Ada Reyes', 'active', ['authority:admin', 'editor'], ['passkey'], NOW - 60],
      ['bo@example.org', undefined, 'disabled', [], [], undefined],
      [`${'c'.repeat(64)}@example.org`, 'C', 'active', ['reader'], ['totp', 'passkey'], NOW - 9 * DAY],
    ].map(([email, name, state, roles, factors, lastLogin]) => ({
      ...({ email, name, state, roles, factors, lastLogin } as Pick<
        UserView,
        'email' | 'state' | 'lastLogin' | 'factors'
      > & {
        name: string | undefined
        roles: readonly string[]
      }),
      href: '/admin/users/x',
    })),
  }),
  adminUsers2: usersPage({ ...view, search: 'nobody', users: [], first: '/admin/users' }),
  adminNewUser: newUserPage({ ...view, values: { email: '', name: '', roles: '' } }),
  adminAdded: addedUserPage({
    ...view,
    email: 'dora@example.org',
    href: '/admin/users/x',
    password: 'Zl5Kw0uVn3cYpX2m',
  }),
  adminDelete: deleteUserPage({ ...view, href: '/admin/users/x', email: 'max@example.org' }),
  adminDelete2: deleteUserPage({ ...view, href: '/admin/users/x', email: 'max@example.org', error: 'That is not it.' }),
  adminReset: resetLinkPage({
    ...{ ...view, href: '/admin/users/x', email: 'max@example.org', expiresAt: NOW + 3600 },
    link: 'https://id.example.org/reset/hR3nV-yJ0pQ2sX8bC5tU1wE7aK4mZ9dF6gH0iJ3lN2o',
  }),
}
