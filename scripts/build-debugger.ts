// Makes the page of the debugger: one HTML file with its script and its style inside, which a browser opens as it is. Its
// policy names the two by their hashes and allows nothing else, so the page cannot fetch, send or load anything.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, transform } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const src = join(root, 'packages/debugger/src')
const TARGET = ['chrome110', 'firefox115', 'safari16.4']

/** @returns the text of `debugger.html` */
export async function buildDebuggerPage(): Promise<string> {
  const [script, style] = await Promise.all([scriptOf(), styleOf()])
  const policy = [
    "default-src 'none'",
    "connect-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ]
  const { version } = JSON.parse(readFileSync(join(root, 'packages/countersign/package.json'), 'utf8')) as {
    version: string
  }
  const values: Readonly<Record<string, string>> = {
    POLICY: policy.join('; '),
    '<!-- STYLE -->': `<style>${style}</style>`,
    '<!-- SCRIPT -->': `<script>${script}</script>`,
    VERSION: version,
  }
  const template = readFileSync(join(src, 'page.html'), 'utf8')
  return template.replaceAll(/POLICY|VERSION|<!-- (?:STYLE|SCRIPT) -->/g, (name) => values[name] ?? '')
}

async function scriptOf(): Promise<string> {
  const { outputFiles, warnings } = await build({
    entryPoints: [join(src, 'main.tsx')],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: TARGET,
    charset: 'utf8',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    logLevel: 'silent',
  })
  const text = outputFiles[0]?.text.trim() ?? ''
  if (warnings.length > 0) throw new Error(`esbuild warns of the debugger: ${JSON.stringify(warnings)}`)
  // Either would end the element early, or begin a comment in it.
  if (/<\/script|<!--/i.test(text)) throw new Error('the script of the debugger cannot stand in HTML')
  return text
}

async function styleOf(): Promise<string> {
  const css = readFileSync(join(src, 'style.css'), 'utf8')
  return (await transform(css, { loader: 'css', minify: true, target: TARGET })).code.trim()
}

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
