// Installs the runtimes of test/runtimes, checks the built library and its command on each that reads files, and runs the test
// suite on all: see test/runtimes/main.ts for what may be said behind `npm run test:runtimes --`. `npm run build` comes
// first. Where nothing is said, the example of a worker is run in workerd, too.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const home = fileURLToPath(new URL('../test/runtimes', import.meta.url))
// npm is a command file on Windows, which only a shell starts; no argument here comes from outside.
const shell = process.platform === 'win32'
const npm = ['ci', '--ignore-scripts', '--workspaces=false', '--no-audit', '--no-fund', '--prefer-offline']
console.log('$ npm ci (test/runtimes)')
execFileSync('npm', npm, { cwd: home, stdio: ['ignore', 'ignore', 'inherit'], shell })
if (process.argv.length === 2) {
  console.log('$ node --test (examples/worker-api, in workerd)')
  const root = fileURLToPath(new URL('..', import.meta.url))
  const test = ['--test', '--test-reporter=dot', 'examples/worker-api/test/workerd.test.ts']
  execFileSync(process.execPath, test, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
}
await import('../test/runtimes/main.ts')
