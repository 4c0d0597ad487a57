import type { ComponentChildren, JSX } from 'preact'
import type { Judgement } from '../../../countersign/src/judge/judge.ts'
import { type Finding, summarize } from '../../../countersign/src/lint/lint.ts'
import { ToldText } from '../shown/told.tsx'
import type { Outcome } from '../work/judge.ts'
import type { GivenKeys } from '../work/keys.ts'
import type { Reading } from '../work/read.ts'

interface VerdictProps {
  readonly reading: Reading
  readonly outcome: Outcome
  readonly findings: readonly Finding[] | undefined
  readonly children?: ComponentChildren
}

type Tone = 'neutral' | 'good' | 'bad' | 'warn'
type Line = readonly [tone: Tone, sign: string, text: string]

/** What is known of the token: of its signature, and of its claims, which are two verdicts. */
export function Verdict({ reading, outcome, findings = [], children }: VerdictProps): JSX.Element {
  const lines = [...linesOf(reading, outcome), ...findingsLine(findings)]
  const told =
    outcome.kind === 'judged'
      ? outcome.judgement.error
      : outcome.kind === 'unusable' && outcome.of === 'token'
        ? outcome.told
        : undefined
  return (
    <div class="verdict">
      <div role="status" id="status">
        {lines.map(([tone, sign, text]) => (
          <p class={tone}>
            <span aria-hidden="true">{sign}</span> {text}
          </p>
        ))}
      </div>
      {reading.kind === 'token' && told && <ToldText told={told}>{children}</ToldText>}
    </div>
  )
}

function linesOf(reading: Reading, outcome: Outcome): readonly Line[] {
  if (reading.kind === 'nothing') return [['neutral', '·', 'Paste a token to see what it says.']]
  if (reading.kind === 'unreadable') return [['bad', '✗', 'This is no token that can be read.']]
  const { kind, signature } = reading.token
  if (kind === 'jwe') return [encryptedLine(outcome)]
  if (outcome.kind === 'no key') {
    if (signature?.bytes === 0) return [['bad', '✗', 'Unsigned: nobody signed this, and anyone can write it.']]
    return [['neutral', '–', 'Not verified: anyone can write this. Give a key to check it.']]
  }
  if (outcome.kind !== 'judged') return [['warn', '!', 'Not verified: it could not be checked.']]
  return [signatureLine(outcome.judgement, outcome.given), ...claimsLines(outcome.judgement)]
}

function encryptedLine(outcome: Outcome): Line {
  if (outcome.kind === 'opened') return ['good', '✓', `Decrypted with the ${outcome.given.title}`]
  return outcome.kind === 'no key'
    ? ['neutral', '–', 'Encrypted: only its header can be read without the key of its recipient.']
    : ['bad', '✗', 'Encrypted, and not opened']
}

function findingsLine(findings: readonly Finding[]): readonly Line[] {
  const { error, warn } = summarize(findings)
  const said = [
    [error, 'error'],
    [warn, 'warning'],
  ] as const
  const texts = said.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}${count > 1 ? 's' : ''}`)
  return texts.length === 0 ? [] : [[error > 0 ? 'bad' : 'warn', '!', texts.join(', ')]]
}

function signatureLine({ verdict, checks, error }: Judgement, { title }: GivenKeys): Line {
  const [signature] = checks
  if (verdict === undefined) return ['warn', '!', 'Not verified: it could not be checked.']
  if (signature?.status !== 'pass')
    return ['bad', '✗', error?.code === 'CS_UNSIGNED' ? 'Unsigned: nobody signed this.' : 'Signature wrong']
  const kid = signature.kid === undefined ? '' : `, kid ${signature.kid}`
  return ['good', '✓', `Signature valid: ${signature.alg}${kid}, with the ${title}`]
}

function claimsLines({ verdict, checks, error }: Judgement): readonly Line[] {
  const [signature, ...claims] = checks
  if (verdict === undefined || signature?.status !== 'pass') return [['neutral', '–', 'Claims not checked']]
  const failed = claims.filter(({ status }) => status === 'fail')
  const passed = claims.filter(({ status }) => status === 'pass').map(({ name }) => name)
  const open = claims.filter(({ status }) => status === 'unchecked').map(({ name }) => name)
  const line: Line =
    failed.length > 0
      ? ['bad', '✗', `Claims refused: ${failed.map(({ name }) => name).join(', ')} (${error?.code ?? ''})`]
      : passed.length > 0
        ? ['good', '✓', `Claims accepted: ${passed.join(', ')}`]
        : ['neutral', '–', 'No claim was checked']
  return open.length > 0 ? [line, ['neutral', '–', `Unchecked: ${open.join(', ')}`]] : [line]
}
