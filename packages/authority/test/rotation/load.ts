import { decodeProtectedHeader } from 'jose'
import { LONGEST_TOKEN_SECONDS } from '../../src/settings.ts'
import { TIMES, type Turns } from './fast.ts'
import { type Judge, Naive, type Outcome, ownJudge, UNKNOWN, VERIFIED } from './verifiers.ts'

export const RESOURCE = 'https://orders.example'
export const SERVICE = { client_id: 'robot', type: 'service', resources: { [RESOURCE]: 'read' } } as const

/** Concurrent callers, each of which takes a token in every turn. */
const CALLERS = 4
/**
 * Ages of tokens (fast seconds): the end of their lives, where they still have to verify, and one at which no key of theirs
 * can be left: it signed for a period at most, and stayed for the overlap.
 */
const [OLD, GONE] = [LONGEST_TOKEN_SECONDS, TIMES.period + TIMES.overlap + TIMES.poll + TIMES.cacheMaxAge]
/** Longer than a key is public before it signs. */
const HOARD = 2 * TIMES.period

export interface LoadOptions {
  readonly issuer: string
  readonly origins: readonly string[]
  readonly secret: string | undefined
  readonly turns: Turns
  /** That of the test. */
  readonly signal: AbortSignal
  /** Instances are killed: whoever gets no answer asks another one. An answer that is an error stays a failure. */
  readonly patient?: boolean
}

interface Token {
  readonly text: string
  readonly kid: string
  readonly at: number
}

/** What there was to see. */
export interface Figures {
  requests: number
  /** Answers that were no token, as text. */
  failed: string[]
  /** Requests without an answer. */
  lost: number
  tokens: number
  /** The keys that signed tokens, in the order of their turns: one rotation less. */
  readonly kids: Set<string>
  /** Tokens that have been verified at the end of their lives. */
  grown: number
  /** Of verifiers that do as they were told: at once and at the end of a token's life. */
  readonly fresh: Map<Outcome, number>
  readonly old: Map<Outcome, number>
  /** The controls: of a verifier that keeps sets for too long, and of tokens that live for too long. */
  readonly hoarded: Map<Outcome, number>
  readonly gone: Map<Outcome, number>
}

export interface TokenAnswer {
  readonly status: number
  /** The token, where it is one. */
  readonly text: string | undefined
  readonly body: string
}

