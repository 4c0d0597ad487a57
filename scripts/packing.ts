// Packs what `npm run build` has made, and runs programs on it.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root: string = fileURLToPath(new URL('..', import.meta.url))
// npm is a command file on Windows, which only a shell starts; no argument here comes from outside.
const shell = process.platform === 'win32'

/** Runs a program in a folder. @returns what it printed */
export function run(command: string, args: readonly string[], cwd: string, env: Record<string, string> = {}): string {
  console.log(`$ ${[command, ...args].join(' ')}`)
  const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit']
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio, shell, env: { ...process.env, ...env } })
}

/** What may be in a package: in that of the library what comes with its command, too, and no declarations that no door has. */
const ANY = /^(LICENSE|README\.md|CHANGELOG\.md|package\.json|[\w./-]+\.(js|d\.ts))$/
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
  const printed = run('npm', ['pack', '--json', '--pack-destination', folder], join(home, 'dist'))
  const packed = JSON.parse(printed) as unknown
  const [{ filename, files, unpackedSize }] = (Array.isArray(packed) ? packed : Object.values(packed as object)) as [
    { filename: string; files: { path: string }[]; unpackedSize: number },
  ]
  console.log(`${filename}: ${files.length} files, ${unpackedSize} octets unpacked`)
  const paths = files.map(({ path }) => path)
  const belongs = (path: string): boolean =>
    name === 'countersign' ? COMPANIONS.test(path) || (ANY.test(path) && !INSIDE.test(path)) : ANY.test(path)
  const strange = paths.filter((path) => !belongs(path))
  if (strange.length > 0) throw new Error(`files that do not belong into the package: ${strange.join(', ')}`)
  const sourceOf = (path: string): string => join(home, 'src', path.replace(/(\.js|\.d\.ts)$/, '.ts'))
  const left = paths
    .filter((path) => /\.(js|d\.ts)$/.test(path) && !path.startsWith('node/'))
    .filter((path) => !existsSync(sourceOf(path)))
  if (left.length > 0) throw new Error(`files of sources that are gone: ${left.join(', ')}`)
  return { filename, files: paths }
}

/** Holds a packed package against what other programs expect of one. */
export function lintPackage(name: string, tarball: string): void {
  console.log(run('npx', ['publint', '--strict', join(root, 'packages', name, 'dist')], root).trim())
  // A page is no module and has no types.
  const page = name === 'countersign' ? ['--exclude-entrypoints', './debugger.html'] : []
  console.log(run('npx', ['attw', tarball, '--profile', 'esm-only', ...page], root).trim())
}
