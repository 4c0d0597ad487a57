import type { Store } from './store/database.ts'

/** Something that happened: who did it, from where, and what to know of it. No password, token or secret. */
export interface AuditEvent {
  readonly actor: string
  readonly ip?: string
  readonly event: string
  readonly data: Readonly<Record<string, string | number | boolean>>
}

/** What happened, in the order in which it did. */
export class Audit {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  async record({ actor, ip, event, data }: AuditEvent): Promise<void> {
    const at = Math.floor(Date.now() / 1000)
    await this.#store.db
      .insertInto('audit')
      .values({ at, actor, ip: ip ?? null, event, data: JSON.stringify(data) })
      .execute()
  }
}
