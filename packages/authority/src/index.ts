/**
 * @countersign/authority: a server where people log in, apps get tokens, and signing keys rotate.
 *
 * @module @countersign/authority
 */
export type { User } from './accounts/users.ts'
export type { AuditEntry, AuditQuery } from './audit.ts'
export {
  type Authority,
  type AuthorityOptions,
  type OpenAuthority,
  openAuthority,
  startAuthority,
} from './authority.ts'
export { type AuthorityCode, AuthorityError } from './errors.ts'
export type { AddedClient, ClientOperations } from './operations/clients.ts'
export type { KeyOperations } from './operations/keys.ts'
export type { ListedSession, SessionOperations } from './operations/sessions.ts'
export type { AddedUser, PasswordReset, UserEdit, UserInput, UserOperations } from './operations/users.ts'
export type { Operations } from './operations.ts'
export type { ClientAuth, ClientInput, ClientType } from './protocol/client-metadata.ts'
export { type LogLevel, type Settings, toSettings } from './settings.ts'
