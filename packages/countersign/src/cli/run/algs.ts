import { ADVICE, type Advice, type AlgorithmKind } from '../../alg/advice.ts'
import { type Capabilities, capabilitiesOf } from '../../capabilities.ts'
import type { Run } from '../call.ts'
import { backend } from '../engine.ts'
import type { Host } from '../host.ts'
import { wrap } from '../manual/layout.ts'
import type { AlgsNames } from '../rows/others.ts'
import type { Outcome } from '../shown/outcome.ts'
import type { Brush, Tone } from '../shown/paint.ts'

/** An algorithm as it is listed. */
interface Listed extends Advice {
  readonly alg: string
  readonly supported: boolean
}

/** Lists the algorithms, what to think of them, and whether this runtime has them. */
export const algs: Run<AlgsNames> = async ({ values, host }) => listing(capabilitiesOf(backend), values.kind, host)

/** The same for any runtime. @param kind - left out: all of them */
export function listing(
  { backend: name, signature, management, content, curves }: Capabilities,
  kind: string | undefined,
  { runtime, output }: Pick<Host, 'runtime' | 'output'>,
): Outcome {
  const supported = new Set([...signature, ...management, ...content])
  const all = [...ADVICE].filter(([, advice]) => kind === undefined || advice.kind === kind)
  const listed = all.map(([alg, advice]): Listed => ({ alg, supported: supported.has(alg), ...advice }))
  const algorithms = listed.map(({ alg, kind: of, standing, supported: isHere, advice, spec }) => ({
    ...{ alg, kind: of, status: standing, supported: isHere, advice, spec },
  }))
  return {
    json: { runtime, backend: name, algorithms, curves },
    text: (brush) => listText(listed, curves, { runtime, output }, brush),
  }
}

const TITLES: Readonly<Record<AlgorithmKind, string>> = {
  sig: 'Signatures: alg of a JWS',
  key: 'Key management: alg of a JWE',
  enc: 'Content encryption: enc of a JWE',
}
const TONES: Readonly<Record<Advice['standing'], Tone>> = {
  recommended: 'good',
  acceptable: 'dim',
  legacy: 'warn',
  experimental: 'warn',
  'left out': 'bad',
}
/** Narrower columns make a text that is hard to read. */
const NARROWEST = 32

function listText(
  listed: readonly Listed[],
  curves: readonly string[],
  { runtime, output }: Pick<Host, 'runtime' | 'output'>,
  brush: Brush,
): string {
  const [names, standings] = [widest(listed.map(({ alg }) => alg)), widest(listed.map(({ standing }) => standing))]
  const before = names + standings + 6
  // What goes into a pipe is searched by the line.
  const width = output.isTerminal ? Math.max(NARROWEST, output.columns - before) : Number.POSITIVE_INFINITY
  const rowText = ({ alg, standing, supported, advice, spec }: Listed): string => {
    const missing = supported || standing === 'left out' ? '' : `${runtime} does not have it: `
    // The name of a document and its section stay together.
    const text = `${missing}${advice} (${spec.replaceAll(' ', '\u00a0')})`
    const [first = '', ...rest] = wrap(text, width).map((line) => line.replaceAll('\u00a0', ' '))
    const name = supported ? alg.padEnd(names) : brush('dim', alg.padEnd(names))
    const lines = [`  ${name}  ${brush(TONES[standing], standing.padEnd(standings))}  ${first}`]
    return [...lines, ...rest.map((line) => `${' '.repeat(before)}${line}`)].join('\n')
  }
  const blocks = (['sig', 'key', 'enc'] as const).flatMap((kind) => {
    const rows = listed.filter((row) => row.kind === kind)
    return rows.length === 0 ? [] : [`${brush('bold', TITLES[kind])}\n${rows.map(rowText).join('\n')}`]
  })
  return `${[...blocks, `${brush('bold', `Curves of ${runtime}`)}\n  ${curves.join(' ')}`].join('\n\n')}\n`
}

const widest = (texts: readonly string[]): number => Math.max(...texts.map(({ length }) => length))
