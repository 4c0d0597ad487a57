import { toExact, toLine } from '../diagnosis/exact-json.ts'
import { CommandError, type Note, type Told, tell, toTold } from '../diagnosis/told.ts'
import { JoseError } from '../errors.ts'
import { EXIT } from '../messages.ts'
import type { Call } from './call.ts'
import { COMMANDS } from './commands.ts'
import { type Host, OutputGone } from './host.ts'
import type { Outcome } from './outcome.ts'
import { brushFor, hasColour } from './paint.ts'
import { parseCommandLine, type Request } from './parse.ts'
import { toProgress } from './progress.ts'
import { RUNS } from './runs.ts'
import { Sources } from './sources.ts'
import { GLOBAL, type Settings } from './table.ts'

/**
 * Does what a command line says.
 *
 * @returns the exit code
 */
export async function main(args: readonly string[], host: Host): Promise<number> {
  let settings = assumed(args)
  let name = ''
  try {
    const request = parseCommandLine(args, COMMANDS)
    settings = request.settings
    if (request.kind === 'run') name = request.command.name
    return await execute(request, host)
  } catch (error) {
    if (error instanceof OutputGone) return EXIT.done
    return explain(toldOf(error), name, settings, host).catch((gone) => {
      if (gone instanceof OutputGone) return toldOf(error).exit
      throw gone
    })
  }
}

/** The settings of a command line that is not understood: whether the answer is JSON, and colour. */
function assumed(args: readonly string[]): Settings {
  const json = args.includes('--json') || args.some((word) => /^-[a-zA-Z]*j/.test(word))
  const none = Object.fromEntries(Object.keys(GLOBAL).map((name) => [name, undefined]))
  return { ...none, json } as unknown as Settings
}

async function execute(request: Request, host: Host): Promise<number> {
  if (request.kind === 'version') {
    await host.output.write(
      request.settings.json
        ? `${toLine(toExact({ v: 1, ok: true, cmd: 'version', version: host.version, runtime: host.runtime }))}\n`
        : `countersign ${host.version} (${host.runtime})\n`,
    )
    return EXIT.done
  }
  if (request.kind === 'help') {
    const { helpOn } = await import('./help.ts')
    const colour = hasColour(host.output, host, request.settings)
    await host.output.write(`${helpOn(request.name, COMMANDS, brushFor(colour))}\n`)
    return EXIT.done
  }
  return runCommand(request, host)
}

async function runCommand(request: Request & { kind: 'run' }, host: Host): Promise<number> {
  const { command, settings, values, words } = request
  const load = RUNS[command.name]
  if (load === undefined) throw new Error(`nothing runs ${command.name}`)
  const notes: Note[] = []
  const watched = host.errors.isTerminal && !settings.quiet && !settings.json
  const progress = toProgress(host.errors, watched, host.now)
  let worst: number = EXIT.done
  const printing = printer(command.name, settings, host)
  const call: Call = {
    host,
    settings,
    values,
    words,
    sources: new Sources(host, settings),
    note: (note) => notes.push(note),
    async answer(outcome) {
      progress.clear()
      worst = worst === EXIT.done ? (outcome.error?.exit ?? EXIT.done) : worst
      await printing(outcome, notes.splice(0))
    },
    progress,
  }
  try {
    const run = await load()
    const outcome = await run(call)
    progress.clear()
    if (outcome === undefined) return worst
    await printing(outcome, notes)
    return outcome.error?.exit ?? EXIT.done
  } catch (error) {
    progress.clear()
    if (!settings.json) await sayNotes(notes, settings, host)
    throw error
  }
}

/** Prints what a command has to say: a document for programs, or text for people with its notes and its error beside. */
function printer(
  cmd: string,
  settings: Settings,
  host: Host,
): (outcome: Outcome, notes: readonly Note[]) => Promise<void> {
  return async ({ json, text, isPrivate = false, isWritten = false, error }, notes) => {
    const colour = hasColour(host.output, host, settings) && settings.out === undefined
    const document = {
      v: 1,
      ok: error === undefined,
      cmd,
      ...json,
      ...(notes.length > 0 && { notes }),
      ...(error && { error }),
    }
    const human = typeof text === 'function' ? text(brushFor(colour)) : text
    const data = settings.json ? `${toLine(toExact(document))}\n` : human
    if (settings.out !== undefined && settings.out !== '-' && !isWritten)
      await host.writeFile(settings.out, data, { isPrivate, force: settings.force })
    else if (data.length > 0) await host.output.write(data)
    if (settings.json) return
    await sayNotes(notes, settings, host)
    if (error) await sayError(error, settings, host)
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
async function explain(told: Told, cmd: string, settings: Settings, host: Host): Promise<number> {
  if (settings.json) {
    const document = { v: 1, ok: false, cmd: cmd === '' ? 'countersign' : cmd, error: told }
    await host.output.write(`${toLine(toExact(document))}\n`)
  } else await sayError(told, settings, host)
  return told.exit
}

/** Of what should not happen, only its kind and place are told: its words may hold anything. */
function toldOf(error: unknown): Told {
  if (error instanceof CommandError) return error.told
  if (error instanceof JoseError) return tell(error)
  const kind = error instanceof Error ? error.name : typeof error
  const place = error instanceof Error ? /\(?([\w./-]+):(\d+):\d+\)?$/m.exec(error.stack ?? '') : null
  const where = place ? ` at ${place[1]?.split('/').slice(-3).join('/')}:${place[2]}` : ''
  return toTold('CS_INTERNAL', `something went wrong inside: ${kind}${where}.`)
}