/** Asks an instance for a token of the service. */
export async function askForToken(origin: string | undefined, secret: string | undefined): Promise<TokenAnswer> {
  const basic = Buffer.from(`${SERVICE.client_id}:${secret}`).toString('base64')
  const answer = await fetch(`${origin}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource: RESOURCE, scope: 'read' }),
  })
  const [status, body] = [answer.status, await answer.text()]
  return { status, body, text: status === 200 ? String(JSON.parse(body).access_token) : undefined }
}

export const kidOf = (token: string): string => String(decodeProtectedHeader(token).kid)

/**
 * Services that ask for tokens at a steady rate, and verifiers of each token. The two controls break the inequalities
 * from the other side: a set that is kept for longer than keys are public before they sign is as good as a prepublish
 * that is too short, and tokens that outlive the overlap are as good as an overlap that is. They have to show what must
 * not be seen anywhere else.
 */
class Load {
  readonly figures: Figures = {
    ...{ requests: 0, failed: [], lost: 0, tokens: 0, grown: 0, kids: new Set() },
    ...{ fresh: new Map(), old: new Map(), hoarded: new Map(), gone: new Map() },
  }
  /** Verifiers that do as they were told. */
  readonly naive: readonly Naive[]
  /** Keys that were revoked: of their tokens nothing is promised any more. */
  readonly revoked: Set<string> = new Set()
  readonly #options: LoadOptions
  readonly #judges: readonly Judge[]
  readonly #hoarder: Judge
  readonly #old: Token[] = []
  readonly #gone: Token[] = []
  readonly #waiting = new Set<() => void>()
  readonly #callers: Promise<unknown>
  #turn = 0
  #over = false

  constructor(options: LoadOptions) {
    const { origins, issuer, turns, patient = false } = options
    const { now } = turns
    const expected = { issuer, audience: RESOURCE }
    this.#options = options
    this.naive = origins.map((_, first) => new Naive(origins, expected, now, { first }))
    // Ours asks one instance alone, which must be there.
    this.#judges = patient ? this.naive : [...this.naive, ...origins.map((origin) => ownJudge(origin, expected, now))]
    this.#hoarder = new Naive(origins, expected, now, { keep: () => HOARD })
    this.#callers = Promise.all(Array.from({ length: CALLERS }, () => this.#call()))
    this.#callers.catch(() => undefined) // whoever waits for something hears of it
  }

  /** Goes on until something is so, or the time of the test is over. */
  async until(condition: (figures: Figures) => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const { signal } = this.#options
    const look = (): void => {
      if (signal.aborted) reject(signal.reason)
      else if (condition(this.figures)) resolve()
    }
    this.#waiting.add(look)
    await Promise.race([promise, this.#callers]).finally(() => this.#waiting.delete(look))
  }

  /** Ends it, once what was asked for has been answered. @throws whatever went wrong */
  async stop(): Promise<void> {
    this.#over = true
    await this.#callers
  }

  #call(): Promise<void> {
    return this.#options.turns.takePart(async (done) => {
      while (!this.#over) {
        const token = await this.#ask()
        if (token) await this.#judge(token)
        for (const look of this.#waiting) look()
        await done()
      }
    })
  }

  /** Asks for a token. @returns nothing where there was no answer, or one that is no token */
  async #ask(): Promise<Token | undefined> {
    const { origins, secret, turns, patient } = this.#options
    const { figures } = this
    for (let left = patient ? origins.length : 1; left > 0; left--) {
      figures.requests++
      try {
        const { status, text, body } = await askForToken(origins[this.#turn++ % origins.length], secret)
        if (text !== undefined) {
          const kid = kidOf(text)
          figures.tokens++
          figures.kids.add(kid)
          return { text, kid, at: turns.now() }
        }
        figures.failed.push(`${status} ${body}`)
        return undefined
      } catch (error) {
        figures.lost++
        if (!patient) figures.failed.push(String(error))
      }
    }
    return undefined
  }

  async #judge(token: Token): Promise<void> {
    const { figures } = this
    this.#old.push(token)
    this.#gone.push(token)
    await Promise.all([
      ...this.#judges.map((judge) => this.#pass(judge, token, figures.fresh)),
      this.#pass(this.#hoarder, token, figures.hoarded),
      ...this.#aged(this.#old, OLD).map(async (old) => {
        await this.#pass(this.#judges[figures.grown++ % this.#judges.length], old, figures.old)
      }),
      ...this.#aged(this.#gone, GONE).map((gone) => this.#pass(this.naive[0], gone, figures.gone)),
    ])
  }

  async #pass(judge: Judge | undefined, { text, kid }: Token, outcomes: Map<Outcome, number>): Promise<void> {
    const outcome = (await judge?.judge(text)) ?? 'nobody to ask'
    if (!this.revoked.has(kid)) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }

  /** Takes the tokens that have come to an age off a list. */
  #aged(list: Token[], age: number): readonly Token[] {
    const young = list.findIndex(({ at }) => at + age > this.#options.turns.now())
    return list.splice(0, young < 0 ? list.length : young)
  }
}

export type { Load }

/** Does some work under load, which has ended when this has. @returns what there was to see */
export async function underLoad(options: LoadOptions, work: (load: Load) => Promise<void>): Promise<Figures> {
  const load = new Load(options)
  await work(load).finally(() => load.stop())
  return load.figures
}

/** What there was to see: as text, and what is wrong with it, by name. The controls have to see what nobody else may. */
export function summary({ failed, tokens, requests, lost, kids, fresh, old, hoarded, gone }: Figures): {
  readonly faults: Readonly<Record<string, unknown>>
  readonly blind: readonly string[]
  readonly text: string
} {
  const of = (map: Map<Outcome, number>): string =>
    [...map].map(([outcome, times]) => `${times} ${outcome}`).join(', ') || 'none'
  const refused = [...fresh, ...old].filter(([outcome]) => outcome !== VERIFIED)
  const controls = { 'sets kept for too long': hoarded, 'tokens that live too long': gone }
  return {
    faults: { ...(failed.length > 0 && { failed }), ...Object.fromEntries(refused) },
    blind: Object.entries(controls).flatMap(([name, map]) => (map.has(UNKNOWN) ? [] : [name])),
    text: [
      `${requests} requests, ${failed.length} failed, ${lost} without an answer, ${tokens} tokens, ${kids.size - 1} rotations`,
      `at once: ${of(fresh)}; at the end of their lives: ${of(old)}`,
      ...Object.entries(controls).map(([name, map]) => `control, ${name}: ${of(map)}`),
    ].join('. '),
  }
}
