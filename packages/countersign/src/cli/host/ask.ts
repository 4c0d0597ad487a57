import { openSync } from 'node:fs'
import { ReadStream } from 'node:tty'
import { CommandError } from '../../diagnosis/told.ts'

const [CTRL_C, CTRL_D, BACKSPACE, DELETE, CTRL_U] = ['\u0003', '\u0004', '\b', '\u007f', '\u0015']

/** What arrows and other keys send, which are no letters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what a terminal sends
const KEYS = /\u001b(?:\[[0-?]*[ -/]*[@-~]|O.|.)?/gs

/**
 * Asks at the terminal, and shows nothing of what is typed. Ctrl-C and Ctrl-D leave.
 *
 * @throws {CommandError} `CS_CANCELLED`
 */
export function askSecret(question: string): Promise<string> {
  const { stderr } = process
  const terminal = openTerminal()
  // Only what is typed after this does not show, so the question comes after it.
  terminal.setRawMode(true)
  stderr.write(question)
  terminal.setEncoding('utf8')
  return new Promise((resolve, reject) => {
    const answer = new Answer()
    const finish = (end: Answer['end'], rest: string): void => {
      terminal.off('data', take)
      terminal.off('end', hangUp)
      terminal.setRawMode(false)
      terminal.pause()
      // The standard input may be waited for later on; this one holds nobody up.
      again?.unref()
      // It may be the answer to the next question.
      if (rest !== '') terminal.unshift(rest)
      stderr.write('\n')
      if (end === 'enter') resolve(answer.text)
      else reject(new CommandError('CS_CANCELLED', end === 'interrupt' ? INTERRUPTED : NO_ANSWER))
    }
    const take = (chunk: string): void => {
      const rest = answer.take(chunk)
      if (answer.end !== undefined) finish(answer.end, rest)
    }
    const hangUp = (): void => finish('leave', '')
    terminal.on('data', take)
    terminal.on('end', hangUp)
    terminal.resume()
  })
}

let again: ReadStream | undefined

/** The terminal; opened anew where a token or a key was typed in before, whose end ended the standard input. */
function openTerminal(): ReadStream {
  const { stdin, platform } = process
  if (!stdin.readableEnded && !stdin.destroyed) return stdin
  again ??= new ReadStream(openSync(platform === 'win32' ? '\\\\.\\CONIN$' : '/dev/tty', 'r+'))
  return again.ref()
}

const INTERRUPTED = 'the question was interrupted.'
const NO_ANSWER = 'there was no answer.'

/** What has been typed so far. */
class Answer {
  #typed: string[] = []
  /** What ended it. */
  end: 'enter' | 'interrupt' | 'leave' | undefined

  get text(): string {
    return this.#typed.join('')
  }

  /** @returns what stands behind the end */
  take(chunk: string): string {
    const chars = [...chunk.replace(KEYS, '')]
    for (const [at, char] of chars.entries()) {
      this.#key(char)
      if (this.end !== undefined) return chars.slice(at + 1).join('')
    }
    return ''
  }

  #key(char: string): void {
    if (char === '\r' || char === '\n') this.end = 'enter'
    else if (char === CTRL_C) this.end = 'interrupt'
    else if (char === CTRL_D) this.end = 'leave'
    else if (char === BACKSPACE || char === DELETE) this.#typed.pop()
    else if (char === CTRL_U) this.#typed = []
    else if (char >= ' ') this.#typed.push(char)
  }
}
