// Installs Next into examples/next-api, which stands outside the workspace, and runs the tests of that example: they
// build it as for production, and send requests to it.
import { execFileSync } from 'node:child_process'
import { install } from './install.ts'

const home = install('examples/next-api')
console.log('$ node --test (examples/next-api)')
execFileSync(process.execPath, ['--test', 'test/*.test.ts'], { cwd: home, stdio: ['ignore', 'inherit', 'inherit'] })
