// The authority under load, while faults are injected: nothing that was acknowledged is lost, every error is clear, and it
// recovers by itself.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { remoteKeySet } from 'countersign'
import * as oauth from 'oauth4webapi'
import { openSmallDisk } from '../../packages/authority/test/faults/disk.ts'
import { freePort } from '../../packages/authority/test/support/ports.ts'
import { openFailingPostgres } from '../../packages/authority/test/support/postgres.ts'
import { startProcess } from '../../packages/authority/test/support/processes.ts'
import { HTTP, newBrowser, newKeyPair, type World } from '../../packages/authority/test/support/world.ts'
import { shoot } from './autocannon.ts'
import { Callers } from './callers.ts'
import { startKeyServer } from './keys.ts'
import { machineRound } from './machines.ts'
import { type Outcome, progress } from './report.ts'
import { startServer } from './server.ts'
import { Tally } from './tally.ts'
import { Trouble } from './trouble.ts'

export const STORES = ['sqlite', 'postgres'] as const
export type StoreName = (typeof STORES)[number]

/** Something that goes wrong, and is mended. */
interface Fault {
  readonly name: string
  /** Seconds that it lasts. */
  readonly lasts: number
  begin(): unknown
  end(): unknown
}

/** Where an authority keeps its data, and what can go wrong with that. */
interface Place {
  readonly env: Readonly<Record<string, string>>
  readonly faults: readonly Fault[]
  /** Why a fault cannot be had here. */
  readonly reason?: string
  /** What is wrong with the data, once the authority has ended. */
  examine(): readonly string[]
  close(): Promise<void>
}

const CREDENTIALS = { email: 'ada@example.org', password: 'correct horse battery' }
/** Requests of machines a second, over so many connections. */
const [RATE, CONNECTIONS] = [150, 10]
/** The longest until it is as before, once a fault is over (seconds). */
const MOST_RECOVERY = 30
/** Room on the disk that gets full. */
const DISK_MEGABYTES = 48

async function placeOf(store: StoreName): Promise<Place> {
  if (store === 'postgres') {
    const database = await openFailingPostgres()
    const ends = { begin: () => database.fail(), end: () => database.recover() }
    return {
      env: { DATABASE_URL: await database.createDatabase() },
      faults: [
        { name: 'PostgreSQL gone for 4 s', lasts: 4, ...ends },
        { name: 'PostgreSQL restarted', lasts: 0, ...ends },
        { name: 'PostgreSQL restarted again', lasts: 0, ...ends },
      ],
      examine: () => [],
      close: () => database.stop(),
    }
  }
  const disk = openSmallDisk(DISK_MEGABYTES)
  const folder = typeof disk === 'string' ? mkdtempSync(join(tmpdir(), 'countersign-load-')) : disk.folder
  const full = typeof disk === 'string' ? undefined : { begin: disk.fill, end: disk.free }
  return {
    env: { COUNTERSIGN_DATA: folder },
    faults: full ? [4, 2].map((lasts) => ({ name: `disk full for ${lasts} s`, lasts, ...full })) : [],
    ...(typeof disk === 'string' && { reason: `the disk does not get full: ${disk}` }),
    examine() {
      const database = new DatabaseSync(join(folder, 'authority.db'))
      try {
        const found = database
          .prepare('PRAGMA integrity_check')
          .all()
          .map((row) => String(row['integrity_check']))
        return found.length === 1 && found[0] === 'ok' ? [] : found
      } finally {
        database.close()
      }
    },
    async close() {
      if (typeof disk === 'string') rmSync(folder, { recursive: true, force: true })
      else disk.close()
    },
  }
}

