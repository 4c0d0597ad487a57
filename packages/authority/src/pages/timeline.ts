import { html } from 'hono/html'
import type { Html } from './layout.ts'

/** A signing key, with its times (epoch seconds). */
export interface TimelineKey {
  /** Names the key, in few letters. */
  readonly label: string
  readonly alg: string
  readonly state: 'next' | 'active' | 'retired' | 'revoked' | 'purged'
  readonly publishedAt: number
  readonly activateAt: number
  readonly retireAt?: number | undefined
  readonly purgeAt?: number | undefined
  readonly revokedAt?: number | undefined
}

/** What a key is doing for a while. */
interface Phase {
  readonly kind: 'published' | 'signs' | 'retired' | 'revoked'
  readonly from: number
  /** Nothing where nobody knows yet. */
  readonly to: number | undefined
}

const [ROW, BAR, HEAD, FOOT] = [46, 16, 26, 30] // pixels
const [MINUTE, HOUR, DAY] = [60, 3600, 86_400]
const STEPS = [
  ...[10, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE],
  ...[HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 60 * DAY, 90 * DAY, 180 * DAY],
]
const MOST_TICKS = 7

/**
 * Signing keys in time: one bar for each, from when it is public until it is gone, and a line for now. Places are shares
 * of the width, so the drawing fits any, and its text keeps its size. Its colours and patterns are those of the style.
 */
export function timeline(keys: readonly TimelineKey[], now: number): Html {
  const [start, end] = rangeOf(keys, now)
  const x = (time: number): string => `${round(((time - start) / (end - start)) * 100)}%`
  const height = HEAD + keys.length * ROW + FOOT
  const scale = { x, end }
  const tops = keys.map((key, index) => [key, HEAD + index * ROW] as const)
  return html`<figure class="timeline">
<svg role="img" aria-labelledby="timeline-title timeline-about" width="100%" height="${height}">
<title id="timeline-title">The signing keys in time</title>
<desc id="timeline-about">${keys.map((key) => sentenceOf(key, now)).join(' ')}</desc>
<defs>
<pattern id="timeline-dots" width="6" height="6" patternUnits="userSpaceOnUse"><circle class="dot" cx="3" cy="3" r="1.2"/></pattern>
<pattern id="timeline-lines" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="line" d="M0 0v7"/></pattern>
<pattern id="timeline-cross" width="8" height="8" patternUnits="userSpaceOnUse"><path class="cross" d="M1 1l6 6M7 1l-6 6"/></pattern>
</defs>
${ticksOf(start, end).map(({ time, text, minor }) => tick(x(time), (time - start) / (end - start), text, minor, height))}
${tops.map(([key, top]) => barsOf(key, top + 20, scale))}<line class="now" x1="${x(now)}" x2="${x(now)}" y1="${HEAD - 6}" y2="${height - FOOT + 4}"/>
${tops.map(([key, top]) => nameOf(key, top + 13, now))}<text class="now-text" x="${x(now)}" y="${HEAD - 11}" text-anchor="${anchorOf((now - start) / (end - start))}">now</text>
</svg>
<figcaption>
${legend()}</figcaption>
</figure>`
}

const MEANINGS: readonly (readonly [Phase['kind'], string])[] = [
  ['published', 'Public, does not sign yet'],
  ['signs', 'Signs'],
  ['retired', 'Verifies what it signed'],
  ['revoked', 'Revoked: refused'],
]

function legend(): Html {
  const items = MEANINGS.map(
    ([
      kind,
      text,
    ]) => html`<li><svg width="28" height="14" aria-hidden="true">${bar(kind, { x: '1', y: 1, width: '26', height: 12 })}</svg>${text}</li>
`,
  )
  return html`<ul class="legend">
${items}</ul>
`
}

const FILLS = {
  published: 'url(#timeline-dots)',
  signs: undefined,
  retired: 'url(#timeline-lines)',
  revoked: 'url(#timeline-cross)',
} as const

interface Box {
  readonly x: string
  readonly y: number
  readonly width: string
  readonly height: number
}

/** A bar, and over it the pattern that tells it from others where colours do not. */
function bar(kind: Phase['kind'], { x, y, width, height }: Box): Html {
  const fill = FILLS[kind]
  const place = html`x="${x}" y="${y}" width="${width}" height="${height}" rx="3"`
  return html`<rect class="${kind}" ${place}/>${fill === undefined ? '' : html`<rect fill="${fill}" ${place}/>`}`
}

interface Scale {
  readonly x: (time: number) => string
  readonly end: number
}

