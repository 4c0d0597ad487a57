/** What the keys of a contender are for. */
export interface Scheme<Keys> {
  readonly name: string
  generate(): Keys
}

/** A library, or a primitive, and how it gets ready for a scheme: its keys imported, its options said. */
export interface Contender<S extends Scheme<Keys>, Keys, Tool> {
  readonly name: string
  /** The schemes it lacks. */
  readonly lacks?: readonly string[]
  prepare(scheme: S, keys: Keys): Tool | Promise<Tool>
}

/** The primitive that speaks for the platform. */
export const BARE_NAME = 'node:crypto'

/** The tools of every contender that knows a scheme, by its name. */
export async function prepareTools<S extends Scheme<Keys>, Keys, Tool>(
  contenders: readonly Contender<S, Keys, Tool>[],
  scheme: S,
  keys: Keys,
): Promise<ReadonlyMap<string, Tool>> {
  const tools = new Map<string, Tool>()
  for (const { name, lacks, prepare } of contenders) {
    if (!lacks?.includes(scheme.name)) tools.set(name, await prepare(scheme, keys))
  }
  return tools
}

/** What is wrong with a contender is no slowness of it: the run stops. */
export function fail(name: string, scheme: { readonly name: string }, what: string): never {
  throw new Error(`${name} ${what} (${scheme.name})`)
}

/** What has to be there. */
export function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a contender is missing')
  return value
}
