import { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import type { Db, Store } from '../store/database.ts'
import type { StateRow } from '../store/schema.ts'
import { unavailable } from '../unavailable.ts'
import type { Clients } from './clients.ts'
import { accountOf, hashOf, type Sealed } from './sealed.ts'
import { writeOrKeep } from './token-writes.ts'

/** For how long a refresh token that was used is refused without ending its family: two tabs may refresh at once (seconds). */
const GRACE_SECONDS = 10
/** For how long it is known of a session that it ended: longer than any request takes (seconds). */
const ENDED_SECONDS = 300
/** As long as the provider takes a token that has expired for one that has not (seconds). */
const TOLERANCE_SECONDS = 15

/** What keeps the guards of the store from being taken for granted: tests leave one out. */
export interface Guards {
  readonly atomicConsume?: boolean | undefined
}

/** What all models share. */
export interface AdapterContext {
  readonly store: Store
  readonly clients: Clients
  readonly sealed: Sealed
  readonly guards: Guards
  /** Called with each operation on the database. */
  readonly count?: ((model: string, operation: string) => void) | undefined
  /** Called with what the database fails with: clients are told to try again, and no more. */
  readonly failed?: ((error: unknown) => void) | undefined
}

/**
 * Ends a session. Its row stays for a while without what it held, to tell whoever would write it again.
 *
 * @param session - `uid`: what it keeps under each of its ids, where it is to end under all of them
 */
export async function endSession(db: Db, { id_hash, uid }: Pick<StateRow, 'id_hash' | 'uid'>): Promise<void> {
  await db
    .updateTable('oidc_state')
    .set({ uid, account: '', payload: '', consumed_at: now(), expires_at: now() + ENDED_SECONDS })
    .where('model', '=', 'Session')
    .where(({ or, eb }) => or([eb('id_hash', '=', id_hash), ...(uid === null ? [] : [eb('uid', '=', uid)])]))
    .execute()
}

/** Makes the storage of oidc-provider's models: `adapter` of its configuration. */
export function createAdapter(context: AdapterContext): (model: string) => Adapter {
  return (model) => (model === 'Client' ? clientAdapter(context) : new StateAdapter(model, context))
}

/**
 * A model's rows. A row is found by the SHA-256 of model and id, and what it holds is sealed: whoever reads the database
 * has no code, token or session that could be used.
 */
class StateAdapter implements Adapter {
  readonly #model: string
  readonly #context: AdapterContext

  constructor(model: string, context: AdapterContext) {
    this.#model = model
    this.#context = context
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    const row: StateRow = {
      model: this.#model,
      id_hash: hashOf(this.#model, id),
      grant_id: typeof payload.grantId === 'string' ? hashOf('Grant', payload.grantId) : null,
      uid: this.#model === 'Session' ? this.#lookup(payload['uid']) : null,
      user_code: this.#lookup(payload['userCode']),
      account: accountOf(this.#context.sealed, this.#model, payload),
      payload: await this.#context.sealed.seal(payload),
      consumed_at: null,
      expires_at: expiresIn === undefined ? null : now() + Math.ceil(expiresIn) + TOLERANCE_SECONDS,
    }
    if (this.#model === 'ReplayDetection') return this.#insertOnce(row)
    if (this.#model === 'DeviceCode' && isTaken(payload)) return this.#takeDeviceCode(row, payload)
    if (this.#model === 'Session') return this.#keepSession(row)
    const { model: _model, id_hash: _hash, consumed_at: _consumed, ...rest } = row
    this.#context.count?.(this.#model, 'upsert')
    await writeOrKeep(this.#db, {
      failed: this.#context.failed,
      run: (db) =>
        db
          .insertInto('oidc_state')
          .values(row)
          .onConflict((conflict) => conflict.columns(['model', 'id_hash']).doUpdateSet(rest))
          .execute(),
    })
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    return this.#one('find', 'id_hash', hashOf(this.#model, id))
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#one('findByUid', 'uid', this.#lookup(uid))
  }

  async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.#one('findByUserCode', 'user_code', this.#lookup(userCode))
  }

  /** Uses something up that may be used once. Of several that try at once, one does, whichever instance they ask. */
  async consume(id: string): Promise<void> {
    const hash = hashOf(this.#model, id)
    this.#context.count?.(this.#model, 'consume')
    await writeOrKeep(this.#db, {
      failed: this.#context.failed,
      run: async (db) => {
        const update = db
          .updateTable('oidc_state')
          .set({ consumed_at: now() })
          .where('model', '=', this.#model)
          .where('id_hash', '=', hash)
        const guarded = this.#context.guards.atomicConsume === false ? update : update.where('consumed_at', 'is', null)
        const [result] = await guarded.execute()
        if (result?.numUpdatedRows !== 1n) throw new errors.InvalidGrant(`${this.#model} was used before`)
      },
      // Whoever redeems a code a second time may have stolen it: what came of it ends (RFC 6749 §4.1.2).
      refused: this.#model === 'AuthorizationCode' ? () => this.#endGrantOf(hash) : undefined,
    })
  }

  async destroy(id: string): Promise<void> {
    // Under another id the same session may go on: it has a new one after each login.
    if (this.#model === 'Session')
      return this.#do('destroy', () => endSession(this.#db, { id_hash: hashOf('Session', id), uid: null }))
    await this.#do('destroy', () =>
      this.#db
        .deleteFrom('oidc_state')
        .where('model', '=', this.#model)
        .where('id_hash', '=', hashOf(this.#model, id))
        .execute(),
    )
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    await this.#do('revokeByGrantId', () =>
      this.#db
        .deleteFrom('oidc_state')
        .where('model', '=', this.#model)
        .where('grant_id', '=', hashOf('Grant', grantId))
        .execute(),
    )
  }

  get #db(): Store['db'] {
    return this.#context.store.db
  }

  async #one(
    operation: string,
    column: 'id_hash' | 'uid' | 'user_code',
    value: string | null,
  ): Promise<AdapterPayload | undefined> {
    const row = await this.#do(operation, () =>
      this.#db
        .selectFrom('oidc_state')
        .select(['id_hash', 'payload', 'consumed_at', 'expires_at'])
        .where('model', '=', this.#model)
        .where(column, '=', value)
        .executeTakeFirst(),
    )
    if (row === undefined || (row.expires_at !== null && row.expires_at <= now())) return undefined
    const payload = (await this.#context.sealed.open(row.payload)) as AdapterPayload | undefined
    // Rows cannot be swapped: the id inside is the one that the row is found by.
    if (payload === undefined || hashOf(this.#model, payload.jti ?? '') !== row.id_hash) return undefined
    return { ...payload, ...this.#consumed(row.consumed_at) }
  }

  #consumed(at: number | null): Pick<AdapterPayload, 'consumed'> {
    if (at === null) return {}
    // Within the grace, `consume` refuses it, and its family lives.
    const fresh = this.#model === 'RefreshToken' && now() - at < GRACE_SECONDS
    return fresh ? {} : { consumed: at }
  }

  /** What may come once until it expires: the jti of a proof or an assertion. */
  async #insertOnce(row: StateRow): Promise<void> {
    const { payload, expires_at } = row
    const insert = this.#db.insertInto('oidc_state').values(row)
    const [result] = await this.#do('upsert', () =>
      insert
        .onConflict((conflict) =>
          conflict
            .columns(['model', 'id_hash'])
            .doUpdateSet({ payload, expires_at })
            .where('oidc_state.expires_at', '<=', now()),
        )
        .execute(),
    )
    if (result?.numInsertedOrUpdatedRows !== 1n) throw new errors.InvalidGrant('jti was used before')
  }

  /**
   * A session that ended while a request with it was being answered is not written again, neither as it was nor under a
   * new id: else a form that is sent slowly would keep it from ending.
   */
  async #keepSession({ model, id_hash, ...rest }: StateRow): Promise<void> {
    await this.#do('upsert', async () => {
      await this.#db
        .insertInto('oidc_state')
        .values({ model, id_hash, ...rest })
        .onConflict((conflict) =>
          conflict.columns(['model', 'id_hash']).doUpdateSet(rest).where('oidc_state.consumed_at', 'is', null),
        )
        .execute()
      // Last, so that of this and the end, whichever comes second finds the other.
      const ended = this.#db
        .selectFrom('oidc_state as ended')
        .select('ended.id_hash')
        .where('ended.model', '=', model)
        .where('ended.uid', '=', rest.uid)
        .where('ended.consumed_at', 'is not', null)
      await this.#db
        .deleteFrom('oidc_state')
        .where('model', '=', model)
        .where('id_hash', '=', id_hash)
        .where('consumed_at', 'is', null)
        .where(({ exists }) => exists(ended))
        .execute()
    })
  }

  /**
   * A user code is entered once, and so whoever entered it is the one who approves: from then on nobody finds the
   * device code by it (RFC 8628 §5.1).
   */
  async #takeDeviceCode(row: StateRow, payload: AdapterPayload): Promise<void> {
    const { grant_id, payload: sealed, expires_at } = row
    const update = this.#db
      .updateTable('oidc_state')
      .set({ grant_id, payload: sealed, expires_at, user_code: null })
      .where('model', '=', row.model)
      .where('id_hash', '=', row.id_hash)
    const entered = payload['accountId'] === undefined && payload['error'] === undefined
    const [result] = await this.#do('upsert', () =>
      (entered ? update.where('user_code', 'is not', null) : update).execute(),
    )
    if (result?.numUpdatedRows !== 1n) throw new errors.InvalidRequest('the code was entered before')
  }

  async #endGrantOf(hash: string): Promise<void> {
    await this.#do('endGrant', async () => {
      const row = await this.#db
        .selectFrom('oidc_state')
        .select('grant_id')
        .where('model', '=', this.#model)
        .where('id_hash', '=', hash)
        .executeTakeFirst()
      const grant = row?.grant_id
      if (grant === undefined || grant === null) return
      await this.#db.deleteFrom('oidc_state').where('model', '=', 'Grant').where('id_hash', '=', grant).execute()
      await this.#db
        .deleteFrom('oidc_state')
        .where('grant_id', '=', grant)
        .where('model', 'in', ['AccessToken', 'RefreshToken'])
        .execute()
    })
  }

  #lookup(value: unknown): string | null {
    return typeof value === 'string' ? this.#context.sealed.lookup(this.#model, value) : null
  }

  async #do<T>(operation: string, work: () => Promise<T>): Promise<T> {
    this.#context.count?.(this.#model, operation)
    try {
      return await work()
    } catch (error) {
      this.#context.failed?.(error)
      throw unavailable(error)
    }
  }
}

/** Whether a device code is somebody's: being approved, approved, or refused. */
function isTaken(payload: AdapterPayload): boolean {
  return payload['inFlight'] === true || payload['accountId'] !== undefined || payload['error'] !== undefined
}

const now = (): number => Math.floor(Date.now() / 1000)

/** Clients are registered by administrators: oidc-provider only reads them. */
function clientAdapter({ clients, count, failed }: AdapterContext): Adapter {
  const refuse = async (): Promise<never> => {
    throw new Error('clients are registered by an administrator')
  }
  return {
    async find(id) {
      try {
        return (await clients.find(id, () => count?.('Client', 'find'))) as AdapterPayload | undefined
      } catch (error) {
        failed?.(error)
        throw unavailable(error)
      }
    },
    upsert: refuse,
    destroy: refuse,
    consume: refuse,
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
    revokeByGrantId: refuse,
  }
}
