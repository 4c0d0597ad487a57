import { type ExactJson, quoted, toLines } from '../../diagnosis/exact-json.ts'
import { toWhen } from '../../diagnosis/moments.ts'
import { type JsonObject, own } from '../../json.ts'
import { type Check, NONE, PRESENT } from '../../judge/checks.ts'
import type { Call } from '../call.ts'
import { type Brush, jsonPaint, type Tone } from '../shown/paint.ts'

/** A mark, and what is said of it. */
type Piece = readonly [mark: string, tone: Tone, text: string]

const GAP = '      '
/** Stands between checks of which nothing more is said. */
const CLOSE = '  '

/**
 * The checks for people: on one line where they fit, and else one a line.
 *
 * @param payload - the same claims to their last digit, for who wants to see them
 */
export function checksText(
  checks: readonly Check[],
  claims: JsonObject | undefined,
  payload: ExactJson | undefined,
  now: number,
  call: Call,
  brush: Brush,
): string {
  const groups = groupsOf(checks, claims, now)
  const written = (paint: Brush): readonly string[] =>
    groups.map((pieces) =>
      pieces
        .map(([mark, tone, text]) => `${paint(tone, mark)} ${tone === 'dim' ? paint('dim', text) : text}`)
        .join(CLOSE),
    )
  const { length } = written((_, text) => text).join(GAP)
  const lines = `${written(brush).join(length <= call.host.output.columns ? GAP : '\n')}\n`
  if (!call.settings.verbose || claims === undefined || payload === undefined) return lines
  return `${lines}\n${toLines(payload, jsonPaint(brush))}\n`
}

function groupsOf(
  checks: readonly Check[],
  claims: JsonObject | undefined,
  now: number,
): readonly (readonly Piece[])[] {
  const isPresent = ({ status, expected }: Check): boolean => status === 'pass' && expected === PRESENT
  const present = checks.filter(isPresent).map(({ name }) => bare(name))
  const open = checks
    .filter(({ status }) => status === 'unchecked')
    .map(({ name, actual }) => (actual === NONE ? `${bare(name)} (there is none)` : bare(name)))
  const groups: Piece[][] = []
  let isOpen = false
  for (const check of checks.filter((one) => one.status !== 'unchecked' && !isPresent(one))) {
    const more = detail(check, claims, now)
    const [mark, tone] = check.status === 'pass' ? (['✓', 'good'] as const) : (['✗', 'bad'] as const)
    const piece: Piece = [mark, tone, `${bare(check.name)}${more}`]
    if (isOpen && more === '') groups.at(-1)?.push(piece)
    else groups.push([piece])
    isOpen = more === ''
  }
  if (present.length > 0) groups.push([['✓', 'good', `present: ${present.join(', ')}`]])
  if (open.length > 0) groups.push([['–', 'dim', `unchecked: ${open.join(', ')}`]])
  return groups
}

function detail(check: Check, claims: JsonObject | undefined, now: number): string {
  const { name, status, alg, kid, source, code } = check
  if (status === 'fail') return `  ${code}`
  if (name === 'signature') return `  ${alg}${kid === undefined ? '' : `, kid ${bare(kid)}`}, from ${source}`
  const value = own(claims ?? {}, name)
  return ['exp', 'nbf', 'iat'].includes(name) && typeof value === 'number' ? `  ${toWhen(value, now)}` : ''
}

/** A name from outside, of which a terminal does nothing but show it. */
const bare = (text: string): string => quoted(text).slice(1, -1)
