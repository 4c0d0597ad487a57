import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cliPage, SESSION } from '../../src/cli/manual/page.ts'
import { COMMANDS } from '../../src/cli/rows/commands.ts'
import { GLOBAL } from '../../src/cli/rows/table.ts'
import { topicsOf } from '../../src/cli/rows/topics.ts'
import { command } from './support/memory-host.ts'
import { callsIn } from './support/shell-words.ts'

const page = cliPage()

test('the session at the beginning of docs/cli.md prints what it says', async () => {
  const files: Record<string, string | Uint8Array> = {}
  let token = ''
  for (const { lines } of SESSION) {
    const printed: string[] = []
    for (const line of lines.filter((each) => each.startsWith('$ '))) {
      const [args = []] = callsIn(line.slice(2))
      const { code, out, err } = await command(
        args.map((word) => word.replaceAll('$TOKEN', token)),
        { files },
      )
      if (line.startsWith('$ TOKEN=')) {
        assert.equal(`${code} ${err}`, '0 ')
        token = out.trim()
      } else printed.push(out, err)
      if (line.endsWith('; echo $?')) printed.push(`${code}\n`)
    }
    const told = lines.filter((each) => !each.startsWith('$ ')).join('\n')
    const pattern = told
      .split('…')
      .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
      .join('.*')
    assert.match(printed.join('').trimEnd(), new RegExp(`^${pattern}$`, 's'))
  }
  assert.match(token, /^[\w-]+\.[\w-]+\.[\w-]+$/)
})

test('docs/cli.md has every command, option, topic, example and exit code of the table', () => {
  for (const { name, options, examples } of COMMANDS) {
    assert.ok(page.includes(`\n### countersign ${name}\n`))
    for (const option of Object.keys(options)) assert.match(page, new RegExp(`^\\| \`.*--${option}\\b`, 'm'))
    for (const [, about] of examples) assert.ok(page.includes(`\n# ${about}\n`))
  }
  for (const option of Object.keys(GLOBAL)) assert.match(page, new RegExp(`^\\| \`.*--${option}\\b`, 'm'))
  for (const { title, rows = [] } of topicsOf(COMMANDS)) {
    assert.ok(page.includes(`\n## ${title}\n`))
    for (const [term] of rows) assert.ok(page.includes(`| \`${term}\` |`), term)
  }
})

test('links within docs/cli.md lead to headings of it', () => {
  const headings = [...page.matchAll(/^#+ (.*)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  )
  const links = [...page.matchAll(/\]\(#([^)]*)\)/g)].map(([, target]) => target)
  assert.ok(links.length > 20)
  for (const target of links) assert.ok(headings.includes(target ?? ''), target)
})

test('the tables of docs/cli.md have two columns in each row, whatever stands in them', () => {
  for (const line of page.split('\n').filter((each) => each.startsWith('|')))
    assert.equal(line.replaceAll('\\|', '').split('|').length, 4, line)
})
