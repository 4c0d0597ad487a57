import { parseArgs } from 'node:util'

/** What may be said behind `npm run bench --`. */
export interface Flags {
  /** A short look. */
  readonly quick: boolean
  /** Fails where a bar falls short. */
  readonly check: boolean
  /** One suite or scheme. */
  readonly only?: string
  /** One Node, by its first number. */
  readonly node?: string
}

/** The Nodes that are measured on, by their first numbers. */
export const MAJORS = ['24', '26'] as const

/** @throws {TypeError} for a flag that there is not, or a value that it does not take */
export function parseFlags(args: readonly string[]): Flags {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      only: { type: 'string' },
      node: { type: 'string' },
    },
  })
  const { node } = values
  if (node !== undefined && !MAJORS.some((major) => major === node)) {
    throw new TypeError(`--node takes one of ${MAJORS.join(', ')}`)
  }
  return values
}

/** Whether a run is a record: a part of the jobs, or a short look at them, is none. */
export const isRecord = ({ quick, only, node }: Flags): boolean => !quick && only === undefined && node === undefined
