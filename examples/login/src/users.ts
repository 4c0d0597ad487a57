import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { hashPassword, unknownPassword, verifyPassword } from './passwords.ts'

/** A user as the rest of the program knows one: the password stays in here. */
export interface User {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly roles: readonly string[]
}

/** A user to be created, or to be changed where the email is known already. */
export interface NewUser extends Omit<User, 'id'> {
  readonly password: string
}

/** Users in SQLite: in memory, or in a file that outlives the process. */
export class Users {
  readonly #db: DatabaseSync
  readonly #unknown = unknownPassword()

  constructor(file = ':memory:') {
    this.#db = new DatabaseSync(file)
    this.#db.exec(`
      CREATE TABLE IF NOT EXISTS users (
        id TEXT PRIMARY KEY,
        email TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        roles TEXT NOT NULL,
        password TEXT NOT NULL
      ) STRICT`)
  }

  async save({ email, name, roles, password }: NewUser): Promise<void> {
    const hash = await hashPassword(password)
    this.#db
      .prepare(
        `INSERT INTO users (id, email, name, roles, password) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (email) DO UPDATE SET name = excluded.name, roles = excluded.roles, password = excluded.password`,
      )
      .run(randomUUID(), toAccount(email), name, JSON.stringify(roles), hash)
  }

  find(id: string): User | undefined {
    const row = this.#db.prepare('SELECT * FROM users WHERE id = ?').get(id)
    return row && toUser(row)
  }

  all(): readonly User[] {
    return this.#db.prepare('SELECT * FROM users ORDER BY name').all().map(toUser)
  }

  /** The user with this email and this password; an unknown email takes as long as a wrong password. */
  async authenticate(email: string, password: string): Promise<User | undefined> {
    const row = this.#db.prepare('SELECT * FROM users WHERE email = ?').get(toAccount(email))
    const matches = await verifyPassword(password, row ? String(row['password']) : this.#unknown)
    return row && matches ? toUser(row) : undefined
  }

  close(): void {
    this.#db.close()
  }
}

/** The one spelling of an email address. */
export function toAccount(email: string): string {
  return email.trim().toLowerCase()
}

function toUser(row: Record<string, unknown>): User {
  return {
    id: String(row['id']),
    email: String(row['email']),
    name: String(row['name']),
    roles: JSON.parse(String(row['roles'])),
  }
}
