// The tokens that main carries from the issuer to the verifiers.
import { setTimeout } from 'node:timers/promises'
import { createSigner, decodeUnverified, generateKey } from 'countersign'
import { ALG, CLAIMS, now, TIMES } from './terms.ts'

/** Milliseconds from one token to the next, and until each comes again, when its key has retired. */
const [EVERY, AGAIN] = [50, 4000]
/** One of so many is followed by one that a stranger signed, where that is asked for. */
const FORGE_EVERY = 20

export interface Carried {
  readonly token: string
  readonly kind: 'new' | 'again' | 'forged'
}

/** A stream of tokens. While the issuer is away, it is those of before alone. */
export async function* tokensOf(origin: string, forge: boolean, ended: AbortSignal): AsyncGenerator<Carried> {
  const earlier: { readonly token: string; readonly at: number }[] = []
  for (let count = 0; !ended.aborted; ) {
    const token = await issued(origin)
    if (token !== undefined) {
      yield { token, kind: 'new' }
      earlier.push({ token, at: Date.now() })
      if (forge && count % FORGE_EVERY === 0) yield { token: await forged(token, count), kind: 'forged' }
      count++
    }
    for (let [first] = earlier; first && first.at + AGAIN <= Date.now(); [first] = earlier) {
      yield { token: first.token, kind: 'again' }
      earlier.shift()
    }
    await setTimeout(EVERY, undefined, { signal: ended }).catch(() => undefined)
  }
}

/** The next token of the issuer; nothing while it is away. */
async function issued(origin: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${origin}/token`)
    return response.ok ? await response.text() : undefined
  } catch {
    return undefined
  }
}

/** A token of a stranger, who says all that the issuer says; every other one even names the issuer's key. */
async function forged(token: string, count: number): Promise<string> {
  const { kid } = decodeUnverified(token).header
  const named = kid !== undefined && count % (2 * FORGE_EVERY) === 0
  const key = await generateKey(ALG, named ? { kid } : {})
  return createSigner({ key, ...CLAIMS, expiresIn: TIMES.tokenLifetime, now }).sign({ sub: 'mallory' })
}
