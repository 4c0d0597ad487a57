import type { KeyRing } from 'countersign/keyring'
import type { SendMail } from '../accounts/mail.ts'
import type { Users } from '../accounts/users.ts'
import type { Audit, AuditEvent } from '../audit.ts'
import type { Clients } from '../protocol/clients.ts'
import type { CurrentProvider } from '../protocol/current.ts'
import type { Sessions } from '../protocol/sessions.ts'

/** What the operations work on. */
export interface OperationsParts {
  readonly issuer: string
  readonly users: Users
  readonly clients: Clients
  readonly sessions: Sessions
  readonly ring: KeyRing
  readonly current: CurrentProvider
  readonly audit: Audit
  /** Where the settings name somebody who sends mail. */
  readonly mail: SendMail | undefined
}

/** Who asks for an operation: for the audit trail. */
export interface Actor {
  /** The id of a user or a client, or `administrator` for the command line. */
  readonly actor: string
  readonly ip?: string | undefined
}

/** Writes what was done to the audit trail. */
export type Write = (event: string, data: AuditEvent['data']) => Promise<void>
