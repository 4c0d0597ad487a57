/** What a monitoring system reads: the text format of Prometheus, taken apart. */
export interface Figures {
  readonly text: string
  /** The value of the series of a name that has these labels; nothing where there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined
  /** Every value that a label has. */
  labels(name: string, label: string): readonly string[]
  /** The names that begin so, as they stand in `# TYPE`. */
  names(start: string): readonly string[]
  /** How many series there are whose names begin so. */
  series(start: string): number
  /** What has come to these figures since others. */
  since(before: Figures): Figures
}

interface Series {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const SERIES = /^([a-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/

export function parseFigures(text: string): Figures {
  const all: readonly Series[] = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', inner = '', value] = SERIES.exec(line) ?? []
      if (name === '') throw new Error(`this is no figure: ${line}`)
      const labels = Object.fromEntries(
        [...inner.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', of = '']) => [key, of]),
      )
      return { name, labels, value: Number(value) }
    })
  return toFigures(text, all)
}

function toFigures(text: string, all: readonly Series[]): Figures {
  const find = (name: string, labels: Readonly<Record<string, string>>): Series | undefined =>
    all.find((one) => one.name === name && Object.entries(labels).every(([label, of]) => one.labels[label] === of))
  return {
    text,
    value: (name, labels = {}) => find(name, labels)?.value,
    labels: (name, label) => [
      ...new Set(all.filter((one) => one.name === name).flatMap((one) => one.labels[label] ?? [])),
    ],
    names: (start) =>
      [...text.matchAll(/^# TYPE (\S+)/gm)].flatMap(([, name = '']) => (name.startsWith(start) ? name : [])),
    series: (start) => all.filter(({ name }) => name.startsWith(start)).length,
    since: (before) =>
      toFigures(
        text,
        all.map((one) => ({ ...one, value: one.value - (before.value(one.name, one.labels) ?? 0) })),
      ),
  }
}
