import type { TestContext } from 'node:test'
import { Factors } from '../../src/accounts/factors.ts'
import { type User, Users } from '../../src/accounts/users.ts'
import { Audit } from '../../src/audit.ts'
import type { Store } from '../../src/store/database.ts'
import type { Place } from './stores.ts'

export const ISSUER = 'https://login.example'

/** Two people, and the factors of both, at a time that a test sets. */
export interface People {
  readonly store: Store
  readonly users: Users
  readonly audit: Audit
  readonly factors: Factors
  readonly ada: User
  readonly bob: User
  /** Epoch seconds. */
  now: number
  /** Another instance on the same database. */
  readonly other: Factors
}

const PASSWORD = 'correct horse battery'

export async function openPeople(t: TestContext, place: (t: TestContext) => Promise<Place>): Promise<People> {
  const store = await (await place(t)).open()
  const [users, audit] = [new Users(store), new Audit(store)]
  const people = { now: 1_800_000_015 }
  const secret = new Uint8Array(64).fill(7)
  const make = (): Factors =>
    new Factors({ store, users, audit, issuer: ISSUER, secret, name: 'login.example', clock: () => people.now })
  const ada = await users.add({ email: 'ada@example.org', password: PASSWORD, name: 'Ada' })
  const bob = await users.add({ email: 'bob@example.org', password: PASSWORD })
  return Object.assign(people, { store, users, audit, ada, bob, factors: make(), other: make() })
}
