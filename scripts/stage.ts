// Makes the dist folders of the packages what is published: the compiled modules, of the library the same for Node in few
// files, and a package.json whose doors and commands are those of the tree, but compiled and with their declarations.
// Whoever packs, packs such a folder.
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundled, bundleForNode } from './bundle-for-node.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

type Paths = Readonly<Record<string, string>>

interface Manifest {
  readonly imports?: Readonly<Record<string, Paths>>
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly node: string }>>
  readonly bin?: Paths
  readonly private: boolean
}

const isSource = (path: string): boolean => path.startsWith('./src/')
const toModule = (path: string): string => path.replace(/^\.\/src\/(.*)\.ts$/, './$1.js')
const toTypes = (path: string): string => path.replace(/^\.\/src\/(.*)\.ts$/, './$1.d.ts')
const toBundled = (path: string): string => toModule(path).replace('./', './node/')

/** The manifest with every path of a source turned into that of its compiled module. */
function staged(manifest: Manifest, hasBundle: boolean): object {
  // The tree is private, so that nobody publishes sources by mistake.
  const { imports, exports, bin, private: _, ...rest } = manifest
  const eachOf = <Value>(members: Readonly<Record<string, Value>>, change: (value: Value) => unknown): object =>
    Object.fromEntries(Object.entries(members).map(([name, value]) => [name, change(value)]))
  return {
    ...rest,
    ...(bin && { bin: eachOf(bin, toModule) }),
    ...(imports && { imports: eachOf(imports, (paths) => eachOf(paths, toModule)) }),
    exports: eachOf(exports, (door) => toDoor(door, hasBundle)),
  }
}

function toDoor(door: Manifest['exports'][string], hasBundle: boolean): unknown {
  if (typeof door !== 'string') return { types: toTypes(door.types), ...onServers(door.node) }
  if (!isSource(door)) return door
  return { types: toTypes(door), ...(hasBundle ? onServers(door) : {}), default: toModule(door) }
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

async function stage(name: string, hasBundle: boolean): Promise<void> {
  const home = join(root, 'packages', name)
  const [src, dist] = [join(home, 'src'), join(home, 'dist')]
  const texts = [join(root, 'LICENSE'), join(root, 'CHANGELOG.md'), join(home, 'README.md')]
  const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as Manifest
  const doors = Object.values(manifest.exports)
    .map((door) => (typeof door === 'string' ? door : door.node))
    .filter(isSource)
    .map((path) => toModule(path).slice('./'.length))

  const sources = filesIn(src).filter((path) => path.endsWith('.ts'))
  const assets = filesIn(src).filter((path) => !path.endsWith('.ts'))
  const modules = sources.flatMap((path) => [toModule(`./src/${path}`), toTypes(`./src/${path}`)])
  const compiled = modules.map((path) => path.slice('./'.length))
  const bundle = hasBundle ? bundled(doors).map((file) => `node/${file}`) : []
  const made = ['package.json', ...texts.map((text) => basename(text)), ...assets, ...bundle]

  // What tsc has compiled once it neither removes with its source nor makes again when it is gone.
  mkdirSync(dist, { recursive: true })
  for (const path of filesIn(dist)) if (![...compiled, ...made].includes(path)) rmSync(join(dist, path))
  if (!compiled.every((path) => existsSync(join(dist, path)))) {
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    execFileSync(process.execPath, [tsc, '-b', '--force', home], { stdio: 'inherit' })
  }

  writeFileSync(join(dist, 'package.json'), `${JSON.stringify(staged(manifest, hasBundle), null, 2)}\n`)
  for (const text of texts) copyFileSync(text, join(dist, basename(text)))
  for (const asset of assets) {
    mkdirSync(dirname(join(dist, asset)), { recursive: true })
    copyFileSync(join(src, asset), join(dist, asset))
  }
  if (hasBundle) await bundleForNode(dist, doors)
  console.log(`staged packages/${name}/dist`)
}

await stage('countersign', true)
await stage('authority', false)