/** Loads an authority for some time. */
export async function loadAuthority(store: StoreName, seconds: number): Promise<Outcome> {
  const name = `authority-${store}`
  const place = await placeOf(store)
  const pair = await newKeyPair()
  const clientKeys = await startKeyServer(async () => pair.jwks as never, 1)
  const port = await freePort()
  const issuer = `http://localhost:${port}`
  const server = await startProcess({
    env: {
      PORT: `${port}`,
      COUNTERSIGN_KEK: randomBytes(32).toString('base64url'),
      OUTGOING_ALLOW: new URL(clientKeys.jwksUri).origin,
      ...place.env,
    },
  })
  const ownKeys = await startKeyServer(async () => (await fetch(`${issuer}/jwks`)).json() as never, 5)
  const api = await startServer({ app: 'hono', jwksUri: ownKeys.jwksUri, issuer })
  const [tally, trouble] = [new Tally(), new Trouble()]
  try {
    const { operations } = server
    const { user } = await operations.addUser(CREDENTIALS)
    const url = new URL(issuer)
    const as = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, HTTP))
    const known = { operations, issuer, as, keys: remoteKeySet(`${issuer}/jwks`), browser: newBrowser() }
    const world = { ...known, user: { ...user, ...CREDENTIALS } } as unknown as World
    const parts = { world, tally, trouble, pair, api: api.origin, jwksUri: clientKeys.jwksUri }
    const callers = await Callers.open({ ...parts, farOff: store === 'postgres' })
    const round = await machineRound({ world, tally, trouble })
    const keysGone: Fault = {
      name: 'JWK Sets of a client and of the API out of reach for 8 s',
      lasts: 8,
      begin: () => Promise.all([clientKeys.turn('refusing'), ownKeys.turn('refusing')]),
      end: () => Promise.all([clientKeys.turn('well'), ownKeys.turn('well')]),
    }
    const faults = [...place.faults, keysGone]
    const working = callers.start()
    const unanswered = (error: unknown): void =>
      tally.fail(`somebody got no answer: ${(error as Error).cause ?? error}`)
    working.catch(unanswered)
    const shooting = shoot(issuer, round, { connections: CONNECTIONS, rate: RATE, seconds })
    const began = performance.now()
    const recoveries: string[] = []
    for (const [index, fault] of faults.entries()) {
      const at = (seconds * 1000 * (index + 0.5)) / (faults.length + 0.5)
      await pause(Math.max(0, began + at - performance.now()))
      const codes = await callers.takeCodes()
      progress(`${name}: ${fault.name}; ${tally}`)
      trouble.begin()
      await fault.begin()
      const redeemed = callers.redeem(codes).catch(unanswered)
      await pause(fault.lasts * 1000)
      await fault.end()
      const over = performance.now()
      const recovered = await callers.untilWell(MOST_RECOVERY * 1000)
      trouble.end()
      if (!recovered) tally.fail(`${fault.name}: it does not recover in ${MOST_RECOVERY} s`)
      await redeemed
      recoveries.push(`${fault.name}: as before ${((performance.now() - over) / 1000).toFixed(1)} s after its end`)
    }
    const { errors, timeouts } = await shooting
    if (errors + timeouts > 0) tally.fail(`${errors} errors of connections, ${timeouts} requests without an answer`)
    await callers.stop(working).catch(() => undefined)
    progress(`${name}: ${tally}`)
    await callers.examine()
    const broken = server.lines.filter(({ event }) => event === 'server_error').length
    if (broken > 0) tally.fail(`${broken} server errors in its log`)
    const code = await server.stop()
    if (code !== 0) tally.fail(`it ended with ${code}: ${server.output().slice(-500)}`)
    for (const fault of place.examine()) tally.fail(`the database: ${fault}`)
    return {
      name,
      figures: [
        `${tally} in ${seconds} s`,
        ...callers.figures(),
        ...recoveries,
        ...(place.reason === undefined ? [] : [place.reason]),
      ],
      faults: tally.wrong > tally.faults.length ? [...tally.faults, `… ${tally.wrong} in all`] : tally.faults,
    }
  } catch (error) {
    progress(server.output().slice(-2000))
    throw error
  } finally {
    await server.kill()
    await api.stop()
    await clientKeys.close()
    await ownKeys.close()
    await place.close()
  }
}
