// Runs a scenario against each library, and keeps what came of it for one table.
import type { RequestListener } from 'node:http'
import { type Clock, startClock } from './clock.ts'
import { body, GOOD, type Issuer, openIssuer } from './issuer.ts'
import { type Attempt, attempt, type Client, LIBRARIES, LONGEST_MS, type Settings } from './libraries.ts'

/** A library, the server that it asks, and the time of both. */
export interface Rig {
  readonly clock: Clock
  /** It begins with the good set. */
  readonly issuer: Issuer
  /** Another one with the same settings at the same URL; what is said here counts instead. */
  start(settings?: Settings): Client
  /** Another server. */
  open(answer: RequestListener): Promise<Issuer>
  /** For how many milliseconds a verification is waited for: as told with the others, whose silence is a figure. */
  patience(ms: number): number
  /** Verifies a token at a steady pace, until one is never answered. */
  traffic(client: Client, token: string, pace: Pace): Promise<Tally>
}

export interface Pace {
  readonly seconds: number
  /** Seconds between two steps. Default 1. */
  readonly every?: number
  /** Verifications in one step. Default 1. */
  readonly atOnce?: number
  readonly patienceMs?: number
}

/** What came of several verifications. */
export interface Tally {
  readonly attempts: readonly Attempt[]
  readonly failed: number
  readonly unanswered: boolean
  readonly longestMs: number
}

export function tally(attempts: readonly Attempt[]): Tally {
  return {
    attempts,
    failed: attempts.filter(({ verdict }) => verdict !== 'verified').length,
    unanswered: attempts.some(({ verdict }) => verdict === 'unanswered'),
    longestMs: Math.max(0, ...attempts.map(({ ms }) => ms)),
  }
}

const NAMES = ['countersign', 'jose', 'jwks-rsa'] as const
const rows: (readonly [scenario: string, ...cells: string[]])[] = []

/**
 * Measures one scenario with each library.
 *
 * @param show - the figures as a cell of the table
 * @returns the figures of countersign; whatever becomes of the others is in the table alone
 */
export async function onEach<Figures>(
  scenario: string,
  settings: Settings,
  measure: (rig: Rig) => Promise<Figures>,
  show: (figures: Figures) => string,
): Promise<Figures> {
  const figures = await onOurs(settings, measure)
  const cells = [show(figures)]
  for (const name of NAMES.slice(1)) {
    cells.push(await withRig(name, settings, measure).then(show, (error: unknown) => `not measured: ${String(error)}`))
  }
  rows.push([scenario, ...cells])
  return figures
}

/** Measures one scenario with countersign alone. */
export const onOurs = <Figures>(settings: Settings, measure: (rig: Rig) => Promise<Figures>): Promise<Figures> =>
  withRig('countersign', settings, measure)

async function withRig<Figures>(
  name: (typeof NAMES)[number],
  settings: Settings,
  measure: (rig: Rig) => Promise<Figures>,
): Promise<Figures> {
  const cleanups: (() => void)[] = []
  const scope = { after: (act: () => void): unknown => cleanups.push(act) }
  const clock = startClock(scope, name === 'jwks-rsa')
  try {
    const open = (answer: RequestListener): Promise<Issuer> => openIssuer(scope, clock, answer)
    const issuer = await open(body(GOOD))
    const patience = (ms: number): number => (name === 'countersign' ? LONGEST_MS : ms)
    return await measure({
      clock,
      issuer,
      open,
      patience,
      start: (own) => LIBRARIES[name](issuer.url, { ...settings, ...own }),
      async traffic(client, token, { seconds, every = 1, atOnce = 1, patienceMs = LONGEST_MS }) {
        const attempts: Attempt[] = []
        for (let second = 0; second < seconds; second += every) {
          clock.move(every)
          attempts.push(
            ...(await Promise.all(Array.from({ length: atOnce }, () => attempt(client, token, patience(patienceMs))))),
          )
          if (tally(attempts.slice(-atOnce)).unanswered) break
          await client.settled()
        }
        return tally(attempts)
      },
    })
  } finally {
    for (const act of cleanups) act()
  }
}

/** The table, line by line. */
export function tableLines(): readonly string[] {
  const all = [['', ...NAMES], ...rows]
  const widths = ['', ...NAMES].map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
}
