import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const SOURCES = fileURLToPath(new URL('.', import.meta.url))
const DIST = fileURLToPath(new URL('../../packages/countersign/dist', import.meta.url))
/** Inside of bench, so that the peers are found from there; git leaves it out. */
const HOME = fileURLToPath(new URL('../.cache', import.meta.url))

/**
 * The measuring program and its children as plain JavaScript. All packages stay outside of the bundles and are loaded as
 * a user's program loads them: peers from node_modules, and countersign as it is published, through the doors of its own
 * manifest.
 *
 * @returns a folder, which is gone when this process ends
 */
export async function bundle(): Promise<string> {
  if (!existsSync(join(DIST, 'package.json'))) throw new Error('the library is not built: npm run build')
  mkdirSync(HOME, { recursive: true })
  const folder = mkdtempSync(join(HOME, 'bundle-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(DIST, join(folder, 'node_modules/countersign'), 'junction')
  await build({
    entryPoints: [join(SOURCES, 'program.ts'), ...children()],
    outbase: SOURCES,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'es2023',
    logLevel: 'error',
  })
  return folder
}

/** What suites start as processes of their own. */
function children(): readonly string[] {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  return files.filter((file) => /[\\/]children[\\/][^\\/]+\.ts$/.test(file)).map((file) => join(SOURCES, file))
}
