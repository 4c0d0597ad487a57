/** A name that a registry has, and what we say about it. */
export interface Registered {
  readonly name: string
  /** What JSON stands there, in words. */
  readonly type: string
  /** What it means: a line that begins with a small letter and has no full stop. */
  readonly meaning: string
  /** The document that defines it, and the section. */
  readonly spec: string
  /** What it is for. */
  readonly purpose?: string
  /** What to know before relying on it. */
  readonly watch?: readonly string[]
}

/** A row as the tables have it. */
export type Row = readonly [
  name: string,
  type: string,
  meaning: string,
  spec: string,
  more?: Pick<Registered, 'purpose' | 'watch'>,
]

/** Rows by name. A Map, so a name such as `__proto__` finds nothing. */
export type Registry = ReadonlyMap<string, Registered>

export function toRegistry(rows: readonly Row[]): Registry {
  return new Map(
    rows.map(([name, type, meaning, spec, more]) => [name, Object.freeze({ name, type, meaning, spec, ...more })]),
  )
}

/** Where {@link explain} has names from: a registry. */
export interface Source {
  /** The name of the registry. */
  readonly name: string
  /** Where it is. */
  readonly url: string
  /** Until when changes to it are in the rows. */
  readonly date: string
}
