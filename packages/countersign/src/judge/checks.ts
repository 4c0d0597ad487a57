import { textsIn } from '../diagnosis/near-text.ts'
import type { JoseHeader } from '../header.ts'
import { type JsonObject, own } from '../json.ts'
import type { Asked, Demands, Fault } from './terms.ts'

/** One thing that was asked of a token, and what came of it. */
export interface Check {
  readonly name: string
  readonly status: 'pass' | 'fail' | 'unchecked'
  readonly code?: string
  readonly expected?: string | number
  readonly actual?: string | number
  readonly alg?: string
  readonly kid?: string
  readonly source?: string
  readonly thumbprint?: string
}

/** Said of a claim that has to be there and may be anything. */
export const PRESENT = 'present'
/** Said of an end that a token does not have. */
export const NONE = 'none'

/** Shown as not checked where they are there and nobody asked for them. */
const COMMON = ['iss', 'aud', 'sub', 'typ'] as const

interface Judged {
  readonly claims: JsonObject | undefined
  readonly header: JoseHeader
  readonly demands: Pick<Demands, 'asked' | 'now' | 'leeway' | 'allowExpired'>
  readonly fault: Fault | undefined
}

/** What came of each demand on a token whose signature holds: its times, what was asked for, and what was not. */
export function claimChecks({ claims, header, demands, fault }: Judged): readonly Check[] {
  const { asked } = demands
  const has = (name: string): boolean => Object.hasOwn(name === 'typ' ? header : (claims ?? {}), name)
  const failed = (name: string): Check | undefined => failureOf(name, fault)
  const names = new Set([...['exp', 'nbf'].filter(has), ...asked.keys()])
  // A fault inside of a claim, such as cnf.jkt, is one of the claim.
  const others = (fault?.issues ?? []).map(({ path }) => path.split('.')[0] ?? path).filter((name) => !names.has(name))
  const judged = [...names, ...new Set(others)].map(
    (name): Check =>
      failed(name) ?? (fault?.open.has(name) ? { name, status: 'unchecked' } : passed(name, claims, demands)),
  )
  const whole = (fault?.whole ?? []).map(({ path, code }): Check => ({ name: path, status: 'fail', code }))
  const unasked = COMMON.filter((name) => has(name) && !judged.some((check) => check.name === name))
  return [
    ...judged.filter(({ name }) => !whole.some((check) => check.name === name)),
    ...whole,
    ...(claims === undefined && judged.every(({ name }) => name === 'typ')
      ? [{ name: 'claims', status: 'unchecked' } as const]
      : []),
    // An age that is limited is an end, too.
    ...(claims && !names.has('exp') && asked.get('iat') !== 'value'
      ? [{ name: 'exp', status: 'unchecked', actual: NONE } as const]
      : []),
    ...unasked.map((name): Check => ({ name, status: 'unchecked' })),
  ]
}

/** What was asked for where nobody got that far. */
export function uncheckedOf(asked: Asked): readonly Check[] {
  return [...asked.keys()].map((name) => ({ name, status: 'unchecked' }))
}

function failureOf(name: string, fault: Fault | undefined): Check | undefined {
  const issue = fault?.issues.find(({ path }) => path === name || path.startsWith(`${name}.`))
  if (issue === undefined) return undefined
  const { code, expected, actual } = issue
  return {
    name,
    status: 'fail',
    code,
    ...(expected !== undefined && { expected: plain(expected) }),
    ...(actual !== undefined && { actual: plain(actual) }),
  }
}

/** A value as it is, and not as an error quotes it. */
function plain(value: string | number): string | number {
  return typeof value === 'string' ? textsIn(value).join(', ') : value
}

function passed(
  name: string,
  claims: JsonObject | undefined,
  { asked, now, leeway, allowExpired }: Judged['demands'],
): Check {
  const exp = own(claims ?? {}, 'exp')
  // It was let pass, which is no check.
  const isWaived = name === 'exp' && allowExpired && typeof exp === 'number' && now - leeway >= exp
  if (isWaived) return { name, status: 'unchecked' }
  const isThere = asked.get(name) === 'presence' && name !== 'exp' && name !== 'nbf'
  return { name, status: 'pass', ...(isThere && { expected: PRESENT }) }
}
