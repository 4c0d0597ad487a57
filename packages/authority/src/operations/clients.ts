import { errors } from 'oidc-provider'
import { AuthorityError } from '../errors.ts'
import { type ClientInput, type ClientMetadata, toMetadata } from '../protocol/client-metadata.ts'
import type { ListedClient, SecretRotation } from '../protocol/clients.ts'
import type { CurrentProvider } from '../protocol/current.ts'
import type { OperationsParts, Write } from './parts.ts'

/** A client that `addClient` of {@link openAuthority} has added (OpenID Connect Dynamic Client Registration 1.0 §2). */
export interface AddedClient {
  /** Its id. */
  readonly client_id: string
  /** Shown once: the database has a hash of it. */
  readonly client_secret?: string
  /** What it is, in the terms of the registration. */
  readonly metadata: object
}

/** What an administrator does about apps, services and devices: a part of `operations` of {@link openAuthority}. */
export interface ClientOperations {
  /** Adds a client. @throws {AuthorityError} `CLIENT_EXISTS`, `CLIENT_INVALID` */
  addClient(input: ClientInput): Promise<AddedClient>
  /** Every client, without secrets. */
  listClients(): Promise<readonly ListedClient[]>
  /**
   * Gives a client a new secret: `overlap` beside the old one, until `finish` ends that; or `now` in its place at once.
   *
   * @throws {AuthorityError} `CLIENT_UNKNOWN`, `CLIENT_INVALID`
   */
  rotateClientSecret(id: string, how?: SecretRotation): Promise<Omit<AddedClient, 'metadata'>>
  /**
   * From now on the client gets nothing; what it has been given lives until it expires.
   *
   * @throws {AuthorityError} `CLIENT_UNKNOWN`
   */
  disableClient(id: string): Promise<ListedClient>
  /** Lets a client in again that was disabled. @throws {AuthorityError} `CLIENT_UNKNOWN` */
  enableClient(id: string): Promise<ListedClient>
}

export function clientOperations({ clients, current }: OperationsParts, write: Write): ClientOperations {
  return {
    async addClient(input) {
      const metadata = toMetadata(input)
      await demandValid(current, metadata)
      const secret = await clients.add(metadata, { replace: input.replace ?? false })
      await write('client.added', { client: metadata.client_id })
      return { client_id: metadata.client_id, ...(secret !== undefined && { client_secret: secret }), metadata }
    },
    listClients: () => clients.list(),
    async rotateClientSecret(id, how = 'overlap') {
      if (!['overlap', 'now', 'finish'].includes(how))
        throw new AuthorityError('CLIENT_INVALID', 'a secret is rotated by overlap, now or finish')
      const secret = await clients.rotateSecret(id, how)
      await write('client.secret_rotated', { client: id, how })
      return { client_id: id, ...(secret !== undefined && { client_secret: secret }) }
    },
    async disableClient(id) {
      const client = await clients.setDisabled(id, true)
      await write('client.disabled', { client: id })
      return client
    },
    async enableClient(id) {
      const client = await clients.setDisabled(id, false)
      await write('client.enabled', { client: id })
      return client
    },
  }
}

/** Has oidc-provider look at a client, as it will at every use. @throws {AuthorityError} `CLIENT_INVALID` */
async function demandValid(current: CurrentProvider, metadata: ClientMetadata): Promise<void> {
  const provider = await current.get()
  const secret = { client_secret: 'checked-without-its-own' }
  try {
    await provider.Client.validate({ ...metadata, ...secret } as never)
  } catch (error) {
    if (!(error instanceof errors.OIDCProviderError)) throw error
    throw new AuthorityError('CLIENT_INVALID', error.error_description ?? error.message)
  }
}
