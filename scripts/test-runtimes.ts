// Installs the runtimes of test/runtimes, checks the built library and its command on each that reads files, and runs the test
// suite on all: see test/runtimes/main.ts for what may be said behind `npm run test:runtimes --`. `npm run build` comes
// first. Where nothing is said, the example of a worker is run in workerd, too.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { install } from './install.ts'

install('test/runtimes')
if (process.argv.length === 2) {
  console.log('$ node --test (examples/worker-api, in workerd)')
  const root = fileURLToPath(new URL('..', import.meta.url))
  const test = ['--test', '--test-reporter=dot', 'examples/worker-api/test/workerd.test.ts']
  execFileSync(process.execPath, test, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
}
await import('../test/runtimes/main.ts')
