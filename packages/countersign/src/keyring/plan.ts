import { notice, readiness, type Schedule } from './schedule.ts'
import type { StoredKey } from './store.ts'

/**
 * What a key of {@link createKeyRing} does: `next` is published and waits for its turn, `active` signs, `retired` only
 * verifies what it signed, `revoked` verifies nothing any more, `purged` is about to be removed. States follow from the
 * times of a key and those of its successor; nothing sets them.
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

/**
 * The key of an algorithm that signs at a time: of those whose turn has come the last. The first key of a store signs from
 * its beginning, also where a clock is behind the one that wrote it.
 */
export function activeKey(keys: readonly StoredKey[], alg: string, now: number): StoredKey | undefined {
  const turns = inOrder(keys, alg).filter((key) => !isOver(key, now))
  const begun = turns.findLast((key) => key.activateAt <= now)
  return begun ?? turns.find((key) => key.activateAt <= key.publishedAt)
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
  return keys.filter((key) => key.alg === alg && key.revokedAt === undefined).sort(byTurn)
}

/** The order of turns, the same everywhere, also where two begin at the same moment. */
export function byTurn(a: StoredKey, b: StoredKey): number {
  const [first, second] = [a, b].map(({ retireAt = Number.MAX_VALUE }) => retireAt) as [number, number]
  return a.activateAt - b.activateAt || first - second || (a.kid < b.kid ? -1 : 1)
}

/**
 * What is due at a time; once keys were inserted, it is asked again. It says the same however often it is asked, and mends
 * what a crash left half done: two instances that both act on it do no harm.
 *
 * @param algs - the algorithms that the ring is to have
 */
export function toPlan(keys: readonly StoredKey[], algs: readonly string[], schedule: Schedule, now: number): Plan {
  const insert: Wanted[] = []
  const planned = new Map(keys.map((key) => [key.kid, key]))
  for (const alg of new Set([...algs, ...keys.map((key) => key.alg)])) {
    const promoted = promote([...planned.values()], alg, schedule, now)
    if (promoted) planned.set(promoted.kid, promoted)
    if (algs.includes(alg)) insert.push(...toWanted([...planned.values()], alg, schedule, now))
    // Whose turn is over stands behind nobody.
    const turns = inOrder([...planned.values()], alg).filter((key) => !isOver(key, now))
    for (const [index, key] of turns.entries()) {
      const faded = !algs.includes(alg) && key.activateAt + schedule.period <= now
      const fading = faded ? (key.retireAt ?? now + notice(schedule)) : undefined
      planned.set(key.kid, retiring(key, turns[index + 1]?.activateAt ?? fading, schedule))
    }
  }
  const all = [...planned.values()].map((key) => withoutPrivate(ending(key, schedule, now), schedule, now))
  const gone = all.filter(({ purgeAt }) => purgeAt !== undefined && purgeAt <= now).map(({ kid }) => kid)
  return {
    insert,
    put: all.filter((key) => !gone.includes(key.kid) && !isSame(key, keys)),
    remove: gone,
  }
}

const isOver = ({ retireAt }: StoredKey, now: number): boolean => retireAt !== undefined && retireAt <= now

/**
 * The next key with its turn brought forward where an algorithm has none that signs: to now if it has been public for
 * long enough, or if the one that signed was revoked and nobody can wait. Whatever its times say, as those of a clock that
 * ran years ahead, it has been public since before now.
 */
function promote(keys: readonly StoredKey[], alg: string, schedule: Schedule, now: number): StoredKey | undefined {
  if (activeKey(keys, alg, now)) return undefined
  const next = inOrder(keys, alg).find((key) => key.activateAt > now && !isOver(key, now))
  if (next === undefined) return undefined
  const ready = next.publishedAt + readiness(schedule) <= now || isBereft(keys, alg, now)
  const activateAt = ready ? now : Math.min(next.activateAt, now + readiness(schedule))
  return activateAt < next.activateAt ? { ...next, activateAt } : undefined
}

/** Whether the last key of an algorithm that signed was revoked, so that the next had no time to become known. */
function isBereft(keys: readonly StoredKey[], alg: string, now: number): boolean {
  const end = ({ retireAt = Number.POSITIVE_INFINITY }: StoredKey): number => retireAt
  const begun = keys.filter((key) => key.alg === alg && key.activateAt <= now)
  const last = Math.max(...begun.map(end))
  // Of several that ended at once, one that was revoked is enough.
  return begun.some((key) => end(key) === last && key.revokedAt !== undefined)
}

/** The keys that an algorithm lacks: one that signs, and always one that waits. */
function toWanted(keys: readonly StoredKey[], alg: string, schedule: Schedule, now: number): readonly Wanted[] {
  if (inOrder(keys, alg).some((key) => key.activateAt > now && !isOver(key, now))) return []
  const ready = now + readiness(schedule)
  const active = activeKey(keys, alg, now)
  if (active) return [{ alg, activateAt: Math.max(active.activateAt + schedule.period, ready) }]
  // Verifiers keep the set, and do not have the key of an algorithm that is new in it.
  if (keys.length > 0 && !isBereft(keys, alg, now)) return [{ alg, activateAt: ready }]
  return [
    { alg, activateAt: now },
    { alg, activateAt: Math.max(now + schedule.period, ready) },
  ]
}

/** A key whose turn is not over, with the times that follow from its successor's. */
function retiring(key: StoredKey, retireAt: number | undefined, { overlap }: Schedule): StoredKey {
  const { retireAt: before, purgeAt, ...rest } = key
  if (retireAt === undefined) return rest
  const kept = before === retireAt ? (purgeAt ?? 0) : 0
  return { ...rest, retireAt, purgeAt: Math.max(kept, retireAt + overlap) }
}

/** A key whose turn is over has an end; the times that it has stay as they are. */
function ending(key: StoredKey, { overlap }: Schedule, now: number): StoredKey {
  const { retireAt, purgeAt } = key
  return retireAt !== undefined && isOver(key, now) && purgeAt === undefined
    ? { ...key, purgeAt: retireAt + overlap }
    : key
}

/**
 * Who no longer signs needs no private key. A secret verifies as well, so it stays for as long as it does that. For a key
 * that is revoked nothing vouches any more, so nobody who strikes that out of the store brings it back.
 */
function withoutPrivate(key: StoredKey, { skew }: Schedule, now: number): StoredKey {
  const { privateJwk, voucher, ...rest } = key
  if (key.revokedAt !== undefined) return rest
  const signed = voucher !== undefined && isOver(key, now - skew)
  return signed ? { ...rest, voucher } : key
}

function isSame(key: StoredKey, before: readonly StoredKey[]): boolean {
  const other = before.find(({ kid }) => kid === key.kid)
  const { retireAt, purgeAt, activateAt, privateJwk, voucher } = key
  return (
    other !== undefined &&
    other.retireAt === retireAt &&
    other.purgeAt === purgeAt &&
    other.activateAt === activateAt &&
    other.privateJwk === privateJwk &&
    other.voucher === voucher
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
    const soonest = Math.max(now + notice(schedule), next.publishedAt + readiness(schedule))
    return soonest < next.activateAt ? [{ ...next, activateAt: soonest }] : []
  })
}

/** A key as revoked: it is out of the published set from now on, and stays in the store for as long as it would have. */
export function revoked(key: StoredKey, reason: string | undefined, { overlap }: Schedule, now: number): StoredKey {
  const retireAt = Math.min(key.retireAt ?? now, now)
  return { ...key, retireAt, purgeAt: now + overlap, revokedAt: now, ...(reason !== undefined && { reason }) }
}
