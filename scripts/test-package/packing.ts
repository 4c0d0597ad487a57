// Packs what `npm run build` has made, and runs programs on it.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root: string = fileURLToPath(new URL('../..', import.meta.url))
// npm is a command file on Windows, which only a shell starts; no argument here comes from outside.
const shell = process.platform === 'win32'

/** Runs a program in a folder. @returns what it printed */
export function run(command: string, args: readonly string[], cwd: string, env: Record<string, string> = {}): string {
  console.log(`$ ${[command, ...args].join(' ')}`)
  const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit']
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio, shell, env: { ...process.env, ...env } })
}

/** What may be in a package: in that of the library what comes with its command, too, and no declarations that no door has. */
const ANY = /^(LICENSE|README\.md|CHANGELOG\.md|package\.json|sbom\.cdx\.json|[\w./-]+\.(js|d\.ts))$/
const COMPANIONS = /^(man\/countersign\.1|docs\/(cli|errors|lint)\.md|schema\/[\w-]+\.json|debugger\.html)$/
const INSIDE = /^cli(\.|\/).*\.d\.ts$/

export interface Packed {
  /** The name of the file in the folder. */
  readonly filename: string
  readonly files: readonly string[]
}

/**
 * Packs the `dist` of a package into a folder.
 *
 * @throws where a file is in it that does not belong there, or of whose source nothing is left
 */
export function pack(name: string, folder: string): Packed {
  const home = join(root, 'packages', name)
  const { filename, paths, unpackedSize } = npmPack(name, ['--pack-destination', folder])
  console.log(`${filename}: ${paths.length} files, ${unpackedSize} octets unpacked`)
  const belongs = (path: string): boolean =>
    name === 'countersign' ? COMPANIONS.test(path) || (ANY.test(path) && !INSIDE.test(path)) : ANY.test(path)
  const strange = paths.filter((path) => !belongs(path))
  if (strange.length > 0) throw new Error(`files that do not belong into the package: ${strange.join(', ')}`)
  const sourceOf = (path: string): string => join(home, 'src', path.replace(/(\.js|\.d\.ts)$/, '.ts'))
  const left = paths
    .filter((path) => /\.(js|d\.ts)$/.test(path) && !path.startsWith('node/'))
    .filter((path) => !existsSync(sourceOf(path)))
  if (left.length > 0) throw new Error(`files of sources that are gone: ${left.join(', ')}`)
  if (!paths.includes('sbom.cdx.json')) throw new Error('the bill of materials is missing')
  return { filename, files: paths }
}

function npmPack(
  name: string,
  flags: readonly string[],
): { readonly filename: string; readonly paths: readonly string[]; readonly unpackedSize: number } {
  const packed = JSON.parse(run('npm', ['pack', '--json', ...flags], join(root, 'packages', name, 'dist'))) as unknown
  const [{ files, ...rest }] = (Array.isArray(packed) ? packed : Object.values(packed as object)) as [
    { filename: string; files: { path: string }[]; unpackedSize: number },
  ]
  return { ...rest, paths: files.map(({ path }) => path) }
}

/** What may lie in a folder that was built in, and is for nobody else. */
const STRAY = [
  '.env',
  '.npmrc',
  'secret.pem',
  'notes.txt',
  'keys.json',
  'sbom.json',
  'keys/signing.jwk',
  'node/core.js.map',
]

/** Holds that what is packed is what the package lists, whatever else lies in its folder. */
export function refuseStray(name: string): void {
  const dist = join(root, 'packages', name, 'dist')
  const folders = STRAY.map((path) => dirname(path)).filter((folder) => !existsSync(join(dist, folder)))
  const before = npmPack(name, ['--dry-run']).paths
  const planted: string[] = []
  try {
    for (const path of STRAY) {
      mkdirSync(dirname(join(dist, path)), { recursive: true })
      writeFileSync(join(dist, path), '# planted by the test of the package\n', { flag: 'wx' })
      planted.push(path)
    }
    const after = npmPack(name, ['--dry-run']).paths
    const more = after.filter((path) => !before.includes(path))
    if (more.length > 0 || after.length !== before.length) throw new Error(`packed as well: ${more.join(', ')}`)
  } finally {
    for (const path of planted) rmSync(join(dist, path))
    for (const folder of folders) rmSync(join(dist, folder), { recursive: true, force: true })
  }
  console.log(`${STRAY.length} files that lie about in packages/${name}/dist are not packed`)
}

/** Holds a packed package against what other programs expect of one. */
export function lintPackage(name: string, tarball: string): void {
  console.log(run('npx', ['publint', '--strict', join(root, 'packages', name, 'dist')], root).trim())
  // A page is no module and has no types.
  const page = name === 'countersign' ? ['--exclude-entrypoints', './debugger.html'] : []
  console.log(run('npx', ['attw', tarball, '--profile', 'esm-only', ...page], root).trim())
}
