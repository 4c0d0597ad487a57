import type { Call } from './call.ts'
import type { Outcome } from './shown/outcome.ts'

type AnyRun = (call: Call) => Promise<Outcome | undefined>

/** What does the work of each command, loaded when it is asked for: `decode` need not wait for what `encrypt` takes. */
export const RUNS: Readonly<Record<string, () => Promise<AnyRun>>> = {
  decode: async () => (await import('./run/decode.ts')).decode as AnyRun,
  completion: async () => (await import('./run/completion.ts')).completion as AnyRun,
  verify: async () => (await import('./run/verify.ts')).verify as AnyRun,
  jwks: async () => (await import('./run/jwks.ts')).jwks as AnyRun,
  explain: async () => (await import('./run/explain.ts')).explain as AnyRun,
  lint: async () => (await import('./run/lint.ts')).lint as AnyRun,
  algs: async () => (await import('./run/algs.ts')).algs as AnyRun,
  sign: async () => (await import('./run/sign.ts')).sign as AnyRun,
  encrypt: async () => (await import('./run/encrypt.ts')).encrypt as AnyRun,
  decrypt: async () => (await import('./run/decrypt.ts')).decrypt as AnyRun,
  debug: async () => (await import('./run/debug.ts')).debug as AnyRun,
  'key new': async () => (await import('./run/key-new.ts')).keyNew as AnyRun,
  'key convert': async () => (await import('./run/key-convert.ts')).keyConvert as AnyRun,
  'key public': async () => (await import('./run/key-public.ts')).keyPublic as AnyRun,
  'key inspect': async () => (await import('./run/key-inspect.ts')).keyInspect as AnyRun,
  'key thumbprint': async () => (await import('./run/key-thumbprint.ts')).keyThumbprint as AnyRun,
  'key set': async () => (await import('./run/key-set.ts')).keySet as AnyRun,
}
