import type { Plotted } from './figures.ts'

/** The jobs of one Node. */
export interface Panel {
  readonly title: string
  readonly rows: readonly Plotted[]
}

/** How a contender is drawn. */
interface Style {
  readonly name: string
  /** The names it goes by in the jobs. */
  readonly of: readonly string[]
  readonly colour: string
  readonly shape: (x: number, y: number) => string
}

/** Half the width of a mark. */
const R = 4.5
/** How far marks stand above and below each other that would hide one another, and when they would. */
const STEP = 4
const NEAR = 7

const circle = (x: number, y: number): string => `<circle cx="${n(x)}" cy="${n(y)}" r="${R}"/>`
const square = (x: number, y: number): string =>
  `<rect x="${n(x - R + 0.5)}" y="${n(y - R + 0.5)}" width="${2 * R - 1}" height="${2 * R - 1}"/>`
const polygon =
  (...points: readonly (readonly [number, number])[]) =>
  (x: number, y: number): string =>
    `<polygon points="${points.map(([dx, dy]) => `${n(x + dx * R)},${n(y + dy * R)}`).join(' ')}"/>`
const line = (x: number, y: number): string => `<rect x="${n(x - 1.25)}" y="${n(y - 8)}" width="2.5" height="16"/>`
const ring = (x: number, y: number): string =>
  `<circle cx="${n(x)}" cy="${n(y)}" r="${R - 1}" fill="#fff" stroke="#0072b2" stroke-width="2"/>`
const triangle = polygon([0, -1.15], [1.1, 0.85], [-1.1, 0.85])
const down = polygon([0, 1.15], [1.1, -0.85], [-1.1, -0.85])
const diamond = polygon([0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0])

/** Colours that are told apart by those who see few, and shapes for all. What stands behind is drawn first. */
const STYLES: readonly Style[] = [
  { name: 'node:crypto alone', of: ['node:crypto'], colour: '#222', shape: line },
  { name: 'jose', of: ['jose', 'jose (promise)'], colour: '#d55e00', shape: circle },
  { name: 'jsonwebtoken', of: ['jsonwebtoken'], colour: '#cc79a7', shape: square },
  { name: 'fast-jwt', of: ['fast-jwt'], colour: '#009e73', shape: triangle },
  { name: '@node-rs/jsonwebtoken', of: ['@node-rs/jsonwebtoken'], colour: '#e69f00', shape: diamond },
  { name: 'jwt-decode', of: ['jwt-decode'], colour: '#56b4e9', shape: down },
  { name: 'countersign by promise', of: ['countersign (promise)'], colour: '#0072b2', shape: ring },
]

const WIDTH = 1000
/** The width of a letter, roughly: wide enough for every font. */
const LETTER = 7.5
const GAP = 44
const MARGIN = 24
const HEAD = 112
const ROW = 24
const FOOT = 52
const GRID = '#e3e3e3'

/** Numbers in a drawing: a tenth of a pixel is enough. */
const n = (value: number): string => String(Math.round(value * 10) / 10)

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

type Anchor = 'start' | 'middle' | 'end'
const text = (x: number, y: number, content: string, anchor: Anchor = 'start', more = ''): string =>
  `<text x="${n(x)}" y="${n(y)}" text-anchor="${anchor}"${more}>${escaped(content)}</text>`

