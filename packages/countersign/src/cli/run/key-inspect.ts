import { printable, quoted } from '../../diagnosis/exact-json.ts'
import { toIso, toWhen } from '../../diagnosis/moments.ts'
import { CommandError, type Told } from '../../diagnosis/told.ts'
import { JoseError } from '../../errors.ts'
import { isObject, own } from '../../json.ts'
import { type CertificateFacts, certificateFacts } from '../../key/certificate-facts.ts'
import { importMember } from '../../key/from-jwk.ts'
import { isJwkSet } from '../../key/jwk.ts'
import type { Key } from '../../key/key.ts'
import type { CallOf, Run } from '../call.ts'
import { backend } from '../engine.ts'
import { type GivenKey, type HeldJson, oneOf, readHeld } from '../given/keys.ts'
import type { KeyInspectNames } from '../rows/keys.ts'
import {
  factsOf,
  type KeyFacts,
  MOST_MEMBERS,
  memberFacts,
  type RefusedFacts,
  refusedFacts,
  wordsOf,
} from '../shown/key-facts.ts'
import { keyTable } from '../shown/key-table.ts'
import type { Outcome } from '../shown/outcome.ts'
import type { Brush } from '../shown/paint.ts'

type InspectCall = CallOf<KeyInspectNames>

/** Says what a key is and what it may do, and prints nothing that only its owner may see. */
export const keyInspect: Run<KeyInspectNames> = async (call) => {
  const { values, words, sources } = call
  const [source = '-'] = words
  const request = { what: 'SRC', passphrase: values.passphrase }
  sources.claim(source, 'SRC')
  sources.claim(values.passphrase, '--passphrase')
  const held = await readHeld(call, source, request)
  if (!('json' in held)) return inspected(held, call)
  if (isJwkSet(held.json)) return inspectedSet(held)
  try {
    importMember(held.json, backend)
  } catch (error) {
    if (error instanceof JoseError) return refused(held, error)
    throw error
  }
  return inspected(oneOf(held, request), call)
}

async function inspected(
  { name, key, form: own = 'JWK', certificate }: GivenKey,
  { host }: InspectCall,
): Promise<Outcome> {
  const form = /^(JWK|encrypted JWK|PEM|DER .*)$/.test(own) ? own : `PEM ${own}`
  const facts = await factsOf(key)
  const now = host.now()
  const paper = certificate && certificateFacts(certificate)
  const advice = [...(paper ? certificateAdvice(paper, now) : []), ...adviceOn(key, facts, form.endsWith('JWK'))]
  return {
    json: { form, ...facts, ...(paper && { certificate: documentOf(paper) }), ...(advice.length > 0 && { advice }) },
    text: (brush) => {
      const rows = [...rowsOf(facts), ...(paper ? certificateRows(paper, now) : [])]
      const title = `${wordsOf(facts)}${key.kind === 'secret' ? '' : ' key'}`
      return textOf(headline(title, form, name, brush), rows, advice, brush)
    },
  }
}

/** What can be said of a JWK that is no key for anything: what it says itself, and why it is refused. */
function refused({ name, json }: HeldJson, error: JoseError): Outcome {
  const { error: own, ...facts } = refusedFacts(json, error)
  const told: Told = { ...own, message: `cannot use ${name}: ${own.message}` }
  const rows = (['kid', 'alg', 'use'] as const).flatMap((name) => {
    const value = facts[name]
    return value === undefined ? [] : [[name, printable(value)] as const]
  })
  return {
    json: { form: 'JWK', ...facts },
    text: (brush) =>
      textOf(headline(printable(wordsOf({ ...facts, error: own })), 'JWK', name, brush), rows, [], brush),
    error: told,
  }
}

async function inspectedSet({ name, json }: HeldJson): Promise<Outcome> {
  const members = own(json, 'keys')
  if (!Array.isArray(members) || !members.every(isObject))
    throw new CommandError('CS_JWKS_INVALID', `keys of ${name} is no array of JWKs.`)
  if (members.length > MOST_MEMBERS)
    throw new CommandError('CS_JWKS_INVALID', `${name} has ${members.length} keys, ${MOST_MEMBERS} are allowed.`)
  const keys = await Promise.all(members.map(memberFacts))
  const advice = adviceOnSet(keys)
  return {
    json: { form: 'JWK Set', keys, ...(advice.length > 0 && { advice }) },
    text: (brush) => {
      const title = `${keys.length} ${keys.length === 1 ? 'key' : 'keys'}`
      const table = keys.length === 0 ? '' : `\n${keyTable(keys, brush)}`
      return `${headline(title, 'JWK Set', name, brush)}\n${table}${adviceText(advice, brush)}`
    },
  }
}

