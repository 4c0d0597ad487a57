/**
 * @countersign/authority: a server where people log in, apps get tokens, and signing keys rotate.
 *
 * @packageDocumentation
 */
export type { User } from './accounts/users.ts'
export {
  type Authority,
  type AuthorityOptions,
  type OpenAuthority,
  openAuthority,
  startAuthority,
} from './authority.ts'
export { type AuthorityCode, AuthorityError } from './errors.ts'
export type { AddedClient, AddedUser, Operations, UserInput } from './operations.ts'
export type { ClientAuth, ClientInput, ClientType } from './protocol/clients.ts'
export { type LogLevel, type Settings, toSettings } from './settings.ts'
