import { AuthorityError } from '../errors.ts'
import { type Settings, toSettings } from '../settings.ts'
import { AUDIT_TAIL } from './audit.ts'
import { BACKUP } from './backup.ts'
import { CLIENT_ADD } from './client-add.ts'
import { CLIENT_DISABLE, CLIENT_ENABLE, CLIENT_LIST, CLIENT_ROTATE_SECRET } from './clients.ts'
import type { Command } from './command.ts'
import { DOCTOR } from './doctor.ts'
import { helpOn } from './help.ts'
import type { Host } from './host.ts'
import { KEYS_LIST, KEYS_REVOKE, KEYS_ROTATE } from './keys.ts'
import { MASTER_ROTATE } from './master.ts'
import { MIGRATE } from './migrate.ts'
import { parseCommandLine, type Request } from './parse.ts'
import { RESTORE } from './restore.ts'
import { SERVE } from './serve.ts'
import { SESSION_END, SESSION_LIST } from './sessions.ts'
import { UsageError } from './usage-error.ts'
import { USER_ADD } from './user-add.ts'
import {
  USER_DELETE,
  USER_DISABLE,
  USER_ENABLE,
  USER_LIST,
  USER_RESET_FACTORS,
  USER_RESET_PASSWORD,
  USER_UPDATE,
} from './users.ts'

export const COMMANDS: readonly Command[] = [
  SERVE,
  ...[
    USER_ADD,
    USER_LIST,
    USER_UPDATE,
    USER_DISABLE,
    USER_ENABLE,
    USER_DELETE,
    USER_RESET_PASSWORD,
    USER_RESET_FACTORS,
  ],
  ...[SESSION_LIST, SESSION_END],
  ...[CLIENT_ADD, CLIENT_LIST, CLIENT_ROTATE_SECRET, CLIENT_DISABLE, CLIENT_ENABLE],
  ...[KEYS_LIST, KEYS_ROTATE, KEYS_REVOKE],
  AUDIT_TAIL,
  ...[BACKUP, RESTORE, MASTER_ROTATE, DOCTOR],
  MIGRATE,
]

const [DONE, REFUSED, MISUSED] = [0, 1, 2] as const

/**
 * Does what a command line says.
 *
 * @returns the exit code: 0 for done, 1 for refused or failed, 2 for a command line that says nothing
 */
export async function main(args: readonly string[], host: Host): Promise<number> {
  try {
    return (await execute(parseCommandLine(args, COMMANDS), host)) ? DONE : REFUSED
  } catch (error) {
    return explain(error, host)
  }
}

/** @returns whether all is well */
async function execute(request: Request, host: Host): Promise<boolean> {
  if (request.kind !== 'run') {
    host.print(request.kind === 'help' ? helpOn(request.name, COMMANDS) : host.version)
    return true
  }
  const { command, values, argument } = request
  const read = (): Settings => toSettings({ ...host.env, ...command.settings?.(values) })
  // Everything else hears of a fault before it has done anything.
  const settings = command.faulty ? undefined : read()
  const report = await command.run({
    host,
    get settings() {
      return settings ?? read()
    },
    values,
    argument,
    async operate(work) {
      const opened = await host.open(settings ?? read())
      try {
        return await work(opened.operations, opened)
      } finally {
        await opened.close()
      }
    },
  })
  if (report) host.print(values['json'] ? JSON.stringify(report.json, null, 2) : report.text)
  return report?.failed !== true
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
