// What a process does for main, which starts it.
import { setTimeout } from 'node:timers/promises'

/** A token to verify. */
export interface Task {
  readonly id: number
  readonly token: string
}

/** What a verifier makes of a token: the kid of the key that verified it, or the code of its refusal. */
export type Verdict = { readonly kid: string } | { readonly refused: string }

/** The verdict on a token, with what it took the process so far to get there. */
export type Report = Verdict & {
  readonly id: number
  /** How often the keys were asked for. */
  readonly requests: number
  /** How many tokens had to wait, since there were no keys to judge them with. */
  readonly waits: number
}

/** Milliseconds until a token is tried again. */
const AGAIN = 200

/** Ends this process with the one that started it, however that one ends. */
export function endWithParent(): void {
  process.once('disconnect', () => process.exit())
  if (!process.connected) process.exit()
}

/**
 * Verifies every token that the parent hands over.
 *
 * @param verify - gives no verdict where there are no keys: that is no fault of the token, which is tried again
 */
export function verifyAll(verify: (token: string) => Promise<Verdict | undefined>, requests: () => number): void {
  endWithParent()
  let waits = 0
  process.on('message', async ({ id, token }: Task) => {
    let verdict = await verify(token)
    if (!verdict) waits++
    while (!verdict) {
      await setTimeout(AGAIN)
      verdict = await verify(token)
    }
    process.send?.({ ...verdict, id, requests: requests(), waits } satisfies Report)
  })
}
