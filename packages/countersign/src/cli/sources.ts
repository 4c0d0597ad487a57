import { type Bytes, utf8 } from '../bytes.ts'
import { CommandError } from '../diagnosis/told.ts'
import { JoseError } from '../errors.ts'
import type { Host, Pieces } from './host.ts'
import type { Settings } from './table.ts'
import { usage } from './usage.ts'

/** Something that was read, and where it came from as it was written: `@pub.jwk`. Text that stood there has a name, too. */
export interface Read {
  readonly name: string
  readonly bytes: Bytes
  /** It stood on the command line itself. */
  readonly isInline: boolean
}

/** How a source may be given. */
export interface Reading {
  /** Names the option or the argument in errors, such as `--key`. */
  readonly what: string
  /** Text that is no SOURCE is the thing itself: for what everybody may see. */
  readonly inline?: boolean
  /** What is asked where the source is `prompt:`. */
  readonly question?: string
}

/** More than any key or token, in octets. */
export const MOST_READ: number = 16 * 1024 * 1024

const KINDS = ['-', '@FILE', 'env:NAME', 'fd:N', 'clip:', 'prompt:']

/** Reads the SOURCEs of one command line: of all of them, one may be the standard input. */
export class Sources {
  readonly #host: Host
  readonly #settings: Settings
  #inputTakenBy: string | undefined

  constructor(host: Host, settings: Settings) {
    this.#host = host
    this.#settings = settings
  }

  /** Whether a text is a SOURCE and not the thing itself. */
  static isSource(text: string): boolean {
    return text === '-' || /^(@|env:|fd:|clip:$|prompt:$)/.test(text)
  }

  /**
   * Holds that no two sources are the standard input, before one of them is read.
   *
   * @throws {CommandError} `CS_USAGE`
   */
  claim(text: string | undefined, what: string): void {
    if (text !== '-') return
    if (this.#inputTakenBy !== undefined && this.#inputTakenBy !== what)
      throw usage(`${this.#inputTakenBy} and ${what} both read the standard input, which can be read once`)
    this.#inputTakenBy = what
  }

  /**
   * What a source holds.
   *
   * @throws {CommandError} `CS_USAGE`, `CS_INPUT`, `CS_CANCELLED`, @throws {JoseError} `CS_TOO_LARGE`
   */
  async read(text: string, { what, inline = false, question = 'secret: ' }: Reading): Promise<Read> {
    const { env, input } = this.#host
    const read = (name: string, bytes: Bytes): Read => ({ name, bytes, isInline: false })
    if (text === '-') {
      this.claim(text, what)
      if (input.isTerminal) await this.#host.errors.write(`reading ${what} from the terminal; Ctrl-D ends it\n`)
      return read('the standard input', await collect(input.pieces, 'the standard input'))
    }
    if (text.startsWith('@')) {
      const path = text.slice(1)
      if (path === '') throw usage(`${what} is @ without the name of a file`)
      return read(text, await this.#host.readFile(path, MOST_READ))
    }
    if (text.startsWith('env:')) {
      const value = env[text.slice('env:'.length)]
      if (value === undefined || value === '')
        throw new CommandError(
          'CS_INPUT',
          `cannot read ${text}: the variable is ${value === '' ? 'empty' : 'not set'}.`,
        )
      return read(text, utf8(value))
    }
    if (text.startsWith('fd:')) {
      const descriptor = text.slice('fd:'.length)
      if (!/^\d{1,4}$/.test(descriptor)) throw usage(`${what} is fd: without the number of a descriptor`)
      if (descriptor === '0') return this.read('-', { what, inline, question })
      return read(text, await this.#host.readDescriptor(Number(descriptor), MOST_READ))
    }
    if (text === 'clip:') return read('the clipboard', utf8(await this.#host.readClipboard()))
    if (text === 'prompt:') return read('what was typed', utf8(await this.ask(question, what)))
    if (inline) return { name: 'the command line', bytes: utf8(text), isInline: true }
    throw usage(
      `${what} takes a SOURCE, and not the thing itself: what stands on a command line is in the history and in the list of processes`,
      '',
      `put it into a file or a variable, and pass ${what} @FILE or ${what} env:NAME. A SOURCE is one of ${KINDS.join(', ')}.`,
    )
  }

  /** A payload of any size, as it comes. @throws {CommandError} */
  async open(text: string, what: string): Promise<Pieces & { readonly name: string }> {
    if (text === '-') {
      this.claim(text, what)
      return { name: 'the standard input', pieces: this.#host.input.pieces }
    }
    if (text.startsWith('@')) return { name: text, ...(await this.#host.openFile(text.slice(1))) }
    const { name, bytes } = await this.read(text, { what, inline: true })
    return { name, bytes: bytes.length, pieces: once(bytes) }
  }

  /** Asks at the terminal for what nobody may see. @throws {CommandError} `CS_USAGE` where nobody can be asked */
  async ask(question: string, what: string): Promise<string> {
    const { input, errors } = this.#host
    if (this.#settings['no-input']) throw usage(`${what} would have to be asked for, and --no-input says not to`)
    if (!input.isTerminal || !errors.isTerminal)
      throw usage(`${what} would have to be asked for, and nobody sits at a terminal`)
    return this.#host.askSecret(question)
  }
}

async function* once(bytes: Bytes): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function collect(pieces: AsyncIterable<Uint8Array>, name: string): Promise<Bytes> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const piece of pieces) {
    length += piece.length
    if (length > MOST_READ)
      throw new JoseError('CS_TOO_LARGE', `${name} has more than ${MOST_READ} octets, which is more than is read`)
    chunks.push(piece)
  }
  const all = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.length
  }
  return all
}
