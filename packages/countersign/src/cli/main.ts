import type { Bytes } from '../bytes.ts'
import { printable, toExact, toLine } from '../diagnosis/exact-json.ts'
import { type Note, type Told, toldIn, toTold } from '../diagnosis/told.ts'
import { EXIT } from '../messages.ts'
import type { Call } from './call.ts'
import { Sources } from './given/sources.ts'
import { type Host, Interrupted, type NewFile, OutputGone } from './host.ts'
import { asksForJson, commandIn, parseCommandLine, type Request } from './line/parse.ts'
import { usage } from './line/usage.ts'
import { COMMANDS } from './rows/commands.ts'
import { GLOBAL, type Settings } from './rows/table.ts'
import { RUNS } from './runs.ts'
import type { Outcome } from './shown/outcome.ts'
import { brushFor, hasColour } from './shown/paint.ts'
import { type Progress, toProgress } from './shown/progress.ts'

/**
 * Does what a command line says.
 *
 * @returns the exit code
 */
export async function main(args: readonly string[], host: Host): Promise<number> {
  let settings = assumed(args)
  let name = ''
  const notes: Note[] = []
  try {
    const request = parseCommandLine(args, COMMANDS)
    settings = request.settings
    if (request.kind === 'run') name = request.command.name
    return await execute(request, host, notes)
  } catch (error) {
    if (error instanceof OutputGone) return EXIT.done
    if (error instanceof Interrupted) return EXIT.interrupted
    return sayFailure(toldOf(error), name || commandIn(args, COMMANDS), notes, settings, host)
  }
}

/** The settings of a command line that is not understood: whether the answer is JSON, and colour. */
function assumed(args: readonly string[]): Settings {
  const isAsked = args.includes('--json') || args.some((word) => /^-[jqvhV]*j[jqvhV]*$/.test(word))
  const json = isAsked || asksForJson(args, COMMANDS)
  const at = args.findLastIndex((word) => /^--color(=|$)/.test(word))
  const color = args[at]?.includes('=') ? args[at].slice('--color='.length) : args[at + 1]
  const none = Object.fromEntries(Object.keys(GLOBAL).map((name) => [name, undefined]))
  return { ...none, json, ...(at >= 0 && { color }) } as unknown as Settings
}

async function execute(request: Request, host: Host, notes: Note[]): Promise<number> {
  if (request.kind === 'run') return runCommand(request, host, notes)
  const { settings } = request
  const cmd = request.kind === 'version' ? 'version' : 'help'
  const printer = toPrinter(cmd, settings, host, toProgress(host.errors, false, host.now))
  await printer.all(await answerTo(request, host), [])
  return EXIT.done
}

/** What is said without running a command. @throws {CommandError} `CS_USAGE` */
async function answerTo({ kind, ...request }: Exclude<Request, { kind: 'run' }>, host: Host): Promise<Outcome> {
  const { version, runtime } = host
  if (kind === 'version') return { json: { version, runtime }, text: `countersign ${version} (${runtime})\n` }
  const { helpOn, shortHelp } = await import('./manual/help.ts')
  if (kind === 'help') return helpOn('name' in request ? request.name : '', host.output.columns)
  // Somebody who sits there wants to know what there is; of a script it is a mistake.
  if (host.input.isTerminal) return shortHelp(version)
  throw usage(
    'no command is named',
    '',
    '`countersign help` says what there is; a token that is piped in is shown by `countersign decode`.',
  )
}

async function runCommand(request: Request & { kind: 'run' }, host: Host, notes: Note[]): Promise<number> {
  const { command, settings, values, words } = request
  const load = RUNS[command.name]
  if (load === undefined) throw new Error(`nothing runs ${command.name}`)
  const watched = host.errors.isTerminal && !settings.quiet && !settings.json
  const progress = toProgress(host.errors, watched, host.now)
  const printer = toPrinter(command.name, settings, host, progress)
  let worst: number = EXIT.done
  // Who stops reading changes no verdict, so that is known before it is printed. What could not be judged counts more
  // than what was found.
  const found = ({ error, isFailure = false }: Outcome): void => {
    if (worst === EXIT.done || worst === EXIT.findings) worst = error?.exit ?? (isFailure ? EXIT.findings : worst)
  }
  const call: Call = {
    host,
    settings,
    values,
    words,
    sources: new Sources(host, settings),
    note: ({ code, message }) => notes.push({ code, message: printable(message) }),
    async answer(outcome) {
      found(outcome)
      await printer.oneOfMany(outcome, notes.splice(0))
    },
    progress,
  }
  try {
    const run = await load()
    const outcome = await run(call)
    progress.clear()
    if (outcome) {
      found(outcome)
      await printer.all(outcome, notes)
    } else await printer.end(notes)
    return worst
  } catch (error) {
    progress.clear()
    await printer.abandon()
    if (error instanceof OutputGone) return worst
    if (!settings.json) await sayNotes(notes, settings, host)
    throw error
  }
}