/** What is done with each half of a key, by the group of its algorithms. */
const DOES: Readonly<Record<Key['kind'], Readonly<Record<'sig' | 'key' | 'enc', string>>>> = {
  public: { sig: 'verifies', key: 'encrypts', enc: 'content' },
  private: { sig: 'signs', key: 'decrypts', enc: 'content' },
  secret: { sig: 'signs', key: 'encrypts', enc: 'content' },
}

type Rows = readonly (readonly [name: string, value: string])[]

function rowsOf({ kind, kid, alg, use, key_ops, thumbprint, algorithms, extractable }: KeyFacts): Rows {
  const rows = [
    ['kid', kid && printable(kid)],
    ['alg', alg && printable(alg)],
    ['use', use && printable(use)],
    ['key_ops', key_ops && printable(key_ops.join(' '))],
    ['extractable', extractable === false ? 'no' : undefined],
    ['thumbprint', thumbprint],
    ...(['sig', 'key', 'enc'] as const).map((group) => [DOES[kind][group], algorithms[group].join(' ')] as const),
  ] as const
  return rows.filter((row): row is readonly [string, string] => row[1] !== undefined && row[1] !== '')
}

function certificateRows({ subject, issuer, notBefore, notAfter }: CertificateFacts, now: number): Rows {
  return [
    ['subject', printable(subject)],
    ['issuer', printable(issuer)],
    ['valid from', `${toIso(notBefore)}  (${toWhen(notBefore, now)})`],
    ['valid to', `${toIso(notAfter)}  (${toWhen(notAfter, now)})`],
  ]
}

function documentOf({ subject, issuer, notBefore, notAfter }: CertificateFacts): object {
  const moment = (unix: number): object => ({ unix, iso: toIso(unix) })
  return { subject, issuer, notBefore: moment(notBefore), notAfter: moment(notAfter) }
}

function certificateAdvice({ notBefore, notAfter }: CertificateFacts, now: number): readonly string[] {
  if (now >= notAfter) return [`The certificate is out of date: it ended ${toWhen(notAfter, now)}.`]
  return now < notBefore ? [`The certificate is not valid yet: it begins ${toWhen(notBefore, now)}.`] : []
}

function adviceOn(
  { weakness, kind, bits, kty, alg }: Key,
  { algorithms, kid }: KeyFacts,
  isJwk: boolean,
): readonly string[] {
  const count = algorithms.sig.length + algorithms.key.length + algorithms.enc.length
  if (weakness !== undefined) return [`Make another: ${weakness}.`]
  if (count === 0)
    return [
      alg === undefined
        ? 'It serves no algorithm: its type, size, use or key_ops leave none.'
        : `It serves no algorithm: it says alg ${quoted(alg.slice(0, 100))}, which is none that is known.`,
    ]
  const advice: string[] = []
  if (kty === 'oct' && bits < 256 && alg === undefined)
    advice.push(`It is too short to sign with: the least is 32 bytes, and it has ${bits / 8}.`)
  if (isJwk && kind !== 'secret' && kid === undefined)
    advice.push('It has no kid: in a set its thumbprint stands for it.')
  if (isJwk && kind === 'private' && alg === undefined && algorithms.sig.length > 1)
    advice.push('It says no alg: whoever signs with it names one, sign --alg.')
  return advice
}

function adviceOnSet(keys: readonly (KeyFacts | RefusedFacts)[]): readonly string[] {
  const kinds = new Set(keys.map(({ kind }) => kind))
  const kids = keys.flatMap(({ kid }) => kid ?? [])
  const twice = kids.find((kid, index) => kids.indexOf(kid) < index)
  return [
    ...(kinds.has('private')
      ? ['It holds private keys: keep it to yourself, and publish public halves alone (key set FILE add).']
      : []),
    ...(kinds.has('secret') && kinds.size > 1 ? ['It mixes secrets with other keys, and is refused as a set.'] : []),
    ...(twice === undefined ? [] : [`Two of its keys have kid ${quoted(twice.slice(0, 100))}.`]),
  ]
}

const headline = (title: string, form: string, name: string, brush: Brush): string =>
  `${brush('bold', title)}  ${brush('dim', `${form}, from ${name}`)}`

function textOf(title: string, rows: Rows, advice: readonly string[], brush: Brush): string {
  const width = Math.max(0, ...rows.map(([name]) => name.length))
  const lines = rows.map(([name, value]) => `${brush('dim', name.padEnd(width))}  ${value}`)
  return `${title}\n${lines.length > 0 ? `\n${lines.join('\n')}\n` : ''}${adviceText(advice, brush)}`
}

function adviceText(advice: readonly string[], brush: Brush): string {
  return advice.length === 0 ? '' : `\n${advice.map((line) => `${brush('warn', '!')} ${line}`).join('\n')}\n`
}
