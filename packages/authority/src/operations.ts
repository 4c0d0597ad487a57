import { type ClientOperations, clientOperations } from './operations/clients.ts'
import { type KeyOperations, keyOperations } from './operations/keys.ts'
import type { Actor, OperationsParts } from './operations/parts.ts'
import { type SessionOperations, sessionOperations } from './operations/sessions.ts'
import { type UserOperations, userOperations } from './operations/users.ts'

/**
 * What an administrator does, by the command line, the socket of a running server, the admin API or the admin page:
 * `operations` of {@link openAuthority}. What goes in and comes out is plain data.
 */
export interface Operations extends UserOperations, ClientOperations, KeyOperations, SessionOperations {}

/** @param by - who does it, as the audit trail names them */
export function createOperations(parts: OperationsParts, by: Actor = { actor: 'administrator' }): Operations {
  const write = (event: string, data: Parameters<typeof parts.audit.record>[0]['data']): Promise<void> =>
    parts.audit.record({ ...by, event, data })
  return {
    ...userOperations(parts, write),
    ...clientOperations(parts, write),
    ...keyOperations(parts, write),
    ...sessionOperations(parts, write),
  }
}

/** Every operation: the compiler holds that none is left out. */
const ALL: Readonly<Record<keyof Operations, true>> = {
  addUser: true,
  listUsers: true,
  updateUser: true,
  disableUser: true,
  enableUser: true,
  deleteUser: true,
  resetPassword: true,
  resetFactors: true,
  addClient: true,
  listClients: true,
  rotateClientSecret: true,
  disableClient: true,
  enableClient: true,
  listKeys: true,
  rotateKeys: true,
  revokeKey: true,
  listSessions: true,
  endSession: true,
  endSessions: true,
  listAudit: true,
}

/** All there is, by name: for whoever hands requests on. */
export const OPERATION_NAMES = Object.keys(ALL) as readonly (keyof Operations)[]