function barsOf(key: TimelineKey, y: number, { x, end }: Scale): Html {
  const share = (time: number): number => parseFloat(x(time))
  // What has no end that anybody knows goes on behind the edge.
  const widthOf = ({ from, to }: Phase): string =>
    `${round(share(to ?? end) - share(from) + (to === undefined ? 2 : 0))}%`
  const bars = phasesOf(key).map((phase) =>
    bar(phase.kind, { x: x(phase.from), y, width: widthOf(phase), height: BAR }),
  )
  return html`<g>${bars}</g>
`
}

function nameOf(key: TimelineKey, y: number, now: number): Html {
  return html`<text class="name" x="0" y="${y}"><tspan class="alg">${key.alg}</tspan> ${key.label} <tspan class="state">${saying(key, now)}</tspan></text>
`
}

function tick(at: string, share: number, text: string, minor: boolean, height: number): Html {
  return html`<g class="tick${minor ? ' minor' : ''}"><line x1="${at}" x2="${at}" y1="${HEAD - 4}" y2="${height - FOOT + 6}"/><text x="${at}" y="${height - 8}" text-anchor="${anchorOf(share)}">${text}</text></g>
`
}

const anchorOf = (share: number): string => (share < 0.06 ? 'start' : share > 0.94 ? 'end' : 'middle')
const round = (value: number): number => Math.round(value * 100) / 100

/** From the first time that is known to the last one, with some room for what goes on behind it. */
function rangeOf(keys: readonly TimelineKey[], now: number): readonly [start: number, end: number] {
  const times = keys.flatMap((key) => [key.publishedAt, key.activateAt, key.retireAt, key.purgeAt, key.revokedAt])
  const known = [now, ...times.filter((time) => time !== undefined)]
  const [first, last] = [Math.min(...known), Math.max(...known)]
  const room = Math.max(last - first, MINUTE)
  return [first - room * 0.02, last + room * 0.14]
}

/** What a key does one after the other; what takes no time is left out. */
function phasesOf({ publishedAt, activateAt, retireAt, purgeAt, revokedAt }: TimelineKey): readonly Phase[] {
  const over = revokedAt ?? Number.POSITIVE_INFINITY
  const stops = Math.min(retireAt ?? Number.POSITIVE_INFINITY, over)
  const phases: readonly Phase[] = [
    { kind: 'published', from: publishedAt, to: Math.min(activateAt, over) },
    { kind: 'signs', from: activateAt, to: Number.isFinite(stops) ? stops : undefined },
    ...(retireAt === undefined
      ? []
      : [{ kind: 'retired', from: stops, to: Math.min(purgeAt ?? stops, over) } as const]),
    ...(revokedAt === undefined ? [] : [{ kind: 'revoked', from: revokedAt, to: purgeAt ?? revokedAt } as const]),
  ]
  return phases.filter(({ from, to }) => to === undefined || to > from)
}

const SHORT = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })
const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' })
const TO_SECONDS = new Intl.DateTimeFormat('en-GB', {
  ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', timeZone: 'UTC' },
})

/** A time beside another one: the day, or where that is near, the hour. */
function near(time: number, now: number): string {
  const date = new Date(time * 1000)
  return Math.abs(time - now) < DAY / 2 ? CLOCK.format(date) : SHORT.format(date)
}

/** What a key does now, and until when. */
function saying({ state, activateAt, retireAt, purgeAt }: TimelineKey, now: number): string {
  if (state === 'next') return `signs from ${near(activateAt, now)}`
  if (state === 'active') return retireAt === undefined ? 'signs' : `signs until ${near(retireAt, now)}`
  if (state === 'retired') return `verifies${purgeAt === undefined ? '' : ` until ${near(purgeAt, now)}`}`
  return state === 'revoked' ? 'revoked' : 'gone'
}

function sentenceOf(key: TimelineKey, now: number): string {
  return `${key.alg} key ${key.label}: public since ${near(key.publishedAt, now)}, ${saying(key, now)}.`
}

interface Tick {
  readonly time: number
  readonly text: string
  /** Whether it goes where there is little room. */
  readonly minor: boolean
}

/** Round times, few enough to be read. */
function ticksOf(start: number, end: number): readonly Tick[] {
  const step =
    STEPS.find((one) => (end - start) / one <= MOST_TICKS) ?? Math.ceil((end - start) / MOST_TICKS / DAY) * DAY
  const first = Math.ceil(start / step) * step
  const format = step >= DAY ? SHORT : step < MINUTE ? TO_SECONDS : CLOCK
  const count = Math.floor((end - first) / step) + 1
  return Array.from({ length: count }, (_, index) => {
    const time = first + index * step
    return { time, text: format.format(new Date(time * 1000)), minor: index % 2 === 1 }
  })
}
