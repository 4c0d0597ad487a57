import { JoseError, type JwtClaims } from 'countersign'
import type { KeyRing, KeyState } from 'countersign/keyring'
import { SIGNATURE, type SignatureAlg } from '../../src/alg/signature.ts'
import { prepareSigner, type SignToken } from '../../src/jwt/signer.ts'
import { prepareVerifier, type VerifyToken } from '../../src/jwt/verifier.ts'
import { jwksHandler } from '../../src/keyring/jwks-handler.ts'
import { activeKey } from '../../src/keyring/plan.ts'
import { openRing } from '../../src/keyring/ring.ts'
import { type Schedule, signingGrace } from '../../src/keyring/schedule.ts'
import type { StoredKey } from '../../src/keyring/store.ts'
import { run } from '../../src/op.ts'
import { KeySet } from '../../src/source/set.ts'
import { DEADLINE, Link, ModelStore, type Road, type Rows } from './model-store.ts'
import { Random, START, TICK, Timeline, toTicks, withTimers } from './model-time.ts'

/** What an instance is set to, where instances differ. */
export interface Member {
  readonly schedule: Schedule
  readonly signs: boolean
  readonly publishes: boolean
  /** It takes what it saw last for the state of a store that it cannot reach. */
  readonly heedless?: boolean
}

export type Mischief = 'rotate' | 'revoke' | 'crash' | 'partition'

/** A world to be lived through. */
export interface Conditions {
  readonly algs: readonly string[]
  /** An algorithm that instances know from some moment on, which the others come to know as they are replaced. */
  readonly added?: string
  /** What the promises are measured by. */
  readonly schedule: Schedule
  /** What the instances are set to, in turn; all to `schedule` where nothing is said. */
  readonly members?: readonly Member[]
  /** By how much clocks do differ (seconds). */
  readonly skew: number
  readonly road: Road
  readonly instances: number
  /** What does not happen: rotations brought forward, revocations, crashes, partitions. */
  readonly without?: readonly Mischief[]
  /** The one promise that is looked at, where others are known to be broken. */
  readonly only?: Invariant
  readonly steps: number
}

/** What is promised. */
export type Invariant =
  | 'a valid token is never refused'
  | 'an unpublished key never signs'
  | 'one key of an algorithm is active'
  | 'a next key waits'
  | 'a revoked key never comes back'
  | 'who reaches the store signs and publishes'
  | 'the store stays small'

/** A promise that was not kept. */
export interface Violation {
  readonly invariant: Invariant
  readonly what: string
  /** What had happened before, the latest last. */
  readonly trace: readonly string[]
}

/** What there was to see. */
export interface Figures {
  tokens: number
  verified: number
  lookups: number
  fetches: number
  unavailable: number
  rotations: number
  revocations: number
  crashes: number
  partitions: number
  days: number
  rows: number
}

export interface History {
  readonly figures: Figures
  readonly violation: Violation | undefined
}

export const noFigures = (): Figures => ({
  tokens: 0,
  verified: 0,
  lookups: 0,
  fetches: 0,
  unavailable: 0,
  rotations: 0,
  revocations: 0,
  crashes: 0,
  partitions: 0,
  days: 0,
  rows: 0,
})

/** Lives through the world that a seed gives under some conditions. */
export async function live(conditions: Conditions, seed: number): Promise<History> {
  const timeline = new Timeline()
  const world = new World(conditions, timeline, new Random(seed))
  return withTimers(timeline, () => world.run())
}

/** A process with a ring, and a clock that is wrong by `offset`. */
interface Instance {
  readonly name: string
  readonly link: Link
  readonly offset: number
  readonly member: Member
  readonly algs: readonly string[]
  /** Set once it has come up. */
  ring?: KeyRing
  sign?: ReadonlyMap<string, SignToken>
  verify?: VerifyToken
  handler?: ReturnType<typeof jwksHandler>
  /** Keys that were revoked here, by an answer that came. */
  readonly revoked: Set<string>
}

/** A verifier that keeps what was published for exactly the max-age, and asks for nothing before. */
interface Cache {
  readonly name: string
  readonly offset: number
  readonly set: KeySet
  readonly kids: ReadonlySet<string>
  readonly from: string
  /** Whether who published it had the store in reach. */
  readonly inReach: boolean
  readonly fetchedAt: number
  readonly until: number
  verify?: VerifyToken
}

