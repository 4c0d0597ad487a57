import { quoted, toExact, toLines } from '../../diagnosis/exact-json.ts'
import { toWhen } from '../../diagnosis/moments.ts'
import { type JsonObject, own } from '../../json.ts'
import type { Call } from '../call.ts'
import { type Brush, jsonPaint } from '../paint.ts'
import type { Check } from './verify-checks.ts'

const MARK = { pass: ['✓', 'good'], fail: ['✗', 'bad'], unchecked: ['–', 'dim'] } as const

/** The checks for people: on one line where they fit, and else one a line. */
export function checksText(
  checks: readonly Check[],
  claims: JsonObject | undefined,
  now: number,
  call: Call,
  brush: Brush,
): string {
  const done = checks.filter(({ status }) => status !== 'unchecked')
  const open = checks.filter(({ status }) => status === 'unchecked').map(({ name }) => name)
  const pieces = done.map(
    (check) => [check, `${MARK[check.status][0]} ${check.name}${detail(check, claims, now)}`] as const,
  )
  const rest = open.length === 0 ? [] : [`– unchecked: ${open.join(', ')}`]
  const texts = [
    ...pieces.map(([{ status }, text]) => [status, text] as const),
    ...rest.map((text) => ['unchecked', text] as const),
  ]
  const length = texts.reduce((sum, [, text]) => sum + text.length + GAP.length, 0)
  const paint = ([status, text]: (typeof texts)[number]): string =>
    `${brush(MARK[status][1], text.slice(0, 1))}${status === 'unchecked' ? brush('dim', text.slice(1)) : text.slice(1)}`
  const lines = `${texts.map(paint).join(length <= call.host.output.columns ? GAP : '\n')}\n`
  if (!call.settings.verbose || claims === undefined) return lines
  return `${lines}\n${toLines(toExact(claims), jsonPaint(brush))}\n`
}

const GAP = '      '

function detail(
  { name, status, alg, kid, source, code, actual }: Check,
  claims: JsonObject | undefined,
  now: number,
): string {
  if (name === 'signature' && status === 'pass') {
    const key = kid === undefined ? '' : `, kid ${quoted(kid).slice(1, -1)}`
    return `  ${alg}${key}, from ${source}`
  }
  if (status === 'fail') return code === undefined ? '' : `  ${code}`
  const value = own(claims ?? {}, name)
  if ((name === 'exp' || name === 'nbf' || name === 'iat') && typeof value === 'number')
    return `  ${toWhen(value, now)}`
  return actual === undefined ? '' : `  ${actual}`
}
