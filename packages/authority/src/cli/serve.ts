import { setTimeout as pause } from 'node:timers/promises'
import { adminSocketPath, serveAdminSocket } from '../admin-socket.ts'
import type { Authority } from '../authority.ts'
import { AuthorityError } from '../errors.ts'
import type { Settings } from '../settings.ts'
import { type Command, command } from './command.ts'
import { toColumns } from './text.ts'

export const SERVE: Command = command({
  name: 'serve',
  about: 'Starts the authority, until SIGINT or SIGTERM',
  more: 'It logs one line of JSON for each event.',
  options: { demo: { type: 'boolean', about: 'with two apps, an API and a user to try it with, as DEMO=1' } },
  settings: ({ demo }) => (demo ? { DEMO: '1' } : {}),
  async run({ host, settings }) {
    // From the first moment on: whoever stops a server that is still starting means it.
    const stopping = host.stopSignal()
    const { createLog } = await import('./log.ts')
    const log = createLog(settings.logLevel, host.print)
    const authority = await host.start(settings, { log }).catch((error: unknown) => {
      throw portFault(error, settings) ?? error
    })
    try {
      const socket = await administered(authority, settings, log)
      if (host.isTerminal) host.print(welcome(authority))
      else for (const line of beginning(authority)) log(line)
      const signal = await stopping
      // Whoever sits at a terminal balances nothing.
      const drain = host.isTerminal ? 0 : settings.drain
      log({ event: 'stopping', signal, drain })
      authority.drain()
      if (drain > 0) await pause(drain * 1000)
      await socket?.close()
    } finally {
      await authority.close()
    }
    log({ event: 'stopped' })
    return undefined
  },
})

/** A log keeps what it is told: the password of the demo is in its file, and goes to who sits at a terminal. */
function beginning({ issuer, origin, demo }: Authority): readonly object[] {
  const first = { event: 'listening', issuer, origin }
  if (demo === undefined) return [first]
  const { email, file } = demo.user
  return [first, { event: 'demo', apps: demo.apps, user: email, passwordFile: file }]
}

function welcome({ issuer, origin, demo }: Authority): string {
  const first = `${issuer} is ready${issuer === origin ? '' : `, at ${origin}`}; Ctrl-C stops it`
  if (demo === undefined) return first
  const { email, password, file } = demo.user
  const rows = [
    ...demo.apps.map(({ name, url }) => [`  ${name}`, url]),
    ['  log in as', email],
    ['  password', password ?? `not the one in ${file} any more`],
  ]
  return `\n${first}\n\n${toColumns(rows)}\n`
}

/** Why a port cannot be listened on, or nothing for another error. */
function portFault(error: unknown, { host, port }: Settings): AuthorityError | undefined {
  const { code } = error instanceof Error ? (error as NodeJS.ErrnoException) : {}
  const why = PORT_FAULTS.get(code ?? '')
  if (why === undefined) return undefined
  return new AuthorityError('SETTINGS', `port ${port} of ${host} ${why}`, {
    hint: 'PORT and HOST choose.',
    cause: error,
  })
}

const PORT_FAULTS: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'is taken'],
  ['EACCES', 'is not for this user'],
  ['EADDRNOTAVAIL', 'is not on this machine'],
  ['ENOTFOUND', 'is not on this machine'],
])

/** On PostgreSQL commands go to the database; into an embedded one they get through this server. */
async function administered(
  authority: Authority,
  settings: Settings,
  log: (line: object) => void,
): Promise<{ close(): Promise<void> } | undefined> {
  if (settings.databaseUrl !== undefined) return undefined
  const path = adminSocketPath(settings.data)
  const message = 'there is no socket for commands: they work while this server is stopped'
  const without = (error: string): undefined => {
    log({ level: 'warn', event: 'admin_socket.failed', message, error })
    return undefined
  }
  if (path === undefined) return without('this system has none at such a path')
  return serveAdminSocket(path, authority.operations).catch((error: unknown) => {
    if (error instanceof AuthorityError) throw error
    // Some file systems have no sockets, as those that a container shares with another system.
    return without(error instanceof Error ? error.message : String(error))
  })
}
