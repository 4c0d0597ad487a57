// Loads the guards and the authority on loopback, for some time: npm run load -- --seconds 60 --only hono
import { parseArgs } from 'node:util'
import { loadAuthority, STORES } from './authority.ts'
import { APPS } from './control.ts'
import { loadGuard } from './guards.ts'
import { loadDuringOutage } from './outage.ts'
import { type Outcome, progress, toText } from './report.ts'

const USUAL_SECONDS = 60
const [LEAST_SECONDS, MOST_SECONDS] = [20, 3600]

const PARTS: Readonly<Record<string, (seconds: number) => Promise<Outcome>>> = {
  ...Object.fromEntries(APPS.map((app) => [app, (seconds: number) => loadGuard(app, seconds)])),
  ...Object.fromEntries(APPS.map((app) => [`${app}-outage`, () => loadDuringOutage(app)])),
  ...Object.fromEntries(
    STORES.map((store) => [`authority-${store}`, (seconds: number) => loadAuthority(store, seconds)]),
  ),
}

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { seconds: { type: 'string' }, only: { type: 'string' } } })
  const seconds = Number(values.seconds ?? USUAL_SECONDS)
  if (!(seconds >= LEAST_SECONDS && seconds <= MOST_SECONDS))
    throw new TypeError(`--seconds takes a number from ${LEAST_SECONDS} to ${MOST_SECONDS}`)
  const { only = '' } = values
  const names = only in PARTS ? [only] : Object.keys(PARTS).filter((name) => name.startsWith(only))
  if (names.length === 0) throw new TypeError(`--only takes one of ${Object.keys(PARTS).join(', ')}, or how some begin`)
  for (const name of names) {
    progress(`${name} …`)
    const outcome = await PARTS[name]?.(seconds)
    if (outcome === undefined) continue
    console.log(toText(outcome))
    if (outcome.faults.length > 0) process.exitCode = 1
  }
}

// What was started and mounted goes with this process, whose end it has to hear of.
process.once('SIGINT', () => process.exit(130))
await main(process.argv.slice(2))
process.exit()
