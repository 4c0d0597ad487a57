// What test files find as `fast-check`: the same, with as many runs of a property as are this runtime's share.
import whole from 'fast-check'
import { shareOf } from '../../../packages/countersign/test/support/share.ts'

/** How often fast-check tries a property where nothing is said. */
const RUNS = 100

const assert: typeof whole.assert = (property, parameters) =>
  whole.assert(property as never, { ...parameters, numRuns: shareOf(parameters?.numRuns ?? RUNS) } as never) as never

export default { ...whole, assert }
