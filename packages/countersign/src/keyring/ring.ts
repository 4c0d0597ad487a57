import type { Needs, Role } from '../alg/needs.ts'
import { SIGNATURE, type SignatureAlg } from '../alg/signature.ts'
import { fromBase64url } from '../bytes.ts'
import type { Backend, Sourcing } from '../crypto/backend.ts'
import { JoseError, kindOf, show } from '../errors.ts'
import type { JoseHeader } from '../header.ts'
import { signInput } from '../jws/primitive.ts'
import type { JwkSet } from '../key/jwk.ts'
import type { Key } from '../key/key.ts'
import { publicJwks } from '../key/ops.ts'
import { type Op, run, use } from '../op.ts'
import { checkNames, toText } from '../options.ts'
import { withDeadline } from '../source/deadline.ts'
import { SigningKeys, selected } from '../source/key-source.ts'
import { type Listener, Listeners } from '../source/listeners.ts'
import { KeySet } from '../source/set.ts'
import { type Change, Keeper } from './keeper.ts'
import { activeKey, byTurn, hurried, type KeyState, nextChange, revoked, stateOf } from './plan.ts'
import type { RingSettings } from './ring-options.ts'
import { LEAST_KEPT, signingGrace } from './schedule.ts'
import type { StoredKey } from './store.ts'

/** A key of a ring, as `list` of {@link createKeyRing} shows it to people: its times, and no part of the key itself. */
export interface RingKey extends Omit<StoredKey, 'publicJwk' | 'voucher' | 'privateJwk'> {
  /** What it does now. */
  readonly state: KeyState
}

/** What happened to a ring of {@link createKeyRing}, for a log line or a metric; `state` is what a key has become. */
export type KeyRingEvent =
  | { readonly type: 'changed'; readonly kid: string; readonly alg: string; readonly state: KeyState | 'removed' }
  | { readonly type: 'failed'; readonly error: JoseError }

/** What became of a key that was revoked, as `revoke` of a {@link KeyRing} tells it. */
export interface Revocation {
  /** The key. */
  readonly kid: string
  /** When, in epoch seconds. */
  readonly revokedAt: number
  /** The key that signs now. */
  readonly active: string | undefined
  /**
   * Verifiers that heed max-age trust the revoked key until then, and know the new one by then (epoch seconds), if the
   * instance that they ask can reach its store.
   */
  readonly verifiersKnowBy: number
}

/** A rotation that `rotateNow` of a {@link KeyRing} has brought forward. */
export interface Rotation {
  /** The key that takes over. */
  readonly kid: string
  /** The algorithm that it is for. */
  readonly alg: string
  /** When it takes over, in epoch seconds. */
  readonly activateAt: number
}

/** What is published at a moment. @internal */
export interface Publication {
  readonly jwks: JwkSet
  /** For how many seconds it may be kept. */
  readonly maxAge: number
}

/** A kid that nobody has is looked for in the store no more often than this, and a store that fails is left alone (seconds). */
const INTERVAL = 1
/** For how long a store is waited for that has failed before, where there is something to go on with (seconds). */
const PATIENCE = 5

type States = ReadonlyMap<string, { readonly alg: string; readonly state: KeyState }>

/** The keys as they are at a time, until one of them changes its state. */
interface View {
  readonly version: number
  readonly from: number
  readonly until: number
  readonly set: KeySet
  readonly signing: ReadonlyMap<string, Key>
  readonly states: States
  published?: Promise<JwkSet>
}

