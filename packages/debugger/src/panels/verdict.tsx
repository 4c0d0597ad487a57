import type { ComponentChildren, JSX } from 'preact'
import { textFromBase64url } from '../../../countersign/src/bytes.ts'
import type { DecodedToken } from '../../../countersign/src/diagnosis/decode-token.ts'
import {
  type ExactJson,
  member,
  numberOf,
  parseExact,
  textOf,
  toValue,
} from '../../../countersign/src/diagnosis/exact-json.ts'
import { toIso, toWhen } from '../../../countersign/src/diagnosis/moments.ts'
import { isObject, own } from '../../../countersign/src/json.ts'
import type { Judgement } from '../../../countersign/src/judge/judge.ts'
import { type Finding, summarize } from '../../../countersign/src/lint/lint.ts'
import { useId } from '../shown/panel.tsx'
import { ToldText } from '../shown/told.tsx'
import { browserName, CAPABILITIES } from '../work/browser.ts'
import { keyInside, type Outcome } from '../work/judge.ts'
import { briefly, type GivenKeys } from '../work/keys.ts'
import { useNow } from '../work/now.ts'
import type { Reading } from '../work/read.ts'

interface VerdictProps {
  readonly reading: Reading
  readonly outcome: Outcome
  readonly findings: readonly Finding[] | undefined
  /** What the key inside the token makes of it, once somebody asked. */
  readonly inside: string | undefined
  /** What a token that verified before says of this one. */
  readonly changed: string | undefined
  /** Whether there is more to say, which follows. */
  readonly hasMore: boolean
  readonly children?: ComponentChildren
}

type Tone = 'neutral' | 'good' | 'bad' | 'warn'
type Line = readonly [tone: Tone, sign: string, text: string]

/** What is known of the token: of its signature, and of its claims, which are two verdicts. */
export function Verdict({
  reading,
  outcome,
  findings = [],
  inside,
  changed,
  hasMore,
  children,
}: VerdictProps): JSX.Element {
  const id = useId('status')
  const lines: readonly Line[] = [
    ...linesOf(reading, outcome),
    ...(inside === undefined ? [] : [['bad', '✗', inside] as const]),
    ...findingsLine(findings),
  ]
  const told =
    outcome.kind === 'judged'
      ? outcome.judgement.error
      : outcome.kind === 'unusable' && outcome.of === 'token'
        ? outcome.told
        : undefined
  const blame = changed ?? (outcome.kind === 'judged' ? outcome.fault : undefined)
  const why = reading.kind === 'token' ? told : undefined
  return (
    <>
      <div class="verdict">
        <div role="status" id={id}>
          {lines.map(([tone, sign, text]) => (
            <p class={tone}>
              <span aria-hidden="true">{sign}</span> {text}
            </p>
          ))}
        </div>
        {reading.kind === 'token' && <Life claims={reading.token.payload?.json} />}
      </div>
      {why ? (
        <div class="why">
          <ToldText told={why}>
            {blame !== undefined && why.code === 'CS_SIGNATURE' && <p class="blame">{blame}</p>}
            {children}
          </ToldText>
        </div>
      ) : (
        hasMore && <div class="why more">{children}</div>
      )}
    </>
  )
}

/** How long it goes on, or how long ago it ended. It stands outside of what is spoken, since it changes each second. */
function Life({ claims }: { readonly claims: ExactJson | undefined }): JSX.Element | false {
  const now = useNow()
  const [exp, nbf] = ['exp', 'nbf'].map((name) => numberOf(member(claims, name)))
  if (nbf !== undefined && now < nbf && toIso(nbf) !== undefined)
    return <p class="life-left">begins {toWhen(nbf, now)}</p>
  if (exp === undefined || toIso(exp) === undefined) return false
  return (
    <p class="life-left">
      {now < exp ? 'ends' : 'ended'} {toWhen(exp, now)}
    </p>
  )
}

