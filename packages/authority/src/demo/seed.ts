import { randomInt } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Users } from '../accounts/users.ts'

const EMAIL = 'demo@example.com'
const FILE = 'demo-password'

/** The part of the authority's operations that the demo needs. */
export interface SeedOperations {
  addUser(input: { email: string; password: string; name: string; roles: readonly string[] }): Promise<unknown>
  addClient(input: DemoClientInput | DemoServiceInput): Promise<{ readonly client_secret?: string | undefined }>
}

/** A registration, as an administrator would write it. */
export interface DemoClientInput {
  readonly client_id: string
  readonly client_name: string
  readonly type: 'web'
  readonly redirect_uris: readonly string[]
  readonly post_logout_redirect_uris: readonly string[]
  readonly backchannel_logout_uri: string
  readonly resources: Readonly<Record<string, string>>
  readonly trusted: true
  readonly replace: true
}

/** That of a service, which gets tokens for itself. */
export interface DemoServiceInput {
  readonly client_id: string
  readonly client_name: string
  readonly type: 'service'
  readonly resources: Readonly<Record<string, string>>
  readonly replace: true
}

/** What the authority knows a client by. */
export interface Registered {
  readonly clientId: string
  readonly clientSecret: string
}

/** The user of the demo, and how to log in as them. */
export interface DemoUser {
  readonly email: string
  /** Nothing where it is not known: it was changed, or its file is gone. */
  readonly password: string | undefined
  /** The file with the password. */
  readonly file: string
}

/**
 * The one user of the demo. Whoever starts it a second time still wants to log in, and the database has but a hash of the
 * password; so a file beside it, which its owner alone may read, keeps the password, and every start tells it. (A new one
 * at each start would make the terminals of yesterday lie; one for all demos would be known to everybody.) What does not
 * fit any more is not told, and never set back: the user may have been given another password.
 */
export async function seedUser(
  operations: SeedOperations,
  users: Pick<Users, 'findByEmail' | 'authenticate'>,
  data: string,
): Promise<DemoUser> {
  const file = join(data, FILE)
  const kept = await read(file)
  if ((await users.findByEmail(EMAIL)) !== undefined) {
    const fits = kept !== undefined && (await users.authenticate(EMAIL, kept)) !== undefined
    return { email: EMAIL, password: fits ? kept : undefined, file }
  }
  const password = kept ?? makePassword()
  if (kept === undefined) {
    await mkdir(data, { recursive: true, mode: 0o700 })
    await writeFile(file, `${password}\n`, { mode: 0o600, flag: 'wx' })
  }
  await operations.addUser({ email: EMAIL, password, name: 'Dana Demo', roles: ['reader'] })
  return { email: EMAIL, password, file }
}

/** Registers an app. The database has a hash of its secret, so each start gives it a new one, which is kept nowhere. */
export async function seedClient(
  operations: SeedOperations,
  app: { readonly id: string; readonly name: string; readonly origin: string; readonly scope: string },
  apiOrigin: string,
): Promise<Registered> {
  return seed(operations, {
    client_id: `demo-${app.id}`,
    client_name: app.name,
    type: 'web',
    redirect_uris: [`${app.origin}/callback`],
    post_logout_redirect_uris: [`${app.origin}/signed-out`],
    backchannel_logout_uri: `${app.origin}/backchannel-logout`,
    resources: { [apiOrigin]: app.scope },
    trusted: true,
    replace: true,
  })
}

/** Registers the service that watches a rotation. */
export function seedService(operations: SeedOperations, scope: string, apiOrigin: string): Promise<Registered> {
  return seed(operations, {
    client_id: 'demo-watch',
    client_name: 'The watch on the keys',
    type: 'service',
    resources: { [apiOrigin]: scope },
    replace: true,
  })
}

async function seed(operations: SeedOperations, input: DemoClientInput | DemoServiceInput): Promise<Registered> {
  const { client_secret: clientSecret } = await operations.addClient(input)
  const clientId = input.client_id
  if (clientSecret === undefined) throw new Error(`${clientId} got no secret`)
  return { clientId, clientSecret }
}

async function read(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  return text.trim() || undefined
}

const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789' // without those that look alike

/** 16 of 31 letters in groups of four: 79 bits, and easy to type. */
function makePassword(): string {
  const group = (): string => Array.from({ length: 4 }, () => LETTERS[randomInt(LETTERS.length)]).join('')
  return Array.from({ length: 4 }, group).join('-')
}
