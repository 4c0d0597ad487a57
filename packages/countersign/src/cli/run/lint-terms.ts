import { SIGNATURE } from '../../alg/signature.ts'
import { member, textOf } from '../../diagnosis/exact-json.ts'
import { CommandError, tell } from '../../diagnosis/told.ts'
import { JoseError } from '../../errors.ts'
import { auditIssuer, type IssuerAudit } from '../../lint/issuer/audit.ts'
import type { Setup } from '../../lint/lint.ts'
import { type Profile, SEVERITIES, type Severity, type Weight } from '../../lint/rule.ts'
import { RULES } from '../../lint/rules.ts'
import type { SetSubject, Subject } from '../../lint/subject.ts'
import type { CallOf } from '../call.ts'
import { backend } from '../engine.ts'
import { checkAddress, fetched, parseTimeout } from '../given/key-sources.ts'
import { octetsOf, readSecret } from '../given/secrets.ts'
import { didYouMean, usage } from '../line/usage.ts'
import type { LintNames } from '../rows/others.ts'

export type LintCall = CallOf<LintNames>

/** By what rules something is looked at, and how what is found is told. */
export interface LintTerms {
  readonly setup: Setup
  /** Where the secret came from. */
  readonly secretName?: string
  readonly failOn: Severity
  readonly isSarif: boolean
}

/** @throws {CommandError} `CS_USAGE` for what cannot be done, before anything is read; `CS_OFFLINE` */
export function checkLint(call: LintCall): void {
  const { values, words, settings, host, sources } = call
  const { format, issuer, secret } = values
  if (settings.json && format !== undefined && format !== 'json')
    throw usage(`--json and --format ${format} exclude each other`, 'lint')
  if (values['list-rules']) {
    checkList(call)
    return
  }
  if (values.lines && words.length > 1)
    throw usage('--lines takes one SOURCE of many tokens', 'lint', 'countersign lint @tokens.txt --lines')
  if (values['secret-encoding'] !== undefined && secret === undefined)
    throw usage('--secret-encoding says how --secret is written, and there is none', 'lint')
  if (issuer !== undefined) checkAddress(call, issuer, '--issuer')
  parseTimeout(values.timeout)
  const isNamed = words.length > 0 || ((secret !== undefined || issuer !== undefined) && !values.lines)
  if (!isNamed && host.input.isTerminal)
    throw usage(
      'lint needs something to look at',
      'lint',
      'countersign lint TOKEN, or clip: for the clipboard, @FILE for a file, or pipe one in.',
    )
  sources.claim(secret, '--secret')
  sources.claim(values.passphrase, '--passphrase')
}

/** What goes with --list-rules. */
function checkList({ values, words }: LintCall): void {
  const others = ['secret', 'secret-encoding', 'passphrase', 'issuer', 'timeout', 'profile', 'fail-on'] as const
  const given = others.filter((name) => values[name] !== undefined).map((name) => `--${name}`)
  if (values.lines) given.push('--lines')
  if (values.rule.length > 0) given.push('--rule')
  if (values.format === 'sarif') given.push('--format sarif')
  const [first = words.length > 0 ? 'WHAT' : undefined] = given
  if (first !== undefined) throw usage(`--list-rules looks at nothing, and ${first} stands beside it`, 'lint')
}

/** @throws {CommandError} `CS_USAGE` for a rule that there is not; what a secret throws that cannot be read */
export async function readTerms(call: LintCall): Promise<LintTerms> {
  const { values, host } = call
  const { profile, secret } = values
  const weights = toWeights(values.rule)
  const encoding = values['secret-encoding']
  const given =
    secret === undefined ? undefined : await readSecret(call, secret, '--secret', encoding, 'countersign lint')
  return {
    ...(given && { secretName: given.name }),
    setup: {
      rules: RULES,
      now: host.now(),
      weights,
      ...(profile !== undefined && { profile: profile as Profile }),
      ...(given && { secret: octetsOf(given) }),
    },
    failOn: (values['fail-on'] ?? 'error') as Severity,
    isSarif: values.format === 'sarif',
  }
}

function toWeights(texts: readonly string[]): Readonly<Record<string, Weight>> {
  const weights = texts.map((text) => {
    const [id = '', weight = '', ...more] = text.split('=')
    const ids = RULES.map((rule) => rule.id)
    if (!ids.includes(id)) {
      const named = RULES.find(({ name }) => name === id)
      const meant = named ? `, did you mean ${named.id}?` : didYouMean(id.toUpperCase(), ids)
      throw usage(`--rule names no rule${meant}`, 'lint', '`countersign lint --list-rules` lists them all.')
    }
    if (more.length > 0 || !WEIGHTS.includes(weight as Weight))
      throw usage(`--rule ${id} takes one of ${WEIGHTS.map((each) => `${id}=${each}`).join(', ')}`, 'lint')
    return [id, weight as Weight] as const
  })
  return Object.fromEntries(weights)
}

const WEIGHTS: readonly Weight[] = ['off', ...SEVERITIES]

/** Looks at an issuer. @throws {CommandError} `CS_DISCOVERY` and others with exit code 7, where nothing was judged */
export async function auditOf(call: LintCall, issuer: string, setup: Setup): Promise<IssuerAudit> {
  try {
    return await fetched(
      call,
      ({ now: _, ...options }) => auditIssuer(issuer, setup, options, backend),
      call.values.timeout,
    )
  } catch (error) {
    if (!(error instanceof JoseError)) throw error
    const { code, message, hint, exit } = tell(error, { noToken: true })
    throw new CommandError(code, message, {
      hint: code === 'CS_DISCOVERY' ? UNDISCOVERED : hint,
      ...(exit === 7 && { exit: 'network' as const }),
    })
  }
}

/** Where keys can be named by themselves, here they cannot. */
const UNDISCOVERED =
  'check the issuer, to its last character; or look at its keys alone: countersign jwks URL --lint. (OpenID Connect Discovery 1.0 §4)'

/** What the issuer of the tokens publishes: the keys of every set that is known. */
export function publishedIn(sets: readonly (SetSubject | undefined)[]): SetSubject | undefined {
  const open = sets.filter((set) => set?.keys.some(({ key }) => key !== undefined && key.kind !== 'secret'))
  const [first] = open
  return first && { ...first, keys: open.flatMap((set) => set?.keys ?? []) }
}

/** Whether a token says that it was signed with a shared secret. */
export function isShared(subject: Subject): boolean {
  if (subject.kind !== 'token') return false
  return subject.headers.some(([, header]) => SIGNATURE.get(textOf(member(header, 'alg')) ?? '')?.family === 'hmac')
}
