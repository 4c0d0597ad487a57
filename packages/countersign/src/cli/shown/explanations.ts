import type { Explanation, Part } from '../../explain/explanation.ts'
import type { Finding } from '../../lint/lint.ts'
import { wrap } from '../manual/layout.ts'
import type { Brush } from './paint.ts'

const INDENT = '  '
/** As wide as the words that stand before what is said. */
const LABEL = 8

/** What something is, for people, in lines of at most so many characters. */
export function explanationText(explanation: Explanation, width: number, brush: Brush): string {
  const { title, text, type, purpose, watch, parts = [], findings = [], spec, source } = explanation
  const labelled = [
    ...rows('type', type === undefined ? [] : [type], width, brush),
    ...rows('for', purpose === undefined ? [] : [purpose], width, brush),
    ...rows('watch', watch, width, brush),
    ...rows('lint', findings.map(findingText), width, brush),
    ...rows('read', spec.length === 0 ? [] : [spec.map(together).join(', ')], width, brush),
    ...rows('source', source === undefined ? [] : [`${source.name}, as of ${source.date}`], width, brush),
  ]
  const blocks = [
    [brush('bold', title), ...text.flatMap((paragraph) => indented(paragraph, INDENT, width))],
    ...groupsOf(parts).map(([place, own]) => partLines(place, own, width, brush)),
    labelled,
  ]
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n')
}

const indented = (text: string, before: string, width: number): readonly string[] =>
  folded(text, width - before.length).map((line) => before + line)

function folded(text: string, width: number): readonly string[] {
  return wrap(text, Math.max(NARROWEST, width)).map((line) => line.replaceAll(TOGETHER, ' '))
}

/** The name of a document and its section stay together; no other text has this character. */
const TOGETHER = '\u00a0'
const together = (spec: string): string => spec.replaceAll(/(?<!;) /g, TOGETHER)

/** Narrower columns make a text that is hard to read. */
const NARROWEST = 32

/** What is said under one word, which stands before the first line of it; several things have a dash each. */
function rows(label: string, texts: readonly string[], width: number, brush: Brush): readonly string[] {
  const before = INDENT + ' '.repeat(LABEL)
  const dash = texts.length > 1 ? '- ' : ''
  const lines = texts.flatMap((text) =>
    folded(text, width - before.length - dash.length).map((line, index) =>
      index === 0 ? dash + line : ' '.repeat(dash.length) + line,
    ),
  )
  const tone = label === 'watch' || label === 'lint' ? 'warn' : 'dim'
  return lines.map((line, index) =>
    index === 0 ? INDENT + brush(tone, label) + ' '.repeat(LABEL - label.length) + line : before + line,
  )
}

const findingText = ({ rule, severity, path, message, fix }: Finding): string =>
  `${severity} ${rule}${path === '' ? '' : ` ${path}`}: ${message} Fix: ${fix}`

/** Parts by where they stand, in their order. */
function groupsOf(parts: readonly Part[]): readonly (readonly [place: string, parts: readonly Part[]])[] {
  const groups = new Map<string, Part[]>()
  for (const part of parts) {
    const place = placeOf(part)
    groups.set(place, [...(groups.get(place) ?? []), part])
  }
  return [...groups]
}

/** `header`, `signatures[0].header`, `payload`; `members` of a JWK by itself, `keys` of a set. */
function placeOf({ path, name }: Part): string {
  if (/^keys\[\d+\]$/.test(path)) return 'keys'
  const [place] = /^(?:(?:signatures|recipients)\[\d+\]\.)?(?:header|payload|certificate)\b/.exec(path) ?? []
  return place === undefined || path === name ? 'members' : place
}

/** Longer names have a line of their own. */
const MOST_NAME = 22

function partLines(place: string, parts: readonly Part[], width: number, brush: Brush): readonly string[] {
  const longest = Math.max(...parts.map(({ name }) => [...name].length).filter((length) => length <= MOST_NAME), 0)
  const behind = INDENT + ' '.repeat(longest + 2)
  const lines = parts.flatMap(({ name, value, meaning, spec }) => {
    const length = [...name].length
    const values = folded(value, width - behind.length)
    const first = length > longest ? [INDENT + brush('key', name)] : []
    const head = length > longest ? behind : INDENT + brush('key', name) + ' '.repeat(longest - length + 2)
    const told = indented(spec === undefined ? meaning : `${meaning} (${together(spec)})`, behind, width)
    return [
      ...first,
      ...values.map((line, index) => (index === 0 ? head : behind) + line),
      ...told.map((line) => brush('dim', line)),
    ]
  })
  return [brush('bold', place), ...lines]
}