/**
 * Keys that take turns, as {@link createKeyRing} opens them: the next one is public long before it signs, and each
 * stays public while its tokens live. It is a `key` for signers and `keys` for verifiers.
 *
 * @example
 * ```ts
 * import { createKeyRing, memoryStore } from 'countersign/keyring'
 *
 * const clock = { time: 1_790_000_000 }
 * const ring = await createKeyRing({
 *   algs: ['ES256', { alg: 'RS256', bits: 2048 }],
 *   store: memoryStore(),
 *   now: () => clock.time,
 * })
 * const events: string[] = []
 * const end = ring.subscribe((event) => {
 *   if (event.type === 'changed') events.push(event.state)
 * })
 *
 * const [next] = await ring.rotateNow()
 * console.log(next?.alg, Number(next?.activateAt) > clock.time) // ES256 true
 *
 * const [{ kid }] = ring.list()
 * const { active, verifiersKnowBy } = await ring.revoke(kid, { reason: 'it was in a log' })
 * console.log(active === kid, verifiersKnowBy - clock.time) // false 330
 * console.log(events.includes('revoked')) // true
 * end()
 * ```
 */
export class KeyRing extends SigningKeys {
  /** How long a token may live that such a key signs, in seconds. */
  readonly tokenLifetime: number
  /** @internal */
  readonly algorithms: readonly SignatureAlg[]
  readonly #settings: RingSettings
  readonly #backend: Backend
  readonly #keeper: Keeper
  readonly #listeners = new Listeners<KeyRingEvent>()
  #view: View | undefined
  #triedAt = Number.NEGATIVE_INFINITY
  /** Whether the last look at the store failed. */
  #failed = false
  #flight: Promise<void> | undefined

  /** @internal */
  constructor(settings: RingSettings, backend: Backend) {
    super()
    this.#settings = settings
    this.#backend = backend
    this.tokenLifetime = settings.schedule.tokenLifetime
    this.algorithms = settings.algs.map(({ alg }) => SIGNATURE.get(alg) as SignatureAlg)
    this.#keeper = new Keeper(settings, backend)
  }

