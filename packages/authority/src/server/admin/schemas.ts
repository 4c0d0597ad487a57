import { CLIENT_AUTHS, CLIENT_TYPES } from '../../protocol/client-metadata.ts'
import type { Schema } from './schema.ts'

const text = (description: string, more: Partial<Schema> = {}): Schema => ({ type: 'string', description, ...more })
const time = (description: string): Schema => ({ type: 'integer', description: `${description} (epoch seconds)` })
const yes = (description: string): Schema => ({ type: 'boolean', description })
const list = (items: Schema, description?: string, maxItems?: number): Schema => ({
  type: 'array',
  ...(description !== undefined && { description }),
  ...(maxItems !== undefined && { maxItems }),
  items,
})
const one = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` })

/** What comes out: members may be added to it, so whoever reads it takes what they know. */
function out(properties: Schema['properties'] & object, optional: readonly string[] = [], about?: string): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name))
  return { type: 'object', ...(about !== undefined && { description: about }), properties, required }
}

/** What goes in: a member that is not known is refused, so that nobody's typing error is taken for a change. */
function into(properties: Schema['properties'] & object, required: readonly string[] = []): Schema {
  return {
    type: 'object',
    properties,
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  }
}

const MOST_URIS = 50
const uri = text('A URI', { maxLength: 2000 })
const roles = list(text('A word of ASCII', { maxLength: 100 }), 'They are in the access tokens of the user.', 100)

/** What requests may say. */
export const INPUTS: Readonly<
  Record<'UserInput' | 'UserEdit' | 'ResetInput' | 'ClientInput' | 'RotateInput' | 'RevokeInput', Schema>
> = {
  UserInput: into(
    {
      email: text('The e-mail address, by which they log in', { maxLength: 254, examples: ['ada@example.org'] }),
      password: text('One is made where it is left out.', { maxLength: 1024, writeOnly: true }),
      name: text('What they are called', { maxLength: 200 }),
      roles,
    },
    ['email'],
  ),
  UserEdit: into({
    email: text('The e-mail address, by which they log in', { maxLength: 254 }),
    name: text('What they are called', { maxLength: 200 }),
    roles,
  }),
  ResetInput: into({ mail: yes('Has the link mailed, where MAIL_HOOK is set up, in place of giving it back.') }),
  ClientInput: into(
    {
      client_id: text('One is made where it is left out.', { maxLength: 128 }),
      client_name: text('What people see when they log in', { maxLength: 200 }),
      type: text('A web app with a secret, an app without, a machine, or a device without a keyboard', {
        enum: CLIENT_TYPES,
      }),
      redirect_uris: list(uri, 'Where people return after the login', MOST_URIS),
      post_logout_redirect_uris: list(uri, 'Where people return after the logout', MOST_URIS),
      backchannel_logout_uri: uri,
      grant_types: list(text('A grant', { maxLength: 100 }), 'In place of those of its type', 20),
      auth: text('How it proves who it is, in place of what its type does', { enum: CLIENT_AUTHS }),
      jwks: {
        type: 'object',
        description: 'Its public keys, as a JWK Set (RFC 7517)',
        properties: { keys: list({ type: 'object' }, undefined, 20) },
        required: ['keys'],
        additionalProperties: false,
      },
      jwks_uri: uri,
      id_token_signed_response_alg: text('What its ID tokens are signed with', { maxLength: 50 }),
      id_token_encrypted_response_alg: text('What their keys are encrypted with', { maxLength: 50 }),
      id_token_encrypted_response_enc: text('What they are encrypted with', { maxLength: 50 }),
      scope: text('The scopes that it may ask for, with spaces between', { maxLength: 2000 }),
      resources: {
        type: 'object',
        description: 'What it may ask tokens for: resources, and the scopes of each, with spaces between',
        additionalProperties: text('Scopes', { maxLength: 2000 }),
        examples: [{ 'https://api.example': 'read write' }],
      },
      dpop_bound_access_tokens: yes('Its access tokens are bound to a key (RFC 9449).'),
      require_pushed_authorization_requests: yes('It pushes its authorization requests (RFC 9126).'),
      trusted: yes('It is one of your own: nobody is asked for consent.'),
      replace: yes('Whether a client of this id makes way, with a new secret'),
    },
    ['type'],
  ),
  RotateInput: into({
    how: text('The new secret beside the old one; in its place at once; or the old one ends', {
      enum: ['overlap', 'now', 'finish'],
      default: 'overlap',
    }),
  }),
  RevokeInput: into({ reason: text('Why, for whoever reads the list of keys', { maxLength: 200 }) }),
}

const user = {
  id: text('Stays when the address changes: the `sub` of tokens', { examples: ['usr_Zl5Kw0uVn3cYpX2mA8tQdw'] }),
  email: text('The e-mail address'),
  state: text('Disabled users do not log in.', { enum: ['active', 'disabled'] }),
  name: text('What they are called'),
  roles: list(text('A role')),
}
const session = {
  id: text('Names the session, and is of no use to whoever wants in'),
  user: text('The id of the user'),
  since: time('When they logged in'),
  expiresAt: time('When it ends by itself'),
  amr: list(text('A method (RFC 8176)'), 'How they proved who they are'),
  acr: text('How sure that is'),
  clients: list(text('A client_id'), 'The clients that it was used for'),
}
const next = text('Where there is more: the value of `after` that it begins behind')

/** What answers say. */
export const OUTPUTS: Readonly<
  Record<
    | 'User'
    | 'ListedUser'
    | 'Users'
    | 'AddedUser'
    | 'PasswordReset'
    | 'Client'
    | 'Clients'
    | 'AddedClient'
    | 'RotatedSecret'
    | 'Key'
    | 'Keys'
    | 'Rotations'
    | 'Revocation'
    | 'Session'
    | 'ListedSession'
    | 'Sessions'
    | 'EndedSessions'
    | 'AuditEntry'
    | 'Audit'
    | 'Error',
    Schema
  >
> = {
  User: out(user, ['name']),
  ListedUser: out(
    {
      ...user,
      createdAt: time('When they were added'),
      lastLogin: time('When somebody last logged in as them'),
      factors: list(text('`totp` or `passkey`'), 'What they have beside a password'),
    },
    ['name', 'lastLogin'],
  ),
  Users: out({ users: list(one('ListedUser')), next }, ['next']),
  AddedUser: out({ user: one('User'), password: text('Shown once, where it was made here') }, ['password']),
  PasswordReset: out(
    {
      user: one('User'),
      link: text('For the user, to choose a new password by, once', { format: 'uri' }),
      mailed: yes('Whether the link was mailed, and so is not here'),
      expiresAt: time('Until when it is good'),
    },
    ['link'],
  ),
  Client: out(
    {
      client_id: text('Its name in the protocol'),
      name: text('What people see'),
      metadata: {
        type: 'object',
        description: 'As OpenID Connect registers clients, with the members `resources` and `first_party`',
      },
      hasSecret: yes('Whether it has a secret'),
      rotating: yes('Whether two secrets are good, since one takes over from the other'),
      createdAt: time('When it was added'),
      disabledAt: time('Since when it gets nothing'),
    },
    ['disabledAt'],
  ),
  Clients: out({ clients: list(one('Client')) }),
  AddedClient: out(
    {
      client_id: text('Its name in the protocol'),
      client_secret: text('Shown once, where it has one: a hash alone is kept'),
      metadata: { type: 'object', description: 'As it was registered' },
    },
    ['client_secret'],
  ),
  RotatedSecret: out(
    { client_id: text('The client'), client_secret: text('The new secret, shown once') },
    ['client_secret'],
    'Without a secret where the old one ended.',
  ),
  Key: out(
    {
      kid: text('Names the key'),
      alg: text('What it signs with'),
      state: text('What it does now', { enum: ['next', 'active', 'retired', 'revoked', 'purged'] }),
      publishedAt: time('Since when verifiers can have it'),
      activateAt: time('When it begins to sign'),
      retireAt: time('When it stops to sign'),
      purgeAt: time('When it is gone, and what it signed is refused'),
      revokedAt: time('When it was revoked'),
      reason: text('Why it was revoked'),
    },
    ['retireAt', 'purgeAt', 'revokedAt', 'reason'],
  ),
  Keys: out({ keys: list(one('Key')) }),
  Rotations: out({
    rotations: list(
      out({ kid: text('The key'), alg: text('Its algorithm'), activateAt: time('When it takes over') }),
      'The next key of each algorithm',
    ),
  }),
  Revocation: out(
    {
      kid: text('The key that is revoked'),
      revokedAt: time('Since when'),
      active: text('The key that signs in its place'),
      verifiersKnowBy: time('When verifiers that heed max-age trust it no more'),
    },
    ['active'],
  ),
  Session: out(session, ['acr']),
  ListedSession: out({ ...session, email: text('The e-mail address of the user') }, ['acr', 'email']),
  Sessions: out({ sessions: list(one('ListedSession')) }),
  EndedSessions: out({ user: text('The id of the user'), ended: { type: 'integer', description: 'How many ended' } }),
  AuditEntry: out(
    {
      seq: { type: 'integer', description: 'Counts up; numbers may be left out.' },
      at: time('When it happened'),
      actor: text('Who did it: a user, a client, `administrator` for the command line, or `unknown`'),
      ip: text('From where'),
      event: text('What happened', { examples: ['user.added'] }),
      data: { type: 'object', description: 'What there is to know of it; no password, token or secret' },
    },
    ['ip'],
  ),
  Audit: out(
    {
      entries: list(one('AuditEntry')),
      next: { type: 'integer', description: 'Where there may be more: the value of `before`, or else of `after`' },
    },
    ['next'],
  ),
  Error: out(
    {
      error: text('For programs', { examples: ['user_unknown', 'invalid_token'] }),
      message: text('For people'),
      hint: text('What to do'),
    },
    ['hint'],
  ),
}
