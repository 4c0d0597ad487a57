import { createSigner, createVerifier, type Signer, type Verifier } from 'countersign'
import {
  createKeyRing,
  type KeyRing,
  type KeyRingEvent,
  type KeyRingOptions,
  type KeyState,
  type KeyStore,
  type StoredKey,
  type StoreTransaction,
} from 'countersign/keyring'
import { notice, readiness, signingGrace } from '../../src/keyring/schedule.ts'
import { CLAIMS, NOW } from '../support/forge.ts'
import { isOurWait } from './waits.ts'

export const [MINUTE, HOUR, DAY] = [60, 3600, 86_400]

/** The times of a ring that says nothing about them, in seconds. */
export const TIMES = {
  period: 30 * DAY,
  prepublish: DAY,
  overlap: 2 * HOUR,
  tokenLifetime: HOUR,
  cacheMaxAge: 5 * MINUTE,
  poll: 30,
  skew: MINUTE,
} as const

/** How long such a ring signs without its store, and how long before its turn a key is written; see schedule.test.ts. */
export const [GRACE, READY] = [signingGrace(TIMES), readiness(TIMES)]
/** The notice of an early rotation. */
export const SOON: number = notice(TIMES)

/** What a store does before it does anything else: nothing, throw, or never come back. */
export type Trouble = () => Promise<void> | void

/** Rows in memory, which a test may put anything into, in a store that fails as it is told. */
export class RiggedStore implements KeyStore {
  sealing: KeyStore['sealing'] = 'none'
  /** What `list` gives, whatever it is. */
  rows: unknown = []
  /** How often it was listed outside of a transaction, and how many transactions there were. */
  looks = 0
  turns = 0
  /** For `list` outside of a transaction, and for transactions. */
  trouble: { list?: Trouble; exclusive?: Trouble } = {}
  now?: () => Promise<number>
  #last: Promise<unknown> = Promise.resolve()

  get keys(): readonly StoredKey[] {
    return this.rows as readonly StoredKey[]
  }

  key(kid: string | undefined): StoredKey | undefined {
    return this.keys.find((key) => key.kid === kid)
  }

  async list(): Promise<readonly StoredKey[]> {
    this.looks++
    await this.trouble.list?.()
    return this.keys
  }

  exclusive<T>(work: (transaction: StoreTransaction) => Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      this.turns++
      await this.trouble.exclusive?.()
      let draft = this.rows
      const result = await work({
        list: () => draft as StoredKey[],
        put: (key) => {
          const known = (draft as StoredKey[]).some(({ kid }) => kid === key.kid)
          const changed = (draft as StoredKey[]).map((other) => (other.kid === key.kid ? key : other))
          draft = known ? changed : [...changed, key]
        },
        remove: (kid) => {
          draft = (draft as StoredKey[]).filter((key) => key.kid !== kid)
        },
      })
      this.rows = draft
      return result
    })
    this.#last = turn.catch(() => undefined)
    return turn
  }

  /** Fails from now on, in all that it does. */
  fail(trouble: Trouble): void {
    this.trouble = { list: trouble, exclusive: trouble }
  }

  heal(): void {
    this.trouble = {}
  }
}

/** The same rows as another instance has them that seals in another way. */
export const sealedAs = (store: KeyStore, sealing: KeyStore['sealing']): KeyStore => ({
  sealing,
  list: () => store.list(),
  exclusive: (work) => store.exclusive(work),
})

/** The store cannot be reached. */
export const down: Trouble = () => Promise.reject(new Error('connection refused'))

/** It takes the question and is never heard of again. */
export const silent: Trouble = () => new Promise(() => {})

/** Answers no sooner than it is opened. */
export function gate(): { readonly open: () => void; readonly trouble: Trouble } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { open: resolve, trouble: () => promise }
}

export interface Rig {
  readonly clock: { time: number }
  readonly store: RiggedStore
  readonly ring: KeyRing
  readonly events: readonly KeyRingEvent[]
  /** Signs by the ring, and says so with its clock. */
  readonly signer: Signer
  /** Verifies by the ring, by its clock. */
  readonly verifier: Verifier
  /** Another instance on the same store. */
  other(options?: Partial<KeyRingOptions>): Promise<KeyRing>
}

