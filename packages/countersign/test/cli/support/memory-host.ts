import type { Host, Output } from '../../../src/cli/host.ts'
import { main } from '../../../src/cli/main.ts'
import { thisHost } from '../../../src/cli/this-host.ts'
import { CommandError } from '../../../src/diagnosis/told.ts'

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
  /** Whether output and errors are terminals. */
  readonly terminal?: boolean
  readonly columns?: number
  /** Epoch seconds. */
  readonly now?: number
  readonly fetch?: typeof globalThis.fetch
}

/** What became of it. */
export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
  /** What was written, with the mode that was asked for. */
  readonly written: ReadonlyMap<string, { readonly data: string | Uint8Array; readonly isPrivate: boolean }>
  /** The questions that were asked. */
  readonly questions: readonly string[]
  /** The one document of `--json`. */
  readonly json: () => Record<string, unknown>
}

/** 2026-11-21T22:35:00Z */
export const NOW = 1_795_300_500

/** Runs the command in this process, in a world of its own: no file, no clock and no network is real. */
export async function command(args: readonly string[], world: World = {}): Promise<Ran> {
  const { files = {}, env = {}, input, answers = [], terminal = false, columns = 80, now = NOW } = world
  const [out, err]: [Uint8Array[], Uint8Array[]] = [[], []]
  const written = new Map<string, { data: string | Uint8Array; isPrivate: boolean }>()
  const questions: string[] = []
  const left = [...answers]
  const into = (chunks: Uint8Array[]): Output => ({
    isTerminal: terminal,
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
  const host: Host = {
    ...thisHost(),
    env,
    version: '0.0.0',
    runtime: 'a test',
    input: {
      isTerminal: input === undefined,
      pieces: pieces(typeof input === 'string' ? new TextEncoder().encode(input) : (input ?? new Uint8Array())),
    },
    output: into(out),
    errors: into(err),
    now: () => now,
    fetch: world.fetch ?? (() => Promise.reject(new Error('no network in this test'))),
    readFile: async (path) => contentOf(path),
    openFile: async (path) => ({ bytes: contentOf(path).length, pieces: pieces(contentOf(path)) }),
    readDescriptor: async (descriptor) => contentOf(`fd:${descriptor}`),
    async readClipboard() {
      if (world.clipboard === undefined) throw new CommandError('CS_INPUT', 'cannot read clip: there is none.')
      return world.clipboard
    },
    async writeFile(path, data, { isPrivate, force }) {
      if (files[path] !== undefined && !force)
        throw new CommandError('CS_OUTPUT', `${path} is there already, and nothing was written.`)
      files[path] = data
      written.set(path, { data, isPrivate })
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
  return {
    code,
    out: text(out),
    err: text(err),
    written,
    questions,
    json: () => JSON.parse(text(out)) as Record<string, unknown>,
  }
}
