import { CommandError } from '../../diagnosis/told.ts'
import type { Call } from '../call.ts'
import { usage } from '../line/usage.ts'
import type { Read } from './sources.ts'
import { textOf, withoutNewline } from './text.ts'

/** What is said about how a key opens. */
export interface PassphraseRequest {
  /** The option or the argument of the key, such as `--key`. */
  readonly what: string
  /** The SOURCE of what a private key is encrypted with. */
  readonly passphrase?: string | undefined
  /** The public half does all that is asked of it, and no option opens the private one. */
  readonly isPublicEnough?: boolean
}

/** What a private key is encrypted with. @throws {CommandError} `CS_USAGE` where nobody can be asked */
export async function passphraseFor(
  call: Call,
  { name }: Read,
  { what, passphrase, isPublicEnough = false }: PassphraseRequest,
): Promise<string> {
  if (passphrase === undefined) {
    const { host, settings } = call
    if (settings['no-input'] || !host.input.isTerminal || !host.errors.isTerminal)
      throw usage(
        `${name} is encrypted`,
        '',
        isPublicEnough
          ? `its public half is enough: countersign key public ${name.startsWith('@') ? name : 'SRC'} --passphrase @FILE --out public.jwk, then ${what} @public.jwk.`
          : 'pass what it is encrypted with: --passphrase @FILE or --passphrase env:NAME.',
      )
    return host.askSecret(`passphrase of ${name}: `)
  }
  return readPassphrase(call, passphrase)
}

/** Text that opens a key, without the line break that ends its file. */
export async function readPassphrase(
  call: Call,
  source: string,
  question = 'passphrase: ',
  what = '--passphrase',
): Promise<string> {
  const { bytes, name } = await call.sources.read(source, { what, question })
  const text = textOf(withoutNewline(bytes).bytes)
  if (text === undefined || text === '') throw new CommandError('CS_INPUT', `${name} holds no text.`)
  return text
}

/**
 * What a new key is to be encrypted with. At a terminal it is asked for twice, since nobody sees what is typed.
 *
 * @throws {CommandError} `CS_USAGE` where nobody can be asked, `CS_INPUT` for two answers that differ
 */
export async function readNewPassphrase(call: Call, source: string | undefined, command: string): Promise<string> {
  if (source !== undefined && source !== 'prompt:') return readPassphrase(call, source)
  const { host, settings, sources } = call
  if (settings['no-input'] || !host.input.isTerminal || !host.errors.isTerminal)
    throw usage(
      '--encrypt takes a passphrase, and nobody can be asked for it',
      command,
      'pass it: --passphrase @FILE or --passphrase env:NAME.',
    )
  const passphrase = await sources.ask('passphrase for the new key: ', '--passphrase')
  if (passphrase === '') throw new CommandError('CS_INPUT', 'no passphrase was typed.', { hint: AGAIN })
  if ((await sources.ask('the same again: ', '--passphrase')) !== passphrase)
    throw new CommandError('CS_INPUT', 'what was typed second is not what was typed first.', { hint: AGAIN })
  return passphrase
}

const AGAIN = 'nothing was made; try again.'
