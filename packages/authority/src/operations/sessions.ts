import type { AuditEntry, AuditQuery } from '../audit.ts'
import type { SessionInfo } from '../protocol/sessions.ts'
import type { OperationsParts, Write } from './parts.ts'

/** A session, and whose it is, as `listSessions` of {@link openAuthority} lists it. */
export interface ListedSession extends SessionInfo {
  /** The address of the user, where there is one still. */
  readonly email: string | undefined
}

/**
 * What an administrator does about who is logged in, and about what happened: a part of `operations` of
 * {@link openAuthority}.
 */
export interface SessionOperations {
  /** The sessions of a user, or of everybody. @throws {AuthorityError} `USER_UNKNOWN` */
  listSessions(user?: string): Promise<readonly ListedSession[]>
  /** Ends a session: its apps are told, and what they got by it ends. @throws {AuthorityError} `SESSION_UNKNOWN` */
  endSession(id: string): Promise<SessionInfo>
  /**
   * Ends all that a user is logged in to, with every grant and token, and says how many sessions that were.
   *
   * @throws {AuthorityError} `USER_UNKNOWN`
   */
  endSessions(user: string): Promise<{ readonly user: string; readonly ended: number }>
  /** What happened: the newest first, or with `after` what came behind it. @throws {AuthorityError} `USER_UNKNOWN` */
  listAudit(query?: AuditQuery): Promise<readonly AuditEntry[]>
}

export function sessionOperations({ sessions, users, audit }: OperationsParts, write: Write): SessionOperations {
  return {
    async listSessions(name) {
      const user = name === undefined ? undefined : await users.demand(name)
      const listed = await sessions.list(user?.id)
      const emails = await users.emailsOf([...new Set(listed.map((one) => one.user))])
      return listed.map((one) => ({ ...one, email: emails.get(one.user) }))
    },
    async endSession(id) {
      const session = await sessions.end(id)
      await write('session.ended', { user: session.user })
      return session
    },
    async endSessions(name) {
      const user = await users.demand(name)
      const ended = await sessions.endEverything(user.id)
      await write('session.all_ended', { user: user.id, ended })
      return { user: user.id, ended }
    },
    async listAudit(query = {}) {
      // Who was deleted is known by the id alone.
      const named = query.user?.includes('@') === true
      return audit.list(named ? { ...query, user: (await users.demand(query.user as string)).id } : query)
    },
  }
}
