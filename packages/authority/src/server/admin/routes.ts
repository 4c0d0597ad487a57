import type { ListedUser, Users } from '../../accounts/users.ts'
import { AuthorityError } from '../../errors.ts'
import type { UserEdit, UserInput } from '../../operations/users.ts'
import type { Operations } from '../../operations.ts'
import type { ClientInput } from '../../protocol/client-metadata.ts'
import type { ListedClient, SecretRotation } from '../../protocol/clients.ts'
import type { Schema } from './schema.ts'
import type { INPUTS, OUTPUTS } from './schemas.ts'

/** What a request says, checked. */
export interface Input<Body = unknown> {
  /** What the path names, such as a user. */
  readonly names: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  /** Those of the query that are numbers. */
  readonly numbers: Readonly<Record<string, number>>
  readonly body: Body
}

/** What an answer is made with. */
export interface Means {
  readonly operations: Operations
  readonly users: Users
}

/** A request that the admin API takes: what it does, and what is said of that to whoever writes a client. */
export interface Route {
  readonly method: 'get' | 'post' | 'patch' | 'delete'
  /** As OpenAPI writes it: `/users/{user}`. */
  readonly path: string
  readonly id: string
  readonly tag: string
  readonly summary: string
  readonly description?: string
  readonly query?: Readonly<Record<string, Schema>>
  readonly body?: keyof typeof INPUTS
  /** Whether the body may be left out: none of it is needed. */
  readonly bodyOptional?: boolean
  readonly status: 200 | 201
  readonly answer: keyof typeof OUTPUTS
  readonly refusals: readonly (404 | 409 | 422)[]
  /** Where what was made is from now on, below the API. */
  readonly location?: (answer: never) => string
  readonly run: (means: Means, input: Input<never>) => Promise<object>
}

/** Has the compiler know what the body of a route is: its schema was checked by then. */
function route<Body = unknown, Answer extends object = object>(
  route: Omit<Route, 'status' | 'refusals' | 'run' | 'location'> & {
    readonly status?: 201
    readonly refusals?: Route['refusals']
    readonly location?: (answer: Answer) => string
    readonly run: (means: Means, input: Input<Body>) => Promise<Answer>
  },
): Route {
  return { status: 200, refusals: [], ...route }
}

/** What paths name. */
export const NAMES: Readonly<Record<string, string>> = {
  user: 'The id or the e-mail address of a user',
  client_id: 'The client',
  kid: 'The key',
  session: 'The id of a session',
}

const [USERS_LISTED, MOST_USERS] = [50, 200]
const [ENTRIES_LISTED, MOST_ENTRIES] = [50, 1000]
const limit = (usual: number, maximum: number): Schema => ({ type: 'integer', minimum: 1, maximum, default: usual })
const text = (description: string, maxLength = 254): Schema => ({ type: 'string', description, maxLength })

/** Someone as the list has them. @throws {AuthorityError} `USER_UNKNOWN` */
export async function listedUser({ operations, users }: Means, name: string): Promise<ListedUser> {
  const { id, email } = await users.demand(name)
  let after: string | undefined
  for (;;) {
    const listed = await operations.listUsers({ search: email, after, limit: MOST_USERS })
    const found = listed.find((user) => user.id === id)
    if (found !== undefined) return found
    after = listed.at(-1)?.email
    if (after === undefined) throw new AuthorityError('USER_UNKNOWN', 'there is no such user')
  }
}

/** @throws {AuthorityError} `CLIENT_UNKNOWN` */
export async function listedClient(operations: Operations, id: string): Promise<ListedClient> {
  const found = (await operations.listClients()).find((client) => client.client_id === id)
  if (found === undefined) throw new AuthorityError('CLIENT_UNKNOWN', 'there is no such client')
  return found
}

const named = ({ names }: Input, name: string): string => names[name] ?? ''

