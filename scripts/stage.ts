// Makes packages/countersign/dist what is published: the compiled modules, the same for Node in few files, and a
// package.json whose doors are those of the tree, but compiled and with their declarations. Whoever packs, packs that folder.
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundled, bundleForNode } from './bundle-for-node.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const home = join(root, 'packages/countersign')
const dist = join(home, 'dist')
const TEXTS: readonly string[] = [join(root, 'LICENSE'), join(root, 'CHANGELOG.md'), join(home, 'README.md')]

interface Manifest {
  readonly imports: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly node: string }>>
  readonly private: boolean
}

const isSource = (path: string): boolean => path.startsWith('./src/')
const toModule = (path: string): string => path.replace(/^\.\/src\/(.*)\.ts$/, './$1.js')
const toTypes = (path: string): string => path.replace(/^\.\/src\/(.*)\.ts$/, './$1.d.ts')
const toBundled = (path: string): string => toModule(path).replace('./', './node/')

/** The manifest with every path of a source turned into that of its compiled module. */
function staged(manifest: Manifest): object {
  // The tree is private, so that nobody publishes sources by mistake.
  const { imports, exports, private: _, ...rest } = manifest
  const eachOf = <Value>(members: Readonly<Record<string, Value>>, change: (value: Value) => unknown): object =>
    Object.fromEntries(Object.entries(members).map(([name, value]) => [name, change(value)]))
  return { ...rest, imports: eachOf(imports, (paths) => eachOf(paths, toModule)), exports: eachOf(exports, toDoor) }
}

function toDoor(door: Manifest['exports'][string]): unknown {
  if (typeof door !== 'string') return { types: toTypes(door.types), ...onServers(door.node) }
  return isSource(door) ? { types: toTypes(door), ...onServers(door), default: toModule(door) } : door
}

/** Bun and Deno go by "node", too, unless what is meant for them stands before it. */
const onServers = (path: string): object => ({ bun: toModule(path), deno: toModule(path), node: toBundled(path) })

/** Every file in a folder, by its path from there. */
const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )

const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as Manifest
const doors = Object.values(manifest.exports)
  .map((door) => (typeof door === 'string' ? door : door.node))
  .filter(isSource)
  .map((path) => toModule(path).slice('./'.length))

const modules = filesIn(join(home, 'src')).flatMap((path) => [toModule(`./src/${path}`), toTypes(`./src/${path}`)])
const compiled = modules.map((path) => path.slice('./'.length))
const made = ['package.json', ...TEXTS.map((text) => basename(text)), ...bundled(doors).map((name) => `node/${name}`)]

// What tsc has compiled once it neither removes with its source nor makes again when it is gone.
mkdirSync(dist, { recursive: true })
for (const path of filesIn(dist)) if (![...compiled, ...made].includes(path)) rmSync(join(dist, path))
if (!compiled.every((path) => existsSync(join(dist, path)))) {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [tsc, '-b', '--force', home], { stdio: 'inherit' })
}

writeFileSync(join(dist, 'package.json'), `${JSON.stringify(staged(manifest), null, 2)}\n`)
for (const text of TEXTS) copyFileSync(text, join(dist, basename(text)))
await bundleForNode(dist, doors)
console.log('staged packages/countersign/dist')
