import { explainSubject, meaningsIn } from '../../explain/explain.ts'
import { type Explanation, sentence } from '../../explain/explanation.ts'
import type { CallOf, Run } from '../call.ts'
import { backend } from '../engine.ts'
import { openSubject, sayNotes } from '../given/subjects.ts'
import { textOf } from '../given/text.ts'
import { usage } from '../line/usage.ts'
import { COMMANDS } from '../rows/commands.ts'
import type { ExplainNames } from '../rows/others.ts'
import { exitsOf } from '../rows/topics.ts'
import { explanationText } from '../shown/explanations.ts'

type ExplainCall = CallOf<ExplainNames>

/** Says in plain words what something is. Nothing is verified, and no secret is shown. */
export const explain: Run<ExplainNames> = async (call) => {
  const { host } = call
  const explanations = await explanationsOf(call)
  const width = Math.min(host.output.columns, WIDEST)
  return {
    json: { explanations },
    text: (brush) => `${explanations.map((one) => explanationText(one, width, brush)).join('\n')}`,
  }
}

/** Longer lines are hard to read. */
const WIDEST = 100

async function explanationsOf(call: ExplainCall): Promise<readonly Explanation[]> {
  const { host, values, words, sources } = call
  const [word] = words
  if (word === undefined && host.input.isTerminal)
    throw usage(
      'explain needs something to explain',
      'explain',
      'countersign explain aud, or TOKEN, or @FILE, or clip: for the clipboard, or pipe it in.',
    )
  sources.claim(word ?? '-', 'WHAT')
  sources.claim(values.passphrase, '--passphrase')
  const read = await sources.read(word ?? '-', { what: 'WHAT', inline: true })
  const text = textOf(read.bytes)
  const meanings = text === undefined ? undefined : (exitMeanings(text) ?? meaningsIn(text))
  if (meanings !== undefined) return meanings
  const { subject, wasEncrypted } = await openSubject(call, read, { what: 'WHAT', passphrase: values.passphrase })
  if (subject.kind === 'token') sayNotes(call, subject.token.notes, '')
  if (values.passphrase !== undefined && !wasEncrypted)
    call.note({ code: 'CS_NOTE_KEY', message: `${read.name} is not encrypted, so --passphrase was not used.` })
  return explainSubject(subject, host.now(), backend)
}

/** What an exit code means; nothing for other text. */
function exitMeanings(text: string): readonly Explanation[] | undefined {
  const [code, about] = exitsOf(COMMANDS).find(([one]) => one === text.trim()) ?? []
  if (code === undefined || about === undefined) return undefined
  return [
    {
      kind: 'exit',
      name: code,
      title: `${code}, an exit code of the command`,
      text: [sentence(about)],
      watch: [],
      spec: [],
    },
  ]
}
