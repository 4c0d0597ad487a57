import type { Authority } from '../../src/authority.ts'
import type { Host } from '../../src/cli/host.ts'
import { main } from '../../src/cli/main.ts'
import { OPERATION_NAMES, type Operations } from '../../src/operations.ts'

/** What a run of the command did. */
export interface Run {
  readonly code: number
  readonly out: string
  readonly err: string
  /** The operations that were asked for, in their order. */
  readonly asked: readonly (readonly [name: string, ...args: readonly unknown[]])[]
}

const NOTHING = Object.fromEntries(
  OPERATION_NAMES.map((name) => [name, () => Promise.reject(new Error(`${name} is not expected`))]),
) as unknown as Operations

/** Runs the command with operations that are made up, and nothing else of an authority. */
export async function run(
  args: readonly string[],
  operations: Partial<Operations> = {},
  changes: Partial<Host> & { readonly input?: string; readonly files?: Readonly<Record<string, string>> } = {},
): Promise<Run> {
  const [out, err]: [string[], string[]] = [[], []]
  const asked: [string, ...unknown[]][] = []
  const { input = '', files = {}, ...rest } = changes
  const noted = Object.fromEntries(
    Object.entries({ ...NOTHING, ...operations }).map(([name, work]) => [
      name,
      (...given: unknown[]) => {
        asked.push([name, ...given])
        return (work as (...all: unknown[]) => unknown)(...given)
      },
    ]),
  ) as unknown as Operations
  const host: Host = {
    env: {},
    isTerminal: false,
    version: '1.2.3',
    print: (line) => out.push(line),
    complain: (line) => err.push(line),
    readInput: async () => input,
    readFile: async (path) =>
      files[path] ?? Promise.reject(Object.assign(new Error('no such file'), { code: 'ENOENT' })),
    ask: async () => undefined,
    pause: async () => undefined,
    unread: () => new Promise(() => undefined),
    stopSignal: async () => 'SIGTERM',
    open: async () => ({ operations: noted, close: async () => undefined }),
    start: () => Promise.reject<Authority>(new Error('start is not expected')),
    migrate: () => Promise.reject(new Error('migrate is not expected')),
    upkeep: () => Promise.reject(new Error('upkeep is not expected')),
    ...rest,
  }
  const code = await main(args, host)
  return { code, out: out.join('\n'), err: err.join('\n'), asked }
}
