import type { Awaitable, Verifying } from '../crypto/backend.ts'
import { JoseError } from '../errors.ts'
import { isPromise } from '../op.ts'
import type { Limits } from '../options.ts'
import { freezeDeep, type ResultCache } from './result-cache.ts'

/** What is remembered of a token. */
interface Remembered {
  readonly claims: unknown
}

/** What a cache stands before. */
interface Recalling<Token extends Remembered> {
  readonly cache: ResultCache<Token>
  readonly verify: (token: unknown, backend: Verifying) => Awaitable<Token>
  readonly holds: (token: Token, backend: Verifying) => Awaitable<boolean>
}

/**
 * The same as `verify` for a token that was accepted before: it does without its signature, and with nothing else
 * (attack 25).
 *
 * @param holds - whether the key that verified it is there still; it throws where the claims are not what they have to
 *   be now
 */
export function recalling<Token extends Remembered>(
  cache: ResultCache<Token>,
  { tokenBytes }: Limits,
  verify: Recalling<Token>['verify'],
  holds: Recalling<Token>['holds'],
): Recalling<Token>['verify'] {
  const how = { cache, verify, holds }
  return (token, backend) => {
    if (typeof token !== 'string' || token.length > tokenBytes) return verify(token, backend)
    // All of it, in UTF-8, so that no character outside ASCII is taken for one inside.
    const name = backend.fingerprint(token)
    return isPromise(name) ? recallLater(token, name, how, backend) : recall(token, name, how, backend)
  }
}

async function recallLater<Token extends Remembered>(
  token: string,
  name: PromiseLike<string>,
  how: Recalling<Token>,
  backend: Verifying,
): Promise<Token> {
  return recall(token, await name, how, backend)
}

function recall<Token extends Remembered>(
  token: string,
  name: string,
  { cache, verify, holds }: Recalling<Token>,
  backend: Verifying,
): Awaitable<Token> {
  const known = cache.get(name)
  try {
    const still = known !== undefined && holds(known, backend)
    if (known !== undefined && still === true) return known
    const checked = isPromise(still) ? renewLater(still, known, () => verify(token, backend)) : verify(token, backend)
    return isPromise(checked) ? rememberLater(checked, name, cache) : remember(checked, name, cache)
  } catch (error) {
    throw forget(error, name, cache)
  }
}

async function renewLater<Token>(
  holding: PromiseLike<boolean>,
  known: Token | undefined,
  verify: () => Awaitable<Token>,
): Promise<Token> {
  return (await holding) && known !== undefined ? known : verify()
}

async function rememberLater<Token extends Remembered>(
  coming: PromiseLike<Token>,
  name: string,
  cache: ResultCache<Token>,
): Promise<Token> {
  try {
    return remember(await coming, name, cache)
  } catch (error) {
    throw forget(error, name, cache)
  }
}

function remember<Token extends Remembered>(checked: Token, name: string, cache: ResultCache<Token>): Token {
  freezeDeep(checked.claims)
  cache.set(name, Object.freeze(checked))
  return checked
}

/** While its keys cannot be had, a token is refused and not forgotten: they may be the same afterwards. */
function forget(error: unknown, name: string, cache: Pick<ResultCache<unknown>, 'delete'>): unknown {
  if (!(error instanceof JoseError && error.unavailable)) cache.delete(name)
  return error
}
