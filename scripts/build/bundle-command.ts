// Makes packages/countersign/dist/node/command: the command for Node in few files, since Node takes a millisecond for each.
// What `decode` takes is in command.js, with all that every command line takes. What works with keys is in rest.js. Whatever
// else is loaded when it is asked for, such as the help, has a small file of its own.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { type BuildOptions, build, type Metafile, type OutputFile, type Plugin } from 'esbuild'
import { FOR_NODE, lazyBuiltins } from './bundle-for-node.ts'

/** Where the files of the command go, below the folder of the compiled modules. */
export const COMMAND_FOLDER = 'node/command'

const ENTRY = 'cli/command.js'
/** What is loaded first, though a part of it is asked for later: the tables of algorithms are no work, and completion has them. */
const FIRST: readonly string[] = [ENTRY, 'cli/run/decode.js', 'alg/algorithm.js']
/** Whatever reaches one of these works with keys. */
const WITH_KEYS = /^(key|crypto|jws|jwe|source)\//

/**
 * Writes `node/command/command.js` and the files that it loads.
 *
 * @param dist - the folder of the compiled modules, with its manifest
 */
export async function bundleCommand(dist: string): Promise<void> {
  const options = {
    absWorkingDir: dist,
    entryPoints: [ENTRY],
    outdir: COMMAND_FOLDER,
    entryNames: '[name]',
    chunkNames: '[name]-[hash]',
    ...FOR_NODE,
  } as const satisfies BuildOptions
  const { inputs } = (await build(options)).metafile
  const rest = targets(inputs).filter((path) => [...reached(inputs, path)].some((module) => WITH_KEYS.test(module)))
  const { outputFiles, metafile, warnings } = await build({
    ...options,
    entryPoints: [{ in: `first:${ENTRY}`, out: basename(ENTRY, '.js') }],
    plugins: [inGroups(dist, rest), lazyBuiltins()],
  })
  const files = withoutStubs(outputFiles)
  const fileOf = (module: string): string => {
    const [path = ''] = Object.entries(metafile.outputs).find(([, made]) => made.entryPoint === `later:${module}`) ?? []
    return files.stubs.get(basename(path)) ?? ''
  }
  const command = fileOf(ENTRY)
  const others = rest.map(fileOf).find((file) => file !== '') ?? ''
  const foreign = Object.values(metafile.outputs).flatMap(({ imports }) => imports.filter(({ external }) => external))
  if (command === '' || others === '' || command === others || foreign.length + warnings.length > 0)
    throw new Error(`esbuild has made something else of the command: ${JSON.stringify([...foreign, ...warnings])}`)

  const folder = join(dist, COMMAND_FOLDER)
  // The names of its files change with what is in them.
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const named = (text: string): string => text.replaceAll(command, 'command.js').replaceAll(others, 'rest.js')
  for (const [name, text] of files.left) writeFileSync(join(folder, named(name)), named(text))
}

/** The modules that are loaded when they are asked for. */
function targets(inputs: Metafile['inputs']): readonly string[] {
  const imports = Object.values(inputs).flatMap((input) => input.imports)
  return [...new Set(imports.filter(({ kind }) => kind === 'dynamic-import').map(({ path }) => path))].sort()
}

/** A module and all that is loaded with it. */
function reached(inputs: Metafile['inputs'], path: string): ReadonlySet<string> {
  const found = new Set([path])
  // A set hands out what is added while one goes through it.
  for (const module of found)
    for (const next of inputs[module]?.imports ?? []) if (next.kind === 'import-statement') found.add(next.path)
  return found
}

/**
 * esbuild puts into one file what the same entries reach, and each module that is loaded later is an entry. So behind each
 * stands all that is loaded first, and behind each of the rest all that the rest takes.
 */
function inGroups(dist: string, rest: readonly string[]): Plugin {
  return {
    name: 'in-groups',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
        if (kind !== 'dynamic-import') return undefined
        return { path: relative(dist, join(resolveDir, path)).replaceAll('\\', '/'), namespace: 'later' }
      })
      onResolve({ filter: /^first:/ }, ({ path }) => ({ path: path.slice('first:'.length), namespace: 'later' }))
      onLoad({ filter: /$/, namespace: 'later' }, ({ path }) => {
        const reached = [...FIRST, ...(rest.includes(path) ? rest : [])]
        const imports = reached.map((module) => `import './${module}'\n`)
        return { contents: `${imports.join('')}export * from './${path}'\n`, resolveDir: dist }
      })
    },
  }
}

/**
 * Where a file does nothing but hand on what stands in another, the other one is loaded in its place.
 *
 * @returns the names of the stubs with that of the other, and the files that are left
 */
function withoutStubs(files: readonly OutputFile[]): {
  readonly stubs: ReadonlyMap<string, string>
  readonly left: ReadonlyMap<string, string>
} {
  const handsOn = /^import \{([^}]*)\} from "\.\/([\w-]+\.js)";\n(?:import "[^"]*";\n)*export \{([^}]*)\};\n$/
  const stubs = new Map<string, string>()
  const left = new Map<string, string>()
  for (const { path, text } of files) {
    const [, taken, other, given] = handsOn.exec(text) ?? []
    if (other !== undefined && taken === given && !taken?.includes(' as ')) stubs.set(basename(path), other)
    else left.set(basename(path), text)
  }
  for (const [name, text] of left) {
    const loads = text.replaceAll(/"\.\/([\w-]+\.js)"/g, (whole, path) =>
      stubs.has(path) ? `"./${stubs.get(path)}"` : whole,
    )
    left.set(name, loads)
  }
  return { stubs, left }
}
