import assert from 'node:assert/strict'
import { createVerifier, secretKey, type Verifier, type VerifierOptions } from 'countersign'
import type { ExpiringStore, RevocationCheck } from 'countersign/revocation'
import { CLAIMS, mac, NOW, POLICY, refuses } from '../support/forge.ts'

/** The secret of all tokens here. */
export const SECRET: Buffer = Buffer.alloc(32, 7)
export const KEY = secretKey(SECRET)
export const ISSUER: typeof CLAIMS.iss = CLAIMS.iss

/** A token with these claims beside or in place of `CLAIMS`; one that is undefined is left out. */
export const token = (claims: Readonly<Record<string, unknown>> = {}): string =>
  mac({ alg: 'HS256' }, { ...CLAIMS, ...claims }, SECRET)

/** A verifier that asks, and accepts whatever else `token` makes. */
export const asking = (
  revoked: RevocationCheck | readonly RevocationCheck[],
  options: Partial<VerifierOptions> = {},
): Verifier => createVerifier({ keys: KEY, ...POLICY, issuer: 'any', revoked, ...options } as VerifierOptions)

/** A clock that is set by hand. */
export function clock(time: number = NOW): { time: number; now(): number } {
  const state = { time, now: () => state.time }
  return state
}

/** What a store does with a question before it answers: it throws, or has another answer, or none. */
export type Trouble = () => unknown

/** A database: it answers later, each of its methods is one step, and it fails as it is told. */
export class Database implements ExpiringStore {
  readonly rows = new Map<string, { readonly value: number; readonly until: number }>()
  /** In place of the answer, where it is set. */
  trouble: Trouble | undefined
  /** The questions that there were. */
  readonly asked: string[] = []

  add(key: string, value: number, until: number): Promise<boolean> {
    return this.#later('add', () => {
      if (this.rows.has(key)) return false
      this.rows.set(key, { value, until })
      return true
    })
  }

  raise(key: string, value: number, until: number): Promise<void> {
    return this.#later('raise', () => {
      const row = this.rows.get(key) ?? { value, until }
      this.rows.set(key, { value: Math.max(row.value, value), until: Math.max(row.until, until) })
    })
  }

  get(key: string): Promise<number | null> {
    return this.#later('get', () => this.rows.get(key)?.value ?? null)
  }

  async #later<T>(question: string, answer: () => T): Promise<T> {
    this.asked.push(question)
    for (let turn = this.asked.length % 5; turn > 0; turn--) await undefined
    return this.trouble ? ((await this.trouble()) as T) : answer()
  }
}

/** Ways in which a store does not answer. */
export const DOWN: readonly (readonly [what: string, trouble: Trouble])[] = [
  [
    'throws',
    () => {
      throw new Error('ECONNREFUSED canary')
    },
  ],
  [
    'throws a TypeError',
    () => {
      throw new TypeError('canary of undefined')
    },
  ],
  ['rejects', () => Promise.reject(new Error('canary timeout'))],
  ['hangs up without a reason', () => Promise.reject(undefined)],
  ['rejects with a text', () => Promise.reject('canary')],
]

/** Holds that a token is refused because the answer is not known, which is no fault of the token. */
export async function unavailable(verifier: { verify(token: string): unknown }, text: string): Promise<void> {
  const error = await refuses(verifier, text, 'CS_UNAVAILABLE')
  assert.equal(error.unavailable, true)
  assert.ok(!JSON.stringify(error).includes('canary'))
}