const USERS: readonly Route[] = [
  route({
    ...{ method: 'get', path: '/users', id: 'listUsers', tag: 'users', answer: 'Users' },
    summary: 'Lists users in the order of their addresses',
    query: {
      search: text('A part of the address'),
      after: text('The address that the list begins behind'),
      limit: limit(USERS_LISTED, MOST_USERS),
    },
    async run({ operations }, { query: { search, after }, numbers: { limit: most = USERS_LISTED } }) {
      const users = await operations.listUsers({ search, after, limit: most })
      const last = users.length === most ? users.at(-1)?.email : undefined
      return { users, ...(last !== undefined && { next: last }) }
    },
  }),
  route<UserInput, { readonly user: { readonly id: string } }>({
    ...{ method: 'post', path: '/users', id: 'addUser', tag: 'users', answer: 'AddedUser', status: 201 },
    summary: 'Adds a user',
    description: 'Where no password is given, one is made and is in the answer, once.',
    body: 'UserInput',
    refusals: [409, 422],
    location: ({ user }) => `/users/${user.id}`,
    run: ({ operations }, { body }) => operations.addUser(body),
  }),
  route({
    ...{ method: 'get', path: '/users/{user}', id: 'getUser', tag: 'users', answer: 'ListedUser' },
    summary: 'Gives a user',
    refusals: [404],
    run: (means, input) => listedUser(means, named(input, 'user')),
  }),
  route<UserEdit>({
    ...{ method: 'patch', path: '/users/{user}', id: 'updateUser', tag: 'users', answer: 'User' },
    summary: 'Changes the address, the name or the roles of a user',
    description: 'What is left out stays. Tokens tell of it from the next one on.',
    body: 'UserEdit',
    refusals: [404, 409, 422],
    run: ({ operations }, input) => operations.updateUser(named(input, 'user'), input.body),
  }),
  route({
    ...{ method: 'delete', path: '/users/{user}', id: 'deleteUser', tag: 'users', answer: 'User' },
    summary: 'Deletes a user',
    description: 'All sessions and grants end. The audit trail keeps the id.',
    refusals: [404],
    run: ({ operations }, input) => operations.deleteUser(named(input, 'user')),
  }),
  route({
    ...{ method: 'post', path: '/users/{user}/disable', id: 'disableUser', tag: 'users', answer: 'User' },
    summary: 'Disables a user',
    description: 'All sessions and grants end, and nobody logs in as them. Access tokens end within 10 minutes.',
    refusals: [404],
    run: ({ operations }, input) => operations.disableUser(named(input, 'user')),
  }),
  route({
    ...{ method: 'post', path: '/users/{user}/enable', id: 'enableUser', tag: 'users', answer: 'User' },
    summary: 'Enables a user again',
    refusals: [404],
    run: ({ operations }, input) => operations.enableUser(named(input, 'user')),
  }),
  route<{ readonly mail?: boolean }>({
    ...{ method: 'post', path: '/users/{user}/reset-password', id: 'resetPassword', tag: 'users' },
    ...{ answer: 'PasswordReset', body: 'ResetInput', bodyOptional: true },
    summary: 'Makes a link by which a user chooses a new password',
    description: 'It is good once and for an hour, and is in the answer alone. The old password is good until then.',
    refusals: [404, 422],
    run: ({ operations }, input) => operations.resetPassword(named(input, 'user'), input.body),
  }),
  route({
    ...{ method: 'post', path: '/users/{user}/reset-factors', id: 'resetFactors', tag: 'users', answer: 'User' },
    summary: 'Takes away the passkeys, the authenticator app and the recovery codes of a user',
    refusals: [404],
    run: ({ operations }, input) => operations.resetFactors(named(input, 'user')),
  }),
]

const CLIENTS: readonly Route[] = [
  route({
    ...{ method: 'get', path: '/clients', id: 'listClients', tag: 'clients', answer: 'Clients' },
    summary: 'Lists all clients',
    run: async ({ operations }) => ({ clients: await operations.listClients() }),
  }),
  route<ClientInput, { readonly client_id: string }>({
    ...{ method: 'post', path: '/clients', id: 'addClient', tag: 'clients', answer: 'AddedClient', status: 201 },
    summary: 'Registers a client',
    description: 'Its secret, where it has one, is in the answer, once.',
    body: 'ClientInput',
    refusals: [409, 422],
    location: ({ client_id: id }) => `/clients/${id}`,
    run: ({ operations }, { body }) => operations.addClient(body),
  }),
  route({
    ...{ method: 'get', path: '/clients/{client_id}', id: 'getClient', tag: 'clients', answer: 'Client' },
    summary: 'Gives a client',
    refusals: [404],
    run: ({ operations }, input) => listedClient(operations, named(input, 'client_id')),
  }),
  route<{ readonly how?: SecretRotation }>({
    ...{ method: 'post', path: '/clients/{client_id}/rotate-secret', id: 'rotateClientSecret', tag: 'clients' },
    ...{ answer: 'RotatedSecret', body: 'RotateInput', bodyOptional: true },
    summary: 'Gives a client a new secret',
    description: 'First `overlap`, so that both are good; once the client has the new one, `finish`. Or `now`.',
    refusals: [404, 422],
    run: ({ operations }, input) => operations.rotateClientSecret(named(input, 'client_id'), input.body.how),
  }),
  route({
    ...{ method: 'post', path: '/clients/{client_id}/disable', id: 'disableClient', tag: 'clients', answer: 'Client' },
    summary: 'Disables a client',
    description: 'It gets nothing more. Access tokens that it has end within 10 minutes.',
    refusals: [404],
    run: ({ operations }, input) => operations.disableClient(named(input, 'client_id')),
  }),
  route({
    ...{ method: 'post', path: '/clients/{client_id}/enable', id: 'enableClient', tag: 'clients', answer: 'Client' },
    summary: 'Enables a client again',
    refusals: [404],
    run: ({ operations }, input) => operations.enableClient(named(input, 'client_id')),
  }),
]

