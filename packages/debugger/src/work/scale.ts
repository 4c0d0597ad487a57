/** A mark on the line, in percent of it. */
export interface Mark {
  readonly at: number
  /** The names of what happens then. */
  readonly text: string
  /** Which way its label goes. */
  readonly side: 'left' | 'right'
  /** How far up its label is, so that no two are in one place. */
  readonly lane: number
}

/** Where a life begins and ends on the line, in percent; what is before and after has the rest, however long it is. */
const [BEGIN, END] = [10, 78]
/** A letter of a label in percent of the narrowest line, and the gap between two labels. */
const [LETTER, GAP] = [2.9, 3]

/** Where moments are on a line: to scale within a life, and ever closer together outside of it. */
export function toScale(begin: number, end: number): (seconds: number) => number {
  const life = Math.max(1, end - begin)
  return (seconds) => {
    if (seconds > end) return END + (98 - END) * (1 - Math.exp((end - seconds) / life))
    if (seconds < begin) return BEGIN - (BEGIN - 2) * (1 - Math.exp((seconds - begin) / life))
    return BEGIN + ((seconds - begin) / life) * (END - BEGIN)
  }
}

/** Puts labels beside their marks, in as few lanes as it takes that none covers another. */
export function toMarks(moments: readonly (readonly [text: string, at: number])[]): readonly Mark[] {
  const places = new Map<number, string>()
  for (const [text, at] of moments) {
    const key = Math.round(at * 10) / 10
    places.set(key, places.has(key) ? `${places.get(key)}, ${text}` : text)
  }
  const lanes: [number, number][][] = []
  return [...places]
    .sort(([a], [b]) => a - b)
    .map(([at, text]) => {
      const width = text.length * LETTER + GAP
      const side = at > 55 ? 'left' : 'right'
      const span: [number, number] = side === 'left' ? [at - width, at + GAP] : [at - GAP, at + width]
      const isFree = (lane: [number, number][]): boolean => lane.every(([from, to]) => span[1] <= from || span[0] >= to)
      const free = lanes.findIndex(isFree)
      const lane = free < 0 ? lanes.length : free
      lanes[lane] = [...(lanes[lane] ?? []), span]
      return { at, text, side, lane }
    })
}
