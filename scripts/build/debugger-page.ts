// Makes the page of the debugger: one HTML file with its script and its style inside, which a browser opens as it is. Its
// policy names the two by their hashes and allows nothing else, so the page cannot fetch, send or load anything. The page
// that is hosted may fetch as well, and does so by two buttons alone.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin, transform } from 'esbuild'
import { SUBJECTS } from './sbom.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const src = join(root, 'packages/debugger/src')
const TARGET = ['chrome110', 'firefox115', 'safari16.4']

/** What the page that may fetch may ask: any host over TLS, and this machine. */
const REACHABLE = 'https: http://localhost:* http://127.0.0.1:*'

export interface DebuggerPage {
  /** Whether it may fetch keys. */
  readonly online?: boolean
}

/** @returns the text of `debugger.html`, or of `online.html` */
export async function buildDebuggerPage({ online = false }: DebuggerPage = {}): Promise<string> {
  const [script, style] = await Promise.all([scriptOf(online), styleOf()])
  const policy = [
    "default-src 'none'",
    `connect-src ${online ? REACHABLE : "'none'"}`,
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
    '<!-- NOTICES -->': notices(),
    VERSION: version,
  }
  const template = readFileSync(join(src, 'page.html'), 'utf8')
  return template.replaceAll(/POLICY|VERSION|<!-- (?:STYLE|SCRIPT|NOTICES) -->/g, (name) => values[name] ?? '')
}

/** Whoever passes on code under the MIT licence passes on its notice, and the page goes about by itself. */
function notices(): string {
  const texts = SUBJECTS.countersign.inside?.map((name) => {
    const { version } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')) as {
      version: string
    }
    return `${name} ${version}\n\n${readFileSync(join(root, 'node_modules', name, 'LICENSE'), 'utf8').trim()}`
  })
  const text = ['Inside this page:', ...(texts ?? [])].join('\n\n')
  if (text.includes('--')) throw new Error('a notice cannot stand in a comment')
  return `<!--\n${text}\n-->`
}

async function scriptOf(online: boolean): Promise<string> {
  const { outputFiles, warnings } = await build({
    entryPoints: [join(src, 'main.tsx')],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: TARGET,
    define: { ONLINE: String(online) },
    charset: 'utf8',
    plugins: [slimmer],
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

const LIBRARY = join(root, 'packages/countersign/src')
const NEVER = "() => { throw new TypeError('the page has no use for this') }"

/** Modules of the library that the page reaches and never uses: it has no streams, and nobody gives it a CryptoKey. */
const UNUSED: Readonly<Record<string, string>> = {
  'jws/pieces.ts': `const never = ${NEVER}
    export const isStream = () => false
    export { never as reading, never as signPieces, never as toPayload, never as verifyPieces }`,
  'crypto/crypto-key.ts': `export const isCryptoKey = () => false
    export const adoptCryptoKey = ${NEVER}`,
}

/** Leaves out what would make the page larger for nothing. What is missing after all stops the build. */
const slimmer: Plugin = {
  name: 'slimmer',
  setup({ onLoad }) {
    for (const [path, contents] of Object.entries(UNUSED)) {
      onLoad({ filter: endingIn(path) }, () => ({ contents, loader: 'ts' }))
      readFileSync(join(LIBRARY, path))
    }
    // The hints for programs: the page says what REMEDIES say.
    onLoad({ filter: endingIn('countersign/src/messages.ts') }, ({ path }) => {
      const text = readFileSync(path, 'utf8')
      const contents = text.replace(/(export const HINTS\b[^=]*=) \{\n[\s\S]*?\n\}\n/, '$1 {} as never\n')
      if (contents === text) throw new Error('messages.ts has no HINTS to leave out')
      return { contents, loader: 'ts' }
    })
  },
}

const endingIn = (path: string): RegExp =>
  new RegExp(`[\\\\/]${path.replaceAll('/', '[\\\\/]').replaceAll('.', '\\.')}$`)

async function styleOf(): Promise<string> {
  const css = readFileSync(join(src, 'style.css'), 'utf8')
  return (await transform(css, { loader: 'css', minify: true, target: TARGET })).code.trim()
}

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
