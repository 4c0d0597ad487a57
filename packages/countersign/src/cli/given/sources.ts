import { type Bytes, utf8 } from '../../bytes.ts'
import { printable } from '../../diagnosis/exact-json.ts'
import { CommandError } from '../../diagnosis/told.ts'
import { JoseError } from '../../errors.ts'
import type { Host, Pieces } from '../host.ts'
import { usage } from '../line/usage.ts'
import type { Settings } from '../rows/table.ts'

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

const UNASKED = 'read it from somewhere else: @FILE, env:NAME or fd:N.'

/** What is the standard input under another name: opened a second time it would not begin where it is. */
const INPUT: ReadonlySet<string> = new Set(['-', 'fd:0', '@/dev/stdin', '@/dev/fd/0', '@/proc/self/fd/0'])

/** Reads the SOURCEs of one command line. Two of them may not be one descriptor, such as the standard input. */
export class Sources {
  readonly #host: Host
  readonly #settings: Settings
  /** Which source reads a descriptor. */
  readonly #taken = new Map<string, string>()

  constructor(host: Host, settings: Settings) {
    this.#host = host
    this.#settings = settings
  }

  /** Whether a text is a SOURCE and not the thing itself. */
  static isSource(text: string): boolean {
    return text === '-' || /^(@|env:|fd:|clip:$|prompt:$)/.test(text)
  }

  /**
   * Holds that no two sources are the standard input, or another open descriptor, before one of them is read.
   *
   * @throws {CommandError} `CS_USAGE`
   */
  claim(text: string | undefined, what: string): void {
    if (text === undefined || (!INPUT.has(text) && !text.startsWith('fd:'))) return
    const name = INPUT.has(text) ? 'the standard input' : text
    const other = this.#taken.get(name)
    if (other !== undefined && other !== what)
      throw usage(
        `${other} and ${what} both read ${name}, which can be read once`,
        '',
        'read one of them from somewhere else: @FILE, env:NAME or clip:.',
      )
    this.#taken.set(name, what)
  }

  /**
   * What a source holds.
   *
   * @throws {CommandError} `CS_USAGE`, `CS_INPUT`, `CS_CANCELLED`, @throws {JoseError} `CS_TOO_LARGE`
   */
  async read(text: string, { what, inline = false, question = 'secret: ' }: Reading): Promise<Read> {
    const { env, input } = this.#host
    const read = (name: string, bytes: Bytes): Read => ({ name: printable(name), bytes, isInline: false })
    this.claim(text, what)
    if (INPUT.has(text)) {
      await this.#sayThatItWaits(what)
      return read('the standard input', await collect(input.pieces, 'the standard input'))
    }
    if (text.startsWith('@')) {
      const path = text.slice(1)
      if (path === '') throw usage(`${what} is @ without the name of a file`)
      if (/^e[wy][\w-]{8,}\.[\w-]*\./.test(path))
        throw usage(`${what} is @ and a token, and @ names a file`, '', 'leave out the @.')
      return read(text, await this.#host.readFile(path, MOST_READ))
    }
    if (text.startsWith('env:')) {
      if (text === 'env:') throw usage(`${what} is env: without the name of a variable`)
      const value = env[text.slice('env:'.length)]
      // What is no name may be the secret itself, where somebody wrote env:$NAME.
      if (value === undefined)
        throw new CommandError('CS_INPUT', `cannot read ${what}: no variable has that name.`, {
          hint: 'write the name of the variable, without a dollar sign; what is not exported is not there.',
        })
      if (value === '') throw new CommandError('CS_INPUT', `cannot read ${text}: the variable is empty.`)
      return read(text, utf8(value))
    }
    if (text.startsWith('fd:')) {
      const descriptor = text.slice('fd:'.length)
      if (!/^\d{1,4}$/.test(descriptor)) throw usage(`${what} is fd: without the number of a descriptor`)
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
    this.claim(text, what)
    if (INPUT.has(text)) {
      await this.#sayThatItWaits(what)
      return { name: 'the standard input', pieces: this.#host.input.pieces }
    }
    if (text.startsWith('@')) return { name: printable(text), ...(await this.#host.openFile(text.slice(1))) }
    if (/^fd:\d{1,4}$/.test(text))
      return { name: text, ...(await this.#host.openDescriptor(Number(text.slice('fd:'.length)))) }
    const { name, bytes } = await this.read(text, { what })
    return { name, bytes: bytes.length, pieces: once(bytes) }
  }

  async #sayThatItWaits(what: string): Promise<void> {
    const { input, errors } = this.#host
    if (!input.isTerminal || this.#settings.quiet) return
    await errors.write(`reading ${what} from the terminal; Ctrl-D at the beginning of a line ends it\n`)
  }

  /** Asks at the terminal for what nobody may see. @throws {CommandError} `CS_USAGE` where nobody can be asked */
  async ask(question: string, what: string): Promise<string> {
    const { input, errors } = this.#host
    if (this.#settings['no-input'])
      throw usage(`${what} would have to be asked for, and --no-input says not to`, '', UNASKED)
    if (!input.isTerminal || !errors.isTerminal)
      throw usage(`${what} would have to be asked for, and nobody sits at a terminal`, '', UNASKED)
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
    // A reader may use its memory again.
    chunks.push(new Uint8Array(piece))
  }
  return gather(chunks)
}

/** Pieces in one. A pipe may bring hundreds of thousands of them, which are more than a call can have arguments. */
export function gather(pieces: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