function linesOf(reading: Reading, outcome: Outcome): readonly Line[] {
  if (reading.kind === 'nothing') return [['neutral', '·', 'Paste a token to see what it says.']]
  if (reading.kind === 'unreadable')
    return reading.token
      ? [['bad', '✗', `Partly readable: what stands before its ${reading.fault?.part ?? 'fault'} is shown.`]]
      : [['bad', '✗', 'This is no token that can be read.']]
  const { kind, signature, header } = reading.token
  const lacks = lackOf(reading.token)
  const not = lacks === undefined ? [] : [['warn', '!', lacks] as const]
  if (kind === 'jwe') return outcome.kind === 'opened' ? [encryptedLine(outcome)] : [encryptedLine(outcome), ...not]
  if (outcome.kind === 'no key') {
    if (signature?.bytes === 0) return [['bad', '✗', 'Unsigned: nobody signed this, and anyone can write it.']]
    if (lacks === undefined && /^none$/i.test(textOf(member(header, 'alg')) ?? ''))
      return [['bad', '✗', 'Unsigned: it says alg "none", and anyone can write it.']]
    if (keyInside(reading.token))
      return [['bad', '✗', 'Not verified: the key inside proves nothing, anyone can put one there.'], ...not]
    return [['neutral', '–', 'Not verified: anyone can write this. Give a key to check it.'], ...not]
  }
  if (outcome.kind !== 'judged') return [couldNot(outcome), ...not]
  const { judgement, given } = outcome
  return [
    signatureLine(judgement, given, reading.token),
    ...unsignedLine(judgement, reading.token),
    ...claimsLines(judgement),
  ]
}

/** What the token takes that this browser does not have, whatever the key. */
function lackOf({ header, kind }: { readonly kind: string } & Pick<DecodedHeader, 'header'>): string | undefined {
  const { signature, management, content } = CAPABILITIES
  const [alg, enc] = ['alg', 'enc'].map((name) => textOf(member(header, name)))
  const missing =
    kind === 'jws'
      ? [alg].filter((name) => KNOWN_SIGNATURES.has(name ?? '') && !signature.includes(name ?? ''))
      : [alg, enc].filter((name) => KNOWN_192.test(name ?? '') && ![...management, ...content].includes(name ?? ''))
  return missing.length === 0 ? undefined : `${missing.join(' and ')}: not in this browser (${browserName()})`
}

interface DecodedHeader {
  readonly header: Parameters<typeof member>[0]
}

/** What stands in a token is told only where it is one of these names. */
const KNOWN_192 = /^(?:A192(?:KW|GCMKW|GCM|CBC-HS384)|(?:ECDH-ES|PBES2-HS384)\+A192KW)$/
const KNOWN_SIGNATURES: ReadonlySet<string> = new Set(['ES256K', 'Ed448', 'ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'])

function couldNot(outcome: Outcome): Line {
  if (outcome.kind !== 'unusable') return ['neutral', '–', 'Not verified']
  if (outcome.told.code === 'CS_UNSUPPORTED')
    return ['warn', '!', `Not verified: not in this browser (${browserName()})`]
  if (outcome.of === 'key') return ['warn', '!', 'Not verified: the key cannot be used.']
  return ['warn', '!', 'Not verified: it could not be checked.']
}

