import type { Run } from '../call.ts'
import { SCRIPTS, toGrammar } from '../completion/completion.ts'
import type { CompletionNames } from '../rows/others.ts'

/** Prints what makes a shell complete command lines. */
export const completion: Run<CompletionNames> = async ({ words: [shell = ''] }) => {
  const toScript = SCRIPTS[shell]
  // Which shells there are the row says, too, and a command line that names another never comes here.
  if (toScript === undefined) throw new Error('a shell without a script')
  const script = toScript(toGrammar())
  return { json: { shell, script }, text: script }
}
