import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FetchRequest, type FetchResponse, JoseError, type RemoteKeySetSnapshot } from 'countersign'
import fc from 'fast-check'
import {
  type Answerer,
  answerByHand,
  bodyOf,
  gate,
  type Issued,
  issue,
  kidsOf,
  rig,
  unreachable,
} from '../support/remote.ts'

const ISSUED = await Promise.all(['a', 'b', 'c', 'd'].map(issue))
const STRANGER = await issue('stranger')
const TIMEOUT = 5
const MAX_STALE = 1000

type Mode = 'good' | 'unchanged' | '503' | 'busy' | 'unreachable' | 'HTML' | 'hang'

type Step =
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'jump'; readonly seconds: number }
  | { readonly do: 'serve'; readonly mode: Mode; readonly maxAge: number | undefined }
  | { readonly do: 'rotate' }
  | { readonly do: 'verify'; readonly kid: number }
  | { readonly do: 'load' }
  | { readonly do: 'release' }
  | { readonly do: 'restore' }

const kid = fc.integer({ min: 0, max: ISSUED.length })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('verify' as const), kid }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('load' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      seconds: fc.oneof(fc.constantFrom(1, 4, 5, 10, 150, 600), fc.integer({ min: 0, max: 1500 })),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('serve' as const),
      mode: fc.constantFrom<Mode>('good', 'good', 'unchanged', '503', 'busy', 'unreachable', 'HTML', 'hang'),
      maxAge: fc.constantFrom(undefined, 0, 60, 100),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rotate' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('release' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restore' as const) }) },
)
const jump: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('jump' as const),
  seconds: fc.constantFrom(-86_400, -3600, -600, -10, -1, 3600, 86_400),
})
const steps = fc.array(step, { minLength: 1, maxLength: 40 })
const stepsWithJumps = fc.array(fc.oneof({ weight: 8, arbitrary: step }, { weight: 1, arbitrary: jump }), {
  minLength: 1,
  maxLength: 40,
})

/** A request, as the server saw it. */
interface Seen {
  readonly at: number
  answered: boolean
  /** Whether the clock has been where the request cannot be on its way any more. */
  givenUp: boolean
}

/** What a set held for a while. */
interface Held {
  readonly kids: readonly string[]
  readonly fetchedAt: number
  readonly usableUntil: number
}

/** Lets everything go on that waits for nothing but promises, as the answers of this server do. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await undefined
}

/** A server that does as it is told. */
class Server {
  served: readonly Issued[] = ISSUED.slice(0, 2)
  mode: Mode = 'good'
  maxAge: number | undefined
  readonly hanging: (() => void)[] = []

  answer(request: FetchRequest, url: string): Promise<FetchResponse> {
    return this.#answerer(request)(request, url)
  }

  rotate(): void {
    const others = ISSUED.filter((issued) => !this.served.includes(issued))
    this.served = [...others, ...this.served].slice(0, 2)
  }

  #answerer(request: FetchRequest): Answerer {
    const etag = `"${this.served.map(({ kid }) => kid).join()}"`
    const caching = this.maxAge === undefined ? {} : { 'cache-control': `max-age=${this.maxAge}` }
    const good = answerByHand(bodyOf(...this.served), { ...caching, etag })
    switch (this.mode) {
      case 'good':
        return good
      case 'unchanged':
        return request.headers['if-none-match'] === etag ? answerByHand('', caching, { status: 304 }) : good
      case 'hang': {
        const late = gate(good)
        this.hanging.push(late.open)
        return late.answer
      }
      case 'HTML':
        return answerByHand('<!doctype html>', {})
      case 'unreachable':
        return unreachable
      case 'busy':
        return answerByHand('', { 'retry-after': '60' }, { status: 503 })
      case '503':
        return answerByHand('', {}, { status: 503 })
    }
  }
}