interface Token {
  readonly text: string
  readonly kid: string
  readonly alg: string
  readonly exp: number
}

/** What there is to know of a key. All times are those of the world. */
interface Fact {
  readonly name: string
  readonly alg: string
  readonly committedAt: number
  /** It was among the first keys of an empty store: nobody holds a set without it. */
  readonly first: boolean
  revokedAt?: number
  /** Somebody wants it revoked, and may be the only one to know as yet: its tokens are nobody's promise any more. */
  doomed?: boolean
  /** It had to sign before it was public for long enough, since another was revoked; verifiers know it by then. */
  urgentUntil?: number
  /** The latest `exp` of its tokens. */
  lastExp: number
}

const REMEMBERED = 70
/** Tokens to choose from that are kept, and verifiers. */
const [TOKENS, CACHES] = [60, 8]
/** A ring that failed to look at its store does not try again sooner (seconds). */
const INTERVAL = 1
/** How many of the tokens are made and not only given a key, since signatures take long. */
const WRITTEN = 0.3
const WHO = { issuer: 'https://issuer.example', audience: 'api' } as const

class World {
  readonly #conditions: Conditions
  readonly #timeline: Timeline
  readonly #random: Random
  readonly #store: ModelStore
  readonly #figures: Figures = noFigures()
  readonly #trace: string[] = []
  #violation: Violation | undefined
  #instances: Instance[] = []
  #caches: Cache[] = []
  #tokens: Token[] = []
  #algs: readonly string[]
  readonly #facts = new Map<string, Fact>()
  readonly #sets = new Map<string, KeySet>()
  /** When a key of each algorithm was revoked last. */
  readonly #revokedAt = new Map<string, number>()
  #revocations: number[] = []
  #born = 0

