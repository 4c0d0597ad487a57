import { createPublicKey, type JsonWebKey } from 'node:crypto'
import type { Ask, DecryptAsk, Harm, JwsAsk, KeyGiven, LibraryName, OpenSet, SignAsk, VerifyAsk } from '../case.ts'
import { Lacks } from '../case.ts'
import { Server } from '../served.ts'

/** Milliseconds after which nobody waits for keys any more. */
const LATE = 5000
/** There was no answer in that time. */
export class Late extends Error {}

/** A library in one use of it. */
export interface Runner {
  /** The head of its column. */
  readonly name: string
  readonly library: LibraryName
  /** As the first example of its README does it, or with its options used well. */
  readonly use: 'plain' | 'well'
  /** The use in words. */
  readonly how: string
  ask(ask: Ask): Promise<Harm>
  /** Whether an error is one of those that the library says it throws for what it refuses. */
  isOwn(error: unknown): boolean
}

/** What a library can be asked; what is left out, it has not. */
export interface Abilities {
  readonly verify: (ask: VerifyAsk) => unknown
  readonly jws?: (ask: JwsAsk) => unknown
  readonly decrypt?: (ask: DecryptAsk) => unknown
  readonly sign?: (ask: SignAsk) => unknown
  readonly open?: OpenSet
  /** Given to the acts that are its own. */
  readonly door?: unknown
}

/** Asks a library by what it can do. */
export async function asked(library: LibraryName, can: Abilities, ask: Ask): Promise<Harm> {
  switch (ask.do) {
    case 'verify': {
      const claims = await can.verify(ask)
      const harm = ask.harm === undefined ? 'accepted' : ask.harm(claims as Readonly<Record<string, unknown>>)
      return harm === undefined ? { held: 'accepted without harm' } : true
    }
    case 'jws':
      if (can.jws === undefined) throw new Lacks('takes compact JWTs alone')
      await can.jws(ask)
      return true
    case 'decrypt':
      if (can.decrypt === undefined) throw new Lacks('has no JWE')
      await can.decrypt(ask)
      return true
    case 'oracle':
      return oracle(can, ask.asks)
    case 'sign':
      if (can.sign === undefined) throw new Lacks('does not sign')
      await can.sign(ask)
      return true
    case 'remote': {
      if (can.open === undefined) throw new Lacks('fetches no keys')
      const server = new Server()
      const { promise: late, reject } = Promise.withResolvers<never>()
      const timer = setTimeout(() => reject(new Late()), LATE)
      try {
        return await Promise.race([ask.act(can.open, server), late])
      } finally {
        clearTimeout(timer)
        server.close()
      }
    }
    case 'own': {
      const act = ask.acts[library]
      if (act === undefined) throw new Lacks(ask.lacks)
      return act(can.door)
    }
  }
}

/** Whether several JWEs are refused by one error that tells nothing of which it was. */
async function oracle(can: Abilities, asks: readonly DecryptAsk[]): Promise<Harm> {
  if (can.decrypt === undefined) throw new Lacks('has no JWE')
  const errors = new Map<string, unknown>()
  for (const ask of asks) {
    try {
      await can.decrypt(ask)
      return true
    } catch (error) {
      if (!(error instanceof Error)) throw error
      errors.set(`${error.name} ${'code' in error ? error.code : ''} ${error.message}`, error)
    }
  }
  // One error: it is thrown again, so that its class is looked at, too.
  if (errors.size === 1) throw [...errors.values()][0]
  return true
}

/** A public key as PEM, for libraries that take no JWK. */
export function pemFor(key: KeyGiven): string {
  if ('pem' in key) return key.pem
  if (!('jwk' in key)) throw new Lacks('takes no JWK Set')
  try {
    return createPublicKey({ key: key.jwk as JsonWebKey, format: 'jwk' })
      .export({ format: 'pem', type: 'spki' })
      .toString()
  } catch {
    throw new Lacks('takes PEM alone, and OpenSSL makes none of this key')
  }
}

/** Options without those that are not there. */
export const given = (options: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
