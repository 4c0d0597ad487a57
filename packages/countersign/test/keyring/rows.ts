import type { StoredKey } from 'countersign/keyring'
import { type Plan, toPlan } from '../../src/keyring/plan.ts'
import { notice, readiness, type Schedule } from '../../src/keyring/schedule.ts'
import { NOW } from '../support/forge.ts'

/** Short times that are told apart at a glance. */
export const SCHEDULE: Schedule = {
  period: 10_000,
  prepublish: 1000,
  overlap: 500,
  tokenLifetime: 300,
  cacheMaxAge: 100,
  poll: 10,
  skew: 20,
}

/** How long before its turn a key is written, and the notice of an early rotation; see schedule.test.ts. */
export const [READY, SOON] = [readiness(SCHEDULE), notice(SCHEDULE)]

/** A row with all its parts; times count from `NOW`. */
export function row(kid: string, activateAt: number, more: Partial<StoredKey> = {}): StoredKey {
  const { publishedAt = activateAt - READY, retireAt, purgeAt, revokedAt, ...rest } = more
  return {
    kid,
    alg: 'ES256',
    publicJwk: { kty: 'EC' },
    voucher: 'sealed as well',
    privateJwk: 'sealed',
    publishedAt: NOW + publishedAt,
    activateAt: NOW + activateAt,
    ...(retireAt !== undefined && { retireAt: NOW + retireAt }),
    ...(purgeAt !== undefined && { purgeAt: NOW + purgeAt }),
    ...(revokedAt !== undefined && { revokedAt: NOW + revokedAt }),
    ...rest,
  }
}

/** A secret: it has but one half. */
export function secretRow(kid: string, activateAt: number, more: Partial<StoredKey> = {}): StoredKey {
  const { publicJwk: _none, voucher: _neither, ...rest } = row(kid, activateAt, { alg: 'HS256', ...more })
  return rest
}

/** What is due `at` seconds after `NOW`. */
export const planOf = (
  keys: readonly StoredKey[],
  at = 0,
  algs: readonly string[] = ['ES256'],
  schedule: Schedule = SCHEDULE,
): Plan => toPlan(keys, algs, schedule, NOW + at)

/** The rows once all is done that is due; keys that are made are called `new1`, `new2` and so on. */
export function tended(
  keys: readonly StoredKey[],
  at = 0,
  algs: readonly string[] = ['ES256'],
  schedule: Schedule = SCHEDULE,
): readonly StoredKey[] {
  const rows = new Map(keys.map((key) => [key.kid, key]))
  for (let rounds = 0; rounds < 10; rounds++) {
    const { insert, put, remove } = planOf([...rows.values()], at, algs, schedule)
    for (const { alg, activateAt } of insert) {
      let count = 1
      while (rows.has(`new${count}`)) count++
      const made = row(`new${count}`, activateAt - NOW, { publishedAt: at })
      rows.set(made.kid, { ...made, alg })
    }
    for (const key of put) rows.set(key.kid, key)
    for (const kid of remove) rows.delete(kid)
    if (insert.length === 0) return [...rows.values()]
  }
  throw new Error('the plan wants new keys without end')
}

/** The times of a row, counted from `NOW`. */
export const timesOf = (key: StoredKey | undefined): readonly unknown[] =>
  [key?.activateAt, key?.retireAt, key?.purgeAt].map((time) => time && time - NOW)