  /**
   * Looks at the store and does what is due there. A ring that is in use does so by itself every `poll`; a program that
   * may be idle for long can call it from a timer.
   *
   * @throws {JoseError} `CS_UNAVAILABLE` where the store fails, or why a key in it is refused
   */
  async refresh(): Promise<void> {
    this.#flight ??= this.#refresh().finally(() => {
      this.#flight = undefined
    })
    await this.#flight
  }

  /** Every key that is stored, with its state, in the order of their turns. */
  list(): readonly RingKey[] {
    const [rows, now] = [this.#keeper.rows, this.#keeper.time()]
    return [...rows].sort(byTurn).map(({ publicJwk: _open, privateJwk: _private, voucher: _voucher, ...row }) => {
      return { ...row, state: stateOf(rows.find(({ kid }) => kid === row.kid) as StoredKey, rows, now) }
    })
  }

  /**
   * The JWK Set to publish: the public halves of the keys that are next, active or retired. Secrets are never in it.
   *
   * @throws {JoseError} `CS_UNAVAILABLE` where the store has been out of reach for so long that a key may be missing
   */
  async publicJwks(): Promise<JwkSet> {
    return (await this.publication()).jwks
  }

  /**
   * Calls a function with each event from now on; the ring notices them when it is used. What it throws is ignored.
   *
   * @returns ends it
   */
  subscribe(listener: Listener<KeyRingEvent>): () => void {
    return this.#listeners.add(listener)
  }

  /**
   * Takes a key out of use at once: it signs no more, verifies nothing here, and is published no more. If it was active,
   * the next key, which has been public all along, takes its place. Where the store fails, the key is out here all the
   * same, and the store is told as soon as it is back, if this process lives to see it: so try again.
   *
   * @throws {JoseError} `CS_NO_KEY` for a kid that is not stored, `CS_UNAVAILABLE` where the store fails
   */
  async revoke(kid: string, options: { readonly reason?: string } = {}): Promise<Revocation> {
    checkNames<{ readonly reason?: string }>(options, ['reason'], 'revoke')
    const reason = options.reason === undefined ? undefined : toText(options.reason, 'reason')
    const { schedule } = this.#settings
    const known = this.#keeper.rows.find((row) => row.kid === kid)
    // Here it is out at once, also where the store is out of reach; then it is told as soon as it is back.
    if (known && known.revokedAt === undefined) this.#keeper.ban(revoked(known, reason, schedule, this.#keeper.time()))
    await this.#change((rows, now) => {
      const key = rows.find((row) => row.kid === kid)
      if (key === undefined) throw new JoseError('CS_NO_KEY', `no key of the ring has kid ${show(kid)}`)
      return key.revokedAt === undefined ? [revoked(key, reason, schedule, now)] : []
    })
    const { rows } = this.#keeper
    const { alg, revokedAt = this.#keeper.time() } = rows.find((row) => row.kid === kid) ?? { alg: '' }
    const active = activeKey(rows, alg, this.#keeper.time())?.kid
    const verifiersKnowBy = Math.max(revokedAt, this.#keeper.time()) + schedule.poll + schedule.cacheMaxAge
    return { kid, revokedAt, active, verifiersKnowBy }
  }

  /**
   * Brings the next rotation forward: to as soon as every instance has heard of it and every verifier has the next key.
   * Nothing is refused by it; for a key that got into wrong hands there is `revoke`.
   *
   * @returns when the next key of each algorithm takes over
   * @throws {JoseError} `CS_UNAVAILABLE` where the store fails
   */
  async rotateNow(): Promise<readonly Rotation[]> {
    const { algs, schedule } = this.#settings
    const names = algs.map(({ alg }) => alg)
    await this.#change((rows, now) => hurried(rows, names, schedule, now))
    const next = this.list().filter(({ state }) => state === 'next')
    return names.flatMap((alg) => {
      const key = next.find((row) => row.alg === alg)
      return key ? [{ kid: key.kid, alg, activateAt: key.activateAt }] : []
    })
  }

  /**
   * Signs octets as they are with the key of a kid, for programs that put a token together themselves, such as a framework
   * that wrote the header, kid and all. That key is active, or was until no longer than the skew ago, so that a token which
   * was begun before a rotation can be ended after it.
   *
   * @returns the signature as it stands in a JWS: `r || s` for ECDSA (RFC 7518 §3.4)
   * @throws {JoseError} `CS_NO_KEY` for a kid that is not stored, `CS_UNAVAILABLE` for a key that may not sign
   * @example
   * ```ts
   * import { createKeyRing, memoryStore } from 'countersign/keyring'
   *
   * const ring = await createKeyRing({ alg: 'ES256', store: memoryStore() })
   * const active = ring.list().find((key) => key.state === 'active')
   * const signature = await ring.sign(new TextEncoder().encode('e30.e30'), active?.kid ?? '')
   * console.log(signature.length) // 64
   * ```
   */
  async sign(data: Uint8Array, kid: string): Promise<Uint8Array> {
    if (!(data instanceof Uint8Array)) throw new TypeError(`sign takes octets, not ${kindOf(data)}`)
    return run(this.#signAs(data, kid), this.#backend)
  }

  *#signAs(data: Uint8Array, kid: string): Op<Uint8Array> {
    yield* this.#demandStore()
    const row = this.#keeper.rows.find((one) => one.kid === kid)
    if (row === undefined) throw new JoseError('CS_NO_KEY', `no key of the ring has kid ${show(kid)}`)
    const key = this.#keeper.member(kid)?.signing
    const [now, { skew }] = [this.#keeper.time(), this.#settings.schedule]
    const over = row.retireAt !== undefined && row.retireAt + skew <= now
    const waits = stateOf(row, this.#keeper.rows, now) === 'next'
    if (key === undefined || row.revokedAt !== undefined || over || waits)
      throw unavailable(`key ${show(kid)} may not sign${waits ? ' yet' : ' any more'}`)
    const alg = SIGNATURE.get(row.alg) as SignatureAlg
    return fromBase64url(yield* use((backend: Backend) => signInput(alg, key, data, backend)), 'the signature')
  }

  /** @internal Seals what was sealed with what has been replaced since. */
  async reseal(): Promise<void> {
    await this.#keeper.reseal()
  }

  /** @internal As `SigningKeys.signing`. */
  override *signing(alg: SignatureAlg): Op<Key, Sourcing> {
    yield* this.#demandStore()
    if (!this.#current().signing.has(alg.id) && this.#mayLook()) yield* this.#wait()
    const key = this.#current().signing.get(alg.id)
    if (key) return key
    const next = this.list().find((row) => row.alg === alg.id && row.state === 'next')
    const wait = next ? `: the next one may from ${next.activateAt} on, when every verifier has it` : ''
    throw unavailable(`no key for ${alg.id} may sign yet${wait}`)
  }

  /** @throws {JoseError} `CS_UNAVAILABLE` where the store has been out of reach for so long that no key may sign */
  *#demandStore(): Op<void, Sourcing> {
    yield* this.#catchUp()
    const grace = signingGrace(this.#settings.schedule)
    if (this.#keeper.age() > grace && this.#mayLook()) yield* this.#wait()
    const age = this.#keeper.age()
    // Who has not heard from the store for so long may hold a key that is retired elsewhere (a partition).
    if (age > grace) throw unavailable(`the key store has been out of reach for ${Math.round(age)} s: no key may sign`)
  }

  /** @internal As `KeySource.select`. */
  override *select(header: JoseHeader, alg: Needs, role: Role): Op<readonly Key[], Sourcing> {
    yield* this.#catchUp()
    try {
      return yield* selected(this.#current().set.select(header, alg, role))
    } catch (error) {
      if (!(error instanceof JoseError) || error.code !== 'CS_NO_KEY') throw error
      if (!this.#mayLook()) throw this.#doubted(error)
    }
    yield* this.#wait(this.#failed)
    try {
      return yield* selected(this.#current().set.select(header, alg, role))
    } catch (error) {
      throw error instanceof JoseError && error.code === 'CS_NO_KEY' ? this.#doubted(error) : error
    }
  }

  /** That a kid is unknown, with the doubt there is about it while the store is out of reach. */
  #doubted(error: JoseError): JoseError {
    if (!this.#failed) return error
    return new JoseError('CS_NO_KEY', `${error.message}, and the key store is out of reach`, { unavailable: true })
  }

  /** @internal As `KeySource.first`. */
  override first(alg: Needs): Op<Key, Sourcing> {
    return this.#current().set.first(alg)
  }

  /** @internal What is published now, and for how long it may be kept. @throws {JoseError} `CS_UNAVAILABLE` */
  async publication(): Promise<Publication> {
    const { cacheMaxAge, prepublish, skew, poll } = this.#settings.schedule
    // A key that was published elsewhere since our last look signs once it has been public for `prepublish`.
    const known = (): number => Math.floor(prepublish - skew - this.#keeper.age())
    // Whoever fetches the set waits for the store, so that `verifiersKnowBy` holds; one that has failed is waited
    // for briefly, by whoever asks first.
    const due = this.#keepUp()
    const missing = known() < LEAST_KEPT
    if (missing ? this.#mayLook() : this.#keeper.age() > poll && !this.#failed) await run(this.#wait(), this.#backend)
    else if (due && this.#keeper.age() > poll) await run(this.#wait(true), this.#backend)
    if (known() < LEAST_KEPT)
      throw unavailable('the key store has been out of reach for so long that keys may be missing')
    const view = this.#current()
    const keys = view.set.keys.filter(({ kind }) => kind === 'public')
    view.published ??= run(publicJwks(keys), this.#backend).then(frozen)
    return { jwks: await view.published, maxAge: Math.min(cacheMaxAge, known()) }
  }

  /** The view of this moment; who looks at it notices every change since the last. */
  #current(): View {
    const { rows, version } = this.#keeper
    const now = this.#keeper.time()
    const before = this.#view
    if (before?.version === version && now >= before.from && now < before.until) return before
    const states = new Map(rows.map((row) => [row.kid, { alg: row.alg, state: stateOf(row, rows, now) }]))
    const keys: Key[] = []
    const signing = new Map<string, Key>()
    // In the order of their turns, so that every instance publishes the same text.
    for (const { kid, alg, revokedAt } of [...rows].sort(byTurn)) {
      const [member, state] = [this.#keeper.member(kid), states.get(kid)?.state]
      // One that is due to be removed is, at the next look; whoever is cut off may not have heard that it goes on.
      if (member === undefined || revokedAt !== undefined) continue
      keys.push(member.verifying)
      if (member.signing && state === 'active') signing.set(alg, member.signing)
    }
    const set = new KeySet({ keys }, this.#backend)
    this.#view = { version, from: now, until: nextChange(rows, now), set, signing, states }
    this.#tell(before?.states ?? new Map(), states)
    return this.#view
  }

  #tell(before: States, states: States): void {
    for (const [kid, { alg, state }] of states) {
      if (before.get(kid)?.state !== state) this.#listeners.tell({ type: 'changed', kid, alg, state })
    }
    for (const [kid, { alg }] of before) {
      if (!states.has(kid)) this.#listeners.tell({ type: 'changed', kid, alg, state: 'removed' })
    }
  }

  /** Whether the store may be looked at for a kid that nobody has. */
  #mayLook(): boolean {
    const now = this.#settings.now()
    return this.#flight !== undefined || now >= this.#triedAt + INTERVAL || now < this.#triedAt
  }

  /** Looks at the store in the background where it is time to. @returns whether it was */
  #keepUp(): boolean {
    const now = this.#settings.now()
    const due = now >= this.#triedAt + this.#settings.schedule.poll || now < this.#triedAt
    if (due && !this.#flight) this.refresh().catch(() => undefined)
    return due
  }

  /** The same, and waits for it where the ring has been idle for long. */
  *#catchUp(): Op<void, Sourcing> {
    this.#keepUp()
    // Where the last look failed, whoever has keys does not wait for the next.
    if (!this.#failed && this.#keeper.age() > 2 * this.#settings.schedule.poll) yield* this.#wait()
  }

  /**
   * Waits for a look at the store, where waiting is possible. What goes wrong is told, and the keys at hand stay.
   *
   * @param briefly - for a store that has failed before, so that nobody can make many wait for long
   */
  #wait(briefly = false): Op<void, Sourcing> {
    return use(({ sync }: Sourcing) => {
      const settled = this.refresh().catch(() => undefined)
      if (sync) return undefined
      if (!briefly) return settled
      return withDeadline(PATIENCE, 'the key store has not answered yet', () => settled).catch(() => undefined)
    })
  }

  async #refresh(): Promise<void> {
    this.#triedAt = this.#settings.now()
    try {
      await this.#keeper.keep()
      this.#failed = false
    } catch (error) {
      this.#failed = true
      if (error instanceof JoseError) this.#listeners.tell({ type: 'failed', error })
      throw error
    }
    this.#current()
  }

  async #change(change: Change): Promise<void> {
    await this.#keeper.keep(change)
    this.#current()
  }
}

/** A set that nobody can change who was given it. */
function frozen({ keys }: JwkSet): JwkSet {
  return Object.freeze({ keys: Object.freeze(keys.map((jwk) => Object.freeze(jwk))) })
}

function unavailable(why: string): JoseError {
  return new JoseError('CS_UNAVAILABLE', why, { unavailable: true })
}

/** Makes a ring that is ready to sign. */
export async function openRing(settings: RingSettings, backend: Backend): Promise<KeyRing> {
  const ring = new KeyRing(settings, backend)
  await ring.refresh()
  await ring.reseal()
  return ring
}
