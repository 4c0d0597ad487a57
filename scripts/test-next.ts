// Installs Next into examples/next-api, which stands outside the workspace, and runs the tests of that example: they
// build it as for production, and send requests to it.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const home = fileURLToPath(new URL('../examples/next-api', import.meta.url))
// npm is a command file on Windows, which only a shell starts; no argument here comes from outside.
const shell = process.platform === 'win32'
const npm = ['ci', '--ignore-scripts', '--workspaces=false', '--no-audit', '--no-fund', '--prefer-offline']
console.log('$ npm ci (examples/next-api)')
execFileSync('npm', npm, { cwd: home, stdio: ['ignore', 'ignore', 'inherit'], shell })
console.log('$ node --test (examples/next-api)')
execFileSync(process.execPath, ['--test', 'test/*.test.ts'], { cwd: home, stdio: ['ignore', 'inherit', 'inherit'] })
