import type { JwtClaims } from '../claims.ts'
import type { Awaitable, Backend, Sourcing } from '../crypto/backend.ts'
import { JoseError, kindOf } from '../errors.ts'
import type { JoseHeader } from '../header.ts'
import { copyOf } from '../json.ts'
import type { Key } from '../key/key.ts'
import { atOnce, isPromise, type Op, start, use } from '../op.ts'
import { refuseLost } from '../options.ts'
import { type ClaimsSchema, type StandardSchema, toClaimsSchema } from '../schema.ts'
import { hookFailure, refuseAsync } from '../source/source.ts'

/** A token whose signature and claims have been checked, as the hook `revoked` of {@link createVerifier} sees it. */
export interface CheckedToken {
  /** The claims set as it was signed or encrypted. */
  readonly claims: JwtClaims
  /** The protected header. */
  readonly header: JoseHeader
  /** The key that verified the signature, or that decrypted the token. */
  readonly key: Key
}

/**
 * Says whether a token has been revoked: an option of {@link createVerifier}. It is asked last, for each token that is
 * otherwise accepted, and for each hit of the cache. Where it throws, or says neither true nor false, the token is
 * refused with `unavailable: true`; a JoseError that it throws is the refusal as it is (such as `CS_REPLAY`).
 */
export type RevocationCheck = (token: CheckedToken) => boolean | PromiseLike<boolean>

/** What decides about a token once its signature and its claims are in order: options of {@link createVerifier}. */
export interface AcceptanceOptions<Claims> {
  /** Checks the claims by a schema (zod, valibot, arktype, …); its output is what `claims` of the result is. */
  readonly claims?: StandardSchema<unknown, Claims>
  /** Asked whether the token has been revoked. Of several each is asked, in turn. */
  readonly revoked?: RevocationCheck | readonly RevocationCheck[]
}

export const ACCEPTANCE_NAMES = ['claims', 'revoked'] as const

/** What every accepted token comes with, from {@link createVerifier} and {@link createDecrypter}. */
export interface Accepted<Claims> {
  /** What the schema made of the claims set, or else the claims set itself. */
  readonly claims: Claims
  /** The claims set as it was signed or encrypted. */
  readonly claimsSet: JwtClaims
}

/** Decides about a checked token. @throws {JoseError} `CS_CLAIMS_SCHEMA`, `CS_REVOKED`, `CS_UNAVAILABLE` */
export type Acceptance<Claims> = (token: CheckedToken, backend: Pick<Backend, 'sync'>) => Awaitable<Claims>

/**
 * @returns nothing where nothing is left to decide
 * @throws {TypeError} for an option that is not what it should be
 */
export function toAcceptance<Claims>(
  options: AcceptanceOptions<Claims>,
  backend: Sourcing,
): Acceptance<Claims> | undefined {
  refuseLost(options, ACCEPTANCE_NAMES)
  const { claims, revoked } = options
  if (claims === undefined && revoked === undefined) return undefined
  const schema: ClaimsSchema<Claims> | undefined =
    claims === undefined ? undefined : toClaimsSchema<Claims>(claims, backend.sync)
  const hooks = revoked === undefined ? [] : toHooks(revoked, backend)
  if (schema === undefined)
    return (token, platform) => {
      const asked = ask(hooks, 0, token, platform.sync)
      return asked ? asked.then(() => token.claims as Claims) : (token.claims as Claims)
    }
  const fitted: ClaimsSchema<Claims> = schema
  // The schema first: a hook may use up a token that can be used once.
  function* accept(token: CheckedToken): Op<Claims, Pick<Backend, 'sync'>> {
    // It gets a copy: some write into what they are given, and the hooks and `claimsSet` are about what was signed.
    const output = yield* fitted(copyOf(token.claims))
    yield* use(({ sync }: Pick<Backend, 'sync'>) => ask(hooks, 0, token, sync))
    return output
  }
  return (token, platform) => start(accept(token), platform)
}

function toHooks(revoked: unknown, backend: Sourcing): readonly RevocationCheck[] {
  const hooks: readonly unknown[] = Array.isArray(revoked) ? Array.from(revoked) : [revoked]
  if (hooks.length === 0) throw new TypeError('revoked is an empty array, which would ask nobody')
  return hooks.map((hook) => {
    if (typeof hook !== 'function') throw new TypeError(`revoked is a function or several, not ${kindOf(hook)}`)
    refuseAsync(hook, 'revoked', backend)
    return hook as RevocationCheck
  })
}

const HOOK = 'the revoked hook'

/** Asks the hooks in turn; where one has to be waited for, there is a promise, and those behind it wait as well. */
function ask(
  hooks: readonly RevocationCheck[],
  from: number,
  token: CheckedToken,
  sync: boolean,
): Promise<void> | undefined {
  for (let index = from; index < hooks.length; index++) {
    const hook = hooks[index] as RevocationCheck
    let answer: unknown
    try {
      answer = hook(token)
      if (sync) answer = atOnce(answer)
      else if (isPromise(answer)) return askLater(answer, hooks, index + 1, token)
    } catch (cause) {
      throw hookFailure(cause, HOOK)
    }
    judge(answer)
  }
  return undefined
}

async function askLater(
  coming: PromiseLike<unknown>,
  hooks: readonly RevocationCheck[],
  next: number,
  token: CheckedToken,
): Promise<void> {
  let answer: unknown
  try {
    answer = await coming
  } catch (cause) {
    throw hookFailure(cause, HOOK)
  }
  judge(answer)
  await ask(hooks, next, token, false)
}

/** @throws {JoseError} unless a hook said that the token is not revoked */
function judge(answer: unknown): void {
  if (answer === false) return
  if (answer === true) throw new JoseError('CS_REVOKED', 'the token has been revoked')
  const why = `${HOOK} gave ${kindOf(answer)} and not true or false`
  throw new JoseError('CS_UNAVAILABLE', why, { unavailable: true })
}
