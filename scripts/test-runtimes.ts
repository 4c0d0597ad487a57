// Installs the runtimes of test/runtimes, checks the built library on each of them that reads files, and runs the test
// suite on all: see test/runtimes/main.ts for what may be said behind `npm run test:runtimes --`. `npm run build` comes
// first.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const home = fileURLToPath(new URL('../test/runtimes', import.meta.url))
// npm is a command file on Windows, which only a shell starts; no argument here comes from outside.
const shell = process.platform === 'win32'
const npm = ['ci', '--ignore-scripts', '--workspaces=false', '--no-audit', '--no-fund', '--prefer-offline']
console.log('$ npm ci (test/runtimes)')
execFileSync('npm', npm, { cwd: home, stdio: ['ignore', 'ignore', 'inherit'], shell })
await import('../test/runtimes/main.ts')
