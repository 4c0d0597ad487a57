import { type Bytes, fromUtf8 } from '../../bytes.ts'
import { MOST_TEXT } from '../../diagnosis/find-token.ts'
import { JoseError } from '../../errors.ts'
import type { Call } from '../call.ts'
import { usage } from '../line/usage.ts'
import { Sources } from './sources.ts'

/**
 * The text that has the token: the argument, what it points at, or the standard input where it is left out.
 *
 * @throws {CommandError} `CS_USAGE` at a terminal, where nobody would know what it waits for
 */
export async function tokenText(call: Call, word: string | undefined, command: string): Promise<string> {
  if (word === undefined && call.host.input.isTerminal) {
    throw usage(
      `${command} needs a token`,
      command,
      `countersign ${command} TOKEN, or clip: for the clipboard, @FILE for a file, or pipe one in.`,
    )
  }
  const { bytes } = await call.sources.read(word ?? '-', { what: 'TOKEN', inline: true })
  return toText(bytes)
}

/** Text, of whatever a shell makes of it: files of Windows PowerShell are in UTF-16. */
export function toText(bytes: Bytes): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe
  return isUtf16 ? new TextDecoder('utf-16le').decode(bytes) : fromUtf8(bytes, 'the input')
}

/** The lines of the input that have something in them, as they come, each with its number. */
export async function* tokenLines(call: Call, word: string | undefined): AsyncGenerator<readonly [number, string]> {
  if (word === undefined && call.host.input.isTerminal)
    throw usage('--lines needs lines', '', 'name a file that has them, @FILE, or pipe them in.')
  const text = word ?? '-'
  if (!Sources.isSource(text)) throw usage('--lines takes a SOURCE of many lines: - or @FILE')
  const { pieces, name } = await call.sources.open(text, 'TOKEN')
  const decoder = new TextDecoder()
  let left = ''
  let line = 0
  for await (const piece of pieces) {
    const [first = '', ...others] = decoder.decode(piece, { stream: true }).split('\n')
    const lines = [left + first, ...others]
    left = lines.pop() ?? ''
    if (left.length > MOST_TEXT)
      throw new JoseError('CS_TOO_LARGE', `line ${line + 1} of ${name} has more than ${MOST_TEXT} characters`)
    for (const whole of lines) {
      line++
      if (whole.trim() !== '') yield [line, whole]
    }
  }
  left += decoder.decode()
  if (left.trim() !== '') yield [line + 1, left]
}
