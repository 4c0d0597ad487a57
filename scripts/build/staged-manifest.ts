// The package.json that is published: the doors and commands of the tree, but compiled and with their declarations, and a list
// of what is packed.
import { COMMAND_FOLDER } from './bundle-command.ts'

type Paths = Readonly<Record<string, string>>

/** What is published beside the modules: texts by their paths. */
export type Companions = ReadonlyMap<string, string>

export interface Manifest {
  readonly imports?: Readonly<Record<string, Paths>>
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly node: string }>>
  readonly bin?: Paths
  readonly private: boolean
}

export const isSource = (path: string): boolean => path.startsWith('./src/')
export const toModule = (path: string): string => path.replace(/^\.\/src\/(.*)\.ts$/, './$1.js')
export const toTypes = (path: string): string => path.replace(/^\.\/src\/(.*)\.ts$/, './$1.d.ts')
const toBundled = (path: string): string => toModule(path).replace('./', './node/')

/**
 * What is packed of the folder, beside package.json, README and licence, which npm always takes: the modules and what is made
 * for them. Of the library's command no door leads to declarations.
 */
const packedOf = (companions: Companions, hasBundle: boolean): readonly string[] => [
  ...['**/*.js', '**/*.d.ts', ...(hasBundle ? ['!cli.d.ts', '!cli/**/*.d.ts'] : [])],
  ...['CHANGELOG.md', ...companions.keys()],
]

/** The manifest with every path of a source turned into that of its compiled module. */
export function staged(manifest: Manifest, hasBundle: boolean, companions: Companions): object {
  // The tree is private, so that nobody publishes sources by mistake.
  const { imports, exports, bin, private: _, ...rest } = manifest
  const eachOf = <Value>(members: Readonly<Record<string, Value>>, change: (value: Value) => unknown): object =>
    Object.fromEntries(Object.entries(members).map(([name, value]) => [name, change(value)]))
  const man = [...companions.keys()].find((path) => path.startsWith('man/'))
  return {
    ...rest,
    files: packedOf(companions, hasBundle),
    ...(bin && { bin: eachOf(bin, toModule) }),
    // npm links manuals that stand in a list alone.
    ...(man && { man: [`./${man}`] }),
    ...(imports && { imports: Object.fromEntries(Object.entries(imports).map(toImport)) }),
    exports: eachOf(exports, (door) => toDoor(door, hasBundle)),
  }
}

function toDoor(door: Manifest['exports'][string], hasBundle: boolean): unknown {
  if (typeof door !== 'string') return { types: toTypes(door.types), ...onServers(door.node) }
  if (!isSource(door)) return door.replace('./dist/', './')
  return { types: toTypes(door), ...(hasBundle ? onServers(door) : {}), default: toModule(door) }
}

/** Node loads the command from its bundle. */
function toImport([name, paths]: [string, Paths]): readonly [string, Paths] {
  const modules = Object.fromEntries(Object.entries(paths).map(([condition, path]) => [condition, toModule(path)]))
  return [name, name === '#command' ? { ...modules, node: `./${COMMAND_FOLDER}/command.js` } : modules]
}

/** Bun and Deno go by "node", too, unless what is meant for them stands before it. */
const onServers = (path: string): object => ({ bun: toModule(path), deno: toModule(path), node: toBundled(path) })
