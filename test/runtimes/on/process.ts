// Runs the suite on Node, Bun and Deno. Arguments: `tests`, a file for the outcomes and which files to run; or `make`, a
// file for the tokens and the name of the runtime; or `open`, a file for what came of it, and the file with all tokens.
import { readFileSync, writeFileSync } from 'node:fs'
import type { Matrix } from '../matrix/tokens.ts'
import { runFiles, strayRejection, type TestFile } from '../portable/test.ts'

export async function start(files: readonly TestFile[], matrix: Matrix): Promise<void> {
  process.on('unhandledRejection', strayRejection)
  const [task, place = '', ...rest] = process.argv.slice(2)
  writeFileSync(place, JSON.stringify(await work()))
  process.exit()

  async function work(): Promise<unknown> {
    const [first = ''] = rest
    if (task === 'make') return matrix.makeTokens(first)
    if (task === 'open') return matrix.openTokens(JSON.parse(readFileSync(first, 'utf8')))
    return runFiles(
      files.filter(({ path }) => rest.includes(path)),
      (path) => console.log(path),
    )
  }
}
