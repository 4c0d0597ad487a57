import type { Awaitable } from './crypto/backend.ts'
import { type Issue, JoseError, kindOf, show } from './errors.ts'
import { isObject, type JsonObject } from './json.ts'
import { HINTS } from './messages.ts'
import type { Op } from './op.ts'
import { askHook, refuseAsync } from './source/source.ts'

/**
 * A schema of any library that keeps to Standard Schema (https://standardschema.dev), such as zod, valibot and arktype.
 * `Input` is what it takes, and `Output` what it makes of that.
 *
 * @example
 * ```ts
 * import { createSigner, createVerifier, generateKey, type StandardSchema } from 'countersign'
 *
 * // As zod, valibot and arktype make them; this one is written by hand.
 * const WithRole: StandardSchema<unknown, { role: string }> = {
 *   '~standard': {
 *     version: 1,
 *     vendor: 'example',
 *     validate(value) {
 *       const { role } = value as { role?: unknown }
 *       return typeof role === 'string' ? { value: { role } } : { issues: [{ message: 'no role', path: ['role'] }] }
 *     },
 *   },
 * }
 * const key = await generateKey('HS256')
 * const verifier = createVerifier({ keys: key, issuer: 'any', audience: 'any', claims: WithRole })
 * const signer = createSigner({ key, expiresIn: '5m' })
 * console.log((await verifier.verify(await signer.sign({ role: 'admin' }))).claims.role) // admin
 * const result = await verifier.safeVerify(await signer.sign({ sub: 'alice' }))
 * console.log(result.ok || result.error.issues[0]?.path) // role
 * ```
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  /** What the standard asks of a schema. */
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => Awaitable<StandardResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

/** What a {@link StandardSchema} says of a value: what it has made of it, or where it does not fit. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

/** Where a value does not fit a {@link StandardSchema}, and why. */
export interface StandardIssue {
  /** Why, in the words of the schema, which may hold the value. */
  readonly message: string
  /** The names that lead to the place; nothing for the whole. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** The work of a schema on a claims set. */
export type ClaimsSchema<Output> = (claims: JsonObject) => Op<Output, unknown>

/** Checks that a value is a schema. Those of some libraries are functions. @throws {TypeError} */
export function toClaimsSchema<Output>(schema: unknown, sync: boolean): ClaimsSchema<Output> {
  const holder = (typeof schema === 'function' ? { '~standard': Reflect.get(schema, '~standard') } : schema) as unknown
  const standard = isObject(holder) ? holder['~standard'] : undefined
  if (!isObject(standard) || standard['version'] !== 1 || typeof standard['validate'] !== 'function')
    throw new TypeError('claims is no schema: it takes what keeps to Standard Schema 1, as zod, valibot and arktype do')
  const { validate } = standard as StandardSchema<unknown, Output>['~standard']
  refuseAsync(validate, 'the schema', { sync })
  return function* (claims) {
    const result = yield* askHook(() => validate.call(standard, claims), 'the schema of the claims')
    // An array, too: that is how arktype tells its issues.
    if (typeof result !== 'object' || result === null) throw failed(`gave ${kindOf(result)}`)
    const { issues } = result as { readonly issues?: unknown }
    if (issues !== undefined) throw notFitting(Array.isArray(issues) ? issues : [])
    if (!('value' in result)) throw failed('gave neither a value nor issues')
    return result.value as Output
  }
}

const failed = (why: string): JoseError =>
  new JoseError('CS_UNAVAILABLE', `the schema of the claims ${why}`, { unavailable: true })

const MOST_TOLD = 20

/** What a schema says in words may quote the claims, so the places alone are told. */
function notFitting(found: readonly unknown[]): JoseError {
  const issues: Issue[] = Array.from(found.slice(0, MOST_TOLD), (issue) =>
    Object.freeze({ code: 'CS_CLAIMS_SCHEMA', path: pathOf(issue), hint: HINTS.CS_CLAIMS_SCHEMA }),
  )
  const places = issues.map(({ path }) => (path === '' ? 'the claims as a whole' : `"${path}"`))
  const text = places.length === 0 ? 'the claims do not fit the schema' : `not as the schema has it: ${cut(places)}`
  return new JoseError('CS_CLAIMS_SCHEMA', text, { issues: Object.freeze(issues) })
}

const cut = (places: readonly string[]): string => `${places.slice(0, 8).join(', ')}${places.length > 8 ? ', …' : ''}`

/** A step that is no name may be a value, and is not told. */
const nameOf = (step: unknown): string => (['string', 'number', 'symbol'].includes(typeof step) ? String(step) : '?')

function pathOf(issue: unknown): string {
  const path = isObject(issue) ? issue['path'] : undefined
  if (!Array.isArray(path)) return ''
  const names = Array.from(path, (step: unknown) => nameOf(isObject(step) ? step['key'] : step))
  return show(names.join('.')).slice(1, -1)
}
