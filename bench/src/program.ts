// What measures: a process of each Node, which says by IPC how far it is and what it found. The conductor (main.ts)
// bundles it into plain JavaScript: in a process that strips types as it loads them, everything is 13 % slower.
import { CACHE } from './cache/suite.ts'
import { COLD } from './cold/suite.ts'
import { DECODE } from './decode/suite.ts'
import { ENCRYPTION } from './encryption/suite.ts'
import type { Suite } from './jobs.ts'
import { MEMORY } from './memory/suite.ts'
import type { Order, Part, Report } from './orders.ts'
import { SETS } from './sets/suite.ts'
import { SIGNING } from './signing/suite.ts'
import { SIZED } from './sizes/suite.ts'
import { THREADS } from './threads/suite.ts'

const SUITES: Readonly<Record<Part, readonly Suite[]>> = {
  timed: [SIGNING, CACHE, SETS, SIZED, DECODE, ENCRYPTION, THREADS, COLD],
  weighed: [MEMORY],
}

const { part, effort, only, scripts } = JSON.parse(process.argv[2] ?? '') as Order
const say = (report: Report): void => void process.send?.(report)

const names = Object.values(SUITES).flatMap((suites) => suites.flatMap(({ name, schemes = [] }) => [name, ...schemes]))
if (only !== undefined && !names.includes(only)) throw new TypeError(`--only takes one of ${names.join(', ')}`)

for (const { name, schemes, run } of SUITES[part]) {
  const scheme = schemes?.find((each) => each === only)
  if (only !== undefined && only !== name && scheme === undefined) continue
  const context = { effort, scripts, say: (line: string) => say({ line }), ...(scheme && { only: scheme }) }
  say({ name, figures: await run(context) })
}
// Whatever a library has left running is no reason to wait.
process.disconnect?.()
