/**
 * An authority in a process of its own, with a clock that tests can move. What an administrator does is asked for by
 * messages: on SQLite no other process may touch the database. It ends with the process that started it.
 */
import { readFileSync } from 'node:fs'
import { startAuthority } from '../../src/authority.ts'
import { toSettings } from '../../src/settings.ts'

const { CLOCK_FILE, CLOCK_SPEED, CLOCK_SINCE } = process.env
const [speed, since] = [Number(CLOCK_SPEED || 1), Number(CLOCK_SINCE || 0)]

/** Seconds in a file (CLOCK_FILE) come on top of those of the database; since CLOCK_SINCE, each of those counts for CLOCK_SPEED. */
function clock(databaseSeconds: number): number {
  const ahead = CLOCK_FILE === undefined ? 0 : Number(readFileSync(CLOCK_FILE, 'utf8'))
  return Math.floor(databaseSeconds + ahead + Math.max(0, databaseSeconds - since) * (speed - 1))
}

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`)
const authority = await startAuthority(toSettings(process.env), {
  log: say,
  ...((CLOCK_FILE !== undefined || speed !== 1) && { clock }),
})
say({ event: 'listening', origin: authority.origin, issuer: authority.issuer })

interface Question {
  readonly id: number
  readonly name: keyof typeof authority.operations
  readonly input: readonly unknown[]
}

const answer = async ({ id, name, input }: Question): Promise<void> => {
  try {
    const operation = authority.operations[name].bind(authority.operations) as (...input: unknown[]) => Promise<unknown>
    process.send?.({ id, result: await operation(...input) })
  } catch (error) {
    const { message, code } = error as Error & { code?: string }
    process.send?.({ id, error: { message, code } })
  }
}

const end = async (): Promise<void> => {
  await authority.close()
  if (process.connected) process.disconnect()
}

process.on('message', (question: Question) => void answer(question))
process.once('disconnect', () => void end())
process.once('SIGTERM', () => void end())
