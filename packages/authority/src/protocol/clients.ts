import { hash, randomBytes } from 'node:crypto'
import { AuthorityError } from '../errors.ts'
import { isSame } from '../same.ts'
import type { Store } from '../store/database.ts'
import type { ClientRow } from '../store/schema.ts'
import { CLIENT_ID, type ClientMetadata, invalid, needsSecret } from './client-metadata.ts'

/** What stands for a secret in the metadata that oidc-provider gets: hashes, in a form that no secret has. */
const HASHES = /^sha256:([\w-]{43})(?:,([\w-]{43}))?$/

/** For how long what was found of a client is good (milliseconds), and of how many. */
const [RECENT_MS, MOST_RECENT] = [1000, 1000]

/** A client as an administrator sees it. */
export interface ListedClient {
  readonly client_id: string
  readonly name: string
  readonly metadata: ClientMetadata
  readonly hasSecret: boolean
  /** Whether two secrets are good, since one takes over from the other. */
  readonly rotating: boolean
  /** Epoch seconds. */
  readonly createdAt: number
  readonly disabledAt: number | undefined
}

/** How a client gets a new secret: beside the old one, in place of it at once; or the old one ends. */
export type SecretRotation = 'overlap' | 'now' | 'finish'

/** The registered clients. Of a secret, the database has the SHA-256; it is 256 bits of chance, so that is enough. */
export class Clients {
  readonly #store: Store
  readonly #recent = new Map<string, { readonly until: number; readonly found: Promise<ClientMetadata | undefined> }>()

  readonly #builtIn: ClientMetadata | undefined

  /** @param builtIn - a client that is known without being registered */
  constructor(store: Store, builtIn?: ClientMetadata) {
    this.#store = store
    this.#builtIn = builtIn
  }

