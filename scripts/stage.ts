// Makes packages/countersign/dist what is published: the compiled modules, and a package.json whose doors are the same
// as in the tree, but on .js and with their declarations. Whoever packs, packs that folder.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'

const home = new URL('../packages/countersign/', import.meta.url)
const dist = new URL('dist/', home)

/** The manifest with every path of a source turned into that of its compiled module. */
function staged(manifest: Record<string, unknown>): Record<string, unknown> {
  // The tree is private, so that nobody publishes sources by mistake.
  const { imports, exports, private: _, ...rest } = manifest
  return { ...rest, imports: eachPath(imports, toModule), exports: eachPath(exports, toDoor) }
}

function eachPath(value: unknown, change: (path: string) => unknown): unknown {
  if (typeof value === 'string') return change(value)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const path = typeof member === 'string' && member.startsWith('./src/')
      // A member of a condition is a path already sorted: only a bare door gets its declarations beside it.
      if (path && !name.startsWith('.')) return [name, name === 'types' ? toTypes(member) : toModule(member)]
      return [name, eachPath(member, change)]
    }),
  )
}

const toModule = (path: string): string => path.replace(/^\.\/src\/(.*)\.ts$/, './$1.js')
const toTypes = (path: string): string => path.replace(/^\.\/src\/(.*)\.ts$/, './$1.d.ts')
const toDoor = (path: string): unknown =>
  path.startsWith('./src/') ? { types: toTypes(path), default: toModule(path) } : path

const manifest = JSON.parse(readFileSync(new URL('package.json', home), 'utf8')) as Record<string, unknown>
writeFileSync(new URL('package.json', dist), `${JSON.stringify(staged(manifest), null, 2)}\n`)
copyFileSync(new URL('../LICENSE', import.meta.url), new URL('LICENSE', dist))
copyFileSync(new URL('../CHANGELOG.md', import.meta.url), new URL('CHANGELOG.md', dist))
copyFileSync(new URL('README.md', home), new URL('README.md', dist))
console.log('staged packages/countersign/dist')
