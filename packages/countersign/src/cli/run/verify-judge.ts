import { exactly } from '../../diagnosis/exact-json.ts'
import { CommandError, type Told, toldIn } from '../../diagnosis/told.ts'
import {
  type Detached,
  type Judgement,
  type Judging,
  judge as judgeToken,
  type Matter,
  readMatter,
} from '../../judge/judge.ts'
import { allowedAlgorithms } from '../../judge/keys.ts'
import type { Demands } from '../../judge/terms.ts'
import { verifyJws } from '../../jws/verify-jws.ts'
import { run } from '../../op.ts'
import type { CallOf } from '../call.ts'
import { backend } from '../engine.ts'
import { readVerifyingKeys } from '../given/key-sources.ts'
import type { VerifyNames } from '../rows/tokens.ts'
import type { Outcome } from '../shown/outcome.ts'
import { checksText } from './verify-text.ts'

/** A command line of `verify`. */
export type VerifyCall = CallOf<VerifyNames>

export async function keysFor(call: VerifyCall, demands: Demands): Promise<Judging> {
  const keys = await readVerifyingKeys(call, call.values, 'verify')
  return { ...keys, algorithms: allowedAlgorithms(keys.given, demands.algorithms) }
}

/** Reads a token, and says what there is to say of it before any key is there. @throws {CommandError} @throws {JoseError} */
export function readToken(text: string, call: VerifyCall): Matter {
  const matter = readMatter(text, call.settings.strict)
  for (const note of matter.token.notes) call.note(note)
  return matter
}

/** Judges one token. */
export async function judge(matter: Matter, keys: Judging, demands: Demands, call: VerifyCall): Promise<Outcome> {
  const judgement = await judgeToken(matter, keys, demands, backend, detachedIn(matter, keys, call))
  for (const note of judgement.notes) call.note(note)
  return toOutcome(judgement, demands.now, call)
}

/** The payload that --payload names, where it does. */
function detachedIn({ token: { payload } }: Matter, { algorithms }: Judging, call: VerifyCall): Detached | undefined {
  const { payload: source } = call.values
  if (source === undefined) return undefined
  return {
    async verify(token, options) {
      if (payload !== undefined)
        throw new CommandError('CS_MALFORMED', 'the token has its payload in it, and --payload gives another.', {
          hint: 'leave out --payload, or pass a token that was signed detached.',
        })
      const { detachedPayload, readFault } = await import('../given/detached.ts')
      const pieces = await detachedPayload(call, source, '--payload', algorithms ?? [], 'verifying')
      try {
        return await run(verifyJws(token, { ...options, detachedPayload: pieces }, backend), backend)
      } catch (error) {
        throw readFault(error)
      }
    },
    near: otherPayload,
  }
}

/** Of a payload that came by itself the file may be another one, unless the key is. */
function otherPayload({ code, hint }: Told): Partial<Told> | undefined {
  if (code !== 'CS_SIGNATURE' || !hint.startsWith('refuse')) return undefined
  return {
    hint: 'refuse it: what --payload names is not what was signed. If it was cut or changed on its way, get it again.',
  }
}

/** What came of a token, as it is printed. */
export function toOutcome(judgement: Judgement, now: number, call: VerifyCall): Outcome {
  const { verdict, checks, header, payload, claims, error } = judgement
  if (verdict === undefined) return { json: {}, text: '', ...(error && { error }) }
  const shown = { ...(header && { header: exactly(header) }), ...(payload && { payload: exactly(payload) }) }
  return {
    json: { verdict, checks, ...shown },
    text: (brush) => (call.settings.quiet ? '' : checksText(checks, claims, payload, now, call, brush)),
    ...(error && { error }),
  }
}

/** What a fault of one token is told as, where others follow. */
export function toldOf(error: unknown): Told {
  const told = toldIn(error)
  if (told !== undefined) return told
  throw error
}
