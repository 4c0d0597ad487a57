// Bundles a target with the product, with a counter at each function, branch and statement that can be reached by itself.
import { readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin, transform } from 'esbuild'
import { createInstrumenter } from 'istanbul-lib-instrument'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** What is counted: the product, and the targets, whose branches tell what came of an input. */
const COUNTED = ['packages/countersign/src/', 'test/fuzz/targets/', 'test/fuzz/planted/']

/** A bundle that counts. */
export interface Bundle {
  readonly file: string
  /** How many counters it has. */
  readonly edges: number
}

/** Where a bundle looks for its counters when it is loaded. */
export interface Counters {
  /** How often each edge was passed, modulo 256. */
  readonly counts: Uint8Array
  /** Those whose count left 0, behind how many they are. */
  readonly touched: Uint32Array
}

/** Loads a bundle with counters of its own. */
export async function load<T>({ file, edges }: Bundle): Promise<{ readonly counters: Counters; readonly module: T }> {
  const counters = { counts: new Uint8Array(edges), touched: new Uint32Array(4 * edges + 1) }
  Reflect.set(globalThis, PLACE, counters)
  const module = (await import(file)) as T
  return { counters, module }
}

const PLACE = '$countersignFuzz'
// A count costs one increment; only the first of a run is written down, so that nobody has to look through all of them.
const BANNER = `const { counts: $c, touched: $t } = globalThis.${PLACE};
function $h(edge) { $t[++$t[0]] = edge }`

/** @param entry - a module of this folder */
export async function bundle(entry: string, file: string): Promise<Bundle> {
  let edges = 0
  const counting: Plugin = {
    name: 'counting',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const place = path.slice(ROOT.length).replaceAll(sep, '/')
        if (!COUNTED.some((folder) => place.startsWith(folder))) return undefined
        const { code } = await transform(await readFile(path, 'utf8'), { loader: 'ts', target: 'esnext' })
        return { contents: counted(code, path, () => edges++), loader: 'js' }
      })
    },
  }
  await build({
    entryPoints: [join(ROOT, 'test/fuzz', entry)],
    outfile: file,
    bundle: true,
    format: 'esm',
    platform: 'node',
    conditions: ['node', 'import'],
    target: 'es2024',
    banner: { js: BANNER },
    plugins: [counting],
    logLevel: 'warning',
  })
  return { file, edges }
}

const COUNTER = /cov_\w+\(\)\.([sfb])\[\d+\](?:\[\d+\])?\+\+/g
const COUNTER_LINE = /^\s*cov_\w+\(\)\.[sfb]\[[^;]*\+\+;$/

/** What Istanbul writes, with cheaper counters, and none for a statement right behind another counter. */
function counted(code: string, path: string, edge: () => number): string {
  const instrumenter = createInstrumenter({ esModules: true, coverageVariable: '$istanbul' })
  const lines = instrumenter.instrumentSync(code, path).split('\n')
  // In front of the code stands a function with the map of the file, and the first call of it.
  const start = lines.findIndex((line) => /^cov_\w+\(\);$/.test(line)) + 1
  return lines
    .slice(start)
    .map((line, index) => {
      const follows = COUNTER_LINE.test(lines[start + index - 1] ?? '')
      return line.replace(COUNTER, (_, kind: string) => {
        if (kind === 's' && follows) return '0'
        const number = edge()
        return `($c[${number}]++||$h(${number}))`
      })
    })
    .join('\n')
}
