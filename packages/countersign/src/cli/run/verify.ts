import type { Run } from '../call.ts'
import { checkKeySource } from '../given/key-sources.ts'
import { tokenText } from '../given/tokens.ts'
import { usage } from '../line/usage.ts'
import type { VerifyNames } from '../rows/tokens.ts'
import { toDemands } from './verify-demands.ts'
import { judge, keysFor, readToken, toOutcome } from './verify-judge.ts'

/** Checks the signature and the claims of a token, and says what was checked and what was not. */
export const verify: Run<VerifyNames> = async (call) => {
  const { values, words, sources } = call
  sources.claim(words[0] ?? '-', 'TOKEN')
  for (const name of ['key', 'secret', 'jwks', 'payload'] as const) sources.claim(values[name], `--${name}`)
  if (values.lines && values.payload !== undefined) throw usage('--lines and --payload exclude each other', 'verify')
  const demands = await toDemands(call)
  checkKeySource(call, values, 'verify')
  if (values.lines) return (await import('./verify-lines.ts')).verifyLines(call, demands)
  const text = await tokenText(call, words[0], 'verify')
  // What is no token, or nobody signed, is refused before anything is fetched for it.
  const matter = readToken(text, call)
  if (matter.refused) return toOutcome(matter.refused, call.host.now(), call)
  return judge(matter, await keysFor(call, demands), demands, call)
}
