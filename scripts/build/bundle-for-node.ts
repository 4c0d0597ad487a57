// Makes packages/countersign/dist/node: the library for Node in few files. Node takes half a millisecond for each file that
// it loads, and for a program that verifies one token that would be more than eighty.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type BuildOptions, build, type Plugin } from 'esbuild'

/** What most programs open. All that these doors reach is in core.js, and what only others reach is in rest.js. */
const FIRST: readonly string[] = ['index.js', 'sync.js']

/** What every bundle for Node is made with. */
export const FOR_NODE = {
  write: false,
  metafile: true,
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node22.12',
  legalComments: 'none',
  logLevel: 'silent',
  // The manifest says that no module has side effects; by that the imports of entries that are made here would be dropped.
  ignoreAnnotations: true,
} as const satisfies BuildOptions

/** The files in `node/` of a library with these doors. */
export const bundled = (doors: readonly string[]): readonly string[] => ['core.js', 'rest.js', ...doors]

/**
 * Writes `node/core.js`, `node/rest.js`, and for each door a file that exports its names from these: whichever doors a
 * program opens, there is one `Key` and one `JoseError`.
 *
 * @param dist - the folder of the compiled modules, with its manifest
 * @param doors - their modules, such as `index.js`
 */
export async function bundleForNode(dist: string, doors: readonly string[]): Promise<void> {
  const { outputFiles, metafile, warnings } = await build({
    absWorkingDir: dist,
    entryPoints: doors.map((door) => ({ in: `door:${door}`, out: basename(door, '.js') })),
    outdir: 'node',
    ...FOR_NODE,
    plugins: [twoFiles(dist, doors), lazyBuiltins()],
  })
  const importsOf = (file: string): readonly string[] => metafile.outputs[file]?.imports.map(({ path }) => path) ?? []
  const [core, ...others] = importsOf('node/index.js')
  const [rest, ...more] = importsOf('node/jws.js').filter((path) => path !== core)
  const foreign = Object.values(metafile.outputs).flatMap(({ imports }) => imports.filter(({ external }) => external))
  const odd = [...others, ...more, ...foreign, ...warnings]
  if (!core || !rest || odd.length > 0 || outputFiles.length !== doors.length + 2)
    throw new Error(`esbuild has made something else: ${outputFiles.length} files, ${JSON.stringify(odd)}`)
  const named = (text: string): string =>
    text.replaceAll(basename(core), 'core.js').replaceAll(basename(rest), 'rest.js')
  mkdirSync(join(dist, 'node'), { recursive: true })
  for (const { path, text } of outputFiles) writeFileSync(join(dist, 'node', named(basename(path))), named(text))
}

/**
 * esbuild puts into one file what the same doors reach. So each of the first doors reaches all that any of them does, and
 * each other door reaches everything.
 */
function twoFiles(dist: string, doors: readonly string[]): Plugin {
  return {
    name: 'two-files',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^door:/ }, ({ path }) => ({ path: path.slice('door:'.length), namespace: 'door' }))
      onLoad({ filter: /$/, namespace: 'door' }, ({ path }) => {
        const reached = (FIRST.includes(path) ? FIRST : doors).map((door) => `import './${door}'\n`)
        return { contents: `${reached.join('')}export * from './${path}'\n`, resolveDir: dist }
      })
    },
  }
}

/**
 * Takes Node's modules by `process.getBuiltinModule`. An import reads all that such a module exports, and with node:crypto
 * and node:util that loads much which they keep for its first use.
 */
export function lazyBuiltins(): Plugin {
  const statement = /^import (?:\* as (\w+)|(\{[^}]*\})) from '(node:[\w/]+)';$/gm
  return {
    name: 'lazy-builtins',
    setup({ onLoad }) {
      onLoad({ filter: /\.js$/, namespace: 'file' }, ({ path }) => ({
        contents: readFileSync(path, 'utf8').replaceAll(statement, (_, whole, some, name) => {
          const names = whole ?? some.replaceAll(' as ', ': ')
          return `const ${names} = process.getBuiltinModule('${name}');`
        }),
      }))
    },
  }
}
