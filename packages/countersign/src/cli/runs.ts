import type { Call } from './call.ts'
import type { Outcome } from './outcome.ts'

type AnyRun = (call: Call) => Promise<Outcome | undefined>

/** What does the work of each command, loaded when it is asked for: `decode` need not wait for what `encrypt` takes. */
export const RUNS: Readonly<Record<string, () => Promise<AnyRun>>> = {
  decode: async () => (await import('./run/decode.ts')).decode as AnyRun,
  verify: async () => (await import('./run/verify.ts')).verify as AnyRun,
}