/** Does what the steps say with a set and a server, and holds at each what has to hold always. */
async function play(steps: readonly Step[]): Promise<void> {
  const server = new Server()
  const seen: Seen[] = []
  const faults: string[] = []
  const clocks: number[] = []
  const held: Held[] = []
  const waiting: Promise<void>[] = []
  const snapshots: RemoteKeySetSnapshot[] = []

  const { state, keys, verifier } = rig({
    maxStale: MAX_STALE,
    timeout: TIMEOUT,
    async fetch(url, request) {
      const at = state.time
      const last = seen.at(-1)
      if (last && at < last.at + 5 && at >= last.at) faults.push(`requests at ${last.at} and ${at}`)
      for (const { answered, givenUp, at: start } of seen)
        if (!answered && !givenUp) faults.push(`requests at once, of ${start} and ${at}`)
      const mine: Seen = { at, answered: false, givenUp: false }
      seen.push(mine)
      try {
        return await server.answer(request, url)
      } finally {
        mine.answered = true
      }
    },
  })
  const move = (seconds: number): void => {
    state.time += seconds
    clocks.push(state.time)
    for (const request of seen) request.givenUp ||= state.time > request.at + TIMEOUT + 1 || state.time < request.at
  }
  move(0)

  const note = (): void => {
    const snapshot = keys.snapshot()
    if (snapshot === undefined) return
    const now: Held = {
      kids: (kidsOf(keys) ?? []).map(String),
      fetchedAt: snapshot.fetchedAt,
      usableUntil: snapshot.freshUntil + MAX_STALE,
    }
    if (JSON.stringify(held.at(-1)) !== JSON.stringify(now)) held.push(now)
  }
  keys.subscribe(note)

  /** Verifies a token, and holds the outcome against all that the set held meanwhile. */
  const verify = async ({ kid, token }: Issued): Promise<void> => {
    const [fromSet, fromClock] = [Math.max(0, held.length - 1), clocks.length - 1]
    const error = await verifier.verify(token).then(
      () => undefined,
      (error: unknown) => error,
    )
    note()
    if (error !== undefined && !(error instanceof JoseError)) faults.push(`no JoseError: ${String(error)}`)
    const sets = held.slice(fromSet)
    const times = clocks.slice(fromClock)
    const has = sets.map(({ kids }) => kids.includes(kid))
    const usable = sets.flatMap(({ usableUntil }) => times.map((time) => time < usableUntil))
    if (sets.length > 0 && has.every(Boolean) && usable.every(Boolean) && error !== undefined)
      faults.push(`${kid} is in a set that may be used, and was refused: ${String(error)}`)
    if (!has.some(Boolean) && error === undefined) faults.push(`${kid} is in no set, and was accepted`)
    if (!usable.some(Boolean) && error === undefined) faults.push(`${kid} was accepted by a set that is too old`)
  }

  const load = async (): Promise<void> => {
    try {
      await keys.load()
    } catch (error) {
      if (!(error instanceof JoseError && error.unavailable)) faults.push(`load failed by ${String(error)}`)
    }
  }

  const restore = (): void => {
    const now = keys.snapshot()
    const [old] = snapshots
    if (now) snapshots.push(now)
    if (!old || !now) return
    if (old.fetchedAt > state.time) assert.throws(() => keys.restore(old), { code: 'CS_JWKS_INVALID' })
    else keys.restore(JSON.parse(JSON.stringify(old)))
    if (old.fetchedAt <= now.fetchedAt || old.fetchedAt > state.time) assert.deepEqual(keys.snapshot(), now)
  }

  for (const step of steps) {
    if (step.do === 'wait' || step.do === 'jump') move(step.seconds)
    else if (step.do === 'serve') [server.mode, server.maxAge] = [step.mode, step.maxAge]
    else if (step.do === 'rotate') server.rotate()
    else if (step.do === 'release') server.hanging.shift()?.()
    else if (step.do === 'verify') waiting.push(verify(ISSUED[step.kid] ?? STRANGER))
    else if (step.do === 'load') waiting.push(load())
    else restore()
    await quiet()
    if (seen.every(({ answered }) => answered)) await Promise.all(waiting.splice(0))
    note()
  }

  // Whatever happened, and whatever still hangs: when the server is well and time has passed, what the issuer signs now
  // is accepted, and nothing else.
  server.mode = 'good'
  move(150)
  const [newest] = server.served
  await verifier.verify(newest?.token ?? '')
  await assert.rejects(verifier.verify(STRANGER.token), { code: 'CS_NO_KEY' })
  for (const open of server.hanging) open()
  await Promise.all(waiting)
  assert.deepEqual(faults, [])
}

test('whatever a server and its clock do, requests are few, keys serve while they may, and others never', async () => {
  await fc.assert(fc.asyncProperty(steps, play), { numRuns: 300 })
})

test('the same holds where the clock jumps', async () => {
  await fc.assert(fc.asyncProperty(stepsWithJumps, play), { numRuns: 300 })
})
