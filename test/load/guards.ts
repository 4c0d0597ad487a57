// The guards under load: one request in ten is hostile, keys rotate, and memory is watched.
import { setTimeout as pause } from 'node:timers/promises'
import { type Reply, shoot } from './autocannon.ts'
import { Chores } from './chores.ts'
import type { AppName } from './control.ts'
import { startKeyServer } from './keys.ts'
import { type Sample, toFigures } from './memory.ts'
import { type Outcome, progress } from './report.ts'
import { send } from './send.ts'
import { startServer } from './server.ts'
import { Tally } from './tally.ts'
import { type Card, type Expected, faultOf, Tokens } from './tokens.ts'

const CONNECTIONS = 32
/** A key is public for longer than a set is fresh before it signs (seconds). */
const [ROTATE, FRESH, PUBLISHED] = [10, 5, 8]
/** Seconds between two looks at the memory, and until it is looked at: code is compiled, and keys rotate a first time. */
const [LOOK, WARM_UP] = [5, 60]
/** Megabytes: how much the heap may grow in a minute, and the whole process may take. */
const [MOST_GROWTH, MOST_RSS] = [1, 350]
const PROVE_MS = 4000

/** Loads a guard for some time, once it is warm. */
export async function loadGuard(app: AppName, seconds: number): Promise<Outcome> {
  const tokens = await Tokens.open()
  const keys = await startKeyServer(() => tokens.jwks(), FRESH)
  const server = await startServer({ app, jwksUri: keys.jwksUri, issuer: tokens.issuer.issuer })
  const [tally, chores] = [new Tally(), new Chores()]
  try {
    ;(await tokens.make(server.origin)).use()
    await tokens.prove(server.origin)
    const began = performance.now()
    const samples: Sample[] = []
    let [count, rotations] = [0, 0]
    chores.every(LOOK, async () => {
      const at = (performance.now() - began) / 1000
      const sample = { at, ...(await server.memory()) }
      samples.push(sample)
      const [heap, rss] = [sample.heapBytes, sample.rssBytes].map((bytes) => (bytes / 1_000_000).toFixed(1))
      progress(`${app}: ${at.toFixed(0)} s, ${tally}; heap ${heap} MB, process ${rss} MB`)
    })
    chores.every(ROTATE, async () => {
      await tokens.issuer.rotate()
      rotations++
      const made = await tokens.make(server.origin)
      await pause(PUBLISHED * 1000)
      made.use()
    })
    chores.every(PROVE_MS / 1000, () => tokens.prove(server.origin))
    chores.every(1, async () => {
      const status = await send(server.origin, { authorization: `Bearer ${'A'.repeat(17_000)}` })
      tally.add(status)
      if (status !== 431) tally.fail(`headers that are too long: ${status}`)
    })
    const round = {
      next: (): Card => (count++ % 10 === 0 ? tokens.bad() : tokens.good()),
      judge(reply: Reply, expected: Expected): void {
        tally.add(reply.status)
        const fault = faultOf(reply, expected)
        if (fault !== undefined) tally.fail(`${expected.kind}: ${fault}`)
      },
    }
    const { errors, timeouts } = await shoot(server.origin, round, {
      connections: CONNECTIONS,
      seconds: WARM_UP + seconds,
    })
    await chores.end()
    const figures = toFigures(samples.filter(({ at }) => at >= WARM_UP))
    const { heapMegabytes, trend, mostRssMegabytes } = figures
    const faults = [...tally.faults]
    if (errors + timeouts > 0) faults.push(`${errors} errors of connections, ${timeouts} requests without an answer`)
    if (trend > MOST_GROWTH) faults.push(`the heap grows by ${trend.toFixed(2)} MB a minute`)
    if (mostRssMegabytes > MOST_RSS) faults.push(`the process takes ${mostRssMegabytes.toFixed(0)} MB`)
    return {
      name: app,
      figures: [
        `${tally} in ${WARM_UP + seconds} s`,
        `${rotations} rotations of keys, ${keys.asked} requests for the JWK Set`,
        `heap ${heapMegabytes.toFixed(1)} MB at the end, ${trend.toFixed(2)} MB a minute once warm; process ${mostRssMegabytes.toFixed(0)} MB at most`,
      ],
      faults,
    }
  } finally {
    await chores.end()
    await server.stop()
    await keys.close()
  }
}
