import { sql } from 'kysely'
import { literal, type Store } from './store/database.ts'

/** Something that happened: who did it, from where, and what to know of it. No password, token or secret. */
export interface AuditEvent {
  /** Who did it: a user, a client or an administrator. */
  readonly actor: string
  /** From which address. */
  readonly ip?: string | undefined
  /** What it was, such as `login.failed`. */
  readonly event: string
  /** What to know of it, by name, such as how many sessions were ended. */
  readonly data: Readonly<Record<string, string | number | boolean>>
}

/** What happened, as `listAudit` of {@link openAuthority} tells it. */
export interface AuditEntry extends AuditEvent {
  /** Counts up; numbers may be left out. */
  readonly seq: number
  /** When, in epoch seconds. */
  readonly at: number
}

/** Which of the things that happened `listAudit` of {@link openAuthority} tells. */
export interface AuditQuery {
  /** Entries behind the one of this `seq` alone, the oldest first; else the last ones, the newest first. */
  readonly after?: number | undefined
  /** Entries before the one of this `seq` alone. */
  readonly before?: number | undefined
  /** Those of one kind, such as `login.failed`, or of kinds that begin so, such as `login.` */
  readonly event?: string | undefined
  /** Those that a user or an administrator did, or that are about them. */
  readonly user?: string | undefined
  /** How many entries at most. Default 50. */
  readonly limit?: number | undefined
}

const MOST_LISTED = 1000

/** What happened, in the order in which it did. */
export class Audit {
  readonly #store: Store
  readonly #told: (event: string, data: AuditEvent['data']) => void

  /** @param told - called with the name of each event and what there is to know of it, to count it */
  constructor(store: Store, told: (event: string, data: AuditEvent['data']) => void = () => undefined) {
    this.#store = store
    this.#told = told
  }

  async record({ actor, ip, event, data }: AuditEvent): Promise<void> {
    const at = Math.floor(Date.now() / 1000)
    this.#told(event, data)
    await this.#store.db
      .insertInto('audit')
      .values({ at, actor, ip: ip ?? null, event, data: JSON.stringify(data) })
      .execute()
  }

  async list({ after, before, event, user, limit = 50 }: AuditQuery = {}): Promise<readonly AuditEntry[]> {
    // PostgreSQL takes no text with U+0000 in it, and nothing that is kept here has one.
    if (`${event}${user}`.includes('\0')) return []
    let query = this.#store.db.selectFrom('audit').selectAll()
    query = query.orderBy('seq', after === undefined ? 'desc' : 'asc')
    if (after !== undefined) query = query.where('seq', '>', after)
    if (before !== undefined) query = query.where('seq', '<', before)
    if (event !== undefined)
      query = event.endsWith('.')
        ? query.where(sql<boolean>`event LIKE ${`${literal(event)}%`} ESCAPE '\\'`)
        : query.where('event', '=', event)
    if (user !== undefined)
      query = query.where(({ or, eb }) => {
        const about = `%${literal(`"user":${JSON.stringify(user)}`)}%`
        return or([eb('actor', '=', user), sql<boolean>`data LIKE ${about} ESCAPE '\\'`])
      })
    const rows = await query.limit(Math.max(1, Math.min(MOST_LISTED, Math.floor(limit)))).execute()
    return rows.map(({ seq, at, actor, ip, event: name, data }) => ({
      seq: Number(seq),
      at,
      actor,
      ...(ip !== null && { ip }),
      event: name,
      data: JSON.parse(data) as AuditEvent['data'],
    }))
  }
}
