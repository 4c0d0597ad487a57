import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
// npm is a command file on Windows, which only a shell starts; no argument here comes from outside.
const shell = process.platform === 'win32'
const ARGS = ['ci', '--ignore-scripts', '--workspaces=false', '--no-audit', '--no-fund', '--prefer-offline']

/**
 * Installs what a folder locks for itself, outside the workspace.
 *
 * @param folder - from the root, such as `test/runtimes`
 * @returns where it is
 */
export function install(folder: string): string {
  const home = join(root, folder)
  console.log(`$ npm ci (${folder})`)
  execFileSync('npm', ARGS, { cwd: home, stdio: ['ignore', 'ignore', 'inherit'], shell })
  return home
}
