import { randomBytes } from 'node:crypto'
import type { NewUser, Users } from './users.ts'

/** Saves the two users of the demonstration and tells their passwords: new ones at each start unless they are given. */
export async function seedUsers(
  users: Users,
  makePassword = (): string => randomBytes(9).toString('base64url'),
): Promise<readonly [admin: NewUser, member: NewUser]> {
  const admin = { name: 'Ada Reyes', email: 'ada@example.com', roles: ['member', 'admin'], password: makePassword() }
  const member = { name: 'Max Lindqvist', email: 'max@example.com', roles: ['member'], password: makePassword() }
  await Promise.all([users.save(admin), users.save(member)])
  return [admin, member]
}