function encryptedLine(outcome: Outcome): Line {
  if (outcome.kind === 'opened') return ['good', '✓', `Decrypted with the ${outcome.given.title}`]
  if (outcome.kind === 'no key')
    return ['neutral', '–', 'Encrypted: only its header can be read without the key of its recipient.']
  if (outcome.kind === 'unusable' && outcome.told.code === 'CS_UNSUPPORTED')
    return ['warn', '!', `Encrypted, and not opened: not in this browser (${browserName()})`]
  return ['bad', '✗', 'Encrypted, and not opened']
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

/** Which headers of those shown hold the signed one: of several signatures one is enough. */
function signedIn({ header }: Judgement, { headers, token }: DecodedToken): readonly number[] {
  const several = typeof token === 'string' ? undefined : own(token, 'signatures')
  const signed = JSON.stringify(membersOf(header))
  return headers.flatMap((_, index) => {
    const part: unknown = Array.isArray(several) ? several[index] : undefined
    const encoded = isObject(part) ? own(part, 'protected') : undefined
    if (typeof encoded !== 'string') return []
    const json = parseExact(textFromBase64url(encoded, 'the header').text, 'the header')
    return JSON.stringify(membersOf(json)) === signed ? [index] : []
  })
}

const membersOf = (json: ExactJson | undefined): readonly unknown[] =>
  json?.kind === 'object' ? json.members.map(([name, value]) => [name, toValue(value)]) : []

/** What a header shows that nobody signed. */
function unsignedLine(judgement: Judgement, token: DecodedToken): readonly Line[] {
  if (token.serialization === 'compact' || judgement.checks[0]?.status !== 'pass') return []
  const all = token.headers.length === 0 ? [token.header] : signedIn(judgement, token).map((at) => token.headers[at])
  const isMore = all.some((one) => membersOf(one).length > membersOf(judgement.header).length)
  return isMore ? [['warn', '!', 'Part of its header is unprotected: anyone can write that.']] : []
}

function signatureLine(judgement: Judgement, { title }: GivenKeys, token: DecodedToken): Line {
  const { verdict, checks, error } = judgement
  const [signature] = checks
  if (error?.code === 'CS_UNSUPPORTED') return ['warn', '!', `Not verified: not in this browser (${browserName()})`]
  if (verdict === undefined) return ['warn', '!', 'Not verified: it could not be checked.']
  if (signature?.status !== 'pass') {
    if (error?.code === 'CS_UNSIGNED') return ['bad', '✗', 'Unsigned: nobody signed this.']
    if (error?.code === 'CS_ALG' || error?.code === 'CS_KEY_TYPE')
      return ['bad', '✗', 'Not verified: the wrong kind of key']
    if (error?.code === 'CS_NO_KEY') return ['bad', '✗', 'Not verified: none of these keys']
    if (error?.code === 'CS_AMBIGUOUS_KEY') return ['bad', '✗', 'Not verified: more than one key fits']
    if (error?.code === 'CS_CRIT') return ['bad', '✗', 'Refused: what it calls critical is not understood']
    return ['bad', '✗', 'Signature wrong']
  }
  const kid = signature.kid === undefined ? '' : `, kid ${briefly(signature.kid)}`
  const { length } = token.headers
  const [at = 0, ...others] = signedIn(judgement, token)
  const which = length < 2 ? '' : others.length > 0 ? ` (one of ${length})` : ` (number ${at + 1} of ${length} alone)`
  return ['good', '✓', `Signature valid: ${signature.alg}${kid}, with the ${title}${which}`]
}

/** What refuses a claim, in a word. */
const REFUSALS: Readonly<Record<string, string>> = {
  CS_EXPIRED: 'expired',
  CS_NOT_YET_VALID: 'not valid yet',
}

function claimsLines({ verdict, checks, error }: Judgement): readonly Line[] {
  const [signature, ...claims] = checks
  if (verdict === undefined || signature?.status !== 'pass') return [['neutral', '–', 'Claims not checked']]
  const failed = claims.filter(({ status }) => status === 'fail')
  const passed = claims.filter(({ status }) => status === 'pass').map(({ name }) => name)
  const open = claims.filter(({ status }) => status === 'unchecked').map(({ name }) => name)
  const reason = ({ name, code = '' }: (typeof claims)[number]): string =>
    REFUSALS[code] ? `${name} (${REFUSALS[code]})` : name
  const line: Line =
    failed.length > 0
      ? ['bad', '✗', `Claims refused: ${failed.map(reason).join(', ')}`]
      : passed.length > 0
        ? ['good', '✓', `Claims accepted: ${passed.join(', ')}`]
        : ['neutral', '–', error === undefined ? 'No claim was checked' : 'Claims refused']
  return open.length > 0 ? [line, ['neutral', '–', `Unchecked: ${open.join(', ')}`]] : [line]
}
