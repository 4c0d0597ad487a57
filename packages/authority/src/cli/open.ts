import { setTimeout as pause } from 'node:timers/promises'
import { adminSocketPath, isAnswered, remoteOperations } from '../admin-socket.ts'
import { AuthorityError } from '../errors.ts'
import type { Settings } from '../settings.ts'
import type { Opened } from './host.ts'

/** Milliseconds: for how long another command is waited for, or a server that is about to listen, and how often one looks. */
const [PATIENCE, PAUSE] = [5000, 50]

/**
 * Operations on the data that the settings name: in this process, or in the server that has the embedded database.
 *
 * @throws {AuthorityError} `DATA_IN_USE` where the one that has it takes no commands
 */
export async function openOperations(settings: Settings, patience: number = PATIENCE): Promise<Opened> {
  if (settings.databaseUrl !== undefined) return openHere(settings)
  const path = adminSocketPath(settings.data)
  const end = performance.now() + patience
  for (;;) {
    if (path !== undefined && (await isAnswered(path)))
      return { operations: remoteOperations(path), close: async () => undefined }
    try {
      return { ...(await openHere(settings)), alone: true }
    } catch (error) {
      if (!(error instanceof AuthorityError) || error.code !== 'DATA_IN_USE') throw error
      if (performance.now() >= end) throw toRefusal(error, path)
    }
    await pause(PAUSE)
  }
}

/** All that an authority is made of takes a moment to load, which a command to a server need not. */
async function openHere(settings: Settings): Promise<Opened> {
  const { openAuthority } = await import('../authority.ts')
  return openAuthority(settings)
}

function toRefusal(error: AuthorityError, path: string | undefined): AuthorityError {
  const hint =
    path === undefined
      ? 'Here a running server takes no commands: stop it first, or keep the data in PostgreSQL (DATABASE_URL).'
      : `It takes no commands on ${path}. If it is a server, stop it first.`
  return new AuthorityError('DATA_IN_USE', error.message, { hint, cause: error })
}
