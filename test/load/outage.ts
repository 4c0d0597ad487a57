// The JWK Set is out of reach in the midst of a load: refused, failing, hanging; then it is back.
import { setTimeout as pause } from 'node:timers/promises'
import { type Reply, shoot } from './autocannon.ts'
import type { AppName } from './control.ts'
import { type Health, startKeyServer } from './keys.ts'
import { type Outcome, progress } from './report.ts'
import { startServer } from './server.ts'
import { Tally } from './tally.ts'
import { type Card, type Expected, faultOf, Tokens } from './tokens.ts'

/** Seconds: a set is fresh for so long, and serves for so long after that while it cannot be fetched anew. */
const [FRESH, STALE] = [5, 6]
/** What happens, and for how many seconds. The last is over once tokens are let in again. */
const PLAN: readonly (readonly [Health, number])[] = [
  ['well', 6],
  ['refusing', 7],
  ['failing', 6],
  ['hanging', 9],
  ['well', 5],
]
/** The longest until the set is fetched again, once it is there (seconds): tries are up to 20 s apart by then, and spread. */
const MOST_WAIT = 30
const [CONNECTIONS, RATE] = [16, 600]

/** When answers of a kind came, in seconds since the beginning. */
interface Seen {
  first: number
  last: number
}

export async function loadDuringOutage(app: AppName): Promise<Outcome> {
  const tokens = await Tokens.open()
  const keys = await startKeyServer(() => tokens.jwks(), FRESH)
  const setup = { app, jwksUri: keys.jwksUri, issuer: tokens.issuer.issuer, maxStale: STALE, cacheMaxAge: FRESH }
  const server = await startServer(setup)
  const tally = new Tally()
  try {
    ;(await tokens.make(server.origin)).use()
    const began = performance.now()
    const now = (): number => (performance.now() - began) / 1000
    const waiting: Seen = { first: Number.POSITIVE_INFINITY, last: 0 }
    let [count, downAt, upAt, lastIn] = [0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0]
    const round = {
      next: (): Card => (count++ % 10 === 0 ? tokens.bad() : tokens.good()),
      judge(reply: Reply, expected: Expected): void {
        const at = now()
        tally.add(reply.status)
        if (reply.status === 200) lastIn = at
        // What cannot be decided without keys is answered 503, whatever it is; nobody is let in, and nobody is called a liar.
        const fault = reply.status === 503 && at > downAt ? faultOfWaiting(reply) : faultOf(reply, expected)
        if (fault !== undefined) tally.fail(`${at.toFixed(1)} s, ${expected.kind}: ${fault}`)
        else if (reply.status === 503 && expected.status === 200) {
          waiting.first = Math.min(waiting.first, at)
          waiting.last = at
        }
      },
    }
    const seconds = PLAN.reduce((sum, [, length]) => sum + length, 0) + MOST_WAIT
    const shooting = shoot(server.origin, round, { connections: CONNECTIONS, rate: RATE, seconds })
    for (const [health, length] of PLAN) {
      await keys.turn(health)
      if (health !== 'well') downAt = Math.min(downAt, now())
      else if (downAt < now()) upAt = now()
      progress(`${app}, JWK Set ${health}: ${now().toFixed(0)} s, ${tally}`)
      await pause(length * 1000)
    }
    const { errors, timeouts } = await shooting
    progress(`${app}: ${now().toFixed(0)} s, ${tally}`)
    const [held, recovered] = [waiting.first - downAt, waiting.last - upAt]
    const faults = [...tally.faults]
    if (errors + timeouts > 0) faults.push(`${errors} errors of connections, ${timeouts} requests without an answer`)
    if (held < STALE) faults.push(`good tokens were answered 503 ${held.toFixed(1)} s after the set was gone`)
    if (!(waiting.last > 0)) faults.push('the set served for longer than it may')
    if (recovered > MOST_WAIT || lastIn < waiting.last) faults.push('good tokens are not let in again')
    return {
      name: `${app}, JWK Set out of reach`,
      figures: [
        `${tally}`,
        `good tokens were let in for ${held.toFixed(1)} s without the set (fresh ${FRESH} s, stale ${STALE} s), then answered 503`,
        `let in again ${Math.max(0, recovered).toFixed(1)} s after the set was back`,
      ],
      faults,
    }
  } finally {
    await server.stop()
    await keys.close()
  }
}

function faultOfWaiting({ headers, body }: Reply): string | undefined {
  if (!/^\d+$/.test(headers['retry-after'] ?? '')) return '503 without Retry-After'
  if (headers['www-authenticate'] !== undefined) return '503 with a challenge'
  return (JSON.parse(body) as { error?: unknown }).error === 'unavailable'
    ? undefined
    : `503 with ${body.slice(0, 100)}`
}
