import { judge, type Spread, spread, type Verdict } from '../figures.ts'
import type { Rounds } from '../jobs.ts'
import { timesOf } from '../measure.ts'
import type { Operations } from './control.ts'
import type { Slices } from './rounds.ts'

/** Ours, on each database that it has. */
export const [SQLITE, POSTGRES] = ['authority, SQLite', 'authority, PostgreSQL']
export const OURS: readonly string[] = [SQLITE, POSTGRES]
/** What ours is compared with. */
export const [ALONE, BARE] = ['oidc-provider alone', 'bare endpoint']
/** No server: what of a login is the password. */
export const ARGON2 = 'argon2id'

/** What a run found. Each map is by the names of the servers. */
export interface Found {
  readonly clientCredentials: Slices
  readonly refresh: Slices
  readonly login: Slices
  /** Operations on the database of one login. */
  readonly operations: ReadonlyMap<string, Operations>
  readonly memory: ReadonlyMap<string, Memory>
  /** Milliseconds until it is ready, one number for each start. */
  readonly ready: ReadonlyMap<string, readonly number[]>
}

export interface Memory {
  readonly rssBytes: number
  /** How many tokens were made while the load lasted. */
  readonly done: number
}

const MEGABYTE = 1_000_000

/** What must hold. */
export function toVerdicts({ clientCredentials: { cpu }, operations, memory, ready }: Found): readonly Verdict[] {
  return OURS.filter((name) => cpu.has(name)).flatMap((name) => [
    ...(
      [
        [ALONE, 1.7],
        [BARE, 3.5],
      ] as const
    ).map(([against, most]) =>
      judge({
        what: `CPU per client_credentials, ${name}`,
        against,
        bound: { most },
        value: costAgainst(cpu, name, against),
      }),
    ),
    judge({
      what: `operations on the database per login, ${name}`,
      bound: { most: 16 },
      value: spread([sum(operations.get(name) ?? { unknown: Number.NaN })]),
    }),
    judge({
      what: `memory under load, ${name}`,
      bound: { most: 350 },
      unit: 'MB',
      value: spread([(memory.get(name)?.rssBytes ?? Number.NaN) / MEGABYTE]),
    }),
    judge({ what: `time to ready, ${name}`, bound: { most: 1500 }, unit: 'ms', value: spread(ready.get(name) ?? []) }),
  ])
}

/** What one operation costs, as a multiple of another's, from the pairs of each round. */
export function costAgainst(cpu: Rounds, name: string, other: string): Spread {
  const theirs = timesOf(cpu, other)
  return spread(timesOf(cpu, name).map((cost, round) => cost / (theirs[round] ?? Number.NaN)))
}

/** What a login costs beside its password. */
export function withoutPasswords(cpu: Rounds): Rounds {
  const passwords = timesOf(cpu, ARGON2)
  const others = [...cpu].filter(([name]) => name !== ARGON2)
  return new Map(
    others.map(([name, costs]) => [
      name,
      OURS.includes(name) ? costs.map((cost, round) => cost - (passwords[round] ?? Number.NaN)) : costs,
    ]),
  )
}

export function sum(operations: Operations): number {
  return Object.values(operations).reduce((all, one) => all + one, 0)
}
