import { AuthorityError } from '../errors.ts'
import type { UserRow } from '../store/schema.ts'
import { isEmail, toEmail } from './email.ts'
import type { User } from './users.ts'

const [LEAST_PASSWORD, MOST_PASSWORD] = [8, 1024] // characters
const MOST_NAME = 200
/** What breaks a line or turns the text around it. Joiners are fine: some scripts need them. */
const MISLEADING = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u
const MOST_ROLES = 100
/** A role gets into tokens, and `scope` has shown that spaces in a name are a trap. */
const ROLE = /^[\x21-\x7e]{1,100}$/

/** What may be wrong with what is said of a user; what is left out is not looked at. */
export interface Fields {
  readonly email?: string | undefined
  readonly password?: string | undefined
  readonly name?: string | undefined
  readonly roles?: readonly string[] | undefined
}

/** @throws {AuthorityError} `USER_INVALID`, with every fault that there is */
export function demandFields({ email, password, name, roles }: Fields): void {
  const faults: string[] = []
  if (email !== undefined && (typeof email !== 'string' || !isEmail(toEmail(email))))
    faults.push('the e-mail address is none: it needs one @, no spaces and at most 254 characters')
  if (password !== undefined && !isPassword(password))
    faults.push(`the password needs ${LEAST_PASSWORD} to ${MOST_PASSWORD} characters`)
  if (name !== undefined && !isName(name)) faults.push(`the name needs 1 to ${MOST_NAME} characters that can be seen`)
  if (roles !== undefined && !areRoles(roles))
    faults.push('a role is a word of 1 to 100 characters of ASCII without spaces')
  if (faults.length > 0) throw new AuthorityError('USER_INVALID', faults.join('; '))
}

function isPassword(password: unknown): boolean {
  if (typeof password !== 'string') return false
  const length = [...password.normalize('NFKC')].length
  return length >= LEAST_PASSWORD && length <= MOST_PASSWORD
}

/** Whether something can be shown as what somebody or something is called. */
export const isName = (name: unknown): boolean =>
  typeof name === 'string' && name.trim() !== '' && name.length <= MOST_NAME && !MISLEADING.test(name)

const areRoles = (roles: unknown): boolean =>
  Array.isArray(roles) && roles.length <= MOST_ROLES && roles.every((one) => typeof one === 'string' && ROLE.test(one))

/** What of a user is kept as JSON. */
export function toClaims(name: string | undefined, roles: readonly string[]): string {
  return JSON.stringify({ name: name?.trim(), roles: [...new Set(roles)] })
}

/** @throws {AuthorityError} `DATABASE` for a row that this program has not written */
export function parseUser({ id, email, state, claims }: Omit<UserRow, 'created_at'>): User {
  const { name, roles } = parseClaims(id, claims)
  if (state !== 'active' && state !== 'disabled') throw damaged(id, 'state')
  return { id, email, state, name, roles }
}

function parseClaims(id: string, text: string): Pick<User, 'name' | 'roles'> {
  let claims: unknown
  try {
    claims = JSON.parse(text)
  } catch {
    throw damaged(id, 'claims')
  }
  if (typeof claims !== 'object' || claims === null) throw damaged(id, 'claims')
  const { name, roles } = claims as Readonly<Record<string, unknown>>
  if (name !== undefined && typeof name !== 'string') throw damaged(id, 'name')
  if (!Array.isArray(roles) || !roles.every((role) => typeof role === 'string')) throw damaged(id, 'roles')
  return { name, roles }
}

function damaged(id: string, what: string): AuthorityError {
  return new AuthorityError('DATABASE', `the ${what} of user ${id} cannot be read`)
}
