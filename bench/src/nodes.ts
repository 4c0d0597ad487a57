import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { install } from '../../scripts/install.ts'
import { MAJORS } from './flags.ts'

/** A Node to measure on. */
export interface NodeAtHand {
  /** Its first number, such as `24`. */
  readonly major: string
  readonly binary: string
  readonly version: string
  readonly openssl: string
}

const RUNTIMES = new URL('../../test/runtimes/', import.meta.url)

/**
 * The Node that this runs on, and a later one: among the runtimes of the tests, which are installed where they are not
 * yet. Elsewhere than on Linux x64 there is none but the first.
 */
export function nodesAtHand(say: (line: string) => void, only?: string): readonly NodeAtHand[] {
  const wanted = MAJORS.filter((major) => only === undefined || only === major)
  return wanted.flatMap((major) => {
    const binary = process.versions.node.startsWith(`${major}.`) ? process.execPath : installed(major, say)
    if (binary === undefined) return []
    const found = execFileSync(binary, ['-p', 'JSON.stringify(process.versions)'], { encoding: 'utf8' })
    const { node, openssl } = JSON.parse(found) as { readonly node: string; readonly openssl: string }
    return [{ major, binary, version: node, openssl }]
  })
}

function installed(major: string, say: (line: string) => void): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    say(`Node ${major}: not measured, it is installed on Linux x64 alone`)
    return undefined
  }
  const manifest = JSON.parse(readFileSync(new URL('package.json', RUNTIMES), 'utf8')) as {
    readonly optionalDependencies: Readonly<Record<string, string>>
  }
  const name = Object.keys(manifest.optionalDependencies).find((each) => each.startsWith(`node-${major}.`))
  if (name === undefined) throw new Error(`test/runtimes has no Node ${major}`)
  const binary = fileURLToPath(new URL(`node_modules/${name}/bin/node`, RUNTIMES))
  if (!existsSync(binary)) install('test/runtimes')
  return binary
}
