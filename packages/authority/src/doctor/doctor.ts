import { existsSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { AuthorityError } from '../errors.ts'
import { kekFileOf, openKeks } from '../keys/kek.ts'
import { sealedIn } from '../keys/sealed.ts'
import type { Settings } from '../settings.ts'
import { openReadOnly, type ReadOnly } from '../store/read-only.ts'
import { databaseAhead, examineClock, examineDatabase } from './database.ts'
import { type Finding, fail, ok } from './finding.ts'
import { examineFolder, examineKekFile } from './folder.ts'
import { examineIssuer } from './issuer.ts'
import { examineKeys, examineSealed, publishedKids } from './keys.ts'
import { examineAccounts, examineClients, examineDemo, examineExpired } from './people.ts'

/** Milliseconds: for one question to PostgreSQL, and for one examination. */
const [STATEMENT_MS, EXAMINATION_MS] = [4000, 8000]

/** Settings that are refused, a finding for each fault. Nothing else can be looked at with them. */
export function faultsOf(error: AuthorityError): readonly Finding[] {
  const [first = '', ...more] = error.message.split('\n  ')
  return (more.length > 0 ? more : [first]).map((fault) => fail('settings', fault, error.hint))
}

/**
 * Looks at everything that can be wrong with an authority, and changes nothing: no step is taken, no lock held, and a
 * server may run meanwhile.
 *
 * @param ask - how the issuer is asked
 */
export async function examine(settings: Settings, ask: typeof fetch = fetch): Promise<readonly Finding[]> {
  const found: Finding[] = [ok('settings', 'every setting is understood')]
  const look = async (check: string, work: () => readonly Finding[] | Promise<readonly Finding[]>): Promise<void> => {
    found.push(...(await inTime(check, work)))
  }
  await look('data', () => examineFolder(settings))
  await look('kek', () => examineKekFile(settings))
  let kids: readonly string[] | undefined
  const reader = await openReadOnly(settings, STATEMENT_MS).catch((error: unknown) => {
    found.push(toFailure('database', error))
    return undefined
  })
  try {
    if (reader !== undefined && (await lookInto(reader, settings, look)))
      kids = await publishedKids(reader, await timeOf(reader))
  } catch (error) {
    found.push(toFailure('database', error))
  } finally {
    await reader?.close()
  }
  await look('issuer', () => examineIssuer(settings, kids, ask))
  return found
}

/** @returns whether it has tables to look into */
async function lookInto(
  reader: ReadOnly,
  settings: Settings,
  look: (check: string, work: () => readonly Finding[] | Promise<readonly Finding[]>) => Promise<void>,
): Promise<boolean> {
  await look('database', () => examineDatabase(reader, settings))
  const ahead = await databaseAhead(reader)
  if (ahead !== undefined) await look('clock', () => [examineClock('the database', ahead, settings)])
  if ((await reader.steps()).length === 0) return false
  const now = await timeOf(reader)
  const path = kekFileOf(settings)
  // One that is not there is made by the first start alone: where something is sealed, this says that it is missed.
  await look('kek', async () => {
    const wanted = path === undefined || existsSync(path) || (await sealedIn(reader.db)).length > 0
    return wanted ? examineSealed(reader, openKeks(settings, true)) : []
  })
  await look('keys', () => examineKeys(reader, settings, now))
  await look('accounts', () => examineAccounts(reader))
  await look('clients', () => examineClients(reader, now))
  await look('expired', () => examineExpired(reader, now))
  await look('demo', () => examineDemo(reader, settings))
  return true
}

/** The time of the database, in epoch seconds. */
async function timeOf(reader: ReadOnly): Promise<number> {
  return Math.floor(Date.now() / 1000 + ((await databaseAhead(reader)) ?? 0))
}

/** What cannot be examined is a finding, and so is what takes too long. */
async function inTime(
  check: string,
  work: () => readonly Finding[] | Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  const over = new AbortController()
  const late = pause(EXAMINATION_MS, undefined, { signal: over.signal }).then(
    () => [fail(check, `took longer than ${EXAMINATION_MS / 1000} s to examine`)],
    () => [],
  )
  try {
    return await Promise.race([Promise.resolve().then(work), late])
  } catch (error) {
    return [toFailure(check, error)]
  } finally {
    over.abort()
  }
}

function toFailure(check: string, error: unknown): Finding {
  const message = error instanceof Error ? error.message : String(error)
  const closed = (error as NodeJS.ErrnoException | undefined)?.code === 'EACCES'
  const fix = closed ? 'Run this command as the user that the server runs as.' : undefined
  return fail(check, message, error instanceof AuthorityError ? error.hint : fix)
}
