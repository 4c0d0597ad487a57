import { AuthorityError } from '../errors.ts'
import { toSettings } from '../settings.ts'
import { CLIENT_ADD } from './client-add.ts'
import type { Command } from './command.ts'
import { helpOn } from './help.ts'
import type { Host } from './host.ts'
import { KEYS_LIST, KEYS_REVOKE, KEYS_ROTATE } from './keys.ts'
import { MIGRATE } from './migrate.ts'
import { parseCommandLine, type Request } from './parse.ts'
import { SERVE } from './serve.ts'
import { UsageError } from './usage-error.ts'
import { USER_ADD } from './user-add.ts'

export const COMMANDS: readonly Command[] = [SERVE, USER_ADD, CLIENT_ADD, KEYS_LIST, KEYS_ROTATE, KEYS_REVOKE, MIGRATE]

const [DONE, REFUSED, MISUSED] = [0, 1, 2] as const

/**
 * Does what a command line says.
 *
 * @returns the exit code: 0 for done, 1 for refused or failed, 2 for a command line that says nothing
 */
export async function main(args: readonly string[], host: Host): Promise<number> {
  try {
    await execute(parseCommandLine(args, COMMANDS), host)
    return DONE
  } catch (error) {
    return explain(error, host)
  }
}

async function execute(request: Request, host: Host): Promise<void> {
  if (request.kind === 'help') return host.print(helpOn(request.name, COMMANDS))
  if (request.kind === 'version') return host.print(host.version)
  const { command, values, argument } = request
  const settings = toSettings({ ...host.env, ...command.settings?.(values) })
  const report = await command.run({
    host,
    settings,
    values,
    argument,
    async operate(work) {
      const { operations, close } = await host.open(settings)
      try {
        return await work(operations)
      } finally {
        await close()
      }
    },
  })
  if (report) host.print(values['json'] ? JSON.stringify(report.json, null, 2) : report.text)
}

/** Says what went wrong, in words; where in the code, only who looks for that is told. */
function explain(error: unknown, host: Host): number {
  const wantsMore = host.env['LOG_LEVEL'] === 'debug'
  if (error instanceof UsageError) {
    host.complain(error.message)
    host.complain(`countersign-authority ${error.command ? `${error.command} ` : ''}--help says what there is`)
    return MISUSED
  }
  if (error instanceof AuthorityError) {
    host.complain(error.message)
    if (error.hint !== undefined) host.complain(error.hint)
  } else {
    host.complain(`countersign-authority failed: ${error instanceof Error ? error.message : String(error)}`)
    if (!wantsMore) host.complain('LOG_LEVEL=debug shows where')
    else if (error instanceof Error) host.complain(error.stack ?? '')
  }
  return REFUSED
}
