import { notice, type Schedule } from './schedule.ts'
import type { StoredKey } from './store.ts'

/**
 * What a key does: `next` is published and waits for its turn, `active` signs, `retired` only verifies what it signed,
 * `revoked` verifies nothing any more, `purged` is about to be removed. States follow from the times of a key and those
 * of its successor; nothing sets them.
 */
export type KeyState = 'next' | 'active' | 'retired' | 'revoked' | 'purged'

/** A key to be made. */
export interface Wanted {
  readonly alg: string
  readonly activateAt: number
}

/** What is due in a store. */
export interface Plan {
  readonly insert: readonly Wanted[]
  readonly put: readonly StoredKey[]
  readonly remove: readonly string[]
}

/** The key of an algorithm that signs at a time: of those whose turn has come the last. */
export function activeKey(keys: readonly StoredKey[], alg: string, now: number): StoredKey | undefined {
  return inOrder(keys, alg).findLast((key) => key.activateAt <= now && (key.retireAt ?? Number.POSITIVE_INFINITY) > now)
}

/** The state of a key at a time. */
export function stateOf(key: StoredKey, keys: readonly StoredKey[], now: number): KeyState {
  if (key.purgeAt !== undefined && key.purgeAt <= now) return 'purged'
  if (key.revokedAt !== undefined) return 'revoked'
  if (activeKey(keys, key.alg, now) === key) return 'active'
  return key.activateAt > now ? 'next' : 'retired'
}

/** The next moment after `now` at which a key changes its state; infinity where none does. */
export function nextChange(keys: readonly StoredKey[], now: number): number {
  const times = keys.flatMap(({ activateAt, retireAt, purgeAt }) => [activateAt, retireAt, purgeAt])
  return Math.min(...times.filter((time) => time !== undefined && time > now).map(Number), Number.POSITIVE_INFINITY)
}

/** The keys of an algorithm that are not revoked, in the order of their turns. */
function inOrder(keys: readonly StoredKey[], alg: string): readonly StoredKey[] {
  return keys
    .filter((key) => key.alg === alg && key.revokedAt === undefined)
    .sort((a, b) => a.activateAt - b.activateAt || (a.kid < b.kid ? -1 : 1))
}

/**
 * What is due at a time; once keys were inserted, it is asked again. It says the same however often it is asked, and mends what a crash left half done: two
 * instances that both act on it do no harm.
 *
 * @param algs - the algorithms that the ring is to have
 */
export function toPlan(keys: readonly StoredKey[], algs: readonly string[], schedule: Schedule, now: number): Plan {
  const insert: Wanted[] = []
  const planned = new Map(keys.map((key) => [key.kid, key]))
  for (const alg of new Set([...algs, ...keys.map((key) => key.alg)])) {
    const promoted = promote([...planned.values()], alg, now)
    if (promoted) planned.set(promoted.kid, promoted)
    if (algs.includes(alg)) insert.push(...toWanted([...planned.values()], alg, schedule, now))
    const successors = inOrder([...planned.values()], alg)
    for (const [index, key] of successors.entries()) {
      const follower = successors[index + 1]?.activateAt
      const fading = algs.includes(alg) || key.activateAt + schedule.period > now ? undefined : now
      planned.set(key.kid, retiring(key, follower ?? fading, schedule, now))
    }
  }
  const all = [...planned.values()].map((key) => withoutPrivate(key, schedule, now))
  const gone = all.filter(({ purgeAt }) => purgeAt !== undefined && purgeAt <= now).map(({ kid }) => kid)
  return {
    insert,
    put: all.filter((key) => !gone.includes(key.kid) && !isSame(key, keys)),
    remove: gone,
  }
}

/** The next key takes over at once where an algorithm that had an active key has none, since it was revoked. */
function promote(keys: readonly StoredKey[], alg: string, now: number): StoredKey | undefined {
  const began = keys.some((key) => key.alg === alg && key.activateAt <= now)
  if (!began || activeKey(keys, alg, now)) return undefined
  const next = inOrder(keys, alg).find((key) => key.activateAt > now)
  return next && { ...next, activateAt: now }
}

/** The keys that an algorithm lacks: one that signs, and always one that waits. */
function toWanted(keys: readonly StoredKey[], alg: string, schedule: Schedule, now: number): readonly Wanted[] {
  const { period, prepublish } = schedule
  const waiting = inOrder(keys, alg).some((key) => key.activateAt > now)
  const active = activeKey(keys, alg, now)
  if (waiting) return []
  if (active) return [{ alg, activateAt: Math.max(active.activateAt + period, now + prepublish) }]
  // Verifiers have the set without an algorithm that is new in it. A set that nobody has seen they do not have, and an
  // algorithm whose every key was revoked cannot wait.
  const unseen = keys.length === 0 || keys.some((key) => key.alg === alg && key.activateAt <= now)
  const activateAt = unseen ? now : now + prepublish
  return unseen
    ? [
        { alg, activateAt },
        { alg, activateAt: now + Math.max(period, prepublish) },
      ]
    : [{ alg, activateAt }]
}

/** A key with the times that follow from its successor's; what has passed stays as it is. */
function retiring(key: StoredKey, retireAt: number | undefined, { overlap }: Schedule, now: number): StoredKey {
  if (key.retireAt !== undefined && key.retireAt <= now && key.purgeAt !== undefined) return key
  const { retireAt: before, purgeAt, ...rest } = key
  if (retireAt === undefined) return rest
  const kept = before === retireAt ? (purgeAt ?? 0) : 0
  return { ...rest, retireAt, purgeAt: Math.max(kept, retireAt + overlap) }
}

/** Who no longer signs needs no private key. A secret verifies as well, so it stays for as long as it does that. */
function withoutPrivate(key: StoredKey, { skew }: Schedule, now: number): StoredKey {
  const { privateJwk, ...rest } = key
  const signed = key.publicJwk !== undefined && (key.retireAt ?? Number.POSITIVE_INFINITY) + skew <= now
  return privateJwk !== undefined && (signed || key.revokedAt !== undefined) ? rest : key
}

function isSame(key: StoredKey, before: readonly StoredKey[]): boolean {
  const other = before.find(({ kid }) => kid === key.kid)
  const { retireAt, purgeAt, activateAt, privateJwk } = key
  return (
    other !== undefined &&
    other.retireAt === retireAt &&
    other.purgeAt === purgeAt &&
    other.activateAt === activateAt &&
    other.privateJwk === privateJwk
  )
}

/** The next keys with their turns brought forward to as soon as every instance and every verifier is ready for them. */
export function hurried(
  keys: readonly StoredKey[],
  algs: readonly string[],
  schedule: Schedule,
  now: number,
): StoredKey[] {
  return algs.flatMap((alg) => {
    const next = inOrder(keys, alg).find((key) => key.activateAt > now)
    if (next === undefined) return []
    const soonest = Math.max(now + notice(schedule), next.publishedAt + schedule.prepublish)
    return soonest < next.activateAt ? [{ ...next, activateAt: soonest }] : []
  })
}

/** A key as revoked: it is out of the published set from now on, and stays in the store for as long as it would have. */
export function revoked(key: StoredKey, reason: string | undefined, { overlap }: Schedule, now: number): StoredKey {
  const retireAt = Math.min(key.retireAt ?? now, now)
  return { ...key, retireAt, purgeAt: now + overlap, revokedAt: now, ...(reason !== undefined && { reason }) }
}
