// Turns the test files into one module for a runtime: esbuild bundles them, and a plugin puts what the runtime lacks in
// place of Node's modules.
import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join, relative, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'
import type { SkipRule } from './portable/test.ts'
import type { Runtime } from './runtimes.ts'

export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url))
const PORTABLE = join(ROOT, 'test/runtimes/portable')

/** Those of the command start programs and read the sources; command.ts runs it as it is published instead. */
const COMMAND = 'packages/countersign/test/cli/'

/** Every test file of the library, as a path in the repository. */
export const TEST_FILES: readonly string[] = readdirSync(join(ROOT, 'packages/countersign/test'), {
  recursive: true,
  encoding: 'utf8',
})
  .map((path) => `packages/countersign/test/${path.replaceAll(sep, '/')}`)
  .filter((path) => path.endsWith('.test.ts') && !path.startsWith(COMMAND))
  .sort()

/** The module of a runtime, which imports the given files when it is told to. */
export async function bundleSuite(
  runtime: Runtime,
  files: ReadonlyMap<string, readonly SkipRule[]>,
  outfile: string,
): Promise<void> {
  const list = [...files].map(
    ([path, skips]) =>
      `{ path: ${JSON.stringify(path)}, skips: ${JSON.stringify(skips)}, load: () => import(${JSON.stringify(`./${path}`)}) }`,
  )
  const entry = `
    import * as matrix from './test/runtimes/matrix/tokens.ts'
    import { start } from './test/runtimes/on/${runtime.on}.ts'
    const started = start([${list.join(',\n')}], matrix)
    export default started`
  await bundle(runtime, entry, outfile)
}

async function bundle(runtime: Runtime, entry: string, outfile: string): Promise<void> {
  await build({
    stdin: { contents: entry, resolveDir: ROOT, loader: 'ts' },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: [...runtime.conditions, 'module', 'import'],
    target: 'es2022',
    // A process has require, which packages in CommonJS want for Node's own modules.
    ...(runtime.on === 'process' && {
      banner: {
        js: `import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url)`,
      },
    }),
    keepNames: true,
    logLevel: 'error',
    plugins: [portable(runtime)],
  })
}

function portable(runtime: Runtime): Plugin {
  return {
    name: 'portable',
    setup({ onLoad, onResolve }) {
      const files = /[\\/](packages[\\/]countersign[\\/]test|test[\\/]support)[\\/].*\.ts$/
      onLoad({ filter: files }, ({ path }) => {
        const text = readFileSync(path, 'utf8')
          .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
          .replace('const SHARE: number = 1', `const SHARE: number = ${runtime.share}`)
        const buffer = runtime.modules !== 'all' && !runtime.modules.includes('buffer') && /\bBuffer\b/.test(text)
        const head = buffer ? `import { Buffer } from ${JSON.stringify(join(PORTABLE, 'buffer.ts'))};` : ''
        return { contents: head + text, loader: 'ts' }
      })
      onResolve({ filter: /^(node:)?[a-z0-9_]+(\/[a-z0-9_]+)*$/ }, ({ path }) => {
        const name = path.replace(/^node:/, '')
        if (name === 'test') return { path: join(PORTABLE, 'test.ts') }
        if (!builtinModules.includes(name)) return undefined
        if (runtime.modules === 'all' || runtime.modules.includes(name)) return { path: `node:${name}`, external: true }
        if (OWN[name] !== undefined) return { path: join(PORTABLE, OWN[name]) }
        return { path: name, namespace: 'absent' }
      })
      const shared = join(PORTABLE, 'fast-check.ts')
      onResolve({ filter: /^fast-check$/ }, ({ importer }) => (importer === shared ? undefined : { path: shared }))
      // The door for Node alone; that it does not work elsewhere is looked at by the tests.
      onResolve({ filter: /^countersign\/sync$/ }, () => ({ path: join(ROOT, 'packages/countersign/src/sync.ts') }))
      onLoad({ filter: /.*/, namespace: 'absent' }, ({ path }) => ({
        contents: `module.exports = require(${JSON.stringify(join(PORTABLE, 'absent.cjs'))})(${JSON.stringify(`node:${path}`)})`,
        resolveDir: ROOT,
      }))
      onLoad({ filter: /[\\/]portable[\\/]files\.ts$/ }, () => ({ contents: embedded(), loader: 'ts' }))
    },
  }
}

/** What stands in for a module of Node where a runtime has none. */
const OWN: Readonly<Record<string, string>> = {
  'assert/strict': 'assert.ts',
  crypto: 'crypto.ts',
  fs: 'files.ts',
  util: 'util.ts',
}

/** `portable/files.ts` with the vectors in it. */
function embedded(): string {
  const folder = join(ROOT, 'vectors')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
    .map((entry) => join(entry.parentPath, entry.name))
  const texts = Object.fromEntries(
    files.map((path) => [relative(folder, path).replaceAll(sep, '/'), readFileSync(path, 'utf8')]),
  )
  const text = readFileSync(join(PORTABLE, 'files.ts'), 'utf8')
  return text.replace('= {} // VECTORS', `= ${JSON.stringify(texts)}`)
}