/** Prints what a command has to say: a document for programs, or text for people with its notes and its error beside. */
interface Printer {
  all(outcome: Outcome, notes: readonly Note[]): Promise<void>
  /** A line of `--lines`. With --out they come into one file, which is there once the last of them is. */
  oneOfMany(outcome: Outcome, notes: readonly Note[]): Promise<void>
  end(notes: readonly Note[]): Promise<void>
  abandon(): Promise<void>
}

function toPrinter(cmd: string, settings: Settings, host: Host, progress: Progress): Printer {
  const { out, force, json: forPrograms } = settings
  const path = out === '-' ? undefined : out
  const brush = brushFor(path === undefined && hasColour(host.output, host, settings))
  let file: NewFile | undefined
  const dataOf = ({ json, text, error, isFailure = false }: Outcome, notes: readonly Note[]): string | Bytes => {
    if (!forPrograms) return typeof text === 'function' ? text(brush) : text
    const told = { ...(notes.length > 0 && { notes }), ...(error && { error }) }
    return `${toLine(toExact({ v: 1, ok: error === undefined && !isFailure, cmd, ...json, ...told }))}\n`
  }
  const beside = async (notes: readonly Note[], error: Told | undefined): Promise<void> => {
    if (forPrograms) return
    if (notes.length > 0 || error) progress.clear()
    await sayNotes(notes, settings, host)
    if (error) await sayError(error, settings, host)
  }
  return {
    async all(outcome, notes) {
      const data = dataOf(outcome, notes)
      const { isPrivate = false, isWritten = false, error } = outcome
      if (file) await file.write(data).then(file.finish)
      else if (path !== undefined && !isWritten) await host.writeFile(path, data, { isPrivate, force })
      else if (data.length > 0) await host.output.write(data)
      await beside(notes, error)
    },
    async oneOfMany(outcome, notes) {
      const data = dataOf(outcome, notes)
      if (path !== undefined) {
        file ??= await host.createFile(path, { isPrivate: outcome.isPrivate ?? false, force })
        await file.write(data)
      } else if (data.length > 0) {
        if (host.output.isTerminal) progress.clear()
        await host.output.write(data)
      }
      await beside(notes, outcome.isTold ? undefined : outcome.error)
    },
    async end(notes) {
      await file?.finish()
      await beside(notes, undefined)
    },
    abandon: async () => file?.abandon(),
  }
}

async function sayNotes(notes: readonly Note[], settings: Settings, host: Host): Promise<void> {
  if (settings.quiet) return
  const brush = brushFor(hasColour(host.errors, host, settings))
  for (const { code, message } of notes) await host.errors.write(`${brush('warn', `note[${code}]`)}: ${message}\n`)
}

async function sayError({ code, message, hint }: Told, settings: Settings, host: Host): Promise<void> {
  const brush = brushFor(hasColour(host.errors, host, settings))
  await host.errors.write(`${brush('bad', `error[${code}]`)}: ${message}\n   ${brush('bold', 'fix')}: ${hint}\n`)
}

/** Says what went wrong, where programs or people look for it. */
async function sayFailure(
  told: Told,
  cmd: string,
  notes: readonly Note[],
  settings: Settings,
  host: Host,
): Promise<number> {
  if (settings.json) {
    const beside = notes.length > 0 && { notes }
    const document = { v: 1, ok: false, cmd: cmd === '' ? 'countersign' : cmd, ...beside, error: told }
    try {
      await host.output.write(`${toLine(toExact(document))}\n`)
    } catch (fault) {
      if (!(fault instanceof OutputGone)) await sayError(told, settings, host)
    }
  } else await sayError(told, settings, host)
  return told.exit
}

/** Of what should not happen, only its kind and place are told: its words may hold anything. */
function toldOf(error: unknown): Told {
  const told = toldIn(error)
  if (told !== undefined) return told
  const [kind] = /^\w{1,40}$/.exec(error instanceof Error ? error.name : typeof error) ?? ['an error']
  const frames = error instanceof Error ? error.stack?.replace(error.message, '') : ''
  const place = /^\s+at .*?([\w./-]+):(\d+):\d+\)?$/m.exec(frames ?? '')
  const where = place ? ` at ${place[1]?.split('/').slice(-3).join('/')}:${place[2]}` : ''
  return toTold('CS_INTERNAL', `something went wrong inside: ${kind}${where}.`)
}