/** A ring over a store and a clock that do as they are told. */
export async function rig(options: Partial<KeyRingOptions> = {}, store = new RiggedStore()): Promise<Rig> {
  const clock = { time: NOW }
  const now = (): number => clock.time
  const { alg = 'ES256', algs, ...rest } = options
  const open = (more: Partial<KeyRingOptions>): Promise<KeyRing> => {
    const several = more.alg === undefined ? (more.algs ?? algs) : undefined
    return createKeyRing({ store, now, ...rest, ...more, ...(several ? { algs: several } : { alg: more.alg ?? alg }) })
  }
  const ring = await open({})
  const events: KeyRingEvent[] = []
  ring.subscribe((event) => events.push(event))
  const first = typeof algs?.[0] === 'object' ? algs[0].alg : algs?.[0]
  return {
    clock,
    store,
    ring,
    events,
    signer: signerOf(ring, now, first),
    verifier: verifierOf(ring, now),
    other: (more = {}) => open(more),
  }
}

/** A signer for tokens of ten minutes. */
export function signerOf(ring: KeyRing, now: () => number, alg?: string): Signer {
  const { iss: issuer, aud: audience } = CLAIMS
  return createSigner({ key: ring, issuer, audience, now, expiresIn: 10 * MINUTE, ...(alg !== undefined && { alg }) })
}

/** A verifier without tolerance, so that a token counts up to its last second and no further. */
export function verifierOf(ring: KeyRing, now: () => number): Verifier {
  return createVerifier({ keys: ring, issuer: CLAIMS.iss, audience: CLAIMS.aud, now, clockTolerance: 0 })
}

/** The kid in the header of a token. */
export const kidOf = (token: string): string =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid

const ORDER: readonly KeyState[] = ['revoked', 'purged', 'retired', 'active', 'next']

/** The states of the keys of a ring; keys whose turns begin at one moment have no order by which a test could go. */
export const statesOf = (ring: KeyRing): readonly KeyState[] =>
  ring
    .list()
    .map(({ state }) => state)
    .sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b))

/** The kid of the first key that is in a state. */
export function kidIn(ring: KeyRing, state: KeyState, alg?: string): string {
  const found = ring.list().find((key) => key.state === state && (alg === undefined || key.alg === alg))
  if (found === undefined) throw new Error(`no key is ${state}: ${statesOf(ring).join(', ')}`)
  return found.kid
}

/** The kids of the published set. */
export const publishedBy = async (ring: KeyRing): Promise<readonly (string | undefined)[]> =>
  (await ring.publicJwks()).keys.map(({ kid }) => kid)

/** What a test puts its own things back with. */
export interface Cleanup {
  after(act: () => unknown): void
}

/** Timers that fire when a test says so, in place of those of the runtime. */
export function heldTimers(test: Cleanup): { readonly waits: readonly number[]; fire(most?: number): void } {
  const { setTimeout, clearTimeout } = globalThis
  const held = new Map<object, { readonly ms: number; readonly act: () => void }>()
  globalThis.setTimeout = ((act: () => void, ms = 0) => {
    if (!isOurWait(ms)) return setTimeout(act, ms)
    const handle = {}
    held.set(handle, { ms, act })
    return handle
  }) as unknown as typeof setTimeout
  globalThis.clearTimeout = ((handle: object) => void (held.delete(handle) || clearTimeout(handle as never))) as never
  test.after(() => Object.assign(globalThis, { setTimeout, clearTimeout }))
  return {
    get waits() {
      return [...held.values()].map(({ ms }) => ms)
    },
    fire(most = Number.POSITIVE_INFINITY) {
      for (const [handle, { act, ms }] of [...held]) {
        if (ms <= most && held.delete(handle)) act()
      }
    },
  }
}

const { setTimeout: soon } = globalThis

/** Lets all go on that waits for nothing but its turn; WebCrypto takes several. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => void soon(resolve, 0))
}
