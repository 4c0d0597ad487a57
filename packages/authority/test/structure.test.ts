import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const home = fileURLToPath(new URL('..', import.meta.url))
const src = join(home, 'src')

/** The order of the modules: each imports only from its own line and the lines above it. */
const ORDER: readonly (readonly string[])[] = [
  ['errors.ts', 'same.ts', 'settings.ts', 'unavailable.ts'],
  ['store/'],
  ['keys/'],
  ['accounts/', 'audit.ts'],
  ['pages/'],
  ['protocol/'],
  ['operations/'],
  ['operations.ts'],
  ['server/'],
  ['demo/'],
  ['doctor/'],
  ['authority.ts', 'admin-socket.ts'],
  ['cli/'],
  ['cli.ts', 'index.ts'],
]

const lineOf = (file: string): number =>
  ORDER.findIndex((line) => line.some((entry) => (entry.endsWith('/') ? file.startsWith(entry) : file === entry)))
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
const textOf = (file: string): string => readFileSync(join(src, file), 'utf8')

/** What a module imports or re-exports, types as well, also where it waits for it. */
function importsOf(file: string): readonly string[] {
  const code = textOf(file).replaceAll(/\/\*\*.*?\*\/|^\s*\/\/.*?$/gms, '')
  const found = code.matchAll(/^(?:import|export)\s[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'/gm)
  return [...found].map(([, named, bare]) => named ?? bare ?? '')
}

test('every module has its place in the order, and imports go upwards alone', () => {
  for (const file of files) {
    assert.ok(lineOf(file) >= 0, `${file} is not in the order`)
    for (const path of importsOf(file).filter((one) => one.startsWith('.'))) {
      const target = posix.join(posix.dirname(file), path)
      assert.ok(files.includes(target), `${file} imports ${target}, which does not exist`)
      assert.ok(lineOf(target) <= lineOf(file), `${file} imports ${target}, which stands below it`)
    }
  }
})

test('what comes from outside is the platform, the library, and what the manifest names', () => {
  const manifest: unknown = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
  const { dependencies } = manifest as { readonly dependencies: Readonly<Record<string, string>> }
  const packageOf = (path: string): string => path.split('/', path.startsWith('@') ? 2 : 1).join('/')
  const used = new Set<string>()
  for (const file of files) {
    for (const path of importsOf(file).filter((one) => !/^(\.|node:)/.test(one))) {
      assert.ok(packageOf(path) in dependencies, `${file} imports ${path}`)
      used.add(packageOf(path))
    }
  }
  assert.deepEqual([...used].sort(), Object.keys(dependencies).sort())
})

test('signatures are made by countersign: nothing here signs with jose or node:crypto', () => {
  for (const file of files) {
    assert.ok(!importsOf(file).includes('jose'), file)
    assert.doesNotMatch(textOf(file), /\b(createSign|crypto\.sign|subtle\.sign)\(/, file)
  }
})

test('of oidc-provider the public door alone is used', () => {
  for (const file of files) {
    for (const path of importsOf(file)) assert.doesNotMatch(path, /^oidc-provider\//, file)
  }
})
