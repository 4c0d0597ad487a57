import { CommandError } from '../../diagnosis/told.ts'
import type { Judging } from '../../judge/judge.ts'
import type { Demands } from '../../judge/terms.ts'
import { tokenLines } from '../given/tokens.ts'
import { usage } from '../line/usage.ts'
import type { Outcome } from '../shown/outcome.ts'
import { judge, keysFor, readToken, toldOf, toOutcome, type VerifyCall } from './verify-judge.ts'

/** Judges one token a line, with keys that are read or fetched once. */
export async function verifyLines(call: VerifyCall, demands: Demands): Promise<Outcome | undefined> {
  const { words, host, settings } = call
  if (words[0] === undefined && host.input.isTerminal)
    throw usage('verify --lines needs tokens', 'verify', 'countersign verify @FILE --lines, or pipe them in.')
  const keys = await keysFor(call, demands)
  const counts = { accepted: 0, rejected: 0, unjudged: 0 }
  for await (const [line, text] of tokenLines(call, words[0])) {
    const outcome = await judgeLine(line, text, keys, demands, call)
    counts[kindOf(outcome)]++
    const all = counts.accepted + counts.rejected + counts.unjudged
    call.progress.show(() => `verified ${all}, ${all - counts.accepted} of them refused`)
    await call.answer(onOneLine(line, outcome))
  }
  const { accepted, rejected, unjudged } = counts
  if (accepted + rejected + unjudged === 0)
    throw new CommandError('CS_MALFORMED', 'no line of the input has a token.', {
      hint: '--lines takes one token a line.',
    })
  const rest = unjudged === 0 ? '' : `, ${unjudged} not judged`
  if (!settings.json)
    call.note({ code: 'CS_NOTE_COUNT', message: `${accepted} accepted, ${rejected} rejected${rest}.` })
  return undefined
}

async function judgeLine(
  line: number,
  text: string,
  keys: Judging,
  demands: Demands,
  call: VerifyCall,
): Promise<Outcome> {
  const at = call.settings.json ? '' : `line ${line}: `
  const own: VerifyCall = { ...call, note: ({ code, message }) => call.note({ code, message: at + message }) }
  try {
    const matter = readToken(text, own)
    return matter.refused ? toOutcome(matter.refused, call.host.now(), own) : await judge(matter, keys, demands, own)
  } catch (error) {
    return { json: {}, text: '', error: toldOf(error) }
  }
}

const kindOf = ({ json, error }: Outcome): 'accepted' | 'rejected' | 'unjudged' =>
  error === undefined ? 'accepted' : json['verdict'] === undefined ? 'unjudged' : 'rejected'

/** A token that was refused is told on its own line, and once. */
function onOneLine(line: number, outcome: Outcome): Outcome {
  const { json, error } = outcome
  const own = { line, ...json }
  if (error === undefined) return { json: own, text: `line ${line}: accepted\n` }
  const verdict = kindOf(outcome) === 'rejected' ? 'rejected' : 'not judged'
  return {
    json: own,
    text: (brush) => `line ${line}: ${brush('bad', verdict)}  ${error.code}: ${error.message}\n`,
    error,
    isTold: true,
  }
}
