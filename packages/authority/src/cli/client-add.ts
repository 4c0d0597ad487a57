import { AuthorityError } from '../errors.ts'
import type { ClientInput } from '../protocol/client-metadata.ts'
import { type Command, command, JSON_OUTPUT, type Values } from './command.ts'
import type { Host } from './host.ts'
import { printable, toColumns } from './text.ts'
import { UsageError } from './usage-error.ts'

const OPTIONS = {
  type: {
    type: 'string',
    value: 'TYPE',
    oneOf: ['web', 'public', 'service', 'device'],
    about: 'what it is; web where it is not said',
  },
  id: { type: 'string', value: 'ID', about: 'its client_id; without it one is made' },
  name: { type: 'string', value: 'NAME', about: 'what people see when they log in' },
  'redirect-uri': { type: 'string', multiple: true, value: 'URI', about: 'where people return after the login' },
  'post-logout-redirect-uri': {
    type: 'string',
    multiple: true,
    value: 'URI',
    about: 'where people return after the logout',
  },
  'backchannel-logout-uri': { type: 'string', value: 'URI', about: 'what is told of a logout' },
  resource: {
    type: 'string',
    multiple: true,
    value: 'URI=SCOPE,…',
    about: 'an API that it gets tokens for, with scopes',
  },
  scope: { type: 'string', value: '"SCOPE …"', about: 'the scopes that it may ask for' },
  grant: { type: 'string', multiple: true, value: 'GRANT', about: 'a grant type, in place of those of its type' },
  auth: {
    type: 'string',
    value: 'METHOD',
    oneOf: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    about: 'how it authenticates',
  },
  jwks: { type: 'string', value: 'FILE', about: 'its public keys, as a JWK Set' },
  'jwks-uri': { type: 'string', value: 'URI', about: 'where its public keys are' },
  'id-token-alg': { type: 'string', value: 'ALG', about: 'what its ID tokens are signed with' },
  'id-token-encryption': { type: 'string', value: 'ALG,ENC', about: 'what its ID tokens are encrypted with' },
  dpop: { type: 'boolean', about: 'its access tokens are bound to a key (RFC 9449)' },
  par: { type: 'boolean', about: 'it has to push its authorization requests (RFC 9126)' },
  trusted: { type: 'boolean', about: 'nobody is asked for consent: it is one of your own' },
  replace: { type: 'boolean', about: 'in place of the client of this ID, with a new secret' },
  json: JSON_OUTPUT,
} as const

const MORE = `Its client_id is printed and, once, its client_secret.
web      an app on a server, which keeps a secret
public   an app in a browser or on a phone, which cannot
service  a program that nobody logs in to
device   a device without a keyboard, whose user logs in elsewhere`

export const CLIENT_ADD: Command = command({
  name: 'client add',
  about: 'Registers an app, a service or a device',
  more: MORE,
  options: OPTIONS,
  async run({ host, values, operate }) {
    const input = await toClientInput(values, host)
    const client = await operate((operations) => operations.addClient(input))
    return { json: client, text: credentialsText(client) }
  },
})

interface Credentials {
  readonly client_id: string
  readonly client_secret?: string
}

/** What a client authenticates with, and that its secret is told once. */
export function credentialsText({ client_id: id, client_secret: secret }: Credentials): string {
  const rows = [['client_id', id], ...(secret === undefined ? [] : [['client_secret', secret]])]
  const note = secret === undefined ? [] : ['', 'The secret is kept as a hash alone: it is not shown again.']
  return [toColumns(rows.map((row) => row.map(printable))), ...note].join('\n')
}

/** @throws {UsageError} for what cannot be meant, and {AuthorityError} `CLIENT_INVALID` for a file of keys that is none */
async function toClientInput(values: Values<typeof OPTIONS>, host: Host): Promise<ClientInput> {
  const [alg, enc, ...rest] = values['id-token-encryption']?.split(',') ?? []
  if (rest.length > 0) throw usage('--id-token-encryption is ALG,ENC, such as RSA-OAEP-256,A256GCM')
  const resources = values.resource.map(toResource)
  const names = resources.map(([resource]) => resource)
  if (new Set(names).size < names.length) throw usage('--resource names the same API twice: its scopes go into one')
  const all = {
    client_id: values.id,
    client_name: values.name,
    type: (values.type ?? 'web') as ClientInput['type'],
    redirect_uris: some(values['redirect-uri']),
    post_logout_redirect_uris: some(values['post-logout-redirect-uri']),
    backchannel_logout_uri: values['backchannel-logout-uri'],
    grant_types: some(values.grant),
    auth: values.auth as ClientInput['auth'],
    jwks: values.jwks === undefined ? undefined : await readJwks(values.jwks, host),
    jwks_uri: values['jwks-uri'],
    id_token_signed_response_alg: values['id-token-alg'],
    id_token_encrypted_response_alg: alg,
    id_token_encrypted_response_enc: enc,
    scope: values.scope,
    resources: some(resources) && Object.fromEntries(resources),
    dpop_bound_access_tokens: values.dpop || undefined,
    require_pushed_authorization_requests: values.par || undefined,
    trusted: values.trusted || undefined,
    replace: values.replace || undefined,
  }
  const given = Object.entries(all).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given) as unknown as ClientInput
}

const usage = (why: string): UsageError => new UsageError(why, 'client add')

const some = <T>(list: readonly T[]): readonly T[] | undefined => (list.length > 0 ? list : undefined)

/** `URI=SCOPE,…`; a URI may have an equals sign of its own, and a scope seldom has. */
function toResource(text: string): readonly [resource: string, scopes: string] {
  const at = text.lastIndexOf('=')
  const scopes = text.slice(at + 1).split(/[\s,]+/)
  if (at < 1 || scopes.includes('')) throw usage('--resource is URI=SCOPE,…, such as https://api.example=read,write')
  return [text.slice(0, at), scopes.join(' ')]
}

/** Members of a JWK that are not for others (RFC 7518 §6.2.2, §6.3.2, §6.4.1; `priv`: RFC 9964). */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

async function readJwks(path: string, host: Host): Promise<{ keys: readonly object[] }> {
  const refused = (why: string, hint?: string): AuthorityError =>
    new AuthorityError('CLIENT_INVALID', `${path} ${why}`, hint === undefined ? {} : { hint })
  const text = await host.readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw refused(`cannot be read: ${error.code ?? 'unknown'}`)
  })
  const keys = keysOf(text)
  if (keys === undefined) throw refused('is no JWK Set', 'It is JSON: { "keys": [ … ] }, with public keys.')
  if (keys.some((key) => PRIVATE.some((name) => Object.hasOwn(key, name))))
    throw refused('holds a private key', 'Give the public halves alone; the private ones stay with the client.')
  return { keys }
}

function keysOf(text: string): readonly object[] | undefined {
  try {
    const { keys } = JSON.parse(text) as { readonly keys?: unknown }
    const isObject = (key: unknown): boolean => typeof key === 'object' && key !== null
    return Array.isArray(keys) && keys.length > 0 && keys.every(isObject) ? keys : undefined
  } catch {
    return undefined
  }
}
