// Writes docs/errors.md from the table of messages. With --check it writes nothing and fails where the page is stale.
import { readFileSync, writeFileSync } from 'node:fs'
import { type ErrorCode, HINTS, MEANINGS } from '../packages/countersign/src/messages.ts'

const page = new URL('../docs/errors.md', import.meta.url)

const text = `# Error codes

Built from \`packages/countersign/src/messages.ts\` by \`npm run docs\`. A \`JoseError\` has the code, a message with the
actual values, this hint or a more fitting one, and \`unavailable: true\` where the answer is 503 and not 401.

${Object.entries(MEANINGS)
  .map(([code, text]) => `## ${code}\n\n${text}\n\n**What to do:** ${HINTS[code as ErrorCode]}\n`)
  .join('\n')}`

if (!process.argv.includes('--check')) writeFileSync(page, text)
else if (readFileSync(page, 'utf8') !== text) {
  console.error('docs/errors.md does not say what messages.ts says: npm run docs')
  process.exitCode = 1
}
