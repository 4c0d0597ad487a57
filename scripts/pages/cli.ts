// Writes docs/cli.md from the table of commands. With --check it writes nothing and fails where the page is stale.
import { readFileSync, writeFileSync } from 'node:fs'
import { cliPage } from '../../packages/countersign/src/cli/manual/page.ts'

const page = new URL('../../docs/cli.md', import.meta.url)
const text = cliPage()

if (!process.argv.includes('--check')) writeFileSync(page, text)
else if (readFileSync(page, 'utf8') !== text) {
  console.error('docs/cli.md does not say what the table of commands says: npm run docs')
  process.exitCode = 1
}