  constructor(conditions: Conditions, timeline: Timeline, random: Random) {
    this.#conditions = conditions
    this.#timeline = timeline
    this.#random = random
    this.#algs = conditions.algs
    this.#store = new ModelStore(timeline, random, conditions.road, (before, after, by) =>
      this.#committed(before, after, by),
    )
  }

  get #now(): number {
    return this.#timeline.now
  }

  async run(): Promise<History> {
    for (let count = 0; count < this.#conditions.instances; count++) this.#start()
    await this.#timeline.settle()
    for (let step = 0; step < this.#conditions.steps && !this.#violation; step++) {
      await this.#timeline.to(this.#moment())
      for (let acts = 1 + this.#random.below(4); acts > 0 && !this.#violation; acts--) {
        this.#act()
        await this.#timeline.settle()
      }
      this.#look()
    }
    this.#figures.days = (this.#now - START) / 86_400
    return { figures: this.#figures, violation: this.#violation }
  }

  // What happens.

  /** When something happens next: most of the time where something else just begins or ends. */
  #moment(): number {
    const random = this.#random
    const { poll, period } = this.#conditions.schedule
    const roll = random.next()
    if (roll < 0.1) return this.#now
    if (roll < 0.25) return this.#now + random.between(0, 2 * poll)
    if (roll < 0.32) return this.#now + random.between(0, period / 2)
    const moments = this.#edges().sort((a, b) => a - b)
    // One of the nearest; and not always exactly there.
    const edge = moments[Math.min(random.below(8), random.below(8), moments.length - 1)] ?? this.#now + poll
    return Math.max(this.#now, edge + random.pick([-TICK, 0, 0, 0, TICK]))
  }

  /** The moments ahead at which something begins or ends. */
  #edges(): number[] {
    const { poll, prepublish, skew } = this.#conditions.schedule
    const offsets = this.#instances.map(({ offset }) => (this.#conditions.road.clock ? 0 : offset))
    const edges: number[] = []
    for (const { activateAt, purgeAt } of this.#store.rows.values()) {
      for (const offset of new Set(offsets)) {
        edges.push(activateAt - offset)
        if (purgeAt !== undefined) edges.push(purgeAt - offset)
      }
    }
    for (const { until } of this.#caches) edges.push(until)
    for (const { link, member } of this.#instances) {
      const ages = [poll, 2 * poll, signingGrace(member.schedule), prepublish - skew - 1]
      edges.push(link.readAt + this.#random.pick(ages))
    }
    const last = this.#tokens.at(-1)
    if (last) edges.push(last.exp + this.#conditions.skew / 2 - TICK)
    return edges.filter((edge) => edge > this.#now)
  }

  #act(): void {
    const random = this.#random
    const instance = random.maybe(this.#instances)
    if (instance === undefined) {
      this.#start()
      return
    }
    const roll = random.next()
    if (roll < 0.4) this.#sign(instance)
    else if (roll < 0.6) this.#fetch()
    else if (roll < 0.74) this.#verify()
    else if (roll < 0.84) this.#refresh(instance)
    else if (roll < 0.88) {
      if (this.#happens('partition')) this.#cutOff(instance)
    } else if (roll < 0.9) {
      if (this.#happens('crash')) this.#crash(instance)
    } else if (roll < 0.93) {
      if (this.#instances.length < this.#conditions.instances + 2) this.#start()
    } else if (roll < 0.96) {
      this.#rotate(instance)
    } else if (roll < 0.975) {
      this.#revoke(instance)
    } else if (roll < 0.98 && this.#conditions.added !== undefined) {
      this.#algs = [...this.#conditions.algs, this.#conditions.added]
    }
  }

  /** Does something that may take time; nobody waits for it. */
  #begin(work: () => Promise<void>): void {
    work().catch((error: unknown) => this.#fail('a valid token is never refused', `${String(error)}`))
  }

  #start(): void {
    const { members, schedule, skew } = this.#conditions
    const count = this.#born++
    const member = members?.[count % members.length] ?? { schedule, signs: true, publishes: true }
    const name = `i${count}`
    const link = new Link(name, this.#store, member.heedless ?? false)
    const instance: Instance = { name, link, offset: this.#offset(skew), member, algs: this.#algs, revoked: new Set() }
    this.#instances.push(instance)
    this.#say(`${name} starts, its clock is ${seconds(instance.offset)}`)
    this.#begin(() => this.#open(instance))
  }

  async #open(instance: Instance): Promise<void> {
    const { link, member, algs, offset } = instance
    const now = (): number => this.#now + offset
    const began = this.#now
    const { backend } = this.#timeline
    const settings = { algs: algs.map((alg) => ({ alg })), schedule: member.schedule, store: link, now }
    try {
      instance.ring = await openRing(settings, backend)
    } catch (error) {
      this.#demand(instance, began, error, 'does not come up')
      this.#instances = this.#instances.filter((other) => other !== instance)
      return
    }
    const key = instance.ring
    const { tokenLifetime: expiresIn } = this.#conditions.schedule
    instance.sign = new Map(algs.map((alg) => [alg, prepareSigner({ key, alg, ...WHO, expiresIn, now }, backend)]))
    instance.verify = prepareVerifier({ keys: key, ...WHO, clockTolerance: 0, now }, backend)
    instance.handler = jwksHandler(key, backend)
    this.#lookedAt(instance)
  }

  /** A process ends, at once or at one of its next messages. */
  #crash({ link }: Instance): void {
    if (this.#random.chance(0.7)) link.fuse = this.#random.below(12)
    else link.kill()
    this.#bury()
  }

  /** Those whose process has ended are gone, and others come in their place. */
  #bury(): void {
    for (const { name } of this.#instances.filter(({ link }) => link.dead)) {
      this.#say(`${name} has crashed`)
      this.#figures.crashes++
    }
    this.#instances = this.#instances.filter(({ link }) => !link.dead)
    while (this.#instances.length < 2) this.#start()
  }

  #cutOff({ link, name, member }: Instance): void {
    if (link.partition) return
    const { poll, prepublish, overlap } = this.#conditions.schedule
    const longest = this.#random.pick([
      poll,
      3 * poll,
      signingGrace(member.schedule) + poll,
      prepublish,
      prepublish + overlap,
    ])
    const span = this.#random.between(0, Math.max(poll, longest))
    link.partition = this.#random.pick(['refused', 'refused', 'swallowed'])
    this.#figures.partitions++
    this.#say(`${name} loses its store for ${seconds(span)}`)
    this.#timeline.after(span, () => {
      if (link.dead) return
      link.partition = undefined
      link.healedAt = this.#now
      this.#say(`${name} has its store again`)
    })
    // What it does not hear of is what matters.
    const other = this.#random.maybe(this.#instances.filter((instance) => instance.link.partition === undefined))
    if (other === undefined || !this.#random.chance(0.4)) return
    if (this.#random.chance(0.5)) this.#rotate(other)
    else this.#revoke(other, 'next')
  }

  #happens(what: Mischief): boolean {
    return !(this.#conditions.without ?? []).includes(what)
  }

  #refresh(instance: Instance): void {
    const { ring, name } = instance
    if (ring === undefined) return
    const began = this.#now
    this.#begin(async () => {
      try {
        await ring.refresh()
      } catch (error) {
        this.#demand(instance, began, error, 'cannot look at its store')
        return
      }
      this.#lookedAt(instance)
      this.#say(`${name} has looked at its store`)
    })
  }

  #rotate(instance: Instance): void {
    const { ring, name } = instance
    if (ring === undefined || !this.#happens('rotate')) return
    this.#begin(async () => {
      try {
        const rotations = await ring.rotateNow()
        this.#figures.rotations += rotations.length
        this.#say(
          `${name} rotates: ${rotations.map(({ kid, activateAt }) => `${this.#nameOf(kid)} from ${at(activateAt)}`)}`,
        )
      } catch (error) {
        this.#say(`${name} fails to rotate: ${String(error)}`)
      }
    })
  }

  #revoke(instance: Instance, which?: KeyState): void {
    const { ring, name } = instance
    const keys = (ring?.list() ?? []).filter(({ state }) => which === undefined || state === which)
    const kid = this.#random.maybe(keys)?.kid
    if (ring === undefined || kid === undefined || !this.#happens('revoke')) return
    const fact = this.#facts.get(kid)
    const before = fact?.revokedAt
    if (fact) fact.doomed = true
    this.#begin(async () => {
      try {
        const { verifiersKnowBy, revokedAt, active } = await ring.revoke(kid)
        this.#say(`${name} has revoked ${this.#nameOf(kid)}, ${this.#nameOf(active)} is active`)
        instance.revoked.add(kid)
        const { poll, cacheMaxAge } = this.#conditions.schedule
        if (verifiersKnowBy < revokedAt + poll + cacheMaxAge)
          this.#fail('a revoked key never comes back', `verifiersKnowBy is ${verifiersKnowBy}, revokedAt ${revokedAt}`)
        if (before === undefined) this.#figures.revocations++
      } catch (error) {
        this.#say(`${name} fails to revoke ${this.#nameOf(kid)}: ${String(error)}`)
      }
    })
  }

  #sign(instance: Instance): void {
    const { ring, sign, name, member, offset } = instance
    const alg = this.#random.pick(instance.algs)
    const op = sign?.get(alg)
    if (ring === undefined || op === undefined || !member.signs) return
    const began = this.#now
    const exp = Math.floor(began + offset) + this.#conditions.schedule.tokenLifetime
    const written = this.#random.chance(WRITTEN)
    this.#begin(async () => {
      const { backend } = this.#timeline
      let [text, kid] = ['', '']
      try {
        if (written) {
          text = await op(CLAIMS, backend)
          kid = kidOf(text)
        } else kid = (await run(ring.signing(SIGNATURE.get(alg) as SignatureAlg), backend)).kid ?? ''
      } catch (error) {
        if (alg === this.#conditions.added) return
        this.#demand(instance, began, error, `cannot sign with ${alg}`)
        return
      }
      this.#figures.tokens++
      this.#say(`${name} signs with ${this.#nameOf(kid)} (exp ${at(exp)})`)
      this.#signed({ text, kid, alg, exp }, instance)
    })
  }

  /** A verifier that has nothing fetches what is published, wherever it is. */
  #fetch(): void {
    const from = this.#random.shuffled(this.#instances.filter(({ member, handler }) => member.publishes && handler))
    const offset = this.#offset(this.#conditions.skew)
    this.#begin(async () => {
      for (const instance of from) {
        const began = this.#now
        const response = (await instance.handler?.({ method: 'GET', headers: { get: () => null } })) as Response
        if (instance.link.dead) continue
        if (response.status !== 200) {
          this.#demand(instance, began, undefined, `answers ${response.status} for its JWK Set`)
          continue
        }
        const text = await this.#timeline.watch(response.text())
        const maxAge = Number(/max-age=(\d+)$/.exec(response.headers.get('cache-control') ?? '')?.[1])
        this.#fetched(instance, began, offset, text, maxAge)
        return
      }
    })
  }

  #fetched(instance: Instance, began: number, offset: number, text: string, maxAge: number): void {
    const set = this.#sets.get(text) ?? new KeySet(JSON.parse(text), this.#timeline.backend)
    this.#sets.set(text, set)
    const cache: Cache = {
      name: `v${++this.#figures.fetches}`,
      offset,
      set,
      kids: new Set(set.keys.map(({ kid }) => kid as string)),
      from: instance.name,
      inReach: this.#inReach(instance, began),
      fetchedAt: this.#now,
      until: this.#now + maxAge,
    }
    this.#caches = [...this.#caches.filter(({ until }) => until > this.#now), cache].slice(-CACHES)
    const names = [...cache.kids].map((kid) => this.#nameOf(kid))
    this.#say(`${cache.name} has [${names}] from ${instance.name} for ${maxAge} s, its clock is ${seconds(offset)}`)
    this.#checkPublished(cache)
  }

  /** A token is verified, by somebody, at some time of its life. */
  #verify(): void {
    const token = this.#random.maybe(this.#tokens)
    if (token === undefined) return
    const cache = this.#random.maybe(this.#caches.filter(({ until }) => until > this.#now))
    const { backend } = this.#timeline
    if (cache && isPublic(token.alg) && this.#random.chance(0.5)) {
      const now = (): number => this.#now + cache.offset
      cache.verify ??= prepareVerifier({ keys: cache.set, ...WHO, clockTolerance: 0, now }, backend)
      const verify = cache.verify
      this.#begin(async () => {
        const refusal = await refusalOf(async () => verify(token.text, backend))
        this.#judge(
          token,
          cache.offset,
          refusal,
          `${cache.name} (from ${cache.from})`,
          this.#mayLack(token.kid, cache.inReach),
        )
      })
      return
    }
    const instance = this.#random.maybe(this.#instances)
    const { verify } = instance ?? {}
    if (instance === undefined || verify === undefined) return
    const began = this.#now
    this.#begin(async () => {
      const refusal = await refusalOf(async () => verify(token.text, backend))
      if (instance.link.dead) return
      const away = !this.#inReach(instance, began)
      // Who cannot ask the store says so, and refuses nothing.
      if (away && refusal?.unavailable) return
      this.#judge(token, instance.offset, refusal, instance.name, this.#mayLack(token.kid, !away))
      if (refusal === undefined) this.#checkTrust(token.kid, instance)
    })
  }

  // What must be.

  /** @param excused - whether the verifier need not know the key */
  #judge(token: Token, offset: number, refusal: JoseError | undefined, who: string, excused: boolean): void {
    this.#figures.verified++
    const valid = this.#now + offset < token.exp && !this.#isRevoked(token.kid)
    if (!valid || refusal === undefined || excused) return
    this.#fail(
      'a valid token is never refused',
      `${who} refuses a token of ${this.#nameOf(token.kid)}: ${refusal.code} ${refusal.message}`,
    )
  }

  #signed(token: Token, { name }: Instance): void {
    const { kid } = token
    const fact = this.#facts.get(kid)
    if (fact === undefined) {
      this.#fail('an unpublished key never signs', `${name} signs with a key that is not in the store`)
      return
    }
    if (fact.doomed || fact.revokedAt !== undefined) return
    fact.lastExp = Math.max(fact.lastExp, token.exp)
    if (token.text !== '') this.#tokens = [...this.#tokens, token].slice(-TOKENS)
    const { prepublish, skew } = this.#conditions.schedule
    const age = this.#now - fact.committedAt
    if (!fact.first && fact.urgentUntil === undefined && age < prepublish - skew && isPublic(token.alg))
      this.#fail('an unpublished key never signs', `${fact.name} has been public for no more than ${seconds(age)}`)
    if (!isPublic(token.alg)) return
    for (const cache of this.#caches) {
      if (cache.until <= this.#now) continue
      this.#figures.lookups++
      if (cache.kids.has(kid) || this.#mayLack(kid, cache.inReach) || this.#now + cache.offset >= token.exp) continue
      this.#fail(
        'a valid token is never refused',
        `${cache.name} (from ${cache.from}) does not know ${fact.name}, which signs`,
      )
    }
  }

  #checkPublished(cache: Cache): void {
    for (const [kid, fact] of this.#facts) {
      if (fact.revokedAt !== undefined) this.#checkGone(kid, fact, cache)
      else if (!fact.doomed && isPublic(fact.alg) && this.#now + cache.offset < fact.lastExp && !cache.kids.has(kid)) {
        this.#figures.lookups++
        if (this.#mayLack(kid, cache.inReach)) continue
        const until = at(fact.lastExp - cache.offset)
        this.#fail(
          'a valid token is never refused',
          `${cache.name} does not get ${fact.name}, whose tokens live until ${until}`,
        )
      }
    }
  }

  /** A revoked key is not published for longer than promised. */
  #checkGone(kid: string, { name, revokedAt = 0 }: Fact, cache: Cache): void {
    if (!cache.kids.has(kid)) return
    const { poll, cacheMaxAge, prepublish, skew } = this.#conditions.schedule
    const bound = revokedAt + (cache.inReach ? poll + cacheMaxAge + this.#slack() : prepublish - skew)
    if (cache.until > bound)
      this.#fail(
        'a revoked key never comes back',
        `${cache.name} trusts ${name} until ${at(cache.until)}, and not ${at(bound)}`,
      )
  }

  /** A ring that verifies trusts a revoked key no longer than until its next look at the store. */
  #checkTrust(kid: string, instance: Instance): void {
    const { revokedAt } = this.#facts.get(kid) ?? {}
    if (revokedAt === undefined) return
    const { poll } = this.#conditions.schedule
    const { name, revoked, link } = instance
    const since = this.#now - 2 * poll
    const heard = link.healedAt < since && this.#inReach(instance, since)
    if ((heard && since > revokedAt + this.#slack()) || revoked.has(kid))
      this.#fail('a revoked key never comes back', `${name} accepts ${this.#nameOf(kid)}`)
  }

  /** Whether a verifier may be without a key that signs. */
  #mayLack(kid: string, inReach: boolean): boolean {
    const fact = this.#facts.get(kid)
    if (fact?.urgentUntil === undefined) return false
    const { prepublish, skew } = this.#conditions.schedule
    if (this.#now >= fact.committedAt + prepublish - skew) return false
    return !inReach || this.#now <= fact.urgentUntil
  }

  /** An instance that has its store in reach does what it is there for. */
  #demand({ name, link }: Instance, began: number, error: unknown, what: string): void {
    this.#figures.unavailable++
    if (link.dead) return
    const why = error === undefined ? '' : `: ${String(error)}`
    this.#say(`${name} ${what}${why}`)
    const known = error === undefined || (error instanceof JoseError && error.code === 'CS_UNAVAILABLE')
    if (known && (link.failedAt >= began - INTERVAL || link.busyAt >= began || link.partition)) return
    if (known && this.#now - began >= DEADLINE) return
    this.#fail('who reaches the store signs and publishes', `${name} ${what}${why}`)
  }

  #inReach({ link }: Instance, began: number): boolean {
    return link.partition === undefined && link.failedAt < began - INTERVAL
  }

  /** What an instance knows after a look at the store. */
  #lookedAt({ ring, name, algs, link }: Instance): void {
    // Where another instance was at work, what it does is seen later.
    if (ring === undefined || link.dead || link.busyAt >= this.#now - this.#slack()) return
    const [keys, then] = [ring.list(), this.#now - this.#slack()]
    for (const alg of algs) {
      if (!keys.some((key) => key.alg === alg && (key.state === 'next' || key.activateAt > then)))
        this.#fail('a next key waits', `${name} has no next key of ${alg}`)
    }
  }

  /** What is true of the store at every moment. */
  #look(): void {
    this.#bury()
    const rows = [...this.#store.rows.values()]
    const fastest = this.#fastest()
    for (const alg of new Set(rows.map((row) => row.alg))) {
      // An algorithm that not every instance knows fades where none of those that do is left.
      const stays = this.#conditions.algs.includes(alg)
      if (stays && !activeKey(rows, alg, fastest))
        this.#fail('one key of an algorithm is active', `no key of ${alg} is active`)
      const signing = rows.filter((row) => row.alg === alg && isActive(row, fastest))
      if (signing.length > 1)
        this.#fail(
          'one key of an algorithm is active',
          `${signing.map(({ kid }) => this.#nameOf(kid))} of ${alg} are active`,
        )
    }
    const { overlap, prepublish } = this.#conditions.schedule
    this.#revocations = this.#revocations.filter((time) => time > this.#now - overlap - prepublish)
    const most = this.#algs.length * (5 + Math.ceil(overlap / Math.max(prepublish, 1))) + 3 * this.#revocations.length
    this.#figures.rows = Math.max(this.#figures.rows, rows.length)
    if (rows.length > most) this.#fail('the store stays small', `it holds ${rows.length} keys, more than ${most}`)
  }

  #committed(before: Rows, after: Rows, by: Link): void {
    const { poll, cacheMaxAge, prepublish } = this.#conditions.schedule
    const news: string[] = []
    for (const [kid, row] of after) {
      const old = before.get(kid)
      if (row.revokedAt !== undefined && old?.revokedAt === undefined) {
        const fact = this.#facts.get(kid)
        if (fact) fact.revokedAt = this.#now
        this.#revokedAt.set(row.alg, this.#now)
        this.#revocations.push(this.#now)
      }
    }
    for (const [kid, row] of after) {
      const old = before.get(kid)
      const name = this.#facts.get(kid)?.name ?? `K${this.#facts.size + 1}`
      const fact = this.#facts.get(kid) ?? {
        name,
        alg: row.alg,
        committedAt: this.#now,
        first: before.size === 0,
        lastExp: 0,
      }
      this.#facts.set(kid, fact)
      const sooner = old === undefined || row.activateAt < old.activateAt
      const revokedAt = this.#revokedAt.get(row.alg)
      if (sooner && revokedAt !== undefined && row.activateAt < row.publishedAt + prepublish + poll)
        fact.urgentUntil ??= revokedAt + poll + cacheMaxAge + this.#slack()
      const changed = old?.activateAt !== row.activateAt || old.retireAt !== row.retireAt || old.purgeAt !== row.purgeAt
      if (changed) {
        const [retire, purge] = [row.retireAt, row.purgeAt].map((time) => (time === undefined ? '-' : at(time)))
        const revoked = row.revokedAt === undefined ? '' : ', revoked'
        news.push(`${name} ${row.alg} ${at(row.activateAt)} to ${retire}, gone ${purge}${revoked}`)
      }
    }
    for (const kid of before.keys()) if (!after.has(kid)) news.push(`${this.#nameOf(kid)} removed`)
    this.#say(`${by.name} commits: ${news.join('; ')}`)
  }

  /** The time that the fastest clock shows of those that rings go by. */
  #fastest(): number {
    const offsets = this.#conditions.road.clock ? [] : this.#instances.map(({ offset }) => offset)
    return this.#now + Math.max(0, ...offsets)
  }

  /** What one look at the store takes where messages take time: no promise is quicker than that. */
  #slack(): number {
    return this.#conditions.road.latency === 0 ? 0 : DEADLINE
  }

  #isRevoked(kid: string): boolean {
    const { doomed, revokedAt } = this.#facts.get(kid) ?? {}
    return doomed === true || revokedAt !== undefined
  }

  #nameOf(kid: string | undefined): string {
    return (kid && this.#facts.get(kid)?.name) ?? '?'
  }

  #offset(skew: number): number {
    return toTicks((this.#random.chance(0.7) ? this.#random.pick([-0.5, 0.5]) : this.#random.next() - 0.5) * skew)
  }

  #say(what: string): void {
    this.#trace.push(`${at(this.#now)} ${what}`)
    if (this.#trace.length > REMEMBERED) this.#trace.shift()
  }

  #fail(invariant: Invariant, what: string): void {
    const { only = invariant } = this.#conditions
    if (only !== invariant) return
    this.#say(`VIOLATION: ${invariant}: ${what}`)
    this.#violation ??= { invariant, what, trace: [...this.#trace] }
  }
}

const CLAIMS: JwtClaims = { sub: '1234567890' }

const isActive = (row: StoredKey, now: number): boolean =>
  row.revokedAt === undefined && row.activateAt <= now && (row.retireAt ?? Number.POSITIVE_INFINITY) > now

const isPublic = (alg: string): boolean => !SIGNATURE.get(alg)?.kty.includes('oct')

const seconds = (value: number): string => `${value < 0 ? '−' : ''}${Math.round(Math.abs(value) * 1000) / 1000} s`

/** A moment as it is shown: seconds since the beginning. */
const at = (time: number): string => (time - START).toFixed(3)

function kidOf(token: string): string {
  const header: unknown = JSON.parse(atob((token.split('.')[0] ?? '').replaceAll('-', '+').replaceAll('_', '/')))
  return String((header as { readonly kid?: unknown }).kid)
}

async function refusalOf(work: () => Promise<unknown>): Promise<JoseError | undefined> {
  try {
    await work()
  } catch (error) {
    if (error instanceof JoseError) return error
    throw error
  }
  return undefined
}