/** The plot of all jobs, a panel for each Node, as an SVG that is legible on any background. */
export function plot(panels: readonly Panel[]): string {
  const jobs = [...new Set(panels.flatMap(({ rows }) => rows.map(({ job }) => job)))]
  const ticks = ticksFor(panels.flatMap(({ rows }) => rows.flatMap(({ marks }) => marks.map(({ times }) => times))))
  const height = HEAD + jobs.length * ROW + FOOT
  const labels = Math.ceil(Math.max(0, ...jobs.map((job) => job.length)) * LETTER) + MARGIN
  const width = (WIDTH - labels - MARGIN + GAP) / panels.length - GAP
  const lanes = jobs.map((job, index) => lane(job, labels, index))
  const drawn = panels.map((panel, index) => {
    const left = labels + index * (width + GAP)
    return drawPanel(panel, { jobs, ticks, left, width, bottom: height - FOOT })
  })
  const title = 'The time of one operation, as a multiple of countersign’s'
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" font-family="system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', Arial, sans-serif" font-size="12" fill="#222">
<title>${title}: ${panels.map((panel) => escaped(panel.title)).join(', ')}</title>
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
${text(16, 28, title, 'start', ' font-size="17" font-weight="600"')}
${legend().join('\n')}
${lanes.join('\n')}
${drawn.join('\n')}
${text(labels + (WIDTH - labels - MARGIN) / 2, height - 12, 'time of one operation ÷ time of countersign’s (logarithmic): what stands to the right of 1 is slower than ours', 'middle')}
</svg>
`
}

/** The name of a job, on every other row in front of a shade that leads the eye. */
function lane(job: string, labels: number, index: number): string {
  const top = HEAD + index * ROW
  const shade = index % 2 === 0 ? `<rect x="8" y="${top}" width="${WIDTH - 16}" height="${ROW}" fill="#f6f7f8"/>` : ''
  return shade + text(labels - 14, top + ROW / 2 + 4, job, 'end')
}

function legend(): readonly string[] {
  const ours = `<rect x="16" y="51" width="14" height="2.5" fill="#0072b2"/>${text(36, 57, 'countersign = 1')}`
  let x = 150
  return [
    ours,
    ...STYLES.map(({ name, colour, shape }) => {
      const entry = `<g fill="${colour}">${shape(x, 53)}</g>${text(x + 10, 57, name)}`
      x += 32 + name.length * 6.3
      return entry
    }),
  ]
}

interface Frame {
  readonly jobs: readonly string[]
  readonly ticks: readonly number[]
  readonly left: number
  readonly width: number
  readonly bottom: number
}

function drawPanel({ title, rows }: Panel, { jobs, ticks, left, width, bottom }: Frame): string {
  const [least, most] = [Math.log(ticks[0] ?? 1), Math.log(ticks.at(-1) ?? 10)]
  const at = (times: number): number => left + ((Math.log(times) - least) / (most - least)) * width
  const grid = ticks.map((tick) => {
    const ours = tick === 1
    const stroke = ours ? 'stroke="#0072b2" stroke-width="2"' : `stroke="${GRID}"`
    const x = n(at(tick))
    return `<line x1="${x}" x2="${x}" y1="${HEAD}" y2="${bottom}" ${stroke}/>${text(at(tick), bottom + 16, String(tick), 'middle')}`
  })
  const marks = jobs.flatMap((job, index) => {
    const row = rows.find((each) => each.job === job)
    return row === undefined ? [] : drawMarks(row, at, HEAD + index * ROW + ROW / 2)
  })
  const heading = text(left + width / 2, HEAD - 12, title, 'middle', ' font-size="14" font-weight="600"')
  return [heading, ...grid, ...marks].join('\n')
}

function drawMarks({ job, marks }: Plotted, at: (times: number) => number, y: number): readonly string[] {
  const known = STYLES.flatMap((style) =>
    marks.filter(({ name }) => style.of.includes(name)).map(({ times }) => ({ ...style, times, x: at(times) })),
  )
  const [lines, others] = [known.filter(({ shape }) => shape === line), known.filter(({ shape }) => shape !== line)]
  const draw = ({ name, times, x, colour, shape }: (typeof known)[number], dy = 0): string => {
    const title = `<title>${escaped(`${job}: ${name}, ${times.toFixed(2)}`)}</title>`
    return `<g class="mark" fill="${colour}">${title}${shape(x, y + dy)}</g>`
  }
  const spaced = clusters(others).flatMap((cluster) =>
    cluster.map((mark, index) => draw(mark, (index - (cluster.length - 1) / 2) * STEP)),
  )
  return [...lines.map((mark) => draw(mark)), ...spaced]
}

/** Marks that would hide one another, together. */
function clusters<T extends { readonly x: number }>(marks: readonly T[]): readonly (readonly T[])[] {
  const all: T[][] = []
  for (const mark of marks.toSorted((a, b) => a.x - b.x)) {
    const last = all.at(-1)
    if (last !== undefined && mark.x - (last.at(-1)?.x ?? 0) < NEAR) last.push(mark)
    else all.push([mark])
  }
  return all
}

/** 1, 2 and 5 of each power of ten, from below the least number to above the greatest, and 1 in any case. */
export function ticksFor(values: readonly number[]): readonly number[] {
  const [least, most] = [Math.min(1, ...values), Math.max(1, ...values)]
  const all: number[] = []
  for (let power = -4; power <= 6; power++) for (const digit of [1, 2, 5]) all.push(Number(`${digit}e${power}`))
  const first = all.findLastIndex((tick) => tick < least)
  const last = all.findIndex((tick) => tick > most)
  return all.slice(first, last + 1)
}