const KEYS: readonly Route[] = [
  route({
    ...{ method: 'get', path: '/keys', id: 'listKeys', tag: 'keys', answer: 'Keys' },
    summary: 'Lists the signing keys in the order of their turns',
    run: async ({ operations }) => ({ keys: await operations.listKeys() }),
  }),
  route({
    ...{ method: 'post', path: '/keys/rotate', id: 'rotateKeys', tag: 'keys', answer: 'Rotations' },
    summary: 'Brings the next rotation forward',
    description: 'To as soon as every verifier has the next key: nothing is refused by it.',
    run: async ({ operations }) => ({ rotations: await operations.rotateKeys() }),
  }),
  route<{ readonly reason?: string }>({
    ...{ method: 'post', path: '/keys/{kid}/revoke', id: 'revokeKey', tag: 'keys', answer: 'Revocation' },
    ...{ body: 'RevokeInput', bodyOptional: true },
    summary: 'Takes a key out of use at once',
    description: 'What it signed is refused, and the next key signs. For a key that got into wrong hands.',
    refusals: [404, 422],
    run: ({ operations }, input) => operations.revokeKey(named(input, 'kid'), input.body.reason),
  }),
]

const REST: readonly Route[] = [
  route({
    ...{ method: 'get', path: '/sessions', id: 'listSessions', tag: 'sessions', answer: 'Sessions' },
    summary: 'Lists who is logged in, the last login first',
    query: { user: text('The id or the address of a user, for theirs alone') },
    refusals: [404],
    run: async ({ operations }, { query }) => ({ sessions: await operations.listSessions(query['user']) }),
  }),
  route({
    ...{ method: 'delete', path: '/sessions/{session}', id: 'endSession', tag: 'sessions', answer: 'Session' },
    summary: 'Ends a session',
    description: 'Its apps are told, and what they got by it ends.',
    refusals: [404],
    run: ({ operations }, input) => operations.endSession(named(input, 'session')),
  }),
  route({
    ...{ method: 'delete', path: '/users/{user}/sessions', id: 'endSessions', tag: 'sessions' },
    answer: 'EndedSessions',
    summary: 'Ends all sessions and grants of a user',
    refusals: [404],
    run: ({ operations }, input) => operations.endSessions(named(input, 'user')),
  }),
  route({
    ...{ method: 'get', path: '/audit', id: 'listAudit', tag: 'audit', answer: 'Audit' },
    summary: 'Lists what happened, the newest first',
    description: 'With `after` the oldest first, for a program that follows the trail.',
    query: {
      after: { type: 'integer', description: 'Entries behind this one alone', minimum: 0 },
      before: { type: 'integer', description: 'Entries before this one alone', minimum: 0 },
      event: text('Those of one kind, such as `login.failed`, or of kinds that begin so, such as `login.`', 100),
      user: text('What a user did, or what is about them: the id or the address'),
      limit: limit(ENTRIES_LISTED, MOST_ENTRIES),
    },
    refusals: [404],
    async run({ operations }, { query: { event, user }, numbers: { after, before, limit: most = ENTRIES_LISTED } }) {
      const entries = await operations.listAudit({ after, before, event, user, limit: most })
      const last = entries.length === most ? entries.at(-1)?.seq : undefined
      return { entries, ...(last !== undefined && { next: last }) }
    },
  }),
]

export const ROUTES: readonly Route[] = [...USERS, ...CLIENTS, ...KEYS, ...REST]
