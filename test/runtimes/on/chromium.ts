// Runs the suite in a page: the functions are called from outside, one file after another.
import type { Matrix } from '../matrix/tokens.ts'
import { type Outcome, runFiles, type TestFile, watchRejections } from '../portable/test.ts'

/** What the page offers to whoever drives the browser. */
export interface Suite extends Matrix {
  runFile(path: string): Promise<readonly Outcome[]>
}

export function start(files: readonly TestFile[], matrix: Matrix): void {
  watchRejections()
  const suite: Suite = { ...matrix, runFile: (name) => runFiles(files.filter(({ path }) => path === name)) }
  Object.assign(globalThis, { suite })
}