  /** @throws {AuthorityError} `CLIENT_EXISTS` */
  async add(metadata: ClientMetadata, options: { readonly replace?: boolean } = {}): Promise<string | undefined> {
    if (metadata.client_id === this.#builtIn?.client_id) throw invalid(`client_id ${metadata.client_id} is taken`)
    const secret = needsSecret(metadata) ? makeSecret() : undefined
    const { client_id: _id, ...members } = metadata
    const row: ClientRow = {
      client_id: metadata.client_id,
      metadata: JSON.stringify(members),
      secret_hash: secret === undefined ? null : hashOf(secret),
      secret_hash_next: null,
      created_at: await this.#store.now(),
      disabled_at: null,
    }
    const { client_id: _same, created_at: _at, ...rest } = row
    const insert = this.#store.db.insertInto('clients').values(row)
    const [result] = await insert
      .onConflict((conflict) => {
        const same = conflict.column('client_id')
        return options.replace ? same.doUpdateSet(rest) : same.doNothing()
      })
      .execute()
    this.#recent.delete(row.client_id)
    if (result?.numInsertedOrUpdatedRows === 1n) return secret
    throw new AuthorityError('CLIENT_EXISTS', `there is a client ${JSON.stringify(metadata.client_id)} already`)
  }

  /**
   * A client as oidc-provider takes it; a disabled one is none. A login asks for it many times: what was found is good
   * for a moment.
   */
  async find(id: string, asked: () => void = () => undefined): Promise<ClientMetadata | undefined> {
    // No client is called so, and PostgreSQL takes no text with U+0000 in it.
    if (!CLIENT_ID.test(id)) return undefined
    if (id === this.#builtIn?.client_id) return this.#builtIn
    const now = performance.now()
    const recent = this.#recent.get(id)
    if (recent !== undefined && now < recent.until) return recent.found
    asked()
    const found = this.#look(id)
    if (this.#recent.size >= MOST_RECENT) this.#recent.clear()
    this.#recent.set(id, { until: now + RECENT_MS, found })
    // Who is not registered may be in a moment, and what failed may go well.
    const forget = (): unknown => this.#recent.get(id)?.found === found && this.#recent.delete(id)
    found.then((client) => client ?? forget(), forget)
    return found
  }

  async list(): Promise<readonly ListedClient[]> {
    const rows = await this.#store.db.selectFrom('clients').selectAll().orderBy('client_id').execute()
    return rows.map(toListed)
  }

  /** @throws {AuthorityError} `CLIENT_UNKNOWN` */
  async demand(id: string): Promise<ListedClient> {
    const row = await this.#row(id)
    if (row !== undefined) return toListed(row)
    throw new AuthorityError('CLIENT_UNKNOWN', 'there is no such client', {
      hint: 'See: countersign-authority client list',
    })
  }

  /** A disabled client gets nothing; what it has been given lives until it expires. @throws {AuthorityError} `CLIENT_UNKNOWN` */
  async setDisabled(id: string, disabled: boolean): Promise<ListedClient> {
    const { disabledAt } = await this.demand(id)
    const change = { disabled_at: disabled ? (disabledAt ?? (await this.#store.now())) : null }
    await this.#store.db.updateTable('clients').set(change).where('client_id', '=', id).execute()
    this.#recent.delete(id)
    return this.demand(id)
  }

  /**
   * Gives a client a new secret, or has the old one end.
   *
   * @returns the new secret, once; nothing where the old one ended
   * @throws {AuthorityError} `CLIENT_UNKNOWN`, `CLIENT_INVALID` where there is nothing to rotate or to finish
   */
  async rotateSecret(id: string, how: SecretRotation): Promise<string | undefined> {
    const { hasSecret } = await this.demand(id)
    if (!hasSecret) throw invalid('this client has no secret')
    const secret = how === 'finish' ? undefined : makeSecret()
    const update = this.#store.db.updateTable('clients').where('client_id', '=', id)
    // Of several at once that begin or finish a rotation one does: a secret that was given away is good.
    const [result] = await (secret === undefined
      ? update
          .set((eb) => ({ secret_hash: eb.ref('secret_hash_next'), secret_hash_next: null }))
          .where('secret_hash_next', 'is not', null)
      : how === 'now'
        ? update.set({ secret_hash: hashOf(secret), secret_hash_next: null })
        : update.set({ secret_hash_next: hashOf(secret) }).where('secret_hash_next', 'is', null)
    ).execute()
    this.#recent.delete(id)
    if (result?.numUpdatedRows === 1n) return secret
    if (how === 'finish') throw invalid('there is one secret alone: nothing is left to finish')
    throw new AuthorityError('CLIENT_INVALID', 'this client is between two secrets', {
      hint: 'Finish that first, by --finish; or have both end for a new one, by --now.',
    })
  }

  async #row(id: string): Promise<ClientRow | undefined> {
    if (typeof id !== 'string' || !CLIENT_ID.test(id)) return undefined
    return this.#store.db.selectFrom('clients').selectAll().where('client_id', '=', id).executeTakeFirst()
  }

  async #look(id: string): Promise<ClientMetadata | undefined> {
    const row = await this.#row(id)
    if (row === undefined || row.disabled_at !== null) return undefined
    const metadata = toMetadata(row)
    if (row.secret_hash === null) return metadata
    return { ...metadata, client_secret: `sha256:${[row.secret_hash, row.secret_hash_next].filter(Boolean).join(',')}` }
  }
}

function toMetadata(row: ClientRow): ClientMetadata {
  return { ...JSON.parse(row.metadata), client_id: row.client_id } as ClientMetadata
}

function toListed(row: ClientRow): ListedClient {
  const metadata = toMetadata(row)
  return {
    client_id: row.client_id,
    name: String(metadata['client_name'] ?? row.client_id),
    metadata,
    hasSecret: row.secret_hash !== null,
    rotating: row.secret_hash_next !== null,
    createdAt: row.created_at,
    disabledAt: row.disabled_at ?? undefined,
  }
}

const makeSecret = (): string => randomBytes(32).toString('base64url')

/** Whether a secret is one of those whose hashes a client has, in constant time. */
export function secretMatches(hashes: string | undefined, presented: unknown): boolean {
  const [, ...known] = HASHES.exec(hashes ?? '') ?? []
  if (typeof presented !== 'string') return false
  const given = hashOf(presented)
  return known
    .filter((one) => one !== undefined)
    .map((one) => isSame(given, one))
    .includes(true)
}

function hashOf(secret: string): string {
  return hash('sha256', `client secret:${secret}`, 'base64url')
}
