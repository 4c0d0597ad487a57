import { toExact } from '../../diagnosis/exact-json.ts'
import { lintSubject } from '../../lint/lint.ts'
import { RULES } from '../../lint/rules.ts'
import { toSetSubject } from '../../lint/subject.ts'
import type { Call } from '../call.ts'
import { backend } from '../engine.ts'
import type { GivenSet } from '../given/keys.ts'
import { findingsJson, findingsText, isGrave } from '../shown/findings.ts'
import type { Outcome } from '../shown/outcome.ts'
import type { Brush } from '../shown/paint.ts'

/** A list of keys with what is wrong, or risky, about the set below it. */
export async function withFindings(
  { json, text }: { readonly json: Outcome['json']; readonly text: (brush: Brush) => string },
  { name, jwks }: Pick<GivenSet, 'name' | 'jwks'>,
  { host, settings }: Call,
): Promise<Outcome> {
  const findings = await lintSubject(toSetSubject(toExact(jwks), backend), { rules: RULES, now: host.now() }, backend)
  const all = [{ name, what: 'the whole set', findings }]
  return {
    json: { ...json, ...findingsJson(all) },
    text: (brush) => `${text(brush)}\n${findingsText(all, settings, brush)}`,
    isFailure: isGrave(findings, 'error'),
  }
}
