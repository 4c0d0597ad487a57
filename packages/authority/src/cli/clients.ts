import type { ClientMetadata } from '../protocol/client-metadata.ts'
import { DEVICE_CODE } from '../protocol/client-metadata.ts'
import type { SecretRotation } from '../protocol/clients.ts'
import { credentialsText } from './client-add.ts'
import { type Command, command, JSON_OUTPUT } from './command.ts'
import { printable, toTable, toTime } from './text.ts'
import { UsageError } from './usage-error.ts'

const CLIENT = { name: 'ID', about: 'the client_id, as client list has it' } as const

export const CLIENT_LIST: Command = command({
  name: 'client list',
  about: 'Lists the apps, services and devices',
  options: { json: JSON_OUTPUT },
  async run({ operate }) {
    const clients = await operate((operations) => operations.listClients())
    const rows = clients.map(({ client_id: id, name, metadata, hasSecret, rotating, disabledAt }) => {
      const secrets = rotating ? 'two' : hasSecret ? 'one' : 'none'
      const since = disabledAt === undefined ? '' : toTime(disabledAt)
      return [id, name, typeOf(metadata), grantsOf(metadata).map(shortOf).join(', '), secrets, since]
    })
    const head = ['client_id', 'name', 'type', 'grants', 'secret', 'disabled since']
    return { json: clients, text: rows.length === 0 ? 'there are no clients' : toTable(head, rows) }
  },
})

const grantsOf = ({ grant_types: grants }: ClientMetadata): readonly string[] =>
  Array.isArray(grants) ? grants.map(String) : []

/** Without what the names of extension grants begin with (RFC 6749 §4.5). */
const shortOf = (grant: string): string => grant.replace(/^urn:ietf:params:oauth:grant-type:/, '')

/** What a client is, in a word or two: it is registered by what it may do. */
function typeOf(metadata: ClientMetadata): string {
  const grants = grantsOf(metadata)
  if (grants.includes(DEVICE_CODE)) return 'device'
  if (!grants.includes('authorization_code')) return 'service'
  return metadata['token_endpoint_auth_method'] === 'none' ? 'public app' : 'web app'
}

export const CLIENT_ROTATE_SECRET: Command = command({
  name: 'client rotate-secret',
  about: 'Gives a client a new secret beside the old one',
  more: `Both are good until --finish, so that the client is never without: make the new one, put it where the client runs, finish.
For a secret that got into wrong hands there is --now.`,
  argument: CLIENT,
  options: {
    finish: { type: 'boolean', about: 'end the old secret: the new one is in use' },
    now: { type: 'boolean', about: 'end every secret of before at once' },
    json: JSON_OUTPUT,
  },
  async run({ values, argument: id, operate }) {
    if (values.finish && values.now)
      throw new UsageError('--finish and --now say different things', 'client rotate-secret')
    const how: SecretRotation = values.finish ? 'finish' : values.now ? 'now' : 'overlap'
    const rotated = await operate((operations) => operations.rotateClientSecret(id, how))
    const shown = printable(rotated.client_id)
    if (how === 'finish') return { json: rotated, text: `${shown} has one secret, the new one` }
    const next =
      how === 'now'
        ? 'The secret of before is good no more.'
        : `The secret of before is good, too, until: countersign-authority client rotate-secret ${shown} --finish`
    return { json: rotated, text: `${credentialsText(rotated)}\n${next}` }
  },
})

export const CLIENT_DISABLE: Command = command({
  name: 'client disable',
  about: 'Refuses a client everything, until it is enabled',
  more: 'What it was given before lives until it expires: access tokens for 10 minutes. It gets no new ones for a refresh token.',
  argument: CLIENT,
  options: { json: JSON_OUTPUT },
  async run({ argument, operate }) {
    const client = await operate((operations) => operations.disableClient(argument))
    return {
      json: client,
      text: `${printable(client.client_id)} is disabled: it gets nothing, and nobody logs in to it`,
    }
  },
})

export const CLIENT_ENABLE: Command = command({
  name: 'client enable',
  about: 'Lets a client work again',
  argument: CLIENT,
  options: { json: JSON_OUTPUT },
  async run({ argument, operate }) {
    const client = await operate((operations) => operations.enableClient(argument))
    return { json: client, text: `${printable(client.client_id)} works again` }
  },
})
