// Builds the API reference into docs/api, which git ignores: a page for each name, by the doors that people import it from.
// The tool stands in scripts/reference with a lockfile of its own, since it needs TypeScript 6. A name without docstring is a
// failure, and so is a link that leads nowhere, or a page that loads something from elsewhere.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { doors } from '../../test/support/exported.ts'
import { install } from '../install.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const home = install('scripts/reference')
const out = join(root, 'docs/api')

console.log('$ typedoc')
const given = doors().flatMap(({ file }) => ['--entryPoints', join(root, file)])
const { status } = spawnSync(process.execPath, ['node_modules/typedoc/bin/typedoc', ...given], {
  cwd: home,
  stdio: 'inherit',
})
if (status !== 0) process.exit(1)

const files = readdirSync(out, { recursive: true, encoding: 'utf8' }).map((file) => join(out, file))
const pages = new Map(files.filter((file) => file.endsWith('.html')).map((file) => [file, readFileSync(file, 'utf8')]))
const faults = [
  ...doors().flatMap(({ name }) => missing(name)),
  ...[...pages].flatMap(([file, text]) => [...foreign(file, text), ...broken(file, text)]),
  ...files.filter((file) => file.endsWith('.css')).flatMap((file) => foreign(file, readFileSync(file, 'utf8'))),
]
if (faults.length > 0) throw new Error(`the reference has ${faults.length} faults:\n${faults.slice(0, 20).join('\n')}`)
console.log(`${pages.size} pages in docs/api`)

/** Each door has a page by its name. */
function missing(door: string): readonly string[] {
  const page = join(out, 'modules', `${door.replaceAll('/', '_').replaceAll('@', '_')}.html`)
  return pages.has(page) ? [] : [`${door} has no page ${page}`]
}

/** What a page or a stylesheet would load from elsewhere; links that people follow may lead there. */
function foreign(file: string, text: string): readonly string[] {
  const loaded =
    /<(?:script|link|img|iframe|source)\b[^>]*?(?:src|href)="(?:https?:)?\/\/[^"]*"|url\(["']?(?:https?:)?\/\/|@import/g
  return [...text.matchAll(loaded)].map(([what]) => `${file} loads ${what}`)
}

/** Links to pages and to places in them that there are not. */
function broken(file: string, text: string): readonly string[] {
  return [...text.matchAll(/<(?:a|link)\b[^>]*? href="([^"]*)"/g)].flatMap(([, href = '']) => {
    if (/^[a-z]+:/.test(href)) return []
    const [path = '', anchor] = href.split('#')
    const target = path === '' ? file : join(dirname(file), decodeURIComponent(path))
    if (!existsSync(target)) return [`${file} links to ${href}`]
    const page = pages.get(target)
    const found = anchor === undefined || anchor === '' || page === undefined || page.includes(`id="${anchor}"`)
    return found ? [] : [`${file} links to ${href}, which has no such place`]
  })
}
