import { fork } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Figures } from './figures.ts'
import type { NodeAtHand } from './nodes.ts'
import type { Order, Report } from './orders.ts'

/** The figures of suites, by the names of these. */
export type Found = ReadonlyMap<string, Figures>

/**
 * Has a Node measure.
 *
 * @param folder - where the bundles lie
 */
export function measureOn(
  { binary }: NodeAtHand,
  folder: string,
  order: Omit<Order, 'scripts'>,
  say: (line: string) => void,
): Promise<Found> {
  const scripts = `${pathToFileURL(folder).href}/`
  const { NODE_OPTIONS: _, ...env } = process.env
  const child = fork(join(folder, 'program.mjs'), [JSON.stringify({ ...order, scripts } satisfies Order)], {
    execPath: binary,
    // Flags of ours are none of the child's; only what is weighed is weighed after a collection of garbage.
    execArgv: order.part === 'weighed' ? ['--expose-gc'] : [],
    env,
  })
  return new Promise((resolve, reject) => {
    const found = new Map<string, Figures>()
    child.on('message', (report: Report) => {
      if ('line' in report) say(report.line)
      else found.set(report.name, report.figures)
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) resolve(found)
      else reject(new Error(`measuring ended with ${signal ?? code}`))
    })
  })
}
