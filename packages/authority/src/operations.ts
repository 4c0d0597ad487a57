import { randomBytes } from 'node:crypto'
import { JoseError } from 'countersign'
import type { KeyRing, Revocation, RingKey, Rotation } from 'countersign/keyring'
import { errors } from 'oidc-provider'
import type { User, Users } from './accounts/users.ts'
import type { Audit } from './audit.ts'
import { AuthorityError } from './errors.ts'
import { type ClientInput, type ClientMetadata, type Clients, toMetadata } from './protocol/clients.ts'
import type { CurrentProvider } from './protocol/current.ts'

export type { ClientInput } from './protocol/clients.ts'

export interface UserInput {
  readonly email: string
  /** Made here where it is left out. */
  readonly password?: string | undefined
  readonly name?: string | undefined
  readonly roles?: readonly string[] | undefined
}

export interface AddedUser {
  readonly user: User
  /** Shown once, where it was made here. */
  readonly password?: string
}

export interface AddedClient {
  readonly client_id: string
  /** Shown once: the database has a hash of it. */
  readonly client_secret?: string
  readonly metadata: object
}

/** What an administrator does, by the command line or by the socket of a running server. */
export interface Operations {
  /** @throws {AuthorityError} `USER_EXISTS`, `USER_INVALID` */
  addUser(input: UserInput): Promise<AddedUser>
  /** @throws {AuthorityError} `CLIENT_EXISTS`, `CLIENT_INVALID` */
  addClient(input: ClientInput): Promise<AddedClient>
  listKeys(): Promise<readonly RingKey[]>
  /** Brings the next rotation forward. Nothing is refused by it. */
  rotateKeys(): Promise<readonly Rotation[]>
  /** Takes a key out of use at once. @throws {AuthorityError} `KEY_UNKNOWN` */
  revokeKey(kid: string, reason?: string): Promise<Revocation>
}

interface Parts {
  readonly users: Users
  readonly clients: Clients
  readonly ring: KeyRing
  readonly current: CurrentProvider
  readonly audit: Audit
}

export function createOperations({ users, clients, ring, current, audit }: Parts): Operations {
  const record = (event: string, data: Readonly<Record<string, string>>): Promise<void> =>
    audit.record({ actor: 'administrator', event, data })
  return {
    async addUser({ email, password, name, roles = [] }) {
      const made = password === undefined ? randomBytes(12).toString('base64url') : undefined
      const user = await users.add({
        email,
        password: password ?? (made as string),
        roles,
        ...(name !== undefined && { name }),
      })
      await record('user.added', { user: user.id })
      return { user, ...(made !== undefined && { password: made }) }
    },
    async addClient(input) {
      const metadata = toMetadata(input)
      await demandValid(current, metadata)
      const secret = await clients.add(metadata, { replace: input.replace ?? false })
      await record('client.added', { client: metadata.client_id })
      return { client_id: metadata.client_id, ...(secret !== undefined && { client_secret: secret }), metadata }
    },
    async listKeys() {
      await ring.refresh()
      return ring.list()
    },
    async rotateKeys() {
      const rotations = await ring.rotateNow()
      for (const { kid } of rotations) await record('key.rotation', { kid })
      return rotations
    },
    async revokeKey(kid, reason) {
      try {
        const revocation = await ring.revoke(kid, reason === undefined ? {} : { reason })
        await record('key.revoked', { kid })
        return revocation
      } catch (error) {
        if (error instanceof JoseError && error.code === 'CS_NO_KEY')
          throw new AuthorityError('KEY_UNKNOWN', error.message, { hint: 'See: countersign-authority keys list' })
        throw error
      }
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
