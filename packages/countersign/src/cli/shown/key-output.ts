import type { Bytes } from '../../bytes.ts'
import { printable, toExact, toLines } from '../../diagnosis/exact-json.ts'
import type { Call } from '../call.ts'
import type { GivenKey } from '../given/keys.ts'
import type { NewFile } from '../host.ts'
import { usage } from '../line/usage.ts'
import { dataOf, type KeyForm, memberOf, toForm, type Written } from './key-forms.ts'
import type { Outcome } from './outcome.ts'
import { jsonPaint } from './paint.ts'

/** Whether --out, or its like, names the standard output. */
const isPrinted = (path: string | undefined): boolean => path === undefined || path === '-'

/**
 * Holds that a private key has a place to go to, and that octets do not go to a terminal.
 *
 * @throws {CommandError} `CS_USAGE`
 */
export function refuseOctets({ host, settings }: Call, form: KeyForm, path: string | undefined, command: string): void {
  if ((form !== 'der' && form !== 'raw') || !isPrinted(path) || settings.json || !host.output.isTerminal) return
  throw usage(
    `${form} is octets, and a terminal shows text`,
    command,
    'write it to a file: --out FILE, or into a pipe.',
  )
}

/** Writes a key where --out says, or prints it; a private one is only printed where that is said: --out - */
export async function written(call: Call, given: GivenKey, form: KeyForm, command: string): Promise<Outcome> {
  const { host, settings } = call
  const { out, force } = settings
  const { key, name, others = [] } = given
  const isPrivate = key.kind !== 'public'
  if (isPrivate && out === undefined)
    throw usage(
      `${name} is ${key.kind === 'secret' ? 'a secret' : 'a private key'}, which is not printed unasked`,
      command,
      `--out FILE writes it (mode 0600), --out - prints it.${key.kind === 'secret' ? '' : ' `countersign key public` prints its public half.'}`,
    )
  const result = await toForm(given, form)
  if ((form === 'jwk' || form === 'jwks') && others.length > 0)
    call.note({ code: 'CS_NOTE_KEY', message: `left out what is not part of the key: ${named(others)}.` })
  const json = { form, kind: key.kind }
  if (out === undefined || out === '-')
    return { json: { ...json, key: memberOf(result), files: [] }, text: textOf(result) }
  await host.writeFile(out, dataOf(result), { isPrivate, force })
  await say(call, `wrote ${printable(out)}${isPrivate ? ` (${OWN})` : ''}`)
  if (isPrivate && given.wasEncrypted)
    call.note({ code: 'CS_NOTE_KEY', message: `${name} is encrypted, and ${printable(out)} is not.` })
  return { json: { ...json, files: [out] }, text: '', isWritten: true }
}

/** What is said of a file with a private part. */
export const OWN = 'private, mode 0600'

/** How a key is printed; JSON has its colours. */
export function textOf(result: Written): Outcome['text'] {
  if (!('json' in result)) return dataOf(result)
  return (brush) => `${toLines(toExact(result.json), jsonPaint(brush))}\n`
}

function named(names: readonly string[]): string {
  const shown = names.slice(0, 8).map((name) => printable(name.slice(0, 40)))
  return `${shown.join(', ')}${names.length > shown.length ? ', …' : ''}`
}

/** Says what was done, to people. */
export async function say({ host, settings, progress }: Call, text: string): Promise<void> {
  if (settings.quiet || settings.json) return
  progress.clear()
  await host.errors.write(`${text}\n`)
}

/** A file that there is to be. */
export interface Planned {
  readonly path: string
  readonly isPrivate: boolean
}

/**
 * Writes several files, all of them or none: none has its name before each is whole.
 *
 * @param make - makes what goes into them, in their order, once it is known that each can be written
 */
export async function writeAll<T>(
  { host, settings }: Call,
  files: readonly Planned[],
  make: () => Promise<{ readonly data: readonly (string | Bytes)[]; readonly result: T }>,
): Promise<T> {
  const opened: NewFile[] = []
  try {
    for (const { path, isPrivate } of files)
      opened.push(await host.createFile(path, { isPrivate, force: settings.force }))
    const { data, result } = await make()
    for (const [index, file] of opened.entries()) await file.write(data[index] ?? '')
    for (const file of opened) await file.finish()
    return result
  } catch (error) {
    for (const file of opened) await file.abandon()
    throw error
  }
}
