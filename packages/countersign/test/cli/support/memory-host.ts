import type { Host, Output } from '../../../src/cli/host.ts'
import { main } from '../../../src/cli/main.ts'
import { thisHost } from '../../../src/cli/this-host.ts'
import { CommandError } from '../../../src/diagnosis/told.ts'
import { holdDocument } from './schemas.ts'

/** What a command is run with. */
export interface World {
  /** Files by their paths; what the command writes is added. */
  readonly files?: Record<string, string | Uint8Array>
  readonly env?: Readonly<Record<string, string>>
  /** The standard input; a terminal where it is left out. */
  readonly input?: string | Uint8Array
  /** What somebody types at each question. */
  readonly answers?: readonly string[]
  readonly clipboard?: string
  /** Whether output and errors are terminals, or which of them. */
  readonly terminal?: boolean | 'output' | 'errors'
  readonly columns?: number
  /** Epoch seconds; what is called is asked each time. */
  readonly now?: number | (() => number)
  /** Where the page of the debugger is; it was not built where this is left out. */
  readonly page?: string
  /** Whether a browser can be started. */
  readonly browser?: boolean
  readonly fetch?: typeof globalThis.fetch
}

/** What became of it. */
export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
  /** What was written, with the mode that was asked for. */
  readonly written: ReadonlyMap<string, { readonly data: string | Uint8Array; readonly isPrivate: boolean }>
  /** What was to be shown in a browser. */
  readonly opened: readonly string[]
  /** The questions that were asked. */
  readonly questions: readonly string[]
  /** The one document of `--json`. */
  readonly json: () => Record<string, unknown>
}

/** 2026-11-21T22:35:00Z */
export const NOW = 1_795_300_500

/**
 * Runs the command in this process, in a world of its own: no file, no clock and no network is real. What it prints for
 * programs is held against the published schemas.
 */
export async function command(args: readonly string[], world: World = {}): Promise<Ran> {
  const { files = {}, env = {}, input, answers = [], terminal = false, columns = 80, now = NOW } = world
  const [out, err]: [Uint8Array[], Uint8Array[]] = [[], []]
  const written = new Map<string, { data: string | Uint8Array; isPrivate: boolean }>()
  const questions: string[] = []
  const left = [...answers]
  const opened: string[] = []
  const into = (chunks: Uint8Array[], name: 'output' | 'errors'): Output => ({
    isTerminal: terminal === true || terminal === name,
    columns,
    write: async (data) => void chunks.push(typeof data === 'string' ? new TextEncoder().encode(data) : data),
  })
  const contentOf = (path: string): Uint8Array => {
    const content = files[path]
    if (content === undefined) throw new CommandError('CS_INPUT', `cannot read @${path}: there is no such file.`)
    return typeof content === 'string' ? new TextEncoder().encode(content) : Uint8Array.from(content)
  }
  const pieces = async function* (bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    if (bytes.length > 0) yield bytes
  }
  const writeFile: Host['writeFile'] = async (path, data, { isPrivate, force }) => {
    if (files[path] !== undefined && !force)
      throw new CommandError('CS_OUTPUT', `${path} is there already, and nothing was written.`)
    files[path] = data
    written.set(path, { data, isPrivate })
  }
  const host: Host = {
    ...thisHost(),
    env,
    version: '0.0.0',
    runtime: 'a test',
    input: {
      isTerminal: input === undefined,
      pieces: pieces(typeof input === 'string' ? new TextEncoder().encode(input) : (input ?? new Uint8Array())),
    },
    output: into(out, 'output'),
    errors: into(err, 'errors'),
    now: typeof now === 'number' ? () => now : now,
    fetch: world.fetch ?? (() => Promise.reject(new Error('no network in this test'))),
    readFile: async (path) => contentOf(path),
    openFile: async (path) => ({ bytes: contentOf(path).length, pieces: pieces(contentOf(path)) }),
    readDescriptor: async (descriptor) => contentOf(`fd:${descriptor}`),
    openDescriptor: async (descriptor) => ({ pieces: pieces(contentOf(`fd:${descriptor}`)) }),
    async readClipboard() {
      if (world.clipboard === undefined) throw new CommandError('CS_INPUT', 'cannot read clip: there is none.')
      return world.clipboard
    },
    isThere: async (path) => files[path] !== undefined,
    writeFile,
    async createFile(path, writing) {
      if (files[path] !== undefined && !writing.force) await writeFile(path, '', writing)
      const chunks: (string | Uint8Array)[] = []
      const whole = (): string | Uint8Array =>
        chunks.every((chunk) => typeof chunk === 'string')
          ? chunks.join('')
          : Uint8Array.from(Buffer.concat(chunks.map((chunk) => Buffer.from(chunk))))
      return {
        write: async (data) => void chunks.push(data),
        finish: () => writeFile(path, whole(), writing),
        abandon: async () => undefined,
      }
    },
    debuggerPage: () => world.page,
    async openInBrowser(target) {
      opened.push(target)
      return world.browser ?? true
    },
    async askSecret(question) {
      questions.push(question)
      const answer = left.shift()
      if (answer === undefined) throw new CommandError('CS_CANCELLED', 'there was no answer.')
      return answer
    },
  }
  const code = await main(args, host)
  const text = (chunks: readonly Uint8Array[]): string => Buffer.concat(chunks).toString('utf8')
  if (isForPrograms(args)) holdDocuments(args, [text(out), ...[...written.values()].map(({ data }) => data)])
  return {
    code,
    out: text(out),
    err: text(err),
    written,
    opened,
    questions,
    json: () => JSON.parse(text(out)) as Record<string, unknown>,
  }
}

/** Whether a command line asks for documents. */
const isForPrograms = (args: readonly string[]): boolean =>
  args.some((word) => /^--(json|format=json)$/.test(word) || /^-[jqvhV]*j[jqvhV]*$/.test(word))

/** Holds that there is one document, or one a line; with --out it stands in a file. */
function holdDocuments(args: readonly string[], outputs: readonly (string | Uint8Array)[]): void {
  const [printed = '', ...files] = outputs.map((data) => (typeof data === 'string' ? data : ''))
  const text = [printed, ...files.filter((data) => data.startsWith('{"v":'))].join('')
  const lines = text.split('\n').filter((line) => line !== '')
  if (lines.length !== 1 && !args.includes('--lines')) throw new Error(`${lines.length} documents: ${args.join(' ')}`)
  for (const line of lines) holdDocument(JSON.parse(line))
}
